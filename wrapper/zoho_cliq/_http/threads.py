"""Send requests from threads, over blocking sockets. Every step may take what is left of the attempt's time."""

from __future__ import annotations

import os
import socket

from .._types import RawResponse, Request, T
from ..clock import Clock, SystemClock
from ..errors import ClientClosed
from .dialing import connect
from .failures import BROKEN, CLOSED, Attempt
from .pool import Pool
from .routes import Router
from .wire import PIECE, Connection, Talk, check

# Connections that a forked child inherits. They belong to the parent: the child neither uses nor closes them.
_INHERITED: list[Pool] = []


class Transport:
    """Sends from threads."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._router = Router()
        self._pool = Pool()
        self._pid = os.getpid()

    def check(self, url: str) -> None:
        """Raise ConfigurationError if the proxy or the certificates for `url` are misconfigured."""
        check(self._router, url)

    def send(self, request: Request) -> RawResponse:
        """Send once. Raise TransportError, SlotExpired, ResponseTooLarge, and ClientClosed.

        Other exceptions, such as those of a signal handler, pass through unchanged.
        """
        pool = self._own()
        if pool.closed:
            raise ClientClosed(CLOSED)
        route, target = self._router.find(request.url)
        attempt = Attempt.starting(route, request.timeout)
        connection = pool.take(route)
        try:
            if connection is None:
                connection = Connection(connect(attempt), route)
                _drive(connection.open(attempt), connection.socket, attempt)
            talk = connection.exchange(request, target, attempt, self._clock.monotonic)
            return _drive(talk, connection.socket, attempt)
        except BROKEN as error:
            failure = attempt.failure(error)
            if failure is error:
                raise
        finally:
            if connection is not None:
                if connection.reusable:
                    pool.put(connection)
                else:
                    connection.close()
        raise failure  # outside the handler, so that its context does not lead to frames that hold the request

    def _own(self) -> Pool:
        if self._pid != os.getpid():
            _INHERITED.append(self._pool)
            closed = self._pool.closed
            self._pool, self._pid = Pool(), os.getpid()
            self._pool.closed = closed
        return self._pool

    def close(self) -> None:
        """Close the idle connections; those in use are closed after their response."""
        self._own().close()


def _drive(talk: Talk[T], connected: socket.socket, attempt: Attempt) -> T:
    """Run `talk` on a socket and return its result."""
    wanted: bytes | None = None
    got = b""
    try:
        wanted = next(talk)
        while True:
            try:
                connected.settimeout(attempt.left())
                if wanted is None:
                    got = connected.recv(PIECE)
                else:
                    connected.sendall(wanted)
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
