"""Report scripts that exceed the statement limit on every path."""

from __future__ import annotations

from collections.abc import Sequence

from .. import tree
from ..policies import Policies
from .findings import Report
from .walking import bare, own_statements, statements

__all__ = ["check_limits"]

_LIMIT = Policies().statement_limit
_MOST_STEPS = 5
_LONGEST_TEXT = 100_000
_SPLIT_BY_EMPTY = 1
"""How many more elements than the text has characters `text.toList("")` returns."""


def check_limits(script: tree.Script, report: Report) -> None:
    """Report a script that executes more statements than Zoho allows, whichever path it takes."""
    body = own_statements(script)
    if not body:
        return
    lengths = _Lengths(body)
    total = 0
    for statement in body:
        count, ends = _least([statement], lengths)
        total += count
        if total > _LIMIT:
            report.add(
                "too-many-statements",
                statement,
                f"at least {total:,} statements run up to the end of this one, and Zoho allows {_LIMIT:,}; go "
                "through fewer elements",
            )
            return
        if ends:
            return


def _least(body: Sequence[tree.Statement], lengths: _Lengths) -> tuple[int, bool]:
    """Return how many statements are executed at least, and whether the script or the loop can end among them."""
    total = 0
    for statement in body:
        total += 1
        match statement:
            case tree.Return() | tree.Throw() | tree.Break() | tree.Continue():
                return total, True
            case tree.If(branches, otherwise):
                ways = [_least(branch.body.statements, lengths) for branch in branches]
                ways.append((0, False) if otherwise is None else _least(otherwise.statements, lengths))
                total += min(count for count, _ in ways)
                if any(ends for _, ends in ways):
                    return total, True
            case tree.ForEach():
                rounds = lengths.of(statement.iterable)
                count, ends = _least(statement.body.statements, lengths)
                total += count * (min(1, rounds) if ends else rounds)
                if ends and _may_leave(statement.body.statements):
                    return total, True
            case tree.Try():
                if _may_leave([statement]):
                    return total, True  # an error may end the body anywhere, so its count is unknown
    return total, False


def _may_leave(body: Sequence[tree.Statement]) -> bool:
    """Return whether statements can end the script or a loop around them."""
    return any(isinstance(each, tree.Return | tree.Throw | tree.Break | tree.Continue) for each in statements(body))


class _Lengths:
    """The number of elements that a loop visits, as far as the script determines it."""

    def __init__(self, body: Sequence[tree.Statement]) -> None:
        self._values: dict[str, tree.Node | None] = {}
        for statement in statements(body):
            match statement:
                case tree.Assign(tree.Name(name), "=", value):
                    self._values[name] = None if name in self._values else value
                case tree.Assign(tree.Name(name)) | tree.Task(tree.Name(name)):
                    self._values[name] = None
                case tree.ForEach():
                    self._values[statement.variable.name] = None
                case tree.ExpressionStatement(tree.Call(tree.Name(name))):
                    self._values[name] = None  # it may grow or shrink

    def of(self, node: tree.Node) -> int:
        """Return the number of elements of a list expression, or 0 if it is unknown."""
        node = self._known(node)
        if isinstance(node, tree.ListLiteral):
            return len(node.items)
        if isinstance(node, tree.Text):
            return node.value.count(",") + 1
        if isinstance(node, tree.Call) and node.name.lower() == "tolist" and node.receiver is not None:
            text = self._text(node.receiver)
            separator = self._text(node.arguments[0]) if len(node.arguments) == 1 else None
            if text is not None and separator is not None:
                return len(text) + _SPLIT_BY_EMPTY if separator == "" else text.count(separator) + 1
        return 0

    def _known(self, node: tree.Node) -> tree.Node:
        """Return the expression itself, or the value of a variable that is assigned only once."""
        node = bare(node)
        for _ in range(_MOST_STEPS):
            value = self._values.get(node.name) if isinstance(node, tree.Name) else None
            if value is None:
                break
            node = bare(value)
        return node

    def _text(self, node: tree.Node, steps: int = 0) -> str | None:
        node = self._known(node)
        if isinstance(node, tree.Text):
            return node.value
        if steps > _MOST_STEPS or not isinstance(node, tree.Call) or node.receiver is None or len(node.arguments) != 1:
            return None
        text, count = self._text(node.receiver, steps + 1), self._number(node.arguments[0])
        if text is None or count is None or not 0 <= count * max(1, len(text)) <= _LONGEST_TEXT:
            return None
        match node.name.lower():
            case "leftpad" | "rightpad":
                return text.ljust(count)
            case "repeat":
                return text * count
        return None

    def _number(self, node: tree.Node, steps: int = 0) -> int | None:
        node = self._known(node)
        if isinstance(node, tree.Number):
            return node.value
        if steps <= _MOST_STEPS and isinstance(node, tree.Binary) and node.operator in ("+", "-"):
            left, right = self._number(node.left, steps + 1), self._number(node.right, steps + 1)
            if left is not None and right is not None:
                return left + right if node.operator == "+" else left - right
        return None
