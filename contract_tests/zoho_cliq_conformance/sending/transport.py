"""Transports: HTTP over a socket, or a function in this process. Each takes a request and returns an `Answer`.

Requests are sent exactly as given, since a contract test has to send what a well-behaved HTTP library would refuse to
send. The path is not normalized, and over HTTP only Host, Accept-Encoding and Content-Length are added. The transport
for ASGI applications is in `asgi`.
"""

from __future__ import annotations

import errno
import http.client
import io
import os
import selectors
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from ..trace import Answer, Headers

TIMEOUT = 30.0  # seconds from the start of a call to the end of its answer
SLICE = 0.25  # seconds between two calls of `watch` during a wait
LARGEST = 2 * 1024 * 1024  # bytes of an answer; a script of 250,000 bytes takes up to 1.5 million when escaped as JSON

Watch = Callable[[], None]


def _ready(plain: socket.socket, event: int, seconds: float) -> bool:
    """Return whether a socket becomes ready for the event, or fails, within `seconds`."""
    with selectors.DefaultSelector() as selector:  # unlike select(), it takes descriptors above 1023
        selector.register(plain, event)
        return bool(selector.select(seconds))


class TransportError(Exception):
    """No complete answer came; the message says what happened instead."""


class Cancelled(Exception):
    """The caller cancelled the call. That is no fault of the server."""


class Transport(Protocol):
    """A callable that sends one request and returns the answer; `target` is the whole path with its query.

    It raises `TransportError` if no complete answer comes. A transport that may wait should extend `Watched`.
    """

    def __call__(self, method: str, target: str, headers: Headers, body: bytes | None) -> Answer: ...

    def close(self) -> None: ...


class Watched:
    """A transport whose calls can be cancelled: `watch` is called every `SLICE` seconds and may raise `Cancelled`."""

    watch: Watch | None = None

    def look(self) -> None:
        """Call `watch`, if there is one."""
        if self.watch is not None:
            self.watch()


class HttpTransport(Watched):
    """One persistent connection to a server.

    If the server has closed the connection, it is opened again before a request is sent. A request is never sent twice.

    Args:
        url: a URL of the server, with scheme, host and port.
        timeout: seconds that a whole call may take, even if the server sends a byte from time to time.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        split = urlsplit(url)
        self._host, self._tls, self._timeout = split.netloc, split.scheme == "https", timeout
        self._connection: http.client.HTTPConnection | None = None
        self._wire: _Wire | None = None

    def __call__(self, method: str, target: str, headers: Headers, body: bytes | None) -> Answer:
        over = time.monotonic() + self._timeout
        try:
            connection = self._open(over)
            connection.putrequest(method, target)  # adds Accept-Encoding: identity; compressed answers are not decoded
            for name, value in headers:
                connection.putheader(name, value.encode("latin-1", "replace"))
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            content = _read(response)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise TransportError(f"{type(error).__name__}: {error}") from None
        except (Cancelled, KeyboardInterrupt):
            self.close()  # so that a late answer is not taken for the answer to the next request
            raise
        return Answer(response.status, tuple(response.getheaders()), content)

    def _open(self, over: float) -> http.client.HTTPConnection:
        if self._connection is not None and self._wire is not None and self._wire.quiet():
            self._wire.over = over
            return self._connection
        self.close()
        kind = http.client.HTTPSConnection if self._tls else http.client.HTTPConnection
        connection = kind(self._host)
        self._wire = _Wire(over, self._timeout, self.look)
        self._wire.connect(connection.host, connection.port, tls=self._tls)
        connection.sock = cast(Any, self._wire)
        self._connection = connection
        return connection

    def close(self) -> None:
        if self._wire is not None:
            self._wire.shut()
        if self._connection is not None:
            self._connection.close()
        self._connection = self._wire = None


def _read(response: http.client.HTTPResponse) -> bytes:
    """Return the whole body. Raise `HTTPException` if it is incomplete or has more than `LARGEST` bytes."""
    parts, size = [], 0
    while part := response.read(min(65536, LARGEST + 1 - size)):
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise http.client.HTTPException(f"the response has more than {LARGEST} bytes")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(parts)


class _Wire:
    """A socket with the methods that `http.client` uses, and with one deadline for a whole call.

    The timeout of a plain socket would restart with each byte that arrives.

    Args:
        over: the deadline, in seconds of `time.monotonic`.
        timeout: seconds that a call may take, for the error message.
        look: called every `SLICE` seconds during a wait; may raise `Cancelled`.
    """

    def __init__(self, over: float, timeout: float, look: Watch) -> None:
        self.over, self._timeout, self._look = over, timeout, look
        self._socket: socket.socket | None = None
        self._last = False

    def connect(self, host: str, port: int, *, tls: bool) -> None:
        """Connect to the first address of the host that accepts a connection.

        Raises:
            TimeoutError: the deadline passed.
            OSError: no address accepts a connection.
        """
        problem: OSError = OSError(f"{host} has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
            self._socket = socket.socket(family, kind, protocol)
            try:
                self._connect(self._socket, address)
                break
            except TimeoutError:
                self.shut()
                raise
            except OSError as error:
                self.shut()
                problem = error
        else:
            raise problem
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self._socket.settimeout(self._left())
            self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=host)

    def _connect(self, plain: socket.socket, address: Any) -> None:
        plain.setblocking(False)
        number = plain.connect_ex(address)
        while number in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            self._look()
            if _ready(plain, selectors.EVENT_WRITE, min(SLICE, self._left())):
                number = plain.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            raise OSError(number, os.strerror(number))

    def _left(self) -> float:
        left = self.over - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no complete response within {self._timeout:g} s")
        return left

    def _sliced(self, work: Callable[[socket.socket], int]) -> int:
        """Return the result of one blocking socket operation. Call `look` every `SLICE` seconds meanwhile."""
        if self._socket is None:
            raise OSError("the connection is closed")
        while True:
            self._look()
            self._socket.settimeout(min(SLICE, self._left()))
            try:
                return work(self._socket)
            except TimeoutError:
                continue

    def quiet(self) -> bool:
        """Return whether the connection can be used for another request.

        It cannot if there is anything to read: unexpected bytes, or the end of the connection, which also makes a
        socket readable.
        """
        return self._socket is not None and not self._last and not _ready(self._socket, selectors.EVENT_READ, 0)

    def receive(self, buffer: Any) -> int:
        return self._sliced(lambda plain: plain.recv_into(buffer))

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._send(rest) :]

    def _send(self, data: memoryview) -> int:
        return self._sliced(lambda plain: plain.send(data))

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self))

    def close(self) -> None:
        """Use the connection for no further request, but leave the socket open; `shut` closes it.

        `http.client` calls this when an answer ends with the connection, before it reads the body of that answer.
        """
        self._last = True

    def shut(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None


class _Reading(io.RawIOBase):
    """The bytes that a `_Wire` receives, as a stream. Closing the stream leaves the wire open for the next answer."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._wire.receive(buffer)


class FunctionTransport:
    """A transport to a function in this process: (method, target, headers, body) -> (status, headers, body)."""

    def __init__(
        self, handle: Callable[[str, str, list[tuple[str, str]], bytes | None], tuple[int, Any, bytes]]
    ) -> None:
        self._handle = handle

    def __call__(self, method: str, target: str, headers: Headers, body: bytes | None) -> Answer:
        try:
            status, given, content = self._handle(method, target, list(headers), body)
        except Exception as error:  # noqa: BLE001  any error of the application means: no answer
            raise TransportError(f"the application raised {type(error).__name__}: {error}") from None
        return Answer(status, tuple(given), content)

    def close(self) -> None:
        pass
