"""The thresholds on a real clock: about six minutes, most of them the wait for the locks' end.

One minute and one lock that all of the owner's buckets share; meanwhile a round of the colleague's. Two buckets are
called during their lock and shortly before it may end, the others not before it has to have ended, since a call may
start a lock anew. A window shorter than a minute is not seen: it cannot be told from fixed minutes in one try.
"""

from __future__ import annotations

from zoho_cliq_api.contract import OPERATIONS, Threshold

from .buckets import SLACK, Bucket, buckets_of, burst, fill, judge, knock, plain
from .client import Client
from .forms import Material, make_material
from .locks import holds, insist, let_end
from .minute import Minute
from .oracle import is_throttle
from .rounds import APART, Round, gap_of
from .rules import LONG
from .run import Result

# Those that a clean-up needs least come first, since a call during a lock may start it anew.
NEEDED_LAST = ("create", "update_handler", "update", "get_handler", "list", "get", "delete")
# Calls of the minute before the burst. With those that make the material they exhaust no threshold, should all
# operations count together.
BEFORE = {"get": 2, "update": 1}
MADE = {"create": 3, "update_handler": 2, "list": 1}
OF_A_COLLEAGUE = ("list", "get", "update", "get_handler", "update_handler")


def on_a_real_clock(client: Client, result: Result, window: Threshold) -> None:
    """Assert the facts `thresholds.*`, as far as they show in so short a time."""
    material = make_material(client)
    buckets = buckets_of(client, material)
    for bucket in buckets:
        fill(client, bucket, BEFORE.get(bucket.operation, 0), plain(bucket))
    client.pause(window.window_seconds + SLACK, "so that a new minute begins")
    for bucket in buckets:
        burst(client, bucket)
    if together := _one_for_all(client, buckets):
        result.notes.append(
            "one lock for all operations: the thresholds after the first could not be seen without a clock URL"
        )
        buckets, late = [buckets[0], buckets[-1]], []
        judge(client, buckets[0])
    else:
        late = _judge_at_once(client, result, buckets)
    locked = sorted((b for b in buckets if b.refused), key=lambda b: NEEDED_LAST.index(b.operation))
    early = [bucket for bucket in locked if bucket not in late][: min(2, len(locked) - 1)]
    quiet = [bucket for bucket in locked if bucket not in early]
    insist(client, early, often=early[0].operation if early else "")
    _others(client, result, material, together)
    holds(client, early)
    let_end(client, quiet, material)
    for bucket in late:
        _once_more(client, bucket, window)
    for bucket in early:
        knock(client, bucket)


def waits_on_a_real_clock() -> tuple[float, float]:
    """Seconds of the two waits of a run without a clock URL: for a new minute, and for the end of the locks."""
    window = OPERATIONS[LONG["get"]].threshold
    assert window is not None
    return window.window_seconds + SLACK, window.lock_seconds + SLACK


def _one_for_all(client: Client, buckets: list[Bucket]) -> bool:
    """Whether the first lock was one of all operations, which is against what is inferred."""
    of_user = all(bucket.refused and bucket.let_in == 0 for bucket in buckets[1:])
    expected = "a count and a lock for each operation"
    client.oracle.holds("thresholds.operation", not of_user, expected, "one for all operations")
    return of_user


def _judge_at_once(client: Client, result: Result, buckets: list[Bucket]) -> list[Bucket]:
    """Verdicts on one burst of each bucket; gives the buckets in whose burst a fixed minute may have begun."""
    late = []
    for bucket in buckets:
        before = BEFORE.get(bucket.operation, 0) + MADE.get(bucket.operation, 0)
        took = bucket.ended - bucket.began
        if before > 1 and not client.oracle.holds(
            "thresholds.window",
            not (bucket.refused and bucket.let_in == bucket.limit - before),
            f"{bucket.limit} calls of {bucket.operation} let in, a minute after the last ones",
            bucket.said(),
        ):
            continue
        if not bucket.exact and took > bucket.threshold.window_seconds - SLACK:
            result.notes.append(f"{bucket.fact}: answers came too slowly to go beyond the threshold in a minute")
        elif bucket.refused and bucket.good > bucket.limit:
            late.append(bucket)
        else:
            judge(client, bucket)
            if bucket.exact:
                client.oracle.passes("thresholds.requests")
    return late


def _others(client: Client, result: Result, material: Material, together: bool) -> None:
    """While the owner is locked others are let in; a colleague's round shows longer windows, and who has no threshold.

    `together`: one count holds for all operations, so that a round would be too much.
    """
    before = len(client.trace)
    if "outsider" in client.tokens:
        client.list("outsider", limit=1)
    if "colleague" not in client.tokens:
        result.skipped["thresholds of another user"] = "needs tokens.colleague"
        return
    client.get(material.shared, user="colleague")
    of_colleague = make_material(client, "colleague", material.shared)
    refused = sum(is_throttle(exchange.answer) for exchange in client.trace[before:])
    client.oracle.holds("thresholds.user", not refused, "others let in while the owner is locked", f"{refused} refused")
    if together or refused:
        return
    buckets = [bucket for bucket in buckets_of(client, of_colleague) if bucket.operation in OF_A_COLLEAGUE]
    gap = gap_of(client, Minute(0.0, buckets[0].threshold.window_seconds - SLACK - 1), len(buckets))
    last = client.clock.now() + APART + 2
    Round(client, buckets, last - gap, gap).carry_out()
    for bucket in buckets:
        fill(client, bucket, 3 * bucket.limit, plain(bucket))
        _judge_colleague(client, bucket, quick=client.clock.now() < last + bucket.threshold.window_seconds - SLACK)


def _judge_colleague(client: Client, bucket: Bucket, quick: bool) -> None:
    """A fixed minute may have begun in any part of the round, but where it was quick not two between its last calls."""
    oracle, words = client.oracle, f"{bucket.limit} calls of {bucket.operation} of {bucket.user} let in"
    if bucket.exact:
        oracle.passes("thresholds.window")
        oracle.passes("thresholds.user")
    elif bucket.early and bucket.let_in == 0:
        oracle.fails("thresholds.user", f"{words}, whoever else is locked", bucket.said())
    elif bucket.early:
        expected = f"{words}, a minute after one and half a minute after another"
        oracle.fails("thresholds.window", expected, bucket.said())
    elif quick and not bucket.refused:
        oracle.fails(bucket.fact, f"{words}, then a refusal", bucket.said())


def _once_more(client: Client, bucket: Bucket, window: Threshold) -> None:
    """Burst again, in a part of the minute in which a fixed one cannot begin, since it began in the first burst."""
    started, ended = bucket.began, bucket.ended
    client.pause(window.window_seconds + SLACK, "so that earlier calls count no more")
    since = (client.clock.now() - ended) % window.window_seconds
    if not SLACK < since < window.window_seconds - 2 * (ended - started) - SLACK:
        client.pause(window.window_seconds - since + SLACK, "so that no new minute begins in the burst")
    burst(client, bucket)
    judge(client, bucket)
