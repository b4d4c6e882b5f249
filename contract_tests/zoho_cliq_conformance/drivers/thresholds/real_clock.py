"""The thresholds on a real clock. This takes about seven minutes, most of them the wait for the locks' end.

The owner's operations are called in two passes within one minute, and so are locked at about the same time. The rounds
of other users overlap with these passes. A call during a lock may restart the lock, so most of the owner's locks are
left alone until they end. Two of them, and those of other users, are called during the lock and shortly before it may
end.

A window shorter than a minute is not detected: in a single try it looks like fixed minutes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from zoho_cliq_api.contract import OPERATIONS, Threshold

from ...judge.document import LONG
from ...result import Result
from ...sending.client import BudgetSpent, Client
from .buckets import SLACK, Bucket, buckets_of, fill, judge, plain, probe
from .forms import FormFactory, Material, make_material, note_missing_tokens, send_unusual
from .locks import check_end_of_locks, check_nothing_done, check_retries_refused, check_still_locked, check_unlocked
from .minute import Minute, room_of
from .rounds import Round, Step, carry_out, gap_of, latency

# The first of these operations are called during their locks, which may extend the locks. So the operations that the
# clean-up needs come last.
NEEDED_LAST = ("create", "update_handler", "update", "get_handler", "list", "get", "delete")
# Calls in the minute before the burst, and those that create the material. Together they exhaust no threshold, even if
# the server counts all operations together.
BEFORE = {"get": 2, "update": 1}
MADE = {"create": 3, "update_handler": 2, "list": 1}
OF_A_COLLEAGUE = ("list", "get", "update", "get_handler", "update_handler")
LEFT = 4  # calls that the threshold allows and the first of two passes leaves to the second
LONGEST = 20.0  # seconds that two passes may take; if answers are too slow for that, there is only one pass


def on_a_real_clock(client: Client, result: Result, window: Threshold) -> None:
    """Test those facts `thresholds.*` that can be tested in so short a time.

    Args:
        client: the client of the run.
        result: where notes and skipped tests are recorded.
        window: any threshold of the document, for the length of the window.

    Raises:
        BudgetSpent: the deadline would pass before the bursts.
    """
    material = make_material(client)
    note_missing_tokens(client, result, material)
    buckets = buckets_of(client, material)
    for bucket in buckets:
        fill(client, bucket, BEFORE.get(bucket.operation, 0), plain(bucket))
    theirs = _of_others(client, result, material)
    due = client.clock.now() + window.window_seconds + SLACK
    steps: list[Step] = []
    if theirs:
        # The first calls of the others are due at once. Their bursts begin between the owner's two passes.
        gap = gap_of(client, Minute(0.0, room_of(theirs[0])), len(theirs))
        steps = Round(client, theirs, due + 0.5, gap).steps()
    last = max((moment for moment, _ in steps), default=due)
    if client.deadline is not None and time.monotonic() + last - client.clock.now() > client.deadline:
        raise BudgetSpent("the time limit of the run (--max-minutes) is reached")
    quick = latency(client) * sum(bucket.limit for bucket in buckets + theirs) < LONGEST
    first, second = _passes(client, buckets, quick)
    carry_out(client, [*steps, (due, first), (due + 1, second)])
    late = _judge(client, result, buckets, theirs)
    if late is None:
        check_unlocked(client, [max(buckets, key=lambda bucket: bucket.refused_at)])
        check_nothing_done(client, material)
        return
    locked = sorted((b for b in buckets if b.refused), key=lambda b: NEEDED_LAST.index(b.operation))
    early = [bucket for bucket in locked if bucket not in late][: min(2, len(locked) - 1)]
    long = max(bucket.last_counted for bucket in buckets) + window.window_seconds + SLACK
    client.pause(long - client.clock.now(), "until only the locks refuse calls")
    check_retries_refused(client, early, often=early[0].operation if early else "")
    send_unusual(client, theirs[0].user if theirs else "owner", locked=bool(theirs))
    for bucket in theirs:
        _judge_other(client, bucket, last)
    check_still_locked(client, early)
    check_end_of_locks(client, [bucket for bucket in locked if bucket not in early], material)
    check_still_locked(client, theirs)
    for group in [late] if quick and late else [[bucket] for bucket in late]:
        between = [bucket for bucket in buckets + theirs if bucket not in group] if quick else []
        _once_more(client, result, group, between)
    for bucket in early:
        probe(client, bucket)


def waits_on_a_real_clock(others: bool) -> float:
    """Return how many seconds a run without a clock URL waits for a new minute and for the locks to end.

    With `others`, that is, with more than one user in the profile, the locks of other users end last.
    """
    window = OPERATIONS[LONG["get"]].threshold
    assert window is not None
    alone = window.window_seconds + window.lock_seconds + 2 * SLACK
    return alone + (window.window_seconds - 3 * SLACK if others else 0)


def _of_others(client: Client, result: Result, material: Material) -> list[Bucket]:
    """Return the buckets of a colleague and one of an outsider, without those that would leave many actions behind."""
    found = []
    if "colleague" in client.tokens:
        of_colleague = make_material(client, "colleague", material.shared)
        of_colleague.failing = True
        found = [bucket for bucket in buckets_of(client, of_colleague) if bucket.operation in OF_A_COLLEAGUE]
    if "outsider" in client.tokens:
        factory = FormFactory(client, Material("outsider"))
        found.append(Bucket("outsider", "list", factory.forms("list"), factory))
    if not found:
        result.skipped["thresholds of another user"] = "needs tokens.colleague"
    return found


def _passes(client: Client, buckets: list[Bucket], quick: bool) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return the two passes of a burst of all buckets, which interleave the operations.

    If not `quick`, since answers are slow, the first pass sends nothing.
    """

    def first() -> None:
        for bucket in buckets:
            bucket.begin(client.clock.now())
            fill(client, bucket, bucket.limit - LEFT if quick else 0)

    def second() -> None:
        for bucket in buckets:
            if not quick:
                bucket.begin(client.clock.now())
            fill(client, bucket)
            bucket.ended = client.clock.now()

    return first, second


