"""The thresholds on a real clock: about seven minutes, most of them the wait for the locks' end.

The owner's operations are called in two passes within one minute and locked together; others' rounds overlap. The
owner's locks are left alone till they end, since a call may start a lock anew, but for two, which like the others' are
called during the lock and shortly before it may end. A window shorter than a minute is not seen: it cannot be told from
fixed minutes in one try.
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

# Those that a clean-up needs least come first, since a call during a lock may start it anew.
NEEDED_LAST = ("create", "update_handler", "update", "get_handler", "list", "get", "delete")
# Calls of the minute before the burst. With those that make the material they exhaust no threshold, should all
# operations count together.
BEFORE = {"get": 2, "update": 1}
MADE = {"create": 3, "update_handler": 2, "list": 1}
OF_A_COLLEAGUE = ("list", "get", "update", "get_handler", "update_handler")
LEFT = 4  # calls of a threshold that the first of two passes leaves to the second
LONGEST = 20.0  # seconds that two passes may take; where answers are slower each operation is called at a stretch


def on_a_real_clock(client: Client, result: Result, window: Threshold) -> None:
    """Assert the facts `thresholds.*`, as far as they show in so short a time."""
    material = make_material(client)
    note_missing_tokens(client, result, material)
    buckets = buckets_of(client, material)
    for bucket in buckets:
        fill(client, bucket, BEFORE.get(bucket.operation, 0), plain(bucket))
    theirs = _of_others(client, result, material)
    due = client.clock.now() + window.window_seconds + SLACK
    steps: list[Step] = []
    if theirs:
        # Their first calls are due at once, the last but two in between the owner's two passes.
        gap = gap_of(client, Minute(0.0, room_of(theirs[0])), len(theirs))
        steps = Round(client, theirs, due + 0.5, gap).steps()
    last = max((moment for moment, _ in steps), default=due)
    if client.deadline is not None and time.monotonic() + last - client.clock.now() > client.deadline:
        raise BudgetSpent("the minutes that the run may take are over")
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
    client.pause(long - client.clock.now(), "so that the locks alone refuse")
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
    """Return seconds that a run without a clock URL waits: for a new minute, and for locks to end, those of others
    last."""
    window = OPERATIONS[LONG["get"]].threshold
    assert window is not None
    alone = window.window_seconds + window.lock_seconds + 2 * SLACK
    return alone + (window.window_seconds - 3 * SLACK if others else 0)


def _of_others(client: Client, result: Result, material: Material) -> list[Bucket]:
    """Return buckets of a colleague and one of an outsider; none that leave much to clean up."""
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
    """Return the burst of all buckets in two passes, so that each is called amid the others; in one where answers
    are slow."""

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
    """Judge one burst of each bucket; return the buckets in whose burst a fixed minute may have begun.

    None where one count holds for all operations, which is against what is inferred: then no more can be seen.
    """
    most = max(bucket.limit for bucket in buckets)
    first = min(buckets, key=lambda bucket: bucket.refused_at if bucket.refused else math.inf)
    few = [bucket for bucket in buckets if bucket.limit < most]
    together = all(b.refused for b in few) and all(b.last_counted < first.refused_at for b in buckets)
    client.holds("thresholds.operation", not together, "a count and a lock for each operation", "one for all")
    if together:
        result.notes.append("one lock for all operations: other thresholds could not be seen without a clock URL")
        if first.exact:
            judge(client, first)
        return None
    early = {bucket.operation for bucket in theirs if bucket.early}
    late = []
    for bucket in buckets:
        before = BEFORE.get(bucket.operation, 0) + MADE.get(bucket.operation, 0)
        words = f"{bucket.limit} calls of {bucket.operation} of {bucket.user} let in"
        if bucket.early and bucket.accepted == bucket.limit - LEFT and bucket.operation in early:
            client.fails("thresholds.user", f"{words}, whatever others call", bucket.outcome())
        elif bucket.early and bucket.accepted == bucket.limit - before and before > 1:
            client.fails("thresholds.window", f"{words}, a minute after the last ones", bucket.outcome())
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
    """Judge a bucket of another user. One fixed minute may have begun in the round, but not two since `last`."""
    fill(client, bucket, 3 * bucket.limit, plain(bucket))
    quick = client.clock.now() < last + room_of(bucket)
    words = f"{bucket.limit} calls of {bucket.operation} of {bucket.user} let in"
    if bucket.early and bucket.accepted == bucket.limit - 2:
        client.fails("thresholds.user", f"{words}, whoever else is locked", bucket.outcome())
    elif bucket.early and bucket.accepted < bucket.limit - 2:
        expected = f"{words}, a minute after some and half a minute after one"
        client.fails("thresholds.window", expected, bucket.outcome())
    elif bucket.early or (quick and not bucket.refused):
        client.fails(bucket.fact, f"{words}, then a refusal", bucket.outcome())
    else:
        client.passes("thresholds.user")


def _once_more(client: Client, result: Result, group: list[Bucket], between: list[Bucket]) -> None:
    """Burst again, in a part of the minute in which a fixed one cannot begin, since it began in the first burst.

    Where there is time for two passes one call of each other bucket comes in `between`.
    """
    window, clock = group[0].threshold.window_seconds, client.clock
    ended = max(bucket.ended for bucket in group)
    took = ended - min(bucket.began for bucket in group)
    client.pause(window + SLACK, "so that earlier calls count no more")
    since = (clock.now() - ended) % window
    if not SLACK < since < window - 2 * took - SLACK:
        client.pause(window - since + SLACK, "so that no new minute begins in the burst")
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
    result.notes.append(f"{bucket.fact}: answers came too slowly to go beyond the threshold in a minute")
