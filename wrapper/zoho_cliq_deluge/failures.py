"""The errors that a running script can raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["DelugeError", "DelugeLimitError", "DelugeRuntimeError"]


class DelugeError(Exception):
    """The base of all errors of this package."""


class DelugeRuntimeError(DelugeError):
    """A script failed while it ran.

    Attributes:
        line: The line of the script that failed, counted from 1; 0 if the error belongs to no line.
        function: The function, task or operator that failed, as written; empty if a statement failed.
        why: The reason, in one sentence.
        value: The value that the script threw with ``throw``; None for other errors.
        run: The result of the run up to the failure (`Run`); None while the script runs.
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
        """Replace the reason by ``clean(reason)``, to remove secrets from it."""
        self.why = clean(self.why)
        self.args = (self.why,)


class DelugeLimitError(DelugeRuntimeError):
    """A script exceeded a limit: statements, memory, depth or time. ``try`` in the script does not catch it."""


class Failure(Exception):
    """A built-in function failed. The calling code adds line and name, and raises `DelugeRuntimeError`."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class LimitReached(Exception):
    """Memory or processor time is used up. The calling code adds the line, and raises `DelugeLimitError`."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)
