"""Rounds: all operations of one user, mixed, in such a way that every threshold has to hold exactly.

A round has four steps. Two calls of each operation, more than a minute before the burst; one in between; all calls but
two that the threshold allows; and, late in that same minute, calls until the refusal. So a window that is shorter or
longer than a minute shows, and one that starts anew with each call, while nothing exhausts a threshold before the end.
Several users' rounds overlap, and each step goes through all operations, so that a server shows that gives back calls,
or lifts a lock, for what another operation or user does.
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
    """The calls of one user. `start` is when the minute of the burst begins, `gap` how much later its last calls come.

    `backwards`: the last step goes through the operations in reverse, so that each is locked before each other once.
    `between` comes in the middle of the burst, `after` follows the refusals.
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
        """Return when to do what, in seconds of the client's clock."""
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
        """Do all steps of this round alone; return whether every threshold was held."""
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
    """Return how late in the minute the last calls may begin, so that they come to an end in it."""
    return max(minute.room - 4 * buckets * latency(client), 1.0)


def latency(client: Client) -> float:
    """Return how long the latest answers took, on average."""
    latest = client.trace[-20:]
    return sum(exchange.received - exchange.sent for exchange in latest) / len(latest)


def carry_out(client: Client, steps: Iterable[Step]) -> bool:
    """Do each step at its time; return whether none came late, as where answers are slow."""
    in_time = True
    for moment, step in sorted(steps, key=itemgetter(0)):
        client.pause(moment - client.clock.now(), "for the next calls of a burst")
        in_time = in_time and client.clock.now() < moment + 1
        step()
    return in_time
