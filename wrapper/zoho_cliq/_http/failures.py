"""From what a socket, a name server, TLS or a malformed response raise to `TransportError`."""

from __future__ import annotations

import time
from dataclasses import dataclass

from h11 import RemoteProtocolError

from ..errors import TransportError
from .routes import Route

BROKEN = (OSError, RemoteProtocolError)
"""What means that the attempt failed. TimeoutError, ssl.SSLError and socket.gaierror are OSError, too."""


@dataclass(slots=True)
class Attempt:
    """One attempt: where to, until when (`time.monotonic`), and whether a byte of the request may have gone out."""

    route: Route
    timeout: float
    deadline: float
    sent: bool = False

    def left(self) -> float:
        """Return the seconds that are left. Raise TimeoutError where there are none."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def failure(self, error: Exception) -> Exception:
        """Return the TransportError for `error`, or `error` itself where it is not ours.

        A signal handler may raise TimeoutError, too: before the deadline and without an error number, it did.
        """
        timed_out = isinstance(error, TimeoutError)
        if timed_out and error.args[1:] == () and time.monotonic() < self.deadline - 0.01:
            return error
        proxy = self.route.proxy
        what = "no response" if self.sent else f"no connection to {f'the proxy {proxy}' if proxy else self.route}"
        if timed_out and not error.args[1:]:
            return TransportError(f"{what} within {self.timeout:g} s", sent=self.sent)
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return TransportError(f"{what} ({type(error).__name__}: {reason})", sent=self.sent)
