"""Comments that disable rules: `// deluge: ignore RULE, RULE` and `// deluge: ignore-script RULE`."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left

from .. import tree
from .findings import Finding, Report
from .rules import RULES
from .walking import functions, own_statements, statements

__all__ = ["Ignored"]

_COMMENT = re.compile(r"(?m)^[ \t/*]{0,40}deluge:[ \t]*(ignore-script|ignore)\b[ \t:]*([^\n]*)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class Ignored:
    """The rules that the comments of a script disable.

    A comment after a statement applies to its line. A comment on its own line applies to the next statement, without
    the blocks in that statement. Text after ``--`` is a reason for the reader.
    """

    def __init__(self, script: tree.Script, report: Report) -> None:
        self._everywhere: set[str] = set()
        self._on_lines: dict[int, set[str]] = {}
        found = [comment for comment in script.comments if "deluge:" in comment.text]
        stretches = _stretches(script) if found else {}
        starts = sorted(stretches)
        code = {line for stretch in stretches.values() for line in stretch}
        for comment in found:
            for match in _COMMENT.finditer(comment.text):
                names = self._names(match[2], comment, report)
                if match[1] == "ignore-script":
                    self._everywhere |= names
                    continue
                lines = {comment.line}
                if comment.line not in code:
                    following = bisect_left(starts, comment.span.end_line + 1)
                    if following < len(starts):
                        lines |= set(stretches[starts[following]])
                for line in lines:
                    self._on_lines.setdefault(line, set()).update(names)

    def hides(self, finding: Finding) -> bool:
        """Return whether a comment disables the rule of a finding at its place."""
        return finding.rule in self._everywhere or finding.rule in self._on_lines.get(finding.line, ())

    @staticmethod
    def _names(text: str, comment: tree.Comment, report: Report) -> set[str]:
        names = set(_NAME.findall(text.partition("--")[0].partition("*/")[0]))
        for name in sorted(names - set(RULES)):
            close = difflib.get_close_matches(name, list(RULES), n=1)
            hint = f"did you mean `{close[0]}`?" if close else "`zoho-cliq deluge explain` lists all"
            report.add("unknown-rule", comment, f"there is no rule `{name}`; {hint}")
        if not names:
            report.add("unknown-rule", comment, "the comment names no rule; write `// deluge: ignore RULE`")
        return names & set(RULES)


def _stretches(script: tree.Script) -> dict[int, range]:
    """Return the lines of each statement, without its blocks, by the line on which the statement begins."""
    found: dict[int, range] = {}

    def keep(first: int, last: int) -> None:
        found.setdefault(first, range(first, last + 1))

    for function in functions(script):
        keep(function.line, function.body.line)
    for body in [own_statements(script), *(function.body.statements for function in functions(script))]:
        for statement in statements(body):
            match statement:
                case tree.If(branches):
                    for branch in branches:
                        keep(branch.line, branch.condition.span.end_line)
                case tree.ForEach():
                    keep(statement.line, statement.iterable.span.end_line)
                case tree.Try():
                    keep(statement.line, statement.line)
                case _:
                    keep(statement.line, statement.span.end_line)
    return found
