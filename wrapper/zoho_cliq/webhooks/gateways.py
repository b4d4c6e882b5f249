"""ASGI and WSGI around a receiver, without a framework.

Both stop reading a body that exceeds the receiver's limit. They do not read the body of a request that is refused for
its method, secret or content type.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, TypeAlias, overload

from .replies import Reply

Message: TypeAlias = MutableMapping[str, Any]
AsgiScope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


LENGTH_REQUIRED = Reply(411, b'{"error":"send a Content-Length"}', {"Content-Type": "application/json"})
CUT_SHORT = Reply(400, b'{"error":"the body is shorter than its Content-Length"}', {"Content-Type": "application/json"})


class Handles(Protocol):
    """The part of a `Receiver` that a gateway uses."""

    max_body: int

    def admit(self, method: str, query: str, content_type: str, length: int | None) -> Reply | None: ...

    def too_large(self) -> Reply: ...

    def handle(self, method: str, headers: Mapping[str, str], body: bytes, query: str = "") -> Reply: ...

    async def handle_async(self, method: str, headers: Mapping[str, str], body: bytes, query: str = "") -> Reply: ...


class AsgiApp:
    """An ASGI 3 application. A class, because routers take functions for endpoints of their own kind."""

    def __init__(self, receiver: Handles) -> None:
        self._receiver = receiver

    @overload
    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send, /) -> None: ...

    @overload
    async def __call__(self, request: Any, /) -> Any: ...

    async def __call__(self, scope: Any, receive: Any = None, send: Any = None, /) -> Any:
        """Answer a request by the ASGI protocol; for a `Request` of Starlette or FastAPI, return its response."""
        if receive is None:
            return partial(_answer, await self._reply(scope.scope, scope.receive))
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1003})
        else:
            await _answer(await self._reply(scope, receive), scope, receive, send)
        return None

    async def _reply(self, scope: Mapping[str, Any], receive: Receive) -> Reply | None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope.get("query_string", b"").decode("latin-1")
        length = _length(headers.get("content-length"))
        refused = self._receiver.admit(scope["method"], query, headers.get("content-type", ""), length)
        if refused is not None:
            return refused
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._receiver.max_body:
                return self._receiver.too_large()
        return await self._receiver.handle_async(scope["method"], headers, bytes(body), query)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _answer(reply: Reply | None, scope: object, receive: object, send: Send) -> None:
    if reply is None:  # the client has disconnected
        return
    headers = {**reply.headers, "Content-Length": str(len(reply.body))}
    listed = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": listed})
    await send({"type": "http.response.body", "body": reply.body})


class WsgiApp:
    """A WSGI application."""

    def __init__(self, receiver: Handles) -> None:
        self._receiver = receiver

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        reply = self._reply(environ)
        reason = HTTPStatus(reply.status).phrase
        headers = {**reply.headers, "Content-Length": str(len(reply.body))}
        # WSGI leaves the connection to the server.
        start_response(f"{reply.status} {reason}", [item for item in headers.items() if item[0] != "Connection"])
        return [reply.body]

    def _reply(self, environ: Mapping[str, Any]) -> Reply:
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        kind, length = environ.get("CONTENT_TYPE", ""), _length(environ.get("CONTENT_LENGTH"))
        refused = self._receiver.admit(method, query, kind, length)
        if refused is not None:
            return refused
        if length is None and not environ.get("wsgi.input_terminated"):
            # Without a length, reading such a stream could block for ever.
            return LENGTH_REQUIRED
        body = environ["wsgi.input"].read(self._receiver.max_body + 1 if length is None else length)
        if len(body) > self._receiver.max_body:
            return self._receiver.too_large()
        if length is not None and len(body) < length:
            return CUT_SHORT  # the client has disconnected, like `http.disconnect` in ASGI
        headers = {"content-type": kind}
        for name, value in environ.items():
            if name.startswith("HTTP_"):
                headers[name.removeprefix("HTTP_").replace("_", "-").lower()] = value
        return self._receiver.handle(method, headers, body, query)


def _length(given: str | None) -> int | None:
    if not given or not given.isascii() or not given.isdigit():
        return None
    return int(given) if len(given) < 20 else sys.maxsize  # more digits than any body has bytes, or Python reads
