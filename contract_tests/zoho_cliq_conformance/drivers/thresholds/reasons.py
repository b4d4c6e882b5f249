"""Find out why a burst was not exact, that is, why its refusal came after the wrong number of calls.

Simpler bursts of one operation are sent, each after all locks have ended. Either one of them breaks a fact, or the
reason is something that the page leaves open, such as fixed minutes that begin at a different time for each operation.
Needs a clock URL.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...result import Result
from ...sending.client import Client
from .buckets import Bucket, burst, count, fill, judge
from .forms import PLAIN, TOKEN, send_unusual
from .minute import Minute, TooSlow, call_above_is_refused, find_minute, start_fresh
from .rounds import Round


def diagnose(client: Client, result: Result, bucket: Bucket, minute: Minute, others: Sequence[Bucket]) -> bool:
    """Find out why the burst of a bucket was not exact. Return whether a reason was found, a fault or a lawful one.

    Args:
        client: the client of the run, which records violations.
        result: where notes are recorded.
        bucket: the bucket whose burst was not exact.
        minute: the span that was found for all operations.
        others: all buckets of all users.
    """
    usual = bucket.restricted(PLAIN)
    try:
        if not check_alone(client, usual):
            return True
        own = _minute_of(client, usual, minute)
        if own is None or not _window_is_a_minute(client, usual, own):
            return True
        if not _exact(client, bucket.restricted(PLAIN, TOKEN), own):
            client.fails("thresholds.token", *_words(bucket, "whichever of the user's tokens they come with"))
        elif not _exact(client, bucket, own):
            client.fails("thresholds.requests", *_words(bucket, "whatever their parameters"))
        elif own == minute:
            return not _exact_among_others(client, usual, own, others)
    except TooSlow:
        result.notes.append(f"{bucket.fact}: responses were too slow to exceed the threshold within a minute")
    return True


def check_alone(client: Client, bucket: Bucket) -> bool:
    """Judge a burst of the bucket without other calls. Return whether it is exact.

    If too many calls are let in, try once more, in another part of the minute, since a fixed minute may have begun
    during the burst. Raise `TooSlow` if the burst takes more than a quarter of a minute then.
    """
    for _ in range(2):
        start_fresh(client, bucket)
        client.pause(7, "until another part of the minute")
        burst(client, bucket)
        if bucket.exact or bucket.early:
            break
        if bucket.ended - bucket.began > bucket.threshold.window_seconds / 4:
            raise TooSlow
    judge(client, bucket)
    return bucket.exact


def _words(bucket: Bucket, whatever: str) -> tuple[str, str]:
    expected = f"{bucket.limit} calls of {bucket.operation} of {bucket.user} accepted, {whatever}, then a refusal"
    return expected, f"{bucket.succeeded} calls accepted"


def _minute_of(client: Client, bucket: Bucket, minute: Minute) -> Minute | None:
    """Return a span in which a call of this operation above the threshold is refused, however late it comes.

    It is `minute`, which was found for all operations, if that fits, otherwise one of the operation itself. If there is
    none, the window is too short: record a violation and return None.
    """
    if call_above_is_refused(client, bucket, minute.start, minute.room):
        return minute
    found = find_minute(client, bucket, minute.start)
    expected = f"call {bucket.limit + 1} of {bucket.operation} refused, at any time within a minute"
    client.holds("thresholds.window", found is not None, expected, "accepted, in every part of a minute")
    return found


def _window_is_a_minute(client: Client, bucket: Bucket, minute: Minute) -> bool:
    start = start_fresh(client, bucket, minute.start, ahead=2 * bucket.threshold.window_seconds)
    bucket.begin(client.clock.now())
    Round(client, [bucket], start, minute.room).carry_out()
    expected = (
        f"{bucket.limit} calls of {bucket.operation} accepted, a minute after one call and half a minute after another"
    )
    return client.holds("thresholds.window", not bucket.early, expected, bucket.outcome())


def _exact(client: Client, bucket: Bucket, minute: Minute) -> bool:
    return _exact_between(client, bucket, minute, ())


def _exact_between(client: Client, bucket: Bucket, minute: Minute, others: Sequence[Bucket]) -> bool:
    """Return whether a burst is exact with a call of each of `others` in it, and with calls that nobody counts.

    A burst that lasts longer than the span counts as exact.
    """
    bucket.begin(start_fresh(client, bucket, minute.start))
    fill(client, bucket, bucket.limit - 1)
    for other in others:
        count(client, other)
    if others:
        send_unusual(client, bucket.user, locked=False)
    fill(client, bucket)
    return bucket.exact or (not bucket.early and minute.over(bucket.began, client.clock.now()))


def _exact_among_others(client: Client, bucket: Bucket, minute: Minute, others: Sequence[Bucket]) -> bool:
    """Return whether a burst is exact among calls by other users and calls of other operations by the user.

    Record a violation if it is not.
    """
    bucket = bucket.restricted(PLAIN)
    peers = [other for other in others if other.operation == bucket.operation and other.user != bucket.user]
    mine = [other for other in others if other.operation != bucket.operation and other.user == bucket.user]
    if peers and not _exact_between(client, bucket, minute, peers):
        client.fails("thresholds.user", *_words(bucket, "whatever other users call"))
        return False
    for peer in peers:
        start_fresh(client, bucket, minute.start)
        burst(client, peer)
        expected = f"{bucket.operation} of {bucket.user} accepted while {peer.user} is locked"
        if not client.holds("thresholds.user", count(client, bucket), expected, "refused"):
            return False
    if not _exact_between(client, bucket, minute, mine):
        client.fails(bucket.fact, *_words(bucket, "whatever other operations are called in between"))
        return False
    return True
