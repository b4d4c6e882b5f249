"""The thresholds, opt-in: fills every bucket of a user in one window, sees the refusals, and waits for the locks' end.

With a clock URL it takes no time, on a real clock about eight minutes. What the page leaves open is accepted: a fixed
or a sliding minute, whether refused calls count, and whether a call during the lock starts it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from zoho_cliq_api.contract import OPERATIONS, Threshold

from .client import Client, identifier_of
from .oracle import is_throttle
from .rules import LONG
from .run import Result, missing
from .trace import Answer

SLACK = 2.0
NAMES = ("create", "list", "get", "update", "delete", "get_handler", "update_handler")


@dataclass
class Bucket:
    """One operation's calls: how many came through, when the last did, and when a refusal last came."""

    operation: str
    call: Callable[[], Answer]
    first_refused: int | None = None
    last_counted: float = 0.0
    refused_at: float = 0.0

    @property
    def threshold(self) -> Threshold:
        found = OPERATIONS[LONG[self.operation]].threshold
        assert found is not None
        return found

    @property
    def fact(self) -> str:
        return f"thresholds.{self.operation}"


@dataclass
class _Material:
    """Actions to call upon: one to work with, one shared with the colleague, some to delete."""

    own: str = ""
    shared: str = ""
    spare: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    hints: int = 0


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
    pause = client.clock.pause
    window = OPERATIONS[LONG["get"]].threshold
    assert window is not None
    if client.sequence:
        pause(window.window_seconds + SLACK, "so that earlier calls count no more")
    material = _Material(own=client.create(scope="personal", execution_type="deluge"))
    material.shared = client.create(scope="organization")
    pause(window.window_seconds + SLACK, "so that these creations count no more, whatever they count for")
    _window(client, material, window)
    buckets = [Bucket(name, call) for name, call in _calls(client, material).items()]
    for bucket in buckets:
        _burst(client, bucket)
    _verdicts(client, result, buckets)
    _other_user(client, result, material)
    locked = [bucket for bucket in buckets if bucket.first_refused is not None]
    if client.clock.jumps:
        _ends(client, locked, locked)
        for bucket in locked:
            _burst(client, bucket)
        _holds(client, locked)
        pause(window.lock_seconds + SLACK, "until the last lock ends")
    else:
        early = locked[:2]
        _holds(client, early)
        _ends(client, locked, [bucket for bucket in locked if bucket not in early])
    _nothing_done(client, material)


def _calls(client: Client, material: _Material) -> dict[str, Callable[[], Answer]]:
    def create() -> Answer:
        answer = client.send("POST", "/messageactions", body=client.action())
        if identifier := identifier_of(answer):
            material.spare.append(identifier)
        return answer

    def update() -> Answer:
        material.hints += 1
        return client.update(material.own, hint=f"hint {material.hints}")

    def delete() -> Answer:
        identifier = material.spare.pop() if material.spare else "987000000654321"
        answer = client.delete(identifier)
        if is_throttle(answer):
            material.deleted.append(identifier)
        return answer

    return {
        "create": create,
        "list": lambda: client.send("GET", "/messageactions", query={"limit": 1}),
        "get": lambda: client.get(material.own, about="thresholds.nothing-done"),
        "update": update,
        "delete": delete,
        "get_handler": lambda: client.get_handler(material.own),
        "update_handler": lambda: client.update_handler(material.own, script="return 1;"),
    }


def _probe(client: Client, bucket: Bucket) -> bool:
    """Call once; whether the call was let through."""
    answer = bucket.call()
    if is_throttle(answer):
        bucket.refused_at = client.clock.now()
        return False
    bucket.last_counted = client.clock.now()
    return True


def _burst(client: Client, bucket: Bucket) -> None:
    """Call until refused, at most twice the threshold and one: a fixed minute may begin in between."""
    bucket.first_refused = None
    for number in range(1, 2 * bucket.threshold.limit + 2):
        if not _probe(client, bucket):
            bucket.first_refused = number
            return


