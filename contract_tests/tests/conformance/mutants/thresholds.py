"""Faults in counting calls and in locks."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from reference_server import BASE, Handle, Headers, Reference, Refusal, Reply

from .protocol import HTML
from .ways import add, attribute, mutant, operation_of, wrap

for _op, _limit in (
    ("create", 30),
    ("list", 30),
    ("get", 10),
    ("update", 10),
    ("delete", 10),
    ("get_handler", 10),
    ("update_handler", 10),
):
    _fact = f"thresholds.{_op}" + (" thresholds.window" if _op == "get" else "")
    add(f"{_op}-threshold-one-more".replace("_", "-"), "thresholds", _fact, attribute(f"per_minute.{_op}", _limit + 1))
    add(f"{_op}-threshold-one-less".replace("_", "-"), "thresholds", _fact, attribute(f"per_minute.{_op}", _limit - 1))
add("no-thresholds", "thresholds", "thresholds.create thresholds.get thresholds.window", attribute("throttled", False))
add("window-of-two-minutes", "thresholds", "thresholds.window", attribute("window", 120.0))
add("window-of-twenty-seconds", "thresholds", "thresholds.window", attribute("window", 20.0))
add("lock-of-four-minutes", "thresholds", "thresholds.lock", attribute("lock", 240.0))
add("lock-of-one-minute", "thresholds", "thresholds.lock", attribute("lock", 60.0))
add("lock-of-six-minutes", "thresholds", "thresholds.lock.end", attribute("lock", 360.0))
add("lock-without-end", "thresholds", "thresholds.lock.end thresholds.window", attribute("lock", 1e9))
add("no-lock", "thresholds", "thresholds.lock", attribute("lock", 0.0))


@mutant("thresholds-are-shared-by-users", "thresholds", "thresholds.user")
def _(server: Reference) -> None:
    original = server.throttle
    server.throttle = lambda user, operation: original("everyone", operation)  # type: ignore[method-assign]


@mutant("thresholds-are-one-per-user", "thresholds", "thresholds.operation")
def _(server: Reference) -> None:
    original = server.throttle
    locked: dict[str, float] = {}

    def throttle(user: str, operation: str) -> None:
        if locked.get(user, 0) > server.now():
            server.too_many()
        try:
            original(user, operation)
        except Refusal:
            locked[user] = server.now() + server.lock
            raise

    server.throttle = throttle  # type: ignore[method-assign]


@mutant("throttled-updates-are-done", "thresholds", "thresholds.nothing-done")
def _(server: Reference) -> Handle:
    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        reply = server(method, target, headers, body)
        if reply[0] == 429 and operation_of(method, target.removeprefix(BASE)) == "update":
            server.throttled = False
            server(method, target, headers, body)
            server.throttled = True
        return reply

    return handle


@mutant("throttled-deletes-are-done", "thresholds", "thresholds.nothing-done")
def _(server: Reference) -> Handle:
    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        reply = server(method, target, headers, body)
        if reply[0] == 429 and method == "DELETE":
            server.throttled = False
            server(method, target, headers, body)
            server.throttled = True
        return reply

    return handle


add(
    "throttle-is-html",
    "thresholds",
    "thresholds.answer",
    wrap(lambda m, t, h, b, r: (429, HTML, b"<h1>slow down</h1>") if r[0] == 429 else r),
)


def query_of(target: str) -> dict[str, str]:
    """The query of a target."""
    return dict(parse_qsl(urlsplit(target).query))
