"""Track the memory and processor time that one run uses, and enforce their limits."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable

from ..failures import LimitReached
from .types import Braces, Caught, Collection, File, Value

__all__ = ["ITEM", "Budget", "text_size"]

ITEM = 100
"""Bytes charged for one item of a container or one small value."""

_WORK_BETWEEN_LOOKS = 100_000


def text_size(characters: int, *parts: str) -> int:
    """Return the bytes that a text made of ``parts`` may take: 1 for each character if all are ASCII, otherwise 4."""
    return characters * (1 if all(map(str.isascii, parts)) else 4)


class Budget:
    """The memory and processor time of one run, used and allowed.

    Functions charge the size of a value before they create it. Values that are no longer used are not credited one by
    one. Instead, when half of the memory is used, the run measures, between two statements, the values that are still
    reachable, and continues with their size.

    Args:
        memory: Bytes that all values together may take.
        seconds: Seconds of processor time that the run may take; None means no limit.
        clock: Returns the processor time of the thread, in seconds. Default: `time.thread_time`.

    Attributes:
        executed: The number of executed statements.
        pause: The number of executed statements after which the run must check its limits.
        used: The bytes charged, or those of the last measurement and the bytes charged since.
        held: Bytes of values that the measurement cannot reach, because a running statement holds them.
        largest: Bytes that one value may take: an eighth of the memory.
        look_at: The limits must be checked when ``used`` exceeds this number of bytes.
        most_items: Items that a list may have.
    """

    __slots__ = (
        "_clock", "_end", "_measure_at", "_memory", "_seconds", "_work", "executed", "held",
        "largest", "look_at", "most_items", "pause", "used",
    )  # fmt: skip

    def __init__(self, memory: int, seconds: float | None, clock: Callable[[], float] = time.thread_time) -> None:
        self._memory = memory
        self._clock = clock
        self._seconds = seconds
        self._end = clock() + seconds if seconds is not None else None
        self._work = 0
        self._measure_at = memory // 2
        self.executed = 0
        self.pause = 0
        self.used = 0
        self.held = 0
        self.largest = memory // 8
        self.look_at = 0
        self.most_items = self.largest // 16

    def charge(self, size: int) -> None:
        """Charge ``size`` more bytes, and check the limits if a check is due.

        Raises:
            LimitReached: if the value is too large, or the memory or the time is used up.
        """
        self.used += size
        if self.used > self.look_at:
            self.look(size)

    def joined(self, left: str, right: str) -> str:
        """Return the concatenation of two texts, and charge its size. Neither text may exceed `largest`.

        Raises:
            LimitReached: as `charge`.
        """
        text = left + right
        # Inlined `charge`: joining texts is the most frequent operation of scripts.
        self.used += text.__sizeof__()
        if self.used > self.look_at:
            self.look(text.__sizeof__())
        return text

    def look(self, size: int) -> None:
        """Check the limits after ``size`` bytes were charged.

        Raises:
            LimitReached: as `charge`.
        """
        if size > self.largest:
            raise LimitReached(f"a value takes more than {self.largest:,} bytes")
        if self.used > self._memory:
            raise LimitReached(f"the values of the script take more than {self._memory:,} bytes")
        if self.used > self._measure_at:
            self.pause = 0
        self._plan_look()
        self.look_at_clock()

    def _plan_look(self) -> None:
        """Set `look_at` for the next check, early enough that no value larger than `largest` is missed."""
        step = min(_WORK_BETWEEN_LOOKS, self.largest)
        self.look_at = self.used + step if self.used > self._measure_at else min(self._measure_at, self.used + step)

    def work(self, amount: int) -> None:
        """Record work on ``amount`` bytes, and check the time after every `_WORK_BETWEEN_LOOKS` bytes.

        Raises:
            LimitReached: if the time is used up.
        """
        self._work += amount
        if self._work > _WORK_BETWEEN_LOOKS:
            self._work = 0
            self.look_at_clock()

    def look_at_clock(self) -> None:
        """Raise `LimitReached` if the processor time is used up."""
        if self._end is not None and self._clock() > self._end:
            raise LimitReached(f"the script computed for more than {self._seconds:g} s")

    def seconds_left(self, at_most: float) -> float:
        """Return the seconds that one operation may take: those that are left, but at most ``at_most``."""
        if self._end is None:
            return at_most
        return max(0.001, min(at_most, self._end - self._clock()))

    def measure(self, roots: Iterable[Value]) -> None:
        """If half of the memory is used, replace the charges by the size of the values reachable from ``roots``.

        Raises:
            LimitReached: if their size exceeds the memory.
        """
        if self.used <= self._measure_at:
            return
        self.used = self.held
        self._plan_look()
        seen: set[int] = set()
        waiting = list(roots)
        while waiting:
            value = waiting.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            self.charge(_own_size(value))
            waiting.extend(_held_by(value))
        self._measure_at = (self.used + self._memory) // 2
        self._plan_look()


def _own_size(value: Value) -> int:
    if isinstance(value, str | bytes):
        return sys.getsizeof(value)
    if isinstance(value, list):
        return ITEM + len(value) * 8
    if isinstance(value, dict):
        return sys.getsizeof(value)
    if isinstance(value, File):
        return ITEM + len(value.content)
    return ITEM


def _held_by(value: Value) -> Iterable[Value]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, Collection | Braces):
        return () if value.content is None else (value.content,)
    if isinstance(value, Caught):
        return (value.message, value.value)
    return ()
