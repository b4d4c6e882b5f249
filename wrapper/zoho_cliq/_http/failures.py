"""From what sockets, name servers, TLS and malformed responses raise to `TransportError`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from h11 import RemoteProtocolError

from .._interrupts import raised_by_signal_handler
from ..errors import TransportError
from .routes import Route

CLOSED = "the client is closed; make another, or close it later"
BROKEN = (OSError, RemoteProtocolError)
"""What means that an attempt failed. TimeoutError, ssl.SSLError and socket.gaierror are OSError, too."""


@dataclass(slots=True)
class Attempt:
    """One attempt: where to, until when, and how far it came.

    `deadline` is on `time.monotonic`. `peer` is whom a failure to connect is blamed on: the proxy until it has let us
    through, then the origin. `sent` is whether a byte of the request may have gone out.
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
        """Return an attempt that begins now."""
        return cls(route, timeout, time.monotonic() + timeout)

    def left(self) -> float:
        """Return the seconds that are left. Raise TimeoutError where there are none."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def failure(self, error: OSError | RemoteProtocolError) -> BaseException:
        """Return the TransportError for `error`, or what a signal handler raised, as it was raised.

        A handler may raise TimeoutError, too: before the deadline and without an error number, it did.
        """
        if (foreign := raised_by_signal_handler(error)) is not None:
            return foreign
        what = "no response" if self.sent else f"no connection to {self.peer}"
        if isinstance(error, TimeoutError) and error.errno is None:
            if time.monotonic() < self.deadline - 0.01:
                return error
            what = f"{what} within {self.timeout:g} s"
        elif isinstance(error, RemoteProtocolError):
            # After the colon h11 repeats what came, which may be a token. So does its traceback.
            return TransportError(f"{what} ({str(error).partition(':')[0]})", sent=self.sent)
        else:
            what = f"{what} ({type(error).__name__}: {error.strerror or error})"
        failure = TransportError(what, sent=self.sent)
        failure.__cause__ = error
        return failure
