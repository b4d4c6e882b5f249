"""Faults in what has changed since a sync token."""

from __future__ import annotations

from reference_server import ORGANIZATION_OF, Action, Handle, Reference, Refusal

from .ways import add, attribute, mutant, replace, reply_json


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
