"""Collect the mistakes of one script."""

from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

from .secrets import hidden_in, masked, without
from .syntax_errors import MAXIMUM_PROBLEMS, SyntaxProblem


class TooManyProblems(Exception):
    """Raised when a script has as many mistakes as are collected; no more are collected."""


class Found(NamedTuple):
    """A mistake with the offsets of its start and end."""

    start: int
    end: int
    problem: SyntaxProblem


class Problems:
    """The mistakes found so far, and the line starts that convert offsets to lines and columns."""

    def __init__(self, text: str, most: int = MAXIMUM_PROBLEMS) -> None:
        self.text = text
        self.most = most
        self.has_unclosed_comment = False  # it may hide any number of closing brackets
        self.broken_lines: set[int] = set()
        self.forgiven: set[int] = set()  # offsets of the `{` of blocks about which no more is reported
        self.unbraced: set[int] = set()  # offsets at which blocks without braces begin
        self._found: dict[tuple[int, str], SyntaxProblem] = {}
        self._starts = [0]
        position = text.find("\n")
        while position >= 0:
            self._starts.append(position + 1)
            position = text.find("\n", position + 1)

    def __bool__(self) -> bool:
        return bool(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and column of an offset, both counted from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def add(self, code: str, message: str, hint: str, start: int, end: int) -> None:
        """Add a mistake that extends from offset `start` to offset `end`.

        Raises:
            TooManyProblems: if there are as many mistakes as are collected.
        """
        line, column = self.place(start)
        end_line, end_column = self.place(end)
        line_end = self._starts[line] - 1 if line < len(self._starts) else len(self.text)
        shown, secrets = self._shown
        source = shown[self._starts[line - 1] : line_end].rstrip("\r")
        message = without(message, secrets)
        self._found[start, code] = SyntaxProblem(code, message, hint, line, column, end_line, end_column, source)
        if len(self._found) >= self.most:
            raise TooManyProblems

    @cached_property
    def _shown(self) -> tuple[str, set[str]]:
        """Return the text with likely secrets masked, and the set of these secrets."""
        spans = hidden_in(self.text)
        return masked(self.text, spans), {self.text[start:end] for start, end in spans}

    def reported_between(self, start: int, end: int) -> bool:
        """Return whether a mistake begins at an offset from `start` to before `end`."""
        return any(start <= offset < end for offset, _ in self._found)

    def forget_stray_brace(self, column: int, offset: int) -> bool:
        """Drop the report of an unmatched `}` after `offset` and at most at `column`. Return whether there was one."""
        for (start, code), problem in self._found.items():
            if code == "stray-bracket" and start > offset and problem.column <= column and self.text[start] == "}":
                self.forget(code, start)
                return True
        return False

    def has(self, code: str, start: int) -> bool:
        """Return whether a mistake of a kind begins at an offset."""
        return (start, code) in self._found

    def forget_doubled_brace(self, offset: int) -> None:
        """Drop the report that a `{` is not closed if the one at `offset` directly follows it: that one is surplus."""
        before = self.text[:offset].rstrip()
        if before.endswith("{"):
            self.forget("unclosed-bracket", len(before) - 1)

    def forget(self, code: str, start: int) -> None:
        """Drop a mistake that is only the consequence of another one."""
        self._found.pop((start, code), None)

    def found(self) -> list[Found]:
        """Return the mistakes in the order of the text."""
        problems = [(key[0], self._found[key]) for key in sorted(self._found)]
        return [Found(start, self._starts[each.end_line - 1] + each.end_column - 1, each) for start, each in problems]
