"""Send requests from tasks, over non-blocking sockets.

The loop does not own them, so none is left open when it ends.
"""

from __future__ import annotations

import asyncio
import os
import socket

from .._types import RawResponse, Request, T
from ..clock import Clock, SystemClock
from ..errors import ClientClosed
from .dialing import connect_async, forget
from .failures import BROKEN, CLOSED, Attempt
from .pool import Pool
from .routes import Router
from .wire import PIECE, Connection, Talk, check

_INHERITED: list[object] = []  # connections of the parent process, as in `threads`


class AsyncTransport:
    """Sends from tasks of any event loop. Each loop has connections of its own; those of a closed loop are closed."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._router = Router()
        self._pools: dict[asyncio.AbstractEventLoop, Pool] = {}
        self._pid = os.getpid()
        self._closed = False

    def check(self, url: str) -> None:
        """Raise ConfigurationError if the proxy or the certificates for `url` are misconfigured."""
        check(self._router, url)

    async def send(self, request: Request) -> RawResponse:
        """Send once. Raise TransportError, SlotExpired, ResponseTooLarge, and ClientClosed."""
        if self._closed:
            raise ClientClosed(CLOSED)
        pool = self._own()
        route, target = self._router.find(request.url)
        attempt = Attempt.starting(route, request.timeout)
        connection = pool.take(route)
        try:
            async with asyncio.timeout(request.timeout):
                if connection is None:
                    connection = Connection(await connect_async(attempt), route)
                    await _drive(connection.open(attempt), connection.socket, attempt)
                talk = connection.exchange(request, target, attempt, self._clock.monotonic)
                return await _drive(talk, connection.socket, attempt)
        except BROKEN as error:
            failure = attempt.failure(error)
            if failure is error:
                raise
        finally:
            if connection is not None:
                if connection.reusable:
                    pool.put(connection)
                else:
                    forget(connection.socket)
        raise failure  # outside the handler, so that its context does not lead to frames that hold the request

    def _own(self) -> Pool:
        if self._pid != os.getpid():
            _INHERITED.append(self._pools)
            self._pools, self._pid = {}, os.getpid()
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            self._sweep()
            pool = self._pools[loop] = Pool()
        return pool

    def _sweep(self) -> None:
        """Close the connections of closed event loops."""
        for loop in list(self._pools):
            if loop.is_closed() and (left := self._pools.pop(loop, None)):
                left.close()

    async def aclose(self) -> None:
        """Close the idle connections of every loop; those in use are closed after their response."""
        self._closed = True
        if self._pid == os.getpid():
            for pool in list(self._pools.values()):
                pool.close()


async def _drive(talk: Talk[T], connected: socket.socket, attempt: Attempt) -> T:
    """Run `talk` on a non-blocking socket and return its result."""
    loop = asyncio.get_running_loop()
    wanted: bytes | None = None
    got = b""
    try:
        wanted = next(talk)
        while True:
            try:
                attempt.left()
                if wanted is None:
                    got = await loop.sock_recv(connected, PIECE)
                else:
                    # sock_sendall sends at once, so no other task runs between the check of the time and the first
                    # byte. A memoryview, because its repr in the frame does not show the token.
                    await loop.sock_sendall(connected, memoryview(wanted))
                    got = b""
            except OSError as error:
                wanted = talk.throw(error)
            else:
                wanted = talk.send(got)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        wanted, got = None, b""  # they may hold the token, and a traceback keeps the variables of its frames
