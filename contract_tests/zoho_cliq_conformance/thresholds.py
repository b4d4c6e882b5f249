"""The thresholds, opt-in: fills every bucket of a user in one window, sees the refusals, and waits for the locks' end.

With a clock URL it takes no time, on a real clock about six minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from zoho_cliq_api.contract import OPERATIONS, Threshold

from .buckets import (
    SLACK,
    Bucket,
    Material,
    buckets_of,
    burst,
    calls,
    ends,
    holds,
    judge,
    make_material,
    nothing_done,
    other_user,
    probe,
)
from .client import Client
from .oracle import is_throttle
from .rules import LONG
from .run import Result, missing

NAMES = ("create", "list", "get", "update", "delete", "get_handler", "update_handler")
# Those that a clean-up needs least come first, since a call during a lock may start it anew; a get before the update,
# so that it shows whether a refused update was done.
NEEDED_LAST = ("create", "update_handler", "get_handler", "list", "get", "update", "delete")


def run_thresholds(client: Client, result: Result) -> None:
    """Assert the facts `thresholds.*`."""
    lack = missing("thresholds", client.profile)
    if lack:
        result.skipped["thresholds"] = lack
        return
    with _unpaced(client):
        _run(client, result)


@contextmanager
def _unpaced(client: Client) -> Iterator[None]:
    active, client.pacer.active, client.expect_throttle, client.scenario = (
        client.pacer.active,
        False,
        True,
        "thresholds",
    )
    try:
        yield
    finally:
        client.pacer.active, client.expect_throttle = active, False


def _run(client: Client, result: Result) -> None:
    window = OPERATIONS[LONG["get"]].threshold
    assert window is not None
    if client.sequence:
        client.pause(window.window_seconds + SLACK, "so that earlier calls count no more")
    material = make_material(client)
    if client.clock.jumps:
        _with_a_clock_url(client, result, material, window)
    else:
        _on_a_real_clock(client, result, material, window)
    nothing_done(client, material)


def _with_a_clock_url(client: Client, result: Result, material: Material, window: Threshold) -> None:
    """Everything, since waiting takes no time: each window in several parts of a minute, each lock from both sides."""
    client.pause(window.window_seconds + SLACK, "so that these creations count no more, whatever they count for")
    _window(client, material, window)
    buckets = buckets_of(client, material)
    for bucket in buckets:
        burst(client, bucket)
    _one_for_all(client, buckets)
    for bucket in buckets:
        if not bucket.exact:
            _again(client, bucket)
        judge(client, bucket)
    other_user(client, result, material)
    locked = [bucket for bucket in buckets if bucket.first_refused is not None]
    ends(client, locked, locked)
    for bucket in locked:
        burst(client, bucket)
    holds(client, locked)
    client.pause(window.lock_seconds + SLACK, "until the last lock ends")


def _on_a_real_clock(client: Client, result: Result, material: Material, window: Threshold) -> None:
    """One minute and one lock that all buckets share, about six minutes.

    Two buckets are called shortly before their lock may end, the others not before it has to have ended, since a call
    may start a lock anew. A window shorter than a minute is not seen.
    """
    # With the two creations these are as many calls as one threshold of gets, should all operations count together.
    earlier = window.limit - 2
    let_in = sum(not is_throttle(client.get(material.own)) for _ in range(earlier))
    client.oracle.holds("thresholds.window", let_in == earlier, f"{earlier} calls let in", f"{let_in} calls let in")
    client.pause(window.window_seconds + SLACK, "so that a new minute begins")
    buckets = buckets_of(client, material)
    for bucket in buckets:
        burst(client, bucket)
    if _one_for_all(client, buckets):
        result.notes.append(
            "one lock for all operations: the thresholds after the first could not be seen without a clock URL"
        )
        buckets = [buckets[0], buckets[-1]]
        judge(client, buckets[0])
        late: list[Bucket] = []
    else:
        late = _judge_at_once(client, result, buckets, remembered=window.limit - earlier + 1)
    other_user(client, result, material)
    locked = sorted((b for b in buckets if b.first_refused is not None), key=lambda b: NEEDED_LAST.index(b.operation))
    early = [bucket for bucket in locked if bucket not in late][: min(2, len(locked) - 1)]
    quiet = [bucket for bucket in locked if bucket not in early]
    holds(client, early)
    ends(client, quiet, quiet)
    for bucket in late:
        _once_more(client, bucket, window)
    for bucket in early:
        probe(client, bucket)


def waits_on_a_real_clock() -> tuple[float, float]:
    """Seconds of the two waits of a run without a clock URL: for a new minute, and for the end of the locks."""
    window = OPERATIONS[LONG["get"]].threshold
    assert window is not None
    return window.window_seconds + SLACK, window.lock_seconds + SLACK


def _one_for_all(client: Client, buckets: list[Bucket]) -> bool:
    """Whether the first lock was one of all operations, which is against what is inferred."""
    of_user = all(bucket.first_refused == 1 for bucket in buckets[1:])
    expected = "a count and a lock for each operation"
    client.oracle.holds("thresholds.operation", not of_user, expected, "one for all operations")
    return of_user


def _judge_at_once(client: Client, result: Result, buckets: list[Bucket], remembered: int) -> list[Bucket]:
    """Verdicts on one burst of each bucket; gives the buckets in whose burst a fixed minute may have begun.

    `remembered` is which get is refused where those of the minute before still count.
    """
    late = []
    for bucket in buckets:
        if bucket.operation == "get":
            good = bucket.first_refused != remembered
            expected = f"{bucket.threshold.limit} calls let in, a minute after the last ones"
            client.oracle.holds("thresholds.window", good, expected, f"call {remembered} was refused")
            if not good:
                continue
        took = bucket.burst_at[1] - bucket.burst_at[0]
        if not bucket.exact and took > bucket.threshold.window_seconds - SLACK:
            result.notes.append(f"{bucket.fact}: answers came too slowly to go beyond the threshold in a minute")
        elif bucket.first_refused and bucket.first_refused > bucket.threshold.limit + 1:
            late.append(bucket)
        else:
            judge(client, bucket)
    return late


def _once_more(client: Client, bucket: Bucket, window: Threshold) -> None:
    """Burst again, in a part of the minute in which a fixed one cannot begin, since it began in the first burst."""
    client.pause(window.window_seconds + SLACK, "so that earlier calls count no more")
    started, ended = bucket.burst_at
    since = (client.clock.now() - ended) % window.window_seconds
    if not SLACK < since < window.window_seconds - 2 * (ended - started) - SLACK:
        client.pause(window.window_seconds - since + SLACK, "so that no new minute begins in the burst")
    burst(client, bucket)
    judge(client, bucket)


def _window(client: Client, material: Material, threshold: Threshold) -> None:
    """After a minute as many calls are allowed again; within one they are not."""
    oracle = client.oracle
    for _ in range(2):
        let_in = [not is_throttle(client.get(material.own)) for _ in range(threshold.limit)]
        allowed = f"{threshold.limit} calls in each of two minutes"
        oracle.holds("thresholds.window", all(let_in), allowed, f"{sum(let_in)} calls let in")
        client.pause(threshold.window_seconds + SLACK, "so that a new minute begins")
    refused = False
    for _ in range(3):
        for part, seconds in ((threshold.limit // 2, threshold.window_seconds // 2), (threshold.limit // 2 + 1, 0)):
            refused = sum(is_throttle(client.get(material.own)) for _ in range(part)) > 0
            client.pause(seconds, "for another part of the minute")
        client.pause(threshold.lock_seconds + 50, "until the lock ends, in another part of the minute")
        if refused:
            break
    expected = f"{threshold.limit + 1} calls within {threshold.window_seconds // 2} seconds are too many"
    oracle.holds("thresholds.window", refused, expected, "they were let in at three times of the minute")


def _again(client: Client, bucket: Bucket) -> None:
    """A second burst, alone and in another part of the minute, so that neither can be the reason."""
    threshold = bucket.threshold
    client.pause(threshold.lock_seconds + threshold.window_seconds + 7, "to burst once more")
    burst(client, bucket)


def run_one(client: Client, operation: str) -> None:
    """One bucket alone: its threshold, another user, its lock; for histories in which everything else happens too.

    Needs a clock URL, and leaves the bucket unlocked.
    """
    pause = client.pause
    scenario = client.scenario
    with _unpaced(client):
        client.scenario = scenario
        material = make_material(client)
        bucket = Bucket(operation, calls(client, material)[operation])
        _stock(client, bucket, material)
        burst(client, bucket)
        if not bucket.exact:
            _again(client, bucket)
        judge(client, bucket)
        other_user(client, Result(client), material)
        if bucket.first_refused is not None:
            ends(client, [bucket], [bucket])
            _stock(client, bucket, material)
            burst(client, bucket)
            holds(client, [bucket])
            pause(bucket.threshold.lock_seconds + SLACK, "until the lock ends")
        pause(bucket.threshold.window_seconds + SLACK, "so that these calls count no more")


def _stock(client: Client, bucket: Bucket, material: Material) -> None:
    """Create what a burst of deletes deletes, twice, since a refused delete may count for nothing."""
    why, seconds = "so that earlier calls count no more", bucket.threshold.window_seconds + SLACK
    client.pause(seconds, why)
    if bucket.operation == "delete":
        while len(material.spare) < 2 * bucket.threshold.limit + 2 and (made := client.create(scope="personal")):
            material.spare.append(made)
        client.pause(seconds, why)
