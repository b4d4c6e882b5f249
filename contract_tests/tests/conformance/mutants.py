"""Faulty servers, one fault each: what the conformance kit has to find.

A mutant changes the second reference server by an attribute, a replaced method, or a wrapper around its handle.
`facts` names the facts one of which has to be reported: to find a fault for another reason does not count.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from reference_server import BASE, ORGANIZATION_OF, TEAMS_OF, Action, Handle, Headers, Reference, Refusal, Reply
from zoho_cliq_conformance.facts import FACTS

Prepare = Callable[[Reference], Any]
CLASSES = (
    "protocol", "shape", "validation", "crash", "errors", "auth", "state", "paging", "sync", "thresholds",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A fault: its name and class, the facts that may be reported for it, and how a server gets it."""

    name: str
    kind: str
    facts: tuple[str, ...]
    prepare: Prepare


MUTANTS: dict[str, Mutant] = {}


def mutant(name: str, kind: str, *facts: str) -> Callable[[Prepare], Prepare]:
    """Register a mutant."""

    def register(prepare: Prepare) -> Prepare:
        assert name not in MUTANTS, name
        assert kind in CLASSES, kind
        MUTANTS[name] = Mutant(name, kind, facts, prepare)
        return prepare

    return register


def add(name: str, kind: str, facts: str, prepare: Prepare) -> None:
    """Register a mutant that fits on a line; `facts` separated by spaces."""
    mutant(name, kind, *facts.split())(prepare)


def _known(facts: str) -> str:
    """Those of the facts that there are: a loop over operations names more than every operation has."""
    return " ".join(fact for fact in facts.split() if fact in FACTS)


# --- ways to change a server


def void(*_: object) -> None:
    """Nothing, after its arguments did their work: lambdas are expressions."""


def replace(method: str, make: Callable[[Any], Callable[..., Any]]) -> Prepare:
    """Replace a method by `make(original)`."""

    def prepare(server: Reference) -> None:
        setattr(server, method, make(getattr(server, method)))

    return prepare


def attribute(path: str, value: Any) -> Prepare:
    """Set an attribute, or with a dot an entry of a dict attribute."""

    def prepare(server: Reference) -> None:
        name, _, key = path.partition(".")
        if key:
            getattr(server, name)[key] = value
        else:
            setattr(server, name, value)

    return prepare


def wrap(change: Callable[[str, str, Headers, bytes | None, Reply], Reply]) -> Prepare:
    """Change replies: `change(method, path below the base, headers, body, reply)`."""

    def prepare(server: Reference) -> Handle:
        def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
            reply = server(method, target, headers, body)
            if target.startswith("/_mock"):
                return reply
            return change(method, target.removeprefix(BASE), headers, body, reply)

        return handle

    return prepare


def reply_json(edit: Callable[[str, str, dict[str, Any]], None], operations: str = "all") -> Prepare:
    """Edit the JSON of good replies, of the operations named."""

    def change(method: str, target: str, _h: Headers, _b: bytes | None, reply: Reply) -> Reply:
        status, headers, content = reply
        name = operation_of(method, target)
        if status != 200 or not content or (operations != "all" and name not in operations.split()):
            return reply
        shown = json.loads(content)
        edit(name, target, shown)
        return status, headers, json.dumps(shown).encode()

    return wrap(change)


def operation_of(method: str, target: str) -> str:
    parts = target.split("?")[0].strip("/").split("/")
    names = {1: {"GET": "list", "POST": "create"}, 2: {"GET": "get", "PATCH": "update", "DELETE": "delete"}}
    names[4] = {"GET": "get_handler", "PATCH": "update_handler"}
    return names.get(len(parts), {}).get(method, "")


def actions_of(shown: dict[str, Any]) -> list[dict[str, Any]]:
    data = shown.get("data", [])
    return [item for item in (data if isinstance(data, list) else [data]) if "handlers" in item]


def status_of(operation: str, old: int, new: int) -> Prepare:
    return wrap(lambda m, t, h, b, r: (new, r[1], r[2]) if operation_of(m, t) == operation and r[0] == old else r)


def error(edit: Callable[[str, int, dict[str, Any]], tuple[int, dict[str, Any]] | None]) -> Prepare:
    """Edit error replies: `edit(operation, status, shown)`."""

    def change(method: str, target: str, _h: Headers, _b: bytes | None, reply: Reply) -> Reply:
        if reply[0] < 400:
            return reply
        edited = edit(operation_of(method, target), reply[0], json.loads(reply[2]))
        return reply if edited is None else (edited[0], reply[1], json.dumps(edited[1]).encode())

    return wrap(change)


