"""Find out when the server's minutes begin, if they are fixed, by bursts at different times.

A burst within a minute that exceeds the threshold by one call is refused, whether the server's minutes are fixed or
sliding, unless a fixed minute begins between the first and the last call. Needs a clock URL, since each try causes a
lock.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...sending.client import Client
from .buckets import SLACK, Bucket, count, fill

FINE = 1.5  # seconds: the precision with which the beginning of a fixed minute is found, unless a burst takes longer


class TooSlow(Exception):
    """Answers come too slowly for a verdict, since a fixed minute may begin during any burst."""


@dataclass(frozen=True)
class Minute:
    """A span of time in which no fixed minute of the server begins: `room` seconds from `start`.

    The same holds any number of whole minutes later.
    """

    start: float
    room: float

    def over(self, began: float, now: float) -> bool:
        """Return whether a burst from `began` until `now` may have lasted longer than the span."""
        return now - began > self.room + SLACK


def room_of(bucket: Bucket) -> float:
    """Return how many seconds after the first call the last call may be sent, so that one minute contains both."""
    return bucket.threshold.window_seconds - SLACK - 1


def start_fresh(client: Client, bucket: Bucket, start: float | None = None, ahead: float = 0.0) -> float:
    """Wait until every lock has ended and no earlier call counts, and return when the next burst has to begin.

    Args:
        client: the client of the run.
        bucket: the bucket of the burst; actions that it will delete are created meanwhile.
        start: the burst begins any number of whole minutes after this; default: as early as possible.
        ahead: seconds to leave before the burst.
    """
    threshold, clock = bucket.threshold, client.clock
    client.pause(threshold.lock_seconds + threshold.window_seconds + SLACK, "until earlier calls no longer count")
    if bucket.factory.stock(bucket.operation, 2 * bucket.limit + 2):
        client.pause(threshold.window_seconds + SLACK, "until these creates no longer count")
    earliest = clock.now() + ahead
    wait = 0.0 if start is None else (start - earliest) % threshold.window_seconds
    client.pause(wait, "until the required part of the minute")
    return earliest + wait


def call_above_is_refused(client: Client, bucket: Bucket, start: float, after: float) -> bool | None:
    """Return whether the first call above the threshold is refused, or None if an earlier call is refused.

    The last call that the threshold allows and the first one above it are sent `after` seconds after the first call.
    Neither is sent earlier, since the call that exhausts the threshold may start the lock, and a lock lasts longer than
    a minute. If an earlier call is refused, nothing is learned about minutes.

    Args:
        client: the client of the run.
        bucket: the bucket to call.
        start: the burst begins any number of whole minutes after this.
        after: seconds from the first call to the last two.
    """
    bucket.begin(start_fresh(client, bucket, start))
    fill(client, bucket, bucket.limit - 1)
    bucket.ended = client.clock.now()
    client.pause(bucket.began + after - bucket.ended, "until another part of the minute")
    if bucket.refused or not count(client, bucket, bucket.forms[0]):
        return None
    return not count(client, bucket, bucket.forms[0])


def find_minute(client: Client, bucket: Bucket, start: float | None = None) -> Minute | None:
    """Return a span in which a call above the threshold is refused however late it comes, or None if there is none.

    The first try begins at `start` (default: now). If the call is let in, and the server has fixed minutes, then one
    began during that try, and a binary search finds when. The bucket is left locked if a span is found.

    Raises:
        TooSlow: a burst takes too long for the search.
    """
    room = room_of(bucket)
    start = client.clock.now() if start is None else start
    if (refused := call_above_is_refused(client, bucket, start, room)) is None:
        return None
    if refused:
        return Minute(start, room)
    took = bucket.ended - bucket.began
    if took > room / 6:
        raise TooSlow
    after, until = 0.0, room
    while until - after > max(FINE, 2 * took):
        middle = (after + until) / 2
        if (refused := call_above_is_refused(client, bucket, start + after, middle - after)) is None:
            return None
        if refused:
            after = middle
        else:
            until = after + client.clock.now() - bucket.began
    found = Minute(start + until, room - (until - after))
    return found if call_above_is_refused(client, bucket, found.start, found.room) else None
