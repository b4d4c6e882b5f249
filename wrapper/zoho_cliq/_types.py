"""The types that engine, drivers and transports exchange: requests, answers and effects. No I/O."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")


class Secret:
    """A text that must not be shown.

    `reveal()` returns it. repr and str hide it, and pickling raises TypeError; a copy is the secret itself.
    """

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

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def fits_header(text: object) -> bool:
    """Return whether `text` can be a token in a header: ASCII, printable, not empty, without spaces."""
    return isinstance(text, str) and bool(text) and text.isascii() and text.isprintable() and " " not in text


@dataclass(frozen=True, slots=True)
class Request:
    """One attempt of one call, as middleware sees it. The transport adds the access token.

    Attributes:
        operation: the operation's id.
        url: an absolute URL.
        timeout: seconds that the attempt may take.
        attempt: its number, from 1.
        waited: seconds that the call has waited so far for thresholds, locks, tokens and retries.
        send_by: the latest time, on the client's monotonic clock, to send the first byte. Middleware that sends another
            request must keep it, as `dataclasses.replace` does.
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
    """An answer as received, except that a token which the server repeats is blanked.

    Attributes:
        operation: the operation's id.
        headers: header names are in lower case. Not in the repr, like the body, because they may hold anything.
        attempts: the attempts of the call so far, of which `retries` were retries.
        waited: seconds that the call has waited so far.
        elapsed: seconds that this attempt took.
    """

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
    """A wait of the client, passed to `on_wait` before it begins. `seconds` is its length, `reason` its cause."""

    operation: str
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Send:
    """Ask the driver to send a request. It sends a `RawResponse` into the generator, or throws a `TransportError`.

    A `private` request has secrets in its body and bypasses middleware.
    """

    request: Request
    private: bool = False


@dataclass(frozen=True, slots=True)
class Sleep:
    """Ask the driver to wait, in seconds."""

    seconds: float


class Busy(Exception):
    """The work would block on a thread, a process or a disk. Nothing of it was done."""


@dataclass(frozen=True, slots=True)
class Do:
    """Ask the driver to call `work`. It may block on a file or a server, so it must not run on an event loop.

    `at_once`, if not None, calls `work` without blocking, or raises `Busy`.
    """

    work: Callable[[], Any]
    at_once: Callable[[Callable[[], Any]], Any] | None = None


Effect: TypeAlias = Send | Sleep | Do
Steps: TypeAlias = Generator[Effect, Any, T]
