"""Test the functions of a receiver: build an event, and call the receiver with it. No socket is opened.

    from zoho_cliq.webhooks.testing import call, event

    answered = call(receiver, event("Create ticket", text="The printer is on fire", user={"first_name": "Ada"}))
    assert answered.text == "Filed: The printer is on fire"

Events have the shape of the generated models. Deferred answers to them are kept, not sent: `answered.deferred()`.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias, TypeVar
from urllib.parse import urlencode

from zoho_cliq_api.contract import SERVERS
from zoho_cliq_api.models import (
    Permission,
    WebhookAccess,
    WebhookAttachment,
    WebhookChat,
    WebhookEnvironment,
    WebhookEvent,
    WebhookEventHandler,
    WebhookLocation,
    WebhookMention,
    WebhookMessage,
    WebhookMessages,
    WebhookOrganization,
    WebhookParams,
    WebhookUser,
)

from ..errors import ConfigurationError
from .deferred import INBOXES
from .events import Event, parse_event
from .receiver import Receiver
from .replies import Reply
from .verification import SECRET_PARAMETER, SIGNATURE_HEADER

PermissionName: TypeAlias = Permission | Literal["attachments", "chat", "location", "message", "user"]
_M = TypeVar("_M", WebhookUser, WebhookChat, WebhookMessage, WebhookAttachment, WebhookLocation, WebhookMention)

EVERYTHING: tuple[PermissionName, ...] = tuple(Permission)
USER = {
    "id": "70021945",
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "ada@example.com",
    "language": "en",
    "country": "us",
    "timezone": "UTC",
    "organization_id": "48210",
    "admin": True,
}
"""The default user of `event`."""

_numbers = itertools.count(1)


def event(
    name: str,
    *,
    text: str | Sequence[str] = "The printer is on fire",
    user: Mapping[str, Any] | WebhookUser | None = None,
    chat: Mapping[str, Any] | WebhookChat | None = None,
    attachments: Sequence[Mapping[str, Any] | WebhookAttachment] = (),
    mentions: Sequence[Mapping[str, Any] | WebhookMention] = (),
    location: Mapping[str, Any] | WebhookLocation | None = None,
    permissions: Collection[PermissionName] = EVERYTHING,
    sent_at: datetime | None = None,
    response_url: str | None = "",
) -> Event:
    """Return an event as Cliq sends it when a person chooses the action `name`.

    Args:
        name: the action's name.
        text: the text of the chosen message; several texts are several chosen messages. Default: an example.
        user: who chooses: a model, or fields that differ from those of an example person.
        chat: where: a model, or fields that differ from those of an example.
        attachments: files of the message: models, or their fields. Default: none.
        mentions: people that the message mentions: models, or their fields. Default: none.
        location: where the person is: a model, or fields that differ from those of an example.
        permissions: what the handler may see; the rest is left out of the event. Default: everything.
        sent_at: when the action was chosen. Default: now, by the system's clock.
        response_url: where a deferred answer goes; None is no URL. Default: the answer is kept for `Answered.deferred`.

    Raise ConfigurationError where a model has no such field, or there is no such permission.
    """
    unknown = [each for each in permissions if each not in list(Permission)]
    if unknown:
        raise ConfigurationError(f"permissions: there is no {unknown[0]!r}; there are {', '.join(Permission)}")
    number = next(_numbers)
    moment = int((sent_at.timestamp() if sent_at else time.time()) * 1000)
    person = _model("user", WebhookUser, USER, user)
    place = {"id": "CT_1001_48210", "title": "#general", "type": "channel", "owner": person.id, "members": [person]}
    room = _model("chat", WebhookChat, place, chat)
    messages = [
        WebhookMessage(f"{moment} {number:06d}{index:03d}", person, each, str(moment), "text")
        for index, each in enumerate([text] if isinstance(text, str) else text)
    ]
    params = WebhookParams(
        access=WebhookAccess(room.id, WebhookOrganization("48210", "company"), "testing", person.id, person.id),
        environment=WebhookEnvironment(SERVERS["us"].base_url.partition("/api/")[0], "US", ".com"),
    )
    if "message" in permissions:
        params.messages = WebhookMessages(len(messages), messages)
        params.mentions = [_model("mentions", WebhookMention, {}, each) for each in mentions]
        if messages:
            params.message = messages[0]
    if "attachments" in permissions:
        params.attachments = [_model("attachments", WebhookAttachment, {}, each) for each in attachments]
    if "user" in permissions:
        params.user = person
    if "chat" in permissions:
        params.chat = room
    if "location" in permissions:
        where = {"latitude": 52.52, "longitude": 13.405, "accuracy": 30.0, "status": "granted"}
        params.location = _model("location", WebhookLocation, where, location)
    built = WebhookEvent(WebhookEventHandler("execution_handler"), name, params, "messageaction", timestamp=moment)
    if response_url == "":
        response_url = f"{SERVERS['us'].base_url}/testing/{number}"
        INBOXES[response_url] = Inbox()
    if response_url is not None:
        built.response_url = response_url
    return parse_event(json.dumps(built.to_dict()).encode())


class Inbox:
    """Collects the deferred answers to one event."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self._came = threading.Condition()

    def __repr__(self) -> str:
        return f"<Inbox: {len(self.answers)} deferred answers>"

    def __call__(self, body: bytes) -> None:
        with self._came:
            self.answers.append(json.loads(body)["output"])
            self._came.notify_all()

    def first(self, seconds: float) -> Any:
        """Return the first answer. Wait for it at most `seconds` of real time, then raise TimeoutError."""
        with self._came:
            if not self._came.wait_for(lambda: self.answers, seconds):
                raise TimeoutError(f"no deferred answer came within {seconds:g} s")
            return self.answers[0]


