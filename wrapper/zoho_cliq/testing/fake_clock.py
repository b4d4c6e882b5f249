"""A clock for tests without the mock server."""

from __future__ import annotations

import asyncio


class FakeClock:
    """A clock that jumps: it stands still until somebody waits. Use it as `Cliq(…, clock=FakeClock())`.

    Args:
        now: the time, in seconds since 1970. Default: 1,800,000,000. The attribute of this name may be set.

    `slept` lists the waits, in seconds. Each clock has its own ledger, so clients whose calls are counted together need
    the same clock. To give a server the same time, pass it `clock.time`, as in `MockServer(clock=clock.time)`.
    """

    jumps = True

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __repr__(self) -> str:
        return f"FakeClock(now={self.now!r})"

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`."""
        self.now += seconds

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return self.now

    def time(self) -> float:
        """Return the time in seconds since 1970."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move the clock forward by `seconds`, and record them in `slept`."""
        self.slept.append(seconds)
        self.now += seconds

    async def async_sleep(self, seconds: float) -> None:
        """Move the clock forward by `seconds`, and let other tasks run."""
        self.sleep(seconds)
        await asyncio.sleep(0)
