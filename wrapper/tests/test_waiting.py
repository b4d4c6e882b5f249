"""Waiting on a clock that jumps: nothing on its way loses its slot, and several waits move the clock once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from cliq_fakes import BASE_URL, PATIENT, TOKEN, UPDATE, Scripted, action, enveloped
from zoho_cliq import AsyncCliq, Cliq, _progress, _waiting
from zoho_cliq._types import RawResponse, Request
from zoho_cliq.testing import FakeClock


class Slow(threading.Event):
    """Set to let the slow call end. `arrived` is set when the server has it."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = threading.Event()


@pytest.fixture
def slow(server: Scripted) -> Iterator[Slow]:
    """Yield a server of which one call hangs until the event is set."""
    go_on = Slow()

    def hang(request: httpx.Request) -> httpx.Response:
        if b"slow" in request.content:
            go_on.arrived.set()
            go_on.wait(10)
        return enveloped(action())

    server.answer(hang)
    yield go_on
    go_on.set()


def test_a_fake_clock() -> None:
    clock = FakeClock(5.0)
    clock.sleep(2.0)
    asyncio.run(clock.async_sleep(3.0))
    clock.advance(1.0)
    assert (clock.time(), clock.monotonic(), clock.slept) == (11.0, 11.0, [2.0, 3.0])


def test_by_default_a_call_waits_for_a_window_but_no_longer_than_minutes() -> None:
    assert [_progress.default_wait(window) for window in (60.0, 300.0, 3600.0)] == [90.0, 330.0, 330.0]


def test_the_clock_is_not_moved_while_another_thread_has_a_call_on_its_way(
    make: Callable[..., Cliq], slow: Slow, clock: FakeClock
) -> None:
    cliq, begun = make(), clock.now
    thread = threading.Thread(target=cliq.message_actions.update, args=("1",), kwargs={"hint": "slow"})
    thread.start()
    assert slow.arrived.wait(10)
    for _ in range(UPDATE.limit - 1):
        cliq.message_actions.update("1", hint="a")
    waiting = threading.Event()
    late = threading.Thread(
        target=cliq.with_options(on_wait=lambda wait: waiting.set()).message_actions.update,
        args=("1",),
        kwargs={"hint": "b"},
    )
    late.start()
    assert waiting.wait(10)
    assert clock.now == begun
    slow.set()
    thread.join()
    late.join()
    assert clock.now - begun == pytest.approx(UPDATE.window_seconds, abs=1.0)


def test_threads_that_wait_for_the_same_moment_do_not_each_move_the_clock(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock
) -> None:
    server.answer(enveloped(action()))
    cliq, begun = make(), clock.now
    threads = [
        threading.Thread(target=cliq.message_actions.update, args=("1",), kwargs={"hint": "a"}) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.now - begun < 5 * UPDATE.window_seconds, "ten threads waited for a window"


def test_tasks_do_not_move_the_clock_while_another_has_a_call_on_its_way(clock: FakeClock) -> None:
    begun = clock.now

    async def main() -> None:
        slow = asyncio.Event()

        async def answer(request: httpx.Request) -> httpx.Response:
            if b"slow" in request.content:
                await slow.wait()
            return enveloped(action())

        http_client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        waiting = asyncio.Event()
        settings: dict[str, Any] = {"on_wait": lambda wait: waiting.set(), "max_wait": PATIENT}
        given: dict[str, Any] = {"base_url": BASE_URL, "http_client": http_client, "clock": clock}
        async with AsyncCliq(TOKEN, **given, **settings) as cliq, http_client:
            update = cliq.message_actions.update
            first = asyncio.create_task(update("1", hint="slow"))
            await asyncio.sleep(0)
            await asyncio.gather(*(update("1", hint="a") for _ in range(UPDATE.limit - 1)))
            late = asyncio.create_task(update("1", hint="b"))
            await waiting.wait()
            await asyncio.sleep(0.01)
            assert clock.now == begun
            slow.set()
            await asyncio.gather(first, late)

    asyncio.run(main())
    assert clock.now - begun == pytest.approx(UPDATE.window_seconds, abs=1.0)


def test_a_wait_within_an_attempt_is_not_waited_for_for_ever(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_waiting, "MOST_PATIENCE", 0.01)
    server.answer(httpx.Response(503, headers={"Retry-After": "1"}), enveloped(action()))
    inner = make()

    def middleware(request: Request, send: Callable[[Request], RawResponse]) -> RawResponse:
        inner.message_actions.get("1")
        return send(request)

    began = time.monotonic()
    make(middleware=[middleware]).message_actions.get("1")
    assert time.monotonic() - began < 5
    assert clock.slept == [1.0]
