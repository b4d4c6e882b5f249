"""Match the actions of the account with files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .comparing import differences, fixed_differences
from .contract_fields import name_length
from .model import AccountAction, DesiredAction, Entry, Lock


@dataclass(slots=True)
class Match:
    """A file and the action that it belongs to; `replacement` is one that is taking its place."""

    desired: DesiredAction
    action: AccountAction | None = None
    entry: Entry | None = None
    replacement: AccountAction | None = None
    note: str | None = None
    blocked: str | None = None


def temporary_name(purpose: str, identifier: str) -> str:
    """Return a temporary name for an action. It is made from the id, so that a second apply finds it.

    If the API does not allow names of that length, it is a letter of the purpose and as much of the id as it allows.
    """
    name, most = f"{purpose} {identifier}", name_length()
    return name if most is None or len(name) <= most else f"{purpose[2]}{identifier[1 - most :]}"


def replacement_name(identifier: str) -> str:
    """Return the name that a new action has until the old one, with this id, is deleted."""
    return temporary_name("replacing", identifier)


def matches(desired: Sequence[DesiredAction], account: Mapping[str, AccountAction], lock: Lock) -> list[Match]:
    """Return which action of the account belongs to which file."""
    found = [_by_id(each, account, lock) for each in desired]
    taken = {action.id for match in found for action in (match.action, match.replacement) if action is not None}
    for match in found:
        if match.action is None and match.replacement is None:
            _by_name(match, account, lock, taken)
            if match.action is not None:
                taken.add(match.action.id)
    for match in found:
        if match.action is None:  # the old action is gone already: the new one is simply the action
            match.action, match.replacement = match.replacement, None
        elif match.replacement is None:
            name = replacement_name(match.action.id)
            match.replacement = next((each for each in account.values() if each.name == name), None)
    return found


def _by_id(desired: DesiredAction, account: Mapping[str, AccountAction], lock: Lock) -> Match:
    entry = lock.entries.get(desired.key)
    if entry is None:
        return Match(desired)
    match = Match(desired, account.get(entry.id), entry)
    if entry.replacement is not None:
        match.replacement = account.get(entry.replacement)
    if match.action is None and match.replacement is None:
        match.note = f"the action of the lock, {entry.id}, is no longer in the account"
    return match


def _by_name(match: Match, account: Mapping[str, AccountAction], lock: Lock, taken: set[str]) -> None:
    wanted = match.desired
    named = [each for each in account.values() if each.name == wanted.name and each.id not in taken]
    known = [each for each in named if lock.key_of(each.id) is not None]
    alike = [
        each
        for each in named
        if not fixed_differences(match.desired, each) and not differences(match.desired, each, None)
    ]
    chosen = known[:1] or alike[:1] or named
    if len(chosen) > 1:
        ids = ", ".join(each.id for each in chosen)
        match.blocked = f"several actions in the account are called {wanted.name!r} ({ids}); rename one in Cliq"
    elif chosen:
        match.action = chosen[0]
        key = lock.key_of(chosen[0].id)
        match.entry = lock.entries[key] if key is not None else None
        moved = f"its file was actions/{key}.toml before"
        found = f"found by its name, created by {chosen[0].creator or 'an unknown user'}; it was not in the lock file"
        match.note = moved if key is not None else found


def replacement_fits(match: Match) -> bool:
    """Return whether the replacement matches the file in all fields that cannot be changed."""
    return match.replacement is not None and not fixed_differences(match.desired, match.replacement)
