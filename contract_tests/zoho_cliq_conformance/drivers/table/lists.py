"""Scenarios of listings: page sizes, consecutive pages, changes between pages, and changes since a sync token."""

from __future__ import annotations

from typing import Any

from ...judge.document import DEFAULT_LIMIT, LARGEST_LIMIT
from ...judge.model import in_order
from ...sending.bodies import type_set
from ...sending.client import Client
from .bodies import HOOK
from .scenario import Scenario, content, living, scenario, teams_of, wait_for_new_timestamp

SCENARIOS: list[Scenario] = []
ENOUGH = 2 * DEFAULT_LIMIT


def _count(t: Client) -> int:
    return sum(len(page.get("data", [])) for page in t.pages(limit=LARGEST_LIMIT))


def _own(t: Client, page: dict[str, Any]) -> list[str]:
    """Return the ids of those actions on a page that this run created and the owner may change."""
    mine = {action.id for action in t.oracle.model.living("owner")}
    return [str(item.get("id")) for item in page.get("data", []) if isinstance(item, dict) and item.get("id") in mine]


def _not_on_pages(t: Client, *pages: dict[str, Any]) -> list[str]:
    seen = {identifier for page in pages for identifier in _own(t, page)}
    return [action.id for action in t.oracle.model.living("owner") if action.id not in seen and not action.uncertain]


@scenario(SCENARIOS)
def page_sizes(t: Client) -> None:
    """A page has 20 actions by default, or any limit up to 100; consecutive pages have no gap and no repetition."""
    there = _count(t)
    for _ in range(max(0, ENOUGH - there)):
        t.create(scope="organization")
    there = max(there, ENOUGH)
    for page in t.pages(limit=DEFAULT_LIMIT, about="list.limit"):
        del page
    t.create(scope="organization")
    for page in t.pages(about="list.limit.default"):
        del page
    oldest = next((action for action in t.oracle.model.living("owner") if not action.uncertain), None)
    if oldest is not None:
        same: dict[str, Any] = {name: oldest.content.get(name, ...) for name in ("name", "scope")}
        same |= {"team_ids": in_order(oldest.content.get("team_ids", ()))} if same["scope"] == "team" else {}
        t.create(**same, about="create.msgaction_name_already_exists")
        young = t.oracle.model.living("owner")[-1]
        t.update(young.id, **same, about="update.msgaction_name_already_exists")
    first = t.list(limit=1)
    t.list(limit=1, next_token=first.get("next_token"))
    if "outsider" in t.tokens:
        t.list("outsider", limit=1, next_token=first.get("next_token"), about="visibility.other-organization")


def _rest(t: Client, page: dict[str, Any], limit: int) -> str:
    """Read the pages after this one. Return the last sync token, or an empty string if there was none."""
    token = page.get("sync_token")
    while isinstance(following := page.get("next_token"), str) and following and len(t.trace) < 10_000:
        page = t.list(limit=limit, next_token=following)
        token = page.get("sync_token") or token
        if page.get("next_token") == following:
            break
    return token if isinstance(token, str) else ""


@scenario(SCENARIOS)
def changes_between_pages(t: Client) -> None:
    """Writes and other listings between two pages neither remove an action from a listing nor repeat one."""
    limit = 15
    first = t.list(limit=limit)
    listed = _own(t, first)
    t.list(limit=2)
    if "colleague" in t.tokens:
        t.list("colleague", limit=3)
    if listed:
        t.delete(listed[-1])
    unseen = _not_on_pages(t, first)
    if unseen:
        t.update(unseen[0], hint="changed before it was listed")
    if len(listed) > 1:
        t.update(listed[1], hint="changed after it was listed")
    following = first.get("next_token")
    second = t.list(limit=limit, next_token=following) if isinstance(following, str) and following else first
    unseen = _not_on_pages(t, first, second)
    if len(unseen) > 1:
        t.delete(unseen[-1])
    t.create(scope="organization")
    t.create(scope="organization")
    token = _rest(t, second, limit)
    if token:
        t.listing(sync_token=token, about="sync.changes")


