"""The socket side: uvicorn's HTTP protocol, extended with access to the connection, which ASGI does not offer.

With it, a response is sent in one write; a fault can send bytes that are not HTTP, cut a response short or reset the
connection; and input that is not HTTP is refused in the API's own error form. In-process calls have no socket; for them
the functions below use ASGI messages.
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

MOST_HEAD = 64 * 1024  # bytes of the request line and header fields, or of other input between two bodies
MOST_UNREAD = 256 * 1024  # bytes of a body to discard after the response, so that the connection can be reused
# How long, and how many bytes, a client may go on sending after a refusal before the connection is closed.
LINGER_SECONDS = 1.0
MOST_LINGERING = 32 * 1024 * 1024

_ANSWER_SECONDS = 0.01  # more time than any response takes that does not wait for something

_REFUSALS = {
    400: "the request is not valid HTTP",
    414: f"the request line is longer than {MOST_HEAD} bytes",
    431: f"the header fields are longer than {MOST_HEAD} bytes",
    505: "the mock supports HTTP/1.1 and HTTP/1.0",
}


class ClientGone(ConnectionError):
    """The client disconnected before its request was complete."""


class _TooLong(Exception):
    """The head of a request is longer than `MOST_HEAD`."""


class _WrongVersion(Exception):
    """The request uses an HTTP version that the mock does not support."""


class Protocol(HttpToolsProtocol):
    """One connection.

    The scope of each request has its uvicorn cycle, which holds the transport, under the key `CYCLE`.

    Input that is not valid HTTP is refused in the API's own error form, after the responses to earlier requests;
    nothing more is read from the connection then. An offer to upgrade, which Java's client sends with each request, is
    ignored, as HTTP allows.
    """

    url: bytes

    _resuming = False  # whether a new parser is being fed the framing fields of an upgrade request
    _in_head = False
    _in_body = False
    _head_size = 0
    _silent = 0  # bytes received since the parser last called back
    _unread = 0  # bytes of a body that were discarded after the response
    _unanswered = 0
    _ended = False  # whether the client has closed its sending side
    _status = 0  # the status of a refusal; once it is set, nothing more is read

    def data_received(self, data: bytes) -> None:
        """Parse received bytes; refuse what is not valid HTTP."""
        if self._status:
            self._drop(len(data))
            return
        self._unset_keepalive_if_required()
        while data and self.parser is not None and not self._status:
            self._silent += len(data)
            try:
                self.parser.feed_data(data)
                data = b""
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                self._ignore_upgrade()
            except httptools.HttpParserError as error:
                self._refuse(self._status_of(error.__context__))
        if self._status:
            return
        if self._in_head and self.parser.get_http_version() == "0.9":  # HTTP/0.9 requests have no head to wait for
            self._refuse(400)
        elif self._silent > MOST_HEAD:
            self._refuse(431 if self._in_head else 400)
        elif self._unread > MOST_UNREAD:
            self._status = 400  # stops reading; not sent, since there was a response already
            self._close_gently()

    def _status_of(self, cause: BaseException | None) -> int:
        if isinstance(cause, _TooLong):
            return 431 if self.headers else 414
        return 505 if isinstance(cause, _WrongVersion) and self.parser.get_http_version() != "0.9" else 400

    def _ignore_upgrade(self) -> None:
        """Continue with a new parser, because the current one stops after a head that offers an upgrade."""
        self.parser = httptools.HttpRequestParser(self)
        framing = [b"%s: %s\r\n" % field for field in self.headers if field[0] in _FRAMING]
        if not framing:
            return
        self.cycle.more_body = self._in_body = True
        self.cycle.message_event.clear()
        self._resuming = True
        try:
            self.parser.feed_data(b"POST / HTTP/1.1\r\n%s\r\n" % b"".join(framing))
        except httptools.HttpParserError:
            self._refuse(400)
        finally:
            self._resuming = False

    # ---- what the parser finds

    def on_message_begin(self) -> None:
        """Handle the start of a request."""
        if not self._resuming:
            self._silent = self._head_size = 0
            self._in_head = True
            super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Handle a part of the request target."""
        if not self._resuming:
            self._measure(url)
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Handle a header field. Trailer fields after a chunked body are discarded."""
        if not self._resuming:
            self._measure(name, value)
            if self._in_head:
                super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Handle the end of a request's head. The request's task starts later, so it finds the cycle in the scope."""
        if self._resuming:
            return
        self._silent = self._unread = 0
        if self.parser.get_http_version() not in ("1.0", "1.1"):
            raise _WrongVersion
        if not self.url.startswith((b"/", b"*")):
            self._take_host_of_target()
        super().on_headers_complete()
        self._in_head, self._in_body = False, True
        self._unanswered += 1
        self.scope[CYCLE] = self.cycle  # type: ignore[literal-required]

    def on_body(self, body: bytes) -> None:
        """Handle a part of a body."""
        self._silent = 0
        if self.cycle.response_complete:
            self._unread += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Handle the end of a request."""
        self._silent = 0
        self._in_body = False
        super().on_message_complete()

    def _measure(self, *parts: bytes) -> None:
        self._silent = 0
        self._head_size += sum(map(len, parts))
        if self._head_size > MOST_HEAD:
            raise _TooLong

    def _take_host_of_target(self) -> None:
        """Replace the Host field by the host of an absolute request target, as HTTP demands."""
        host, slash, _ = self.url.partition(b"://")[2].partition(b"/")
        if host and not slash and b"?" not in host:
            self.url += b"/"
        self.headers[:] = [field for field in self.headers if field[0] != b"host"]
        self.headers.append((b"host", host))

    def eof_received(self) -> bool:  # type: ignore[override]
        """Return whether to keep the connection open: True while complete requests await their responses.

        A client that has closed only its sending side cannot be told from one that has hung up. So the connection is
        closed as soon as `_ANSWER_SECONDS` pass without another response.
        """
        waits = self._unanswered > 0 and (self._status != 0 or not self._in_body)
        if waits:
            self._ended = True
            self.loop.call_later(_ANSWER_SECONDS, self._close_unless_answered, self._unanswered)
        return waits

    def _close_unless_answered(self, before: int) -> None:
        if self._unanswered < before:
            self.loop.call_later(_ANSWER_SECONDS, self._close_unless_answered, self._unanswered)
        else:
            self.timeout_keep_alive_handler()

    # ---- refusing

    def _refuse(self, status: int) -> None:
        """Refuse the input with this status, once all earlier requests are answered."""
        self._status = status
        if self._in_body:
            if self.cycle.response_complete:
                self.transport.close()
                return
            self.cycle.disconnected = True  # keeps the application from acting on an incomplete request
            self.cycle.message_event.set()
            self._unanswered -= 1
            if self.pipeline and self.pipeline[0][0] is self.cycle:
                self.pipeline.popleft()
        if not self._unanswered:
            self._send_refusal()

    def _send_refusal(self) -> None:
        body = b'{"message":"%s","code":"invalid_inputs"}' % _REFUSALS[self._status].encode()
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[self._status] + head + body)
        self._close_gently()

    def on_response_complete(self) -> None:
        """Handle the end of a response: send a pending refusal, close the connection, or go on."""
        self._unanswered -= 1
        if self._status and not self._unanswered and not self.transport.is_closing():
            self._send_refusal()
        elif self.cycle.more_body and not self.cycle.keep_alive and not self.transport.is_closing():
            self._status = 400  # stops reading; not sent, since there was a response already
            self._close_gently()
        else:
            super().on_response_complete()
            if self._ended and not self._unanswered:
                self.transport.close()

    def _close_gently(self) -> None:
        """Stop sending, discard what the client still sends for `LINGER_SECONDS`, then close the connection.

        Closing at once would reset the connection, and a client that is still sending might not see the response.
        """
        self._unset_keepalive_if_required()
        if self._ended:  # the client sends nothing more
            self.transport.close()
            return
        self._unread = 0
        self.transport.write_eof()
        self.flow.resume_reading()
        self.timeout_keep_alive_task = self.loop.call_later(LINGER_SECONDS, self.timeout_keep_alive_handler)

    def _drop(self, size: int) -> None:
        self._unread += size
        if self._unread > MOST_LINGERING and not self._unanswered:
            self.transport.close()


_FRAMING = (b"content-length", b"transfer-encoding")


async def read_body(scope: Scope, receive: Receive, most: int) -> bytes | None:
    """Return the body of a request, or None if it is longer than `most` bytes; the rest of it is then not read.

    Raise `ClientGone` if the client disconnects first.
    """
    cycle: RequestResponseCycle | None = scope.get(CYCLE)
    if cycle is not None and not cycle.more_body and not cycle.disconnected:
        return bytes(cycle.body) if len(cycle.body) <= most else None
    body = bytearray()
    more = _announced(scope) <= most
    too_long = not more
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone("the client disconnected before its request was complete")
        body += message.get("body", b"")
        too_long = len(body) > most
        more = message.get("more_body", False) and not too_long
    if too_long and cycle is not None:
        cycle.keep_alive = False
    return None if too_long else bytes(body)


def _announced(scope: Scope) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(length) if length.isdigit() and len(length) < 20 else 0


def whole(scope: Scope, send: Send) -> Send:
    """Return a `send` for an application that sends each body in one part. It sends the response by `answer`."""
    head: MutableMapping[str, Any] = {}

    async def collect(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            head.update(message)
            return
        fields = dict(head["headers"])
        content_type = fields.pop(b"content-type", b"text/plain")
        fields.pop(b"content-length", None)
        await answer(scope, send, head["status"], content_type, list(fields.items()), message.get("body", b""))

    return collect


async def answer(scope: Scope, send: Send, status: int, content_type: bytes, headers: Headers, body: bytes) -> None:
    """Send a complete response, in one write if there is a socket.

    Args:
        scope: the ASGI scope of the request.
        send: the ASGI `send`, used for in-process calls.
        status: the HTTP status.
        content_type: the value of the Content-Type header; not sent with status 204.
        headers: further header fields.
        body: the body; not sent in response to HEAD.
    """
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
    if not cycle.keep_alive and not cycle.more_body:
        cycle.transport.close()
    cycle.on_response()


def _fields(head: bytes) -> Headers:
    return [(name, value) for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n")[:-1])]


async def disconnected(receive: Receive) -> None:
    """Wait until the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def break_off(scope: Scope, receive: Receive, data: bytes, *, reset: bool) -> None:
    """Send raw bytes instead of a response, then close the connection.

    Args:
        scope: the ASGI scope of the request.
        receive: the ASGI `receive`.
        data: the bytes to send; may be empty.
        reset: whether to close with a TCP reset.

    Raise ConnectionResetError for an in-process call, which has no connection.
    """
    cycle: RequestResponseCycle | None = scope.get(CYCLE)
    if cycle is None:
        raise ConnectionResetError("the mock closed the connection because of a fault rule")
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
    """Return the status line and header fields as bytes, for faults that send a broken response."""
    return STATUS_LINE[status] + b"".join(b"%s: %s\r\n" % field for field in headers) + b"\r\n"
