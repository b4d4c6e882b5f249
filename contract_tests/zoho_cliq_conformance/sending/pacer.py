"""Keeps a run under the documented thresholds: when the next call of a user and an operation may be sent.

Thresholds come from the document. A call counts from the moment its answer arrived, and a pending one counts as well,
so that neither a fixed nor a sliding window at the server ever holds more than the threshold. After a refusal that a
run brought about on purpose it waits until the lock has ended. Where the server's clock can be advanced, it is advanced
instead of waiting.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable

from zoho_cliq_api.contract import OPERATIONS

MARGIN = 1.0
SLICE = 0.25  # seconds between two looks at whether a wait is to end


class Clock:
    """Seconds that pass by themselves, and by `pause`, which waits or has the server's clock advanced.

    `check` is called every `SLICE` seconds during a wait; an exception that it raises ends the wait.
    """

    def __init__(
        self,
        advance: Callable[[float], None] | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        on_wait: Callable[[float, str], None] | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        self._advance, self._now, self._sleep, self._on_wait, self._check = advance, now, sleep, on_wait, check
        self._offset = 0.0
        self.waited = 0.0

    @property
    def jumps(self) -> bool:
        """Whether waiting takes no time."""
        return self._advance is not None

    def now(self) -> float:
        """Return seconds; advanced time included."""
        return self._now() + self._offset

    def pause(self, seconds: float, why: str) -> None:
        """Let `seconds` pass."""
        if seconds <= 0:
            return
        self.waited += seconds
        if self._advance is not None:
            self._advance(seconds)
            self._offset += seconds
            return
        until = self._now() + seconds
        while (left := until - self._now()) > 0:
            if self._on_wait is not None:
                self._on_wait(left, why)
            if self._check is not None:
                self._check()
            self._sleep(min(left, SLICE))


class Pacer:
    """Windows of calls by user and operation. With `active` false nothing ever waits."""

    def __init__(self, clock: Clock, active: bool = True) -> None:
        self.clock, self.active = clock, active
        self._calls: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._locked: dict[tuple[str, str], float] = {}

    def delay(self, user: str, operation: str) -> float:
        """Return seconds until this call may be sent."""
        threshold = OPERATIONS[operation].threshold
        if not self.active or threshold is None:
            return 0.0
        calls, now = self._calls[user, operation], self.clock.now()
        span = threshold.window_seconds + MARGIN
        while calls and calls[0] <= now - span:
            calls.popleft()
        over = len(calls) - (threshold.limit - 1)  # one less: some servers lock with the last call that they let in
        window = calls[over] + span - now if over >= 0 else 0.0
        return max(window, self._locked.get((user, operation), now) - now)

    def time_for(self, user: str, operation: str, count: int) -> float:
        """Return seconds until the last of `count` more calls may be sent, if each is answered at once."""
        threshold = OPERATIONS[operation].threshold
        if not self.active or threshold is None or count < 1:
            return 0.0
        now, span, most = self.clock.now(), threshold.window_seconds + MARGIN, threshold.limit - 1
        start = max(now, self._locked.get((user, operation), now))
        calls = [moment for moment in self._calls[user, operation] if moment > now - span][-most:]
        for _ in range(count):
            start = max(start, calls[-most] + span) if len(calls) >= most else start
            calls.append(start)
        return start - now

    def before(self, user: str, operation: str) -> None:
        """Wait until the call may be sent."""
        self.clock.pause(self.delay(user, operation), f"{operation}: under the threshold for {user}")

    def after(self, user: str, operation: str, *, refused: bool = False) -> None:
        """Count a call whose answer has arrived; one that the threshold refused locks the user's operation."""
        now, threshold = self.clock.now(), OPERATIONS[operation].threshold
        self._calls[user, operation].append(now)
        if refused and threshold is not None:
            self._locked[user, operation] = now + threshold.lock_seconds + MARGIN
        else:
            self._locked.pop((user, operation), None)

    def forget(self) -> None:
        """Count from nothing: the server was emptied."""
        self._calls.clear()
        self._locked.clear()


def minutes(calls: Iterable[tuple[str, str]], latency: float = 0.2) -> float:
    """Return how long a sequence of (user, operation) calls takes under the thresholds, in minutes."""
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    pacer = Pacer(Clock(now=lambda: now, sleep=sleep))
    for user, operation in calls:
        pacer.before(user, operation)
        now += latency
        pacer.after(user, operation)
    return now / 60
