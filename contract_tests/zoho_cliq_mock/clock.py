"""The mock's clock: real time, shifted time, or time that stands still until it is advanced.

Everything in the mock that depends on time asks one `Clock`, so that a test can let five minutes pass in no time.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable


class Clock:
    """Seconds since 1970, as the mock sees them.

    `source` gives real time; another callable may be injected. A frozen clock moves only by `advance` and `set`.
    """

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._offset = 0.0
        self._frozen: float | None = None

    def __repr__(self) -> str:
        """Return how far the clock is ahead of its source, or where it stands."""
        return f"<Clock {f'{self.offset:+g} s' if self._frozen is None else f'frozen at {self._frozen:.3f}'}>"

    def now(self) -> float:
        """Return the current time in seconds."""
        return self._source() + self._offset if self._frozen is None else self._frozen

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen is not None

    @property
    def offset(self) -> float:
        """How many seconds the clock is ahead of its source."""
        return self.now() - self._source()

    def advance(self, seconds: float) -> None:
        """Move the clock by so many seconds."""
        if self._frozen is None:
            self._offset += seconds
        else:
            self._frozen += seconds

    def freeze(self, at: float | None = None) -> None:
        """Let the clock stand still, at a given time or now."""
        self._frozen = self.now() if at is None else at

    def run(self) -> None:
        """Let a frozen clock go on from where it stands."""
        if self._frozen is not None:
            self._offset, self._frozen = self._frozen - self._source(), None

    def shift(self, seconds: float) -> None:
        """Run, ahead of the source by exactly so many seconds."""
        self._offset, self._frozen = seconds, None


class SharedClock:
    """The mock's time as the clock of a client: `Cliq(…, clock=mock.clock)`. What the client waits passes at the mock.

    now: returns the mock's time.
    advance: lets so many seconds pass at the mock.

    A client waits on this clock in no time: the mock's clock is moved by what it waits. `slept` lists the waits, in
    seconds.
    """

    jumps = True  # the client's threads and tasks follow it

    def __init__(self, now: Callable[[], float], advance: Callable[[float], object]) -> None:
        self._now = now
        self._advance = advance
        self._lock = threading.Lock()
        self._latest = now()
        self._behind = 0.0
        self.slept: list[float] = []

    def __repr__(self) -> str:
        """Return the kind, and how much was waited on the clock."""
        return f"<SharedClock: {len(self.slept)} waits, {sum(self.slept):g} s in all>"

    def monotonic(self) -> float:
        """Return seconds that pass as the mock's do, and never go back, also where the mock's clock is set back."""
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
        """Let so many seconds pass at the mock."""
        self.slept.append(seconds)
        self._advance(seconds)

    async def async_sleep(self, seconds: float) -> None:
        """Let so many seconds pass at the mock, and let the other tasks have their turn."""
        self.sleep(seconds)
        await asyncio.sleep(0)