@dataclass(frozen=True)
class Answered:
    """The result of a receiver for an event.

    Attributes:
        status: the HTTP status; 200 even if the function failed, and then `output` is the banner that says so.
        output: the answer's `output`; empty if nothing is shown or the event was refused.
        reply: the whole HTTP answer.
    """

    status: int
    output: Mapping[str, Any]
    reply: Reply = field(repr=False)
    _inbox: Inbox | None = field(repr=False)

    @property
    def kind(self) -> str:
        """`message`, `banner`, `form`, `form_error`, or `nothing`."""
        return str(self.output.get("type", "message")) if self.output else "nothing"

    @property
    def text(self) -> str:
        """The visible text: the text, or the title of a form."""
        return str(self.output.get("title" if self.kind == "form" else "text", ""))

    def deferred(self, wait: float = 5.0) -> Mapping[str, Any]:
        """Return the `output` of the deferred answer.

        Args:
            wait: seconds of real time to wait for it. Default: 5.

        Raise TimeoutError if none comes, and ConfigurationError if the event had a `response_url` of its own.
        """
        if self._inbox is None:
            raise ConfigurationError("deferred answers are kept for events without a response_url of their own only")
        output: Mapping[str, Any] = self._inbox.first(wait)
        return output


def call(receiver: Receiver, event: Event, *, sign: Callable[[bytes], str] | None = None) -> Answered:
    """Handle an event as if Cliq had sent it, in this thread, with the receiver's own secret.

    Args:
        receiver: the receiver.
        event: the event.
        sign: returns the `X-Cliq-Signature` of a body; required if the receiver has a `public_key`.

    Raise ConfigurationError if the receiver has no function for the action, or if an async one is called in a task.
    """
    if inspect.iscoroutinefunction(receiver._handlers.get(event.name)) and asyncio._get_running_loop() is not None:
        raise ConfigurationError("in a task, call an async function by await call_async(…)")
    return _answered(event, receiver.handle(*_request(receiver, event, sign)))


async def call_async(receiver: Receiver, event: Event, *, sign: Callable[[bytes], str] | None = None) -> Answered:
    """Handle an event as `call` does, in this task."""
    return _answered(event, await receiver.handle_async(*_request(receiver, event, sign)))


def _request(
    receiver: Receiver, event: Event, sign: Callable[[bytes], str] | None
) -> tuple[str, dict[str, str], bytes, str]:
    if event.name not in receiver._handlers:
        names = ", ".join(map(repr, sorted(receiver._handlers))) or "none"
        raise ConfigurationError(f"the receiver has no function for {event.name!r}; it has {names}")
    body = json.dumps(event.raw).encode()
    headers = {"Content-Type": "application/json"} | ({SIGNATURE_HEADER: sign(body)} if sign else {})
    query = urlencode({SECRET_PARAMETER: receiver._secret}) if receiver._secret else ""
    return "POST", headers, body, query


def _answered(event: Event, reply: Reply) -> Answered:
    output = json.loads(reply.body).get("output", {}) if reply.status == 200 else {}
    inbox = INBOXES.get(event.response_url or "")
    return Answered(reply.status, output, reply, inbox if isinstance(inbox, Inbox) else None)


def _model(name: str, model: type[_M], example: Mapping[str, Any], given: Mapping[str, Any] | _M | None) -> _M:
    if isinstance(given, model):
        return given
    differing: Any = given or {}
    fields = {**example, **differing}
    unknown = fields.keys() - model.FIELD_NAMES.keys()
    if unknown:
        raise ConfigurationError(f"{name}: has no field {min(unknown)!r}; it has {', '.join(model.FIELD_NAMES)}")
    return model(**{model.FIELD_NAMES[field]: value for field, value in fields.items()})
