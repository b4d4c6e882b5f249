"""The socket side: uvicorn's protocol, with access to the connection that ASGI does not give.

With it an answer goes out in one write, a fault can send bytes that are not HTTP, cut an answer short or reset the
connection, and what is not HTTP is refused in the API's own error form. In process, where there is no socket, the
application falls back to ASGI messages.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

CYCLE = "zoho_cliq_mock.cycle"
_NOT_HTTP = b'{"message":"the request is not valid HTTP","code":"invalid_inputs"}'


class Protocol(HttpToolsProtocol):
    """One connection. Puts the request's cycle, which holds the transport, into the scope under `CYCLE`."""

    _resuming = False

    def data_received(self, data: bytes) -> None:
        """Read requests. An offer to upgrade, which Java's client makes with each, is ignored, as HTTP allows."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """The parser stops after the head that offers an upgrade; a new one reads the body and what follows."""
        self.parser = httptools.HttpRequestParser(self)
        length = [field for field in self.headers if field[0] in (b"content-length", b"transfer-encoding")]
        if length:
            self.cycle.more_body = True
            self.cycle.message_event.clear()
            self._resuming = True
            self.parser.feed_data(b"POST / HTTP/1.1\r\n%s: %s\r\n\r\n" % length[0])
            self._resuming = False
        if rest:
            self.data_received(rest)

    def on_message_begin(self) -> None:
        """A request begins."""
        if not self._resuming:
            super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header was read."""
        if not self._resuming:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head of a request was read; its task, which starts later, finds the cycle in the scope."""
        if not self._resuming:
            super().on_headers_complete()
            self.scope[CYCLE] = self.cycle  # type: ignore[literal-required]

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(_NOT_HTTP)
        self.transport.write(STATUS_LINE[400] + head + _NOT_HTTP)
        self.transport.close()


async def read_body(scope: Scope, receive: Receive, most: int) -> bytes | None:
    """The body of a request; None where it is longer than `most` bytes."""
    cycle: RequestResponseCycle | None = scope.get(CYCLE)
    if cycle is not None and not cycle.more_body:
        return bytes(cycle.body) if len(cycle.body) <= most else None
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= most:
            parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts) if size <= most else None


async def answer(scope: Scope, send: Send, status: int, content_type: bytes, headers: Headers, body: bytes) -> None:
    """Send a whole answer: in one write where there is a socket."""
    cycle: RequestResponseCycle | None = scope.get(CYCLE)
    head = b"" if status == 204 else b"content-type: %s\r\ncontent-length: %d\r\n" % (content_type, len(body))
    if scope["method"] == "HEAD":
        body = b""
    if cycle is None:
        fields = [*_fields(head), *headers]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})
        return
    if cycle.flow.write_paused:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    for name, value in (*cycle.default_headers, *headers):
        head += b"%s: %s\r\n" % (name, value)
    if not cycle.keep_alive:
        head += b"connection: close\r\n"
    cycle.response_started = True
    cycle.transport.write(STATUS_LINE[status] + head + b"\r\n" + body)
    cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()


def _fields(head: bytes) -> Headers:
    return [(name, value) for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n")[:-1])]


async def disconnected(receive: Receive) -> None:
    """Come back when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def break_off(scope: Scope, receive: Receive, data: bytes, *, reset: bool) -> None:
    """Send raw bytes instead of an answer, then close the connection, with a reset where asked.

    Raises ConnectionError in process, where there is no connection to break.
    """
    cycle: RequestResponseCycle | None = scope.get(CYCLE)
    if cycle is None:
        raise ConnectionResetError("the mock broke the connection off, as a fault rule says")
    if data:
        cycle.transport.write(data)
    sock: socket.socket | None = cycle.transport.get_extra_info("socket")
    if reset and sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        cycle.transport.abort()
    else:
        cycle.transport.close()
    await disconnected(receive)


def head_of(status: int, headers: Headers) -> bytes:
    """The head of an answer as bytes, for faults that send a broken one."""
    return STATUS_LINE[status] + b"".join(b"%s: %s\r\n" % field for field in headers) + b"\r\n"
