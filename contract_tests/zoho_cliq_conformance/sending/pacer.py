"""Keep a run below the documented thresholds: compute when the next call of an operation by a user may be sent.

The thresholds come from the composed OpenAPI document. A call counts from the moment its answer arrived, and a pending
call counts as well. So neither a fixed nor a sliding window of the server ever contains more calls than the threshold.
After a refusal that the run caused on purpose, the pacer waits until the lock has ended. If the server's clock can be
advanced, it is advanced instead of waiting.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable

from zoho_cliq_api.contract import OPERATIONS

MARGIN = 1.0
SLICE = 0.25  # seconds between two calls of `check` during a wait


class Clock:
    """The clock of a run, in seconds. `pause` waits, or advances the server's clock where that is possible.

    Args:
        advance: advances the server's clock by so many seconds; None if that is not possible.
        now: returns the time in seconds.
        sleep: waits for so many seconds.
        on_wait: called every `SLICE` seconds during a wait, with the remaining seconds and the reason.
        check: called every `SLICE` seconds during a wait; an exception that it raises ends the wait.
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
        """Return the time in seconds, including the time by which the server's clock was advanced."""
        return self._now() + self._offset

    def pause(self, seconds: float, why: str) -> None:
        """Wait for `seconds`, or advance the server's clock by them. `why` is passed to `on_wait`."""
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
    """The recent calls of each user and operation. If `active` is false, no call has to wait."""

    def __init__(self, clock: Clock, active: bool = True) -> None:
        self.clock, self.active = clock, active
        self._calls: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._locked: dict[tuple[str, str], float] = {}

    def delay(self, user: str, operation: str) -> float:
        """Return in how many seconds the user may next call the operation."""
        threshold = OPERATIONS[operation].threshold
        if not self.active or threshold is None:
            return 0.0
        calls, now = self._calls[user, operation], self.clock.now()
        span = threshold.window_seconds + MARGIN
        while calls and calls[0] <= now - span:
            calls.popleft()
        over = len(calls) - (threshold.limit - 1)  # one less: some servers lock at the last call that is allowed
        window = calls[over] + span - now if over >= 0 else 0.0
        return max(window, self._locked.get((user, operation), now) - now)

    def time_for(self, user: str, operation: str, count: int) -> float:
        """Return in how many seconds the last of `count` more calls may be sent, if each is answered at once."""
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
        self.clock.pause(self.delay(user, operation), f"{operation}: to stay below the threshold of {user}")

    def after(self, user: str, operation: str, *, refused: bool = False) -> None:
        """Count a call whose answer has arrived. If the threshold `refused` it, lock the operation for the user."""
        now, threshold = self.clock.now(), OPERATIONS[operation].threshold
        self._calls[user, operation].append(now)
        if refused and threshold is not None:
            self._locked[user, operation] = now + threshold.lock_seconds + MARGIN
        else:
            self._locked.pop((user, operation), None)

    def forget(self) -> None:
        """Forget all calls and locks, after the server was reset."""
        self._calls.clear()
        self._locked.clear()


def minutes(calls: Iterable[tuple[str, str]], latency: float = 0.2) -> float:
    """Return how many minutes a sequence of calls takes under the thresholds.

    Args:
        calls: user and operation of each call.
        latency: seconds that each call takes.
    """
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
