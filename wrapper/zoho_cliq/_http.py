"""The only module that knows httpx: sends a `Request`, gives a `RawResponse`, and turns every failure into
TransportError.

The httpx client is made once per process (and, for asyncio, once per event loop): what a fork or another loop
inherits is never used. Redirects are not followed and nothing is retried here; both are the engine's to decide.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import httpx

from .errors import TransportError
from .exchange import RawResponse, Request

_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
_HEADERS = {"Accept": "application/json", "User-Agent": "zoho-cliq-python"}


def _arguments(request: Request) -> dict[str, Any]:
    headers = dict(request.headers)
    if request.authorization:
        headers["Authorization"] = f"Bearer {request.authorization.reveal()}"
    return {
        "method": request.method,
        "url": request.url,
        "params": dict(request.params) or None,
        "headers": headers,
        "content": request.content,
        "timeout": request.timeout,
    }


def _failure(error: Exception) -> TransportError:
    sent = not isinstance(error, _UNSENT)
    kind = "timeout" if isinstance(error, httpx.TimeoutException) else type(error).__name__
    detail = str(error)
    return TransportError(f"no answer ({kind}{': ' + detail if detail else ''})", sent=sent)


def _answer(request: Request, response: httpx.Response) -> RawResponse:
    headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}
    return RawResponse(request.operation, response.status_code, headers, response.content)


class Transport:
    """Sends from threads."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._transport = transport
        self._pid = os.getpid()
        self._client = self._make()

    def _make(self) -> httpx.Client:
        return httpx.Client(headers=_HEADERS, follow_redirects=False, transport=self._transport)

    def send(self, request: Request) -> RawResponse:
        """Sends once. Raises TransportError only."""
        if self._pid != os.getpid():
            self._client, self._pid = self._make(), os.getpid()
        try:
            return _answer(request, self._client.request(**_arguments(request)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _failure(error) from error

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


class AsyncTransport:
    """Sends from tasks."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        self._home: tuple[int, asyncio.AbstractEventLoop | None] = (os.getpid(), None)
        self._client = self._make()

    def _make(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(headers=_HEADERS, follow_redirects=False, transport=self._transport)

    async def send(self, request: Request) -> RawResponse:
        """Sends once. Raises TransportError only."""
        home = (os.getpid(), asyncio.get_running_loop())
        if self._home != home:
            if self._home[1] is not None:
                self._client = self._make()
            self._home = home
        try:
            return _answer(request, await self._client.request(**_arguments(request)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _failure(error) from error

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()
