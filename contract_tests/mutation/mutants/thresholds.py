"""Faults in counting calls and in locks.

If a mutant has several facts, a run with a clock URL reports the first one, since it finds the reason of the fault. A
run on a real clock finds the fault, but may report another of the facts.

The names of mutants assume a window of 60 s and a lock of 300 s. If the document has other values, the durations of the
faults are scaled accordingly.
"""

from __future__ import annotations

from collections.abc import Callable

from api_paths import LISTING
from reference_server import BASE, LIMITS, LOCK, WINDOW, Handle, Headers, Reference, Refusal, Reply

from .builders import Prepare, add, attribute, mutant, operation_of, replace, wrap
from .protocol import HTML

OPERATIONS = tuple(LIMITS)
Asked = tuple[str, str, bytes]  # target, Authorization, body

for _op, _limit in LIMITS.items():
    _fact = f"thresholds.{_op}"
    add(f"{_op}-threshold-one-more".replace("_", "-"), "thresholds", _fact, attribute(f"per_minute.{_op}", _limit + 1))
    add(f"{_op}-threshold-one-less".replace("_", "-"), "thresholds", _fact, attribute(f"per_minute.{_op}", _limit - 1))
add("no-thresholds", "thresholds", "thresholds.create thresholds.get", attribute("throttled", False))
add("window-of-two-minutes", "thresholds", "thresholds.window", attribute("window", 2 * WINDOW))
add("window-of-75-seconds", "thresholds", "thresholds.window", attribute("window", 1.25 * WINDOW))
add("window-of-twenty-seconds", "thresholds", "thresholds.window", attribute("window", WINDOW / 3))
add("window-of-55-seconds", "thresholds", "thresholds.window", attribute("window", WINDOW - 5))
add("lock-of-four-minutes", "thresholds", "thresholds.lock", attribute("lock", 0.8 * LOCK))
add("lock-of-one-minute", "thresholds", "thresholds.lock", attribute("lock", LOCK / 5))
add("lock-of-six-minutes", "thresholds", "thresholds.lock.end", attribute("lock", 1.2 * LOCK))
add("lock-without-end", "thresholds", "thresholds.lock.end thresholds.window", attribute("lock", 1e9))
add("no-lock", "thresholds", "thresholds.lock", attribute("lock", 0.0))
add(
    "throttle-is-503",
    "thresholds",
    "thresholds.status",
    wrap(lambda m, t, h, b, r: (503, *r[1:]) if r[0] == 429 else r),
)
add(
    "throttle-is-500",
    "thresholds",
    "thresholds.status",
    wrap(lambda m, t, h, b, r: (500, *r[1:]) if r[0] == 429 else r),
)
add(
    "throttle-is-html",
    "thresholds",
    "thresholds.answer",
    wrap(lambda m, t, h, b, r: (429, HTML, b"<h1>slow down</h1>") if r[0] == 429 else r),
)


# --- requests that are counted together


