"""One event runs its function once: whatever is cancelled, interrupted, sent again, or sent in great numbers."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from zoho_cliq.webhooks import Event, Receiver, Reply
from zoho_cliq.webhooks.replies import Replies

SECRET = "a-secret-of-enough-length"
QUERY = f"secret={SECRET}"
HEADERS = {"Content-Type": "application/json"}
PATIENCE = 5.0


def body(**more: Any) -> bytes:
    return json.dumps({"name": "Create Ticket", "timestamp": int(time.time() * 1000), **more}).encode()


class Gate:
    """A function that runs until it is released, and counts its runs."""

    def __init__(self) -> None:
        self.entered, self.leave, self.left = threading.Event(), threading.Event(), threading.Event()
        self.runs = 0
        self.outcome: Callable[[], Any] = lambda: "filed"

    def __call__(self, event: Event) -> Any:
        self.runs += 1
        self.entered.set()
        assert self.leave.wait(PATIENCE)
        try:
            return self.outcome()
        finally:
            self.left.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.leave.set()


def receiver(function: Callable[[Event], Any]) -> Receiver:
    made = Receiver(secret=SECRET)
    made.action("Create Ticket")(function)
    return made


async def start(made: Receiver, sent: bytes, gate: Gate) -> asyncio.Task[Reply]:
    """Return a request whose function runs."""
    task = asyncio.create_task(made.handle_async("POST", HEADERS, sent, QUERY))
    assert await asyncio.to_thread(gate.entered.wait, PATIENCE)
    return task


async def cancel(task: asyncio.Task[Reply]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def settled(made: Receiver, sent: bytes) -> Reply:
    """Return the reply after the function has ended."""
    for _ in range(1000):
        reply = await made.handle_async("POST", HEADERS, sent, QUERY)
        if reply.status != 503:
            return reply
        await asyncio.sleep(0.001)
    raise AssertionError("the claim was never settled")


def test_a_cancelled_request_keeps_its_claim_until_the_function_in_the_thread_ends(gate: Gate) -> None:
    made, sent = receiver(gate), body()

    async def main() -> list[int | bytes]:
        await cancel(await start(made, sent, gate))
        again = await made.handle_async("POST", HEADERS, sent, QUERY)
        gate.leave.set()
        later = await settled(made, sent)
        return [again.status, later.status, later.body]

    assert asyncio.run(main()) == [503, 200, b'{"output": {"text": "filed"}}']
    assert gate.runs == 1


def test_a_function_that_fails_after_its_request_was_cancelled_has_failed_once(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    made, sent = receiver(gate), body()
    gate.outcome = lambda: 1 / 0

    async def main() -> Reply:
        await cancel(await start(made, sent, gate))
        gate.leave.set()
        return await settled(made, sent)

    assert json.loads(asyncio.run(main()).body)["output"]["status"] == "failure"
    assert gate.runs == 1
    assert "ZeroDivisionError" in caplog.text


def test_what_a_cancelled_request_would_have_awaited_is_closed_and_the_event_may_come_again(gate: Gate) -> None:
    made, sent = receiver(gate), body()

    async def later() -> str:
        return "filed"

    gate.outcome = later

    async def main() -> Reply:
        await cancel(await start(made, sent, gate))
        gate.leave.set()
        return await settled(made, sent)

    assert asyncio.run(main()).status == 200
    assert gate.runs == 2  # the first run gave a coroutine that never began


def test_cancelled_between_the_thread_and_the_await(gate: Gate) -> None:
    """The thread has handed over what it gave, and the task is cancelled before it takes it."""
    made, sent = receiver(gate), body()

    async def later() -> str:
        return "filed"

    gate.outcome = later

    async def main() -> Reply:
        with ThreadPoolExecutor(2) as pool:
            asyncio.get_running_loop().set_default_executor(pool)
            task = await start(made, sent, gate)
            held = [pool.submit(gate.left.wait, PATIENCE)]
            gate.leave.set()
            # Both threads are free again, and this loop has not turned meanwhile.
            both = threading.Barrier(2)
            held += [pool.submit(both.wait, PATIENCE) for _ in range(2)]
            for future in held:
                future.result(PATIENCE)
            await cancel(task)
            return await settled(made, sent)

    assert asyncio.run(main()).status == 200
    assert gate.runs == 2


def test_a_function_that_was_never_started_gives_its_claim_back(gate: Gate) -> None:
    """All threads are busy, so the function waits for one when its request is cancelled."""
    made, sent = receiver(gate), body()

    async def main() -> Reply:
        with ThreadPoolExecutor(1) as pool:
            asyncio.get_running_loop().set_default_executor(pool)
            busy = threading.Event()
            pool.submit(busy.wait, PATIENCE)
            waiting = asyncio.create_task(made.handle_async("POST", HEADERS, sent, QUERY))
            await asyncio.sleep(0)
            await cancel(waiting)
            busy.set()
            gate.leave.set()
            return await made.handle_async("POST", HEADERS, sent, QUERY)

    assert asyncio.run(main()).status == 200
    assert gate.runs == 1


def test_a_thread_that_starts_after_its_request_was_cancelled_runs_nothing(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An executor that cannot take back what it was given calls it all the same."""
    made, sent = receiver(gate), body()
    given: list[Callable[[], Any]] = []

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        never = loop.create_future()

        def run_in_executor(_: Any, run: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
            given.append(lambda: run(*arguments))
            return never

        monkeypatch.setattr(loop, "run_in_executor", run_in_executor)
        task = asyncio.create_task(made.handle_async("POST", HEADERS, sent, QUERY))
        await asyncio.sleep(0)
        await cancel(task)
        return given[0]()

    assert asyncio.run(main()) == []
    assert gate.runs == 0
    assert made._replies is not None
    assert made._replies.claim(sent) is None


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_an_interrupted_function_may_be_run_again(interruption: type[BaseException]) -> None:
    calls: list[int] = []

    def function(event: Event) -> str:
        calls.append(1)
        if len(calls) == 1:
            raise interruption
        return "filed"

    made, sent = receiver(function), body()

    async def main() -> Reply:
        if interruption is asyncio.CancelledError:
            with pytest.raises(interruption):
                await made.handle_async("POST", HEADERS, sent, QUERY)
        return await made.handle_async("POST", HEADERS, sent, QUERY)

    if interruption is not asyncio.CancelledError:
        with pytest.raises(interruption):
            asyncio.run(main())
    assert asyncio.run(main()).status == 200
    assert len(calls) == 2


@pytest.mark.parametrize("raised", [asyncio.CancelledError, RuntimeError])
def test_what_a_plain_function_gave_may_fail_while_it_is_awaited(
    raised: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[int] = []

    async def later() -> str:
        runs.append(1)
        if len(runs) == 1:
            raise raised
        return "filed"

    made, sent = receiver(lambda event: later()), body()

    async def main() -> Reply:
        if raised is asyncio.CancelledError:
            with pytest.raises(asyncio.CancelledError):
                await made.handle_async("POST", HEADERS, sent, QUERY)
        return await made.handle_async("POST", HEADERS, sent, QUERY)

    failed = json.loads(asyncio.run(main()).body)["output"].get("status") == "failure"
    assert failed is (raised is RuntimeError)


def test_an_async_function_holds_its_claim_until_it_has_cleaned_up() -> None:
    entered, seen = asyncio.Event(), []

    async def function(event: Event) -> str:
        try:
            entered.set()
            await asyncio.Event().wait()
        finally:
            seen.append((await made.handle_async("POST", HEADERS, sent, QUERY)).status)
        return "never"

    made, sent = receiver(function), body()

    async def main() -> None:
        task = asyncio.create_task(made.handle_async("POST", HEADERS, sent, QUERY))
        await entered.wait()
        await cancel(task)
        assert made._replies is not None
        assert made._replies.claim(sent) is None  # free again

    asyncio.run(main())
    assert seen == [503]


def test_of_many_threads_with_one_event_one_runs_the_function() -> None:
    runs: list[int] = []
    made = receiver(lambda event: runs.append(1) or "filed")
    sent = body()
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: made.handle("POST", HEADERS, sent, QUERY), range(64)))
    assert runs == [1]
    assert {reply.status for reply in replies} <= {200, 503}


