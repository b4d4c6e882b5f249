"""Deferred answers: only to hosts that are trusted, once, over a real socket."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from zoho_cliq.webhooks import (
    AnswerInvalid,
    DeferredAnswerFailed,
    Event,
    Receiver,
    ResponseUrlRefused,
    banner,
    parse_event,
)
from zoho_cliq.webhooks.deferred import checked_response_url, cliq_hosts
from zoho_cliq_api import contract


def test_every_data_centre_is_trusted_over_https_alone() -> None:
    assert len(cliq_hosts()) == len(contract.SERVERS) == 10
    for host in cliq_hosts():
        for url in (f"https://{host}/v2/responses/1", f"https://{host.upper()}/x", f"https://{host}:443/x?a=b"):
            assert checked_response_url(url, ()) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "http://cliq.zoho.com/x",
        "http://cliq.zoho.com:443/x",
        "https://cliq.zoho.com:8443/x",
        "https://cliq.zoho.com.evil.example/x",
        "https://evil.example/cliq.zoho.com",
        "https://evil.example?cliq.zoho.com",
        "https://evil.example#@cliq.zoho.com/",
        "https://cliq.zoho.com@evil.example/x",
        "https://cliq.zoho.com:x@evil.example/x",
        "https://evil.example\\@cliq.zoho.com/x",
        "https://cliq.zoho.com\\@evil.example/x",
        "https://cliq.zoho.com\t.evil.example/x",
        "https://cliq.zoho.com\n/x",
        " https://cliq.zoho.com/x",
        "https://cliq.zoho.com/x y",
        "https://clıq.zoho.com/x",
        "https:cliq.zoho.com/x",
        "https:///cliq.zoho.com/x",
        "//cliq.zoho.com/x",
        "ftp://cliq.zoho.com/x",
        "https://127.0.0.1/x",
        "https://zoho.com/x",
        "https://accounts.zoho.com/x",
        "https://cliq.zoho.com./x",
    ],
)
def test_any_other_address_is_refused_and_not_shown(url: str | None) -> None:
    with pytest.raises(ResponseUrlRefused) as caught:
        checked_response_url(url, ())
    assert "/x" not in str(caught.value)


def test_the_developer_may_trust_further_hosts() -> None:
    url = "http://127.0.0.1:8123/_mock/responses/1"
    for hosts in (["127.0.0.1"], ["127.0.0.1:8123"], {"127.0.0.1:8123", "other"}):
        assert checked_response_url(url, hosts) == url
    for hosts in (["127.0.0.1:8124"], ["127.0.0"], ["localhost"]):
        with pytest.raises(ResponseUrlRefused, match=r"127\.0\.0\.1"):
            checked_response_url(url, hosts)
    assert checked_response_url("http://[::1]:81/x", ["[::1]"])


class Cliq(ThreadingHTTPServer):
    """A stand-in for Cliq: records requests, and answers as configured."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[str, Any, str | None]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/responses/1"


class _Handler(BaseHTTPRequestHandler):
    server: Cliq

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.path, sent, self.headers["Content-Type"]))
        if not self.server.status:
            return  # the connection is closed without a word
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", self.server.url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Log nothing."""


@pytest.fixture
def cliq() -> Iterator[Cliq]:
    with Cliq() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def event(url: str | None) -> Event:
    return parse_event(json.dumps({"name": "A", "response_url": url}).encode())


def test_a_deferred_answer_is_posted_as_cliq_wants_it(cliq: Cliq) -> None:
    receiver = Receiver(response_hosts=["127.0.0.1"])
    receiver.respond(event(cliq.url), "Done at last")
    asyncio.run(receiver.respond_async(event(cliq.url), banner("Done")))
    done = {"type": "banner", "status": "success", "text": "Done"}
    assert cliq.got == [
        ("/responses/1", {"output": {"text": "Done at last"}}, "application/json"),
        ("/responses/1", {"output": done}, "application/json"),
    ]


@pytest.mark.parametrize("status", [302, 400, 404, 410, 500])
def test_a_refused_answer_is_told_and_not_repeated(cliq: Cliq, status: int) -> None:
    cliq.status = status
    receiver = Receiver(response_hosts=["127.0.0.1"])
    with pytest.raises(DeferredAnswerFailed, match=str(status)) as caught:
        receiver.respond(event(cliq.url), "x")
    assert caught.value.status == status
    with pytest.raises(DeferredAnswerFailed):
        asyncio.run(receiver.respond_async(event(cliq.url), "x"))
    assert len(cliq.got) == 2


