"""A lock for the internals of a state, which neither an interrupt nor a fork can leave locked."""

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

FORK_SECONDS = 1.0  # how long a fork waits for threads that hold a guard


class Guard:
    """A resource that one thread at a time may use.

    A signal handler, a tracer or another thread may raise an exception between any two lines. Cleaning up is therefore
    written twice: an exception inside the inner one leaves it unfinished.
    """

    def __init__(self) -> None:
        self._lock: Any = threading.RLock()  # an RLock knows whether this thread owns it; it is never acquired twice
        _GUARDS[id(self)] = self

    def clean(self) -> None:
        """Clean up after interrupted work. May be called more than once."""

    def forked(self) -> None:
        """Prepare this for a forked child, in which no thread uses it."""

    def owned(self) -> bool:
        """Return whether this thread holds the guard."""
        return bool(self._lock._is_owned())

    def run(self, work: Callable[[], R], seconds: float = -1) -> R:
        """Return the result of `work`, called while this thread holds the guard.

        Wait for other threads at most `seconds` (default: without limit), then raise Busy. Raise StateError if this
        thread holds the guard already, which happens if a signal handler interrupts it.
        """
        if self.owned():
            raise StateError(
                "a signal handler made a call while it interrupted another; make it after the handler has returned"
            )
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
    """Return the result of `take`.

    If an interrupt may have lost the result, call `give_back` and raise the interrupt.
    """
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
    """Wait until no thread holds a guard.

    Otherwise the child would inherit half-done work and the locks of SQLite's memory allocator.
    """
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
