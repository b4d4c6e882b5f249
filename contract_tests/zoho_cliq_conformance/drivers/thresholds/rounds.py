"""Rounds: interleaved calls of all operations by one user, timed so that a correct server enforces thresholds exactly.

A round has four steps. Each step calls every operation:

1. two calls, more than a minute before the burst;
2. one call, halfway between the first step and the burst;
3. the first part of the burst: all but two of the calls that the threshold allows;
4. the second part, late in the same minute: calls until one is refused.

No threshold is exhausted before the last step. If the server's window is shorter or longer than a minute, or restarts
with each call, the refusal comes after the wrong number of calls. Rounds of several users overlap, and each step goes
through all operations. So the refusals also come at the wrong call if the server forgets calls, or ends a lock, because
of what another operation or another user does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter

from zoho_cliq_api.contract import OPERATIONS

from ...sending.client import Client
from .buckets import Bucket, count, fill, plain
from .minute import Minute

APART = 2.0 * max(each.threshold.window_seconds for each in OPERATIONS.values() if each.threshold)
"""Seconds between two users' bursts: in the middle of one the first calls of the next come."""
Step = tuple[float, Callable[[], None]]


@dataclass
class Round:
    """The calls of one user in a round.

    Attributes:
        client: the client of the run.
        buckets: a bucket for each operation of the user.
        start: when the burst begins, in seconds of the client's clock.
        gap: seconds from `start` to the second part of the burst.
        backwards: whether the last step goes through the operations in reverse order. With one round of each order,
            every operation is locked once before every other one.
        between: called half a second before the second part of the burst; default: nothing.
        after: called after the refusals; default: nothing.
        ended: when the burst ended, in seconds of the client's clock.
    """

    client: Client
    buckets: list[Bucket]
    start: float
    gap: float
    backwards: bool = False
    between: Callable[[], None] | None = None
    after: Callable[[], None] | None = None
    ended: float = 0.0

    def steps(self) -> list[Step]:
        """Return the steps of the round, each with its time in seconds of the client's clock."""
        # One second before the second part of the previous user's burst, if the bursts begin `APART` seconds apart.
        first = self.start + self.gap - 1 - APART
        found: list[Step | None] = [
            (first, lambda: self._each(2)),
            ((first + self.start) / 2, lambda: self._each(1)),
            (self.start, self._most),
            (self.start + self.gap - 0.5, self.between) if self.between else None,
            (self.start + self.gap, self._rest),
            (self.start + self.gap, self.after) if self.after else None,
        ]
        return [step for step in found if step is not None]

    def carry_out(self) -> bool:
        """Run all steps of this round alone. Return whether every threshold was enforced exactly."""
        carry_out(self.client, self.steps())
        return all(bucket.exact for bucket in self.buckets)

    def _each(self, times: int) -> None:
        for bucket in self.buckets * times:
            if not bucket.refused:
                count(self.client, bucket, plain(bucket))

    def _most(self) -> None:
        for bucket in self.buckets:
            if not bucket.refused:
                bucket.begin(self.client.clock.now())
                fill(self.client, bucket, bucket.limit - 2)

    def _rest(self) -> None:
        for bucket in reversed(self.buckets) if self.backwards else self.buckets:
            fill(self.client, bucket, form=plain(bucket))
        self.ended = self.client.clock.now()


def gap_of(client: Client, minute: Minute, buckets: int) -> float:
    """Return how many seconds into the minute the second part of a burst may begin, so that it ends within the minute.

    Args:
        client: the client of the run, whose latest answers tell the latency.
        minute: the minute of the burst.
        buckets: the number of operations in the round.
    """
    return max(minute.room - 4 * buckets * latency(client), 1.0)


def latency(client: Client) -> float:
    """Return how many seconds the latest 20 answers took on average."""
    latest = client.trace[-20:]
    return sum(exchange.received - exchange.sent for exchange in latest) / len(latest)


def carry_out(client: Client, steps: Iterable[Step]) -> bool:
    """Run each step at its time. Return whether each began less than a second late, which slow answers can prevent."""
    in_time = True
    for moment, step in sorted(steps, key=itemgetter(0)):
        client.pause(moment - client.clock.now(), "until the next calls of the burst")
        in_time = in_time and client.clock.now() < moment + 1
        step()
    return in_time
