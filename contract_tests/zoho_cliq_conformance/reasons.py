"""Why a round's burst was not exact: narrower and narrower bursts of one operation, each from a fresh start.

Either one of them breaks a fact, or there is a reason that the page leaves open, such as fixed minutes that begin at
another time for each operation. Needs a clock URL.
"""

from __future__ import annotations

from collections.abc import Sequence

from .buckets import SLACK, Bucket, burst, count, fill, judge
from .client import Client
from .forms import PLAIN, TOKEN
from .minute import Minute, find_minute, one_too_many, settle
from .rounds import Round
from .run import Result


def explain(client: Client, result: Result, bucket: Bucket, minute: Minute, others: Sequence[Bucket]) -> None:
    """Report what is wrong with a bucket whose burst was not exact. `others` are all buckets of all users."""
    usual = bucket.restricted(PLAIN)
    if not _counts_right(client, result, usual):
        return
    own = _minute_of(client, usual, minute)
    if own is None or not _forgets_after_a_minute(client, usual, own):
        return
    if not _exact(client, bucket.restricted(PLAIN, TOKEN), own):
        client.oracle.fails("thresholds.token", *_words(bucket, "whichever of the user's tokens they come with"))
    elif not _exact(client, bucket, own):
        client.oracle.fails("thresholds.requests", *_words(bucket, "whatever they ask for"))
    elif own == minute:
        _with_others(client, usual, own, others)


def _words(bucket: Bucket, whatever: str) -> tuple[str, str]:
    expected = f"{bucket.limit} calls of {bucket.operation} let in, {whatever}, then a refusal"
    return expected, f"{bucket.good} calls let in"


def _exact(client: Client, bucket: Bucket, minute: Minute) -> bool:
    settle(client, bucket, minute.start)
    burst(client, bucket)
    return bucket.exact


def _counts_right(client: Client, result: Result, bucket: Bucket) -> bool:
    """The bucket alone; a second time in another part of the minute, so that no new minute can be the reason."""
    for _ in range(2):
        settle(client, bucket)
        client.pause(7, "for another part of the minute")
        burst(client, bucket)
        if client.clock.now() - bucket.began > bucket.threshold.window_seconds - SLACK:
            result.notes.append(f"{bucket.fact}: answers came too slowly to go beyond the threshold in a minute")
            return False
        if bucket.exact:
            break
    judge(client, bucket)
    return bucket.exact


def _minute_of(client: Client, bucket: Bucket, minute: Minute) -> Minute | None:
    """The minute that was found for all operations, or one of this one's own; without any, windows are too short."""
    if one_too_many(client, bucket, minute.start, minute.room):
        return minute
    found = find_minute(client, bucket, minute.start)
    expected = f"call {bucket.limit + 1} of {bucket.operation} refused, however late in a minute it comes"
    client.oracle.holds("thresholds.window", found is not None, expected, "let in, in every part of a minute")
    return found


def _forgets_after_a_minute(client: Client, bucket: Bucket, minute: Minute) -> bool:
    start = settle(client, bucket, minute.start, ahead=2 * bucket.threshold.window_seconds)
    bucket.begin(client.clock.now())
    Round(client, [bucket], start, minute.room - SLACK).carry_out()
    expected = f"{bucket.limit} calls of {bucket.operation} let in, a minute after one and half a minute after another"
    return client.oracle.holds("thresholds.window", not bucket.early, expected, bucket.said())


def _with_others(client: Client, bucket: Bucket, minute: Minute, others: Sequence[Bucket]) -> None:
    """The same operation of other users in the middle of a burst, and other operations of the same user."""
    oracle = client.oracle
    bucket = bucket.restricted(PLAIN)
    peers = [other for other in others if other.operation == bucket.operation and other.user != bucket.user]
    mine = [other for other in others if other.operation != bucket.operation and other.user == bucket.user]
    whatever = "whatever others call"
    if peers and not _exact_between(client, bucket, minute, peers):
        oracle.fails("thresholds.user", *_words(bucket, whatever))
        return
    for peer in peers:
        settle(client, bucket, minute.start)
        burst(client, peer)
        let_in = count(client, bucket)
        if not oracle.holds("thresholds.user", let_in, f"{bucket.user} let in while {peer.user} is locked", "refused"):
            return
    if not _exact_between(client, bucket, minute, mine):
        oracle.fails(bucket.fact, *_words(bucket, "whatever other operations are called in between"))


def _exact_between(client: Client, bucket: Bucket, minute: Minute, others: Sequence[Bucket]) -> bool:
    settle(client, bucket, minute.start)
    bucket.begin(client.clock.now())
    fill(client, bucket, bucket.limit - 1)
    for other in others:
        count(client, other)
    fill(client, bucket)
    return bucket.exact
