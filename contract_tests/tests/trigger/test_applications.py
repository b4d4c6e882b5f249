"""`serving`: running an ASGI application beside the mock."""

from __future__ import annotations

import urllib.request
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from zoho_cliq import Cliq
from zoho_cliq.webhooks import Event, Receiver
from zoho_cliq_mock import MockServer, serving


def fetched(url: str) -> str:
    with urllib.request.urlopen(f"{url}/hello", timeout=10) as answer:
        return str(answer.read().decode())


def service(noted: list[str], *, fail: str = "") -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        noted.append("start")
        if fail == "start":
            raise ValueError("no start")
        yield
        noted.append("end")
        if fail == "end":
            raise ValueError("no end")

    return Starlette(routes=[Route("/hello", lambda request: PlainTextResponse("hello"))], lifespan=lifespan)


def test_an_application_starts_answers_and_is_shut_down() -> None:
    noted, addresses = list[str](), list[str]()

    def make(url: str) -> Starlette:
        addresses.append(url)
        return service(noted)

    with serving(make) as url:
        assert (fetched(url), noted, addresses) == ("hello", ["start"], [url])
    assert noted == ["start", "end"]
    with pytest.raises(OSError, match="refused"):
        fetched(url)


@pytest.mark.parametrize(("fail", "message"), [("start", "did not start"), ("end", "failed to shut down")])
def test_a_failure_of_the_application_is_the_cause_of_the_error(fail: str, message: str) -> None:
    entered = []
    failed = pytest.raises(RuntimeError, match=f"the application {message}")
    with failed as caught, serving(lambda url: service([], fail=fail)):
        entered.append(True)
    assert isinstance(caught.value.__cause__, ValueError)
    assert str(caught.value.__cause__) == f"no {fail}"
    assert bool(entered) is (fail == "end")


def test_an_error_in_the_block_is_raised() -> None:
    noted = list[str]()
    with pytest.raises(KeyError), serving(lambda url: service(noted, fail="end")):
        raise KeyError("mine")
    assert noted == ["start", "end"]


def test_an_application_need_not_know_of_a_start() -> None:
    """ASGI allows an application to raise for a scope type that it does not support."""

    async def app(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        assert scope["type"] == "http"
        await PlainTextResponse("hello")(scope, receive, send)

    with serving(lambda url: app) as url:
        assert fetched(url) == "hello"


def test_the_mock_calls_a_receiver_in_it() -> None:
    receiver = Receiver()
    receiver.action("Greet")(lambda event: f"Hello, {event.user_name}")

    @receiver.action("Wait")
    async def wait(event: Event) -> None:
        async def work() -> str:
            return "Done"

        receiver.defer(event, work)

    receiver.response_hosts = ("127.0.0.1",)
    with (
        MockServer() as mock,
        serving(lambda url: receiver.asgi()) as url,
        Cliq("1000.owner", base_url=mock.url) as cliq,
    ):
        for name in ("Greet", "Wait"):
            cliq.message_actions.ensure(
                name=name, hint="h", execution_type="webhook", execution_url=url, handler={"permissions": ["user"]}
            )
        assert mock.trigger("Greet", "x").text == "Hello, Ada"
        assert mock.trigger("Wait", "x", wait=5).text == "Done"
