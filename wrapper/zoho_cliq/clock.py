"""The clock of a client, which tests replace to simulate time, and checks of durations."""

from __future__ import annotations

import time
from typing import Protocol

from .errors import ConfigurationError

LONGEST_TIMEOUT = 86_400.0
"""The longest timeout in seconds. The timers of every operating system support it."""


def checked_seconds(name: str, value: object) -> float:
    """Return `value`. Raise ConfigurationError, which names the setting `name`, if it is not a number."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ConfigurationError(f"{name} must be a number of seconds, not {value!r}")
    return value


def checked_timeout(value: object) -> float:
    """Return `value` in seconds. Raise ConfigurationError unless it is above 0 and at most `LONGEST_TIMEOUT`."""
    seconds = checked_seconds("timeout", value)
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise ConfigurationError(
            f"timeout must be a number of seconds above 0 and at most {LONGEST_TIMEOUT:g}, not {seconds!r}"
        )
    return seconds


class Clock(Protocol):
    """A source of time, and the means to wait.

    A clock for tests whose waits return at once has `jumps = True`, as `zoho_cliq.testing.FakeClock` does.
    """

    def monotonic(self) -> float:
        """Return seconds on a clock that never steps and is the same for all processes of the machine.

        Used for thresholds.
        """
        ...

    def time(self) -> float:
        """Return seconds since 1970. Used for the expiry of tokens."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait in this thread, in seconds."""
        ...

    async def async_sleep(self, seconds: float) -> None:
        """Wait in this task, in seconds."""
        ...


# A clock that runs while the machine is suspended, where the system has one: the server's windows end meanwhile too.
_SINCE_BOOT: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class SystemClock:
    """The clock of the machine."""

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
