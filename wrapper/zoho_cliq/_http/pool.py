"""Idle connections, kept for the next request to the same origin."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict, deque

from .routes import Route
from .wire import Connection

IDLE_SECONDS = 5.0
"""How long an idle connection is kept. Servers close theirs at some time, and a request that crosses it is lost."""
MOST_IDLE = 20


class Pool:
    """Idle connections by route. A deque's own steps are atomic, so there is no lock that a fork could inherit held."""

    def __init__(self) -> None:
        self._idle: defaultdict[Route, deque[Connection]] = defaultdict(deque)
        self.closed = False

    def take(self, route: Route) -> Connection | None:
        """Return the connection that was used last, or None. What is old, closed or has unread bytes is closed."""
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
        """Keep a connection that has nothing outstanding."""
        connection.idle_since = time.monotonic()
        idle = self._idle[connection.route]
        idle.append(connection)
        if len(idle) > MOST_IDLE or self.closed:
            self._drop(idle, 0 if self.closed else MOST_IDLE)

    def close(self) -> None:
        """Close what is idle, and later what is still in use."""
        self.closed = True
        for idle in list(self._idle.values()):
            self._drop(idle, 0)

    @staticmethod
    def _drop(idle: deque[Connection], keep: int) -> None:
        with contextlib.suppress(IndexError):  # another thread may be quicker
            while len(idle) > keep:
                idle.popleft().close()
