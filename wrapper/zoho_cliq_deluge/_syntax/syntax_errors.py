"""The error for a script that does not follow the grammar, with one problem for each mistake."""

from collections.abc import Sequence
from dataclasses import dataclass

MAXIMUM_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """One mistake in a script.

    Attributes:
        code: The short name of the kind of mistake, such as `missing-semicolon`.
        message: What is wrong, in one line.
        hint: What to write instead, in one line.
        line: The line of the mistake, counted from 1.
        column: The column of its first character, counted from 1.
        end_line: The line on which the mistake ends.
        end_column: The column after its last character.
        source: The text of the line, with likely secrets replaced by ``*``.
    """

    code: str
    message: str
    hint: str
    line: int
    column: int
    end_line: int
    end_column: int
    source: str = ""

    def __str__(self) -> str:
        heading = f"line {self.line}, column {self.column}: {self.message}; {self.hint}"
        width = self.end_column - self.column if self.end_line == self.line else len(self.source)
        return f"{heading}\n{pointed(self.source, self.column, width)}"


def pointed(source: str, column: int, width: int) -> str:
    """Return a line of a script, cut to 120 characters, with carets below it under `width` characters from `column`."""
    start = column - 1
    indent, marks = source[:start], "^" * max(1, min(width, len(source) - start))
    if len(source) > 120:
        cut = max(0, start - 40)
        source, indent, marks = source[cut : cut + 120], source[cut:start], marks[: max(1, 120 - start + cut)]
    indent = "".join(each if each == "\t" else " " for each in indent)
    return f"    {source.rstrip()}\n    {indent}{marks}"


class DelugeSyntaxError(ValueError):
    """A script does not follow the grammar. Likely secrets are not shown.

    Attributes:
        errors: The mistakes in the order of the text; at most 100 are collected.
    """

    errors: tuple[SyntaxProblem, ...]

    def __init__(self, errors: Sequence[SyntaxProblem]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(map(str, self.errors)))

    def __reduce__(self) -> tuple[type["DelugeSyntaxError"], tuple[tuple[SyntaxProblem, ...]]]:
        return type(self), (self.errors,)