def recode(code: str, new: str | None, operation: str = "") -> Prepare:
    """Errors with `code` carry another code, or none."""

    def edit(name: str, status: int, shown: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        if shown.get("code") != code or (operation and name != operation):
            return None
        kept = {key: value for key, value in shown.items() if key != "code"}
        return status, (kept if new is None else {**kept, "code": new})

    return error(edit)


def lets_pass(field: str, operation: str, when: Callable[[Any], bool] = lambda value: True) -> Prepare:
    """The field is not checked in the operation's bodies where `when` holds."""

    def make(original: Any) -> Any:
        def check(name: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
            if name == operation and field in given and when(given[field]):
                given = {**given, field: HARMLESS[field]}
            original(name, given, known)

        return check

    return replace("check", make)


HARMLESS: dict[str, Any] = {
    **dict.fromkeys(("name", "hint", "script"), "harmless"),
    "execution_url": "https://a.example.com",
    "image": "aGk=",
    "scope": "personal",
    "execution_type": "deluge",
    "team_ids": [100001],
    "message_types": ["text"],
    "permissions": ["chat"],
    "multi_selectable": True,
}


def refuses(operation: str, when: Callable[[dict[str, Any]], bool]) -> Prepare:
    """A valid body of the operation is refused where `when` holds."""

    def make(original: Any) -> Any:
        def check(name: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
            if name == operation and when(given):
                raise Refusal(400, "invalid_inputs", "no")
            original(name, given, known)

        return check

    return replace("check", make)


def crashes(when: Callable[[str, str, bytes], bool]) -> Prepare:
    """500 where `when(method, target, body)` holds."""

    def change(method: str, target: str, _h: Headers, body: bytes | None, reply: Reply) -> Reply:
        if when(method, target, body or b""):
            return 500, [("Content-Type", "application/json")], b'{"message": "Internal error."}'
        return reply

    return wrap(change)


def limit_of(name: str, change: int, operation: str) -> Prepare:
    """The limit of a field is off by `change` in one operation."""

    def make(original: Any) -> Any:
        def check_value(in_operation: str, field: str, value: Any) -> None:
            server = original.__self__
            if in_operation == operation and field == name:
                kept = dict(server.limits)
                server.limits[name] += change
                try:
                    original(in_operation, field, value)
                finally:
                    server.limits = kept
            else:
                original(in_operation, field, value)

        return check_value

    return replace("check_value", make)


def without(names: str) -> Callable[[str, str, dict[str, Any]], None]:
    def edit(_o: str, _t: str, shown: dict[str, Any]) -> None:
        for action in actions_of(shown):
            for name in names.split():
                action.pop(name, None)

    return edit


def with_value(name: str, value: Any) -> Callable[[str, str, dict[str, Any]], None]:
    def edit(_o: str, _t: str, shown: dict[str, Any]) -> None:
        for action in actions_of(shown):
            if name in action:
                action[name] = value(action[name]) if callable(value) else value

    return edit


# --- protocol

HTML = [("Content-Type", "text/html")]
for _name, _status in (
    ("create", 201),
    ("list", 206),
    ("get", 203),
    ("update", 202),
    ("delete", 200),
    ("get_handler", 201),
):
    _old = 204 if _name == "delete" else 200
    add(f"{_name}-answers-{_status}", "protocol", f"{_name}.success", status_of(_name, _old, _status))
add(
    "update-handler-answers-204",
    "protocol",
    "update_handler.success protocol.json protocol.body",
    wrap(lambda m, t, h, b, r: (204, [], b"") if operation_of(m, t) == "update_handler" and r[0] == 200 else r),
)
add("delete-has-body", "protocol", "delete.empty", wrap(lambda m, t, h, b, r: (204, r[1], b"{}") if r[0] == 204 else r))
add(
    "good-answers-are-text-html",
    "protocol",
    "protocol.json",
    wrap(lambda m, t, h, b, r: (r[0], HTML, r[2]) if r[0] == 200 else r),
)
add(
    "errors-are-text-plain",
    "protocol",
    "protocol.json",
    wrap(lambda m, t, h, b, r: (r[0], [("Content-Type", "text/plain")], r[2]) if r[0] >= 400 else r),
)
add(
    "405-without-allow",
    "protocol",
    "protocol.allow",
    wrap(lambda m, t, h, b, r: (r[0], r[1][:1], r[2]) if r[0] == 405 else r),
)
add(
    "allow-lacks-a-method",
    "protocol",
    "protocol.allow",
    wrap(lambda m, t, h, b, r: (r[0], [*r[1][:1], ("Allow", "GET")], r[2]) if r[0] == 405 else r),
)
add(
    "allow-names-the-refused-method",
    "protocol",
    "protocol.allow",
    wrap(
        lambda m, t, h, b, r: (
            (r[0], [*r[1][:1], ("Allow", f"GET, POST, PATCH, DELETE, {m}")], r[2]) if r[0] == 405 else r
        )
    ),
)
add("wrong-method-is-404", "protocol", "protocol.method", error(lambda o, s, e: (404, e) if s == 405 else None))
add(
    "wrong-method-is-500",
    "protocol",
    "protocol.method protocol.no-crash",
    error(lambda o, s, e: (500, e) if s == 405 else None),
)
add(
    "unknown-path-is-200",
    "protocol",
    "protocol.path",
    wrap(lambda m, t, h, b, r: (200, r[1], b"{}") if r[0] == 404 and not operation_of(m, t) else r),
)
add(
    "unknown-path-is-403",
    "protocol",
    "protocol.path",
    wrap(lambda m, t, h, b, r: (403, r[1], r[2]) if r[0] == 404 and not operation_of(m, t) else r),
)
add("accept-is-ignored", "protocol", "protocol.accept", attribute("accept", lambda headers: None))
add("not-acceptable-is-400", "protocol", "protocol.accept", error(lambda o, s, e: (400, e) if s == 406 else None))


@mutant("accept-wildcard-is-406", "protocol", "protocol.accept.json")
def _(server: Reference) -> None:
    def accept(headers: Headers) -> None:
        if not any("application/json" in value for name, value in headers if name == "Accept"):
            raise Refusal(406, None, "no")

    server.accept = accept  # type: ignore[method-assign]


@mutant("accept-list-is-406", "protocol", "protocol.accept.json")
def _(server: Reference) -> None:
    original = server.accept

    def accept(headers: Headers) -> None:
        if any(name == "Accept" and "," in value for name, value in headers):
            raise Refusal(406, None, "no")
        original(headers)

    server.accept = accept  # type: ignore[method-assign]


@mutant("create-happens-though-406", "protocol", "errors.change-nothing")
def _(server: Reference) -> Handle:
    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        reply = server(method, target, headers, body)
        if reply[0] == 406 and method == "POST":
            server(method, target, [(n, v) for n, v in headers if n != "Accept"], body)
        return reply

    return handle


add(
    "charset-is-refused",
    "protocol",
    "protocol.content-type",
    wrap(
        lambda m, t, h, b, r: (
            (400, r[1], b'{"message": "no", "code": "invalid_inputs"}') if any("charset" in v for _, v in h) else r
        )
    ),
)
add(
    "put-updates",
    "protocol",
    "protocol.method",
    replace("methods", lambda o: lambda p: {**o(p), "PUT": "update"} if p == "item" else o(p)),
)
add(
    "delete-of-handlers",
    "protocol",
    "protocol.method",
    replace("methods", lambda o: lambda p: {**o(p), "DELETE": "get_handler"} if p == "handler" else o(p)),
)
add(
    "body-cut-short",
    "protocol",
    "protocol.body",
    wrap(lambda m, t, h, b, r: (r[0], r[1], r[2][:-3]) if operation_of(m, t) == "get" else r),
)
add(
    "redirects-updates",
    "protocol",
    "update.applies update.accepts protocol.status",
    wrap(
        lambda m, t, h, b, r: (303, [("Location", "/")], b"") if operation_of(m, t) == "update" and r[0] == 200 else r
    ),
)


@mutant("drops-the-connection-on-delete", "protocol", "protocol.answered")
def _(server: Reference) -> Handle:
    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        if method == "DELETE":
            raise ConnectionResetError("dropped")
        return server(method, target, headers, body)

    return handle


# --- shape

for _field in (
    "name",
    "hint",
    "scope",
    "multi_selectable",
    "message_types",
    "execution_type",
    "handlers",
    "creator",
    "status",
    "type",
):
    add(
        f"no-{_field.replace('_', '-')}-shown",
        "shape",
        _known(f"action.{_field}.shape action.{_field}"),
        reply_json(without(_field)),
    )
add("list-items-lack-hint", "shape", "action.hint.shape", reply_json(without("hint"), "list"))
add("create-shows-no-id", "shape", "action.id.shape", reply_json(without("id"), "create"))
add("id-is-a-number", "shape", "action.id.shape", reply_json(with_value("id", int)))
add("id-has-letters", "shape", "action.id.shape", reply_json(with_value("id", lambda i: f"ma_{i}"), "create"))
add("webhook-without-url", "shape", "action.execution_url.shape", reply_json(without("execution_url")))
add("webhook-without-url-in-lists", "shape", "action.execution_url.shape", reply_json(without("execution_url"), "list"))
add("team-without-teams", "shape", "action.team_ids.shape", reply_json(without("team_ids")))
add(
    "team-ids-are-strings",
    "shape",
    "action.team_ids.shape",
    reply_json(with_value("team_ids", lambda v: [str(i) for i in v])),
)
add(
    "multi-selectable-is-a-string",
    "shape",
    "action.multi_selectable.shape",
    reply_json(with_value("multi_selectable", lambda v: str(v))),
)
add(
    "message-types-is-a-string",
    "shape",
    "action.message_types.shape",
    reply_json(with_value("message_types", lambda v: ",".join(v))),
)
add("creator-is-a-string", "shape", "action.creator.shape", reply_json(with_value("creator", lambda v: v["name"])))
add(
    "creator-id-is-a-number",
    "shape",
    "action.creator.shape",
    reply_json(with_value("creator", lambda v: {**v, "id": int(v["id"])})),
)
add(
    "creator-without-name",
    "shape",
    "action.creator.shape",
    reply_json(with_value("creator", lambda v: {"id": v["id"]})),
)
add("handlers-are-strings", "shape", "action.handlers.shape", reply_json(with_value("handlers", ["execution_handler"])))
add("handlers-are-empty", "shape", "action.handlers", reply_json(with_value("handlers", [])))
add(
    "handlers-of-another-type",
    "shape",
    "action.handlers",
    reply_json(with_value("handlers", [{"type": "welcome_handler"}])),
)
add("hint-is-null", "shape", "action.hint.shape", reply_json(with_value("hint", lambda v: None), "get"))
for _operation in ("create", "list", "get", "update", "get_handler", "update_handler"):
    add(
        f"{_operation}-of-another-type".replace("_", "-"),
        "shape",
        f"{_operation}.envelope",
        reply_json(lambda o, t, s: s.update(type="bot"), _operation),
    )
    add(
        f"{_operation}-without-url".replace("_", "-"),
        "shape",
        f"{_operation}.shape {_operation}.envelope",
        reply_json(lambda o, t, s: s.pop("url") and None, _operation),
    )
add(
    "url-of-another-resource",
    "shape",
    "get.envelope",
    reply_json(lambda o, t, s: s.update(url="/api/v3/bots/1"), "get"),
)
add(
    "handler-url-of-the-action",
    "shape",
    "get_handler.envelope",
    reply_json(lambda o, t, s: s.update(url=s["url"].split("/handlers")[0]), "get_handler"),
)
add(
    "get-without-envelope",
    "shape",
    "get.shape get.envelope",
    wrap(
        lambda m, t, h, b, r: (
            (200, r[1], json.dumps(json.loads(r[2])["data"]).encode())
            if operation_of(m, t) == "get" and r[0] == 200
            else r
        )
    ),
)
add(
    "list-is-an-array",
    "shape",
    "protocol.body",
    wrap(
        lambda m, t, h, b, r: (
            (200, r[1], json.dumps(json.loads(r[2])["data"]).encode())
            if operation_of(m, t) == "list" and r[0] == 200
            else r
        )
    ),
)
add("create-gives-a-list", "shape", "create.shape", reply_json(lambda o, t, s: s.update(data=[s["data"]]), "create"))
add(
    "handler-without-name",
    "shape",
    "handler.name update_handler.shape get_handler.shape",
    reply_json(lambda o, t, s: s["data"].pop("name") and None, "get_handler update_handler"),
)
add(
    "handler-of-another-name",
    "shape",
    "handler.name",
    reply_json(lambda o, t, s: s["data"].update(name="welcome_handler"), "get_handler update_handler"),
)
add(
    "handler-without-function-id",
    "shape",
    "handler.function_id get_handler.shape update_handler.shape",
    reply_json(lambda o, t, s: s["data"].pop("function_id") and None, "get_handler update_handler"),
)
add(
    "permissions-are-a-string",
    "shape",
    "get_handler.shape get_handler.current",
    reply_json(
        lambda o, t, s: s["data"].update(permissions="chat") if "permissions" in s["data"] else None, "get_handler"
    ),
)
add(
    "next-token-is-null-on-the-last-page",
    "shape",
    "list.next_token list.shape",
    reply_json(lambda o, t, s: s.setdefault("next_token", None) and None, "list"),
)
add(
    "next-token-is-a-number",
    "shape",
    "list.next_token list.shape",
    reply_json(lambda o, t, s: s.update(next_token=7) if "next_token" in s else None, "list"),
)
add(
    "deleted-are-objects",
    "shape",
    "list.deleted list.shape",
    reply_json(
        lambda o, t, s: s.update(deleted=[{"id": i} for i in s["deleted"]]) if s.get("deleted") else None, "list"
    ),
)

# --- validation

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
            lets_pass(_field, _op, lambda v: v == "everyone" or "video" in str(v)),
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
    lets_pass("execution_type", "create", lambda v: v == "lambda"),
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
    lets_pass("team_ids", "create", lambda v: v == ["a team"]),
)
add(
    "team-id-fractions-accepted",
    "validation",
    "create.team_ids.type",
    lets_pass("team_ids", "create", lambda v: v == [1.5]),
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
    lets_pass("permissions", "update_handler", lambda v: "wallet" in v),
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
            (200, r[1], b'{"url": "/api/v3/messageactions", "type": "messageaction", "data": {}}')
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
            (200, r[1], b'{"url": "/api/v3/messageactions", "type": "messageaction", "data": {}}')
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
            (200, r[1], b'{"url": "/api/v3/messageactions", "type": "messageaction", "data": {}}')
            if t == "/messageactions/ten"
            else r
        )
    ),
)

