"""What the grammar's callbacks share: spans, the reporting of problems, and intermediate results that are not nodes."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

from lark import Token

from .. import tree
from .problems import Problems

MAXIMUM_CHAIN = 1000
"""How many operators, or how many fields and calls, one chain may have."""

current_problems: ContextVar[Problems] = ContextVar("current_problems")

LEVELS = {
    **dict.fromkeys(("*", "/", "%"), 6),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("<", "<=", ">", ">="), 4),
    **dict.fromkeys(("==", "!="), 3),
    "&&": 2,
    "||": 1,
}


@dataclass(frozen=True, slots=True)
class Clause:
    """`if`, `else if`, `else`, `try` or `catch`, before the clauses are combined to a statement."""

    kind: str
    keyword: Token
    body: tree.Block
    condition: "tree.Expression | None" = None
    name: tree.Name | None = None

    @property
    def span(self) -> tree.Span:
        """Return the span from the keyword to the end of the body."""
        return between(self.keyword, self.body)


@dataclass(frozen=True, slots=True)
class TaskValue(tree.Node):
    """A task in the place of a value, before it is known whether a task is allowed there."""

    name: Token
    entries: tuple[tree.TaskEntry, ...]


@dataclass(frozen=True, slots=True)
class Suffix:
    """A field, a call or an index that follows a value."""

    kind: str
    first: Token
    last: Token
    name: Token | None = None
    arguments: "tuple[tree.Expression | tree.Pair, ...]" = ()
    value: "tree.Expression | None" = None
    words: tuple[str, ...] = ()


Placed: TypeAlias = Token | tree.Node | Clause


def between(first: Placed, last: Placed) -> tree.Span:
    """Return the span from the start of one item to the end of another."""
    if isinstance(first, Token):
        line, column, start = first.line, first.column, first.start_pos
    else:
        line, column, start = first.span.line, first.span.column, first.span.offset
    if isinstance(last, Token):
        end_line, end_column, end = last.end_line, last.end_column, last.end_pos
    else:
        end_line, end_column, end = last.span.end_line, last.span.end_column, last.span.end_offset
    return tree.Span(line, column, end_line, end_column, start, end)  # type: ignore[arg-type]


def span_of(token: Token) -> tree.Span:
    """Return the span of a token."""
    return tree.Span(token.line, token.column, token.end_line, token.end_column, token.start_pos, token.end_pos)  # type: ignore[arg-type]


def report(code: str, message: str, hint: str, first: Placed, last: Placed | None = None) -> None:
    """Add a problem with the script that is being read."""
    span = between(first, last or first)
    current_problems.get().add(code, message, hint, span.offset, span.end_offset)


def value_of(node: Any) -> Any:
    """Return the node of a value; report a task that stands in its place."""
    if isinstance(node, TaskValue):
        report("task-as-value", "a task is no value", f"assign it first: `x = {node.name} [ … ];`", node.name)
        return tree.Null(span=node.span)
    return node
