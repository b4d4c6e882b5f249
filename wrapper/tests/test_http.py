"""The transport on real sockets: time limits, cuts, redirects, cookies, forks, event loops."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time
from typing import Any

import pytest
from cliq_fakes import TOKEN
from cliq_sockets import BODY, WHOLE, Serve, SocketServer, request_to, send
from zoho_cliq import AsyncCliq, Cliq, errors
from zoho_cliq._http.threads import Transport
from zoho_cliq._types import RawResponse, Request, Secret
from zoho_cliq.testing import FakeClock


def trickle(text: bytes, sockets: SocketServer) -> Serve:
    """Send a byte every twentieth of a second: each step is quick, the whole takes forever."""

    def serve(peer: socket.socket) -> None:
        for byte in text:
            peer.sendall(bytes([byte]))
            if sockets.ending.wait(0.05):
                break

    return serve


@pytest.mark.parametrize("part", ["head", "body"])
@pytest.mark.parametrize("kind", ["threads", "tasks"])
def test_answer_that_trickles_ends_with_the_timeout(sockets: SocketServer, part: str, kind: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    slow = trickle(head * 20 if part == "head" else b"x" * 1000, sockets)

    def serve(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: " if part == "head" else head)
        slow(peer)

    sockets.serve = serve
    started = time.monotonic()
    with pytest.raises(errors.TransportError, match=r"within 0\.3 s") as caught:
        send(kind, request_to(sockets, timeout=0.3))
    assert caught.value.sent
    assert time.monotonic() - started < 10, "the whole answer would take most of a minute"


@pytest.mark.parametrize("kind", ["threads", "tasks"])
def test_host_that_does_not_answer_is_unsent(kind: str) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        backlog = [socket.socket() for _ in range(4)]
        for peer in backlog:
            peer.setblocking(False)
            peer.connect_ex(full.getsockname())
        request = Request("x", "POST", f"http://127.0.0.1:{full.getsockname()[1]}/", timeout=0.2)
        with pytest.raises(errors.TransportError) as caught:
            send(kind, request)
        for peer in backlog:
            peer.close()
    assert not caught.value.sent


def test_closed_port_and_impossible_address_are_transport_errors() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", "http://nowhere.invalid/", "http://[/", "ftp://127.0.0.1/"):
        for kind in ("threads", "tasks"):
            with pytest.raises(errors.TransportError) as caught:
                send(kind, Request("x", "GET", url, timeout=1))
            assert not caught.value.sent, url


def test_no_cookies_no_redirects_and_no_token_in_an_error(sockets: SocketServer) -> None:
    transport = Transport()
    sent = request_to(sockets, authorization=Secret(TOKEN))
    assert transport.send(sent).headers["set-cookie"] == "session=1"
    transport.send(sent)
    assert b"ookie" not in sockets.requests[1]
    assert f"Bearer {TOKEN}".encode() in sockets.requests[0]
    sockets.serve = lambda peer: peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n")
    assert transport.send(sent).status == 302
    sockets.serve = lambda peer: peer.close()
    with pytest.raises(errors.TransportError) as caught:
        transport.send(sent)
    assert TOKEN not in repr(caught.value) + repr(caught.value.__cause__)
    transport.close()


def noting(ports: list[Any]) -> Serve:
    """Answers, and notes from which port of the client it was asked."""

    def serve(peer: socket.socket) -> None:
        ports.append(peer.getpeername())
        peer.sendall(WHOLE)

    return serve


def test_connection_is_used_again(sockets: SocketServer) -> None:
    ports: list[Any] = []
    sockets.serve = noting(ports)
    with Cliq(TOKEN, base_url=sockets.url) as cliq:
        for _ in range(3):
            cliq.message_actions.get("5")
    assert len(ports) == 3
    assert len(set(ports)) == 1


def test_forked_child_uses_connections_of_its_own(sockets: SocketServer) -> None:
    ports: list[Any] = []
    sockets.serve = noting(ports)
    cliq = Cliq(TOKEN, base_url=sockets.url)
    cliq.message_actions.get("5")
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            cliq.message_actions.get("5")
            os._exit(7)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    cliq.message_actions.get("5")
    cliq.close()
    assert ports[0] == ports[2] != ports[1]


def test_child_closes_nothing_of_its_parent(sockets: SocketServer) -> None:
    transport = Transport()
    transport.send(request_to(sockets))
    pool = transport._pool
    idle = pool.take(transport._router.find(sockets.url)[0])
    assert idle is not None
    pool.put(idle)
    transport._pid += 1  # as in a child
    transport.close()
    assert idle.socket.fileno() > 0
    with pytest.raises(errors.ConfigurationError, match="closed"):
        transport.send(request_to(sockets))
    pool.close()
    assert idle.socket.fileno() == -1


def test_many_threads_share_a_client(sockets: SocketServer) -> None:
    found: list[str] = []
    with Cliq(TOKEN, base_url=sockets.url, clock=FakeClock(), max_wait=1e9) as cliq:
        threads = [threading.Thread(target=lambda: found.append(cliq.message_actions.get("5").id)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == ["5"] * 20


def test_whole_answer_is_given(sockets: SocketServer) -> None:
    found = send("threads", request_to(sockets))
    assert found == RawResponse("x", 200, {"content-length": str(len(BODY)), "set-cookie": "session=1"}, BODY)


def test_closed_client_says_so(sockets: SocketServer) -> None:
    cliq = Cliq(TOKEN, base_url=sockets.url)
    cliq.close()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        cliq.message_actions.get("5")

    async def main() -> None:
        twin = AsyncCliq(TOKEN, base_url=sockets.url)
        await twin.with_options(max_wait=0).close()
        assert (await twin.message_actions.get("5")).id == "5"
        await twin.close()
        with pytest.raises(errors.ConfigurationError, match="closed"):
            await twin.message_actions.get("5")

    asyncio.run(main())
