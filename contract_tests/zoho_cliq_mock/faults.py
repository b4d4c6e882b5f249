"""Fault rules: responses that go wrong on purpose, before or after the operation is carried out.

A rule says which calls it applies to (operation, user, n-th call, probability) and what goes wrong; the README
describes its JSON. Rules are repeatable: each rule counts calls from the moment it was added, and draws from its own
seed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

import orjson
from zoho_cliq_api.contract import OPERATIONS

from zoho_cliq_mock.errors import body_of, status_of
from zoho_cliq_mock.policies import Policies
from zoho_cliq_mock.results import FaultKind
from zoho_cliq_mock.wire import Headers, Receive, Scope, Send, answer, break_off, disconnected, head_of

KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
# Operations that a rule may name in addition to those of the document.
OAUTH_OPERATIONS = ("oauth_token", "oauth_revoke")
MAX_DELAY = 3600

_HTML = b"<!doctype html><title>Error</title><h1>The service is not available</h1>"


class FaultError(ValueError):
    """A fault rule that cannot be used; the message names the field and the reason."""


@dataclass(slots=True)
class Rule:
    """One fault rule; the README describes the fields.

    `seen` counts the calls that matched its operation and user, `applied` those that it spoiled. `delay` is in seconds.
    `operations`, `user`, `nth` and `times` are None if they do not restrict the rule.
    """

    id: int
    fault: str
    operations: frozenset[str] | None
    user: str | None
    nth: frozenset[int] | None
    probability: float
    times: int | None
    after: bool
    status: int | None
    code: str | None
    message: str
    body: bytes | None
    content_type: str | None
    headers: dict[str, str]
    delay: float
    seed: int
    chance: random.Random
    seen: int = 0
    applied: int = 0

    def fires(self, operation: str, user: str | None) -> bool:
        """Count the call if it matches the rule's operation and user, and return whether the rule applies to it."""
        if self.operations is not None and operation not in self.operations:
            return False
        if self.user is not None and user != self.user:
            return False
        self.seen += 1
        if self.nth is not None and self.seen not in self.nth:
            return False
        # Drawn before `times` is checked, so that `times` does not shift the rule's sequence of draws.
        if self.chance.random() >= self.probability:
            return False
        return self.times is None or self.applied < self.times

    async def pause(self, receive: Receive) -> None:
        """Wait for the rule's delay, or until the client disconnects. The operation is carried out in both cases."""
        if self.delay:
            try:
                async with asyncio.timeout(self.delay):
                    await disconnected(receive)
            except TimeoutError:
                pass

    def shown(self) -> dict[str, Any]:
        """Return the rule and its counts as the control API shows them."""
        return {
            "id": self.id,
            "fault": self.fault,
            "operations": sorted(self.operations) if self.operations is not None else None,
            "user": self.user,
            "nth": sorted(self.nth) if self.nth is not None else None,
            "probability": self.probability,
            "seed": self.seed,
            "times": self.times,
            "when": "after" if self.after else "before",
            "status": self.status,
            "code": self.code,
            "delay": self.delay,
            "seen": self.seen,
            "applied": self.applied,
        }


@dataclass(slots=True)
class Faults:
    """The fault rules in force, in the order in which they were added; the first one that fires is applied.

    `users` returns the keys that a rule's `user` may have; None allows any.
    """

    users: Callable[[], Collection[str]] | None = None
    rules: list[Rule] = field(default_factory=list)
    _next_id: int = 1

    def add(self, given: Mapping[str, Any]) -> Rule:
        """Add the rule that a JSON object describes, and return it. Raise `FaultError` if it cannot be used."""
        rule = read_rule(given, self._next_id)
        if rule.user is not None and self.users is not None and rule.user not in self.users():
            raise FaultError(f"user: unknown user {rule.user!r}")
        self.rules.append(rule)
        self._next_id += 1
        return rule

    def clear(self) -> None:
        """Remove all rules."""
        self.rules.clear()

    def pick(self, operation: str, user: str | None) -> Rule | None:
        """Return the rule to apply to a call, or None. Every rule that matches the call counts it.

        Args:
            operation: an operation id of the document, or one of `OAUTH_OPERATIONS`.
            user: the key of the caller, or None if it is unknown.
        """
        firing = [rule for rule in self.rules if rule.fires(operation, user)]
        if not firing:
            return None
        firing[0].applied += 1
        return firing[0]


_FIELDS = {
    "fault": str,
    "operation": (str, list),
    "user": str,
    "nth": (int, list),
    "probability": (int, float),
    "seed": int,
    "times": int,
    "when": str,
    "status": int,
    "code": str,
    "message": str,
    "body": str,
    "content_type": str,
    "headers": dict,
    "delay": (int, float),
}


