"""Transports: a call has a deadline, an answer has a maximum size, and ASGI applications answer as over HTTP."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from harness import CONTROL, profile
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from zoho_cliq_conformance.grading import grade
from zoho_cliq_conformance.sending import transport as transports
from zoho_cliq_conformance.sending.asgi import AsgiTransport
from zoho_cliq_conformance.sending.transport import LARGEST, Cancelled, HttpTransport, TransportError
from zoho_cliq_mock import create_app

ACCEPT = (("Accept", "*/*"),)
OK = b"HTTP/1.1 200 OK\r\n"


def request_of(connection: socket.socket) -> bytes:
    """Return a whole request, or empty bytes at the end of the connection."""
    got = b""
    while b"\r\n\r\n" not in got:
        if not (part := connection.recv(65536)):
            return b""
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + body


@contextmanager
def serving(answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """Run a server that reads each request and then calls `answer(connection)`. Yield its URL."""
    listening = socket.create_server(("127.0.0.1", 0))

    def one(connection: socket.socket) -> None:
        with connection:
            try:
                while request_of(connection):
                    answer(connection)
            except OSError:
                pass

    def loop() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def send_slowly(head: bytes, piece: bytes) -> Callable[[socket.socket], object]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(0.02)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        send_slowly(b"", b""),
        send_slowly(OK, b"X: y\r\n"),
        send_slowly(b"HTTP/1.", b"1"),
        send_slowly(OK + b"Content-Length: 100000\r\n\r\n", b" "),
        send_slowly(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        send_slowly(OK + b"\r\n", b" "),
        send_slowly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_a_call_ends_by_its_deadline_however_bytes_are_spread(answer: Callable[[socket.socket], object]) -> None:
    with serving(answer) as url:
        transport = HttpTransport(url, timeout=0.15)
        began = time.monotonic()
        with pytest.raises(TransportError):
            transport("GET", "/x", ACCEPT, None)
        assert time.monotonic() - began < 1


def test_a_pending_call_is_cancelled_when_the_run_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transports, "SLICE", 0.01)
    with serving(lambda connection: None) as url:
        transport = HttpTransport(url)
        looks = iter([None] * 3)

        def watch() -> None:
            if next(looks, "enough") == "enough":
                raise Cancelled

        transport.watch = watch
        with pytest.raises(Cancelled):
            transport("GET", "/x", ACCEPT, None)


@pytest.mark.parametrize("head", [b"", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 9999999999\r\n"])
def test_an_endless_answer_is_read_to_its_limit(head: bytes) -> None:
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n" if b"chunked" in head else b" " * 65536
    sent = [0]

    def answer(connection: socket.socket) -> None:
        connection.sendall(OK + head + b"\r\n")
        while True:
            connection.sendall(piece)
            sent[0] += len(piece)

    with serving(answer) as url, pytest.raises(TransportError, match=f"more than {LARGEST} bytes"):
        HttpTransport(url)("GET", "/x", ACCEPT, None)
    assert sent[0] < 10 * LARGEST


def test_an_answer_that_the_end_of_the_connection_ends_is_whole() -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(OK + b"\r\nwhole")
        connection.shutdown(socket.SHUT_RDWR)

    with serving(answer) as url:
        transport = HttpTransport(url)
        assert [transport("GET", "/x", ACCEPT, None).body for _ in range(2)] == [b"whole", b"whole"]
        transport.close()


def test_an_answer_shorter_than_it_says_is_none() -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(OK + b"Content-Length: 9\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_RDWR)

    with serving(answer) as url, pytest.raises(TransportError, match="IncompleteRead"):
        HttpTransport(url)("GET", "/x", ACCEPT, None)


# --- applications in this process


async def respond(send: Any, *parts: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"1")]})
    for number, part in enumerate(parts or (b"whole",)):
        await send({"type": "http.response.body", "body": part, "more_body": number + 1 < len(parts)})


def without_lifespan(work: Callable[[Any, Any], Any]) -> Any:
    """Return an ASGI application that does not support lifespan events, and calls `work(receive, send)`."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise NotImplementedError
        await work(receive, send)

    return app


