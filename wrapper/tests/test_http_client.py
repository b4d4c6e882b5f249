"""Through the user's own httpx client, and with the user's headers."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import zoho_cliq
from cliq_fakes import BASE_URL, TOKEN, Scripted, action, enveloped
from cliq_sockets import BODY, WHOLE, SocketServer, request_to
from zoho_cliq import AsyncCliq, Cliq, errors
from zoho_cliq._http.tasks import AsyncTransport
from zoho_cliq._http.user_client import AsyncClientTransport, ClientTransport
from zoho_cliq._types import RawResponse, Request, Secret
from zoho_cliq.clock import SystemClock
from zoho_cliq.testing import FakeClock
from zoho_cliq_api.contract import OPERATIONS

KINDS = ("threads", "tasks")


def through(kind: str, request: Request, **settings: Any) -> RawResponse:
    """Send once through an httpx client with these settings, which stays open."""
    if kind == "threads":
        with httpx.Client(**settings) as client:
            transport = ClientTransport(client, SystemClock())
            transport.check(request.url)
            raw = transport.send(request)
            transport.close()
            assert not client.is_closed
            return raw

    async def main() -> RawResponse:
        async with httpx.AsyncClient(**settings) as client:
            transport = AsyncClientTransport(client, SystemClock())
            transport.check(request.url)
            raw = await transport.send(request)
            await transport.aclose()
            assert not client.is_closed
            return raw

    return asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_request_and_response_are_the_same_through_the_users_client(sockets: SocketServer, kind: str) -> None:
    packed = gzip.compress(BODY)
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: %d\r\n\r\n" % len(
        packed
    )
    sockets.serve = lambda peer: peer.sendall(answer + packed)
    raw = through(kind, request_to(sockets, params={"limit": "5"}, authorization=Secret(TOKEN)))
    assert (raw.status, raw.body, raw.headers["x-a"]) == (200, BODY, "1, 2")
    request = sockets.requests[0].lower()
    assert request.startswith(b"get /api/v3?limit=5 http/1.1\r\n")
    assert f"authorization: bearer {TOKEN}".encode() in request
    assert b"accept-encoding: gzip\r\n" in request
    assert b"user-agent: zoho-cliq-python/" in request


@pytest.mark.parametrize("kind", KINDS)
def test_own_authorization_and_redirects_of_the_users_client_are_not_used(sockets: SocketServer, kind: str) -> None:
    sockets.serve = lambda peer: peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
    request = request_to(sockets, authorization=Secret(TOKEN))
    assert through(kind, request, auth=("user", "password"), follow_redirects=True).status == 302
    assert f"Bearer {TOKEN}".encode() in sockets.requests[0]
    assert len(sockets.requests) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_response_that_a_hook_has_read_is_taken_as_it_is(sockets: SocketServer, kind: str) -> None:
    packed = gzip.compress(BODY)
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    sockets.serve = lambda peer: peer.sendall(answer + packed)

    def hook(response: httpx.Response) -> None:
        response.read()

    async def async_hook(response: httpx.Response) -> None:
        await response.aread()

    hooks = {"response": [hook if kind == "threads" else async_hook]}
    assert through(kind, request_to(sockets), event_hooks=hooks).body == BODY


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_hook_or_a_test_transport_raises_comes_out_unchanged(kind: str) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        through(kind, Request("x", "GET", BASE_URL), transport=httpx.MockTransport(fail))


@pytest.mark.parametrize(
    ("raised", "sent", "words"),
    [
        (httpx.ReadTimeout(""), True, r"within 30 s \(ReadTimeout\)"),
        (httpx.ConnectTimeout(""), False, r"within 30 s \(ConnectTimeout\)"),
        (httpx.ConnectError("no route"), False, "ConnectError: no route"),
        (httpx.ProxyError("407 No"), False, "the proxy refused: ProxyError: 407 No"),
        (httpx.DecodingError("bad"), True, "DecodingError: bad"),
        (OSError("disk"), True, "OSError: disk"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_httpx_raises_is_a_transport_error(kind: str, raised: Exception, sent: bool, words: str) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise raised

    with pytest.raises(errors.TransportError, match=words) as caught:
        through(kind, Request("x", "GET", BASE_URL), transport=httpx.MockTransport(fail))
    assert caught.value.sent == sent


@pytest.mark.parametrize("kind", KINDS)
def test_unicode_error_is_a_transport_error_while_connecting_only(kind: str) -> None:
    with pytest.raises(errors.TransportError, match=r"UnicodeError: |ConnectError: ") as caught:
        through(kind, Request("x", "GET", "http://a..test/"))
    assert not caught.value.sent

    def hook(request: httpx.Request) -> httpx.Response:
        raise UnicodeError("mine")

    with pytest.raises(UnicodeError, match="mine"):
        through(kind, Request("x", "GET", BASE_URL), transport=httpx.MockTransport(hook))


def test_body_that_trickles_through_the_users_client_ends_with_the_timeout(sockets: SocketServer) -> None:
    def serve(peer: Any) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not sockets.ending.wait(0.02):
            peer.sendall(b"x")

    sockets.serve = serve
    for kind in KINDS:
        with pytest.raises(errors.TransportError, match=r"within 0\.3 s") as caught:
            through(kind, request_to(sockets, timeout=0.3))
        assert caught.value.sent


def test_task_whose_time_ends_while_connecting_sent_nothing() -> None:
    async def stuck(request: httpx.Request) -> httpx.Response:
        trace = request.extensions["trace"]
        await trace("connection.connect_tcp.started", {})
        if request.method == "POST":
            await trace("connection.connect_tcp.complete", {})
            await trace("http11.send_request_headers.started", {})
        await asyncio.sleep(60)
        raise AssertionError

    for method in ("GET", "POST"):
        with pytest.raises(errors.TransportError) as caught:
            through("tasks", Request("x", method, BASE_URL, timeout=0.05), transport=httpx.MockTransport(stuck))
        assert caught.value.sent == (method == "POST")


def test_clients_of_the_wrong_kind_and_closed_ones_are_refused() -> None:
    for kind, client in ((Cliq, httpx.AsyncClient()), (AsyncCliq, httpx.Client()), (Cliq, "http://proxy")):
        with pytest.raises(
            errors.ConfigurationError, match=r"http_client of an? \w+ must be an httpx\.(Async)?Client, not "
        ):
            kind(TOKEN, http_client=client)  # type: ignore[arg-type]
    client = httpx.Client()
    client.close()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        Cliq(TOKEN, http_client=client).message_actions.get("5")

    async def main() -> None:
        other = httpx.AsyncClient()
        await other.aclose()
        with pytest.raises(errors.ConfigurationError, match="closed"):
            await AsyncCliq(TOKEN, http_client=other).message_actions.get("5")

    asyncio.run(main())


def test_a_closed_client_uses_up_no_threshold(sockets: SocketServer) -> None:
    gone = httpx.Client()
    gone.close()
    closed = Cliq(TOKEN, base_url=sockets.url)
    closed.close()

    async def in_a_task() -> None:
        cliq = AsyncCliq(TOKEN, base_url=sockets.url)
        await cliq.close()
        with pytest.raises(errors.ClientClosed, match="closed"):
            await cliq.message_actions.get("5")

    with Cliq(TOKEN, base_url=sockets.url) as cliq:
        before = cliq.thresholds["get_message_action"]
        for client in (closed, Cliq(TOKEN, base_url=sockets.url, http_client=gone)):
            with pytest.raises(errors.ClientClosed, match="closed"):
                client.message_actions.get("5")
        asyncio.run(in_a_task())
        assert cliq.thresholds["get_message_action"].remaining == before.remaining


def test_a_closed_client_says_so_of_an_operation_without_a_threshold(
    sockets: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cliq = Cliq(TOKEN, base_url=sockets.url)
    free = {name: entry._replace(threshold=None) for name, entry in OPERATIONS.items()}
    monkeypatch.setattr(cliq._operations, "table", free)
    cliq.close()
    with pytest.raises(errors.ClientClosed, match="closed"):
        cliq.message_actions.get("5")


def test_users_client_stays_open_and_its_hooks_are_called(server: Scripted) -> None:
    server.answer(enveloped(action(5)))
    seen: list[str] = []
    hooks = {"request": [lambda request: seen.append(request.method)]}
    with httpx.Client(transport=httpx.MockTransport(server), event_hooks=hooks) as client:
        with Cliq(TOKEN, base_url=BASE_URL, http_client=client) as cliq:
            cliq.message_actions.get("5")
        assert not client.is_closed
    assert seen == ["GET"]


def test_application_is_asked_in_process() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": BODY})

    async def main() -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return (await AsyncCliq(TOKEN, base_url=BASE_URL, http_client=client).message_actions.get("5")).id

    assert asyncio.run(main()) == "5"


@pytest.mark.parametrize("through_httpx", [False, True])
def test_headers_of_the_user_go_with_every_call(sockets: SocketServer, through_httpx: bool) -> None:
    client = httpx.Client() if through_httpx else None
    headers = {"X-Gateway-Key": "k1", "user-agent": "my-app/2"}
    with Cliq(TOKEN, base_url=sockets.url, headers=headers, http_client=client) as cliq:
        cliq.message_actions.get("5")
        cliq.with_options(timeout=5).message_actions.update("5", hint="b")
    if client:
        client.close()
    assert len(sockets.requests) >= 2
    for request in (sockets.requests[0], sockets.requests[1]):
        assert b"x-gateway-key: k1\r\n" in request.lower()
        assert b"user-agent: my-app/2\r\n" in request.lower()
        assert b"zoho-cliq-python" not in request
    assert b"content-type: application/json\r\n" in sockets.requests[1].lower()


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Authorization": "Bearer secret"}, "Authorization is set by the client; pass the access token as auth"),
        ({"proxy-authorization": "secret"}, "into its address"),
        ({"Content-Length": "1"}, "Content-Length is set by the client"),
        ({"HOST": "secret"}, "HOST is set by the client"),
        ({"": "secret"}, "'' is not a valid header name"),
        ({"a b": "secret"}, "'a b' is not a valid header name"),
        ({5: "secret"}, "5 is not a valid header name"),
        ({"a": "secret\r\nb: c"}, "the value of a must be printable ASCII"),
        ({"a": " secret"}, "the value of a must be printable ASCII"),
        ({"a": "sécret"}, "the value of a must be printable ASCII"),
        ({"a": b"secret"}, "the value of a must be printable ASCII"),
        (["secret"], "a mapping of names to values, not a list"),
    ],
)
def test_invalid_header_is_refused_when_the_client_is_made(headers: Any, words: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=words) as refused:
        Cliq(TOKEN, headers=headers)
    assert "secret" not in str(refused.value)


def test_version_is_told_and_is_that_of_the_distribution(sockets: SocketServer) -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert zoho_cliq.__version__ == project["version"]
    with Cliq(TOKEN, base_url=sockets.url) as cliq:
        cliq.message_actions.get("5")
    assert f"user-agent: zoho-cliq-python/{project['version']}\r\n".encode() in sockets.requests[0]


def connections(server: SocketServer) -> int:
    """Return how many sockets of this process are connected to the server."""
    found = 0
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(int(number))) as copy:
            found += copy.getpeername()[:2] == ("127.0.0.1", server.port)
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts open files in /proc")
def test_loops_that_end_leave_no_socket(sockets: SocketServer) -> None:
    cliq = AsyncCliq(TOKEN, base_url=sockets.url, clock=FakeClock(), max_wait=1e9)

    async def get() -> None:
        await cliq.message_actions.get("5")

    for _ in range(5):
        asyncio.run(get())
        assert connections(sockets) == 1
    with asyncio.Runner() as one, asyncio.Runner() as two:
        for _ in range(3):
            one.run(get())
            two.run(get())
        assert connections(sockets) == 2
        one.run(cliq.close())
        assert connections(sockets) == 0, "the connections of the other loop are closed, too"
        with pytest.raises(errors.ConfigurationError, match="closed"):
            two.run(get())


def test_connection_in_use_when_the_client_is_closed_is_closed_after_its_response(sockets: SocketServer) -> None:
    async def main() -> None:
        transport = AsyncTransport()
        closing = asyncio.Event()

        def serve(peer: Any) -> None:
            loop.call_soon_threadsafe(closing.set)
            while not transport._closed:
                pass
            peer.sendall(WHOLE)

        loop = asyncio.get_running_loop()
        sockets.serve = serve
        sending = asyncio.create_task(transport.send(request_to(sockets)))
        await closing.wait()
        await transport.aclose()
        assert (await sending).status == 200
        pool = transport._pools[loop]
        assert not any(pool._idle.values())

    asyncio.run(main())


def test_child_of_a_fork_leaves_the_connections_of_tasks_alone(sockets: SocketServer) -> None:
    async def main() -> None:
        transport = AsyncTransport()
        await transport.send(request_to(sockets))
        inherited = transport._pools
        transport._pid += 1  # as in a child
        await transport.aclose()
        (idle,) = next(iter(inherited.values()))._idle.values()
        assert idle[0].socket.fileno() > 0
        transport._closed = False
        await transport.send(request_to(sockets))
        assert transport._pools is not inherited
        await transport.aclose()
        idle[0].close()

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["threads", "tasks"])
def test_what_a_signal_handler_raises_comes_out_as_it_is(kind: str) -> None:
    error = TimeoutError("of a handler")

    def handler(number: int, frame: object) -> None:
        raise error

    def interrupted(request: httpx.Request) -> httpx.Response:
        signal.raise_signal(signal.SIGUSR1)
        raise AssertionError

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        with pytest.raises(TimeoutError) as caught:
            through(kind, Request("x", "GET", BASE_URL), transport=httpx.MockTransport(interrupted))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert caught.value is error
