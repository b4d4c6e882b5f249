"""Each fault of the mock server, at each operation, in threads and in tasks, ends as documented or in a typed error."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from zoho_cliq import AsyncCliq, Cliq, errors
from zoho_cliq.testing import FakeClock
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_mock import MockServer, faults

NO_ANSWER = frozenset({"delay", "truncated", "bad_chunk", "garbage", "close", "reset"})
TIMEOUT = 0.25  # of calls whose answer is late; a busy machine is not to be taken for one
KINDS = ("threads", "tasks")
numbers = itertools.count()


@dataclass
class World:
    """The mock, a client of each kind, and a way to give rules to the mock."""

    mock: MockServer
    cliq: Cliq
    control: httpx.Client

    def rules(self, *rules: dict[str, Any]) -> None:
        self.control.delete("/faults").raise_for_status()
        if rules:
            self.control.post("/faults", json=list(rules)).raise_for_status()

    def fresh(self) -> str:
        """Return the id of a new Deluge action."""
        return self.cliq.message_actions.create(name=f"Target {next(numbers)}", hint="x").id

    def count(self, name: str) -> int:
        found = self.control.get("/state").raise_for_status().json()["actions"]
        return sum(entry["name"] == name for entry in found)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with MockServer(thresholds=False) as mock:
        headers = {"Authorization": f"Bearer {mock.control_token}"}
        settings: dict[str, Any] = {"base_url": mock.url, "clock": FakeClock(), "max_wait": 1e6}
        with (
            Cliq("1000.owner", **settings) as cliq,
            httpx.Client(base_url=mock.control_url, headers=headers) as control,
        ):
            yield World(mock, cliq, control)


ACTS: dict[str, Callable[[Any, str], Any]] = {
    "create_message_action": lambda actions, target: actions.create(name=f"Made {target}", hint="x"),
    "list_message_actions": lambda actions, target: actions.list().first(),
    "get_message_action": lambda actions, target: actions.get(target),
    "update_message_action": lambda actions, target: actions.update(target, hint="new"),
    "delete_message_action": lambda actions, target: actions.delete(target),
    "get_message_action_handler": lambda actions, target: actions.get_handler(target),
    "update_message_action_handler": lambda actions, target: actions.update_handler(target, script="return 1;"),
}
"""The operations that have a method, carried out or awaitable."""


AT_ONCE = ("create_message_action", "get_message_action", "delete_message_action")
"""One operation of each kind that repeating treats in a way of its own. The fast tests take these."""


def cases(*axes: Iterable[Any], fast: Callable[..., bool]) -> list[Any]:
    """Return all combinations for a test. Those for which `fast` returns False are heavy."""
    return [
        pytest.param(*values, marks=() if fast(*values) else pytest.mark.heavy) for values in itertools.product(*axes)
    ]


def outcome(world: World, kind: str, operation: str, target: str, timeout: float = 20.0) -> Any:
    """Return the result of the operation, or its exception."""
    try:
        if kind == "threads":
            return ACTS[operation](world.cliq.with_options(timeout=timeout).message_actions, target)

        async def main() -> Any:
            settings: dict[str, Any] = {"clock": FakeClock(), "timeout": timeout, "max_wait": 1e6}
            async with AsyncCliq("1000.owner", base_url=world.mock.url, **settings) as cliq:
                found: Awaitable[Any] = ACTS[operation](cliq.message_actions, target)
                return await found

        return asyncio.run(main())
    except errors.CliqError as error:
        return error


def expected(fault: str, operation: str, *, lasting: bool) -> type[Exception] | None:
    """Return the documented outcome: an exception's class, or None for a result."""
    if fault in ("malformed_json", "wrong_content_type"):
        return errors.DecodeError
    if fault in NO_ANSWER and OPERATIONS[operation].method == "POST":
        return errors.OutcomeUnknown
    if not lasting and OPERATIONS[operation].idempotent:
        return None
    if fault == "status":
        return errors.ServerError
    return errors.TransportError if OPERATIONS[operation].method == "GET" else errors.OutcomeUnknown


@pytest.mark.parametrize(
    ("fault", "operation", "when", "kind"),
    cases(
        faults.KINDS,
        ACTS,
        ("before", "after"),
        KINDS,
        fast=lambda fault, operation, when, kind: operation in AT_ONCE and (when == "before") == (kind == "tasks"),
    ),
)
def test_one_fault(world: World, fault: str, operation: str, when: str, kind: str) -> None:
    world.rules()
    target = world.fresh()
    rule = {"fault": fault, "operation": operation, "when": when, "times": 1}
    rule |= {"delay": 2 * TIMEOUT} if fault == "delay" else {"status": 503} if fault == "status" else {}
    world.rules(rule)
    found = outcome(world, kind, operation, target, **({"timeout": TIMEOUT} if fault == "delay" else {}))
    wanted = expected(fault, operation, lasting=False)
    if wanted is None:
        assert not isinstance(found, Exception), found
    else:
        assert type(found) is wanted or type(found).__mro__[1] is wanted is errors.ServerError
        assert found.operation == operation
    if operation == "create_message_action" and fault != "delay":
        assert world.count(f"Made {target}") == (1 if when == "after" else 0), "sent once"


@pytest.mark.parametrize(
    ("fault", "operation", "kind"),
    cases(
        [fault for fault in faults.KINDS if fault != "delay"],
        ACTS,
        KINDS,
        fast=lambda fault, operation, kind: operation == AT_ONCE[kind == "tasks"],
    ),
)
def test_fault_that_lasts(world: World, fault: str, operation: str, kind: str) -> None:
    world.rules()
    target = world.fresh()
    rule: dict[str, Any] = {"fault": fault, "operation": operation}
    world.rules(rule | ({"status": 503} if fault == "status" else {}))
    found = outcome(world, kind, operation, target)
    wanted = expected(fault, operation, lasting=True)
    assert type(found) is wanted or type(found).__mro__[1] is wanted is errors.ServerError
    sent = world.control.get("/faults").json()["rules"][0]["applied"]
    again = OPERATIONS[operation].idempotent and fault not in ("malformed_json", "wrong_content_type")
    assert sent == (3 if again else 1)


@pytest.mark.parametrize(
    ("status", "operation", "kind"),
    cases(
        (301, 400, 401, 403, 404, 405, 406, 409, 418, 429, 500, 520),
        ACTS,
        KINDS,
        fast=lambda status, operation, kind: operation == AT_ONCE[kind == "tasks"],
    ),
)
def test_status(world: World, status: int, operation: str, kind: str) -> None:
    world.rules()
    target = world.fresh()
    world.rules(
        {"fault": "status", "operation": operation, "status": status, "body": "<html>", "content_type": "text/html"}
    )
    found = outcome(world, kind, operation, target)
    assert isinstance(found, errors.ApiError)
    assert (found.status, found.operation, found.body) == (status, operation, b"<html>")
