"""Faults in listings and their pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from api_paths import LISTING
from reference_server import BASE, Action, Reference

from .builders import MUTANTS, add, attribute, mutant, replace, reply_json, with_value

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
        shown: dict[str, Any] = {"url": f"{BASE}{LISTING}", "type": "messageaction"}
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


@mutant("a-listing-moves-the-other-listing-of-the-user", "paging", "list.complete", "list.unique")
def _(server: Reference) -> None:
    original, read, at = server.list, server.read_token, dict[str, Any]()

    def listing(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
        resumed = read("next", user, query.get("next_token"))
        if resumed and at.get(user):
            query = {**query, "next_token": at[user]}
        shown = original(user, identifier, handler, given, query)
        at[user] = shown.get("next_token")
        return shown

    server.list = listing  # type: ignore[method-assign]
