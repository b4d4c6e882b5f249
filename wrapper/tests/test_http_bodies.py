"""What a server may send: sizes, encodings, bytes that nobody asked for."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cliq_fakes import TOKEN
from cliq_sockets import BODY, WHOLE, SocketServer, request_to, send
from zoho_cliq import AsyncCliq, Cliq, OAuth, errors
from zoho_cliq._http.body import MAX_RESPONSE_BYTES, Body
from zoho_cliq._http.threads import Transport
from zoho_cliq.testing import FakeClock
from zoho_cliq.webhooks import deferred
from zoho_cliq.webhooks.errors import DeferredAnswerFailed

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
KINDS = ("threads", "tasks")


def answered(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", *lines, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body


BOMB = gzip.compress(b" " * 100_000_000, 1)


def endless(peer: socket.socket) -> None:
    peer.sendall(HEAD + b"\r\n")
    while True:
        peer.sendall(b" " * 1_000_000)


def gzip_bomb(peer: socket.socket) -> None:
    peer.sendall(answered(BOMB, "Content-Encoding: gzip"))


def read_by_thread(url: str) -> None:
    with Cliq(TOKEN, base_url=url, max_wait=0) as cliq:
        cliq.message_actions.get("5")


def read_by_task(url: str) -> None:
    async def main() -> None:
        async with AsyncCliq(TOKEN, base_url=url, max_wait=0) as cliq:
            await cliq.message_actions.get("5")

    asyncio.run(main())


def read_through_httpx(url: str) -> None:
    with httpx.Client() as http_client:
        Cliq(TOKEN, base_url=url, max_wait=0, http_client=http_client).message_actions.get("5")


def read_through_async_httpx(url: str) -> None:
    async def main() -> None:
        async with httpx.AsyncClient() as http_client:
            await AsyncCliq(TOKEN, base_url=url, max_wait=0, http_client=http_client).message_actions.get("5")

    asyncio.run(main())


def fetch_a_token(url: str) -> None:
    auth = OAuth("id", "secret", "refresh", accounts_url=url)
    with Cliq(auth, base_url=url, max_wait=0) as cliq:
        cliq.message_actions.get("5")


def trade_a_code(url: str) -> None:
    OAuth.from_code("code", client_id="id", client_secret="secret", accounts_url=url)


@pytest.mark.parametrize("flood", [endless, gzip_bomb])
@pytest.mark.parametrize(
    "act", [read_by_thread, read_by_task, read_through_httpx, read_through_async_httpx, fetch_a_token, trade_a_code]
)
def test_response_above_the_cap_is_an_error_that_costs_little_memory(
    sockets: SocketServer, flood: Callable[[socket.socket], None], act: Callable[[str], None]
) -> None:
    sockets.serve = flood
    tracemalloc.start()
    with pytest.raises(errors.ResponseTooLarge, match=r"larger than 16 MiB") as caught:
        act(sockets.url)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.sent
    assert peak < 50_000_000
    assert len(sockets.requests) == 1, "another attempt would be flooded as well"


@pytest.mark.parametrize("post", [deferred.post, lambda *given: asyncio.run(deferred.post_async(*given))])
def test_deferred_answer_does_not_read_what_has_no_end(sockets: SocketServer, post: Any) -> None:
    sockets.serve = endless
    with pytest.raises(DeferredAnswerFailed, match="it may have been shown"):
        post(sockets.url, b"{}")


def test_change_with_a_response_above_the_cap_may_have_happened(sockets: SocketServer) -> None:
    sockets.serve = gzip_bomb
    with Cliq(TOKEN, base_url=sockets.url) as cliq:
        for change in (
            lambda: cliq.message_actions.create(name="a", hint="b"),
            lambda: cliq.message_actions.update("5", hint="b"),
        ):
            with pytest.raises(
                errors.OutcomeUnknown, match="larger than 16 MiB; the change may or may not have happened"
            ) as caught:
                change()
            assert isinstance(caught.value.__cause__, errors.ResponseTooLarge)
    assert len(sockets.requests) == 2


def test_body_up_to_the_cap_is_read() -> None:
    body = Body(200, "")
    body.feed(b" " * MAX_RESPONSE_BYTES)
    assert len(body.finish()) == MAX_RESPONSE_BYTES
    with pytest.raises(errors.ResponseTooLarge):
        body.feed(b" ")


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (BODY, "identity"),
        (gzip.compress(BODY), "gzip"),
        (gzip.compress(BODY), "X-GZIP"),
        (gzip.compress(BODY[:9]) + gzip.compress(BODY[9:]), "gzip"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_encoded_body_is_decoded(sockets: SocketServer, kind: str, body: bytes, encoding: str) -> None:
    sockets.serve = lambda peer: peer.sendall(answered(body, f"Content-Encoding: {encoding}"))
    assert send(kind, request_to(sockets)).body == BODY
    assert b"accept-encoding: gzip\r\n" in sockets.requests[0].lower()


@pytest.mark.parametrize(
    ("body", "lines", "words"),
    [
        (BODY, ["Content-Encoding: br"], "'br', but the client accepts only gzip"),
        (BODY, ["Content-Encoding: zstd"], "'zstd', but the client accepts only gzip"),
        (
            gzip.compress(gzip.compress(BODY)),
            ["Content-Encoding: gzip, gzip"],
            "'gzip, gzip', but the client accepts only gzip",
        ),
        (
            gzip.compress(gzip.compress(BODY)),
            ["Content-Encoding: gzip"] * 2,
            "'gzip, gzip', but the client accepts only gzip",
        ),
        (zlib.compress(BODY), ["Content-Encoding: deflate"], "'deflate', but the client accepts only gzip"),
        (BODY, ["Content-Encoding: gzip"], "declared as gzip but is not"),
        (gzip.compress(b"") * 17, ["Content-Encoding: gzip"], "too many gzip members"),
        (gzip.compress(BODY)[:-4], ["Content-Encoding: gzip"], "the gzip data of the response is incomplete"),
        (BODY, ["Content-Length: 1"], "conflicting Content-Length headers"),
        (BODY, [f"X-Long: {'x' * 200_000}"], "Receive buffer too long"),
    ],
)
def test_body_that_cannot_be_trusted_is_no_response(
    sockets: SocketServer, body: bytes, lines: list[str], words: str
) -> None:
    sockets.serve = lambda peer: peer.sendall(answered(body, *lines))
    with pytest.raises(errors.TransportError, match=words) as caught:
        send("threads", request_to(sockets))
    assert caught.value.sent


def test_empty_body_may_be_called_gzip(sockets: SocketServer) -> None:
    sockets.serve = lambda peer: peer.sendall(answered(b"", "Content-Encoding: gzip"))
    assert send("threads", request_to(sockets)).body == b""


def test_interim_responses_are_skipped_and_have_an_end(sockets: SocketServer) -> None:
    sockets.serve = lambda peer: peer.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3 + WHOLE)
    assert send("threads", request_to(sockets)).body == BODY
    sockets.serve = lambda peer: peer.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000)
    with pytest.raises(errors.TransportError, match="too many 1xx responses"):
        send("threads", request_to(sockets))


def test_what_a_malformed_response_says_is_in_no_error(sockets: SocketServer) -> None:
    sockets.serve = lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\nbad header " + TOKEN.encode() + b"\r\n\r\n")
    with pytest.raises(errors.TransportError, match="illegal header line") as caught:
        send("threads", request_to(sockets))
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


SMUGGLED = answered(b'{"smuggled": true}')


@pytest.mark.parametrize(
    "first",
    [
        WHOLE + SMUGGLED,
        b"HTTP/1.1 204 No Content\r\n\r\n" + SMUGGLED,
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 18\r\n\r\n" + SMUGGLED,
        answered(b"", status="404 Not Found") + SMUGGLED,
        HEAD + b"Content-Length: 18\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED[:9],
        HEAD + b"Connection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_bytes_after_a_response_are_never_the_next_response(sockets: SocketServer, kind: str, first: bytes) -> None:
    ports = []

    def serve(peer: socket.socket) -> None:
        ports.append(peer.getpeername())
        peer.sendall(first if len(ports) == 1 else WHOLE)

    sockets.serve = serve
    assert [raw.body for raw in twice(kind, sockets)][1] == BODY
    assert ports[0] != ports[1]


def twice(kind: str, server: SocketServer, between: Callable[[], None] = lambda: None) -> list[Any]:
    """Return two requests through one transport."""
    if kind == "threads":
        with contextlib.closing(Transport()) as transport:
            first = transport.send(request_to(server))
            between()
            return [first, transport.send(request_to(server))]

    async def main() -> list[Any]:
        from zoho_cliq._http.tasks import AsyncTransport

        transport = AsyncTransport()
        first = await transport.send(request_to(server))
        between()
        second = await transport.send(request_to(server))
        await transport.aclose()
        return [first, second]

    return asyncio.run(main())


@pytest.mark.parametrize("ending", ["end", "reset", "bytes"])
@pytest.mark.parametrize("kind", KINDS)
def test_idle_connection_with_unread_bytes_or_an_end_is_not_used(sockets: SocketServer, kind: str, ending: str) -> None:
    peers: list[socket.socket] = []

    def serve(peer: socket.socket) -> None:
        peers.append(peer)
        peer.sendall(WHOLE)

    def between() -> None:
        if ending == "bytes":
            peers[0].sendall(SMUGGLED)
        elif ending == "end":
            peers[0].shutdown(socket.SHUT_WR)
        else:
            reset(peers[0])
            while peers[0].fileno() != -1:
                time.sleep(0.001)

    sockets.serve = serve
    assert [raw.body for raw in twice(kind, sockets, between)] == [BODY, BODY]
    assert peers[0] is not peers[1]


def test_idle_connection_is_closed_after_a_while_and_when_there_are_many(
    sockets: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    with contextlib.closing(Transport()) as transport:
        monkeypatch.setattr("zoho_cliq._http.pool.time.monotonic", clock.monotonic)
        route, _ = transport._router.find(sockets.url)
        pool = transport._pool
        monkeypatch.setattr("zoho_cliq._http.pool.MOST_IDLE", 1)
        pairs = [socket.socketpair() for _ in range(2)]
        from zoho_cliq._http.wire import Connection

        old, new = (Connection(pair[0], route) for pair in pairs)
        pool.put(old)
        pool.put(new)
        assert old.socket.fileno() == -1
        clock.now += 6
        assert pool.take(route) is None
        assert new.socket.fileno() == -1
        for pair in pairs:
            pair[1].close()


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.shutdown(socket.SHUT_RD)  # so that the thread that reads it closes it


@pytest.mark.parametrize("kind", KINDS)
def test_connection_that_is_reset_is_no_response(sockets: SocketServer, kind: str) -> None:
    sockets.serve = reset
    for content in (b"{}", b"x" * 8_000_000):
        with pytest.raises(errors.TransportError, match=r"no response \((ConnectionReset|BrokenPipe)Error: ") as caught:
            send(kind, request_to(sockets, content=content))
        assert caught.value.sent


@pytest.mark.parametrize("kind", KINDS)
def test_response_that_comes_before_the_request_was_read_counts(sockets: SocketServer, kind: str) -> None:
    """A server may refuse an upload by its head, answer and close."""

    def serve(peer: socket.socket) -> None:
        peer.sendall(answered(b"too large", "Connection: close", status="413 Payload Too Large"))
        peer.shutdown(socket.SHUT_RDWR)
        peer.close()

    sockets.serve = serve
    request = request_to(sockets, content=b"x" * 8_000_000)
    with contextlib.suppress(errors.TransportError):  # a reset may overtake the answer
        assert send(kind, request).status == 413
