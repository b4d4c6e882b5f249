"""Time as the client sees it, so that tests can run a day in a moment, and which timeouts there can be."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from .errors import ConfigurationError

LONGEST_TIMEOUT = 86_400.0
"""Seconds: what the operating system's timers surely take."""


def checked_seconds(name: str, value: object) -> float:
    """`value`, or ConfigurationError where it is no number."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ConfigurationError(f"{name} is a number of seconds, not {value!r}")
    return value


def checked_timeout(value: object) -> float:
    """`value`, or ConfigurationError where no timer can take it."""
    seconds = checked_seconds("timeout", value)
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise ConfigurationError(f"timeout is in seconds, above 0 and at most {LONGEST_TIMEOUT:g}, not {seconds!r}")
    return seconds


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


# Goes on while the machine is suspended, where the system has such a clock: the server's minutes go on as well.
_SINCE_BOOT: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        return time.monotonic() if _SINCE_BOOT is None else time.clock_gettime(_SINCE_BOOT)

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def async_sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
