"""Where a minute of the server's begins, should its minutes be fixed: found by bursts in several parts of one.

Within a minute one call more than the threshold is refused, whether the server's minutes are fixed or sliding, as long
as no fixed one begins between the first of these calls and the last. Needs a clock URL, since each try costs a lock.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...sending.client import Client
from .buckets import SLACK, Bucket, count, fill

FINE = 1.5  # seconds: how exactly the beginning of a fixed minute is found, if a burst takes no longer


class TooSlow(Exception):
    """Answers come too slowly for a verdict: a fixed minute may have begun in any burst."""


@dataclass(frozen=True)
class Minute:
    """From `start`, and any number of minutes later, no minute of the server's begins for `room` seconds."""

    start: float
    room: float

    def over(self, began: float, now: float) -> bool:
        """Return whether a burst that began with it may have outlasted it."""
        return now - began > self.room + SLACK


def room_of(bucket: Bucket) -> float:
    """Return how long after a minute's first call the last one may be sent, to be in the minute for certain."""
    return bucket.threshold.window_seconds - SLACK - 1


def start_fresh(client: Client, bucket: Bucket, start: float | None = None, ahead: float = 0.0) -> float:
    """Wait until every lock has ended and no call counts; then until `ahead` seconds before a minute after `start`.

    Return that minute, whole minutes after `start`.
    """
    threshold, clock = bucket.threshold, client.clock
    client.pause(threshold.lock_seconds + threshold.window_seconds + SLACK, "so that earlier calls count no more")
    if bucket.factory.stock(bucket.operation, 2 * bucket.limit + 2):
        client.pause(threshold.window_seconds + SLACK, "so that these creates count no more")
    earliest = clock.now() + ahead
    wait = 0.0 if start is None else (start - earliest) % threshold.window_seconds
    client.pause(wait, "until the part of the minute that is wanted")
    return earliest + wait


def call_above_is_refused(client: Client, bucket: Bucket, start: float, after: float) -> bool | None:
    """Return whether the call after the threshold is refused, when the last two are sent `after` seconds after the
    first.

    None where an earlier one is: such a bucket tells nothing of minutes. Two are left, since the call that exhausts the
    threshold may start the lock, which would outlast any minute.
    """
    bucket.begin(start_fresh(client, bucket, start))
    fill(client, bucket, bucket.limit - 1)
    bucket.ended = client.clock.now()
    client.pause(bucket.began + after - bucket.ended, "for another part of the minute")
    if bucket.refused or not count(client, bucket, bucket.forms[0]):
        return None
    return not count(client, bucket, bucket.forms[0])


def find_minute(client: Client, bucket: Bucket, start: float | None = None) -> Minute | None:
    """Return a minute in which one call too many is refused however late it comes; None if there is none.

    The bucket is locked then. Where the first try, which is at `start`, does not tell, a fixed minute began in it if
    the server has such; halving the time again and again shows when. Raise `TooSlow` where bursts are too long for it.
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
