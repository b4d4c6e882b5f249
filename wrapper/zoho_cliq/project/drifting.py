"""Find what changed in the account since the last apply or pull, without reading the action files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .contract_fields import hidden_fields
from .effects import Steps
from .gathering import OnProgress, changed_since, everything, listed, read_handlers
from .model import Lock, digest, handler_digest


@dataclass(frozen=True, slots=True)
class Drifted:
    """One action that is not as the lock remembers it. `gone` says that it is no longer in the account.

    `fields` has the values that the account has now; `handler` says that the handler is different.
    """

    key: str
    id: str
    name: str
    gone: bool = False
    fields: tuple[tuple[str, Any], ...] = ()
    handler: bool = False

    def __str__(self) -> str:
        if self.gone:
            return f"{self.key} ({self.id}) is no longer in the account"
        parts = [f"{name} is now {value!r}" for name, value in self.fields]
        parts += ["the handler is different"] if self.handler else []
        return f"{self.key} ({self.id}, {self.name}): {'; '.join(parts)}"


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed at the account. `unmanaged` actions are not in the lock, and count as no drift."""

    changes: tuple[Drifted, ...]
    unmanaged: tuple[tuple[str, str], ...] = ()
    trusted: int = 0


def drifted(lock: Lock, *, trust_lock: bool, on_progress: OnProgress = None) -> Steps[Drift]:
    """Compare the account with the lock; see `zoho_cliq.project.drift`."""
    actions, _ = yield from listed()
    changed = yield from changed_since(lock, set(actions)) if trust_lock else everything(set(actions))
    known = {entry.id: entry for entry in lock.entries.values() if entry.handler is not None and entry.id in actions}
    handlers = yield from read_handlers([each for each in known if each in changed], on_progress)
    found = []
    for key, entry in lock.entries.items():
        action = actions.get(entry.id)
        if action is None:
            found.append(Drifted(key, entry.id, "", gone=True))
            continue
        names = (
            sorted({*action.fields, *(name for name in entry.fields if name not in hidden_fields())})
            if entry.fields
            else []
        )
        fields = tuple(
            (name, action.fields.get(name))
            for name in names
            if entry.fields.get(name) != (digest(action.fields[name]) if name in action.fields else None)
        )
        other = entry.id in handlers and handler_digest(handlers[entry.id]) != entry.handler
        if fields or other:
            found.append(Drifted(key, entry.id, action.name, fields=fields, handler=other))
    managed = {entry.id for entry in lock.entries.values()} | {e.replacement for e in lock.entries.values()}
    unmanaged = tuple((action.id, action.name) for action in actions.values() if action.id not in managed)
    return Drift(tuple(found), unmanaged, len(known) - len(handlers))
