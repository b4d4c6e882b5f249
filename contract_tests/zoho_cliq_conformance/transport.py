"""Ways to a server: HTTP over a socket, or an application in this process. Each takes a request and gives an `Answer`.

Requests go out exactly as given (the path is not normalized, no header is added but Host and lengths), since a contract
test has to send what a well-behaved HTTP library would refuse to.
"""

from __future__ import annotations

import asyncio
import http.client
import select
import ssl
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from .trace import Answer, Headers

TIMEOUT = 30.0
LARGEST = 32 * 1024 * 1024  # bytes of an answer; a page of a hundred actions has a thousandth of that
PART = 64 * 1024  # bytes of a body that an application gets at once, as from a server that reads a socket


class TransportError(Exception):
    """No answer came; the message says what happened instead."""


class Transport(Protocol):
    """Sends one request; `target` is the whole path with its query. Raises `TransportError` where no answer comes."""

    def __call__(self, method: str, target: str, headers: Headers, body: bytes | None) -> Answer: ...

    def close(self) -> None: ...


class HttpTransport:
    """One kept-alive connection to a server. A connection that the server has closed is opened anew before a request is
    sent, never after: a request is sent once."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        split = urlsplit(url)
        self._host, self._tls, self._timeout = split.netloc, split.scheme == "https", timeout
        self._connection: http.client.HTTPConnection | None = None

    def __call__(self, method: str, target: str, headers: Headers, body: bytes | None) -> Answer:
        connection = self._open()
        try:
            connection.putrequest(method, target)  # with Accept-Encoding: identity, since nothing here unpacks
            for name, value in headers:
                connection.putheader(name, value.encode("latin-1", "replace"))
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            content = response.read(LARGEST)
            if len(content) == LARGEST:
                raise http.client.HTTPException(f"the answer has more than {LARGEST} bytes")
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise TransportError(f"{type(error).__name__}: {error}") from None
        except KeyboardInterrupt:
            self.close()  # an answer may be on its way, and is not that to the next request
            raise
        return Answer(response.status, tuple(response.getheaders()), content)

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is not None and self._connection.sock is not None:
            readable, _, _ = select.select([self._connection.sock], [], [], 0)
            if not readable:
                return self._connection
        self.close()
        kind = http.client.HTTPSConnection if self._tls else http.client.HTTPConnection
        options: dict[str, Any] = {"context": ssl.create_default_context()} if self._tls else {}
        self._connection = kind(self._host, timeout=self._timeout, **options)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class CallTransport:
    """A function (method, target, headers, body) -> (status, headers, body) in this process."""

    def __init__(
        self, handle: Callable[[str, str, list[tuple[str, str]], bytes | None], tuple[int, Any, bytes]]
    ) -> None:
        self._handle = handle

    def __call__(self, method: str, target: str, headers: Headers, body: bytes | None) -> Answer:
        try:
            status, given, content = self._handle(method, target, list(headers), body)
        except Exception as error:  # noqa: BLE001  what an application raises is an answer that never comes
            raise TransportError(f"the application raised {type(error).__name__}: {error}") from None
        return Answer(status, tuple(given), content)

    def close(self) -> None:
        pass


Scope = MutableMapping[str, Any]
AsgiApp = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


def http_scope(method: str, target: str, headers: Iterable[tuple[str, str]]) -> Scope:
    """How ASGI puts the head of a request."""
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii", "replace"),
        "query_string": query.encode("ascii", "replace"),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


class AsgiTransport:
    """An ASGI application in this process, with its lifespan, on an event loop of its own."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._to_app: asyncio.Queue[Any] = asyncio.Queue()
        self._from_app: asyncio.Queue[Any] = asyncio.Queue()
        self._lifespan = self._loop.create_task(self._live())
        self._to_app.put_nowait({"type": "lifespan.startup"})
        self._loop.run_until_complete(self._from_app.get())

    async def _live(self) -> None:
        try:
            await self._app(
                {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, self._to_app.get, self._from_app.put
            )
        except Exception:  # noqa: BLE001  the specification: an application without lifespan raises here
            await self._from_app.put({"type": "lifespan.unsupported"})

    def __call__(self, method: str, target: str, headers: Headers, body: bytes | None) -> Answer:
        sent = [*headers, ("host", "in-process")]
        if body is not None:
            sent.append(("content-length", str(len(body))))
        scope = http_scope(method, target, sent)
        return self._loop.run_until_complete(self._ask(scope, body or b""))

    async def _ask(self, scope: Scope, body: bytes) -> Answer:
        incoming = [
            {"type": "http.request", "body": body[start : start + PART], "more_body": start + PART < len(body)}
            for start in range(0, len(body) or 1, PART)
        ]
        status, content = 0, b""
        headers: Headers = ()

        async def receive() -> Any:
            return incoming.pop(0) if incoming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            nonlocal status, headers, content
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in message.get("headers", ()))
            else:
                content += message.get("body", b"")

        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001  what an application raises is an answer that never comes
            if not status:
                raise TransportError(f"the application raised {type(error).__name__}: {error}") from None
        return Answer(status, headers, content)

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self._to_app.put_nowait({"type": "lifespan.shutdown"})
        self._loop.run_until_complete(self._lifespan)
        self._loop.close()
