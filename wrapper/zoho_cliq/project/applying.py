"""Apply a plan step by step.

Each step is recorded in the lock file at once, so that a second apply continues from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from zoho_cliq_api.models import MessageAction

from ..errors import CliqError, DecodeError, MessageActionNameExists, NotFound, OutcomeUnknown, ServerError
from ..state import Budget
from .contract_fields import hidden_fields
from .effects import Ask, Do, List, Listed, Look, Pause, Steps
from .gathering import OnProgress, Progress, listed, read_handler, read_handlers
from .lock_file import read_locks, write_locks
from .mistakes import AccountChanged, Applied
from .model import (
    AccountAction,
    Entry,
    Handler,
    Lock,
    Unread,
    account_action,
    digest,
    entry_of,
    handler_digest,
    handler_of,
    same,
    same_handler,
)
from .plans import Plan
from .schedule import Schedule
from .steps import Step


def carried_out(
    plan: Plan, root: Path, *, recheck: bool, recheck_handlers: bool, on_progress: OnProgress = None
) -> Steps[Applied]:
    """Return the steps that apply a plan.

    Args:
        plan: the plan.
        root: the project's folder.
        recheck: list the account first, and refuse if it differs from the plan's account.
        recheck_handlers: also read first every handler that will be overwritten.
        on_progress: called with a `Progress` before each wait and each step.

    Raise AccountChanged before the first change, or before a change that would overwrite something the plan did not
    show.
    """
    lock_writer = _LockWriter(plan, root)
    yield Do(lock_writer.begin)
    if recheck:
        yield from _unchanged(plan, recheck_handlers)
    yield Do(lambda: lock_writer.save(lock_writer.settled()))
    worker = _Worker(plan, lock_writer)
    schedule = Schedule(plan.steps)
    while not schedule.over:
        budgets: Mapping[str, Budget] = yield Look(schedule.operations)
        found = schedule.next(budgets)
        done, left = len(plan.steps) - schedule.open, schedule.left(budgets)
        if isinstance(found, tuple):
            operation, seconds = found
            if on_progress:
                on_progress(Progress(done, len(plan.steps), operation, seconds, left))
            yield Pause(operation, seconds, budgets[operation].locked_for > 0)
            continue
        if on_progress:
            on_progress(Progress(done, len(plan.steps), f"{found.kind} {found.name}", left=left))
        yield from worker.carry_out(found)
        schedule.done(found)
    if on_progress and plan.steps:
        on_progress(Progress(len(plan.steps), len(plan.steps), "done"))
    meanwhile = yield from worker.last_look()
    return Applied(len(plan.steps), meanwhile)


def _unchanged(plan: Plan, handlers: bool) -> Steps[None]:
    """Raise AccountChanged if the account differs from the plan's account."""
    actions, _ = yield from listed()
    changes = listing_differences(plan.account, actions)
    if not changes and handlers:
        read_before = [step for step in plan.steps if step.check and (step.kind == "handler" or step.check_handler)]
        touched = [step.action for step in read_before if step.action]
        read = yield from read_handlers(touched)
        changes = [
            f"the handler of {actions[identifier].name} ({identifier})"
            for identifier, handler in read.items()
            if not _as_known(plan.account[identifier], handler)
        ]
    if changes:
        raise AccountChanged(changes)


def _answered(answer: MessageAction | None) -> AccountAction:
    """Return the action in an answer. Raise CliqError if the answer has no content."""
    if answer is None:
        raise CliqError("the answer has no content, so the new state of the action is unknown; apply again")
    return account_action(answer)


def _as_known(action: AccountAction, handler: Handler) -> bool:
    return isinstance(action.handler, Unread) or same_handler(action.handler, handler)


def listing_differences(before: Mapping[str, AccountAction], after: Mapping[str, AccountAction]) -> list[str]:
    """Return the differences between two listings, one line for each action."""
    found = [f"{after[new].name} ({new}) is new" for new in after if new not in before]
    found += [f"{before[gone].name} ({gone}) is gone" for gone in before if gone not in after]
    for identifier, action in before.items():
        if identifier in after and (fields := _changed_fields(action.fields, after[identifier].fields)):
            found.append(f"{action.name} ({identifier}): {', '.join(fields)}")
    return found


def _changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*before, *after} if not same(before.get(name), after.get(name)))


class _LockWriter:
    """Updates the lock of the environment, and writes the whole lock file after each step."""

    def __init__(self, plan: Plan, root: Path) -> None:
        self.plan = plan
        self.root = root
        self.lock = plan.lock
        self._others: dict[str, Lock] = {}

    def begin(self) -> None:
        """Read the lock file. Raise AccountChanged if the lock differs from the plan's."""
        self._others = read_locks(self.root)
        if self._others.pop(self.plan.environment, Lock()) != self.plan.lock:
            raise AccountChanged(["cliq.lock.toml"])

    def settled(self) -> Lock:
        """Return the lock with everything that needs no step. It has the listing's sync token if no step follows."""
        settled = self.plan.settled
        news = settled.entries != self.plan.lock.entries or settled.sync_token is None
        if not self.plan.steps and news:
            settled = replace(settled, sync_token=self.plan.sync_token)
        return settled

    def save(self, lock: Lock) -> None:
        """Write the lock."""
        if lock != self.lock:
            write_locks(self.root, {**self._others, self.plan.environment: lock})
            self.lock = lock

    def enter(self, key: str, entry: Entry | None) -> None:
        """Set the entry of `key`, and write the lock."""
        self.save(self.lock.with_entry(key, entry))


