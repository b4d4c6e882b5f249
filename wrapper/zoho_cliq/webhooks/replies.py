"""Remember the reply to each event, so that an event that comes twice is handled once.

Imports only the standard library.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

RETRY_LATER = {"Content-Type": "application/json", "Retry-After": "5"}


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: `status`, `headers` with capitalized names, `body`."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class Replies:
    """The replies to recent events, by the body of the event. Thread-safe.

    `claim` decides who handles an event: the first caller gets None, others the reply, or `BUSY` while the function
    still runs. A claim is held until `settle` or `release`. A reply is dropped when it is older than `seconds` and
    never sooner, because an event without a remembered reply could run its function again. If `most_events` events or
    `most_bytes` bytes of replies are remembered, further events get `FULL`.

    Ages are measured with `monotonic`, because the wall clock may be set.
    """

    # A sender tries again after a 5xx, and then gets the reply.
    BUSY = Reply(503, b'{"error":"this event is being handled"}', RETRY_LATER)
    FULL = Reply(503, b'{"error":"too many events; send this one again later"}', RETRY_LATER)

    def __init__(
        self,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        most_events: int = 100_000,
        most_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._most_events = most_events
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._running: set[bytes] = set()
        self._settled: OrderedDict[bytes, tuple[float, Reply]] = OrderedDict()  # the oldest first
        self._bytes = 0

    def claim(self, body: bytes) -> Reply | None:
        """Return None if the caller must handle this event, else the reply to it."""
        key = _key(body)
        with self._lock:
            self._forget_old()
            if key in self._running:
                return self.BUSY
            if key in self._settled:
                return self._settled[key][1]
            if len(self._running) + len(self._settled) >= self._most_events or self._bytes >= self._most_bytes:
                return self.FULL
            self._running.add(key)
            return None

    def settle(self, body: bytes, reply: Reply) -> None:
        """Store the reply for further copies of this event."""
        key = _key(body)
        with self._lock:
            self._running.discard(key)
            self._settled[key] = (self._monotonic(), reply)
            self._bytes += len(reply.body)

    def release(self, body: bytes) -> None:
        """Give up a claim, so that the event can be handled again."""
        with self._lock:
            self._running.discard(_key(body))

    def _forget_old(self) -> None:
        oldest = self._monotonic() - self._seconds
        while self._settled and next(iter(self._settled.values()))[0] < oldest:
            _, (_, reply) = self._settled.popitem(last=False)
            self._bytes -= len(reply.body)


def _key(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()
