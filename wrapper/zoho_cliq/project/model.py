"""The three states that a plan is computed from: the folder's, the account's, and the one recorded in the lock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from zoho_cliq_api.models import MessageAction

from .contract_fields import create_fields, hidden_fields

Handler: TypeAlias = str | tuple[str, ...] | None
"""A script, the permissions of a webhook action, or None if the handler is not set."""


class Unread:
    """A marker for a handler that was not read."""

    def __repr__(self) -> str:
        return "UNREAD"


UNREAD: Final = Unread()


def digest(value: Any) -> str:
    """Return a short hash of a value that does not reveal it. The order of a list does not matter."""
    plain = canonical(value)
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def canonical(value: Any) -> Any:
    """Return a value in a form in which equal meanings are equal: lists as sets, line ends as line feeds."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return sorted({json.dumps(item): item for item in value}.values(), key=str)
    return normal_lines(value) if isinstance(value, str) else value


def normal_lines(text: str) -> str:
    """Return a text without byte order mark and with line feeds as line ends, as it is when read from a file."""
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def handler_digest(handler: Handler) -> str:
    """Return the digest of a handler. An empty one has the digest of one that was never set."""
    return digest(handler or None)


def same_handler(one: Handler, other: Handler) -> bool:
    """Return whether two handlers mean the same."""
    return same(one or None, other or None)


def same(one: Any, other: Any) -> bool:
    """Return whether two values of a field mean the same."""
    return bool(canonical(one) == canonical(other))


@dataclass(frozen=True, slots=True)
class DesiredAction:
    """What a file wants. `key` is the file's name without `.toml`; a field that the file leaves out is not managed.

    `fields` are those of a create, an image as base64 text. `handler` is None where the file does not manage it.
    """

    key: str
    fields: Mapping[str, Any]
    handler: Handler = None
    script_file: str | None = None

    @property
    def name(self) -> str:
        """The name of the action."""
        return str(self.fields["name"])


@dataclass(frozen=True, slots=True)
class AccountAction:
    """An action as the account has it. `handler` is UNREAD until it was asked for."""

    id: str
    fields: Mapping[str, Any]
    handler: Handler | Unread = UNREAD
    creator: str = ""

    @property
    def name(self) -> str:
        """The name of the action."""
        return str(self.fields.get("name", ""))

    def with_handler(self, handler: Handler) -> AccountAction:
        """Return the same action with its handler known."""
        return replace(self, handler=handler)


def account_action(action: MessageAction) -> AccountAction:
    """Return an action of an answer."""
    shown = action.to_dict()
    creator = shown.get("creator")
    return AccountAction(
        str(shown["id"]),
        {name: shown[name] for name in create_fields() if name in shown},
        creator=str(creator.get("name", "")) if isinstance(creator, dict) else "",
    )


def handler_of(answer: Mapping[str, Any]) -> Handler:
    """Return what a handler's answer holds."""
    script, permissions = answer.get("script"), answer.get("permissions")
    if isinstance(permissions, list) and not script:
        return tuple(sorted(map(str, permissions)))
    return script if isinstance(script, str) else None


@dataclass(frozen=True, slots=True)
class Entry:
    """What the lock remembers of one action: its id, and digests of how the account had it last.

    `replacement` is the id of the action that is taking its place, where that was interrupted.
    """

    id: str
    fields: Mapping[str, str] = field(default_factory=dict)
    handler: str | None = None
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """What the lock file remembers of one environment. `sync_token` is that of the last listing."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    sync_token: str | None = None

    def with_entry(self, key: str, entry: Entry | None) -> Lock:
        """Return the lock with another entry for `key`; None takes it out."""
        rest = {name: old for name, old in self.entries.items() if name != key}
        return replace(self, entries=rest if entry is None else {**rest, key: entry})

    def key_of(self, identifier: str) -> str | None:
        """Return the key of an id, or None."""
        return next((key for key, entry in self.entries.items() if entry.id == identifier), None)


def entry_of(action: AccountAction, known: Entry | None = None, sent: Mapping[str, Any] | None = None) -> Entry:
    """Return the entry for an action as the account has it now.

    Args:
        known: the entry so far, for digests of what the account does not show.
        sent: fields that were sent just now; those that the API hides are remembered from them.
    """
    remembered = dict(known.fields) if known and known.id == action.id else {}
    hidden = {name: value for name, value in remembered.items() if name in hidden_fields()}
    hidden |= {name: digest(value) for name, value in (sent or {}).items() if name in hidden_fields()}
    old = known.handler if known and known.id == action.id else None
    handler = old if isinstance(action.handler, Unread) else handler_digest(action.handler)
    return Entry(action.id, {**hidden, **{name: digest(value) for name, value in action.fields.items()}}, handler)
