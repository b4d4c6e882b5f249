"""Listings: page sizes, joins of pages, changes between pages, and changes since a sync token."""

from __future__ import annotations

from typing import Any

from ..client import Client
from ..rules import DEFAULT_LIMIT, LARGEST_LIMIT
from .scenario import Scenario, living, scenario, settle

SCENARIOS: list[Scenario] = []
ENOUGH = 2 * DEFAULT_LIMIT + 1


def _count(t: Client) -> int:
    return sum(len(page.get("data", [])) for page in t.pages(limit=LARGEST_LIMIT))


def _own(t: Client, page: dict[str, Any]) -> list[str]:
    """Ids on a page that this run created and the owner may change."""
    mine = {action.id for action in t.oracle.model.living("owner")}
    return [str(item.get("id")) for item in page.get("data", []) if isinstance(item, dict) and item.get("id") in mine]


def _unseen(t: Client, *pages: dict[str, Any]) -> list[str]:
    seen = {identifier for page in pages for identifier in _own(t, page)}
    return [action.id for action in t.oracle.model.living("owner") if action.id not in seen and not action.uncertain]


@scenario(SCENARIOS)
def page_sizes(t: Client) -> None:
    """Twenty where nothing is said, any size up to a hundred, and pages that join without gap or repetition."""
    there = _count(t)
    for _ in range(max(0, ENOUGH - there)):
        t.create(scope="organization")
    there = max(there, ENOUGH)
    for page in t.pages(about="list.limit.default"):
        del page
    for limit in (1, DEFAULT_LIMIT, LARGEST_LIMIT - 1, LARGEST_LIMIT):
        t.list(limit=limit, about="list.limit")
    if there > LARGEST_LIMIT:
        return
    for limit in (there, there - 1, (there + 1) // 2):
        for page in t.pages(limit=limit, about="list.limit"):
            del page
    if there % 2:
        t.create(scope="organization")
        there += 1
    for page in t.pages(limit=there // 2, about="list.limit"):
        del page
    first = t.list(limit=1)
    second = t.list(limit=1, next_token=first.get("next_token"))
    t.list(limit=1, next_token=second.get("next_token"))


@scenario(SCENARIOS)
def changes_between_pages(t: Client) -> None:
    """Writes between pages move nothing out of a listing and nothing into it twice."""
    first = t.list(limit=15)
    listed = _own(t, first)
    if listed:
        t.delete(listed[-1])
    unseen = _unseen(t, first)
    if len(unseen) > 2:
        t.update(unseen[0], hint="changed before it was listed")
        t.delete(unseen[-1])
    if len(listed) > 1:
        t.update(listed[1], hint="changed after it was listed")
    t.create(scope="organization")
    token, page = "", first
    following = page.get("next_token")
    while isinstance(following, str) and following and len(t.trace) < 10_000:
        page = t.list(limit=15, next_token=following)
        token = page.get("sync_token") or token
        if page.get("next_token") == following:
            break
        following = page.get("next_token")
    if isinstance(token, str) and token:
        t.listing(sync_token=token, about="sync.changes")


@scenario(SCENARIOS, facts=("sync.",))
def changes_since(t: Client) -> None:
    """A sync token brings what was created and updated since, and nothing else."""
    kept = living(t, execution_type="deluge", scope="organization")
    gone, shared = t.create(scope="organization"), t.create(scope="organization")
    settle(t)
    token = t.listing(limit=LARGEST_LIMIT, about="sync.token")
    if not token:
        return
    t.listing(sync_token=token, about="sync.only-changes")
    t.update(kept, name=t.name())
    token2 = t.listing(sync_token=token, about="sync.changes")
    t.create(scope="personal")
    t.delete(gone)
    t.update(shared, scope="personal")
    t.update_handler(kept, script="return 8;")
    token2 = t.listing(sync_token=token2 or token, about="sync.changes")
    t.listing(sync_token=token, about="sync.changes")
    settle(t)
    for _ in range(3):
        t.create(scope="organization")
    t.update(kept, hint="changed again", multi_selectable=True)
    last = t.listing(sync_token=token2 or token, limit=1, about="sync.changes")
    settle(t)
    fresh = t.listing(sync_token=last or token, about="sync.changes")
    t.listing(sync_token=fresh or last or token, about="sync.only-changes")


@scenario(SCENARIOS)
def changes_while_syncing(t: Client) -> None:
    """A change between the pages of a listing of changes is in it, or in the next one."""
    token = t.listing(limit=LARGEST_LIMIT)
    if not token:
        return
    settle(t)
    ids = [t.create(scope="organization") for _ in range(4)]
    first = t.list(sync_token=token, limit=2)
    listed = _own(t, first)
    t.update(listed[0] if listed else ids[0], message_types=["link"])
    unread = [identifier for identifier in ids if identifier not in listed]
    if unread:
        t.delete(unread[0])
    page, following = first, first.get("next_token")
    token = page.get("sync_token") or token
    while isinstance(following, str) and following:
        page = t.list(limit=2, next_token=following)
        token = page.get("sync_token") or token
        if page.get("next_token") == following:
            break
        following = page.get("next_token")
    t.listing(sync_token=token, about="sync.changes")


@scenario(SCENARIOS, "tokens.colleague", facts=("sync.visibility",))
def changes_of_visibility(t: Client) -> None:
    """What becomes visible to another user is a change for that user; what becomes invisible is not shown."""
    hidden = t.create(scope="personal")
    shown = t.create(scope="organization")
    settle(t)
    token = t.listing("colleague", limit=LARGEST_LIMIT)
    if not token:
        return
    t.update(hidden, scope="organization")
    t.update(shown, scope="personal")
    after = t.listing("colleague", sync_token=token, about="sync.visibility")
    t.delete(hidden)
    t.create(scope="organization")
    t.create("colleague", scope="personal")
    t.listing("colleague", sync_token=after or token, about="sync.visibility")
    t.send("GET", "/messageactions", query={"sync_token": after or token})
