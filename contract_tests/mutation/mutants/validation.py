"""Faults in the checks of bodies and parameters: invalid values are accepted, or valid ones are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from itertools import combinations
from typing import Any

from api_paths import BASE_PATH, CREATING, action_path
from reference_server import Reference, Refusal

from .builders import (
    _known,
    add,
    around,
    attribute,
    lets_pass,
    limit_of,
    operation_of,
    refuses,
    replace,
    void,
    with_field,
    wrap,
)

PERMISSIONS = ("chat", "message", "user", "location", "attachments")
VALUES = {"scope": ("organization", "team", "personal"), "message_types": ("text", "link", "attachment")}


def just(value: Any, texts: Collection[str]) -> bool:
    """Return whether the value is a list of exactly these texts, in any order."""
    return isinstance(value, list) and {str(item) for item in value} == set(texts)


def unknown(value: Any, known: Collection[str]) -> bool:
    """Return whether the value is a text that is not in `known`, or an array that contains one."""
    texts = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]
    return not set(texts) <= set(known)


for _op in ("create", "update"):
    for _field in ("name", "hint", "execution_url", "team_ids"):
        add(f"{_op}-{_field}-one-longer", "validation", f"{_op}.{_field}.max", limit_of(_field, 1, _op))
        add(f"{_op}-{_field}-one-shorter", "validation", f"{_op}.{_field}.max", limit_of(_field, -1, _op))
        add(
            f"{_op}-{_field}-of-any-type",
            "validation",
            f"{_op}.{_field}.type",
            lets_pass(_field, _op, lambda v: not isinstance(v, str) if not isinstance(v, list) else True),
        )
    for _field in ("scope", "message_types"):
        add(
            f"{_op}-any-{_field}",
            "validation",
            f"{_op}.{_field}.values",
            lets_pass(_field, _op, lambda v, known=VALUES[_field]: unknown(v, known)),
        )
        add(
            f"{_op}-{_field}-of-any-type",
            "validation",
            f"{_op}.{_field}.type",
            lets_pass(_field, _op, lambda v: v == 1 or v == [1] or v == "text"),
        )
    add(
        f"{_op}-no-message-types",
        "validation",
        f"{_op}.message_types.min",
        lets_pass("message_types", _op, lambda v: v == []),
    )
    add(
        f"{_op}-one-message-type-is-too-few",
        "validation",
        _known(f"{_op}.message_types.min {_op}.execution_type.default {_op}.accepts {_op}.applies"),
        refuses(_op, lambda g: isinstance(g.get("message_types"), list) and len(g["message_types"]) == 1),
    )
    add(
        f"{_op}-multi-selectable-of-any-type",
        "validation",
        f"{_op}.multi_selectable.type",
        lets_pass("multi_selectable", _op),
    )
    add(
        f"{_op}-image-of-any-type",
        "validation",
        f"{_op}.image.type",
        lets_pass("image", _op, lambda v: not isinstance(v, str)),
    )
    add(
        f"{_op}-image-refused",
        "validation",
        _known(f"{_op}.image update.applies"),
        refuses(_op, lambda g: "image" in g),
    )
    add(
        f"{_op}-attachment-refused",
        "validation",
        _known(f"{_op}.message_types.values {_op}.scope.values {_op}.applies {_op}.message_types.min {_op}.accepts"),
        refuses(_op, lambda g: isinstance(g.get("message_types"), list) and "attachment" in g["message_types"]),
    )
add(
    "create-without-name",
    "validation",
    "create.name.required",
    lambda server: setattr(
        server, "create", (lambda o: lambda u, i, h, g, q: o(u, i, h, {"name": server.new_id(), **g}, q))(server.create)
    ),
)
add(
    "create-without-hint",
    "validation",
    "create.hint.required",
    lambda s: void(s.required.update(create=["name"]), s.defaults.update(hint="")),
)
add("null-name-accepted", "validation", "create.name.required", lets_pass("name", "create", lambda v: v is None))
add(
    "webhook-without-execution-url",
    "validation",
    "create.execution_url.required",
    replace(
        "check_rules", lambda o: lambda g, k, s, t: o({"execution_url": "", **g} if k == "webhook" else g, k, s, t)
    ),
)
add(
    "team-without-team-ids",
    "validation",
    "create.team_ids.required",
    replace(
        "check_rules",
        lambda o: lambda g, k, s, t: o(g, k, "organization" if s == "team" and not t and "name" in g else s, t),
    ),
)
add(
    "update-to-team-without-team-ids",
    "validation",
    "update.team_ids.required",
    replace("check_rules", lambda o: lambda g, k, s, t: o(g, k, s, t) if "name" in g else None),
)
add(
    "create-any-execution-type",
    "validation",
    "create.execution_type.values",
    lets_pass("execution_type", "create", lambda v: unknown(v, ("deluge", "webhook"))),
)
add(
    "create-execution-type-of-any-type",
    "validation",
    "create.execution_type.type",
    lets_pass("execution_type", "create", lambda v: isinstance(v, dict)),
)
add(
    "names-count-bytes",
    "validation",
    "create.name.characters",
    attribute("length", lambda v: len(v.encode("utf-8", "replace"))),
)
add(
    "hints-count-bytes",
    "validation",
    "create.hint.characters",
    replace(
        "check_value",
        lambda o: lambda op, n, v: o(op, n, v) if n != "hint" else o(op, n, "x" * len(v.encode("utf-8", "replace"))),
    ),
)
add(
    "strings-are-coerced-to-booleans",
    "validation",
    "create.multi_selectable.type",
    lets_pass("multi_selectable", "create", lambda v: v == "true"),
)
add(
    "one-is-true",
    "validation",
    "create.multi_selectable.type",
    lets_pass("multi_selectable", "create", lambda v: v == 1 and v is not True),
)
add(
    "team-id-texts-accepted",
    "validation",
    "create.team_ids.type",
    lets_pass("team_ids", "create", lambda v: isinstance(v, list) and all(isinstance(i, str) for i in v)),
)
add(
    "team-id-fractions-accepted",
    "validation",
    "create.team_ids.type",
    lets_pass("team_ids", "create", lambda v: isinstance(v, list) and all(isinstance(i, float) for i in v)),
)
add("script-one-byte-too-big", "validation", "update_handler.script.max", attribute("limits.script", 256_001))
add("script-of-100-kb-at-most", "validation", "update_handler.script.max", attribute("limits.script", 100_000))
add(
    "script-counts-characters",
    "validation",
    "update_handler.script.bytes",
    replace("check_value", lambda o: lambda op, n, v: o(op, n, v) if n != "script" or len(v) > 256_000 else None),
)
add(
    "script-counts-utf-16",
    "validation",
    "update_handler.script.max",
    replace(
        "check_value",
        lambda o: (
            lambda op, n, v: (
                o(op, n, "s" * len(v.encode("utf-16-le", "replace")))
                if n == "script" and isinstance(v, str)
                else o(op, n, v)
            )
        ),
    ),
)
add(
    "script-of-any-type",
    "validation",
    "update_handler.script.type",
    lets_pass("script", "update_handler", lambda v: v == 7),
)
add(
    "any-permission",
    "validation",
    "update_handler.permissions.values",
    lets_pass("permissions", "update_handler", lambda v: unknown(v, PERMISSIONS)),
)
add(
    "four-permissions-at-most",
    "validation",
    "update_handler.permissions.values",
    refuses("update_handler", lambda g: len(g.get("permissions") or ()) > 4),
)
add(
    "permissions-of-any-type",
    "validation",
    "update_handler.permissions.type",
    lets_pass("permissions", "update_handler", lambda v: v == "chat"),
)
add(
    "no-location-permission",
    "validation",
    "update_handler.permissions.values",
    lambda s: s.values.update(permissions=["chat", "message", "user", "attachments"]),
)
add(
    "handler-fields-fit-everything",
    "validation",
    "update_handler.script.fit update_handler.permissions.fit",
    attribute("check_fit", lambda action, given: None),
)
add(
    "permissions-for-deluge",
    "validation",
    "update_handler.permissions.fit",
    replace("check_fit", lambda o: lambda a, g: None if a.fields["execution_type"] == "deluge" else o(a, g)),
)
add(
    "script-for-webhooks",
    "validation",
    "update_handler.script.fit",
    replace("check_fit", lambda o: lambda a, g: None if a.fields["execution_type"] == "webhook" else o(a, g)),
)
add(
    "script-refused-for-deluge",
    "validation",
    "update_handler.applies",
    replace(
        "check_fit",
        lambda o: lambda a, g: o(a, g) if "permissions" in g else (_ for _ in ()).throw(Refusal(400, None, "no")),
    ),
)
add(
    "limit-of-letters-is-ignored",
    "validation",
    "list.limit.type",
    replace("limit", lambda o: lambda q: 20 if q.get("limit", "").isalpha() else o(q)),
)
add("limit-100-refused", "validation", "list.limit sync.token list.accepts", attribute("limits.page", 99))
add(
    "limit-1-refused",
    "validation",
    "list.limit protocol.accept.json list.accepts",
    replace("limit", lambda o: lambda q: o({"limit": "x"}) if q.get("limit") == "1" else o(q)),
)
add(
    "bodies-that-are-no-object-accepted",
    "validation",
    "create.object protocol.malformed",
    wrap(
        lambda m, t, h, b, r: (
            (200, r[1], json.dumps({"url": f"{BASE_PATH}{CREATING}", "type": "messageaction", "data": {}}).encode())
            if m == "POST" and (b or b"")[:1] == b"[" and r[0] == 400
            else r
        )
    ),
)
add(
    "update-array-accepted",
    "validation",
    "update.object",
    wrap(
        lambda m, t, h, b, r: (
            (200, r[1], json.dumps({"url": f"{BASE_PATH}{CREATING}", "type": "messageaction", "data": {}}).encode())
            if operation_of(m, t) == "update" and b == b"[]" and r[0] == 400
            else r
        )
    ),
)
add(
    "handler-number-accepted",
    "validation",
    "update_handler.object",
    wrap(
        lambda m, t, h, b, r: (
            (200, r[1], b'{"url": "/", "type": "execution_handler", "data": {}}')
            if operation_of(m, t) == "update_handler" and b == b"7" and r[0] == 400
            else r
        )
    ),
)
add("minimal-body-refused", "validation", "create.optional", refuses("create", lambda g: "scope" not in g))
add(
    "team-scope-refused",
    "validation",
    "create.scope.values",
    refuses("create", lambda g: g.get("scope") == "team" and g.get("team_ids")),
)
add(
    "personal-scope-refused",
    "validation",
    "create.execution_type.default create.accepts create.execution_type.values",
    refuses("create", lambda g: g.get("scope") == "personal"),
)
add(
    "webhook-refused",
    "validation",
    "create.execution_type.values create.accepts",
    refuses("create", lambda g: g.get("execution_type") == "webhook"),
)
add(
    "team-ids-alone-refused",
    "validation",
    "update.team_ids.alone update.team_ids.max",
    refuses("update", lambda g: set(g) == {"team_ids"}),
)
add("scope-to-team-refused", "validation", "update.scope.team", refuses("update", lambda g: g.get("scope") == "team"))
add("update-needs-a-name", "validation", "update.applies update.hint.max", refuses("update", lambda g: "name" not in g))
add(
    "text-id-finds-something",
    "validation",
    "protocol.id",
    wrap(
        lambda m, t, h, b, r: (
            (200, r[1], json.dumps({"url": f"{BASE_PATH}{CREATING}", "type": "messageaction", "data": {}}).encode())
            if t.startswith(action_path(4)) and t.endswith("x")
            else r
        )
    ),
)

TYPE_SETS = [set(some) for size in (1, 2, 3) for some in combinations(VALUES["message_types"], size)]
for _op in ("create", "update"):
    for _types in TYPE_SETS:
        add(
            f"{_op}-refuses-{'-'.join(sorted(_types))}",
            "validation",
            _known(
                f"{_op}.accepts {_op}.message_types.min create.message_types.values update.applies update.keeps "
                "update.name.max update.hint.max update.execution_url.max update.name.free-after-delete sync.changes"
            ),
            refuses(_op, lambda g, types=_types: just(g.get("message_types"), types)),
        )
for _some in (*[{one} for one in PERMISSIONS], {"user", "message"}, {"attachments", "message", "chat"}):
    add(
        f"refuses-permissions-{'-'.join(sorted(_some))}",
        "validation",
        "update_handler.permissions.values update_handler.accepts",
        refuses("update_handler", lambda g, some=_some: just(g.get("permissions"), some)),
    )
for _op in ("create", "update"):
    _text = lambda v: str(v) if isinstance(v, int) else v  # noqa: E731
    add(f"{_op}-makes-texts-of-numbers", "validation", f"{_op}.hint.type", with_field("hint", _text, _op))
    _ids = lambda v: [int(i) if isinstance(i, str) and i.isdigit() else i for i in v]  # noqa: E731
    add(f"{_op}-makes-team-ids-of-texts", "validation", f"{_op}.team_ids.type", with_field("team_ids", _ids, _op))
add(
    "create-rounds-team-ids",
    "validation",
    "create.team_ids.type",
    with_field("team_ids", lambda v: [int(i) if isinstance(i, float) and i < 1e9 else i for i in v], "create"),
)
add("null-hint-is-empty", "validation", "create.hint.required", with_field("hint", lambda v: v or "-", "create"))
add(
    "webhooks-need-no-hint",
    "validation",
    "create.hint.required",
    around(
        "check",
        lambda o, n, g, k: (
            o(n, {"hint": "-", **g} if g.get("execution_type") == "webhook" else g, k) or g.setdefault("hint", "-")
        ),
    ),
)
add(
    "webhooks-of-teams-need-no-teams",
    "validation",
    "create.team_ids.required",
    around(
        "check_rules",
        lambda o, g, k, s, t: o(g, k, "organization" if k == "webhook" and not g.get("team_ids") else s, t),
    ),
)
add(
    "url-with-a-query-refused",
    "validation",
    "create.accepts update.applies",
    refuses("create", lambda g: "?" in str(g.get("execution_url"))),
)
add("short-hints-refused", "validation", "create.accepts", refuses("create", lambda g: len(str(g.get("hint"))) < 3))
add("hint-zero-is-no-hint", "validation", "create.accepts", refuses("create", lambda g: g.get("hint") == "0"))
add("spaces-do-not-count", "validation", "create.hint.max", attribute("length", lambda v: len(v.replace(" ", ""))))
add(
    "queries-do-not-count",
    "validation",
    "create.execution_url.max update.execution_url.max",
    attribute("length", lambda v: len(v.partition("?")[0]) if v.startswith("https://") else len(v)),
)
add(
    "webhooks-for-teams-refused",
    "validation",
    "create.team_ids.max create.accepts",
    refuses("create", lambda g: g.get("execution_type") == "webhook" and g.get("scope") == "team"),
)
add("ids-are-floats", "validation", "get.msgaction_not_found", lambda server: _floats(server))
add(
    "ids-end-at-the-first-letter",
    "validation",
    "protocol.id",
    around("find", lambda o, u, i: o(u, re.match("[0-9]*", i)[0])),  # type: ignore[index]
)


def _floats(server: Reference) -> None:
    original = server.find

    def find(user: str, identifier: str) -> Any:
        same = (i for i in server.actions if identifier.isdigit() and float(i) == float(identifier))
        return original(user, next(same, identifier))

    server.find = find  # type: ignore[method-assign]
