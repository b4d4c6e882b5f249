"""Locks: what a user who went beyond a threshold meets, from the first refusal to the lock's end.

A lock begins with the last call that was let in at the earliest, and with the last refusal at the latest: the page says
neither whether it is the call that exhausts the threshold or the next that starts it, nor whether later ones do.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...judge.document import LARGEST_LIMIT
from ...sending.client import Client
from .buckets import SLACK, Bucket, plain, probe
from .forms import REQUEST, TOKEN, Form, Material

NOTHING = "thresholds.nothing-done"
READS = ("get", "get_handler", "list")
MANY = 10  # calls during one lock, should every so many be let in


def _must_be_locked(client: Client, bucket: Bucket) -> bool:
    """Return whether a call that is sent now has to find the bucket locked, for all that is known of when the lock
    began."""
    latest = client.trace[-1].received - client.trace[-1].sent
    until = bucket.last_counted + bucket.threshold.lock_seconds - SLACK - 2 * latest
    return bucket.refused and not bucket.early and client.clock.now() < until


def check_refused(client: Client, buckets: Iterable[Bucket], why: str) -> list[Bucket]:
    """Assert that each plain call during the lock is refused; return the buckets of which that was so."""
    buckets = [bucket for bucket in buckets if _must_be_locked(client, bucket)]
    return [bucket for bucket in buckets if _refused(client, bucket, plain(bucket), "thresholds.lock", why)]


def _refused(client: Client, bucket: Bucket, form: Form, fact: str, why: str) -> bool:
    """Return whether the call is refused for the lock. One found wrong before that tells nothing."""
    answer = probe(client, bucket, form)
    if answer is None or 200 <= answer.status < 300:
        client.holds(fact, answer is None, f"{bucket.operation} of {bucket.user} refused, {why}", "let in")
    return answer is None


def check_retries_refused(client: Client, buckets: Iterable[Bucket], often: str = "") -> None:
    """Assert that calls right after a refusal are refused, too: one of each bucket, many of the operation `often`."""
    for bucket in buckets:
        for _ in range(MANY if bucket.operation == often else 1):
            check_refused(client, [bucket], "right after the refusal")


def check_still_locked(client: Client, buckets: Iterable[Bucket]) -> None:
    """Assert shortly before a lock may end that it has not, also for another token of the user's and other requests.

    That is long after the calls that were let in count no more, so that nothing but the lock can refuse these.
    """
    for bucket in buckets:
        seconds = bucket.threshold.lock_seconds
        until = bucket.last_counted + seconds - SLACK - 1
        client.pause(until - client.clock.now(), f"{bucket.operation}: shortly before the lock may end")
        if check_refused(client, [bucket], f"less than {seconds} seconds after the last call that was let in"):
            for form in bucket.forms:
                fact = {TOKEN: "thresholds.token", REQUEST: "thresholds.lock"}.get(form.kind)
                if fact is not None and _must_be_locked(client, bucket):
                    _refused(client, bucket, form, fact, "with any token and whatever it asks for")


def check_unlocked(client: Client, buckets: Iterable[Bucket]) -> None:
    """Assert that a lock has ended its time after the last refusal. Nobody called since: a call may extend it."""
    for bucket in buckets:
        seconds = bucket.threshold.lock_seconds
        why = f"{bucket.operation}: until the lock ends"
        client.pause(bucket.refused_at + seconds + SLACK - client.clock.now(), why)
        accepted = probe(client, bucket) is not None
        expected = f"{bucket.operation} of {bucket.user} let in {seconds} seconds after the last refusal"
        client.holds("thresholds.lock.end", accepted, expected, "still refused")


def check_end_of_locks(client: Client, buckets: list[Bucket], material: Material) -> None:
    """Assert that locks end and, before anything is changed again, that what was refused left no trace."""
    locked = [bucket for bucket in buckets if bucket.refused]
    check_unlocked(client, [bucket for bucket in locked if bucket.operation in READS])
    check_nothing_done(client, material)
    check_unlocked(client, [bucket for bucket in locked if bucket.operation not in READS])


def check_nothing_done(client: Client, material: Material) -> None:
    """What was refused left no trace."""
    for page in client.pages(limit=LARGEST_LIMIT, about=NOTHING):
        del page
    client.get(material.own, about=NOTHING)
    client.get_handler(material.own, about=NOTHING)
    for identifier in material.refused[:1]:
        if (action := client.oracle.model.actions.get(identifier)) and action.alive:
            client.get(identifier, about=NOTHING)
