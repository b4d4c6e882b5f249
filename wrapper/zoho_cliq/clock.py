"""Time as the client sees it, so that tests can run a day in a moment. Needs nothing but the standard library."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where the client takes time from, and how it waits."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps, the same for every process of the machine. Thresholds use it."""
        ...

    def time(self) -> float:
        """Seconds since 1970. Expiry of tokens uses it."""
        ...

    def sleep(self, seconds: float) -> None:
        """Waits in this thread."""
        ...

    async def async_sleep(self, seconds: float) -> None:
        """Waits in this task."""
        ...


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def async_sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
