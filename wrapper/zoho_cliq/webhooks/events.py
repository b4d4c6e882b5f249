"""An event, which Cliq sends when a user chooses a message action. It is read tolerantly.

The vendor does not document the delivery for message actions; the format follows what is published for other handlers.
So only the action's name is required, and what cannot be read is left out without an error. The models are the
generated ones of `zoho_cliq_api`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from zoho_cliq_api.models import (
    WebhookAccess,
    WebhookAttachment,
    WebhookChat,
    WebhookEnvironment,
    WebhookEvent,
    WebhookLocation,
    WebhookMention,
    WebhookMessage,
    WebhookUser,
)
from zoho_cliq_api.types import Unset

from . import schema
from .errors import StaleEvent, UnreadableEvent
from .verification import SIGNATURE_HEADER, verify_secret, verify_signature

_T = TypeVar("_T")


@dataclass(frozen=True)
class Event:
    """One event. What the handler's permissions do not cover is None, or an empty list.

    `model` is the generated model with everything that could be read, `raw` the JSON object as it came. The
    representation shows neither persons nor texts nor the response URL.
    """

    name: str
    model: WebhookEvent = field(repr=False)
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def user(self) -> WebhookUser | None:
        """The person who chose the action; needs the permission `user`."""
        return _given(self.model.params.user)

    @property
    def user_name(self) -> str:
        """The first and last name of the person who chose the action, as far as the event has them; may be empty."""
        names = (self.user.first_name, self.user.last_name) if self.user else ()
        return " ".join(name for name in names if name)

    @property
    def chat(self) -> WebhookChat | None:
        """The chat that the action was chosen in; needs the permission `chat`."""
        return _given(self.model.params.chat)

    @property
    def location(self) -> WebhookLocation | None:
        """Where the person is; needs the permission `location`."""
        return _given(self.model.params.location)

    @property
    def message(self) -> WebhookMessage | None:
        """The chosen message, the first where several were chosen; needs the permission `message`."""
        return _given(self.model.params.message) or next(iter(self.messages), None)

    @property
    def messages(self) -> Sequence[WebhookMessage]:
        """All chosen messages; needs the permission `message`."""
        several = _given(self.model.params.messages)
        listed = (_given(several.list_) if several else None) or []
        if listed:
            return listed
        single = _given(self.model.params.message)
        return [single] if single else []

    @property
    def mentions(self) -> Sequence[WebhookMention]:
        """Who is mentioned in the message; needs the permission `message`."""
        return _given(self.model.params.mentions) or []

    @property
    def attachments(self) -> Sequence[WebhookAttachment]:
        """The message's files; needs the permission `attachments`."""
        return _given(self.model.params.attachments) or []

    @property
    def access(self) -> WebhookAccess | None:
        """Ids of the person, the chat and the organization; comes with every event."""
        return _given(self.model.params.access)

    @property
    def environment(self) -> WebhookEnvironment | None:
        """The data center; comes with every event."""
        return _given(self.model.params.environment)

    @property
    def text(self) -> str:
        """The text of the chosen message; empty where there is none."""
        return (_given(self.message.text) if self.message else None) or ""

    @property
    def response_url(self) -> str | None:
        """Where one deferred answer may be posted. Whoever knows it can answer, so do not log it."""
        return _given(self.model.response_url)

    @property
    def sent_at(self) -> datetime | None:
        """When the action was chosen, in UTC."""
        stamp = _given(self.model.timestamp)
        try:
            return None if stamp is None else datetime.fromtimestamp(stamp / 1000, UTC)
        except (OverflowError, ValueError, OSError):
            return None


def _given(value: _T | Unset) -> _T | None:
    return None if isinstance(value, Unset) else value


def parse_event(
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    query: str = "",
    secret: str | None = None,
    public_key: str | bytes | None = None,
) -> Event:
    """Read an event; with `secret` or `public_key`, only after it has been verified.

    `headers` are looked up without case; `query` is the query string of the URL. Raise `SecretMismatch` and
    `SignatureMismatch` before the body is looked at, `UnreadableEvent` where the body is not a JSON object with a name.
    """
    if secret is not None:
        verify_secret(query, secret)
    if public_key is not None:
        given = {name.lower(): value for name, value in (headers or {}).items()}
        verify_signature(body, given.get(SIGNATURE_HEADER), public_key)
    return _read(body)


def _read(body: bytes) -> Event:
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableEvent("the body is not JSON") from None
    if not isinstance(raw, dict):
        raise UnreadableEvent("the body is not a JSON object")
    fitted = schema.fit("WebhookEvent", raw)
    if not fitted.get("name"):
        raise UnreadableEvent("the event names no action")
    fitted.setdefault("type", "messageaction")
    fitted.setdefault("params", {})
    handler = fitted.setdefault("handler", {})
    handler.setdefault("type", "execution_handler")
    return Event(fitted["name"], WebhookEvent.from_dict(fitted), raw)


def check_age(event: Event, now: float, window: float) -> None:
    """Raise `StaleEvent` if the event is more than `window` seconds older or newer than `now`.

    `now` is in seconds since 1970. An event without a readable time is let through: whether Cliq always sends one is
    not documented.
    """
    if event.sent_at is not None and abs(event.sent_at.timestamp() - now) > window:
        raise StaleEvent("the event is too old or from the future")
