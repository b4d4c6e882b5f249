"""Which event was answered how, so that an event that comes twice is handled once. Needs only the standard library."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: `status`, `headers` with capitalized names, `body`."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class Replies:
    """The replies of the last `seconds`, at most `most` of them, by the body of the event that they answered.

    `claim` says who handles an event: it gives None to the first who asks, and the reply, or `BUSY` while there is none
    yet, to all others. Safe for threads.
    """

    # With a 5xx, a sender that tries again does so, and then gets the reply.
    BUSY = Reply(
        503, b'{"error":"this event is being handled"}', {"Content-Type": "application/json", "Retry-After": "5"}
    )

    def __init__(self, seconds: float, now: Callable[[], float], most: int = 1000) -> None:
        self._seconds = seconds
        self._now = now
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, tuple[float, Reply]] = OrderedDict()

    def claim(self, body: bytes) -> Reply | None:
        """None where this event is the caller's to handle; else what another call answers to it."""
        key = _key(body)
        with self._lock:
            self._forget_old()
            if key in self._known:
                return self._known[key][1]
            self._known[key] = (self._now(), self.BUSY)
            return None

    def settle(self, body: bytes, reply: Reply) -> None:
        """Keeps the reply for whoever sends this event again."""
        with self._lock:
            self._known[_key(body)] = (self._now(), reply)

    def release(self, body: bytes) -> None:
        """Gives up a claim, so that the event may come again."""
        with self._lock:
            self._known.pop(_key(body), None)

    def _forget_old(self) -> None:
        oldest = self._now() - self._seconds
        while self._known and (len(self._known) >= self._most or next(iter(self._known.values()))[0] < oldest):
            self._known.popitem(last=False)


def _key(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()
