"""Keep idle connections for the next request to the same origin."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict, deque

from .routes import Route
from .wire import Connection

IDLE_SECONDS = 5.0
"""Seconds that an idle connection is kept. Servers close idle connections, and a request sent at that moment is
lost."""
MOST_IDLE = 20  # for each route


class Pool:
    """Idle connections by route.

    It relies on the atomic operations of deque and has no lock, because a fork could inherit a lock in the locked
    state.
    """

    def __init__(self) -> None:
        self._idle: defaultdict[Route, deque[Connection]] = defaultdict(deque)
        self.closed = False

    def take(self, route: Route) -> Connection | None:
        """Return the connection that was used last, or None.

        Close connections that are old, closed or have unread bytes.
        """
        idle = self._idle[route]
        while True:
            try:
                connection = idle.pop()
            except IndexError:
                return None
            if time.monotonic() - connection.idle_since < IDLE_SECONDS and connection.is_quiet():
                return connection
            connection.close()

    def put(self, connection: Connection) -> None:
        """Keep a connection whose last response is complete."""
        connection.idle_since = time.monotonic()
        idle = self._idle[connection.route]
        idle.append(connection)
        if len(idle) > MOST_IDLE or self.closed:
            self._drop(idle, 0 if self.closed else MOST_IDLE)

    def close(self) -> None:
        """Close the idle connections now, and those in use when they are put back."""
        self.closed = True
        for idle in list(self._idle.values()):
            self._drop(idle, 0)

    @staticmethod
    def _drop(idle: deque[Connection], keep: int) -> None:
        with contextlib.suppress(IndexError):  # another thread may have emptied it
            while len(idle) > keep:
                idle.popleft().close()