def test_remembered_replies_are_not_evicted_by_other_events() -> None:
    runs: list[Any] = []
    made = receiver(lambda event: runs.append(event.raw.get("number")) or "filed")
    first = body(number=-1)
    made.handle("POST", HEADERS, first, QUERY)
    for number in range(2000):
        made.handle("POST", HEADERS, body(number=number), QUERY)
    assert made.handle("POST", HEADERS, first, QUERY).status == 200
    assert runs.count(-1) == 1


def test_clock_changes_do_not_remove_remembered_replies() -> None:
    runs: list[int] = []
    now = [1_795_421_600.0]
    made = Receiver(secret=SECRET, now=lambda: now[0])
    made.action("Create Ticket")(lambda event: runs.append(1) or "filed")
    sent = body(timestamp=int(now[0] * 1000))
    made.handle("POST", HEADERS, sent, QUERY)
    now[0] += 86_400
    made.handle("POST", HEADERS, body(timestamp=int(now[0] * 1000)), QUERY)
    now[0] -= 86_400
    assert made.handle("POST", HEADERS, sent, QUERY).status == 200
    assert len(runs) == 2  # one for each event


class Steps:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


DONE = Reply(200, b"0123456789")


def test_replies_are_forgotten_by_age_only() -> None:
    clock = Steps()
    replies = Replies(600, clock)
    assert replies.claim(b"a") is None
    assert replies.claim(b"a") is Replies.BUSY
    clock.now += 10_000
    assert replies.claim(b"a") is Replies.BUSY  # a function may run as long as it likes
    replies.settle(b"a", DONE)
    clock.now += 600
    assert replies.claim(b"a") is DONE
    clock.now += 1
    assert replies.claim(b"a") is None


@pytest.mark.parametrize("bound", [{"most_events": 2}, {"most_bytes": 20}])
def test_where_no_more_can_be_remembered_new_events_are_put_off(bound: dict[str, int]) -> None:
    clock = Steps()
    replies = Replies(600, clock, **bound)
    for event in (b"a", b"b"):
        assert replies.claim(event) is None
        replies.settle(event, DONE)
    refused = replies.claim(b"c")
    assert refused is Replies.FULL
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert replies.claim(b"a") is DONE
    clock.now += 601
    assert replies.claim(b"c") is None


def test_running_functions_count_too() -> None:
    replies = Replies(600, Steps(), most_events=1)
    assert replies.claim(b"a") is None
    assert replies.claim(b"b") is Replies.FULL
    replies.release(b"a")
    assert replies.claim(b"b") is None
