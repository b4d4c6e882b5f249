"""The opt-in driver of the thresholds: exceed each threshold as each user, expect refusals, wait for the locks' end.

With a clock URL this takes many calls and hardly any time. On a real clock it takes about seven minutes; see
`real_clock`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from zoho_cliq_api.contract import OPERATIONS, Threshold

from ...judge.document import LONG, SHORT
from ...judge.facts import FACTS
from ...profile import Profile
from ...result import Result, missing
from ...sending.client import Client
from .buckets import SLACK, Bucket, buckets_of, burst, judge, probe
from .forms import NAMES, PLAIN, Material, make_material, note_missing_tokens, send_unusual
from .locks import (
    check_end_of_locks,
    check_nothing_done,
    check_refused,
    check_retries_refused,
    check_still_locked,
    check_unlocked,
)
from .minute import Minute, TooSlow, find_minute, room_of, start_fresh
from .real_clock import on_a_real_clock
from .reasons import check_alone, diagnose
from .rounds import APART, Round, carry_out, gap_of

__all__ = ["NAMES", "run_one", "run_thresholds"]

TRIED = "update"  # the operation of the first lock. No call disturbs that lock, so later locks of it may be disturbed
SLOW = 15.0  # seconds: if the burst of one operation takes longer, other operations may be called in another minute


def run_thresholds(client: Client, result: Result) -> None:
    """Test the facts `thresholds.*`. Without what they need in the profile, the driver is skipped.

    Args:
        client: the client of the run.
        result: where notes and skipped tests are recorded.

    Raises:
        Stopped: the run cannot continue; the subclass says why.
    """
    lack = missing("thresholds", client.profile)
    if lack:
        result.skipped["thresholds"] = lack
        return
    client.scenario = "thresholds"
    client.oracle.asked.update(fact for fact in FACTS if fact.startswith("thresholds."))
    with _unpaced(client):
        window = OPERATIONS[LONG["get"]].threshold
        assert window is not None
        if client.sequence:
            client.pause(window.window_seconds + SLACK, "until earlier calls no longer count")
        if client.clock.jumps:
            _with_a_clock_url(client, result, window)
        else:
            on_a_real_clock(client, result, window)


def calls_of_a_run(profile: Profile) -> tuple[int, dict[str, int]]:
    """Return about how many calls a run sends, and how many actions of each user it leaves for the clean-up.

    A server with fixed minutes takes more calls.
    """
    thresholds = {short: OPERATIONS[name].threshold for name, short in SHORT.items()}
    limits = {short: threshold.limit for short, threshold in thresholds.items() if threshold}
    burst_of_all, others = sum(limits.values()) + len(limits), [user for user in profile.tokens if user != "owner"]
    deleted = max(0, limits.get("create", 0) - limits.get("delete", 0))
    if not profile.clock_url:
        number = burst_of_all + 43 + 41 * ("outsider" in others)
        number += (100 + limits.get(TRIED, 0)) * ("colleague" in others)
        return number, {"owner": deleted + 3, **({"colleague": 1} if "colleague" in others else {})}
    rounds = max(2, len(profile.tokens))
    number = rounds * (burst_of_all + 3 * len(limits)) + (115 if others else 95)
    alone = 0 if others else deleted
    return number, {"owner": deleted + alone + 3, **dict.fromkeys(others, deleted + 1)}


@contextmanager
def _unpaced(client: Client) -> Iterator[None]:
    active, client.pacer.active, client.expect_throttle = client.pacer.active, False, True
    try:
        yield
    finally:
        client.pacer.active, client.expect_throttle = active, False


# --- with a clock URL


def _with_a_clock_url(client: Client, result: Result, window: Threshold) -> None:
    """Test all facts with rounds of all users. If a burst is not exact, find out why. Waiting takes no time here."""
    materials = _materials(client, result)
    everyone = [buckets_of(client, material) for material in materials]
    minute, one_for_all = _first_lock(client, result, everyone[0])
    if one_for_all:
        _each_by_itself(client, result, everyone)
    else:
        _rounds(client, result, everyone, materials, minute)
    client.pause(window.lock_seconds + window.window_seconds + SLACK, "until the last lock ends")
    if one_for_all:
        check_nothing_done(client, materials[0])


def _materials(client: Client, result: Result) -> list[Material]:
    found = [make_material(client)]
    for user in ("colleague", "outsider"):
        if user in client.tokens:
            found.append(make_material(client, user, found[0].shared if user == "colleague" else ""))
    found[-1].failing = len(found) > 1
    if len(found) == 1:
        result.skipped["thresholds of another user"] = "needs tokens.colleague"
    note_missing_tokens(client, result, found[0])
    return found


def _first_lock(client: Client, result: Result, buckets: list[Bucket]) -> tuple[Minute, bool]:
    """Lock one operation. Return when no fixed minute begins, and whether each operation has to be tested by itself.

    That is so if all operations share one lock, which breaks an inferred fact only, or if answers are too slow.
    Otherwise test that the lock ends on time when no call disturbs it.
    """

    def tells(operation: str) -> bool:
        """Return whether the calls of this operation use up the whole count of another one, if they share it."""
        limits = {bucket.operation: bucket.limit for bucket in buckets}
        return any(limit <= limits[operation] for name, limit in limits.items() if name != operation)

    likelier, other = sorted((TRIED, "get"), key=tells, reverse=True)
    for operation in (likelier, other):
        locked = next(bucket for bucket in buckets if bucket.operation == operation).restricted(PLAIN)
        with suppress(TooSlow):
            if (minute := find_minute(client, locked)) is not None:
                break
    else:
        minute = Minute(client.clock.now(), room_of(locked))
    start_fresh(client, locked, minute.start)
    burst(client, locked)
    if locked.ended - locked.began > SLOW:
        result.notes.append("thresholds: responses were too slow to call several operations within one minute")
        return minute, True
    others = [bucket for bucket in buckets if bucket.operation != operation]
    accepted = [bucket for bucket in others if probe(client, bucket) is not None]
    full = [bucket for bucket in others if bucket.limit <= locked.limit] or others
    together = not any(bucket in accepted for bucket in full)
    expected = "a separate count and lock for each operation"
    client.holds("thresholds.operation", not together, expected, "one count and lock for all operations")
    if locked.refused and not together:
        check_unlocked(client, [locked])
    return minute, together


def _rounds(
    client: Client, result: Result, everyone: list[list[Bucket]], materials: list[Material], minute: Minute
) -> None:
    """Run a round for each user, test the locks, and judge all bursts.

    The first user does not call while locked, except right after the refusals, and those locks must end on time. The
    second user calls during the locks, and those must not end early.
    """
    _mix(client, everyone, minute)
    first, second = everyone[0], everyone[1] if len(everyone) > 1 else []
    if second:
        long = max(bucket.last_counted for bucket in second) + second[0].threshold.window_seconds + SLACK
        client.pause(long - client.clock.now(), "until only the lock refuses calls")
        send_unusual(client, second[0].user, locked=True)
    check_refused(client, second, "while other users call")
    tried = [bucket for bucket in first if bucket.operation == TRIED and bucket.refused]
    check_still_locked(client, tried)
    check_end_of_locks(client, [bucket for bucket in first if bucket.operation != TRIED], materials[0])
    check_refused(client, second, "while other users call")
    check_still_locked(client, second)
    check_unlocked(client, tried)
    if not second:
        everyone = [first, buckets_of(client, materials[0])]
        _mix(client, everyone[1:], minute, again=True)
        check_still_locked(client, everyone[1])
    _judge(client, result, everyone, minute)


def _mix(client: Client, everyone: list[list[Bucket]], minute: Minute, again: bool = False) -> bool:
    """Run overlapping rounds, one for each user. Return whether all calls were sent in time.

    If they were, each burst has to be exact.

    Args:
        client: the client of the run.
        everyone: the buckets of each user.
        minute: a span in which no fixed minute begins.
        again: whether the only user has had a round before. Then the locks come in reverse order, and no call is sent
            right after the refusals.
    """
    gap = gap_of(client, minute, len(everyone[0]))
    start = start_fresh(client, everyone[0][0], minute.start, ahead=APART)
    for bucket in [bucket for buckets in everyone for bucket in buckets]:
        bucket.begin(client.clock.now())
    rounds = [Round(client, buckets, start + n * APART, gap, again) for n, buckets in enumerate(everyone)]
    rounds[0].after = None if again else lambda: check_retries_refused(client, everyone[0], often="get")
    if len(rounds) > 1:
        rounds[1].backwards = True
        rounds[1].between = lambda: send_unusual(client, everyone[1][0].user, locked=False)
    in_time = carry_out(client, [step for each in rounds for step in each.steps()])
    return in_time and not any(minute.over(each.start, each.ended) for each in rounds)


def _judge(client: Client, result: Result, everyone: list[list[Bucket]], minute: Minute) -> None:
    """Judge all bursts.

    An exact burst shows that several facts hold. For a burst that is not exact, find the reason, unless a fault of the
    same operation was found before. If there are bursts without a known reason, repeat the rounds. If a burst is not
    exact in that repetition either, it is a fault.
    """
    every = [bucket for buckets in everyone for bucket in buckets]
    for bucket in [bucket for bucket in every if bucket.exact]:
        for fact in (bucket.fact, "thresholds.window"):
            client.passes(fact)
        if len(bucket.forms) > 1:
            client.passes("thresholds.requests")
        if len({other.user for other in every}) > 1:
            client.passes("thresholds.user")
    left, failed = [], set()
    for bucket in [bucket for bucket in every if not bucket.exact]:
        before = len(client.oracle.violations)
        if bucket.operation not in failed and not diagnose(client, result, bucket, minute, every):
            left.append(bucket)
        if len(client.oracle.violations) > before:
            failed.add(bucket.operation)
    again = everyone if everyone[0][0].user != everyone[-1][0].user else everyone[:1]
    if left and _mix(client, again, minute):
        suspected = {(bucket.user, bucket.operation) for bucket in left}
        for bucket in [bucket for buckets in again for bucket in buckets]:
            if (bucket.user, bucket.operation) in suspected:
                judge(client, bucket)


def _each_by_itself(client: Client, result: Result, everyone: list[list[Bucket]]) -> None:
    """Test the bursts of the operations one after the other, then the lock of the last one.

    This is for a server with one lock for all operations, or with slow answers.
    """
    last = everyone[0][-1]
    try:
        for bucket in everyone[0]:
            check_alone(client, bucket)
        for bucket in [bucket for buckets in everyone[1:] for bucket in buckets]:
            accepted = probe(client, bucket) is not None
            client.holds(
                "thresholds.user", accepted, f"a call of {bucket.user} accepted while the owner is locked", "refused"
            )
        check_still_locked(client, [last])
        check_alone(client, last)
        check_unlocked(client, [last] if last.refused else [])
    except TooSlow:
        result.notes.append("thresholds: responses were too slow to exceed them within a minute")


# --- one operation, as a step of a random history


def run_one(client: Client, operation: str, user: str = "owner", *, ends: bool = True) -> None:
    """Test the threshold and the lock of one operation, with calls of other operations and by another user in between.

    Needs a clock URL. Waits for the end of the lock.

    Args:
        client: the client of the run.
        operation: the short name of the operation.
        user: the label of the user's token.
        ends: whether to test that the first lock ends before testing, with a second one, that it lasts. Otherwise the
            first lock has to last.
    """
    with _unpaced(client):
        owners = make_material(client)
        materials = {"owner": owners}
        if (other := "colleague" if user == "owner" else user) in client.tokens:
            materials[other] = make_material(client, other, owners.shared if other == "colleague" else "")
        material, everyone = materials[user], [one for each in materials.values() for one in buckets_of(client, each)]
        bucket = next(one for one in everyone if (one.user, one.operation) == (user, operation))
        threshold = bucket.threshold
        others = [o for o in everyone if o is not bucket and (o.operation == operation or o.user == bucket.user)]
        if _exact(client, bucket, everyone, others):
            client.passes(bucket.fact)
            check_retries_refused(client, [bucket], often=operation)
            if ends:
                check_end_of_locks(client, [bucket], material)
                start_fresh(client, bucket)
                burst(client, bucket)
            client.pause(threshold.window_seconds + SLACK, "until only the lock refuses calls")
            _call_others(client, user, others)
            check_still_locked(client, [bucket])
        client.pause(threshold.lock_seconds + threshold.window_seconds + SLACK, "until the lock ends")


def _call_others(client: Client, user: str, others: list[Bucket]) -> None:
    """Send one call of each bucket of `others`. Test that another user is let in, even if `user` is locked."""
    for other in others:
        accepted = probe(client, other) is not None
        if other.user != user:
            client.holds("thresholds.user", accepted, f"{other.user}'s call accepted, whatever {user} calls", "refused")
    send_unusual(client, user, locked=False)


def _exact(client: Client, bucket: Bucket, everyone: list[Bucket], others: list[Bucket]) -> bool:
    """Return whether a round of one bucket is exact. If it is not, find the reason.

    A fixed minute may have begun during the first round. So if that is not exact, find a span without such a beginning,
    and run a second round in it.
    """

    def mixed() -> bool:
        start = start_fresh(client, bucket, minute.start, ahead=APART)
        bucket.begin(client.clock.now())
        gap = gap_of(client, minute, 3)
        return Round(
            client, [bucket], start, gap, between=lambda: _call_others(client, bucket.user, others)
        ).carry_out()

    minute = Minute(client.clock.now(), room_of(bucket))
    if mixed():
        return True
    with suppress(TooSlow):
        minute = find_minute(client, bucket.restricted(PLAIN), minute.start) or minute
    if mixed():
        return True
    diagnose(client, Result(client), bucket, minute, everyone)
    return False
