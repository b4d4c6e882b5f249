"""Turn exceptions of sockets, name look-ups, TLS and malformed responses into `TransportError`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from h11 import RemoteProtocolError

from .._interrupts import raised_by_signal_handler
from ..errors import TransportError
from .routes import Route

CLOSED = "the client is closed; create a new one, or close it later"
BROKEN = (OSError, RemoteProtocolError)
"""The exceptions that mean a failed attempt. TimeoutError, ssl.SSLError and socket.gaierror are subclasses of
OSError."""


@dataclass(slots=True)
class Attempt:
    """The route, the time limit and the progress of one attempt.

    `deadline` is a time of `time.monotonic`. `peer` names the host in the message of a failed connection: the proxy
    until its tunnel is open, then the origin. `sent` is whether any byte of the request may have been sent.
    """

    route: Route
    timeout: float
    deadline: float
    sent: bool = False
    peer: str = field(init=False)

    def __post_init__(self) -> None:
        self.peer = f"the proxy {self.route.proxy}" if self.route.proxy else str(self.route)

    @classmethod
    def starting(cls, route: Route, timeout: float) -> Attempt:
        """Return an attempt that begins now. `timeout` is in seconds."""
        return cls(route, timeout, time.monotonic() + timeout)

    def left(self) -> float:
        """Return the seconds that are left. Raise TimeoutError if there are none."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def failure(self, error: OSError | RemoteProtocolError) -> BaseException:
        """Return the TransportError for `error`. If a signal handler raised it, return it unchanged.

        A TimeoutError that comes before the deadline and has no error number is also taken to be a signal handler's.
        """
        if (foreign := raised_by_signal_handler(error)) is not None:
            return foreign
        what = "no response" if self.sent else f"no connection to {self.peer}"
        if isinstance(error, TimeoutError) and error.errno is None:
            if time.monotonic() < self.deadline - 0.01:
                return error
            what = f"{what} within {self.timeout:g} s"
        elif isinstance(error, RemoteProtocolError):
            # After the colon h11 repeats received bytes, which may hold a token; its traceback holds them too.
            return TransportError(f"{what} ({str(error).partition(':')[0]})", sent=self.sent)
        else:
            what = f"{what} ({type(error).__name__}: {error.strerror or error})"
        failure = TransportError(what, sent=self.sent)
        failure.__cause__ = error
        return failure
