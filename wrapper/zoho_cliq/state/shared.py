"""What a process keeps for all its clients, by the clock that they live on."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

from ..clock import Clock, SystemClock
from .guard import Guard

T = TypeVar("T")

_ALL: list[PerClock[Any]] = []


class PerClock(Generic[T]):
    """One thing for each clock, made when it is first asked for.

    Every `SystemClock` is the same clock; any other clock is one by its identity, and takes its thing with it when
    nobody holds it any more. (A clock that takes no weak references is kept for good.)
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._guard = Guard()
        self._found: dict[int, tuple[object, T]] = {}
        _ALL.append(self)

    def of(self, clock: Clock) -> T:
        """Return the thing of `clock`."""
        return self._guard.run(partial(self._of, clock))

    def _of(self, clock: Clock) -> T:
        key = 0 if type(clock) is SystemClock else id(clock)
        if key not in self._found:
            self._found[key] = (self._reference(key, clock), self._make())
        return self._found[key][1]

    def _reference(self, key: int, clock: Clock) -> object:
        if key == 0:
            return None
        try:
            return weakref.ref(clock, lambda _: self._found.pop(key, None))
        except TypeError:
            return clock

    def forget(self) -> None:
        """Begin anew."""
        self._guard.run(self._found.clear)


def forget_everything() -> None:
    """Let the clients that are made from now on begin with empty ledgers: for tests, whose servers begin anew too."""
    for kept in _ALL:
        kept.forget()