# --- crash

add(
    "crash-on-null-byte",
    "crash",
    "protocol.no-crash protocol.malformed",
    crashes(lambda m, t, b: b"\\u0000" in b or b"\x00" in b),
)
add("crash-on-lone-surrogate", "crash", "protocol.no-crash", crashes(lambda m, t, b: b"\\ud800" in b.lower()))
add(
    "crash-on-deep-nesting",
    "crash",
    "protocol.malformed protocol.no-crash",
    crashes(lambda m, t, b: b[:50] == b"[" * 50 or b.count(b'{"a":') > 50),
)
add(
    "crash-on-broken-json",
    "crash",
    "protocol.malformed",
    crashes(lambda m, t, b: b.endswith((b'"hint"', b"cut"))),
)
add(
    "crash-on-broken-json-of-updates",
    "crash",
    "protocol.malformed",
    crashes(lambda m, t, b: m == "PATCH" and b.endswith(b"cut")),
)
add(
    "crash-on-no-body",
    "crash",
    "protocol.malformed",
    crashes(lambda m, t, b: m == "POST" and t == "/messageactions" and not b),
)
add(
    "crash-on-array-body",
    "crash",
    "create.object update.object",
    crashes(lambda m, t, b: b[:1] == b"[" and b[:2] != b"[["),
)
add("crash-on-bad-utf-8", "crash", "protocol.malformed", crashes(lambda m, t, b: b"\xff" in b))
add("crash-on-huge-number", "crash", "create.team_ids.type", crashes(lambda m, t, b: b"1e999" in b))
add("crash-on-big-integer", "crash", "protocol.no-crash", crashes(lambda m, t, b: b"0" * 300 in b))
add("crash-on-unknown-key", "crash", "protocol.no-crash", crashes(lambda m, t, b: b'"colour"' in b))
add(
    "crash-on-repeated-key",
    "crash",
    "protocol.no-crash",
    crashes(lambda m, t, b: b.count(b'"hint"') > 1 and m == "POST"),
)
add("crash-on-wrong-type", "crash", "create.name.type update.name.type", crashes(lambda m, t, b: b'"name": 5' in b))
add("crash-on-bad-sync-token", "crash", "protocol.no-crash", crashes(lambda m, t, b: "sync_token=bm90" in t))
add("crash-on-bad-next-token", "crash", "protocol.no-crash", crashes(lambda m, t, b: "next_token=bm90" in t))
add("crash-on-limit-of-letters", "crash", "list.limit.type", crashes(lambda m, t, b: "limit=ten" in t))
add("crash-on-limit-zero", "crash", "protocol.no-crash", crashes(lambda m, t, b: "limit=0" in t))
add("crash-on-text-id", "crash", "protocol.id", crashes(lambda m, t, b: t == "/messageactions/ten"))
add("crash-on-huge-id", "crash", "protocol.id", crashes(lambda m, t, b: "9" * 24 in t))
add("crash-on-emoji", "crash", "protocol.no-crash", crashes(lambda m, t, b: "\U0001f4ce".encode() in b))
add("crash-on-null-name", "crash", "create.name.required", crashes(lambda m, t, b: b'"name": null' in b))
add("crash-on-form-body", "crash", "protocol.malformed", crashes(lambda m, t, b: b.startswith(b"name=")))
add(
    "crash-on-handler-of-unknown-action",
    "crash",
    "get_handler.missing-action update_handler.missing-action delete.gone",
    crashes(lambda m, t, b: "987000000654321/handlers" in t),
)


@mutant("crash-on-second-delete", "crash", "delete.msgaction_not_found")
def _(server: Reference) -> None:
    original = server.find_to_change

    def find(user: str, identifier: str) -> Action:
        if identifier in server.actions and not server.actions[identifier].alive:
            raise Refusal(500, None, "crash")
        return original(user, identifier)

    server.find_to_change = find  # type: ignore[method-assign]


# --- errors

add(
    "no-code-for-invalid-inputs",
    "errors",
    "create.name.max create.name.required",
    recode("invalid_inputs", None, "create"),
)
add(
    "another-code-for-invalid-inputs",
    "errors",
    "create.name.max",
    recode("invalid_inputs", "operation_failed", "create"),
)
add(
    "no-code-for-a-taken-name",
    "errors",
    "create.msgaction_name_already_exists",
    recode("msgaction_name_already_exists", None, "create"),
)
add(
    "no-code-for-a-taken-name-in-updates",
    "errors",
    "update.msgaction_name_already_exists",
    recode("msgaction_name_already_exists", None, "update"),
)
add(
    "invalid-inputs-for-a-taken-name",
    "errors",
    "create.msgaction_name_already_exists",
    recode("msgaction_name_already_exists", "invalid_inputs", "create"),
)
for _op in ("get", "update", "delete"):
    add(
        f"no-code-for-an-unknown-id-in-{_op}",
        "errors",
        f"{_op}.msgaction_not_found",
        recode("msgaction_not_found", None, _op),
    )
    add(
        f"another-code-for-an-unknown-id-in-{_op}",
        "errors",
        f"{_op}.msgaction_not_found",
        recode("msgaction_not_found", "execution_handler_not_found", _op),
    )
