"""Wait on a clock that jumps (`Clock.jumps`), while no attempt is in flight.

On such a clock, a wait in one thread moves the time of all threads. An attempt in flight would then seem to have taken
as long as the wait, and its slot would have expired before the server saw the call. So a wait begins when no attempt is
in flight, and several waits until the same time move the clock once.
"""

from __future__ import annotations

import threading
import time

from .clock import Clock
from .state.shared import PerClock

MOST_PATIENCE = 2.0
"""Seconds of real time after which the clock is moved even so: middleware may wait within an attempt."""
_LOOK_AGAIN = 0.001


class InFlight:
    """The attempts in flight of all clients on one jumping clock. A context manager around each attempt."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def sleep(self, clock: Clock, seconds: float) -> None:
        """Wait in this thread, in seconds."""
        until = clock.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: not self._count, MOST_PATIENCE)
            if (left := until - clock.monotonic()) > 0:
                clock.sleep(left)

    async def async_sleep(self, clock: Clock, seconds: float) -> None:
        """Wait in this task, in seconds."""
        import asyncio  # here, so that those who use threads do not wait for its import

        until, patience = clock.monotonic() + seconds, time.monotonic() + MOST_PATIENCE
        while self._count and time.monotonic() < patience:  # noqa: ASYNC110 - another thread may be on its way
            await asyncio.sleep(_LOOK_AGAIN)
        if (left := until - clock.monotonic()) > 0:
            await clock.async_sleep(left)


_IN_FLIGHT = PerClock(InFlight)


def in_flight(clock: Clock) -> InFlight | None:
    """Return the attempts in flight of the clients on `clock`, or None if the clock does not jump."""
    return _IN_FLIGHT.of(clock) if getattr(clock, "jumps", False) else None
