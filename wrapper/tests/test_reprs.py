"""Public objects have reprs that say what they are, and show no content and no secret."""

from __future__ import annotations

import asyncio
import inspect
from importlib import import_module
from typing import Any

import pytest
from zoho_cliq import AsyncCliq, Cliq
from zoho_cliq.clock import SystemClock
from zoho_cliq.telemetry import AsyncTelemetry, Telemetry
from zoho_cliq.testing import FakeClock
from zoho_cliq.webhooks.testing import Inbox
from zoho_cliq_deluge import CliqInMemory, HttpSender, run

MODULES = ("bulk", "clock", "errors", "message_actions", "project", "state", "telemetry", "testing", "webhooks")
PUBLIC = ["zoho_cliq", *(f"zoho_cliq.{name}" for name in MODULES), "zoho_cliq.webhooks.testing", "zoho_cliq_deluge"]


def classes(module: str) -> list[type[Any]]:
    """Return the public classes of a module that one can make or get objects of."""
    found = import_module(module)
    names = getattr(found, "__all__", [name for name in vars(found) if not name.startswith("_")])
    kinds = [kind for name in names if inspect.isclass(kind := getattr(found, name))]
    return [kind for kind in kinds if kind.__module__.startswith("zoho_") and not getattr(kind, "_is_protocol", False)]


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_class_has_a_repr_of_its_own(module: str) -> None:
    assert [kind.__name__ for kind in classes(module) if kind.__repr__ is object.__repr__] == []


def test_reprs() -> None:
    clock = FakeClock(5.0)
    clock.advance(1)
    assert repr(clock) == "FakeClock(now=6.0)"
    assert repr(SystemClock()) == "SystemClock()"
    assert [repr(kind()) for kind in (Telemetry, AsyncTelemetry)] == ["Telemetry()", "AsyncTelemetry()"]
    inbox = Inbox()
    inbox(b'{"output": {"text": "a secret"}}')
    assert repr(inbox) == "<Inbox: 1 deferred answers>"
    cliq = CliqInMemory()
    cliq.create_record("tickets", {"text": "a secret"})
    assert repr(cliq) == "<CliqInMemory: 0 posts, databases ['tickets']>"
    assert repr(HttpSender()) == "<HttpSender: loopback addresses, no other host>"
    assert repr(HttpSender(["b.example", "A.example"])) == "<HttpSender: loopback addresses, a.example, b.example>"
    assert "a secret" not in repr(run('return "x";', {"key": "a secret"}))


def test_the_resource_names_its_methods() -> None:
    with Cliq("1000.a-secret") as cliq:
        shown = [repr(cliq.message_actions), repr(cliq.message_actions.with_raw_response)]

    async def main() -> str:
        async with AsyncCliq("1000.a-secret") as client:
            return repr(client.message_actions)

    shown.append(asyncio.run(main()))
    methods = "changes, create, delete, ensure, get, get_handler, list, update, update_handler"
    assert shown == [
        f"<MessageActions: {methods}>",
        f"<MessageActionsWithRawResponse: {methods}>",
        f"<AsyncMessageActions: {methods}>",
    ]