for _op in ("get_handler", "update_handler"):
    add(
        f"no-code-for-another-handler-in-{_op}",
        "errors",
        f"{_op}.execution_handler_not_found",
        recode("execution_handler_not_found", None, _op),
    )
    add(
        f"another-code-for-another-handler-in-{_op}",
        "errors",
        f"{_op}.execution_handler_not_found",
        recode("execution_handler_not_found", "msgaction_not_found", _op),
    )
    add(
        f"any-handler-type-in-{_op}",
        "errors",
        f"{_op}.execution_handler_not_found",
        wrap(
            lambda m, t, h, b, r, op=_op: (
                (200, r[1], b'{"url": "/", "type": "execution_handler", "data": {}}')
                if operation_of(m, t) == op and "welcome" in t and r[0] == 404
                else r
            )
        ),
    )
add(
    "unknown-id-is-401",
    "errors",
    "get.msgaction_not_found",
    error(lambda o, s, e: (401, e) if e.get("code") == "msgaction_not_found" else None),
)
add(
    "taken-name-is-404",
    "errors",
    "create.msgaction_name_already_exists",
    error(lambda o, s, e: (404, e) if e.get("code") == "msgaction_name_already_exists" else None),
)
add(
    "invalid-inputs-are-403",
    "errors",
    "create.name.max",
    error(lambda o, s, e: (403, e) if e.get("code") == "invalid_inputs" else None),
)
add(
    "invalid-inputs-are-200",
    "errors",
    "create.name.max",
    error(lambda o, s, e: (200, e) if e.get("code") == "invalid_inputs" else None),
)
add(
    "errors-without-message",
    "errors",
    "errors.body",
    error(lambda o, s, e: (s, {k: v for k, v in e.items() if k != "message"})),
)
add("errors-with-empty-message", "errors", "errors.body", error(lambda o, s, e: (s, {**e, "message": ""})))
add(
    "errors-with-a-list-of-messages",
    "errors",
    "errors.body",
    error(lambda o, s, e: (s, {**e, "message": [e["message"]]})),
)
add(
    "errors-are-html",
    "errors",
    "errors.body",
    wrap(lambda m, t, h, b, r: (r[0], HTML, b"<h1>Error</h1>") if r[0] >= 400 else r),
)
add(
    "errors-are-empty",
    "errors",
    "errors.body",
    wrap(lambda m, t, h, b, r: (r[0], r[1], b"") if r[0] in (401, 404) else r),
)
add(
    "not-found-code-for-invalid-inputs",
    "errors",
    "update.name.max",
    recode("invalid_inputs", "msgaction_not_found", "update"),
)
add(
    "handler-code-for-a-get",
    "errors",
    "delete.gone get.msgaction_not_found",
    recode("msgaction_not_found", "execution_handler_get_failed", "get"),
)
add(
    "taken-code-for-a-missing-scope",
    "errors",
    "create.scope get.scope list.scope",
    recode("oauthtoken_scope_invalid", "msgaction_name_already_exists"),
)
add(
    "misfit-code-is-not-found",
    "errors",
    "update_handler.permissions.fit update_handler.script.fit",
    recode("execution_handler_update_failed", "execution_handler_not_found"),
)
add(
    "updates-are-not-checked",
    "validation",
    "update.name.max",
    replace("check", lambda o: lambda op, g, k: o(op, g, k) if op != "update" else None),
)


@mutant("update-applies-before-it-refuses", "errors", "errors.change-nothing")
def _(server: Reference) -> None:
    original = server.update

    def update(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
        action = server.find_to_change(user, identifier)
        before = dict(action.fields)
        try:
            return original(user, identifier, handler, given, query)
        except Refusal:
            action.fields = {**before, **({"hint": given["hint"]} if isinstance(given.get("hint"), str) else {})}
            raise

    server.update = update  # type: ignore[method-assign]


@mutant("refused-create-is-kept", "errors", "errors.change-nothing")
def _(server: Reference) -> None:
    original = server.check

    def check(operation: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
        try:
            original(operation, given, known)
        except Refusal:
            if (
                operation == "create"
                and isinstance(given.get("name"), str)
                and given.get("hint")
                and given.get("message_types")
            ):
                action = Action(server.new_id(), "owner")
                server.set(action, {**server.defaults, "name": given["name"], "hint": "kept"})
                server.actions[action.id] = action
                server.record(action)
            raise

    server.check = check  # type: ignore[method-assign]


# --- auth

add(
    "no-token-needed",
    "auth",
    "auth.missing auth.scheme",
    replace(
        "authenticate",
        lambda o: (
            lambda h: (
                o(h)
                if any(n == "Authorization" for n, _ in h)
                else ("owner", frozenset({"create", "read", "update", "delete"}))
            )
        ),
    ),
)
for _op, _verb in (("create", "POST"), ("delete", "DELETE"), ("update", "PATCH")):

    @mutant(f"no-token-needed-to-{_op}", "auth", "auth.missing", "auth.token")
    def _(server: Reference, op: str = _op) -> Handle:
        def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
            reply = server(method, target, headers, body)
            if reply[0] == 401 and operation_of(method, target.removeprefix(BASE)) == op:
                kept = [(n, v) for n, v in headers if n != "Authorization"]
                return server(method, target, [*kept, ("Authorization", "Bearer 1000.owner")], body)
            return reply

        return handle


add(
    "any-token-is-valid",
    "auth",
    "auth.token",
    replace(
        "authenticate",
        lambda o: (
            lambda h: (
                ("owner", frozenset({"create", "read", "update", "delete"}))
                if any(n == "Authorization" and v.startswith("Bearer ") for n, v in h)
                else o(h)
            )
        ),
    ),
)
add(
    "token-prefix-is-enough",
    "auth",
    "auth.token",
    replace(
        "authenticate",
        lambda o: (
            lambda h: (
                next(
                    (
                        found
                        for n, v in h
                        if n == "Authorization" and v.startswith("Bearer ")
                        for token, found in o.__self__.tokens.items()
                        if len(v) > 12 and token.startswith(v[7:]) and token == "1000.owner"
                    ),
                    None,
                )
                or o(h)
            )
        ),
    ),
)
add(
    "token-with-a-tail-is-enough",
    "auth",
    "auth.token",
    replace(
        "authenticate",
        lambda o: lambda h: o([(n, "Bearer 1000.owner" if v == "Bearer 1000.ownerx" else v) for n, v in h]),
    ),
)
add(
    "basic-scheme-accepted",
    "auth",
    "auth.scheme",
    replace("authenticate", lambda o: lambda h: o([(n, v.replace("Basic ", "Bearer ")) for n, v in h])),
)
add(
    "bare-token-accepted",
    "auth",
    "auth.scheme",
    replace("authenticate", lambda o: lambda h: o([(n, f"Bearer {v}" if v == "1000.owner" else v) for n, v in h])),
)
add(
    "token-in-the-query-accepted",
    "auth",
    "auth.missing",
    lambda server: (
        lambda m, t, h, b: server(m, t, [*h, ("Authorization", "Bearer 1000.owner")] if "access_token" in t else h, b)
    ),
)
add("missing-token-is-403", "auth", "auth.missing", error(lambda o, s, e: (403, e) if s == 401 else None))
add("missing-token-is-400", "auth", "auth.missing", error(lambda o, s, e: (400, e) if s == 401 else None))
add(
    "zoho-oauthtoken-refused",
    "auth",
    "auth.zoho-oauthtoken",
    replace("authenticate", lambda o: lambda h: o([(n, v.replace("Zoho-oauthtoken", "Nobody")) for n, v in h])),
)
for _op in ("create", "list", "get", "update", "delete", "get_handler", "update_handler"):

    def _no_scope(server: Reference, op: str = _op) -> None:
        original = server.lacks_scope
        server.lacks_scope = lambda name: None if name == op else original(name)  # type: ignore[method-assign,assignment,return-value,func-returns-value]

    add(f"any-scope-to-{_op}".replace("_", "-"), "auth", f"{_op}.scope", _no_scope)
add("read-token-cannot-list", "auth", "list.scope list.accepts", attribute("needs.list", "create"))
add("delete-needs-update", "auth", "delete.scope delete.accepts", attribute("needs.delete", "update"))
add("update-needs-create", "auth", "update.scope update.accepts", attribute("needs.update", "create"))
add(
    "handler-update-needs-create",
    "auth",
    "update_handler.scope update_handler.accepts",
    attribute("needs.update_handler", "create"),
)
add(
    "missing-scope-is-404",
    "auth",
    "create.scope list.scope get.scope",
    error(lambda o, s, e: (404, e) if e.get("code") == "oauthtoken_scope_invalid" else None),
)


def _sees(change: Callable[[str, str, str, frozenset[int], bool], bool]) -> Prepare:
    return replace("sees", lambda o: lambda u, c, s, t: change(u, c, s, t, o(u, c, s, t)))


add("organization-actions-are-hidden", "auth", "visibility.organization", _sees(lambda u, c, s, t, r: r and u == c))
add(
    "personal-actions-are-shown",
    "auth",
    "visibility.personal",
    _sees(lambda u, c, s, t, r: r or (s == "personal" and ORGANIZATION_OF[u] == ORGANIZATION_OF[c])),
)
add(
    "team-actions-are-shown-to-all",
    "auth",
    "visibility.team",
    _sees(lambda u, c, s, t, r: r or (s == "team" and ORGANIZATION_OF[u] == ORGANIZATION_OF[c])),
)
add(
    "team-actions-are-hidden-from-members",
    "auth",
    "visibility.team.member",
    _sees(lambda u, c, s, t, r: r and (s != "team" or u == c)),
)
add(
    "all-teams-are-needed",
    "auth",
    "visibility.team.member",
    _sees(lambda u, c, s, t, r: r and (s != "team" or u == c or t <= TEAMS_OF[u])),
)
add(
    "only-the-first-team-counts",
    "auth",
    "visibility.team.member",
    _sees(lambda u, c, s, t, r: r and (s != "team" or u == c or min(t) in TEAMS_OF[u] or len(t) == 1)),
)
add(
    "team-actions-are-hidden-from-the-creator",
    "auth",
    "visibility.team.creator get.accepts create.team_ids.max update.team_ids.max update.team_ids.alone list.complete",
    _sees(lambda u, c, s, t, r: r and not (s == "team" and u == c and 100003 in t)),
)
add(
    "other-organizations-see-everything",
    "auth",
    "visibility.other-organization",
    _sees(lambda u, c, s, t, r: r or s == "organization"),
)
add(
    "other-organizations-see-teams",
    "auth",
    "visibility.other-organization",
    _sees(lambda u, c, s, t, r: r or (s == "team" and u == "outsider")),
)
for _op in ("get", "update", "delete", "get_handler", "update_handler"):

    @mutant(f"anyone-may-{_op.replace('_', '-')}-by-id", "auth", "visibility.personal", "visibility.other-organization")
    def _(server: Reference, op: str = _op) -> None:
        original = getattr(server, op)

        def act(user: str, identifier: str, *rest: Any) -> Any:
            action = server.actions.get(identifier)
            return original(action.creator if action is not None and action.alive else user, identifier, *rest)

        setattr(server, op, act)


add(
    "lists-show-personal-actions",
    "auth",
    "visibility.personal",
    replace(
        "listed",
        lambda o: (
            lambda u, a, s: o(u, a, s) or (s is None and a.alive and ORGANIZATION_OF[a.creator] == ORGANIZATION_OF[u])
        ),
    ),
)
add(
    "lists-show-other-organizations",
    "auth",
    "visibility.other-organization",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) or (s is None and a.alive and u == "outsider")),
)
add(
    "names-are-global",
    "auth",
    "create.name.other-organization",
    lambda server: setattr(
        server,
        "taken",
        lambda user, name, but=None: any(
            a.alive and a is not but and a.fields["name"] == name for a in server.actions.values()
        ),
    ),
)

