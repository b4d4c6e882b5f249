"""What goes wrong while a script runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["DelugeError", "DelugeLimitError", "DelugeRuntimeError"]


class DelugeError(Exception):
    """The base of all errors of this package."""


class DelugeRuntimeError(DelugeError):
    """A script did what it cannot do.

    Attributes:
        line: The line of the script, counted from 1; 0 if no line is to blame.
        function: The function, task or operator that failed, as written; empty if a statement failed.
        why: What was wrong, in one sentence.
        value: What ``throw`` threw; None for other errors.
        run: What the run gave until then (`Run`); None while the script runs.
    """

    def __init__(self, why: str, *, line: int = 0, function: str = "", value: object = None) -> None:
        self.line = line
        self.function = function
        self.why = why
        self.value = value
        self.run: Any = None
        super().__init__(why)

    def __str__(self) -> str:
        at = f"line {self.line}: " if self.line else ""
        inside = f"{self.function}: " if self.function else ""
        return f"{at}{inside}{self.why}"

    def hide(self, clean: Callable[[str], str]) -> None:
        """Replace the reason by what ``clean`` makes of it."""
        self.why = clean(self.why)
        self.args = (self.why,)


class DelugeLimitError(DelugeRuntimeError):
    """A script went beyond a limit: statements, memory, depth or time. ``try`` does not catch it."""


class Failure(Exception):
    """What a function raises: why it failed. The call knows line and name, and raises `DelugeRuntimeError`."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class LimitReached(Exception):
    """What the account of memory and time raises; the run knows the line, and raises `DelugeLimitError`."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)
