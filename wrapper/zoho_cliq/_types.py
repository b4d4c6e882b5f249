"""What passes between engine, drivers and transport: requests, answers, and the engine's wishes. No I/O in here."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")


class Secret:
    """A text that must not be shown. `reveal()` gives it; repr and str do not, and pickling it is refused."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def fits_header(text: object) -> bool:
    """Return whether `text` is a token that a header can carry."""
    return isinstance(text, str) and bool(text) and text.isascii() and text.isprintable() and " " not in text


@dataclass(frozen=True, slots=True)
class Request:
    """One attempt of one call, as middleware sees it. The access token is added by the transport.

    `url` is absolute. `timeout` bounds the attempt, in seconds. `attempt` counts from 1; `waited` is how many seconds
    the call has waited so far for thresholds, locks, tokens and retries. `send_by` is the latest moment, on the
    client's monotonic clock, at which its first byte may go out; a layer that sends another request keeps it, as
    `dataclasses.replace` does.
    """

    operation: str
    method: str
    url: str
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    authorization: Secret | None = None
    timeout: float = 30.0
    attempt: int = 1
    waited: float = 0.0
    send_by: float = math.inf


@dataclass(frozen=True, slots=True)
class RawResponse:
    """An answer as it came, except that a token which the server repeats is blanked. Header names are lower case.
    `attempts`, of which `retries` were repeats, and `waited` tell what the call took so far, and `elapsed` what this
    attempt took, both in seconds. Headers and body, which may hold anything, are not in the repr."""

    operation: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    attempts: int = 1
    waited: float = 0.0
    retries: int = 0
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait of the client, as `on_wait` gets it: before it begins."""

    operation: str
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Send:
    """The engine wants this sent; it expects a `RawResponse`, or a `TransportError` raised at the yield.

    `private` requests carry secrets in their body and bypass middleware.
    """

    request: Request
    private: bool = False


@dataclass(frozen=True, slots=True)
class Sleep:
    """The engine wants to wait for so many seconds."""

    seconds: float


class Busy(Exception):
    """The work would have to wait for a thread, a process or a disk; nothing of it was done."""


@dataclass(frozen=True, slots=True)
class Do:
    """The engine wants this called. It may block, on a file or a server, and so does not belong on an event loop.

    `at_once`, where there is one, does the work without waiting or raises `Busy`.
    """

    work: Callable[[], Any]
    at_once: Callable[[Callable[[], Any]], Any] | None = None


Effect: TypeAlias = Send | Sleep | Do
Steps: TypeAlias = Generator[Effect, Any, T]
