"""A lock for the inside of a state that no interrupt and no fork can leave closed."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from .._types import Busy
from ..errors import StateError

R = TypeVar("R")

FORK_SECONDS = 1.0  # how long a fork waits for threads that are inside a state


class Guard:
    """What one thread at a time may work on.

    An exception may be raised between any two lines: by a signal handler, by a tracer, by another thread. So cleaning
    up stands twice, since an exception raised within the inner one leaves it unfinished.
    """

    def __init__(self) -> None:
        self._lock: Any = threading.RLock()  # an RLock knows whether this thread owns it; it is never entered twice
        _GUARDS[id(self)] = self

    def clean(self) -> None:
        """Put in order what interrupted work left behind. May be called more than once."""

    def forked(self) -> None:
        """Make this ready for a forked child, where no thread is inside."""

    def owned(self) -> bool:
        """Return whether this thread is inside."""
        return bool(self._lock._is_owned())

    def run(self, work: Callable[[], R], seconds: float = -1) -> R:
        """Return what `work` returns.

        Wait at most `seconds` for other threads, without end by default. Raise Busy after that, and StateError where
        this thread is inside already, in a signal handler that interrupted it.
        """
        if self.owned():
            raise StateError("a signal handler used the state that it interrupted; do that when it has returned")
        try:
            return self._run(work, seconds)
        except BaseException:
            if self.owned():
                self.clean()
                self._lock.release()
            raise

    def _run(self, work: Callable[[], R], seconds: float) -> R:
        # A function of its own: an exception at the line of a nested `try` would miss the handler around it.
        if not self._lock.acquire(timeout=seconds):
            raise Busy
        try:
            return work()
        finally:
            self.clean()
            self._lock.release()

    def _hold(self, deadline: float) -> bool:
        return bool(self._lock.acquire(timeout=max(0.0, deadline - time.monotonic())))

    def _reopen(self) -> None:
        self._lock = threading.RLock()
        self.forked()


def taken(take: Callable[[], R], give_back: Callable[[], object]) -> R:
    """Return what `take` returns. Where an interrupt may have lost that on its way, call `give_back` and raise the
    interrupt."""
    try:
        return take()
    except (StateError, Busy):
        raise
    except BaseException:
        with suppress(StateError):
            give_back()
        raise


_GUARDS: weakref.WeakValueDictionary[int, Guard] = weakref.WeakValueDictionary()
_holding = threading.local()  # the guards that this thread holds while it forks


def _living() -> list[Guard]:
    return [guard for reference in _GUARDS.valuerefs() if (guard := reference()) is not None]


def _before_fork() -> None:
    """Wait until no thread is inside: the child would inherit its half-done work, and the locks of SQLite's memory."""
    deadline = time.monotonic() + FORK_SECONDS
    _holding.guards = []
    for guard in _living():
        if guard._hold(deadline):
            _holding.guards.append(guard)


def _after_fork_in_parent() -> None:
    while _holding.guards:
        _holding.guards.pop()._lock.release()


def _after_fork_in_child() -> None:
    for guard in _living():
        guard._reopen()


if hasattr(os, "register_at_fork"):  # pragma: no branch
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
