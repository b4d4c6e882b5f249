"""Locks: test what happens to a user who exceeded a threshold, from the first refusal to the end of the lock.

The page does not say which call starts the lock: the one that exhausts the threshold, the first one above it, or each
one during the lock. So a lock begins at the earliest with the last accepted call, and at the latest with the last
refusal.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...judge.document import LARGEST_LIMIT
from ...sending.client import Client
from .buckets import SLACK, Bucket, plain, probe
from .forms import REQUEST, TOKEN, Form, Material

NOTHING = "thresholds.nothing-done"
READS = ("get", "get_handler", "list")
MANY = 10  # calls in a row during one lock, to find a server that lets in every n-th call


def _must_be_locked(client: Client, bucket: Bucket) -> bool:
    """Return whether a call that is sent now has to be refused, even if the lock began as early as it may have."""
    latest = client.trace[-1].received - client.trace[-1].sent
    until = bucket.last_counted + bucket.threshold.lock_seconds - SLACK - 2 * latest
    return bucket.refused and not bucket.early and client.clock.now() < until


def check_refused(client: Client, buckets: Iterable[Bucket], why: str) -> list[Bucket]:
    """Test that a plain call of each locked bucket is refused, and return the buckets of which it was refused.

    `why` is the end of the expectation in a report.
    """
    buckets = [bucket for bucket in buckets if _must_be_locked(client, bucket)]
    return [bucket for bucket in buckets if _refused(client, bucket, plain(bucket), "thresholds.lock", why)]


def _refused(client: Client, bucket: Bucket, form: Form, fact: str, why: str) -> bool:
    """Send a call, and return whether the lock refuses it. Another error than a refusal is no verdict on `fact`."""
    answer = probe(client, bucket, form)
    if answer is None or 200 <= answer.status < 300:
        client.holds(fact, answer is None, f"{bucket.operation} of {bucket.user} refused, {why}", "accepted")
    return answer is None


def check_retries_refused(client: Client, buckets: Iterable[Bucket], often: str = "") -> None:
    """Test that calls right after a refusal are refused: one of each bucket, `MANY` of the operation `often`."""
    for bucket in buckets:
        for _ in range(MANY if bucket.operation == often else 1):
            check_refused(client, [bucket], "right after the refusal")


def check_still_locked(client: Client, buckets: Iterable[Bucket]) -> None:
    """Test that each lock holds until shortly before it may end, for each token of the user and each kind of request.

    The accepted calls no longer count at that time, so only the lock can be the reason of a refusal.
    """
    for bucket in buckets:
        seconds = bucket.threshold.lock_seconds
        until = bucket.last_counted + seconds - SLACK - 1
        client.pause(until - client.clock.now(), f"{bucket.operation}: until shortly before the lock may end")
        if check_refused(client, [bucket], f"less than {seconds} seconds after the last accepted call"):
            for form in bucket.forms:
                fact = {TOKEN: "thresholds.token", REQUEST: "thresholds.lock"}.get(form.kind)
                if fact is not None and _must_be_locked(client, bucket):
                    _refused(client, bucket, form, fact, "with any token and any parameters")


def check_unlocked(client: Client, buckets: Iterable[Bucket]) -> None:
    """Wait until each lock must have ended, counted from its last refusal, and test that a call is let in.

    Do not call the operation between that refusal and this test, since a call during the lock may extend it.
    """
    for bucket in buckets:
        seconds = bucket.threshold.lock_seconds
        why = f"{bucket.operation}: until the lock ends"
        client.pause(bucket.refused_at + seconds + SLACK - client.clock.now(), why)
        accepted = probe(client, bucket) is not None
        expected = f"{bucket.operation} of {bucket.user} accepted {seconds} seconds after the last refusal"
        client.holds("thresholds.lock.end", accepted, expected, "still refused")


def check_end_of_locks(client: Client, buckets: list[Bucket], material: Material) -> None:
    """Test that locks end, and that refused calls had no effect.

    The effects are checked after the locks of reading operations and before those of writing operations, since a write
    would change the state again.
    """
    locked = [bucket for bucket in buckets if bucket.refused]
    check_unlocked(client, [bucket for bucket in locked if bucket.operation in READS])
    check_nothing_done(client, material)
    check_unlocked(client, [bucket for bucket in locked if bucket.operation not in READS])


def check_nothing_done(client: Client, material: Material) -> None:
    """Test that refused calls had no effect.

    Read the listing, an action, its handler, and an action whose deletion was refused.
    """
    user = material.user
    for page in client.pages(user, limit=LARGEST_LIMIT, about=NOTHING):
        del page
    client.get(material.own, user, about=NOTHING)
    client.get_handler(material.own, user, about=NOTHING)
    for identifier in material.refused[:1]:
        if (action := client.oracle.model.actions.get(identifier)) and action.alive:
            client.get(identifier, user, about=NOTHING)
