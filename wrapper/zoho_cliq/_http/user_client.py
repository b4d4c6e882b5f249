"""Send requests through an httpx client of the user's. The only module that imports httpx.

The client's proxies, certificates, HTTP/2 and event hooks apply; its `auth`, redirects and timeout do not. As with our
own connections, a call whose slot has expired is stopped before httpx writes the headers, and the decoded size is
limited. In a task, the timeout bounds the whole attempt. In a thread, it bounds each step of httpx until the body
begins, and is then checked after each part of the body.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx

from .._interrupts import raised_by_signal_handler
from .._secrecy import scrub
from .._types import RawResponse, Request
from ..clock import Clock
from ..errors import ClientClosed, ConfigurationError, SlotExpired, TransportError
from .body import Body
from .failures import CLOSED
from .headers import HEADERS

_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
_BROKEN = (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL, UnicodeError, OSError)


class _Sending:
    """One attempt through httpx. Its trace extension tells whether any byte of the request may have been sent."""

    def __init__(self, request: Request, clock: Clock) -> None:
        self._request = request
        self._clock = clock
        self._connecting = False
        self._deadline = time.monotonic() + request.timeout

    def check(self) -> None:
        """Raise SlotExpired if it is too late to send."""
        if self._clock.monotonic() > self._request.send_by:
            raise SlotExpired("the call was delayed, and its slot expired before it was sent")

    def trace(self, event: str, info: object) -> None:
        """Note one step of httpx's own transports, which call this."""
        if event.endswith(".send_request_headers.started"):
            self.check()
            self._connecting = False
        elif event.endswith(("connect_tcp.started", "connect_unix_socket.started")):
            self._connecting = True

    async def trace_async(self, event: str, info: object) -> None:
        """Do the same as a coroutine, as `httpx.AsyncClient` needs it."""
        self.trace(event, info)

    def built(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """Return the request as httpx sends it. The token is nowhere else."""
        request = self._request
        headers = {**HEADERS, **request.headers}
        if request.authorization:
            headers["authorization"] = f"Bearer {request.authorization.reveal()}"
        trace = self.trace if isinstance(client, httpx.Client) else self.trace_async
        return client.build_request(
            request.method,
            request.url,
            params=request.params or None,
            headers=headers,
            content=request.content,
            timeout=request.timeout,
            extensions={"trace": trace},
        )

    def body(self, response: httpx.Response) -> Body:
        """Return a collector for the body.

        If an event hook or a test transport has read the body, it is decoded already.
        """
        read = response.is_stream_consumed
        return Body(response.status_code, "" if read else response.headers.get("content-encoding", ""))

    def feed(self, body: Body, part: bytes) -> None:
        """Add a part of the body. Raise ReadTimeout after the deadline."""
        if time.monotonic() > self._deadline:
            raise httpx.ReadTimeout("")
        body.feed(part)

    def answer(self, response: httpx.Response, body: Body) -> RawResponse:
        """Return the answer in the engine's format."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in response.headers.raw:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("utf-8", "backslashreplace")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return RawResponse(self._request.operation, response.status_code, headers, body.finish())

    def failure(self, error: Exception) -> BaseException:
        """Return the TransportError for an exception of httpx. If a signal handler raised it, return it unchanged."""
        if (foreign := raised_by_signal_handler(error)) is not None:
            return foreign
        if isinstance(error, UnicodeError) and not self._connecting:
            return error  # an event hook's; while connecting, the name look-up's
        scrub(error)
        sent = not isinstance(error, _UNSENT) and not self._connecting
        kind = type(error).__name__
        if isinstance(error, (httpx.TimeoutException, TimeoutError)):
            return TransportError(f"no response within {self._request.timeout:g} s ({kind})", sent=sent)
        proxy = "the proxy refused: " if isinstance(error, httpx.ProxyError) else ""
        return TransportError(f"no response ({proxy}{kind}{f': {error}' if str(error) else ''})", sent=sent)


class ClientTransport:
    """Sends from threads through an `httpx.Client`."""

    def __init__(self, client: Any, clock: Clock) -> None:
        if not isinstance(client, httpx.Client):
            raise ConfigurationError(f"http_client of a Cliq must be an httpx.Client, not {type(client).__name__}")
        self._client = client
        self._clock = clock

    def check(self, url: str) -> None:
        """Do nothing: the user's client is set up by the user."""

    def send(self, request: Request) -> RawResponse:
        """Send once. Raise TransportError, SlotExpired, ResponseTooLarge, ClientClosed."""
        if self._client.is_closed:
            raise ClientClosed(CLOSED)
        sending = _Sending(request, self._clock)
        try:
            built = sending.built(self._client)
            sending.check()
            response = self._client.send(built, stream=True, auth=None, follow_redirects=False)
            try:
                body = sending.body(response)
                for part in [response.content] if response.is_stream_consumed else response.iter_raw():
                    sending.feed(body, part)
            finally:
                response.close()
            return sending.answer(response, body)
        except _BROKEN as error:
            failure = sending.failure(error)
            if failure is error:
                raise
            raise failure from error if isinstance(failure, TransportError) else failure.__cause__

    def close(self) -> None:
        """Do nothing: the user closes the client."""


class AsyncClientTransport:
    """Sends from tasks through an `httpx.AsyncClient`."""

    def __init__(self, client: Any, clock: Clock) -> None:
        if not isinstance(client, httpx.AsyncClient):
            raise ConfigurationError(
                f"http_client of an AsyncCliq must be an httpx.AsyncClient, not {type(client).__name__}"
            )
        self._client = client
        self._clock = clock

    def check(self, url: str) -> None:
        """Do nothing: the user's client is set up by the user."""

    async def send(self, request: Request) -> RawResponse:
        """Send once. Raise TransportError, SlotExpired, ResponseTooLarge, ClientClosed."""
        if self._client.is_closed:
            raise ClientClosed(CLOSED)
        sending = _Sending(request, self._clock)
        try:
            async with asyncio.timeout(request.timeout):
                built = sending.built(self._client)
                sending.check()
                response = await self._client.send(built, stream=True, auth=None, follow_redirects=False)
                try:
                    body = sending.body(response)
                    if response.is_stream_consumed:
                        sending.feed(body, response.content)
                    else:
                        async for part in response.aiter_raw():
                            sending.feed(body, part)
                finally:
                    await response.aclose()
                return sending.answer(response, body)
        except _BROKEN as error:
            failure = sending.failure(error)
            if failure is error:
                raise
            raise failure from error if isinstance(failure, TransportError) else failure.__cause__

    async def aclose(self) -> None:
        """Do nothing: the user closes the client."""
