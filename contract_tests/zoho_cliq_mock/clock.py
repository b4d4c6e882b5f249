"""The mock's clock: real time, shifted time, or time that stands still until it is advanced.

Everything in the mock that depends on time asks one `Clock`, so that a test can let five minutes pass in no time.
"""

from __future__ import annotations

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

    def now(self) -> float:
        """The current time in seconds."""
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