def at_once(receiver: Receiver, to: Event) -> None:
    receiver.respond(to, "x")


def in_a_task(receiver: Receiver, to: Event) -> None:
    asyncio.run(receiver.respond_async(to, "x"))


@pytest.mark.parametrize("respond", [at_once, in_a_task])
def test_no_connection_is_told_without_the_address(respond: Callable[[Receiver, Event], None]) -> None:
    with pytest.raises(DeferredAnswerFailed, match="it was not sent") as caught:
        respond(Receiver(response_hosts=["127.0.0.1"]), event("http://127.0.0.1:1/capability"))
    assert caught.value.status is None
    assert not caught.value.sent
    assert "capability" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("respond", [at_once, in_a_task])
def test_a_proxy_that_is_set_wrongly_is_told(
    monkeypatch: pytest.MonkeyPatch, respond: Callable[[Receiver, Event], None]
) -> None:
    monkeypatch.setenv("http_proxy", "nonsense://user:password@host")
    with pytest.raises(DeferredAnswerFailed, match="was not sent: http_proxy must be the address of a proxy") as caught:
        respond(Receiver(response_hosts=["cliq.example"]), event("http://cliq.example/capability"))
    assert not caught.value.sent


@pytest.mark.parametrize("respond", [at_once, in_a_task])
def test_an_answer_that_may_have_arrived_is_not_sent_again(
    cliq: Cliq, respond: Callable[[Receiver, Event], None]
) -> None:
    cliq.status = 0
    with pytest.raises(DeferredAnswerFailed, match="it may have been shown") as caught:
        respond(Receiver(response_hosts=["127.0.0.1"]), event(cliq.url))
    assert caught.value.status is None
    assert caught.value.sent
    assert len(cliq.got) == 1


def test_nothing_is_sent_where_the_answer_or_the_host_is_wrong(cliq: Cliq) -> None:
    receiver = Receiver(response_hosts=["127.0.0.1"])
    with pytest.raises(AnswerInvalid):
        receiver.respond(event(cliq.url), "")
    with pytest.raises(ResponseUrlRefused):
        Receiver().respond(event(cliq.url), "x")
    with pytest.raises(ResponseUrlRefused, match="answered at once"):
        receiver.respond(event(None), "x")
    assert cliq.got == []


@pytest.mark.parametrize("kind", ["plain", "async", "in a thread"])
def test_a_forgotten_response_host_is_told_in_the_log_and_to_the_mock(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is refused where `respond_async` is called, not in a task that nobody looks at."""
    made = Receiver()
    refused: list[str] = []

    def respond_in_a_thread(event: Event) -> None:
        with pytest.raises(ResponseUrlRefused) as caught:
            made.respond(event, "later")
        refused.append(str(caught.value))

    async def asynchronous(event: Event) -> str:
        asyncio.create_task(made.respond_async(event, "later"))  # noqa: RUF006 - it is never made
        return "now"

    def plain(event: Event) -> str:
        if kind == "plain":
            made.respond(event, "later")
        thread = threading.Thread(target=respond_in_a_thread, args=[event])
        thread.start()
        thread.join()
        return "now"

    made.action("Later")(asynchronous if kind == "async" else plain)
    sent = json.dumps({"name": "Later", "response_url": "http://127.0.0.1:9/_mock/responses/key"}).encode()
    reply = asyncio.run(made.handle_async("POST", {"Content-Type": "application/json"}, sent))
    why = (
        "the host '127.0.0.1' of the event's response_url is neither Cliq's nor in response_hosts; "
        'to allow it: Receiver(response_hosts=["127.0.0.1"])'
    )
    assert reply.headers["X-Zoho-Cliq-Deferred-Refused"] == why
    assert f"no deferred answer to 'Later' is sent: {why}" in caplog.text
    assert "responses/key" not in caplog.text
    assert ("failure" in reply.body.decode()) is (kind != "in a thread")
    assert made._refused_deferrals == {}


def test_where_nothing_is_deferred_nothing_is_told() -> None:
    made = Receiver()
    made.action("Now")(lambda event: "now")
    sent = json.dumps({"name": "Now", "response_url": "http://127.0.0.1:9/x"}).encode()
    assert list(made.handle("POST", {"Content-Type": "application/json"}, sent).headers) == ["Content-Type"]