class _Worker:
    """Carries out steps, and tracks the state of the account after each."""

    def __init__(self, plan: Plan, lock_writer: _LockWriter) -> None:
        self.lock_writer = lock_writer
        self.token = plan.sync_token
        self.known = dict(plan.account)
        self.made: dict[str, str] = {}
        self.steps = len(plan.steps)
        self.touched: set[str] = set()

    def carry_out(self, step: Step) -> Steps[None]:
        """Carry out one step and record it.

        Raise AccountChanged if another user has taken the name or deleted the action, even at the last moment.
        """
        identifier = step.action or self.made.get(step.key, "")
        if step.check:
            yield from self._look(step, identifier)
        self.touched.add(identifier)
        carried_out = {
            "create": self._create,
            "update": self._update,
            "handler": self._set_handler,
            "delete": self._delete,
        }
        try:
            yield from carried_out[step.kind](step, identifier)
        except MessageActionNameExists as error:
            raise AccountChanged(
                [f"{step.body['name']!r} is taken, by an action that is new, not visible, or differs in case only"]
            ) from error
        except NotFound as error:
            raise AccountChanged([f"{step.name} ({identifier}) is gone"]) from error

    def _look(self, step: Step, identifier: str) -> Steps[None]:
        """Raise AccountChanged if what the step overwrites differs from what the plan showed."""
        known = self.known[identifier]
        if step.kind == "handler" or step.check_handler:
            handler = yield from read_handler(identifier)
            if not _as_known(known, handler):
                raise AccountChanged([f"the handler of {known.name} ({identifier})"])
        if step.kind == "handler":
            return
        try:
            action = _answered((yield Ask("get", (identifier,))))
        except NotFound:
            raise AccountChanged([f"{known.name} ({identifier}) is gone"]) from None
        if fields := _changed_fields(known.fields, action.fields):
            raise AccountChanged([f"{known.name} ({identifier}): {', '.join(fields)}"])

    def _create(self, step: Step, _: str) -> Steps[None]:
        try:
            answer = yield Ask("create", fields=step.body)
        except (OutcomeUnknown, ServerError, DecodeError):
            # It may exist or not. The repeated create either makes it, or is refused and finds it by its name.
            answer = yield Ask("create", fields={**step.body, "if_exists": "adopt"})
        action = _answered(answer)
        self.known[action.id] = action
        self.made[step.key] = action.id
        self.touched.add(action.id)
        old = self.lock_writer.lock.entries.get(step.key)
        if step.replaces is not None and old is not None and old.id == step.replaces:
            # From now on, the digests of hidden fields are those of the new action.
            hidden = {name: digest(value) for name, value in step.body.items() if name in hidden_fields()}
            entry: Entry = replace(old, fields={**old.fields, **hidden}, replacement=action.id)
        else:
            entry = entry_of(action, sent=step.body)
        yield Do(lambda: self.lock_writer.enter(step.key, entry))

    def _update(self, step: Step, identifier: str) -> Steps[None]:
        action = _answered((yield Ask("update", (identifier,), step.body)))
        action = replace(action, handler=self.known[identifier].handler)
        self.known[identifier] = action
        old = self.lock_writer.lock.entries[step.key]
        if old.id == identifier:
            entry = replace(entry_of(action, old, step.body), handler=old.handler)
            yield Do(lambda: self.lock_writer.enter(step.key, entry))

    def _set_handler(self, step: Step, identifier: str) -> Steps[None]:
        answer = yield Ask("update_handler", (identifier,), step.body)
        sent: Handler = handler_of(step.body)
        handler = (handler_of(answer.to_dict()) if answer is not None else None) or sent
        self.known[identifier] = self.known[identifier].with_handler(handler)
        old = self.lock_writer.lock.entries[step.key]
        if old.id == identifier:
            yield Do(lambda: self.lock_writer.enter(step.key, replace(old, handler=handler_digest(handler))))

    def _delete(self, step: Step, identifier: str) -> Steps[None]:
        yield Ask("delete", (identifier,))
        del self.known[identifier]
        old = self.lock_writer.lock.entries[step.key]
        entry: Entry | None
        if old.id != identifier:  # an unfinished replacement is deleted
            entry = replace(old, replacement=None)
        elif (new := self.made.get(step.key) or step.successor) is not None:
            entry = entry_of(self.known[new], replace(old, id=new, handler=None))
        else:
            entry = None
        yield Do(lambda: self.lock_writer.enter(step.key, entry))

    def last_look(self) -> Steps[tuple[str, ...]]:
        """List what changed since the plan. Store the listing's sync token if no unexpected change is in it.

        Return the unexpected changes, which another user made meanwhile.
        """
        if not self.steps:
            return ()
        found: Listed = yield List(self.token)
        seen = {action.id: action for action in map(account_action, found.actions)}
        unexpected = []
        for identifier, action in seen.items():
            known = self.known.get(identifier)
            if known is None:
                unexpected.append(f"{action.name} ({identifier}) is new")
            elif fields := _changed_fields(known.fields, action.fields):
                unexpected.append(f"{action.name} ({identifier}): {', '.join(fields)}")
            elif not found.full and identifier not in self.touched:
                unexpected.append(f"{action.name} ({identifier}): its handler, or something that was changed back")
        if found.full:
            gone = [action for identifier, action in self.known.items() if identifier not in seen]
            unexpected += [f"{action.name} ({action.id}) is gone" for action in gone]
        if not unexpected:
            yield Do(lambda: self.lock_writer.save(replace(self.lock_writer.lock, sync_token=found.sync_token)))
        return tuple(unexpected)
