"""The only module that knows httpx: sends a `Request`, gives a `RawResponse`, and turns failures into TransportError.

`Request.timeout` bounds a whole attempt, though httpx bounds only each step of one: for threads, every step on the
socket gets what is left of the time; for tasks, asyncio ends the attempt. Only looking up a host's address is left to
the system's own bounds. The httpx client is made once per process and, for tasks, once per event loop: what a fork or
another loop inherits is never used. Redirects are not followed, cookies not kept, and nothing is retried here.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar

import httpcore
import httpx

from .errors import ConfigurationError, TransportError
from .exchange import RawResponse, Request
from .interrupts import raised_by_signal_handler
from .secrecy import scrub

_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
# The failures of sending. Of OSError are those of ssl and the TimeoutError of asyncio.timeout; a socket raises
# UnicodeError for some names of hosts and OverflowError for some ports. Whatever else is raised while a request is sent
# comes from elsewhere.
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError, OverflowError)
_HEADERS = {"Accept": "application/json", "User-Agent": "zoho-cliq-python"}


# Clients that a forked child or another event loop left behind: closing them would disturb their owner.
_LEFT_BEHIND: list[object] = []


class _Deadline(threading.local):
    """When the attempt of this thread has to be over."""

    at = float("inf")

    def left(self, timeout: float | None) -> float:
        """What is left of the time, at most `timeout`; never 0, which would mean not to wait at all."""
        return max(0.001, min(self.at - time.monotonic(), float("inf") if timeout is None else timeout))


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every step keeps to the deadline of its thread."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if time.monotonic() >= self._deadline.at:
            raise httpcore.ReadTimeout("the time for the whole answer is over")
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return _TimedStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _TimedBackend(httpcore.NetworkBackend):
    """Makes streams that keep to the deadline."""

    def __init__(self, backend: httpcore.NetworkBackend, deadline: _Deadline) -> None:
        self._backend = backend
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._backend.connect_tcp(host, port, self._deadline.left(timeout), local_address, socket_options)
        return _TimedStream(stream, self._deadline)


def _built(request: Request, defaults: Mapping[str, str], **extensions: Any) -> httpx.Request:
    """The request as httpx sends it. Building it here and handing it to the transport leaves out what httpx's client
    does in between for redirects, cookies and authentication, of which nothing is used: a third of a call's time."""
    headers = {**defaults, **{name.lower(): value for name, value in request.headers.items()}}
    if request.authorization:
        headers["authorization"] = f"Bearer {request.authorization.reveal()}"
    seconds = request.timeout
    return httpx.Request(
        request.method,
        request.url,
        params=request.params or None,
        headers=headers,
        content=request.content,
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds), **extensions},
    )


def _failure(error: BaseException, timeout: float, unsent: bool = False) -> BaseException:
    """What is raised for `error`: a TransportError where sending failed, and what somebody else raised as it is."""
    foreign = raised_by_signal_handler(error)
    scrub(error)
    if foreign or not isinstance(error, _FAILURES):
        return foreign or error
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        text = f"no answer within {timeout:g} s ({type(error).__name__})"
    else:
        text = f"no answer ({type(error).__name__}{': ' + str(error) if str(error) else ''})"
    failure = TransportError(text, sent=not unsent and not isinstance(error, _UNSENT))
    failure.__cause__ = error
    return failure


def _refuse_closed(client: httpx.Client | httpx.AsyncClient) -> None:
    if client.is_closed:
        raise ConfigurationError("the client is closed; make another, or close it later")


def _answer(request: Request, response: httpx.Response) -> RawResponse:
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("utf-8", "backslashreplace")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return RawResponse(request.operation, response.status_code, headers, response.content)


@cache
def _certificates() -> ssl.SSLContext:
    """The trusted certificates; reading them takes longer than all else about a new client."""
    return httpx.create_ssl_context()


def _settings() -> dict[str, Any]:
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return {"headers": _HEADERS, "follow_redirects": False, "cookies": no_cookies, "verify": _certificates()}


T_client = TypeVar("T_client", httpx.Client, httpx.AsyncClient)


def _made(kind: type[T_client], transport: Any) -> T_client:
    try:
        return kind(transport=transport, **_settings())
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        # An address of a proxy may hold a password, and is in the text of some of these.
        reason = str(error) if isinstance(error, (OSError, ImportError)) else type(error).__name__
        raise ConfigurationError(
            f"the environment's proxies or certificates (HTTPS_PROXY, SSL_CERT_FILE, …) cannot be used: {reason}"
        ) from None


class Transport:
    """Sends from threads. `transport` takes the place of the network, for tests."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._transport = transport
        self._deadline = _Deadline()
        self._pid = os.getpid()
        self._client = self._make()
        self._defaults = dict(self._client.headers)

    def _make(self) -> httpx.Client:
        client = _made(httpx.Client, self._transport)
        for transport in (client._transport, *client._mounts.values()):
            if isinstance(transport, httpx.HTTPTransport):
                pool = transport._pool
                pool._network_backend = _TimedBackend(pool._network_backend, self._deadline)
        return client

    def send(self, request: Request) -> RawResponse:
        """Sends once. Raises TransportError where that fails; ConfigurationError on a closed client."""
        if self._pid != os.getpid():
            _LEFT_BEHIND.append(self._client)
            self._client, self._pid = self._make(), os.getpid()
        _refuse_closed(self._client)
        self._deadline.at = time.monotonic() + request.timeout
        try:
            built = _built(request, self._defaults)
            response = self._client._transport_for_url(built.url).handle_request(built)
            try:
                response.read()
            finally:
                response.close()
            return _answer(request, response)
        except BaseException as error:
            failure = _failure(error, request.timeout)
            if failure is error:
                raise
            raise failure from failure.__cause__

    def close(self) -> None:
        """Closes the connections."""
        if self._pid == os.getpid():
            self._client.close()


class AsyncTransport:
    """Sends from tasks. `transport` takes the place of the network, for tests."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        self._home: tuple[int, asyncio.AbstractEventLoop | None] = (os.getpid(), None)
        self._client = self._make()
        self._defaults = dict(self._client.headers)

    def _make(self) -> httpx.AsyncClient:
        return _made(httpx.AsyncClient, self._transport)

    async def send(self, request: Request) -> RawResponse:
        """Sends once. Raises TransportError where that fails; ConfigurationError on a closed client."""
        home = (os.getpid(), asyncio.get_running_loop())
        if self._home != home:
            if self._home != (home[0], None):
                _LEFT_BEHIND.append(self._client)
                self._client = self._make()
            self._home = home
        _refuse_closed(self._client)
        connecting = False

        async def trace(event: str, info: object) -> None:
            nonlocal connecting
            if event == "connection.connect_tcp.started":
                connecting = True
            elif event.endswith(".send_request_headers.started"):
                connecting = False

        try:
            async with asyncio.timeout(request.timeout):
                built = _built(request, self._defaults, trace=trace)
                response = await self._client._transport_for_url(built.url).handle_async_request(built)
                try:
                    await response.aread()
                finally:
                    await response.aclose()
            return _answer(request, response)
        except BaseException as error:
            failure = _failure(error, request.timeout, unsent=connecting)
            if failure is error:
                raise
            raise failure from failure.__cause__

    async def aclose(self) -> None:
        """Closes the connections, unless they are of another process or event loop."""
        if self._home in ((os.getpid(), None), (os.getpid(), asyncio.get_running_loop())):
            await self._client.aclose()
