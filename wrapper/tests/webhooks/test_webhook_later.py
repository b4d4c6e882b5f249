"""`Receiver.defer`: the work runs, its answer is sent once, and whatever goes wrong is logged and shown."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import Any

import pytest
from zoho_cliq.webhooks import DeferredAnswerFailed, Event, Receiver, ResponseUrlRefused, deferred
from zoho_cliq.webhooks.testing import call, call_async, event

LOST = "the deferred answer to 'Translate' is lost: the deferred answer was refused with status 410"


def receiver(work: Any, *, plain: bool) -> tuple[Receiver, list[Any]]:
    made, futures = Receiver(secret="a secret of the tests"), list[Any]()

    if plain:

        @made.action("Translate")
        def translate(event: Event) -> str:
            futures.append(made.defer(event, work))
            return "Translating …"
    else:

        @made.action("Translate")
        async def translate_async(event: Event) -> str:
            futures.append(made.defer(event, work))
            return "Translating …"

    return made, futures


def broken() -> str:
    raise ValueError("no dictionary; a secret of the tests")


async def broken_async() -> str:
    await asyncio.sleep(0)
    return broken()


async def hello_async() -> str:
    await asyncio.sleep(0)
    return "Hallo"


def works() -> list[Any]:
    return [pytest.param(lambda: "Hallo", id="plain"), pytest.param(hello_async, id="async"),
            pytest.param(lambda: hello_async(), id="gives a coroutine")]  # fmt: skip


@pytest.mark.parametrize("work", works())
@pytest.mark.parametrize("plain", [True, False], ids=["plain function", "async function"])
def test_the_answer_is_sent_once(work: Any, plain: bool) -> None:
    made, futures = receiver(work, plain=plain)
    answered = call(made, event("Translate"))
    assert answered.text == "Translating …"
    assert answered.deferred() == {"text": "Hallo"}
    assert futures[0].result(10) is True

    async def main() -> None:
        answered = await call_async(made, event("Translate"))
        assert answered.text == "Translating …"
        assert await asyncio.wrap_future(futures[1]) is True
        assert answered.deferred() == {"text": "Hallo"}
        assert answered._inbox is not None
        assert len(answered._inbox.answers) == 1

    asyncio.run(main())


@pytest.mark.parametrize("plain", [True, False])
def test_async_work_runs_in_the_loop_of_the_server(plain: bool) -> None:
    loops: list[object] = []

    async def work() -> str:
        loops.append(asyncio.get_running_loop())
        return "done"

    made, futures = receiver(work, plain=plain)

    async def main() -> None:
        await call_async(made, event("Translate"))
        await asyncio.wrap_future(futures[0])
        assert loops == [asyncio.get_running_loop()]

    asyncio.run(main())


def test_outside_of_a_function_the_running_loop_is_taken() -> None:
    made = Receiver()
    threads: list[object] = []

    async def work() -> str:
        threads.append(threading.current_thread())
        return "done"

    async def main() -> None:
        await asyncio.wrap_future(made.defer(event("Translate"), work))

    asyncio.run(main())
    made.defer(event("Translate"), work).result(10)
    assert [thread is threading.current_thread() for thread in threads] == [True, False]


@pytest.mark.parametrize("work", [broken, broken_async])
def test_work_that_fails_is_logged_and_shown(work: Any, caplog: pytest.LogCaptureFixture) -> None:
    made, futures = receiver(work, plain=False)

    async def main() -> None:
        answered = await call_async(made, event("Translate"))
        await asyncio.wrap_future(futures[0])
        shown = answered.deferred()
        assert (shown["type"], shown["status"]) == ("banner", "failure")

    asyncio.run(main())
    assert "the deferred work for 'Translate' failed" in caplog.text
    assert "ValueError: no dictionary" in caplog.text
    assert "a secret of the tests" not in caplog.text


def test_work_that_ends_its_thread_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    made, futures = receiver(lambda: sys.exit("enough"), plain=True)
    assert call(made, event("Translate")).deferred()["status"] == "failure"
    assert futures[0].result(10) is True
    assert "SystemExit: enough" in caplog.text


@pytest.mark.parametrize("plain", [True, False])
def test_an_answer_that_cannot_be_shown(plain: bool, caplog: pytest.LogCaptureFixture) -> None:
    made, futures = receiver(lambda: "x" * 10_001, plain=plain)
    assert call(made, event("Translate")).deferred()["status"] == "failure"
    assert futures[0].result(10) is True
    assert "the deferred answer to 'Translate' cannot be shown: text: must have at most 10000" in caplog.text


@pytest.mark.parametrize("work", [lambda: "Hallo", hello_async])
def test_an_answer_that_is_not_taken(
    work: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(url: str, body: bytes) -> None:
        raise DeferredAnswerFailed("the deferred answer was refused with status 410", status=410)

    async def refuse_async(url: str, body: bytes) -> None:
        refuse(url, body)

    monkeypatch.setattr(deferred, "post", refuse)
    monkeypatch.setattr(deferred, "post_async", refuse_async)
    made, futures = receiver(work, plain=False)

    async def main() -> None:
        await call_async(made, event("Translate"))
        assert await asyncio.wrap_future(futures[0]) is False

    asyncio.run(main())
    assert LOST in caplog.text


def test_work_that_is_cancelled_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def for_ever() -> str:
        await asyncio.Event().wait()
        return "never"

    made, futures = receiver(for_ever, plain=False)

    async def main() -> None:
        await call_async(made, event("Translate"))
        await asyncio.sleep(0)  # it begins; the end of the loop cancels it

    asyncio.run(main())
    assert futures[0].cancelled()
    assert "no deferred answer to 'Translate' is sent: its work was cancelled" in caplog.text


@pytest.mark.parametrize("plain", [True, False])
def test_a_forgotten_response_host_is_refused_before_the_work_runs(
    plain: bool, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[int] = []
    made, futures = receiver(lambda: ran.append(1), plain=plain)
    sent = event("Translate", response_url="http://127.0.0.1:1/_mock/responses/1")
    answered = call(made, sent)
    assert answered.output["status"] == "failure"
    assert "127.0.0.1" in answered.reply.headers["X-Zoho-Cliq-Deferred-Refused"]
    assert not ran
    assert not futures
    assert "no deferred answer to 'Translate' is sent" in caplog.text
    with pytest.raises(ResponseUrlRefused, match="response_hosts"):
        made.defer(sent, lambda: None)
