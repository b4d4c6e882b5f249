"""Fault rules: answers that go wrong on purpose, before or after the operation is carried out.

A rule says which calls it is for (operation, user, n-th call, probability) and what goes wrong. The README has the
JSON form. Everything is repeatable: the n-th call is counted from the rule's own start, and chance comes from its seed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from zoho_cliq_api.contract import OPERATIONS

from zoho_cliq_mock.errors import body_of, status_of
from zoho_cliq_mock.policies import Policies
from zoho_cliq_mock.wire import Headers, Receive, Scope, Send, answer, break_off, disconnected, head_of

KINDS = (
    "delay",
    "status",
    "malformed_json",
    "wrong_content_type",
    "truncated",
    "bad_chunk",
    "garbage",
    "close",
    "reset",
)
# What a rule may name beside the operations of the document.
OAUTH_OPERATIONS = ("oauth_token", "oauth_revoke")
MAX_DELAY = 3600

_HTML = b"<!doctype html><title>Error</title><h1>The service is not available</h1>"


class FaultError(ValueError):
    """A rule that cannot be used, with the reason."""


@dataclass(slots=True)
class Rule:
    """One fault rule. `seen` counts the calls it was for, `applied` those at which it acted."""

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
        """Count the call if the rule is for it, and say whether the rule acts on it."""
        if self.operations is not None and operation not in self.operations:
            return False
        if self.user is not None and user != self.user:
            return False
        self.seen += 1
        if self.nth is not None and self.seen not in self.nth:
            return False
        # Drawn for each call that the rule is for, so that other conditions do not shift the sequence.
        if self.chance.random() >= self.probability:
            return False
        return self.times is None or self.applied < self.times

    async def pause(self, receive: Receive) -> None:
        """Wait as long as the rule says, or until the client hangs up: the operation goes on all the same."""
        if self.delay:
            try:
                async with asyncio.timeout(self.delay):
                    await disconnected(receive)
            except TimeoutError:
                pass

    def shown(self) -> dict[str, Any]:
        """Return the rule and its counts for the control API."""
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
    """The rules in force, in the order in which they were added; the first that fires acts.

    `users` gives the keys that a rule's `user` may be; without it any may be.
    """

    users: Callable[[], Collection[str]] | None = None
    rules: list[Rule] = field(default_factory=list)
    _next_id: int = 1

    def add(self, given: Mapping[str, Any]) -> Rule:
        """Add a rule. Raise `FaultError`."""
        rule = read_rule(given, self._next_id)
        if rule.user is not None and self.users is not None and rule.user not in self.users():
            raise FaultError(f"user: there is no user {rule.user!r}")
        self.rules.append(rule)
        self._next_id += 1
        return rule

    def clear(self) -> None:
        """Remove all rules."""
        self.rules.clear()

    def pick(self, operation: str, user: str | None) -> Rule | None:
        """Return the rule that acts on a call, or None. Every rule that is for the call counts it."""
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
    """Return the rule that a JSON object describes. Raise `FaultError` with the field and what it takes."""
    if not isinstance(given, Mapping):
        raise FaultError("a rule must be an object")
    for name, value in given.items():
        if name not in _FIELDS:
            raise FaultError(f"{name}: there is no such field; there are {', '.join(_FIELDS)}")
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
            raise FaultError(f"operation: there is no {name}; there are {', '.join((*OPERATIONS, *OAUTH_OPERATIONS))}")
    if operations and operations <= set(OAUTH_OPERATIONS) and given.get("user") is not None:
        raise FaultError("user: cannot be told at the accounts server, so that the rule would never act")
    nth = _set_of(given.get("nth"), "nth", int)
    if nth is not None and min(nth) < 1:
        raise FaultError("nth: calls are counted from 1")
    times = given.get("times")
    if times is not None and times < 1:
        raise FaultError("times: must be at least 1")
    delay = given.get("delay") or 0
    if not 0 <= delay <= MAX_DELAY:
        raise FaultError(f"delay: must be from 0 to {MAX_DELAY} seconds")
    if fault == "delay" and not delay:
        raise FaultError("delay: is needed, in seconds")
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
            raise FaultError(f"headers: {name!r} cannot be sent")
    content_type = given.get("content_type")
    if content_type is not None and not _is_header(content_type):
        raise FaultError("content_type: cannot be sent")
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
    """Return the code that an operation's error with this status most likely carries."""
    if status == 429:
        return "request_limit_exceeded"
    return "execution_handler_get_failed" if operation == "get_message_action_handler" else "operation_failed"


class Spoilt(NamedTuple):
    """A spoilt answer, ready to be sent: as an answer, or as raw bytes after which the connection is broken off."""

    status: int
    code: str | None
    content_type: bytes
    body: bytes
    raw: bool = False


def spoil(rule: Rule, operation: str, policies: Policies, result: tuple[int, bytes] | None) -> Spoilt:
    """Return what a rule makes of an answer; `result` is None where nothing was carried out. Status 0: no answer at
    all."""
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
    """Send a spoilt answer."""
    if spoilt.raw:
        await break_off(scope, receive, spoilt.body, reset=rule.fault == "reset")
    else:
        await answer(scope, send, spoilt.status, spoilt.content_type, _headers(rule), spoilt.body)


def _headers(rule: Rule) -> Headers:
    return [(name.lower().encode(), value.encode()) for name, value in rule.headers.items()]
