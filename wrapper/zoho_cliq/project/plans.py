"""A plan: what would change at the account, for people and as steps to carry out."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .contract_fields import LIST, hidden_fields
from .model import AccountAction, Handler, Lock, Unread, normal_lines
from .schedule import least_seconds
from .steps import Step

Kind = Literal["create", "change", "rename", "replace", "delete", "blocked"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field whose value changes. `foreign` says that the account's value is not the one that was applied last."""

    field: str
    old: Any
    new: Any
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one action.

    `key` is the name of its file, `id` is None for one that does not exist yet, `old_name` its name at the account.
    `note` says in words what else must be known; for `blocked`, why nothing is done.
    """

    kind: Kind
    key: str
    name: str
    id: str | None = None
    old_name: str | None = None
    fields: tuple[FieldChange, ...] = ()
    note: str | None = None
    script_file: str | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """An action of the account that no file describes. `key` is set where the lock knows it, and --prune deletes it."""

    id: str
    name: str
    creator: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps that make an account equal to a folder. `plan` returns one; `apply` carries it out.

    `account` and `lock` are what the plan was made from. `settled` is the lock with current entries for all that needs
    no step.
    """

    environment: str
    base_url: str
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    left: tuple[Left, ...]
    account: Mapping[str, AccountAction] = field(default_factory=dict, repr=False)
    lock: Lock = field(default_factory=Lock, repr=False)
    settled: Lock = field(default_factory=Lock, repr=False)
    sync_token: str | None = field(default=None, repr=False)
    trusted: int = 0
    """How many handlers were not read, because the lock was trusted."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do and nothing blocked."""
        return not self.changes

    @property
    def blocked(self) -> tuple[Change, ...]:
        """The changes that are not carried out, each with its reason."""
        return tuple(change for change in self.changes if change.kind == "blocked")

    @property
    def calls(self) -> dict[str, int]:
        """How many calls of each operation it takes to carry out, where nothing fails."""
        counted = Counter(operation for step in self.steps for operation in step.operations)
        if self.steps:
            counted[LIST] += 1  # the last look, from which the next plan goes on
        return dict(sorted(counted.items()))

    @property
    def seconds(self) -> float:
        """The least time that the thresholds allow, in seconds, where nothing else uses them."""
        return least_seconds(self.steps)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return {
            "environment": self.environment,
            "changes": [_plain_change(change) for change in self.changes],
            "left": [
                {"id": each.id, "name": each.name, "creator": each.creator, "in_lock": each.key is not None}
                for each in self.left
            ],
            "calls": self.calls,
            "seconds": self.seconds,
            "handlers_not_read": self.trusted,
        }

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """Yield the plan as text."""
        for change in self.changes:
            yield from _change_lines(change)
        for left in self.left:
            reason = "its file was removed; --prune deletes it" if left.key else "it has no file"
            yield f"left alone  {left.name} ({left.id}, created by {left.creator or 'an unknown user'}): {reason}"
        if self.trusted:
            yield f"Not read: {self.trusted} handlers, trusting the lock file; a change made in Cliq would be missed."
        if self.empty:
            yield "Nothing to do: the account equals the folder."
        elif self.steps:
            calls = ", ".join(f"{count} {operation}" for operation, count in self.calls.items())
            yield f"Calls: {calls}. Least time: {duration(self.seconds)}."


def duration(seconds: float) -> str:
    """Return a time for people."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _plain_change(change: Change) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": change.kind, "file": f"actions/{change.key}.toml", "name": change.name}
    if change.id is not None:
        found["id"] = change.id
    if change.old_name not in (None, change.name):
        found["old_name"] = change.old_name
    if change.note:
        found["note"] = change.note
    found["fields"] = [
        {"field": each.field, "old": each.old, "new": _plain_value(each), "changed_at_account": each.foreign}
        for each in change.fields
    ]
    return found


def _plain_value(change: FieldChange) -> Any:
    """Return the new value; of an image its size alone."""
    return f"{len(change.new) * 3 // 4} bytes" if change.field in hidden_fields() else change.new


def _change_lines(change: Change) -> Iterator[str]:
    title = change.name
    if change.kind == "rename" and change.old_name is not None:
        title = f"{change.old_name} → {change.name}"
    yield f"{change.kind:<10}  {title} (actions/{change.key}.toml{f', {change.id}' if change.id else ''})"
    if change.note:
        yield f"    {change.note}"
    for each in change.fields:
        if each.field == "name" and not each.foreign:
            continue  # the title has it
        mark = "  (changed in the account since the last apply)" if each.foreign else ""
        if each.field == "script":
            yield f"    script:{mark}"
            yield from (f"      {line}" for line in script_diff(each.old, each.new, change.script_file or "script"))
        elif each.field in hidden_fields():
            yield f"    {each.field}: set; the API never returns it"
        elif change.kind == "create" or each.old is None:
            yield f"    {each.field}: {_shown(each.new)}{mark}"
        else:
            yield f"    {each.field}: {_shown(each.old)} → {_shown(each.new)}{mark}"


def script_diff(old: str | None, new: str | None, file: str) -> list[str]:
    """Return two scripts as a unified diff."""
    lines = difflib.unified_diff(_marked_lines(old), _marked_lines(new), "account", file, lineterm="")
    return [part for line in lines for part in line.split("\0")]


def _marked_lines(text: str | None) -> list[str]:
    """Return the lines of a text. Mark the last one if it has no line feed, as diff does."""
    *lines, last = normal_lines(text or "").split("\n")
    return [*lines, f"{last}\0\\ No newline at end of file"] if last else lines


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def handler_body(handler: Handler) -> dict[str, Any]:
    """Return the body that sets a handler."""
    return {"permissions": list(handler)} if isinstance(handler, tuple) else {"script": handler}


def handler_change(old: Handler | Unread, new: Handler, *, foreign: bool = False) -> FieldChange:
    """Return the change of a handler."""
    if isinstance(new, tuple):
        return FieldChange("permissions", list(old) if isinstance(old, tuple) else None, list(new), foreign)
    return FieldChange("script", old if isinstance(old, str) else None, new, foreign)