def counted(key: Callable[[Asked, str, str], object], *, locked: bool = True) -> Prepare:
    """Return a change that counts and locks calls separately for each value of `key(request, user, operation)`.

    If `locked` is false, it only locks them separately, and counts them as before.
    """

    def prepare(server: Reference) -> None:
        asked: list[Asked] = []
        answer = server.answer

        def note(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
            token = next((value for name, value in headers if name.lower() == "authorization"), "")
            asked[:] = [(target, token, body or b"")]
            return answer(method, target, headers, body)

        def throttle(user: str, operation: str) -> None:
            own = (user, operation, key(asked[0], user, operation))
            count, lock, now = (own if locked else own[:2]), own, server.now()
            if server.locked.get(lock, 0) > now:
                server.too_many()
            recent = [moment for moment in server.calls.get(count, []) if moment > now - server.window]
            if len(recent) >= server.per_minute[operation]:
                server.locked[lock] = now + server.lock
                server.too_many()
            server.calls[count] = [*recent, now]

        server.answer, server.throttle = note, throttle  # type: ignore[method-assign]

    return prepare


def free(when: Callable[[Asked], bool]) -> Prepare:
    """Return a change that does not count requests for which `when(request)` is true."""
    return counted(lambda asked, user, operation: object() if when(asked) else None)


for _name, _facts, _prepare in (
    ("tokens-are-counted-apart", "token get", counted(lambda a, u, o: a[1].rpartition(" ")[2])),
    ("spellings-are-counted-apart", "token", counted(lambda a, u, o: a[1])),
    ("tokens-are-locked-apart", "token", counted(lambda a, u, o: a[1], locked=False)),
    ("next-pages-do-not-count", "requests list", free(lambda a: "next_token=" in a[0])),
    ("changes-do-not-count", "requests list", free(lambda a: "sync_token=" in a[0])),
    (
        "lists-without-a-query-do-not-count",
        "requests list",
        free(lambda a: a[0].endswith(LISTING) and not a[2]),
    ),
    ("webhooks-are-counted-apart", "requests create", counted(lambda a, u, o: o == "create" and b'"webhook"' in a[2])),
    ("actions-are-counted-apart", "requests get delete", counted(lambda a, u, o: a[0])),
    ("actions-are-locked-apart", "lock", counted(lambda a, u, o: a[0], locked=False)),
):
    add(_name, "thresholds", " ".join(f"thresholds.{fact}" for fact in _facts.split()), _prepare)


@mutant("failing-calls-count-twice", "thresholds", "thresholds.requests", "thresholds.get")
def _(server: Reference) -> None:
    answer = server.answer

    def twice(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        try:
            return answer(method, target, headers, body)
        except Refusal as refusal:
            if refusal.status in (400, 404) and (operation := operation_of(method, target.removeprefix(BASE))):
                server.calls[server.authenticate(headers)[0], operation].append(server.now())
            raise

    server.answer = twice  # type: ignore[method-assign]


# --- counts and locks of users


def throttled(make: Callable[[Reference, Callable[[str, str], None]], Callable[[str, str], None]]) -> Prepare:
    """Return a change that replaces the method `throttle(user, operation)` by `make(server, original)`."""
    return replace("throttle", lambda original: make(original.__self__, original))


def per(user: str, change: Callable[[int], int], operations: tuple[str, ...] = OPERATIONS) -> Prepare:
    """Return a change that gives a user other thresholds.

    Args:
        user: the label of the user.
        change: returns the new threshold from the original one.
        operations: the operations concerned; default: all.
    """

    def make(server: Reference, original: Callable[[str, str], None]) -> Callable[[str, str], None]:
        def throttle(who: str, operation: str) -> None:
            kept = server.per_minute[operation]
            if who == user and operation in operations:
                server.per_minute[operation] = change(kept)
            try:
                original(who, operation)
            finally:
                server.per_minute[operation] = kept

        return throttle

    return throttled(make)


add(
    "a-colleague-has-no-threshold", "thresholds", "thresholds.create thresholds.list", per("colleague", lambda n: 10**6)
)
add("a-colleague-has-the-double", "thresholds", "thresholds.create thresholds.list", per("colleague", lambda n: 2 * n))
add(
    "a-colleague-has-one-update-more", "thresholds", "thresholds.update", per("colleague", lambda n: n + 1, ("update",))
)
add("an-outsider-has-no-threshold", "thresholds", "thresholds.create thresholds.list", per("outsider", lambda n: 10**6))
add(
    "thresholds-are-shared-by-users",
    "thresholds",
    "thresholds.user",
    throttled(lambda server, original: lambda user, operation: original("everyone", operation)),
)
add(
    "an-outsider-counts-for-the-owner",
    "thresholds",
    "thresholds.user",
    throttled(lambda s, original: lambda user, op: original("owner" if user == "outsider" else user, op)),
)


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


@mutant("a-lock-is-everybodys", "thresholds", "thresholds.user")
def _(server: Reference) -> None:
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        if any(until > server.now() for key, until in server.locked.items() if key[1] == operation):
            server.too_many()
        original(user, operation)

    server.throttle = throttle  # type: ignore[method-assign]


def on_call(what: Callable[[Reference, str, str], None]) -> Prepare:
    """Return a change that calls `what(server, user, operation)` at each call, before the call is counted."""

    def make(server: Reference, original: Callable[[str, str], None]) -> Callable[[str, str], None]:
        def throttle(user: str, operation: str) -> None:
            what(server, user, operation)
            original(user, operation)

        return throttle

    return throttled(make)


def drop(held: dict[tuple[str, str], object], when: Callable[[str, str], bool]) -> None:
    """Remove the counts or locks for which `when(user, operation)` is true."""
    for key in [key for key in held if when(*key)]:
        del held[key]


_others = on_call(lambda s, user, op: drop(s.locked, lambda u, o: o == op and u != user))
add("anothers-call-lifts-a-lock", "thresholds", "thresholds.lock", _others)
_counts = on_call(lambda s, user, op: drop(s.calls, lambda u, o: o == op and u != user))
add("anothers-call-clears-counts", "thresholds", "thresholds.user thresholds.list", _counts)
_mine = on_call(lambda s, user, op: drop(s.locked, lambda u, o: o != op and u == user))
add("another-operation-lifts-a-lock", "thresholds", "thresholds.lock", _mine)


def on_lock(what: Callable[[Reference, str, str, float | None], None]) -> Prepare:
    """Return a change that calls `what(server, user, operation, before)` after each call that starts or extends a lock.

    `before` is when the user's earlier lock of the operation ended or would have ended, or None.
    """

    def make(server: Reference, original: Callable[[str, str], None]) -> Callable[[str, str], None]:
        def throttle(user: str, operation: str) -> None:
            before = server.locked.get((user, operation))
            try:
                original(user, operation)
            finally:
                if server.locked.get((user, operation)) != before:
                    what(server, user, operation, before)

        return throttle

    return throttled(make)


_ends = on_lock(lambda s, user, op, before: drop(s.locked, lambda u, o: o == op and u != user))
add("anothers-lock-ends-a-lock", "thresholds", "thresholds.lock", _ends)


def on_success(operation: str, what: Callable[[Reference, str], None]) -> Prepare:
    """Return a change that calls `what(server, user)` after each successful call of the operation."""

    def make(original: Callable[..., object]) -> Callable[..., object]:
        def act(user: str, *rest: object) -> object:
            done = original(user, *rest)
            what(original.__self__, user)  # type: ignore[attr-defined]
            return done

        return act

    return replace(operation, make)


def give_back(server: Reference, user: str) -> None:
    """Remove the user's latest create from the count."""
    if calls := server.calls.get((user, "create")):
        calls.pop()


add("a-delete-gives-back-a-create", "thresholds", "thresholds.create", on_success("delete", give_back))
for _op, _fact in (("list", "get"), ("create", "update"), ("get_handler", "list")):
    _clear = on_success(_op, lambda s, user, op=_op: drop(s.calls, lambda u, o: u == user and o != op))
    add(f"{_op}-clears-other-counts".replace("_", "-"), "thresholds", f"thresholds.{_fact}", _clear)
    _lift = on_success(_op, lambda s, user, op=_op: drop(s.locked, lambda u, o: u == user and o != op))
    add(f"{_op}-lifts-other-locks".replace("_", "-"), "thresholds", "thresholds.lock", _lift)


@mutant("who-calls-much-may-create-more", "thresholds", "thresholds.create")
def _(server: Reference) -> None:
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        recent = server.now() - server.window
        if sum(moment > recent for (who, _), calls in server.calls.items() if who == user for moment in calls) > 75:
            server.calls.pop((user, "create"), None)
        original(user, operation)

    server.throttle = throttle  # type: ignore[method-assign]


@mutant("a-bad-token-lifts-locks", "thresholds", "thresholds.lock")
def _(server: Reference) -> None:
    original = server.authenticate

    def authenticate(headers: Headers) -> tuple[str, frozenset[str]]:
        try:
            return original(headers)
        except Refusal:
            server.locked.clear()
            raise

    server.authenticate = authenticate  # type: ignore[method-assign]


# --- windows and locks of one operation, and other kinds of windows and locks


def for_operation(name: str, operation: str, value: float) -> Prepare:
    """Return a change with another window or lock of one operation.

    Args:
        name: window or lock.
        operation: the operation.
        value: the new duration in seconds.
    """
    return on_call(
        lambda s, user, op: setattr(s, name, value if op == operation else {"window": WINDOW, "lock": LOCK}[name])
    )


for _op, _seconds in (
    ("create", 30),
    ("list", 45),
    ("update", 30),
    ("get_handler", 90),
    ("delete", 120),
    ("list", 120),
):
    _name = f"window-of-{_seconds}-seconds-of-{_op}".replace("_", "-")
    add(
        _name, "thresholds", f"thresholds.window thresholds.{_op}", for_operation("window", _op, _seconds * WINDOW / 60)
    )
for _op, _seconds, _fact in (("get", 60, "lock"), ("create", 600, "lock.end"), ("delete", 60, "lock")):
    _name = f"lock-of-{_seconds}-seconds-of-{_op}"
    add(_name, "thresholds", f"thresholds.{_fact}", for_operation("lock", _op, _seconds * LOCK / 300))


@mutant("each-call-starts-the-window-anew", "thresholds", "thresholds.window")
def _(server: Reference) -> None:
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        calls = server.calls.get((user, operation), [])
        if calls and server.now() - calls[-1] < server.window:
            calls[:] = [server.now() for _ in calls]
        original(user, operation)

    server.throttle = throttle  # type: ignore[method-assign]


_first = on_lock(lambda s, user, op, before: s.locked.update({(user, op): s.calls[user, op][0] + s.lock}))
add("a-lock-begins-with-the-first-call", "thresholds", "thresholds.lock", _first)


@mutant("the-first-refusal-starts-no-lock", "thresholds", "thresholds.lock")
def _(server: Reference) -> None:
    original = server.throttle
    warned: dict[tuple[str, str], float] = {}

    def throttle(user: str, operation: str) -> None:
        try:
            original(user, operation)
        except Refusal:
            if server.now() < warned.setdefault((user, operation), server.now()) + server.window:
                del server.locked[user, operation]
            raise

    server.throttle = throttle  # type: ignore[method-assign]


_twice = on_lock(lambda s, user, op, before: before and s.locked.update({(user, op): s.locked[user, op] + s.lock}))
add("a-second-lock-is-twice-as-long", "thresholds", "thresholds.lock.end", _twice)


@mutant("every-tenth-call-passes-a-lock", "thresholds", "thresholds.lock")
def _(server: Reference) -> None:
    original = server.throttle
    tries: dict[tuple[str, str], int] = {}

    def throttle(user: str, operation: str) -> None:
        try:
            original(user, operation)
        except Refusal:
            tries[user, operation] = tries.get((user, operation), 0) + 1
            if tries[user, operation] % 10:
                raise

    server.throttle = throttle  # type: ignore[method-assign]


# --- calls that are refused but carried out


def done_all_the_same(operation: str) -> Prepare:
    """Return a change that carries out calls of the operation although the threshold refuses them."""

    def prepare(server: Reference) -> Handle:
        def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
            reply = server(method, target, headers, body)
            if reply[0] == 429 and operation_of(method, target.removeprefix(BASE)) == operation:
                server.throttled = False
                server(method, target, headers, body)
                server.throttled = True
            return reply

        return handle

    return prepare


for _op, _facts in (
    ("create", "errors.change-nothing"),
    ("update", "thresholds.nothing-done"),
    ("delete", "thresholds.nothing-done"),
    ("update_handler", "thresholds.nothing-done"),
):
    add(f"throttled-{_op}s-are-done".replace("_", "-"), "thresholds", _facts, done_all_the_same(_op))