# --- state

add(
    "taken-names-accepted",
    "state",
    "create.msgaction_name_already_exists",
    replace("taken", lambda o: lambda user, name, but=None: but is not None and o(user, name, but)),
)
add(
    "taken-names-accepted-in-updates",
    "state",
    "update.msgaction_name_already_exists",
    replace("taken", lambda o: lambda user, name, but=None: but is None and o(user, name, but)),
)
add(
    "own-name-is-a-conflict",
    "state",
    "update.name.own",
    replace("taken", lambda o: lambda user, name, but=None: o(user, name)),
)


def _once_taken(when: str) -> Prepare:
    def prepare(server: Reference) -> None:
        original, names = server.taken, set[str]()
        kept = getattr(server, when)

        def act(user: str, identifier: str, *rest: Any) -> Any:
            if identifier in server.actions:
                before = server.actions[identifier].fields["name"]
                result = kept(user, identifier, *rest)
                if not server.actions[identifier].alive or server.actions[identifier].fields["name"] != before:
                    names.add(before)
                return result
            return kept(user, identifier, *rest)

        setattr(server, when, act)
        server.taken = lambda user, name, but=None: name in names or original(user, name, but)  # type: ignore[method-assign]

    return prepare


add("deleted-names-stay-taken", "state", "create.name.free-after-delete", _once_taken("delete"))
add("renamed-names-stay-taken", "state", "create.name.free-after-rename", _once_taken("update"))
for _field in ("name", "hint", "scope", "multi_selectable", "message_types", "execution_url"):

    @mutant(
        f"update-loses-{_field.replace('_', '-')}",
        "state",
        "update.applies",
        "update.name.max",
        "update.hint.max",
        "update.execution_url.max",
        "update.message_types.min",
        "update.scope.team",
        "update.name.own",
    )
    def _(server: Reference, field: str = _field) -> None:
        original = server.update

        def update(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
            action = server.actions.get(identifier)
            old = action.fields.get(field) if action else None
            shown = original(user, identifier, handler, given, query)
            if action is not None and field in given and old is not None:
                action.fields[field] = old
            return {**shown, "data": server.show(action)} if action is not None else shown

        server.update = update  # type: ignore[method-assign]


def _update_resets(field: str, value: Any, when: Callable[[dict[str, Any]], bool] = lambda given: True) -> Prepare:
    def make(original: Any) -> Any:
        def set_fields(action: Action, given: dict[str, Any]) -> None:
            if action.fields and field not in given and when(given):
                given = {**given, field: value}
            original(action, given)

        return set_fields

    return replace("set", make)


add(
    "documented-code-of-another-operation",
    "errors",
    "errors.code.fits",
    lambda server: setattr(
        server,
        "get_handler",
        (
            lambda o: (
                lambda u, i, *r: (
                    o(u, i, *r)
                    if i in server.actions and (server.actions[i].script or server.actions[i].permissions)
                    else server.name_exists()
                )
            )
        )(server.get_handler),
    ),
)
add(
    "get-refuses-webhooks",
    "state",
    "get.accepts",
    lambda server: setattr(
        server,
        "get",
        (
            lambda o: (
                lambda u, i, *r: (
                    o(u, i, *r)
                    if i not in server.actions or server.actions[i].fields["execution_type"] == "deluge"
                    else server.invalid("no")
                )
            )
        )(server.get),
    ),
)
add(
    "handlers-with-scripts-cannot-be-read",
    "state",
    "get_handler.accepts",
    lambda server: setattr(
        server,
        "get_handler",
        (
            lambda o: (
                lambda u, i, *r: (
                    o(u, i, *r) if i not in server.actions or not server.actions[i].script else server.invalid("no")
                )
            )
        )(server.get_handler),
    ),
)
add("update-resets-multi-selectable", "state", "update.keeps", _update_resets("multi_selectable", False))
add("update-resets-message-types", "state", "update.keeps", _update_resets("message_types", ["text"]))
add("update-resets-hint", "state", "update.keeps", _update_resets("hint", ""))
add("update-resets-scope", "state", "update.keeps", _update_resets("scope", "organization"))
add(
    "update-of-scope-resets-message-types",
    "state",
    "update.keeps",
    _update_resets("message_types", ["text"], lambda g: "scope" in g),
)
add(
    "update-forgets-teams",
    "state",
    "update.keeps action.team_ids.shape",
    _update_resets("team_ids", [], lambda g: "scope" not in g),
)
add(
    "update-changes-the-execution-type",
    "state",
    "update.execution_type",
    lambda server: setattr(
        server,
        "update",
        (
            lambda o: (
                lambda u, i, h, g, q: (
                    server.actions[i].fields.update(execution_type=g["execution_type"])
                    or server.envelope("update", server.actions[i])
                    if "execution_type" in g and i in server.actions
                    else o(u, i, h, g, q)
                )
            )
        )(server.update),
    ),
)
add(
    "update-echoes-but-forgets",
    "state",
    "get.current",
    lambda server: _echo_only(server),
)


def _echo_only(server: Reference) -> None:
    original = server.update

    def update(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
        old = dict(server.actions[identifier].fields) if identifier in server.actions else {}
        shown = original(user, identifier, handler, given, query)
        if "hint" in given:
            server.actions[identifier].fields["hint"] = old["hint"]
        return shown

    server.update = update  # type: ignore[method-assign]


add(
    "get-is-stale",
    "state",
    "get.current errors.change-nothing update.scope.team",
    lambda server: _stale(server),
)


def _stale(server: Reference) -> None:
    first: dict[str, Any] = {}

    def get(user: str, identifier: str, *_: Any) -> Any:
        shown = server.envelope("get", server.find(user, identifier))
        return first.setdefault(identifier, shown)

    server.get = get  # type: ignore[method-assign]


add(
    "get-shows-another-action",
    "state",
    "get.id",
    lambda server: setattr(
        server,
        "get",
        (
            lambda o: (
                lambda u, i, *r: (
                    o(u, i, *r)
                    if len(server.actions) < 3 or not server.find(u, i)
                    else server.envelope("get", next(a for a in server.actions.values() if a.id != i))
                )
            )
        )(server.get),
    ),
)
add(
    "update-shows-another-action",
    "state",
    "update.id",
    lambda server: setattr(
        server,
        "update",
        (
            lambda o: (
                lambda u, i, *r: (
                    o(u, i, *r),
                    server.envelope("update", next(a for a in server.actions.values() if a.id != i)),
                )[1]
            )
        )(server.update),
    ),
)
add(
    "create-echoes-something-else",
    "state",
    "create.echo",
    reply_json(with_value("hint", lambda v: v.upper()), "create"),
)
add(
    "create-forgets-multi-selectable",
    "state",
    "create.echo",
    replace("set", lambda o: lambda a, g: o(a, g if a.fields else {**g, "multi_selectable": False})),
)
add(
    "create-forgets-teams-but-one",
    "state",
    "create.echo create.team_ids.max",
    replace(
        "set",
        lambda o: lambda a, g: o(a, {**g, "team_ids": g["team_ids"][:1]} if "team_ids" in g and not a.fields else g),
    ),
)
add(
    "create-lowers-names",
    "state",
    "create.echo",
    replace(
        "set",
        lambda o: (
            lambda a, g: o(
                a,
                {**g, "name": g["name"].lower()}
                if isinstance(g.get("name"), str) and any(c.isupper() for c in g["name"])
                else g,
            )
        ),
    ),
)
add(
    "create-cuts-hints",
    "state",
    "create.echo",
    replace(
        "set", lambda o: lambda a, g: o(a, {**g, "hint": g["hint"][:100]} if isinstance(g.get("hint"), str) else g)
    ),
)
add(
    "default-execution-type-is-webhook",
    "state",
    "create.execution_type.default action.execution_url.shape",
    attribute("defaults.execution_type", "webhook"),
)
add("ids-repeat", "state", "action.id.unique", attribute("new_id", lambda: "48210000000417001"))


@mutant("ids-are-used-again", "state", "action.id.unique")
def _(server: Reference) -> None:
    original = server.new_id

    def new_id() -> str:
        dead = [a.id for a in server.actions.values() if not a.alive]
        return dead[-1] if dead else original()

    server.new_id = new_id  # type: ignore[method-assign]


add(
    "deleted-actions-can-be-read",
    "state",
    "delete.gone",
    replace(
        "find",
        lambda o: (
            lambda u, i: (
                o.__self__.actions[i] if i in o.__self__.actions and o.__self__.actions[i].creator == u else o(u, i)
            )
        ),
    ),
)
add(
    "delete-does-nothing",
    "state",
    "delete.gone",
    lambda server: setattr(
        server, "delete", lambda user, identifier, *_: void(server.find_to_change(user, identifier))
    ),
)
add(
    "delete-of-a-deleted-action-is-204",
    "state",
    "delete.msgaction_not_found",
    lambda server: setattr(
        server,
        "delete",
        (lambda o: lambda u, i, *r: None if i in server.actions and not server.actions[i].alive else o(u, i, *r))(
            server.delete
        ),
    ),
)
add(
    "delete-of-anything-is-204",
    "state",
    "delete.msgaction_not_found",
    wrap(lambda m, t, h, b, r: (204, [], b"") if operation_of(m, t) == "delete" and r[0] == 404 and "987" in t else r),
)
add(
    "delete-takes-the-neighbour-too",
    "state",
    "delete.keeps-others",
    lambda server: setattr(
        server,
        "delete",
        (
            lambda o: (
                lambda u, i, *r: (
                    o(u, i, *r),
                    [setattr(a, "alive", False) for a in server.actions.values() if a.id == str(int(i) + 1)],
                )[0]
            )
        )(server.delete),
    ),
)
add(
    "handlers-outlive-their-action",
    "state",
    "delete.gone",
    replace(
        "find_for_handler",
        lambda o: (
            lambda u, i: (
                o.__self__.actions[i] if i in o.__self__.actions and o.__self__.actions[i].creator == u else o(u, i)
            )
        ),
    ),
)
add(
    "deleted-actions-stay-in-lists",
    "state",
    "list.deleted",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) or (s is None and a.creator == u)),
)
add(
    "handler-updates-are-lost",
    "state",
    "get_handler.current update_handler.applies",
    attribute("set_handler", lambda a, g: None),
)
add(
    "scripts-are-trimmed",
    "state",
    "update_handler.applies",
    replace("set_handler", lambda o: lambda a, g: o(a, {**g, "script": g["script"].strip()} if "script" in g else g)),
)
add(
    "permissions-add-up",
    "state",
    "update_handler.permissions.values update_handler.applies",
    replace(
        "set_handler",
        lambda o: (
            lambda a, g: o(
                a, {**g, "permissions": sorted({*a.permissions, *g["permissions"]})} if "permissions" in g else g
            )
        ),
    ),
)
add(
    "handler-echo-is-not-kept",
    "state",
    "get_handler.current errors.change-nothing",
    reply_json(lambda o, t, s: s["data"].update(script="other") if "script" in s["data"] else None, "get_handler"),
)
add(
    "scripts-are-cut-at-64-kb",
    "state",
    "update_handler.script.max update_handler.applies",
    replace("set_handler", lambda o: lambda a, g: o(a, {**g, "script": g["script"][:65_536]} if "script" in g else g)),
)
add(
    "handlers-are-shared",
    "state",
    "update_handler.keeps-others handler.fresh",
    replace(
        "set_handler",
        lambda o: (
            lambda a, g: [o(other, g) for other in o.__self__.actions.values() if other.creator == a.creator] and None
        ),
    ),
)
add(
    "handler-update-changes-the-hint",
    "state",
    "update_handler.keeps-action get.current",
    replace("set_handler", lambda o: lambda a, g: (o(a, g), a.fields.update(hint="script changed"))[0]),
)
add(
    "handler-refusal-changes-it",
    "state",
    "errors.change-nothing",
    replace("check_fit", lambda o: lambda a, g: (setattr(a, "script", "wiped") if a.script else None, o(a, g))[1]),
)
add(
    "creator-changes-with-updates",
    "state",
    "action.creator",
    reply_json(with_value("creator", {"id": "1", "name": "X"}), "update"),
)
add(
    "creator-is-the-reader",
    "state",
    "action.creator action.creator.distinct",
    lambda server: lambda m, t, h, b: _reader_is_creator(server, m, t, h, b),
)


