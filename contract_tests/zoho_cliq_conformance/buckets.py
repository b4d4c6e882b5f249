"""Buckets: an operation's calls of one user, up to its threshold, through the lock that follows, and after it.

What the schedules of `thresholds` are made of. What the page leaves open is accepted: a fixed or a sliding minute,
whether refused calls count, and whether a call during the lock starts it anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from zoho_cliq_api.contract import OPERATIONS, Threshold

from .client import Client, identifier_of
from .oracle import is_throttle
from .rules import LONG
from .run import Result
from .trace import Answer

SLACK = 2.0


@dataclass
class Bucket:
    """One operation's calls: how many came through, when the last did, and when a refusal last came."""

    operation: str
    call: Callable[[], Answer]
    first_refused: int | None = None
    burst_at: tuple[float, float] = (0.0, 0.0)
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

    @property
    def exact(self) -> bool:
        """Whether the first refusal was that of the call after the threshold."""
        return self.first_refused == self.threshold.limit + 1


@dataclass
class Material:
    """Actions to call upon: one to work with, one shared with the colleague, some to delete."""

    own: str = ""
    shared: str = ""
    spare: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    hints: int = 0


def make_material(client: Client) -> Material:
    """Create what the buckets' calls work with."""
    own = client.create(scope="personal", execution_type="deluge")
    return Material(own, client.create(scope="organization"))


def buckets_of(client: Client, material: Material) -> list[Bucket]:
    """A bucket for each operation, in the order in which they are to be filled."""
    return [Bucket(name, call) for name, call in calls(client, material).items()]


def calls(client: Client, material: Material) -> dict[str, Callable[[], Answer]]:
    """A call of each operation that does no harm."""

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


def probe(client: Client, bucket: Bucket) -> bool:
    """Call once; whether the call was let through."""
    answer = bucket.call()
    if is_throttle(answer):
        bucket.refused_at = client.clock.now()
        return False
    bucket.last_counted = client.clock.now()
    return True


def burst(client: Client, bucket: Bucket) -> None:
    """Call until refused, at most twice the threshold and one: a fixed minute may begin in between."""
    bucket.first_refused, started = None, client.clock.now()
    for number in range(1, 2 * bucket.threshold.limit + 2):
        if not probe(client, bucket):
            bucket.first_refused = number
            break
    bucket.burst_at = started, client.clock.now()


def judge(client: Client, bucket: Bucket) -> None:
    """The verdict on a burst: as many calls let in as the page says, and no more."""
    got = f"the first refusal was that of call {bucket.first_refused}" if bucket.first_refused else "no refusal"
    client.oracle.holds(bucket.fact, bucket.exact, f"{bucket.threshold.limit} calls let in, then a refusal", got)


def other_user(client: Client, result: Result, material: Material) -> None:
    """While the owner is locked the colleague is let in."""
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


def holds(client: Client, buckets: list[Bucket]) -> None:
    """Shortly before a lock may end it has not ended."""
    clock = client.clock
    for bucket in buckets:
        seconds = bucket.threshold.lock_seconds
        until = bucket.last_counted + seconds - SLACK - 1
        client.pause(until - clock.now(), f"{bucket.operation}: shortly before the lock may end")
        if clock.now() < bucket.last_counted + seconds - SLACK:
            let_in = probe(client, bucket)
            client.oracle.holds("thresholds.lock", not let_in, f"a lock of {seconds} seconds", "let in before that")


def ends(client: Client, buckets: list[Bucket], quiet: list[Bucket]) -> None:
    """So long after the last refusal a lock has ended.

    `quiet` buckets were not called meanwhile. Where all operations have one lock, a call of another one may have
    started it anew, so that a second wait is allowed.
    """
    clock, oracle = client.clock, client.oracle
    shared = oracle.failed["thresholds.operation"] > 0
    for bucket in buckets:
        seconds = bucket.threshold.lock_seconds
        client.pause(bucket.refused_at + seconds + SLACK - clock.now(), f"{bucket.operation}: until the lock ends")
        let_in = probe(client, bucket)
        if not let_in and (shared or bucket not in quiet):
            client.pause(seconds + SLACK, f"{bucket.operation}: until a lock that calls extend ends")
            let_in = probe(client, bucket)
        expected = f"let in {seconds} seconds after the last refusal"
        oracle.holds("thresholds.lock.end", let_in, expected, "still refused")


def nothing_done(client: Client, material: Material) -> None:
    """What was refused left no trace."""
    for page in client.pages(limit=100, about="thresholds.nothing-done"):
        del page
    client.pause(61 if client.clock.jumps else 0, "so that the next calls are under the threshold")
    client.get(material.own, about="thresholds.nothing-done")
    for identifier in material.deleted[:1]:
        if client.oracle.model.actions.get(identifier) and client.oracle.model.actions[identifier].alive:
            client.get(identifier, about="thresholds.nothing-done")
