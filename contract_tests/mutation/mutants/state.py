"""Faults in the stored state: creates, updates, deletions, handlers, names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference_server import Action, Headers, Reference, Reply

from .builders import (
    Prepare,
    actions_of,
    add,
    around,
    attribute,
    mutant,
    operation_of,
    replace,
    reply_json,
    void,
    with_value,
    wrap,
)

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


add(
    "handlers-of-webhooks-outlive-them",
    "state",
    "delete.gone",
    around(
        "find_for_handler",
        lambda o, u, i: (
            o.__self__.actions[i]
            if i in o.__self__.actions and o.__self__.actions[i].fields["execution_type"] == "webhook" and u == "owner"
            else o(u, i)
        ),
    ),
)
add(
    "handlers-of-teams-are-not-kept",
    "state",
    "update_handler.applies get_handler.current",
    around("set_handler", lambda o, a, g: o(a, {} if a.fields["scope"] == "team" else g)),
)
add(
    "permissions-are-shared",
    "state",
    "update_handler.keeps-others get_handler.current errors.change-nothing",
    around(
        "set_handler",
        lambda o, a, g: void(
            *(setattr(x, "permissions", g["permissions"]) for x in o.__self__.actions.values() if "permissions" in g),
            o(a, g),
        ),
    ),
)