def read_rule(given: Mapping[str, Any], identifier: int) -> Rule:
    """Return the rule that a JSON object describes. Raise `FaultError`, which names the field and what it takes."""
    if not isinstance(given, Mapping):
        raise FaultError("a rule must be an object")
    for name, value in given.items():
        if name not in _FIELDS:
            raise FaultError(f"{name}: unknown field; known fields: {', '.join(_FIELDS)}")
        kinds: Any = _FIELDS[name]
        if value is not None and (not isinstance(value, kinds) or isinstance(value, bool)):
            raise FaultError(f"{name}: has the wrong type")
    fault = given.get("fault")
    if fault not in KINDS:
        raise FaultError(f"fault: must be one of {', '.join(KINDS)}")
    if given.get("when", "before") not in ("before", "after"):
        raise FaultError("when: must be before or after")
    operations = _set_of(given.get("operation"), "operation", str)
    for name in operations or ():
        if name not in OPERATIONS and name not in OAUTH_OPERATIONS:
            raise FaultError(
                f"operation: unknown operation {name}; known operations: {', '.join((*OPERATIONS, *OAUTH_OPERATIONS))}"
            )
    if operations and operations <= set(OAUTH_OPERATIONS) and given.get("user") is not None:
        raise FaultError("user: the accounts server does not know the user of a request, so the rule would never apply")
    nth = _set_of(given.get("nth"), "nth", int)
    if nth is not None and min(nth) < 1:
        raise FaultError("nth: must be at least 1")
    times = given.get("times")
    if times is not None and times < 1:
        raise FaultError("times: must be at least 1")
    delay = given.get("delay") or 0
    if not 0 <= delay <= MAX_DELAY:
        raise FaultError(f"delay: must be from 0 to {MAX_DELAY} seconds")
    if fault == "delay" and not delay:
        raise FaultError("delay: is required, in seconds")
    status = given.get("status")
    if status is not None and not 200 <= status <= 599:
        raise FaultError("status: must be from 200 to 599")
    probability = given.get("probability")
    probability = 1.0 if probability is None else float(probability)
    if not 0 <= probability <= 1:
        raise FaultError("probability: must be from 0 to 1")
    headers = given.get("headers") or {}
    for name, value in headers.items():
        if not _is_header(name) or not isinstance(value, str) or not _is_header(value):
            raise FaultError(f"headers: {name!r} and its value must be printable ASCII")
    content_type = given.get("content_type")
    if content_type is not None and not _is_header(content_type):
        raise FaultError("content_type: must be printable ASCII")
    body = given.get("body")
    seed = given.get("seed") or 0
    return Rule(
        id=identifier,
        fault=fault,
        operations=operations,
        user=given.get("user"),
        nth=nth,
        probability=probability,
        times=times,
        after=given.get("when") == "after",
        status=status,
        code=given.get("code"),
        message=given.get("message") or "a fault rule of the mock",
        body=body.encode() if body is not None else None,
        content_type=content_type,
        headers=headers,
        delay=float(delay),
        seed=seed,
        chance=random.Random(seed),
    )


def _set_of(value: Any, name: str, kind: type) -> frozenset[Any] | None:
    if value is None:
        return None
    items = value if isinstance(value, list) else [value]
    if not items or not all(isinstance(item, kind) and not isinstance(item, bool) for item in items):
        raise FaultError(f"{name}: must be a {kind.__name__} or a list of them")
    return frozenset(items)


def _is_header(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _default_code(operation: str, status: int | None) -> str:
    """Return the error code that this operation most likely returns with this status."""
    if status == 429:
        return "request_limit_exceeded"
    return "execution_handler_get_failed" if operation == "get_message_action_handler" else "operation_failed"


class Spoilt(NamedTuple):
    """A spoiled response, ready to be sent.

    If `raw` is true, `body` is sent as it is and the connection is then broken off.

    `status` 0 means that no HTTP response is sent.
    """

    status: int
    code: str | None
    content_type: bytes
    body: bytes
    raw: bool = False


def spoil(rule: Rule, operation: str, policies: Policies, result: tuple[int, bytes] | None) -> Spoilt:
    """Return the response that a fault rule makes of the real one.

    Args:
        rule: the rule to apply.
        operation: the operation id of the call.
        policies: the policies in force, for the form of errors.
        result: status and body of the real response; None if the operation was not carried out.
    """
    status, body = result if result is not None else (200, b'{"message":"a fault rule of the mock"}')
    given = rule.body
    json_type = (rule.content_type or "application/json; charset=utf-8").encode()
    if rule.fault == "status":
        code = rule.code or _default_code(operation, rule.status)
        body = given if given is not None else body_of(code, rule.message, policies)
        return Spoilt(rule.status or status_of(code, policies), code, json_type, body)
    status = rule.status or (200 if status == 204 else status)
    if rule.fault == "malformed_json":
        cut = body[:-1] + b",]" if body else b"{"
        return Spoilt(status, None, json_type, given if given is not None else cut)
    if rule.fault == "wrong_content_type":
        html_type = (rule.content_type or "text/html; charset=utf-8").encode()
        return Spoilt(status, None, html_type, given if given is not None else _HTML)
    body = given if given is not None else body or orjson.dumps({"message": rule.message})
    extra = _headers(rule)
    if rule.fault == "truncated":
        head = head_of(status, [(b"content-type", json_type), *extra, (b"content-length", b"%d" % len(body))])
        return Spoilt(status, None, json_type, head + body[: len(body) // 2], raw=True)
    if rule.fault == "bad_chunk":
        head = head_of(status, [(b"content-type", json_type), *extra, (b"transfer-encoding", b"chunked")])
        return Spoilt(status, None, json_type, head + b"%x\r\n%s\r\nzz\r\n" % (len(body), body), raw=True)
    raw = b"\x16\x03\x01 this is not HTTP\r\n\r\n" if rule.fault == "garbage" else b""
    return Spoilt(0, None, json_type, raw, raw=True)


async def deliver(rule: Rule, spoilt: Spoilt, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a spoiled response over the ASGI interface."""
    if spoilt.raw:
        await break_off(scope, receive, spoilt.body, reset=rule.fault == "reset")
    else:
        await answer(scope, send, spoilt.status, spoilt.content_type, _headers(rule), spoilt.body)


def _headers(rule: Rule) -> Headers:
    return [(name.lower().encode(), value.encode()) for name, value in rule.headers.items()]
