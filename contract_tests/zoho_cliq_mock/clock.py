"""The mock's clock: real time, real time with an offset, or a time that is frozen until a test advances it.

Everything in the mock that depends on time reads one `Clock`, so a test can let five minutes pass without waiting.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

_LATEST = 95_617_584_000.0  # the year 5000; cursors and ids hold times in 64 bits


class Clock:
    """The mock's time, in seconds since 1970.

    Only `advance` and `freeze` move a frozen clock; `run` and `shift` let it run again. Raise ValueError for a time
    before 1970, or after the year 5000.

    Args:
        source: returns the real time in seconds since 1970. Default: `time.time`.
    """

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._offset = 0.0
        self._frozen: float | None = None

    def __repr__(self) -> str:
        """Return the offset in seconds, or the time at which the clock is frozen."""
        return f"<Clock {f'{self.offset:+g} s' if self._frozen is None else f'frozen at {self._frozen:.3f}'}>"

    def now(self) -> float:
        """Return the current time, in seconds since 1970."""
        return self._source() + self._offset if self._frozen is None else self._frozen

    @property
    def frozen(self) -> bool:
        """Whether the clock is frozen."""
        return self._frozen is not None

    @property
    def offset(self) -> float:
        """The number of seconds by which the clock is ahead of its source."""
        return self.now() - self._source()

    def advance(self, seconds: float) -> None:
        """Move the clock forward by a number of seconds; it stays frozen, or keeps running."""
        _check(self.now() + seconds)
        if self._frozen is None:
            self._offset += seconds
        else:
            self._frozen += seconds

    def freeze(self, at: float | None = None) -> None:
        """Freeze the clock.

        Args:
            at: the time to freeze it at, in seconds since 1970. Default: None, the current time.
        """
        if at is not None:
            _check(at)
        self._frozen = self.now() if at is None else at

    def run(self) -> None:
        """Let a frozen clock run on from the time at which it is frozen."""
        if self._frozen is not None:
            self._offset, self._frozen = self._frozen - self._source(), None

    def shift(self, seconds: float) -> None:
        """Let the clock run with an offset of exactly this many seconds from its source. It replaces any other offset.

        Args:
            seconds: the offset.
        """
        _check(self._source() + seconds)
        self._offset, self._frozen = seconds, None

    def saved(self) -> tuple[float | None, float]:
        """Return the time at which the clock is frozen, or None, and its offset in seconds, for `restore`."""
        return self._frozen, self.offset

    def restore(self, saved: tuple[float | None, float]) -> None:
        """Set the clock to what `saved` returned: to the same time if it was frozen then, otherwise to that offset."""
        frozen_at, offset = saved
        if frozen_at is None:
            self.shift(offset)
        else:
            self.freeze(frozen_at)


def _check(time: float) -> None:
    if not 0 <= time <= _LATEST:
        raise ValueError(f"{time:g} s since 1970: the clock must be between 1970 and the year 5000")


class SharedClock:
    """The mock's time as a client's clock: `Cliq(…, clock=mock.clock)`.

    A client that waits on this clock does not really wait: each wait advances the mock's clock instead.

    Args:
        now: returns the mock's time, in seconds since 1970.
        advance: advances the mock's clock by a number of seconds.

    Attributes:
        slept: the waits so far, in seconds.
        jumps: True: waits on this clock take no real time (see `zoho_cliq.Clock`).
    """

    jumps = True  # one caller's wait moves the time for all threads and tasks of the client

    def __init__(self, now: Callable[[], float], advance: Callable[[float], object]) -> None:
        self._now = now
        self._advance = advance
        self._lock = threading.Lock()
        self._latest = now()
        self._behind = 0.0
        self.slept: list[float] = []

    def __repr__(self) -> str:
        """Return the class, the number of waits and their sum in seconds."""
        return f"<SharedClock: {len(self.slept)} waits, {sum(self.slept):g} s in all>"

    def monotonic(self) -> float:
        """Return seconds that pass at the rate of the mock's clock, and never go back.

        If the mock's clock is set back, the returned time stands still for that moment and then goes on.
        """
        with self._lock:
            now = self._now()
            if now < self._latest:
                self._behind += self._latest - now
            self._latest = now
            return now + self._behind

    def time(self) -> float:
        """Return the mock's time, in seconds since 1970."""
        return self._now()

    def sleep(self, seconds: float) -> None:
        """Advance the mock's clock by this many seconds, without really waiting."""
        self.slept.append(seconds)
        self._advance(seconds)

    async def async_sleep(self, seconds: float) -> None:
        """Advance the mock's clock by this many seconds, and yield once to the other tasks of the event loop."""
        self.sleep(seconds)
        await asyncio.sleep(0)
