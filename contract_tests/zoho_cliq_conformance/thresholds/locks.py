"""Locks: what a user who went beyond a threshold meets, from the first refusal to the lock's end.

A lock begins with the last call that was let in at the earliest, and with the last refusal at the latest: the page says
neither whether it is the call that exhausts the threshold or the next that starts it, nor whether later ones do.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..client import Client
from .buckets import SLACK, Bucket, knock, plain
from .forms import REQUEST, TOKEN, Form, Material

NOTHING = "thresholds.nothing-done"
READS = ("get", "get_handler", "list")
MANY = 10  # calls during one lock, should every so many be let in


def _surely_locked(client: Client, bucket: Bucket) -> bool:
    """Whether a call that is sent now has to find the bucket locked, for all that is known of when the lock began."""
    latest = client.trace[-1].received - client.trace[-1].sent
    until = bucket.last_counted + bucket.threshold.lock_seconds - SLACK - 2 * latest
    return bucket.refused and not bucket.early and client.clock.now() < until


def refuses(client: Client, buckets: Iterable[Bucket], why: str) -> list[Bucket]:
    """During the lock each plain call is refused; gives the buckets of which that was so."""
    buckets = [bucket for bucket in buckets if _surely_locked(client, bucket)]
    return [bucket for bucket in buckets if _refused(client, bucket, plain(bucket), "thresholds.lock", why)]


def _refused(client: Client, bucket: Bucket, form: Form, fact: str, why: str) -> bool:
    """Whether the call is refused for the lock. One found wrong before that tells nothing."""
    answer = knock(client, bucket, form)
    if answer is None or 200 <= answer.status < 300:
        client.oracle.holds(fact, answer is None, f"{bucket.operation} of {bucket.user} refused, {why}", "let in")
    return answer is None


def insist(client: Client, buckets: Iterable[Bucket], often: str = "") -> None:
    """Right after the refusal no call comes through, however often one tries; of the operation `often` that is many."""
    for bucket in buckets:
        for _ in range(MANY if bucket.operation == often else 1):
            refuses(client, [bucket], "right after the refusal")


def holds(client: Client, buckets: Iterable[Bucket]) -> None:
    """Shortly before a lock may end it has not ended, nor has it for another token of the user's, or another request.

    That is long after the calls that were let in count no more, so that nothing but the lock can refuse these.
    """
    for bucket in buckets:
        seconds = bucket.threshold.lock_seconds
        until = bucket.last_counted + seconds - SLACK - 1
        client.pause(until - client.clock.now(), f"{bucket.operation}: shortly before the lock may end")
        if refuses(client, [bucket], f"less than {seconds} seconds after the last call that was let in"):
            for form in bucket.forms:
                fact = {TOKEN: "thresholds.token", REQUEST: "thresholds.lock"}.get(form.kind)
                if fact is not None and _surely_locked(client, bucket):
                    _refused(client, bucket, form, fact, "with any token and whatever it asks for")


def ends(client: Client, buckets: Iterable[Bucket]) -> None:
    """So long after the last refusal a lock has ended. The buckets were not called meanwhile: a call may extend it."""
    for bucket in buckets:
        seconds = bucket.threshold.lock_seconds
        why = f"{bucket.operation}: until the lock ends"
        client.pause(bucket.refused_at + seconds + SLACK - client.clock.now(), why)
        let_in = knock(client, bucket) is not None
        expected = f"{bucket.operation} of {bucket.user} let in {seconds} seconds after the last refusal"
        client.oracle.holds("thresholds.lock.end", let_in, expected, "still refused")


def let_end(client: Client, buckets: list[Bucket], material: Material) -> None:
    """The locks' end, and in it, before anything is changed again, that what was refused left no trace."""
    locked = [bucket for bucket in buckets if bucket.refused]
    ends(client, [bucket for bucket in locked if bucket.operation in READS])
    nothing_done(client, material)
    ends(client, [bucket for bucket in locked if bucket.operation not in READS])


def nothing_done(client: Client, material: Material) -> None:
    """What was refused left no trace."""
    for page in client.pages(limit=100, about=NOTHING):
        del page
    client.get(material.own, about=NOTHING)
    client.get_handler(material.own, about=NOTHING)
    for identifier in material.refused[:1]:
        if (action := client.oracle.model.actions.get(identifier)) and action.alive:
            client.get(identifier, about=NOTHING)