def _reader_is_creator(server: Reference, method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
    status, given, content = server(method, target, headers, body)
    if status == 200 and "colleague" in str(headers) and b'"handlers"' in content:
        content = content.replace(b'{"name": "Ada", "id": "7001"}', b'{"name": "Bob", "id": "7002"}')
    return status, given, content


add(
    "everyone-is-one-creator",
    "state",
    "action.creator.distinct",
    wrap(lambda m, t, h, b, r: (r[0], r[1], r[2].replace(b'"7002"', b'"7001"').replace(b'"9001"', b'"7001"'))),
)
add(
    "new-actions-inherit-a-script",
    "state",
    "handler.fresh get_handler.current",
    lambda server: setattr(server, "create", (lambda o: lambda u, *r: _inherit(server, o(u, *r)))(server.create)),
)
add(
    "function-id-is-another",
    "state",
    "handler.function_id",
    reply_json(lambda o, t, s: s["data"].update(function_id="1"), "get_handler update_handler"),
)
add("status-is-disabled", "state", "action.status", reply_json(with_value("status", "disabled")))
add("type-is-system", "state", "action.type", reply_json(with_value("type", "system")))
add(
    "deluge-shows-a-url",
    "state",
    "action.execution_url.absent",
    reply_json(
        lambda o, t, s: [a.setdefault("execution_url", "https://a.example.com") for a in actions_of(s)] and None
    ),
)
add(
    "everything-shows-teams",
    "state",
    "action.team_ids.absent",
    reply_json(lambda o, t, s: [a.setdefault("team_ids", [100001]) for a in actions_of(s)] and None),
)


def _inherit(server: Reference, shown: Any) -> Any:
    scripts = [a.script for a in server.actions.values() if a.script and not a.alive]
    server.actions[shown["data"]["id"]].script = scripts[-1] if scripts else None
    return shown


add("create-limit-not-enforced", "state", "create.msgaction_creation_limit_exceeded", attribute("creation_limit", None))
add("create-limit-one-more", "state", "create.msgaction_creation_limit_exceeded", attribute("creation_limit", 13))
add("create-limit-one-less", "state", "create.msgaction_creation_limit_exceeded", attribute("creation_limit", 11))

# --- paging

add("default-page-is-10", "paging", "list.limit.default", attribute("page_size", 10))
add("default-page-is-21", "paging", "list.limit.default", attribute("page_size", 21))
add("default-page-is-100", "paging", "list.limit.default", attribute("page_size", 100))
add("limit-is-ignored", "paging", "list.limit", replace("limit", lambda o: lambda q: o({})))
add(
    "limit-gives-one-more",
    "paging",
    "list.limit",
    replace("limit", lambda o: lambda q: o(q) + (1 if "limit" in q else 0)),
)
add(
    "limit-gives-one-less",
    "paging",
    "list.limit",
    replace("limit", lambda o: lambda q: max(1, o(q) - (1 if "limit" in q else 0))),
)
add("limit-is-capped-at-20", "paging", "list.limit", replace("limit", lambda o: lambda q: min(20, o(q))))
add(
    "no-next-token",
    "paging",
    "list.complete",
    reply_json(lambda o, t, s: (s.pop("next_token", None) and s.update(sync_token="x")) or None, "list"),
)
add(
    "next-token-leads-to-the-same-page",
    "paging",
    "list.unique list.next_token",
    replace("beyond", lambda o: lambda a, n: True),
)
add(
    "next-token-repeats-one", "paging", "list.unique", replace("beyond", lambda o: lambda a, n: not n or int(a.id) >= n)
)
add(
    "next-token-skips-one",
    "paging",
    "list.complete",
    replace("beyond", lambda o: lambda a, n: not n or int(a.id) > n + 1),
)
add(
    "next-token-after-the-last-page",
    "paging",
    "list.next_token.last",
    lambda server: setattr(
        server,
        "list",
        _list_with(
            server,
            lambda shown, rows, page, limit: (
                page
                and len(rows) == limit
                and shown.update(next_token=server.token("next", "owner", server.sequence, None, int(page[-1].id)))
            ),
        ),
    ),
)
add(
    "last-page-is-lost-on-multiples",
    "paging",
    "list.complete",
    reply_json(
        lambda o, t, s: (
            s["data"].pop() and None if "next_token" in t and "next_token" not in s and len(s["data"]) > 1 else None
        ),
        "list",
    ),
)
add(
    "the-first-action-is-never-listed",
    "paging",
    "list.complete",
    reply_json(lambda o, t, s: s["data"].pop(0) and None if "next_token" not in t and s["data"] else None, "list"),
)
add(
    "pages-repeat-an-action",
    "paging",
    "list.unique",
    reply_json(lambda o, t, s: s["data"].__setitem__(-1, s["data"][0]) if len(s["data"]) > 1 else None, "list"),
)
add(
    "lists-lack-webhooks",
    "paging",
    "list.complete",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) and a.fields["execution_type"] != "webhook"),
)
add(
    "lists-lack-personal-actions",
    "paging",
    "list.complete",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) and a.fields["scope"] != "personal"),
)
add(
    "lists-lack-team-actions",
    "paging",
    "list.complete",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) and a.fields["scope"] != "team"),
)
add(
    "lists-show-only-ones-own",
    "paging",
    "list.complete visibility.organization",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) and a.creator == u),
)
add("lists-show-stale-hints", "paging", "list.current", reply_json(with_value("hint", "a hint"), "list"))
add("lists-stop-at-40", "paging", "list.complete", replace("ordered", lambda o: lambda: list(o())[:40]))


