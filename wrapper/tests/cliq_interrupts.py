"""Interrupts for tests: an exception that is raised at the n-th line that some code runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Interrupt(BaseException):
    """An exception that no code expects."""


class Lines:
    """Counts the lines that are run in some files, and raises at one of them, once."""

    def __init__(self, wanted: Callable[[FrameType], bool], at: int, error: BaseException) -> None:
        self._wanted = wanted
        self._at = at
        self._error = error
        self.count = 0
        self.raised_in = self.function = ""

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not self._wanted(frame):
            return None
        if event == "line":
            self.count += 1
            if self.count == self._at:
                self.function = frame.f_code.co_name
                self.raised_in = f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}"
                raise self._error
        return self


@contextmanager
def interrupted(wanted: Callable[[FrameType], bool], at: int, error: BaseException) -> Iterator[Lines]:
    """Raise `error` at line number `at` of those that this thread runs inside."""
    lines, before = Lines(wanted, at, error), sys.gettrace()
    sys.settrace(lines)
    try:
        yield lines
    finally:
        sys.settrace(before)
