"""Lawful variants of the second reference server: they answer differently where the vendor's documents are silent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from api_paths import BASE_PATH, action_path
from mutants.builders import (
    Prepare,
    actions_of,
    around,
    attribute,
    error,
    operation_of,
    recode,
    refuses,
    replace,
    reply_json,
    void,
    wrap,
)
from reference_server import ORGANIZATION_OF, TEAMS_OF, Action, Headers, Reference, Refusal, Reply

VARIANTS: dict[str, Prepare] = {}


def variant(name: str) -> Callable[[Prepare], Prepare]:
    def register(prepare: Prepare) -> Prepare:
        VARIANTS[name] = prepare
        return prepare

    return register


def _status(codes: tuple[str, ...], status: int) -> Prepare:
    return error(lambda o, s, e: (status, e) if e.get("code") in codes else None)


VARIANTS["names conflict with 409"] = _status(("msgaction_name_already_exists",), 409)
VARIANTS["unknown ids are 400"] = _status(("msgaction_not_found",), 400)
VARIANTS["unknown handlers are 400"] = _status(("execution_handler_not_found",), 400)
VARIANTS["invalid inputs are 422"] = _status(("invalid_inputs",), 422)
VARIANTS["missing scopes are 401"] = _status(("oauthtoken_scope_invalid",), 401)
VARIANTS["missing scopes have no code"] = recode("oauthtoken_scope_invalid", None)
VARIANTS["codes of siblings"] = recode("invalid_inputs", "input_pattern_mismatch")
VARIANTS["generic errors without code"] = wrap(
    lambda m, t, h, b, r: _without_code(r) if r[0] >= 400 and operation_of(m, t) not in ("create",) else r
)
VARIANTS["nested errors"] = error(lambda o, s, e: (s, {"error": e}))
VARIANTS["newest first"] = attribute("order_newest_first", True)
VARIANTS["extra keys"] = reply_json(
    lambda o, t, s: void(s.update(more=1), [action.update(colour="red") for action in actions_of(s)])
)
VARIANTS["extra headers and charset"] = wrap(
    lambda m, t, h, b, r: (r[0], [("X-Request-Id", "1"), ("Cache-Control", "no-store"), *r[1]], r[2])
)
VARIANTS["no key deleted"] = reply_json(lambda o, t, s: s.pop("deleted", None) and None, "list")
VARIANTS["total_count"] = reply_json(lambda o, t, s: s.update(total_count=len(s["data"])), "list")
VARIANTS["limits are clamped"] = replace(
    "limit",
    lambda o: (
        lambda q: (
            o({"limit": str(max(1, min(100, int(q["limit"]))))}) if q.get("limit", "").lstrip("-").isdigit() else o(q)
        )
    ),
)
VARIANTS["colleagues may change"] = attribute("may_change", lambda user, action: True)
VARIANTS["names are compared without case"] = replace(
    "taken",
    lambda o: (
        lambda user, name, but=None: (
            o(user, name, but)
            or any(
                a.alive and a is not but and a.fields["name"].lower() == name.lower() and a.creator == user
                for a in o.__self__.actions.values()
            )
        )
    ),
)
VARIANTS["default scope is personal"] = attribute("defaults.scope", "personal")
VARIANTS["default message types are text"] = attribute("defaults.message_types", ["text"])
VARIANTS["script of 250,000 bytes at most"] = attribute("limits.script", 250_000)
VARIANTS["hidden actions are 403"] = replace("find", lambda o: lambda u, i: _hidden(o, u, i))
VARIANTS["urls of the resource"] = reply_json(
    lambda o, t, s: s.update(url=f"{BASE_PATH}{action_path(s['data']['id'])}"), "create get update"
)
VARIANTS["urls are absolute"] = reply_json(lambda o, t, s: s.update(url=f"https://cliq.example.com{s['url']}"))
VARIANTS["message types in another order"] = reply_json(
    lambda o, t, s: [action["message_types"].sort(reverse=True) for action in actions_of(s)] and None
)
VARIANTS["handlers start empty"] = reply_json(
    lambda o, t, s: s["data"].setdefault("script", "") and None if "permissions" not in s["data"] else None,
    "get_handler",
)
VARIANTS["handlers start with a template"] = reply_json(
    lambda o, t, s: (
        s["data"].setdefault("script", "response = Map();") and None if "permissions" not in s["data"] else None
    ),
    "get_handler",
)
VARIANTS["Allow with HEAD and OPTIONS"] = wrap(
    lambda m, t, h, b, r: (r[0], [(n, f"{v}, HEAD, OPTIONS" if n == "Allow" else v) for n, v in r[1]], r[2])
)


def _without_code(reply: Reply) -> Reply:
    shown = json.loads(reply[2])
    if shown.get("code") in ("invalid_inputs", "execution_handler_update_failed"):
        shown.pop("code")
    return reply[0], reply[1], json.dumps(shown).encode()


def _hidden(find: Any, user: str, identifier: str) -> Action:
    server = find.__self__
    action = server.actions.get(identifier)
    if action is not None and action.alive and not server.visible(user, action):
        raise Refusal(403, None, "This is not yours.")
    found: Action = find(user, identifier)
    return found


@variant("handlers are not found before they are set")
def _(server: Reference) -> None:
    original = server.get_handler

    def get_handler(user: str, identifier: str, handler: str, *rest: Any) -> Any:
        shown = original(user, identifier, handler, *rest)
        if not shown["data"].get("script") and not shown["data"].get("permissions"):
            server.no_handler()
        return shown

    server.get_handler = get_handler  # type: ignore[method-assign]


@variant("every page carries a sync token")
def _(server: Reference) -> None:
    original = server.list

    def listing(user: str, i: str, h: str, given: dict[str, Any], query: dict[str, str]) -> Any:
        resumed = server.read_token("next", user, query.get("next_token"))
        start = resumed[0] if resumed else server.sequence
        shown = original(user, i, h, given, query)
        shown.setdefault("sync_token", server.token("sync", user, start))
        return shown

    server.list = listing  # type: ignore[method-assign]


@variant("names are unique per creator")
def _(server: Reference) -> None:
    server.taken = lambda user, name, but=None: any(  # type: ignore[method-assign]
        a.alive and a is not but and a.creator == user and a.fields["name"] == name for a in server.actions.values()
    )


@variant("the scheme is checked before the path")
def _(server: Reference) -> Any:
    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        if not target.startswith("/_mock"):
            try:
                server.authenticate(headers)
            except Refusal as refusal:
                return server.error(refusal)
        return server(method, target, headers, body)

    return handle


@variant("bodies are checked before the action is looked up")
def _(server: Reference) -> None:
    for operation in ("update", "update_handler"):
        original = getattr(server, operation)

        def act(
            user: str,
            i: str,
            h: str,
            given: dict[str, Any],
            query: dict[str, str],
            o: Any = original,
            n: str = operation,
        ) -> Any:
            known = server.BODY if n == "update" else ("script", "permissions")
            server.check(n, given, known)
            return o(user, i, h, given, query)

        setattr(server, operation, act)


@variant("a next page may be empty")
def _(server: Reference) -> None:
    from mutants import MUTANTS

    MUTANTS["next-token-after-the-last-page"].prepare(server)


@variant("unknown keys are ignored")
def _(server: Reference) -> None:
    original = server.check

    def check(operation: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
        for name in set(given) - set(known):
            del given[name]
        original(operation, given, known)

    server.check = check  # type: ignore[method-assign]


@variant("stray fields are ignored")
def _(server: Reference) -> None:
    def make(original: Any) -> Any:
        def rules(given: dict[str, Any], kind: str, scope: str, teams: tuple[int, ...]) -> None:
            if kind == "deluge":
                given.pop("execution_url", None)
            if scope != "team":
                given.pop("team_ids", None)
            original(given, kind, scope, teams)

        return rules

    replace("check_rules", make)(server)


@variant("sync repeats what changed in the same second")
def _(server: Reference) -> None:
    stamps: dict[str, int] = {}
    original, first = server.record, server.token

    def record(action: Action, changed: bool = True) -> None:
        original(action, changed)
        stamps[action.id] = int(server.now())

    def listed(user: str, action: Action, since: int | None) -> bool:
        return server.visible(user, action) and (since is None or stamps[action.id] >= since)

    server.record = record  # type: ignore[method-assign]
    server.listed = listed  # type: ignore[method-assign]
    server.gone = lambda user, since: [a.id for a in server.actions.values() if not a.alive]  # type: ignore[method-assign]
    server.token = lambda kind, user, *parts: first(  # type: ignore[method-assign]
        kind, user, *((int(server.now()),) if kind == "sync" else parts)
    )


VARIANTS["only scripts that end with a statement"] = refuses(
    "update_handler",
    lambda g: isinstance(g.get("script"), str) and re.search(r"(;|\})\s*$", re.sub("//.*", "", g["script"])) is None,
)
for _field in ("name", "hint"):
    VARIANTS[f"no unusual characters in a {_field}"] = refuses(
        "create", lambda g, field=_field: re.search(r"[^\w .,:_-]", str(g.get(field))) is not None
    )
VARIANTS["only https and the default port"] = refuses(
    "create", lambda g: re.match("https://[^:]*$", str(g.get("execution_url", "https://"))) is None
)
VARIANTS["only images in a known format"] = refuses(
    "create", lambda g: "image" in g and not str(g["image"]).startswith(("iVBOR", "/9j/"))
)
VARIANTS["creators see what their teams see"] = around(
    "sees",
    lambda o, user, creator, scope, teams: (
        o(user, creator, scope, teams)
        if scope != "team"
        else ORGANIZATION_OF[user] == ORGANIZATION_OF[creator] and bool(teams & TEAMS_OF[user])
    ),
)
VARIANTS["failed updates of handlers conflict"] = wrap(
    lambda m, t, h, b, r: (
        (409, r[1], b'{"message": "no", "code": "execution_handler_update_failed"}')
        if operation_of(m, t) == "update_handler" and r[0] == 400
        else r
    )
)
VARIANTS["unknown paths are a page"] = wrap(
    lambda m, t, h, b, r: (
        (404, [("Content-Type", "text/html")], b"<p>no</p>") if not operation_of(m, t) and r[0] == 404 else r
    )
)
VARIANTS["nulls for what does not apply"] = reply_json(
    lambda o, t, s: void(
        [a.setdefault("team_ids", None) for a in actions_of(s) if a.get("scope") in ("organization", "personal")],
        [a.setdefault("execution_url", None) for a in actions_of(s) if a.get("execution_type") == "deluge"],
        s.setdefault("deleted", None) if o == "list" else None,
    )
)
VARIANTS["NaN is a number"] = attribute("not_a_number", float)
VARIANTS["a handler has a script from the beginning"] = replace(
    "handler_envelope", lambda o: lambda action: _with_template(o(action), action)
)
VARIANTS["what was not seen is not said to be deleted"] = around(
    "gone",
    lambda o, user, since: [
        identifier
        for identifier in o(user, since)
        if (log := [entry for entry in o.__self__.actions[identifier].log if entry[1]])
        and o.__self__.sees(user, o.__self__.actions[identifier].creator, log[-1][2], log[-1][3])
    ],
)


def _with_template(shown: dict[str, Any], action: Action) -> dict[str, Any]:
    if action.fields["execution_type"] == "deluge":
        shown["data"].setdefault("script", "response = Map();\nreturn response;")
    return shown