def _window(client: Client, material: _Material, threshold: Threshold) -> None:
    """After a minute as many calls are allowed again; within one they are not."""
    oracle = client.oracle
    for _ in range(2):
        let_in = [not is_throttle(client.get(material.own)) for _ in range(threshold.limit)]
        allowed = f"{threshold.limit} calls in each of two minutes"
        oracle.holds("thresholds.window", all(let_in), allowed, f"{sum(let_in)} calls let in")
        client.clock.pause(threshold.window_seconds + SLACK, "so that a new minute begins")
    if not client.clock.jumps:
        return
    refused = False
    for _ in range(3):
        for part, seconds in ((threshold.limit // 2, threshold.window_seconds // 2), (threshold.limit // 2 + 1, 0)):
            refused = sum(is_throttle(client.get(material.own)) for _ in range(part)) > 0
            client.clock.pause(seconds, "for another part of the minute")
        client.clock.pause(threshold.lock_seconds + 50, "until the lock ends, in another part of the minute")
        if refused:
            break
    expected = f"{threshold.limit + 1} calls within {threshold.window_seconds // 2} seconds are too many"
    oracle.holds("thresholds.window", refused, expected, "they were let in at three times of the minute")


def _verdicts(client: Client, result: Result, buckets: list[Bucket]) -> None:
    oracle = client.oracle
    later = buckets[1:]
    of_user = all(bucket.first_refused == 1 for bucket in later)
    oracle.holds("thresholds.operation", not of_user, "a count and a lock for each operation", "one for all operations")
    if of_user and not client.clock.jumps:
        result.notes.append(
            "one lock for all operations: the thresholds after the first could not be seen without a clock URL"
        )
        buckets = buckets[:1]
    for bucket in buckets:
        if bucket.first_refused != bucket.threshold.limit + 1 and (client.clock.jumps or bucket.first_refused is None):
            _again(client, bucket)
        limit = bucket.threshold.limit
        got = f"the first refusal was that of call {bucket.first_refused}" if bucket.first_refused else "no refusal"
        good = bucket.first_refused == limit + 1
        oracle.holds(bucket.fact, good, f"{limit} calls let in, then a refusal", got)


def _again(client: Client, bucket: Bucket) -> None:
    """A second burst, alone and in another part of the minute, so that neither can be the reason."""
    threshold = bucket.threshold
    client.clock.pause(threshold.lock_seconds + threshold.window_seconds + 7, "to burst once more")
    _burst(client, bucket)


def _other_user(client: Client, result: Result, material: _Material) -> None:
    if "colleague" not in client.tokens:
        result.skipped["thresholds of another user"] = "needs tokens.colleague"
        return
    answers = [
        client.send("GET", "/messageactions", user="colleague", query={"limit": 1}),
        client.get(material.shared, user="colleague"),
        client.send("POST", "/messageactions", user="colleague", body=client.action()),
    ]
    refused = sum(map(is_throttle, answers))
    client.oracle.holds("thresholds.user", not refused, "another user is let in", f"{refused} of 3 calls refused")


def _holds(client: Client, buckets: list[Bucket]) -> None:
    """Shortly before a lock may end it has not ended."""
    clock = client.clock
    for bucket in buckets:
        seconds = bucket.threshold.lock_seconds
        until = bucket.last_counted + seconds - SLACK - 1
        clock.pause(until - clock.now(), f"{bucket.operation}: shortly before the lock may end")
        let_in = clock.now() < bucket.last_counted + seconds - SLACK and _probe(client, bucket)
        client.oracle.holds("thresholds.lock", not let_in, f"a lock of {seconds} seconds", "let in before that")


def _ends(client: Client, buckets: list[Bucket], quiet: list[Bucket]) -> None:
    """So long after the last refusal a lock has ended.

    `quiet` buckets were not called meanwhile. Where all operations have one lock, a call of another one may have
    started it anew, so that a second wait is allowed.
    """
    clock, oracle = client.clock, client.oracle
    shared = oracle.failed["thresholds.operation"] > 0
    for bucket in buckets:
        seconds = bucket.threshold.lock_seconds
        clock.pause(bucket.refused_at + seconds + SLACK - clock.now(), f"{bucket.operation}: until the lock ends")
        let_in = _probe(client, bucket)
        if not let_in and (shared or bucket not in quiet):
            clock.pause(seconds + SLACK, f"{bucket.operation}: until a lock that calls extend ends")
            let_in = _probe(client, bucket)
        ends = f"let in {seconds} seconds after the last refusal"
        oracle.holds("thresholds.lock.end", let_in, ends, "still refused")


def _nothing_done(client: Client, material: _Material) -> None:
    for page in client.pages(limit=100, about="thresholds.nothing-done"):
        del page
    client.clock.pause(61 if client.clock.jumps else 0, "so that the next calls are under the threshold")
    client.get(material.own, about="thresholds.nothing-done")
    for identifier in material.deleted[:1]:
        if client.oracle.model.actions.get(identifier) and client.oracle.model.actions[identifier].alive:
            client.get(identifier, about="thresholds.nothing-done")


def run_one(client: Client, operation: str) -> None:
    """One bucket alone: its threshold, another user, its lock; for histories in which everything else happens too.

    Needs a clock URL, and leaves the bucket unlocked.
    """
    pause = client.clock.pause
    scenario = client.scenario
    with _unpaced(client):
        client.scenario = scenario
        material = _Material(own=client.create(scope="personal", execution_type="deluge"))
        material.shared = client.create(scope="organization")
        material.spare = [client.create(scope="personal") for _ in range(3)]
        bucket = Bucket(operation, _calls(client, material)[operation])
        pause(bucket.threshold.window_seconds + SLACK, "so that earlier calls count no more")
        _burst(client, bucket)
        if bucket.first_refused != bucket.threshold.limit + 1:
            _again(client, bucket)
        good = bucket.first_refused == bucket.threshold.limit + 1
        expected = f"{bucket.threshold.limit} calls let in, then a refusal"
        client.oracle.holds(bucket.fact, good, expected, f"the first refusal was that of call {bucket.first_refused}")
        _other_user(client, Result(client), material)
        if bucket.first_refused is not None:
            _ends(client, [bucket], [bucket])
            _burst(client, bucket)
            _holds(client, [bucket])
            pause(bucket.threshold.lock_seconds + SLACK, "until the lock ends")
        pause(bucket.threshold.window_seconds + SLACK, "so that these calls count no more")