def _judge(client: Client, result: Result, buckets: list[Bucket], theirs: list[Bucket]) -> list[Bucket] | None:
    """Judge one burst of each bucket. Return the buckets in whose burst a fixed minute may have begun.

    Return None if the server counts all operations together, which breaks an inferred fact. Then nothing more can be
    tested.
    """
    most = max(bucket.limit for bucket in buckets)
    first = min(buckets, key=lambda bucket: bucket.refused_at if bucket.refused else math.inf)
    few = [bucket for bucket in buckets if bucket.limit < most]
    together = all(b.refused for b in few) and all(b.last_counted < first.refused_at for b in buckets)
    client.holds(
        "thresholds.operation",
        not together,
        "a separate count and lock for each operation",
        "one count and lock for all operations",
    )
    if together:
        result.notes.append(
            "one lock for all operations: the other thresholds cannot be tested without a clock_url in the profile"
        )
        if first.exact:
            judge(client, first)
        return None
    early = {bucket.operation for bucket in theirs if bucket.early}
    late = []
    for bucket in buckets:
        before = BEFORE.get(bucket.operation, 0) + MADE.get(bucket.operation, 0)
        words = f"{bucket.limit} calls of {bucket.operation} of {bucket.user} accepted"
        if bucket.early and bucket.accepted == bucket.limit - LEFT and bucket.operation in early:
            client.fails("thresholds.user", f"{words}, whatever other users call", bucket.outcome())
        elif bucket.early and bucket.accepted == bucket.limit - before and before > 1:
            client.fails("thresholds.window", f"{words}, a minute after the previous ones", bucket.outcome())
        elif not bucket.exact and bucket.ended - bucket.began > bucket.threshold.window_seconds - SLACK:
            _too_slow(result, bucket)
        elif bucket.succeeded > bucket.limit and (bucket.refused or bucket.succeeded <= 2 * bucket.limit):
            late.append(bucket)
        else:
            _judge_one(client, bucket)
    return late


def _judge_one(client: Client, bucket: Bucket) -> None:
    judge(client, bucket)
    if bucket.exact and BEFORE.get(bucket.operation, 0) + MADE.get(bucket.operation, 0):
        client.passes("thresholds.window")
    if bucket.exact and len(bucket.forms) > 1:
        client.passes("thresholds.requests")


def _judge_other(client: Client, bucket: Bucket, last: float) -> None:
    """Complete and judge the burst of another user's bucket. `last` is when the second part of the burst was due.

    One fixed minute may have begun during the burst, but not two of them.
    """
    fill(client, bucket, 3 * bucket.limit, plain(bucket))
    quick = client.clock.now() < last + room_of(bucket)
    words = f"{bucket.limit} calls of {bucket.operation} of {bucket.user} accepted"
    if bucket.early and bucket.accepted == bucket.limit - 2:
        client.fails("thresholds.user", f"{words}, even while other users are locked", bucket.outcome())
    elif bucket.early and bucket.accepted < bucket.limit - 2:
        expected = f"{words}, a minute after several calls and half a minute after one call"
        client.fails("thresholds.window", expected, bucket.outcome())
    elif bucket.early or (quick and not bucket.refused):
        client.fails(bucket.fact, f"{words}, then a refusal", bucket.outcome())
    else:
        client.passes("thresholds.user")


def _once_more(client: Client, result: Result, group: list[Bucket], between: list[Bucket]) -> None:
    """Repeat the bursts of a group of buckets, and judge them.

    A fixed minute began during the first bursts, so choose a part of the minute in which none can begin.

    Args:
        client: the client of the run.
        result: where notes are recorded.
        group: the buckets of the bursts.
        between: buckets that are each called once between two passes; without any there is one pass.
    """
    window, clock = group[0].threshold.window_seconds, client.clock
    ended = max(bucket.ended for bucket in group)
    took = ended - min(bucket.began for bucket in group)
    client.pause(window + SLACK, "until earlier calls no longer count")
    since = (clock.now() - ended) % window
    if not SLACK < since < window - 2 * took - SLACK:
        client.pause(window - since + SLACK, "so that no new minute begins during the burst")
        since = SLACK
    began = clock.now()
    first, second = _passes(client, group, bool(between))
    first()
    for bucket in between:
        probe(client, bucket)
    second()
    in_time = since + clock.now() - began < window - took
    for bucket in group:
        if bucket.exact or in_time:
            _judge_one(client, bucket)
        else:
            _too_slow(result, bucket)


def _too_slow(result: Result, bucket: Bucket) -> None:
    result.notes.append(f"{bucket.fact}: responses were too slow to exceed the threshold within a minute")
