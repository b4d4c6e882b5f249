"""A finding of the checker, and the collection of the findings in one script."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from .. import tree
from .._syntax.secrets import hidden_in, masked, secrets_in, without
from .._syntax.syntax_errors import SyntaxProblem, pointed
from .rules import RULES, Severity

__all__ = ["Finding", "Report"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of the checker.

    Attributes:
        rule: The name of the rule; `explain` tells more about it.
        severity: ``error`` or ``warning``.
        message: What is wrong and how to mend it, in one line. Likely secrets are replaced by ``*``.
        line: The line, counted from 1.
        column: The column of the first character, counted from 1.
        end_line: The line on which the finding ends.
        end_column: The column after the last character.
        source: The text of the line, with likely secrets replaced by ``*``.
    """

    rule: str
    severity: Severity
    message: str
    line: int
    column: int
    end_line: int
    end_column: int
    source: str = field(default="", repr=False)

    def __str__(self) -> str:
        heading = f"line {self.line}, column {self.column}: {self.severity}: {self.message} [{self.rule}]"
        width = self.end_column - self.column if self.end_line == self.line else len(self.source)
        return f"{heading}\n{pointed(self.source, self.column, width)}"

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a dictionary, for JSON."""
        return asdict(self)


class Report:
    """Collects the findings of one script."""

    def __init__(self, text: str) -> None:
        """Create an empty report for a script. Findings do not show the likely secrets in `text`."""
        self.secrets = secrets_in(text)
        hidden = hidden_in(text)
        self._secret_texts = {text[start:end] for start, end in hidden}
        self._text = masked(text, hidden)
        self._starts = [0, *(place + 1 for place, letter in enumerate(text) if letter == "\n")]
        self._found: dict[tuple[int, int, str, str], Finding] = {}

    def add(self, rule: str, place: tree.Node | tree.Span, message: str, *, severity: Severity | None = None) -> None:
        """Add a finding at the place of a node. The default severity is the rule's."""
        span = place.span if isinstance(place, tree.Node) else place
        self._keep(
            Finding(
                rule,
                severity or RULES[rule].severity,
                without(message, self._secret_texts),
                span.line,
                span.column,
                span.end_line,
                span.end_column,
                self._source(span.line),
            )
        )

    def add_at(self, rule: str, start: int, end: int, message: str) -> None:
        """Add a finding that extends from one offset of the text to another."""
        (line, column), (end_line, end_column) = self._place(start), self._place(end)
        self.add(rule, tree.Span(line, column, end_line, end_column, start, end), message)

    def add_problems(self, problems: Iterable[SyntaxProblem]) -> None:
        """Add the syntax errors that the parser has found."""
        for each in problems:
            span = tree.Span(each.line, each.column, each.end_line, each.end_column, 0, 0)
            self.add("syntax-error", span, f"{each.message}; {each.hint}")

    def add_secrets(self) -> None:
        """Add a finding for each likely secret."""
        for start, end in self.secrets:
            self.add_at(
                "secret",
                start,
                end,
                "this looks like a secret; "
                "use a connection or a database of Cliq instead, and revoke it if others saw it",
            )

    def findings(self) -> list[Finding]:
        """Return the findings in the order of the text."""
        return [self._found[key] for key in sorted(self._found)]

    def _keep(self, finding: Finding) -> None:
        self._found.setdefault((finding.line, finding.column, finding.rule, finding.message), finding)

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def _source(self, line: int) -> str:
        start = self._starts[line - 1]
        end = self._starts[line] - 1 if line < len(self._starts) else len(self._text)
        return self._text[start:end].rstrip("\r")
