"""Tells exceptions that a signal handler raised from those of the code that it interrupted.

Handlers often raise an OSError, such as TimeoutError, and the libraries below turn every OSError that comes out of a
socket into one of their own. What a handler raised must reach the caller as it is.
"""

from __future__ import annotations

import signal
import threading
import traceback
from functools import partial
from types import CodeType
from typing import Any

# Whose code caught the exceptions that one was made of. What was caught elsewhere is not of this call: the caller was
# handling it.
_PACKAGES = frozenset({"zoho_cliq", "httpx", "httpcore", "anyio"})


def raised_by_signal_handler(error: BaseException) -> BaseException | None:
    """Return the exception that a signal handler raised, if `error` is it or was made of it; otherwise None."""
    if threading.current_thread() is not threading.main_thread():
        return None  # only the main thread runs handlers
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
    """Return the code of a handler that is written in Python."""
    while isinstance(handler, partial):
        handler = handler.func
    if callable(handler) and not hasattr(handler, "__code__"):
        handler = type(handler).__call__  # of an object that can be called
    return getattr(handler, "__code__", None)
