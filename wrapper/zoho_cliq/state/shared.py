"""Objects that a process keeps for all its clients, by clock."""

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
    """One object for each clock, created on first use.

    Every `SystemClock` counts as the same clock; any other clock is identified by `id`, and its object is dropped with
    it. (For a clock without weak references the object is kept permanently.)
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._guard = Guard()
        self._found: dict[int, tuple[object, T]] = {}
        _ALL.append(self)

    def of(self, clock: Clock) -> T:
        """Return the object of `clock`."""
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
        """Drop all objects."""
        self._guard.run(self._found.clear)


def forget_everything() -> None:
    """Give clients created from now on empty ledgers. For tests whose servers start empty too."""
    for kept in _ALL:
        kept.forget()