def _list_with(server: Reference, edit: Callable[[dict[str, Any], list[Action], list[Action], int], Any]) -> Any:
    original = server.list

    def listing(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
        shown = original(user, identifier, handler, given, query)
        limit = server.limit(query)
        resumed = server.read_token("next", user, query.get("next_token"))
        after = resumed[2] if resumed else 0
        rows = [a for a in server.ordered() if server.listed(user, a, None) and server.beyond(a, after)]
        if user == "owner" and "sync_token" not in query and not (resumed and resumed[1] is not None):
            edit(shown, rows, rows[:limit], limit)
        return shown

    return listing


@mutant("cursors-are-offsets", "paging", "list.complete", "list.unique")
def _(server: Reference) -> None:
    def listing(user: str, _i: str, _h: str, _g: dict[str, Any], query: dict[str, str]) -> Any:
        limit = server.limit(query)
        since = server.read_token("sync", user, query.get("sync_token"))
        resumed = server.read_token("next", user, query.get("next_token"))
        start, then, offset = resumed if resumed else (server.sequence, since[0] if since else None, 0)
        rows = [a for a in server.ordered() if server.listed(user, a, then)]
        shown: dict[str, Any] = {"url": f"{BASE}/messageactions", "type": "messageaction"}
        shown["data"] = [server.show(a) for a in rows[offset : offset + limit]]
        if len(rows) > offset + limit:
            shown["next_token"] = server.token("next", user, start, then, offset + limit)
        else:
            shown["sync_token"] = server.token("sync", user, start)
        return shown

    server.list = listing  # type: ignore[method-assign]


@mutant("order-by-change-with-offsets", "paging", "list.complete", "list.unique")
def _(server: Reference) -> None:
    MUTANTS["cursors-are-offsets"].prepare(server)
    server.ordered = lambda: sorted(server.actions.values(), key=lambda a: -a.changed)  # type: ignore[method-assign]


@mutant("listings-are-cached", "paging", "list.current", "list.complete", "list.deleted")
def _(server: Reference) -> None:
    cache: dict[tuple[str, str], Any] = {}
    original = server.list

    def listing(user: str, i: str, h: str, g: dict[str, Any], query: dict[str, str]) -> Any:
        return cache.setdefault((user, json.dumps(query)), original(user, i, h, g, query))

    server.list = listing  # type: ignore[method-assign]


# --- sync


def _no_sync_token(server: Reference) -> Handle:
    return reply_json(lambda o, t, s: s.pop("sync_token", None) and None, "list")(server)  # type: ignore[no-any-return]


add("no-sync-token", "sync", "sync.token", _no_sync_token)
add("sync-brings-everything", "sync", "sync.only-changes", replace("listed", lambda o: lambda u, a, s: o(u, a, None)))
add(
    "sync-brings-nothing", "sync", "sync.changes", replace("listed", lambda o: lambda u, a, s: s is None and o(u, a, s))
)
add(
    "sync-lacks-updates",
    "sync",
    "sync.changes",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) and (s is None or a.log[0][0] > s)),
)
add(
    "sync-lacks-creations",
    "sync",
    "sync.changes",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) and (s is None or a.log[0][0] <= s)),
)
add(
    "sync-lacks-the-last-change",
    "sync",
    "sync.changes",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) and (s is None or a.changed < o.__self__.sequence)),
)
add(
    "sync-lacks-the-first-change",
    "sync",
    "sync.changes",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) and (s is None or a.changed > s + 1)),
)
add(
    "sync-shows-deleted-actions",
    "sync",
    "list.deleted",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) or (s is not None and not a.alive and a.creator == u)),
)
add(
    "sync-shows-hidden-actions",
    "sync",
    "visibility.personal sync.visibility",
    replace(
        "listed",
        lambda o: (
            lambda u, a, s: (
                o(u, a, s)
                or (s is not None and a.alive and a.changed > s and ORGANIZATION_OF[u] == ORGANIZATION_OF[a.creator])
            )
        ),
    ),
)
add(
    "sync-lacks-what-became-visible",
    "sync",
    "sync.visibility",
    replace(
        "listed",
        lambda o: (
            lambda u, a, s: (
                o(u, a, s) and (s is None or a.creator == u or all(e[2] != "personal" for e in a.log if e[0] <= s))
            )
        ),
    ),
)
add(
    "sync-lacks-scope-changes",
    "sync",
    "sync.changes",
    replace(
        "record", lambda o: lambda a, changed=True: o(a, changed and not (a.log and a.log[-1][2] != a.fields["scope"]))
    ),
)
add(
    "sync-lacks-changes-of-hooks",
    "sync",
    "sync.changes",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) and (s is None or a.fields["hint"] != "changed again")),
)
add("sync-is-not-paged", "sync", "list.limit", replace("limit", lambda o: lambda q: 100 if "sync_token" in q else o(q)))
add(
    "sync-loses-its-second-page",
    "sync",
    "sync.changes",
    reply_json(
        lambda o, t, s: (s.pop("next_token", None) and s.update(sync_token="x")) or None if "sync_token" in t else None,
        "list",
    ),
)
add(
    "sync-next-pages-bring-everything",
    "sync",
    "sync.only-changes",
    replace(
        "read_token", lambda o: lambda k, u, t: [r[0], None, r[2]] if k == "next" and (r := o(k, u, t)) else o(k, u, t)
    ),
)
add("deleted-is-always-empty", "sync", "sync.deleted", attribute("gone", lambda user, since: []))
add(
    "deleted-holds-living-actions",
    "sync",
    "sync.deleted.true",
    replace(
        "gone", lambda o: lambda u, s: [a.id for a in o.__self__.actions.values() if a.changed > s and a.creator == u]
    ),
)
add("deleted-lacks-the-last", "sync", "sync.deleted", replace("gone", lambda o: lambda u, s: o(u, s)[:-1]))


