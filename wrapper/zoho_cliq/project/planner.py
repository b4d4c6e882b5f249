"""The planner: a pure function from the folder, the account and the lock to steps.

An action of the account belongs to a file if the lock says so, else if it has the file's name. Actions that are in the
lock but no longer in a file are deleted on request only. All other actions are left unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .comparing import differences, field_change, fixed_differences, handler_difference, handler_is_foreign
from .contract_fields import hidden_fields
from .matching import Match, matches, replacement_fits, replacement_name
from .model import (
    AccountAction,
    DesiredAction,
    Entry,
    Handler,
    Lock,
    Unread,
    digest,
    entry_of,
    same_handler,
)
from .plans import Change, FieldChange, Left, Plan, handler_body, handler_change
from .renames import Mover, Names, ordered
from .steps import Step


def make_plan(
    desired: Sequence[DesiredAction],
    account: Sequence[AccountAction],
    lock: Lock,
    *,
    prune: bool = False,
    replace: bool = False,
    environment: str = "",
    base_url: str = "",
    sync_token: str | None = None,
    trusted: int = 0,
) -> Plan:
    """Return the plan that makes the account equal to the folder. Nothing is read or sent.

    Args:
        desired: the actions of the files.
        account: every action of the account. The handlers that files manage have been read, or are UNREAD if the lock
            is trusted.
        lock: the lock of the environment.
        prune: delete actions that are in the lock but no longer in a file. Default: False.
        replace: create a new action if the API cannot change the old one. Default: False.
        environment: the name of the environment, stored in the plan.
        base_url: the server, stored in the plan; `apply` refuses a client of another one.
        sync_token: the token of the listing that `account` comes from.
        trusted: the number of handlers that were not read.
    """
    by_id = {action.id: action for action in account}
    draft = _Draft(by_id, lock, replace)
    found = matches(desired, by_id, lock)
    for match in found:
        draft.add(match)
    draft.orphans(prune, {match.desired.key for match in found})
    steps = draft.finished()
    return Plan(
        environment,
        base_url,
        tuple(draft.changes),
        steps,
        tuple(draft.left),
        by_id,
        lock,
        draft.settled,
        sync_token,
        trusted,
    )


@dataclass(slots=True)
class _Work:
    """The work on one action, before renames are ordered."""

    match: Match
    change: Change
    update: dict[str, Any] = field(default_factory=dict)
    handler: Handler = None
    replaced: bool = False


class _Draft:
    """A plan under construction."""

    def __init__(self, account: Mapping[str, AccountAction], lock: Lock, replace: bool) -> None:
        self.account = account
        self.lock = lock
        self.replace = replace
        self.changes: list[Change] = []
        self.left: list[Left] = []
        self.settled = lock
        self._work: list[_Work] = []
        self._deleted: dict[str, str] = {}
        self._claimed: set[str] = set()
        self._steps: list[Step] = []

    # ---- what is wanted, action by action

    def add(self, match: Match) -> None:
        """Add a file."""
        for action in (match.action, match.replacement):
            if action is not None:
                self._claimed.add(action.id)
        wanted, action = match.desired, match.action
        if match.blocked:
            self._block(match, match.blocked)
        elif action is None:
            fields = [FieldChange(name, None, value) for name, value in wanted.fields.items() if name != "name"]
            fields += [handler_change(None, wanted.handler)] if wanted.handler is not None else []
            self._work.append(_Work(match, self._change("create", match, fields)))
        elif fixed_differences(wanted, action):
            self._replaced(match, action)
        else:
            self._changed(match, action)
            if match.replacement is not None:
                self._surplus(match.replacement, wanted.key)

    def _changed(self, match: Match, action: AccountAction) -> None:
        wanted, entry = match.desired, match.entry
        differing = differences(wanted, action, entry)
        fields = [field_change(name, action, wanted, entry) for name in differing]
        handler = handler_difference(wanted, action, entry)
        if handler is not None:
            fields.append(handler)
        entered = entry_of(action, entry)
        known = entry if entry is not None and entry.id == action.id else entered
        # Record what needs no step as the account has it. All else keeps its entry until its step is done.
        settled = Entry(
            action.id,
            known.fields if differing else entered.fields,
            entered.handler if handler is None else known.handler,
        )
        self.settled = self._moved(match).with_entry(wanted.key, settled)
        if not fields:
            return
        renamed = "name" in differing
        change = self._change("rename" if renamed else "change", match, fields)
        update = {name: wanted.fields[name] for name in differing}
        if "scope" in update and "team_ids" in wanted.fields:
            update["team_ids"] = wanted.fields["team_ids"]
        self._work.append(_Work(match, change, update, wanted.handler if handler is not None else None))

    def _replaced(self, match: Match, action: AccountAction) -> None:
        wanted, begun = match.desired, match.replacement is not None
        fixed = fixed_differences(wanted, action)
        fields = [FieldChange(name, action.fields.get(name), wanted.fields[name]) for name in fixed]
        names = " and ".join(fixed)
        self.settled = self._moved(match).with_entry(wanted.key, match.entry or entry_of(action))
        if not self.replace:
            reason = f"the API cannot change {names}; --replace creates a new action instead"
            self._block(match, f"{reason}; one was started" if begun else reason, fields)
            return
        note = f"the API cannot change {names}: a new action takes its place, with a new id"
        if wanted.handler is not None:
            foreign = match.entry is not None and handler_is_foreign(action, match.entry)
            fields.append(handler_change(action.handler, wanted.handler, foreign=foreign))
        self._work.append(_Work(match, self._change("replace", match, fields, note), replaced=True))

    def _surplus(self, action: AccountAction, key: str) -> None:
        """Delete an unfinished replacement that is no longer wanted."""
        note = "left over from a replacement that is no longer wanted"
        self.changes.append(Change("delete", key, action.name, action.id, action.name, (), note))
        self._deleted[action.id] = key

    def _moved(self, match: Match) -> Lock:
        """Return the lock without the entry that the action had under another key."""
        key = self.settled.key_of(match.action.id) if match.action is not None else None
        return self.settled.with_entry(key, None) if key not in (None, match.desired.key) else self.settled

    def _block(self, match: Match, reason: str, fields: Sequence[FieldChange] = ()) -> None:
        self.changes.append(self._change("blocked", match, fields, reason))

    def _change(self, kind: Any, match: Match, fields: Sequence[FieldChange], note: str | None = None) -> Change:
        known = match.action
        return Change(
            kind,
            match.desired.key,
            match.desired.name,
            known.id if known else None,
            known.name if known else None,
            tuple(fields),
            note or match.note,
            match.desired.script_file,
        )

    # ---- what no file describes

    def orphans(self, prune: bool, keys: set[str]) -> None:
        """Add the actions of the account that no file describes, and drop lock entries of actions that are gone."""
        for action in self.account.values():
            if action.id in self._claimed:
                continue
            key = self.settled.key_of(action.id)
            key = key if key not in keys else None
            if key is None or not prune:
                self.left.append(Left(action.id, action.name, action.creator, key))
                continue
            entry = self.lock.entries[key]
            foreign = [name for name, value in action.fields.items() if entry.fields.get(name) != digest(value)]
            foreign += ["its handler"] if handler_is_foreign(action, entry) else []
            note = f"changed in the account since the last apply: {', '.join(foreign)}" if foreign else None
            self._deleted[action.id] = key
            self.changes.append(Change("delete", key, action.name, action.id, action.name, (), note))
        for key, entry in self.lock.entries.items():
            if key not in keys and entry.id not in self.account and key in self.settled.entries:
                self.settled = self.settled.with_entry(key, None)

    # ---- steps

    def finished(self) -> tuple[Step, ...]:
        """Return all steps, in an order in which each can be carried out."""
        movers = [_mover(work) for work in self._work if work.replaced or "name" in work.update]
        going = {*self._deleted, *(action.id for work in self._work if work.replaced and (action := work.match.action))}
        names = Names({action.id: action.name for action in self.account.values()})
        groups, stuck = ordered(movers, names, frozenset(going))
        for work in list(self._work):
            self._stand_back(work, stuck, going | {mover.id for mover in movers})
        works = {work.match.action.id: work for work in self._work if work.match.action is not None}
        group_of = {identifier: number for number, moves in enumerate(groups) for identifier, _ in moves}
        taker = {mover.new.casefold(): mover.id for mover in movers}
        freed: dict[str, tuple[int, ...]] = {}
        for identifier, key in self._deleted.items():
            group = group_of.get(taker.get(self.account[identifier].name.casefold(), ""))
            freed[identifier] = (self._delete(identifier, key, group),)
        for identifier, work in works.items():
            if work.replaced:
                freed[identifier] = self._replacing(work, group_of.get(identifier))
        self._renamed(groups, works, freed, names)
        for work in self._work:
            if not work.replaced:
                self._carried_out(work, freed, names)
        self.changes += [work.change for work in self._work]
        self.changes.sort(key=lambda change: (change.kind == "blocked", change.key, change.kind))
        return tuple(self._steps)

    def _stand_back(self, work: _Work, stuck: Mapping[str, str], moving: set[str]) -> None:
        """Block the work if another action keeps the name that it needs."""
        action, wanted = work.match.action, work.match.desired
        if action is not None:
            holder = stuck.get(action.id)
        else:
            named = next((each.id for each in self.account.values() if each.name == wanted.name), None)
            holder = named if named is not None and (named in stuck or named not in moving) else None
        if holder is not None:
            name = self.account[holder].name
            self._work.remove(work)
            self._block(work.match, f"{name!r} ({holder}) already has this name; rename it first")

    def _renamed(
        self,
        groups: list[list[tuple[str, str]]],
        works: Mapping[str, _Work],
        freed: dict[str, tuple[int, ...]],
        names: Names,
    ) -> None:
        """Add the updates that rename, and note in `freed` after which steps the name of each action is free."""
        for group, moves in enumerate(groups):
            last: tuple[int, ...] = ()
            seen: set[str] = set()
            for identifier, name in moves:
                work = works[identifier]
                first = identifier not in seen and not work.replaced
                body = {**(work.update if first else {}), "name": name}
                before = {*last, *(freed.get(identifier, ()) if work.replaced else ())}
                holder = names.holder(name)
                if holder is not None and holder != identifier:
                    before.update(freed.get(holder, ()))
                target = identifier
                if work.replaced:
                    target = (
                        work.match.replacement.id if replacement_fits(work.match) and work.match.replacement else ""
                    )
                last = (
                    self._step(
                        "update", work.match.desired, target or None, body, check=first,
                        after=tuple(sorted(before)), group=group,
                    ),
                )  # fmt: skip
                if not work.replaced:
                    freed.setdefault(identifier, last)
                seen.add(identifier)

    def _carried_out(self, work: _Work, freed: Mapping[str, tuple[int, ...]], names: Names) -> None:
        wanted, action = work.match.desired, work.match.action
        if action is None:
            before = freed.get(names.holder(wanted.name) or "", ())
            # In one group, so that a new action is not visible for long without its script.
            group = self._steps[before[-1]].group if before else None
            group = self._new_group() if group is None else group
            number = self._step("create", wanted, None, dict(wanted.fields), after=before, group=group)
            if wanted.handler is not None:
                self._step("handler", wanted, None, handler_body(wanted.handler), after=(number,), group=group)
            return
        if work.update and "name" not in work.update:
            self._step("update", wanted, action.id, work.update, check=True)
        if work.handler is not None:
            self._step("handler", wanted, action.id, handler_body(work.handler), check=True)

    def _replacing(self, work: _Work, group: int | None) -> tuple[int, ...]:
        """Add the steps that replace an action. The new one is complete before the old one is deleted.

        Return the numbers of the steps after which the old name is free.
        """
        wanted, old, new = work.match.desired, work.match.action, work.match.replacement
        assert old is not None
        before: tuple[int, ...] = ()
        if new is not None and not replacement_fits(work.match):
            before = (self._step("delete", wanted, new.id, {}, check=True),)
            new = None
        if new is None:
            body = {**wanted.fields, "name": replacement_name(old.id)}
            before = (self._step("create", wanted, None, body, after=before, replaces=old.id),)
            if wanted.handler is not None:
                before = (self._step("handler", wanted, None, handler_body(wanted.handler), after=before),)
        else:
            update = {name: wanted.fields[name] for name in differences(wanted, new, None) if name != "name"}
            update = {name: value for name, value in update.items() if name not in hidden_fields()}
            if update:
                before = (self._step("update", wanted, new.id, update, check=True),)
            known = None if isinstance(new.handler, Unread) else new.handler
            if wanted.handler is not None and not same_handler(known, wanted.handler):
                body = handler_body(wanted.handler)
                before += (self._step("handler", wanted, new.id, body, check=True),)
        read = not isinstance(old.handler, Unread)
        more: dict[str, Any] = {"check_handler": read, "after": before, "group": group}
        more["successor"] = new.id if new is not None else None
        return (self._step("delete", wanted, old.id, {}, check=True, **more),)

    def _new_group(self) -> int:
        return 1 + max((step.group for step in self._steps if step.group is not None), default=-1)

    def _delete(self, identifier: str, key: str, group: int | None) -> int:
        number = len(self._steps)
        action = self.account[identifier]
        read = not isinstance(action.handler, Unread)
        self._steps.append(
            Step(number, "delete", key, action.name, identifier, {}, check=True, check_handler=read, group=group)
        )
        return number

    def _step(self, kind: Any, wanted: DesiredAction, action: str | None, body: Mapping[str, Any], **more: Any) -> int:
        number = len(self._steps)
        self._steps.append(Step(number, kind, wanted.key, wanted.name, action, body, **more))
        return number


def _mover(work: _Work) -> Mover:
    action = work.match.action
    assert action is not None
    old = replacement_name(action.id) if work.replaced else action.name
    return Mover(action.id, old, work.match.desired.name)
