"""The types that connect a script's tasks with the caller: requests, responses, posts, and the protocol of Cliq."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .failures import DelugeError

__all__ = ["Cliq", "HttpRequest", "HttpResponse", "Post", "Sender", "TaskError", "refuse"]


class TaskError(DelugeError):
    """Raised by a sender, a `Cliq` or a stub when its task fails. The script can catch it."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request of ``invokeurl``, ``invokeapi``, ``getUrl`` or ``postUrl``.

    Attributes:
        method: ``GET``, ``POST``, ``PUT``, ``PATCH`` or ``DELETE``.
        url: The URL with its query.
        headers: The headers that the script set, and ``Content-Type``.
        body: The body; empty if there is none.
        secrets: The headers of the connection. Send them with the others; they are left out of the repr.
        timeout: Seconds that the request may take.
        limit: Bytes that the response may have.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 40.0
    limit: int = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """The response to a request.

    Attributes:
        status: The status code.
        body: The body.
        headers: The headers; case is ignored in their names.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """Return the value of a header; empty if it is missing."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


Sender = Callable[[HttpRequest], HttpResponse]
"""A function that sends a request and returns the response, or raises `TaskError`."""


def refuse(request: HttpRequest) -> HttpResponse:
    """Refuse every request. A gateway uses this unless it is given another sender.

    Raises:
        TaskError: always; the message says how to allow requests.
    """
    raise TaskError(
        "requests are not sent; give the gateway a sender, for example HttpSender() for loopback addresses or "
        'HttpSender(hosts=["api.example.com"]) for named hosts'
    )


@dataclass(frozen=True, slots=True)
class Post:
    """A message that a script posts.

    Attributes:
        task: The task, without ``zoho.cliq.``: ``postToChat``, ``postToChannelAsBot`` …
        target: The chat's id, the channel's or bot's unique name, or the user's email address or id.
        message: A text, a map, a `File`, or a list of files.
        bot: The bot in whose name ``postToChannelAsBot`` posts; empty for other tasks.
        connection: The connection's link name; empty if the script names none.
    """

    task: str
    target: str
    message: Any
    bot: str = ""
    connection: str = ""


class Cliq(Protocol):
    """The operations of Cliq's tasks. A method returns the task's result, or raises `TaskError`."""

    def post(self, post: Post) -> Any:
        """Post a message."""
        ...

    def edit_message(self, chat: str, message_id: str, message: Any) -> Any:
        """Replace a message of a chat."""
        ...

    def create_record(self, database: str, values: dict[str, Any]) -> Any:
        """Add a record to a database."""
        ...

    def get_records(self, database: str, query: dict[str, Any]) -> Any:
        """Return the records that match ``query["criteria"]``."""
        ...

    def get_record(self, database: str, record_id: str) -> Any:
        """Return one record."""
        ...

    def update_record(self, database: str, record_id: str, values: dict[str, Any]) -> Any:
        """Change some fields of a record."""
        ...

    def delete_record(self, database: str, record_id: str) -> Any:
        """Remove one record."""
        ...

    def delete_records(self, database: str, criteria: str) -> Any:
        """Remove the records that match the criteria."""
        ...

    def set_properties(self, values: dict[str, Any]) -> Any:
        """Set properties of the extension."""
        ...

    def get_property(self, key: str) -> Any:
        """Return a property of the extension."""
        ...

    def delete_property(self, key: str) -> Any:
        """Remove a property of the extension."""
        ...
