"""Compare what a file wants with what the account has."""

from __future__ import annotations

from .contract_fields import fixed_fields, hidden_fields
from .model import AccountAction, DesiredAction, Entry, Unread, digest, handler_digest, same, same_handler
from .plans import FieldChange, handler_change


def fixed_differences(wanted: DesiredAction, action: AccountAction) -> list[str]:
    """Return the fields that differ and cannot be changed."""
    return [
        name
        for name in sorted(fixed_fields())
        if name in wanted.fields and name in action.fields and not same(wanted.fields[name], action.fields[name])
    ]


def differences(wanted: DesiredAction, action: AccountAction, entry: Entry | None) -> list[str]:
    """Return the changeable fields that differ.

    Fields that the account never shows are compared with what was sent last.
    """
    remembered = entry.fields if entry is not None and entry.id == action.id else {}
    return [
        name
        for name, value in wanted.fields.items()
        if name not in fixed_fields()
        and (
            remembered.get(name) != digest(value)
            if name in hidden_fields()
            else not same(value, action.fields.get(name))
        )
    ]


def field_change(name: str, action: AccountAction, wanted: DesiredAction, entry: Entry | None) -> FieldChange:
    """Return the change of a field; `foreign` if the account's value is not the one that was applied last."""
    old = action.fields.get(name)
    known = entry.fields.get(name) if entry is not None and name in action.fields else None
    return FieldChange(name, old, wanted.fields[name], known is not None and known != digest(old))


def handler_difference(wanted: DesiredAction, action: AccountAction, entry: Entry | None) -> FieldChange | None:
    """Return the change of the handler, or None if it needs none."""
    if wanted.handler is None:
        return None
    if isinstance(action.handler, Unread):
        # The lock is trusted: the account has what was applied last.
        known = entry.handler if entry is not None else None
        return None if known == handler_digest(wanted.handler) else handler_change(action.handler, wanted.handler)
    if same_handler(action.handler, wanted.handler):
        return None
    foreign = entry is not None and handler_is_foreign(action, entry)
    return handler_change(action.handler, wanted.handler, foreign=foreign)


def handler_is_foreign(action: AccountAction, entry: Entry) -> bool:
    """Return whether the account's handler is not the one that was applied last."""
    if entry.handler is None or isinstance(action.handler, Unread):
        return False
    return entry.handler != handler_digest(action.handler)
