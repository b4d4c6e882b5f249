"""Read the account with as few calls as possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..errors import HandlerNotFound, NotFound
from ..state import Budget
from .contract_fields import READ_HANDLER
from .effects import Ask, List, Listed, Look, Pause, Steps
from .matching import matches
from .model import AccountAction, DesiredAction, Handler, Lock, account_action, handler_digest, handler_of
from .schedule import until


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a command has come: of `total` pieces of work `done` are done, and `what` is next.

    `waits` is how many seconds it waits now, for the threshold of the operation `what`; 0 while it works. `left` is the
    least number of seconds until everything is done.
    """

    done: int
    total: int
    what: str
    waits: float = 0.0
    left: float = 0.0


OnProgress: TypeAlias = Callable[[Progress], None] | None


@dataclass(frozen=True, slots=True)
class Account:
    """What the account has. `trusted` handlers were not read because the lock knows them."""

    actions: tuple[AccountAction, ...]
    sync_token: str | None
    trusted: int = 0


def listed() -> Steps[tuple[dict[str, AccountAction], str | None]]:
    """List every action of the account, by id."""
    found: Listed = yield List()
    actions = [account_action(each) for each in found.actions]
    return {action.id: action for action in actions}, found.sync_token


def gathered(
    desired: Sequence[DesiredAction],
    lock: Lock,
    *,
    trust_lock: bool,
    prune: bool = False,
    on_progress: OnProgress = None,
) -> Steps[Account]:
    """Read the actions, and the handlers that files manage.

    Args:
        prune: read those that the lock knows and no file describes, too, as a change that somebody made would be
            deleted.
        trust_lock: skip a handler where the file has what the lock remembers and the action has not changed since the
            lock's sync token.
    """
    actions, token = yield from listed()
    changed = yield from changed_since(lock, set(actions)) if trust_lock else everything(set(actions))
    needed: list[str] = []
    trusted = 0
    found = matches(desired, actions, lock)
    if prune:
        claimed = {match.action.id for match in found if match.action is not None}
        known = [each.id for each in lock.entries.values() if each.handler is not None]
        needed += [identifier for identifier in known if identifier in actions and identifier not in claimed]
    for match in found:
        if match.desired.handler is None:
            continue
        entry = match.entry
        for action in (match.action, match.replacement):
            if action is None:
                continue
            digest = handler_digest(match.desired.handler)
            if entry is not None and entry.id == action.id and entry.handler == digest and action.id not in changed:
                trusted += 1
            else:
                needed.append(action.id)
    handlers = yield from read_handlers(needed, on_progress)
    for identifier, handler in handlers.items():
        actions[identifier] = actions[identifier].with_handler(handler)
    return Account(tuple(actions.values()), token, trusted)


def everything(identifiers: set[str]) -> Steps[set[str]]:
    """Return all of them: the lock is not trusted."""
    yield from ()
    return identifiers


def changed_since(lock: Lock, identifiers: set[str]) -> Steps[set[str]]:
    """Return which actions may have changed since the lock's sync token."""
    if lock.sync_token is None:
        return identifiers
    found: Listed = yield List(lock.sync_token)
    return identifiers if found.full else {str(action.id) for action in found.actions}


def read_handlers(identifiers: Sequence[str], on_progress: OnProgress = None) -> Steps[dict[str, Handler]]:
    """Read handlers, one call each, as fast as the threshold allows."""
    found: dict[str, Handler] = {}
    for number, identifier in enumerate(identifiers):
        budgets: Mapping[str, Budget] = yield Look([READ_HANDLER])
        left = until(len(identifiers) - number, READ_HANDLER, budgets[READ_HANDLER])
        while (budget := budgets[READ_HANDLER]).remaining < 1 or budget.locked_for > 0:
            seconds = budget.locked_for or max(budget.resets_in, 0.001)
            if on_progress:
                on_progress(Progress(number, len(identifiers), READ_HANDLER, seconds, left))
            yield Pause(READ_HANDLER, seconds, budget.locked_for > 0)
            budgets = yield Look([READ_HANDLER])
        if on_progress:
            on_progress(Progress(number, len(identifiers), READ_HANDLER, left=left))
        found[identifier] = yield from read_handler(identifier)
    return found


def read_handler(identifier: str) -> Steps[Handler]:
    """Read one handler. One that is not found has not been set yet."""
    try:
        answer = yield Ask("get_handler", (identifier,))
    except (HandlerNotFound, NotFound):
        return None
    return handler_of(answer.to_dict() if answer is not None else {})
