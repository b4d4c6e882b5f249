"""A lock for the inside of a state that no interrupt and no fork can leave closed."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from ..errors import StateError
from ..exchange import Busy

R = TypeVar("R")

FORK_SECONDS = 1.0  # how long a fork waits for threads that are inside a state


def _nothing() -> None:
    pass


class Guard:
    """Lets one thread at a time run its work.

    An exception may be raised between any two lines: by a signal handler, by a tracer, by another thread. So cleaning
    up stands twice, since an exception raised within the inner one leaves it unfinished. `clean` puts in order what the
    work left behind and may be called more than once. `forked` is called in a forked child, where the guard is open.
    """

    def __init__(self, clean: Callable[[], None] = _nothing, forked: Callable[[], None] = _nothing) -> None:
        self._lock: Any = threading.RLock()  # an RLock knows whether this thread owns it; it is never entered twice
        self._clean = clean
        self._forked = forked
        _GUARDS[id(self)] = self

    def owned(self) -> bool:
        """Whether this thread is inside."""
        return bool(self._lock._is_owned())

    def run(self, work: Callable[[], R], seconds: float = -1) -> R:
        """Return what `work` returns.

        Wait at most `seconds` for other threads, without end by default. Raises Busy after that, and StateError where
        this thread is inside already, in a signal handler that interrupted it.
        """
        lock = self._lock
        if lock._is_owned():
            raise StateError("a signal handler used the state that it interrupted; do that when it has returned")
        try:
            if not lock.acquire(timeout=seconds):
                raise Busy
            try:
                return work()
            finally:
                self._clean()
                lock.release()
        except BaseException:
            if lock._is_owned():
                self._clean()
                lock.release()
            raise

    def _hold(self, deadline: float) -> bool:
        return bool(self._lock.acquire(timeout=max(0.0, deadline - time.monotonic())))

    def _reopen(self) -> None:
        self._lock = threading.RLock()
        self._forked()


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


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
