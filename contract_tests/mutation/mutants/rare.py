"""Faults of a single operation that only an unusual request shows.

Each fault comes after all other checks of the server. So a request that is refused for another reason does not show it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from reference_server import Action, Handle, Headers, Reference, Refusal, Reply

from .builders import BASE, Prepare, add, around, error, mutant, operation_of, recode, with_field, wrap

CRASH: Reply = (500, [("Content-Type", "application/json")], b'{"message": "Internal error."}')
WRITES = ("create", "update", "update_handler")
OPERATIONS = ("list", "create", "get", "update", "delete", "get_handler", "update_handler")
TEXTS = {"an-emoji": "\U0001f4ce", "a-null": "\x00", "a-surrogate": "\ud800", "a-turn": "\u202e"}
FIELDS = (("create", "name"), ("create", "hint"), ("update", "name"), ("update", "hint"), ("update_handler", "script"))
SHOWN = {"create": "create.echo", "update": "update.applies", "update_handler": "update_handler.applies"}


def dashed(text: str) -> str:
    return text.replace("_", "-")


def crash_on(operation: str, when: Callable[[dict[str, Any]], bool]) -> Prepare:
    """Return a change that answers 500 to JSON bodies of the operation for which `when(body)` is true."""

    def check(original: Any, name: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
        if name == operation and when(given):
            raise Refusal(500, None, "Internal error.")
        original(name, given, known)

    return around("check", check)


def crash_instead(operation: str, status: int, when: Callable[[str, Headers, bytes], bool]) -> Prepare:
    """Return a change that answers 500 instead of `status` to calls of the operation.

    It concerns calls for which `when(target, headers, body)` is true.
    """
    return wrap(
        lambda m, t, h, b, r: (
            CRASH if r[0] == status and operation_of(m, t) == operation and when(t, h, b or b"") else r
        )
    )


def kind_of(headers: Headers) -> str | None:
    return next((value for name, value in headers if name == "Content-Type"), None)


for _op, _field in FIELDS:
    for _name, _text in TEXTS.items():
        add(
            f"{dashed(_op)}-crashes-on-{_name}-in-{_field}",
            "crash",
            "protocol.no-crash",
            crash_on(_op, lambda g, field=_field, text=_text: text in str(g.get(field))),
        )
    add(
        f"{dashed(_op)}-stores-a-question-mark-for-an-emoji-in-{_field}",
        "state",
        f"{SHOWN[_op]} get.current get_handler.current",
        with_field(_field, lambda v: v.replace(TEXTS["an-emoji"], "?") if isinstance(v, str) else v, _op),
    )
add(
    "create-crashes-on-an-emoji-in-execution-url",
    "crash",
    "protocol.no-crash",
    crash_on("create", lambda g: TEXTS["an-emoji"] in str(g.get("execution_url"))),
)

# --- media types, broken bodies

for _op in WRITES:
    add(
        f"{dashed(_op)}-crashes-without-content-type",
        "crash",
        "protocol.no-crash",
        wrap(lambda m, t, h, b, r, op=_op: CRASH if operation_of(m, t) == op and b and kind_of(h) is None else r),
    )
    add(
        f"{dashed(_op)}-crashes-on-json-that-is-called-a-form",
        "crash",
        "protocol.no-crash",
        crash_instead(_op, 400, lambda t, h, b: "form" in str(kind_of(h)) and b[:1] != b"n"),
    )
    add(
        f"{dashed(_op)}-refuses-a-charset",
        "protocol",
        "protocol.content-type",
        wrap(
            lambda m, t, h, b, r, op=_op: (
                (400, r[1], b'{"message": "No.", "code": "invalid_inputs"}')
                if operation_of(m, t) == op and "charset" in str(kind_of(h))
                else r
            )
        ),
    )
for _op in ("update", "update_handler"):
    for _name, _facts, _when in (
        ("bad-utf-8", "protocol.malformed", lambda b: b"\xff" in b),
        ("more-after-the-end", "protocol.malformed", lambda b: b.endswith(b"} x")),
        ("deep-arrays", "protocol.malformed", lambda b: b[:50] == b"[" * 50),
        ("an-array-with-a-body", f"{_op}.object", lambda b: b[:2] == b"[{"),
        ("an-empty-body", "protocol.malformed protocol.no-crash", lambda b: not b),
    ):
        add(
            f"{dashed(_op)}-crashes-on-{_name}",
            "crash",
            _facts,
            crash_instead(_op, 400, lambda t, h, b, when=_when: when(b)),
        )


@mutant("form-bodies-crash-whatever-they-say-they-are", "crash", "protocol.malformed")
def _(server: Reference) -> Handle:
    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        reply = server(method, target, headers, body)
        return CRASH if (body or b"").startswith(b"name=") and "json" in str(kind_of(headers)) else reply

    return handle


for _op in WRITES:

    @mutant(f"{dashed(_op)}-takes-what-follows-the-json", "validation", "protocol.malformed")
    def _(server: Reference, op: str = _op) -> Handle:
        def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
            if operation_of(method, target.removeprefix(BASE)) == op and (body or b"").endswith(b"} x"):
                body = (body or b"")[:-2]
            return server(method, target, headers, body)

        return handle


# --- keys and nulls

for _op in ("update", "update_handler"):
    add(
        f"{dashed(_op)}-crashes-on-an-unknown-key", "crash", "protocol.no-crash", crash_on(_op, lambda g: "colour" in g)
    )
    add(f"{dashed(_op)}-crashes-on-an-empty-object", "crash", "protocol.no-crash", crash_on(_op, lambda g: not g))
    add(
        f"{dashed(_op)}-crashes-on-a-repeated-key",
        "crash",
        "protocol.no-crash",
        wrap(
            lambda m, t, h, b, r, op=_op: (
                CRASH
                if operation_of(m, t) == op and max((b or b"").count(key) for key in (b'"hint":', b'"script":')) > 1
                else r
            )
        ),
    )
add(
    "crash-on-a-null-name-in-updates",
    "crash",
    "protocol.no-crash",
    crash_on("update", lambda g: g.get("name", 0) is None),
)
add(
    "crash-on-null-permissions",
    "crash",
    "protocol.no-crash",
    crash_on("update_handler", lambda g: g.get("permissions", 0) is None),
)
add(
    "crash-on-no-permissions",
    "crash",
    "protocol.no-crash",
    crash_on("update_handler", lambda g: g.get("permissions") == []),
)
add(
    "create-crashes-on-what-is-no-image",
    "crash",
    "protocol.no-crash",
    crash_on("create", lambda g: g.get("image") == "no base64!"),
)

# --- faults of any single operation

for _op in OPERATIONS:

    @mutant(f"{dashed(_op)}-serves-whoever-takes-no-json", "protocol", "protocol.accept")
    def _(server: Reference, op: str = _op) -> Handle:
        def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
            if operation_of(method, target.removeprefix(BASE)) == op:
                headers = [(name, value) for name, value in headers if name.lower() != "accept"]
            return server(method, target, headers, body)

        return handle

    add(
        f"{dashed(_op)}-crashes-on-a-wrong-token",
        "crash",
        "auth.token",
        crash_instead(_op, 401, lambda t, h, b: any(value == "Bearer 1000.0f00.0f00" for _, value in h)),
    )
for _op in ("update", "delete", "get_handler", "update_handler"):
    add(
        f"{dashed(_op)}-crashes-on-text-ids",
        "crash",
        "protocol.id",
        crash_instead(_op, 404, lambda t, h, b: t.split("/")[2].endswith("x")),
    )

    @mutant(f"{dashed(_op)}-reads-ids-to-the-first-letter", "validation", "protocol.id")
    def _(server: Reference, op: str = _op) -> None:
        original = getattr(server, op)
        setattr(server, op, lambda user, identifier, *rest: original(user, identifier.removesuffix("x"), *rest))


for _op in ("get", "update", "get_handler", "update_handler"):
    add(
        f"{dashed(_op)}-crashes-on-ids-of-emoji",
        "crash",
        "protocol.id",
        crash_instead(_op, 404, lambda t, h, b: "%F0%9F" in t),
    )
for _op in ("get", "update", "delete", "get_handler", "update_handler"):
    _unknown = f"{_op}.missing-action" if "handler" in _op else f"{_op}.msgaction_not_found"

    @mutant(f"{dashed(_op)}-crashes-on-unknown-ids", "crash", _unknown)
    def _(server: Reference, op: str = _op) -> None:
        original = getattr(server, op)

        def act(user: str, identifier: str, *rest: Any) -> Any:
            if re.fullmatch("[1-9][0-9]{1,17}", identifier) and identifier not in server.actions:
                raise Refusal(500, None, "Internal error.")
            return original(user, identifier, *rest)

        setattr(server, op, act)

    @mutant(f"{dashed(_op)}-crashes-on-deleted-actions", "crash", "delete.gone", "delete.msgaction_not_found")
    def _(server: Reference, op: str = _op) -> None:
        original = getattr(server, op)

        def act(user: str, identifier: str, *rest: Any) -> Any:
            action = server.actions.get(identifier)
            if action is not None and not action.alive:
                raise Refusal(500, None, "Internal error.")
            return original(user, identifier, *rest)

        setattr(server, op, act)


add(
    "crash-on-a-negative-limit",
    "crash",
    "protocol.no-crash",
    crash_instead("list", 400, lambda t, h, b: "limit=-" in t),
)
add(
    "crash-on-two-accept-headers",
    "crash",
    "protocol.no-crash",
    wrap(lambda m, t, h, b, r: CRASH if sum(name.lower() == "accept" for name, _ in h) > 1 else r),
)

# --- handlers

for _who, _fact in (
    ("colleague", "visibility.personal visibility.team"),
    ("outsider", "visibility.other-organization"),
):

    @mutant(f"a-{_who}-reads-handlers-that-are-set", "auth", *_fact.split())
    def _(server: Reference, who: str = _who) -> None:
        original = server.find_for_handler

        def find(user: str, identifier: str) -> Action:
            action = server.actions.get(identifier)
            if user == who and action is not None and action.alive and action.script:
                return action
            return original(user, identifier)

        server.find_for_handler = find  # type: ignore[method-assign]


# --- the creation limit

LIMIT, EXCEEDED = "create.msgaction_creation_limit_exceeded", "msgaction_creation_limit_exceeded"
add("create-limit-without-code", "errors", LIMIT, recode(EXCEEDED, None, "create"))
add("create-limit-with-another-code", "errors", LIMIT, recode(EXCEEDED, "invalid_inputs", "create"))
add("create-limit-crashes", "crash", LIMIT, error(lambda o, s, e: (500, e) if e.get("code") == EXCEEDED else None))


@mutant("create-limit-counts-deleted-actions", "state", LIMIT)
def _(server: Reference) -> None:
    original = server.create

    def create(user: str, *rest: Any) -> Any:
        if server.creation_limit is not None and len(server.actions) >= server.creation_limit:
            raise Refusal(400, EXCEEDED, "The organization is full.")
        return original(user, *rest)

    server.create = create  # type: ignore[method-assign]


@mutant("create-limit-is-of-each-user", "state", LIMIT)
def _(server: Reference) -> None:
    original = server.create

    def create(user: str, *rest: Any) -> Any:
        limit, mine = server.creation_limit, sum(a.alive and a.creator == user for a in server.actions.values())
        if limit is not None and mine >= limit:
            raise Refusal(400, EXCEEDED, "You have too many actions.")
        server.creation_limit = None
        try:
            return original(user, *rest)
        finally:
            server.creation_limit = limit

    server.create = create  # type: ignore[method-assign]


@mutant("create-limit-is-of-all-organizations", "state", LIMIT)
def _(server: Reference) -> None:
    original = server.create

    def create(user: str, *rest: Any) -> Any:
        limit, there = server.creation_limit, sum(action.alive for action in server.actions.values())
        if limit is not None and there >= limit:
            raise Refusal(400, EXCEEDED, "The server is full.")
        return original(user, *rest)

    server.create = create  # type: ignore[method-assign]