@scenario(SCENARIOS)
def changes_since(t: Client) -> None:
    """With a sync token, a listing has all actions that were created or changed since, and no others."""
    kept = living(t, execution_type="deluge", scope="organization")
    hook = living(t, execution_type="webhook", scope="organization")
    gone, shared = t.create(scope="organization"), t.create(scope="organization", multi_selectable=False)
    wait_for_new_timestamp(t)
    token = t.listing(limit=LARGEST_LIMIT - 1, about="sync.token")
    if not token:
        return
    t.update(kept, name=content(t, shared, "name"), about="update.msgaction_name_already_exists")
    t.get(kept)
    if "colleague" in t.tokens:
        t.update(hook, user="colleague", hint="by a colleague")
    # A client's access token is valid for an hour, so the next listing may come with another token of the same user.
    reader = "owner-read" if "owner-read" in t.tokens else "owner"
    second = t.listing(reader, sync_token=token, about="sync.only-changes") or token
    t.update(kept, name=t.name())
    third = t.listing(sync_token=second, about="sync.changes") or second
    if "colleague" in t.tokens:
        t.listing("colleague", limit=LARGEST_LIMIT)
    name = content(t, gone, "name")
    t.delete(gone)
    gone_to = t.create(scope="personal", name=name)
    t.update(shared, multi_selectable=True)
    t.update(hook, execution_url=f"{HOOK}/synced")
    t.update_handler(kept, script="return 8;")
    wait_for_new_timestamp(t)
    fourth = t.listing(sync_token=third, about="sync.changes") or third
    t.listing(sync_token=token, about="sync.changes")
    wait_for_new_timestamp(t)
    new = t.create(scope="personal", execution_type="webhook", execution_url=HOOK)
    t.update(new, message_types=type_set(2))
    t.update(shared, scope="personal")
    t.update(kept, hint="changed again")
    if t.profile.has("teams.owner"):
        teams = list(t.profile.teams["owner"])
        t.update(living(t, scope="team"), team_ids=teams[-1:])
        t.update(gone_to, scope="team", team_ids=teams[:1])
        t.create(scope="team", team_ids=teams[:1])
    fifth = t.listing(sync_token=fourth, limit=2, about="sync.changes") or fourth
    wait_for_new_timestamp(t)
    sixth = t.listing(sync_token=fifth, about="sync.only-changes") or fifth
    t.update(new, hint="changed after nothing had changed")
    t.listing(sync_token=sixth, about="sync.changes")


@scenario(SCENARIOS)
def changes_while_syncing(t: Client) -> None:
    """A change between two pages of a listing of changes appears in that listing or in the next one."""
    token = t.listing(limit=LARGEST_LIMIT)
    if not token:
        return
    wait_for_new_timestamp(t)
    ids = [t.create(scope="organization", message_types=type_set(0)) for _ in range(3)]
    first = t.list(sync_token=token, limit=2)
    listed = _own(t, first)
    t.update(listed[0] if listed else ids[0], message_types=type_set(1))
    unread = [identifier for identifier in ids if identifier not in listed]
    if unread:
        t.delete(unread[0])
    token = _rest(t, first, 2) or token
    t.listing(sync_token=token, about="sync.changes")


@scenario(SCENARIOS, "tokens.colleague")
def changes_of_visibility(t: Client) -> None:
    """Test that an action that becomes visible to a user is a change for that user, and one that is hidden is not."""
    common, foreign = teams_of(t)
    inside, outside = {"scope": "team", "team_ids": common[:1]}, {"scope": "team", "team_ids": foreign[:1]}
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"scope": "personal"}, {"scope": "organization"}),
        ({"scope": "organization"}, {"scope": "personal"}),
    ]
    if common and foreign:
        changes += [
            ({"scope": "personal"}, inside),
            ({"scope": "organization"}, outside),
            (inside, {"scope": "personal"}),
            (inside, {"team_ids": outside["team_ids"]}),
            (outside, {"scope": "organization"}),
            (outside, {"team_ids": [*foreign[:1], *common[:1], *foreign[1:2]]}),
        ]
    actions: list[str] = []
    for before, _ in changes:
        actions.append(living(t, but=actions, **before))
    t.get_handler(actions[1], user="colleague")
    wait_for_new_timestamp(t)
    token = t.listing("colleague", limit=LARGEST_LIMIT)
    if not token:
        return
    for identifier, (_, after) in zip(actions, changes, strict=True):
        t.update(identifier, **after)
    following = t.listing("colleague", sync_token=token, about="sync.visibility")
    t.listing("colleague", limit=LARGEST_LIMIT, about="visibility.personal")
    t.get_handler(actions[1])
    t.get_handler(actions[1], user="colleague", about="visibility.personal")
    t.delete(actions[0])
    t.create(scope="organization")
    t.create("colleague", scope="personal")
    t.listing("colleague", sync_token=following or token, about="sync.visibility")
    t.list("outsider" if "outsider" in t.tokens else "owner", sync_token=following or token)
