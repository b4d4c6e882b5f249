"""Time as the client sees it, so that tests can run a day in a moment, and which timeouts there can be."""

from __future__ import annotations

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
    """Where the client takes time from, and how it waits.

    A clock for tests whose waits take no time has `jumps = True`, as `zoho_cliq.testing.FakeClock` does.
    """

    def monotonic(self) -> float:
        """Return seconds on a clock that never steps, the same for every process of the machine. Thresholds use it."""
        ...

    def time(self) -> float:
        """Return seconds since 1970. Expiry of tokens uses it."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait in this thread."""
        ...

    async def async_sleep(self, seconds: float) -> None:
        """Wait in this task."""
        ...


# Goes on while the machine is suspended, where the system has such a clock: the server's minutes go on as well.
_SINCE_BOOT: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class SystemClock:
    """The machine's own clock."""

    def __repr__(self) -> str:
        return "SystemClock()"

    def monotonic(self) -> float:
        return time.monotonic() if _SINCE_BOOT is None else time.clock_gettime(_SINCE_BOOT)

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def async_sleep(self, seconds: float) -> None:
        import asyncio  # here, so that those who use threads do not wait for its import

        await asyncio.sleep(seconds)
