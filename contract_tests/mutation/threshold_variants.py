"""Lawful variants of counting and locking where the vendor's page is silent: changes of the second reference server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mutants import Prepare
from reference_server import Handle, Headers, Reference, Refusal, Reply

THRESHOLD_VARIANTS: dict[str, Prepare] = {"as it is": lambda server: None}
TOGETHER = ("one count and lock for all", "one count and lock for all, locked anew", "one count for all")


def threshold_variant(name: str) -> Callable[[Prepare], Prepare]:
    def register(prepare: Prepare) -> Prepare:
        THRESHOLD_VARIANTS[name] = prepare
        return prepare

    return register


def forgetting(begin: Callable[[Reference, str, str, float], float]) -> Prepare:
    """Let a call count until its minute is over.

    `begin(server, user, operation, now)` returns when the current minute began.
    """

    def prepare(server: Reference) -> None:
        original = server.throttle

        def throttle(user: str, operation: str) -> None:
            start = begin(server, user, operation, server.now())
            calls = server.calls.get((user, operation), [])
            server.calls[user, operation] = [moment for moment in calls if moment >= start]
            original(user, operation)

        server.throttle = throttle  # type: ignore[method-assign]

    return prepare


def whole_minutes(phase: float) -> Prepare:
    """Use fixed minutes that begin `phase` seconds after the full minutes of the clock."""
    return forgetting(lambda server, user, operation, now: (now - phase) // server.window * server.window + phase)


fixed_minutes = THRESHOLD_VARIANTS["minutes of the clock"] = whole_minutes(0)
for _phase in (1, 13.7, 31, 58.9):
    THRESHOLD_VARIANTS[f"minutes of the clock, {_phase} s late"] = whole_minutes(_phase)
THRESHOLD_VARIANTS["minutes of the clock, later for each operation"] = forgetting(
    lambda server, user, operation, now: (
        (now - 7 * len(user + operation)) // server.window * server.window + 7 * len(user + operation)
    )
)


@threshold_variant("minutes begin with the first call")
def _(server: Reference) -> None:
    begun: dict[tuple[str, str], float] = {}

    def begin(server: Reference, user: str, operation: str, now: float) -> float:
        if now >= begun.get((user, operation), 0) + server.window:
            begun[user, operation] = now
        return begun[user, operation]

    forgetting(begin)(server)


@threshold_variant("calls during a lock start it anew")
def locks_anew(server: Reference) -> None:
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        if server.locked.get((user, operation), 0) > server.now():
            server.locked[user, operation] = server.now() + server.lock
        original(user, operation)

    server.throttle = throttle  # type: ignore[method-assign]


@threshold_variant("the last call that is let in starts the lock")
def _(server: Reference) -> None:
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        original(user, operation)
        now = server.now()
        if (
            sum(moment > now - server.window for moment in server.calls[user, operation])
            == server.per_minute[operation]
        ):
            server.locked[user, operation] = now + server.lock

    server.throttle = throttle  # type: ignore[method-assign]


@threshold_variant("calls that the threshold refuses count too")
def _(server: Reference) -> None:
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        try:
            original(user, operation)
        except Refusal:
            server.calls[user, operation].append(server.now())
            raise

    server.throttle = throttle  # type: ignore[method-assign]


def uncounted(server: Reference) -> None:
    """Do not count calls that are refused for a reason other than the threshold."""
    original = server.answer

    def answer(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        before = {key: list(calls) for key, calls in server.calls.items()}
        try:
            return original(method, target, headers, body)
        except Refusal as refusal:
            if refusal.status != 429:
                server.calls = before
            raise

    server.answer = answer  # type: ignore[method-assign]


THRESHOLD_VARIANTS["refused calls do not count"] = uncounted


@threshold_variant("requests are checked before locks are looked at")
def _(server: Reference) -> None:
    original = server.answer

    def answer(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        operation, identifier, _ = server.route(method, target.split("?")[0])
        user, _ = server.authenticate(headers)
        if identifier:
            server.find(user, identifier)
        elif operation == "list":
            server.throttled = False
            try:
                original(method, target, headers, body)
            finally:
                server.throttled = True
        return original(method, target, headers, body)

    server.answer = answer  # type: ignore[method-assign]


@threshold_variant("refusals are 400")
def _(server: Reference) -> None:
    def too_many() -> None:
        raise Refusal(400, "request_limit_exceeded", "You have exceeded the URL throttle limits.")

    server.too_many = too_many  # type: ignore[method-assign, assignment]


@threshold_variant("one count and lock for all")
def one_for_all(server: Reference) -> None:
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        server.per_minute["any"] = server.per_minute[operation]
        original(user, "any")

    server.throttle = throttle  # type: ignore[method-assign]


@threshold_variant("one count and lock for all, locked anew")
def both(server: Reference) -> None:
    one_for_all(server)
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        if server.locked.get((user, "any"), 0) > server.now():
            server.locked[user, "any"] = server.now() + server.lock
        original(user, operation)

    server.throttle = throttle  # type: ignore[method-assign]


@threshold_variant("one count for all")
def _(server: Reference) -> None:
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        if server.locked.get((user, operation), 0) > server.now():
            server.too_many()
        server.per_minute["any"] = server.per_minute[operation]
        try:
            original(user, "any")
        except Refusal:
            server.locked[user, operation] = server.locked.pop((user, "any"))
            raise

    server.throttle = throttle  # type: ignore[method-assign]


@threshold_variant("the minutes of the clock, locked anew, refused calls not counted")
def _(server: Reference) -> None:
    uncounted(server)
    fixed_minutes(server)
    locks_anew(server)


def slow(seconds: float, prepare: Prepare) -> Callable[[Reference, Any], Handle]:
    """Let each answer take `seconds`, on the simulated clock of the server."""

    def make(server: Reference, clock: Any) -> Handle:
        handle: Handle = prepare(server) or server

        def late(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
            if not target.startswith("/_mock"):
                clock.offset += seconds / 2
            reply = handle(method, target, headers, body)
            if not target.startswith("/_mock"):
                clock.offset += seconds / 2
            return reply

        return late

    return make
