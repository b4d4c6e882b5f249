"""Faults in the listing of changes since a sync token."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from reference_server import ORGANIZATION_OF, Action, Handle, Headers, Reference, Refusal, Reply

from .builders import Prepare, add, around, attribute, mutant, replace, reply_json


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


def _silent(when: Callable[[Action, dict[str, Any]], bool]) -> Prepare:
    """Return a change with which an update is not listed as a change if `when(action, body)` is true."""

    def prepare(server: Reference) -> None:
        original = server.update

        def update(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
            action = server.actions.get(identifier)
            before = action.changed if action is not None else 0
            shown = original(user, identifier, handler, given, query)
            if action is not None and when(action, given):
                action.changed = before
            return shown

        server.update = update  # type: ignore[method-assign]

    return prepare


for _field in ("name", "hint", "message_types", "multi_selectable", "execution_url", "team_ids", "scope"):
    add(
        f"sync-lacks-updates-of-{_field.replace('_', '-')}",
        "sync",
        "sync.changes sync.visibility",
        _silent(lambda a, g, field=_field: field in g and (set(g) == {field} or field == "scope")),
    )
for _name, _when in (
    ("webhooks", lambda a: a.fields["execution_type"] == "webhook"),
    ("teams", lambda a: a.fields["scope"] == "team"),
):
    add(
        f"sync-lacks-{_name}",
        "sync",
        "sync.changes sync.visibility",
        around("listed", lambda o, u, a, s, when=_when: o(u, a, s) and (s is None or not when(a))),
    )
add(
    "sync-lacks-what-was-created-and-updated",
    "sync",
    "sync.changes",
    around("listed", lambda o, u, a, s: o(u, a, s) and not (s is not None and a.log[0][0] > s and len(a.log) > 1)),
)


def _listing(change: Callable[..., Any]) -> Prepare:
    """Return a change that replaces listings by `change(listed, server, user, query)`.

    `listed(query)` returns the original listing.
    """

    def prepare(server: Reference) -> None:
        original = server.list

        def listing(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
            return change(lambda q: original(user, identifier, handler, given, q), server, user, query)

        server.list = listing  # type: ignore[method-assign]

    return prepare


@mutant("sync-tokens-do-not-advance", "sync", "sync.only-changes")
def _(server: Reference) -> None:
    def change(listed: Any, _server: Reference, _user: str, query: dict[str, str]) -> Any:
        shown = listed(query)
        return (
            {**shown, "sync_token": query["sync_token"]} if query.get("sync_token") and "sync_token" in shown else shown
        )

    _listing(change)(server)


@mutant("sync-token-of-nothing-brings-nothing", "sync", "sync.changes")
def _(server: Reference) -> None:
    empty = set[str]()

    def change(listed: Any, _server: Reference, _user: str, query: dict[str, str]) -> Any:
        shown = listed(query)
        if query.get("sync_token") in empty:
            shown = {**shown, "data": []}
        if not shown["data"] and "next_token" not in query:
            empty.add(shown.get("sync_token", ""))
        return shown

    _listing(change)(server)


@mutant("sync-brings-each-change-once", "sync", "sync.changes")
def _(server: Reference) -> None:
    given = set[Any]()

    def change(listed: Any, server: Reference, user: str, query: dict[str, str]) -> Any:
        shown = listed(query)
        if query.get("sync_token"):
            new = {(user, item["id"], server.actions[item["id"]].changed) for item in shown["data"]} - given
            given.update(new)
            there = {identifier for _, identifier, _ in new}
            shown = {**shown, "data": [item for item in shown["data"] if item["id"] in there]}
        return shown

    _listing(change)(server)


@mutant("sync-tokens-are-bound-to-access-tokens", "sync", "sync.only-changes", "list.accepts")
def _(server: Reference) -> Handle:
    held = dict[str, str]()

    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        bearer = next((value for name, value in headers if name == "Authorization"), "")
        token = dict(parse_qsl(urlsplit(target).query)).get("sync_token", "")
        if held.get(token, bearer) != bearer:
            return 400, [("Content-Type", "application/json")], b'{"message": "no", "code": "invalid_inputs"}'
        reply = server(method, target, headers, body)
        if method == "GET" and reply[0] == 200 and b'"sync_token"' in reply[2]:
            held.setdefault(json.loads(reply[2])["sync_token"], bearer)
        return reply

    return handle


def _marks(method: str, refused: bool) -> Prepare:
    """Return a change with which a call of the method is recorded as a change of the action, although it is none.

    `refused` selects the calls that are refused; otherwise it concerns those that succeed.
    """

    def prepare(server: Reference) -> None:
        original = getattr(server, method)

        def act(user: str, identifier: str, *rest: Any) -> Any:
            action, failed = server.actions.get(identifier), True
            try:
                shown = original(user, identifier, *rest)
                failed = False
            finally:
                if action is not None and failed == refused:
                    server.record(action)
            return shown

        setattr(server, method, act)

    return prepare


add("refused-updates-count-as-changes", "sync", "sync.only-changes", _marks("update", refused=True))
add("gets-count-as-changes", "sync", "sync.only-changes", _marks("get", refused=False))
