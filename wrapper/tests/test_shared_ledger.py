"""One ledger for each process, server and account, whoever makes the clients and however the server is spelt."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cliq_fakes import BASE_URL, LISTS, TOKEN, Scripted
from cliq_simulation import ACCOUNT, OPERATION
from zoho_cliq import AsyncCliq, Cliq, errors
from zoho_cliq._servers import server_named
from zoho_cliq._types import Secret
from zoho_cliq.clock import SystemClock
from zoho_cliq.state import Denial, Permit, StoredToken
from zoho_cliq.state.memory import FEW, LEDGERS, MemoryState
from zoho_cliq.state.shared import PerClock
from zoho_cliq.testing import FakeClock
from zoho_cliq_api.contract import Threshold

EMPTY = httpx.Response(200, json={"url": "/x", "type": "messageaction", "data": []})
ONE = Threshold(1, 60, 300)


def test_a_client_for_each_call_counts_with_all_the_others(make: Callable[..., Cliq], server: Scripted) -> None:
    server.answer(EMPTY)
    for _ in range(LISTS):
        with make(max_wait=0) as brief:
            list(brief.message_actions.list())
    with pytest.raises(errors.WouldWait) as caught:
        list(make(max_wait=0).message_actions.list())
    assert caught.value.reason == "threshold"
    assert len(server.requests) == LISTS


def test_clients_of_both_kinds_threads_and_the_environment_count_together(
    make: Callable[..., Cliq],
    make_async: Callable[..., AsyncCliq],
    server: Scripted,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ZOHO_CLIQ_TOKEN", TOKEN)
    monkeypatch.setenv("ZOHO_CLIQ_BASE_URL", BASE_URL)
    server.answer(EMPTY)

    async def once() -> None:
        async with make_async() as cliq:
            await cliq.message_actions.list().first()

    asyncio.run(once())
    threads = [threading.Thread(target=lambda: make().message_actions.list().first()) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(2):
        http_client = httpx.Client(transport=httpx.MockTransport(server))
        with http_client, Cliq.from_env(clock=clock, http_client=http_client) as cliq:
            cliq.message_actions.list().first()
    make().with_options(timeout=5).message_actions.list().first()
    assert make().thresholds["list_message_actions"].remaining == LISTS - 8


def test_other_accounts_servers_and_clocks_count_apart(make: Callable[..., Cliq], server: Scripted) -> None:
    server.answer(EMPTY)
    make().message_actions.list().first()
    for other in ({"account": "somebody"}, {"base_url": "https://other.test/api/v3"}, {"clock": FakeClock()}):
        assert make(**other).thresholds["list_message_actions"].remaining == LISTS
    assert make().thresholds["list_message_actions"].remaining == LISTS - 1


def test_the_machines_clock_is_one_clock_and_a_clock_that_is_gone_takes_its_ledger() -> None:
    assert MemoryState(SystemClock())._ledger is MemoryState(SystemClock())._ledger
    clock = FakeClock()
    state = MemoryState(clock)
    state.reserve(ACCOUNT, OPERATION, ONE, 30.0)
    assert isinstance(MemoryState(clock).reserve(ACCOUNT, OPERATION, ONE, 30.0), Denial)
    before = len(LEDGERS._found)
    del state, clock
    assert len(LEDGERS._found) == before - 1


def test_a_clock_that_takes_no_weak_references_keeps_its_ledger() -> None:
    class Bare(SystemClock):
        __slots__ = ()

    class Slotted:
        __slots__ = ()

    things: PerClock[list[int]] = PerClock(list)
    bare, slotted = Bare(), Slotted()
    things.of(slotted).append(1)  # type: ignore[arg-type]
    assert things.of(slotted) == [1]  # type: ignore[arg-type]
    assert things.of(bare) == []
    assert things.of(SystemClock()) == []


def test_accounts_that_nobody_uses_are_forgotten() -> None:
    clock = FakeClock(1000.0)
    state = MemoryState(clock)
    for number in range(20 * FEW):
        account = f"account {number}"
        permit = state.reserve(account, OPERATION, ONE, 30.0)
        assert isinstance(permit, Permit)
        state.settle(permit)
        state.lock(account, 5.0)
        state.store_token(account, StoredToken(Secret("short"), clock.time() + 5.0))
        state.acquire(f"lease {number}", "me", 5.0)
        clock.advance(1.0)
    ledger = state._ledger
    kept = [len(ledger.slots), len(ledger.locks), len(ledger.tokens), len(ledger.leases)]
    assert max(kept) <= FEW, kept
    assert isinstance(state.reserve(account, OPERATION, ONE, 30.0), Denial), "what still counts is kept"


def test_a_forked_child_begins_with_a_copy_and_waits_for_no_thread_of_its_parent() -> None:
    state = MemoryState(SystemClock())
    state.reserve(ACCOUNT, OPERATION, ONE, 30.0)
    assert state.acquire("lease", "a thread of the parent", 90.0)
    child = os.fork()
    if child == 0:
        counted = isinstance(state.reserve(ACCOUNT, OPERATION, ONE, 30.0), Denial)
        os._exit(0 if counted and state.acquire("lease", "me", 90.0) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not state.acquire("lease", "me", 90.0)


@pytest.mark.parametrize(
    ("spelt", "name"),
    [
        ("HTTPS://Cliq.Zoho.COM/api/v3", "https://cliq.zoho.com/api/v3"),
        ("https://cliq.zoho.com:443/api/v3/", "https://cliq.zoho.com/api/v3"),
        ("https://cliq.zoho.com.//api//v3", "https://cliq.zoho.com/api/v3"),
        ("https://cliq.zoho.com/a/.././api/%76%33", "https://cliq.zoho.com/api/v3"),
        ("https://cliq.zoho.com/%c3%bc%2f", "https://cliq.zoho.com/%C3%BC%2F"),
        ("http://cliq.zoho.com:80", "http://cliq.zoho.com"),
        ("http://cliq.zoho.com:443", "http://cliq.zoho.com:443"),
        ("http://127.0.0.1:08080/api", "http://127.0.0.1:8080/api"),
        ("http://[0:0:0:0:0:0:0:1]:8080/api", "http://[::1]:8080/api"),
        ("http://[FD00::A]/api", "http://[fd00::a]/api"),
        ("https://B\u00fccher.example/api", "https://xn--bcher-kva.example/api"),
        (f"https://{64 * chr(252)}.example/api", f"https://{64 * chr(252)}.example/api"),  # no name, too long
        ("https://a..b/api", "https://a..b/api"),
        ("https://cliq.zoho.com/API", "https://cliq.zoho.com/API"),
    ],
)
def test_a_server_has_one_name(spelt: str, name: str) -> None:
    assert server_named(spelt) == name
    assert server_named(name) == name


def test_clients_of_one_server_spelt_differently_count_together(make: Callable[..., Cliq], server: Scripted) -> None:
    server.answer(EMPTY)
    for base_url in (BASE_URL, f"{BASE_URL}/", BASE_URL.replace("https://cliq.test", "HTTPS://CLIQ.test:443/")):
        make(base_url=base_url).message_actions.list().first()
    assert make().thresholds["list_message_actions"].remaining == 27


def test_a_state_on_a_clock_made_for_it_begins_anew() -> None:
    states: list[Any] = [MemoryState(FakeClock()) for _ in range(2)]
    assert all(isinstance(state.reserve(ACCOUNT, OPERATION, ONE, 30.0), Permit) for state in states)
