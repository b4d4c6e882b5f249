"""Judge lists: the pages of a listing, and the changes since an earlier listing.

A listing is all pages from the first request to the page without a `next_token`. A `Cursor` is a listing with pages
still to come. A `SyncPoint` is what a client knows that holds a `sync_token`. A listing since a `sync_token` is right
if the client knows the present state after it, and if it contains nothing that did not change. The order of actions
and the form of tokens are not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..trace import Exchange
from . import rules
from .document import DEFAULT_LIMIT, LARGEST_LIMIT
from .model import Action, Version, in_order, shown_content, visibility_fact
from .rules import Condition, Request
from .shown import count_reading, judge_common
from .verdicts import Judgement

CLOCK_GRAIN = 1.0  # seconds; a server may round the times of changes to this, and list a change of that second again
NEXT_TOKEN_LIFE = 60.0
SYNC_TOKEN_LIFE = 300.0


@dataclass(frozen=True, slots=True)
class SyncPoint:
    """What a client knows that holds a `sync_token`: the actions of the listing that returned it.

    Args:
        user: who listed.
        start: the model's sequence number when the listing began.
        start_time: when that was, in seconds of the client's clock.
        given: the model's sequence number when the token came.
        given_time: when that was, in seconds of the client's clock.
        view: the content of each action as the client saw it last, by id.
        complete: whether `view` holds every action that the user sees.
    """

    user: str
    start: int
    start_time: float
    given: int
    given_time: float
    view: Mapping[str, Mapping[str, Any]]
    complete: bool


@dataclass(frozen=True, slots=True)
class Cursor:
    """A listing with pages still to come.

    Args:
        user: who lists.
        limit: the page size.
        explicit: whether the request gave it.
        sized: whether the server must keep to it; false if the server may clamp the value that was given.
        since: what the client knew before, for a listing of changes; None for a whole listing.
        judged: whether its content can be judged; false if its `sync_token` is unknown.
        start: the model's sequence number when the listing began.
        start_time: when that was, in seconds of the client's clock.
        seen: the content of each action listed so far, by id.
        deleted: the ids that were listed as deleted; None if no page had the key.
        token_given: whether a page had a `sync_token`.
        made: when the last page came, in seconds of the client's clock.
        exchanges: the numbers of the exchanges of its pages.
    """

    user: str
    limit: int
    explicit: bool
    sized: bool
    since: SyncPoint | None
    judged: bool
    start: int
    start_time: float
    seen: Mapping[str, Mapping[str, Any]]
    deleted: frozenset[str] | None
    token_given: bool
    made: float
    exchanges: tuple[int, ...]


class Lists:
    """The cursors and sync points of a run, by user and token."""

    def __init__(self) -> None:
        self._cursors: dict[tuple[str, str], Cursor] = {}
        self._points: dict[tuple[str, str], SyncPoint] = {}

    def conditions(self, exchange: Exchange, request: Request, user: str) -> list[Condition]:
        """Return the conditions under which a list may be refused for its `next_token` or `sync_token`."""
        found = []
        codes = rules.codes_of("list")
        statuses = rules.BAD | {403, 404, 410}
        next_token, sync_token = request.parameter("next_token"), request.parameter("sync_token")
        if next_token is not None:
            cursor = self._cursors.get((user, next_token))
            if cursor is None:
                found.append(
                    Condition(
                        "list.token", "the next_token does not belong to a listing of the user", False, statuses, codes
                    )
                )
            elif exchange.sent - cursor.made > NEXT_TOKEN_LIFE or request.parameter("limit") != _limit_text(cursor):
                found.append(
                    Condition("list.token", "the next_token is old, or the limit has changed", False, statuses, codes)
                )
        if sync_token is not None:
            point = self._points.get((user, sync_token))
            if point is None or exchange.sent - point.given_time > SYNC_TOKEN_LIFE or next_token is not None:
                found.append(Condition("list.token", "the sync_token is unknown or old", False, statuses, codes))
        return found

    def judge_page(self, judgement: Judgement, user: str, shown: dict[str, Any]) -> None:
        """Judge a page and remember its tokens. After the last page, judge the listing as a whole.

        Args:
            judgement: gets the verdicts.
            user: who lists.
            shown: the JSON of the page.
        """
        cursor, exchange = self._start(judgement, user), judgement.exchange
        if cursor is None:
            for item in shown["data"]:
                _visible(judgement, user, item)
            return
        judgement.related = cursor.exchanges
        items = [item for item in shown["data"] if isinstance(item, dict)]
        seen = dict(cursor.seen)
        here: set[str] = set()
        for item in items:
            identifier = str(item.get("id"))
            action = _visible(judgement, user, item)
            repeated = identifier in here or (identifier in seen and (action is None or action.touched <= cursor.start))
            judgement.holds("list.unique", not repeated, "each action once", f"{identifier} is listed twice", action)
            here.add(identifier)
            seen[identifier] = shown_content(item)
            if action is not None:
                _item(judgement, cursor, action, item)
        _size(judgement, cursor, items, shown)
        deleted = shown.get("deleted")
        gone = cursor.deleted
        if isinstance(deleted, list):
            gone = (gone or frozenset()) | {str(identifier) for identifier in deleted}
        after = replace(
            cursor,
            seen=seen,
            deleted=gone,
            token_given=cursor.token_given or isinstance(shown.get("sync_token"), str),
            made=exchange.received,
            exchanges=(*cursor.exchanges, exchange.number),
        )
        self._tokens(judgement, user, shown, after)

    def _start(self, judgement: Judgement, user: str) -> Cursor | None:
        exchange, request = judgement.exchange, judgement.request
        next_token, sync_token = request.parameter("next_token"), request.parameter("sync_token")
        given = request.parameter("limit")
        limit, sized = DEFAULT_LIMIT, True
        if given is not None:
            sized = rules.is_limit(given)
            limit = int(given) if sized else LARGEST_LIMIT
        if next_token is not None:
            cursor = self._cursors.get((user, next_token))
            if cursor is None:
                return None
            return cursor if given is None else replace(cursor, limit=limit, explicit=True, sized=sized)
        point = self._points.get((user, sync_token)) if sync_token is not None else None
        return Cursor(
            user=user,
            limit=limit,
            explicit=given is not None,
            sized=sized,
            since=point,
            judged=sync_token is None or point is not None,
            start=judgement.model.sequence,
            start_time=exchange.sent,
            seen={},
            deleted=None,
            token_given=False,
            made=exchange.received,
            exchanges=(),
        )

    def _tokens(self, judgement: Judgement, user: str, shown: dict[str, Any], cursor: Cursor) -> None:
        exchange, request = judgement.exchange, judgement.request
        following = shown.get("next_token")
        last = not isinstance(following, str) or not following
        if isinstance(following, str) and following:
            moves = following != request.parameter("next_token")
            judgement.denies(
                "list.next_token", not moves, "a next_token that differs from the one sent", "the same token"
            )
            if moves:
                self._cursors[user, following] = cursor
        token = shown.get("sync_token")
        if isinstance(token, str) and token:
            held = dict(cursor.since.view) if cursor.since else {}
            held.update(cursor.seen)
            complete = last and cursor.judged and (cursor.since is None or cursor.since.complete)
            self._points[user, token] = SyncPoint(
                user, cursor.start, cursor.start_time, judgement.model.sequence, exchange.received, held, complete
            )
        if last and cursor.judged:
            if request.parameter("next_token") is not None:
                judgement.passes("list.next_token")
            _finish(judgement, user, cursor)


def _visible(judgement: Judgement, user: str, item: dict[str, Any]) -> Action | None:
    """Assert that the user may see a listed action; return the action, or None if its state is unknown."""
    action = judgement.model.actions.get(str(item.get("id")))
    if action is None:
        _stray(judgement, str(item.get("id")), item.get("name"))
    if action is None or action.uncertain:
        return None
    if not action.alive:
        judgement.fails("list.deleted", "a deleted action is not listed", f"{action.id} is listed", action)
        return action
    sees = judgement.model.sees(user, action)
    if sees is False:
        fact = visibility_fact(judgement.model, user, action)
        judgement.fails(fact, f"{action.id} is not listed for {user}", "it is listed", action)
    return action


def _item(judgement: Judgement, cursor: Cursor, action: Action, item: dict[str, Any]) -> None:
    """Judge a listed action: it must show a version that was current at some time since the listing began."""
    versions = list(action.since(cursor.start)) or action.versions[-1:]
    shown = shown_content(item)
    good = any(all(shown.get(k) == v for k, v in version.content.items()) for version in versions if version.alive)
    if action.alive:
        content = {name: in_order(value) for name, value in action.content.items()}
        named = judgement.about_state("list.current")
        judgement.holds("list.current", good, f"the current state of the action: {content}", item, action, named=named)
        if good and len(versions) == 1:
            count_reading(judgement, action)
        judge_common(judgement, action, item)
    if cursor.since is not None:
        old = _is_old(action, cursor.since)
        judgement.denies(
            "sync.only-changes",
            old,
            "only actions that changed since the sync_token",
            f"{action.id} did not change",
            action,
        )


def _size(judgement: Judgement, cursor: Cursor, items: list[Any], shown: dict[str, Any]) -> None:
    """Judge how many actions a page has.

    A page of a whole listing that is not the last must be full, but only if nothing was written since it began.
    """
    limit, request = cursor.limit, judgement.request
    fact = "list.limit" if cursor.explicit else "list.limit.default"
    judgement.denies(fact, len(items) > limit, f"at most {limit} actions", f"{len(items)} actions")
    quiet = cursor.sized and cursor.since is None and cursor.judged and judgement.model.sequence == cursor.start
    if quiet and shown.get("next_token"):
        full = len(items) >= limit
        judgement.holds(fact, full, f"{limit} actions on a page that is not the last", f"{len(items)} actions")
    if quiet and request.parameter("next_token") is not None:
        judgement.holds(
            "list.next_token.last", bool(items), "no next_token on the last page", "a page after it, without actions"
        )


def _finish(judgement: Judgement, user: str, cursor: Cursor) -> None:
    """Judge a listing after its last page: what is missing, and what is listed as deleted."""
    judgement.holds("sync.token", cursor.token_given, "a sync_token at the end of a complete listing", "none")
    for action in judgement.model.actions.values():
        versions = list(action.since(cursor.start))
        if action.uncertain or not action.existed(cursor.start):
            continue
        _absent(judgement, user, cursor, action, versions)
        if not all(judgement.model.sees(user, action, version) is True for version in versions):
            continue
        if cursor.since is None:
            there, missing = action.id in cursor.seen, f"{action.id} is missing"
            named = judgement.about_state("list.complete")
            judgement.holds("list.complete", there, "every visible action", missing, action, named=named)
        elif _changed(cursor.since, action, versions[0].sequence, versions[0].content):
            missing = f"{action.id} is missing"
            foreign = action.creator != user and action.id not in cursor.since.view
            fact = "sync.visibility" if foreign else "sync.changes"
            judgement.holds(
                fact, action.id in cursor.seen, "every action that changed since the sync_token", missing, action
            )
    if cursor.deleted is not None:
        _deletions(judgement, user, cursor, cursor.deleted)


def _absent(judgement: Judgement, user: str, cursor: Cursor, action: Action, versions: list[Version]) -> None:
    """Pass the facts that an action shows which is rightly missing in a listing: it is deleted, or did not change."""
    if action.id in cursor.seen:
        return
    if not action.alive and len(versions) == 1:
        judgement.passes("list.deleted")
    elif cursor.since is not None and _is_old(action, cursor.since) and judgement.model.sees(user, action):
        judgement.passes("sync.only-changes")


def _changed(since: SyncPoint, action: Action, sequence: int, content: Mapping[str, Any]) -> bool:
    """Return whether the content differs from what the client knows, so that a listing of changes must have it."""
    held: Mapping[str, Any] | None = since.view.get(action.id)
    if not since.complete:
        # Compare with the version at the time of the token: a write that changed nothing need not be listed.
        held = next((v.content for v in reversed(action.versions) if v.sequence <= since.given), None)
        if sequence <= since.given:
            return False
    return held is None or any(held.get(name) != value for name, value in content.items())


def _deletions(judgement: Judgement, user: str, cursor: Cursor, deleted: frozenset[str]) -> None:
    for identifier in deleted:
        action = judgement.model.actions.get(identifier)
        if action is None or action.uncertain:
            continue
        there = all(judgement.model.sees(user, action, v) is True for v in action.since(cursor.start)) and action.alive
        judgement.holds(
            "sync.deleted.true",
            not there,
            "the key deleted contains only deleted actions",
            f"{identifier} still exists",
            action,
        )
    if cursor.since is None:
        return
    for identifier in cursor.since.view:
        action = judgement.model.actions.get(identifier)
        if action is None or action.uncertain or action.alive:
            continue
        if any(version.alive for version in action.since(cursor.start)):
            continue
        dead = next(v.sequence for v in action.versions if not v.alive)
        last = [version for version in action.versions if version.alive][-1]
        if dead <= cursor.since.start or judgement.model.sees(user, action, last) is not True:
            continue  # the user did not see it any more: it need not be listed as deleted
        judgement.holds(
            "sync.deleted",
            identifier in deleted,
            "the key deleted contains every deleted action",
            f"{identifier} is not in it",
            action,
        )


def _stray(judgement: Judgement, identifier: str, name: object) -> None:
    """Assert that a listed action that is not in the model does not have the name of a refused create."""
    model = judgement.model
    if isinstance(name, str) and name in model.refused_names and not model.may_have(name):
        expected = "a refused create makes no action"
        judgement.fails("errors.change-nothing", expected, f"{identifier}, {name!r}, is listed")


def _is_old(action: Action, since: SyncPoint) -> bool:
    """Return whether the action certainly did not change since the sync point, also by the clock of the server."""
    return action.touched <= since.start and action.touched_at < since.start_time - CLOCK_GRAIN


def _limit_text(cursor: Cursor) -> str | None:
    return str(cursor.limit) if cursor.explicit else None
