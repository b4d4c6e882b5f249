"""Recognize exceptions that a signal handler raised.

Handlers often raise an OSError such as TimeoutError, and libraries convert every OSError that comes out of a socket. An
exception of a handler must reach the caller unchanged.
"""

from __future__ import annotations

import signal
import threading
import traceback
from functools import partial
from types import CodeType
from typing import Any

# The packages whose frames may have caught an exception on the way. An exception that was caught by other code belongs
# to the caller, who was handling it when the call began.
_PACKAGES = frozenset({"zoho_cliq", "httpx", "httpcore", "anyio"})


def raised_by_signal_handler(error: BaseException) -> BaseException | None:
    """Return the exception that a signal handler raised if `error` is it or was raised from it, else None."""
    if threading.current_thread() is not threading.main_thread():
        return None  # Python runs signal handlers in the main thread only
    codes = {_code(signal.getsignal(number)) for number in signal.valid_signals()} - {None}
    origin: BaseException | None = error
    while origin is not None:
        frames = [frame for frame, _ in traceback.walk_tb(origin.__traceback__)]
        if not frames or str(frames[0].f_globals.get("__name__")).partition(".")[0] not in _PACKAGES:
            return None
        if any(frame.f_code in codes for frame in frames):
            return origin
        origin = origin.__cause__ or origin.__context__
    return None


def _code(handler: Any) -> CodeType | None:
    """Return the code object of a handler written in Python, or None."""
    while isinstance(handler, partial):
        handler = handler.func
    if callable(handler) and not hasattr(handler, "__code__"):
        handler = type(handler).__call__  # an instance with `__call__`
    return getattr(handler, "__code__", None)