@mutant("sync-token-of-the-end-of-the-listing", "sync", "sync.changes")
def _(server: Reference) -> None:
    original = server.token

    def token(kind: str, user: str, *parts: int | None) -> str:
        return original(kind, user, *((server.sequence,) if kind == "sync" else parts))

    server.token = token  # type: ignore[method-assign]


@mutant("sync-by-time-stamps-of-seconds", "sync", "sync.changes")
def _(server: Reference) -> None:
    stamps: dict[str, float] = {}
    original = server.record

    def record(action: Action, changed: bool = True) -> None:
        original(action, changed)
        stamps[action.id] = int(server.now())

    def listed(user: str, action: Action, since: int | None) -> bool:
        return server.visible(user, action) and (since is None or stamps[action.id] > since)

    first = server.token
    server.record = record  # type: ignore[method-assign]
    server.listed = listed  # type: ignore[method-assign]
    server.token = lambda kind, user, *parts: first(  # type: ignore[method-assign]
        kind, user, *((int(server.now()),) if kind == "sync" else parts)
    )


add(
    "sync-tokens-never-move-on",
    "sync",
    "sync.only-changes",
    lambda server: setattr(
        server, "token", (lambda o: lambda k, u, *p: o(k, u, *((0,) if k == "sync" else p)))(server.token)
    ),
)
add(
    "own-sync-token-is-refused",
    "sync",
    "sync.only-changes sync.changes",
    replace(
        "read_token",
        lambda o: (
            lambda k, u, t: (
                (_ for _ in ()).throw(Refusal(400, "invalid_inputs", "no"))
                if k == "sync" and t and len(t) > 30
                else o(k, u, t)
            )
        ),
    ),
)

# --- thresholds

for _op, _limit in (
    ("create", 30),
    ("list", 30),
    ("get", 10),
    ("update", 10),
    ("delete", 10),
    ("get_handler", 10),
    ("update_handler", 10),
):
    _fact = f"thresholds.{_op}" + (" thresholds.window" if _op == "get" else "")
    add(f"{_op}-threshold-one-more".replace("_", "-"), "thresholds", _fact, attribute(f"per_minute.{_op}", _limit + 1))
    add(f"{_op}-threshold-one-less".replace("_", "-"), "thresholds", _fact, attribute(f"per_minute.{_op}", _limit - 1))
add("no-thresholds", "thresholds", "thresholds.create thresholds.get thresholds.window", attribute("throttled", False))
add("window-of-two-minutes", "thresholds", "thresholds.window", attribute("window", 120.0))
add("window-of-twenty-seconds", "thresholds", "thresholds.window", attribute("window", 20.0))
add("lock-of-four-minutes", "thresholds", "thresholds.lock", attribute("lock", 240.0))
add("lock-of-one-minute", "thresholds", "thresholds.lock", attribute("lock", 60.0))
add("lock-of-six-minutes", "thresholds", "thresholds.lock.end", attribute("lock", 360.0))
add("lock-without-end", "thresholds", "thresholds.lock.end thresholds.window", attribute("lock", 1e9))
add("no-lock", "thresholds", "thresholds.lock", attribute("lock", 0.0))


@mutant("thresholds-are-shared-by-users", "thresholds", "thresholds.user")
def _(server: Reference) -> None:
    original = server.throttle
    server.throttle = lambda user, operation: original("everyone", operation)  # type: ignore[method-assign]


@mutant("thresholds-are-one-per-user", "thresholds", "thresholds.operation")
def _(server: Reference) -> None:
    original = server.throttle
    locked: dict[str, float] = {}

    def throttle(user: str, operation: str) -> None:
        if locked.get(user, 0) > server.now():
            server.too_many()
        try:
            original(user, operation)
        except Refusal:
            locked[user] = server.now() + server.lock
            raise

    server.throttle = throttle  # type: ignore[method-assign]


@mutant("throttled-updates-are-done", "thresholds", "thresholds.nothing-done")
def _(server: Reference) -> Handle:
    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        reply = server(method, target, headers, body)
        if reply[0] == 429 and operation_of(method, target.removeprefix(BASE)) == "update":
            server.throttled = False
            server(method, target, headers, body)
            server.throttled = True
        return reply

    return handle


@mutant("throttled-deletes-are-done", "thresholds", "thresholds.nothing-done")
def _(server: Reference) -> Handle:
    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        reply = server(method, target, headers, body)
        if reply[0] == 429 and method == "DELETE":
            server.throttled = False
            server(method, target, headers, body)
            server.throttled = True
        return reply

    return handle


add(
    "throttle-is-html",
    "thresholds",
    "thresholds.answer",
    wrap(lambda m, t, h, b, r: (429, HTML, b"<h1>slow down</h1>") if r[0] == 429 else r),
)


def query_of(target: str) -> dict[str, str]:
    """The query of a target."""
    return dict(parse_qsl(urlsplit(target).query))