async def ignores_lifespan(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await respond(send)


async def never(receive: Any, send: Any) -> None:
    await asyncio.sleep(100)


async def endless(receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})


async def breaks_off(receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise ValueError("\x1b[31mbroken")


async def exits(receive: Any, send: Any) -> None:
    raise SystemExit(3)


async def sends_nonsense(receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": "two hundred", "headers": []})


async def says_nothing(receive: Any, send: Any) -> None:
    return


async def fails_to_start(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "Traceback …\nValueError: no database"})


async def never_starts(scope: Any, receive: Any, send: Any) -> None:
    while True:
        await receive()


@pytest.mark.parametrize(
    ("app", "complaint"),
    [
        (without_lifespan(never), "more than 0.1 s"),
        (without_lifespan(endless), f"more than {LARGEST} bytes"),
        (without_lifespan(breaks_off), "raised ValueError"),
        (without_lifespan(exits), "raised SystemExit"),
        (without_lifespan(sends_nonsense), "raised ValueError"),
        (without_lifespan(says_nothing), "without a complete response"),
        (fails_to_start, "did not start: ValueError: no database"),
        (never_starts, "did not start: its startup"),
    ],
)
def test_an_application_that_does_not_answer_is_one_clear_error(app: Any, complaint: str) -> None:
    transport = AsgiTransport(app, timeout=0.1)
    try:
        for _ in range(2):
            with pytest.raises(TransportError, match=complaint):
                transport("GET", "/x", ACCEPT, None)
    finally:
        transport.close()


def test_an_application_may_ignore_its_lifespan_and_answer_in_parts() -> None:
    async def parts(receive: Any, send: Any) -> None:
        assert (await receive())["body"] == b"sent"
        await respond(send, b"a", b"", b"b")
        assert (await receive())["type"] == "http.disconnect"

    for app, body in ((ignores_lifespan, b"whole"), (without_lifespan(parts), b"ab")):
        transport = AsgiTransport(app, timeout=5)
        assert transport("POST", "/x", ACCEPT, b"sent").body == body
        assert transport("HEAD", "/x", ACCEPT, b"sent").body == b""
        transport.close()


def test_lifespan_state_background_tasks_and_streams() -> None:
    done: list[str] = []

    @contextmanager
    def noted() -> Iterator[None]:
        done.append("started")
        yield
        done.append("stopped")

    class Lifespan:
        def __init__(self, app: Any) -> None:
            self._noted = noted()

        async def __aenter__(self) -> dict[str, str]:
            self._noted.__enter__()
            return {"greeting": "from the lifespan"}

        async def __aexit__(self, *error: object) -> None:
            self._noted.__exit__(None, None, None)

    async def later() -> None:
        await asyncio.sleep(0.05)
        done.append("background")

    async def greet(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.state.greeting, background=BackgroundTask(later))

    async def stream(request: Request) -> StreamingResponse:
        async def parts() -> Any:
            for _ in range(3):
                await asyncio.sleep(0)
                yield b"part "

        return StreamingResponse(parts())

    transport = AsgiTransport(Starlette(routes=[Route("/", greet), Route("/s", stream)], lifespan=Lifespan), timeout=5)
    assert transport("GET", "/", ACCEPT, None).body == b"from the lifespan"
    assert done == ["started"]
    assert transport("GET", "/s", ACCEPT, None).body == b"part part part "
    transport.close()
    assert set(done) == {"started", "background", "stopped"}


def test_an_application_is_graded_where_a_loop_runs() -> None:
    async def within() -> dict[str, Any]:
        return grade(profile(), app=create_app(control_token=CONTROL), seed=1)

    found = asyncio.run(within())
    assert (found["verdict"], found["faults"]) == ("conforms", [])


def test_an_application_that_does_not_start_gives_a_report() -> None:
    found = grade({"base_url": "http://in-process/api/v3", "tokens": {"owner": "1000.owner"}}, app=fails_to_start)
    assert (found["verdict"], found["exit_code"]) == ("cannot run", 2)
    assert "did not start: ValueError: no database" in found["stopped"]
