"""Loops, compiled to functions of Python: what runs often costs a few instructions instead of a closure per node.

The source that is generated holds names and line numbers only; texts and values of the script reach it as variables.
Everything but assignments, conditions, and the operators of integers stays a closure that the function calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import tree
from ._conversion import INTEGER_LIMIT
from ._machine import Frame
from .failures import DelugeLimitError, DelugeRuntimeError, Failure, LimitReached

if TYPE_CHECKING:
    from ._statements import StatementCompiler

__all__ = ["compile_loop"]

_DEEPEST = 8
_LARGEST = 400
_ARITHMETIC = frozenset("+-*")
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})


def compile_loop(node: tree.ForEach, statements: StatementCompiler) -> Callable[[Frame, Any], object]:
    """Return a function that runs a loop's body for each of some values, and returns None or a signal."""
    return _LoopCompiler(statements).compile(node)


class _LoopCompiler:
    def __init__(self, statements: StatementCompiler) -> None:
        self._statements = statements
        self._lines: list[str] = []
        self._names: dict[str, Any] = {
            "budget": statements.machine.context.budget,
            "look": statements.machine.look,
            "located": _located,
            "undefined": _undefined,
            "problems": (LimitReached, Failure, RecursionError),
            "variables": set(),
            "low": -INTEGER_LIMIT,
            "high": INTEGER_LIMIT,
        }

    def compile(self, node: tree.ForEach) -> Callable[[Frame, Any], object]:
        """Return the function of a loop."""
        self._add(0, "def loop(frame, values):")
        self._add(1, f"line = {node.line}")
        self._add(1, "try:")
        self._add(2, "for value in values:")
        self._add(3, f"frame[{self._constant(node.variable.name)}] = value")
        self._block(3, node.body, in_loop=True)
        self._add(1, "except KeyError as missing:")
        self._add(2, "if missing.args[0] not in variables or missing.args[0] in frame: raise")
        self._add(2, "raise undefined(missing, line) from None")
        self._add(1, "except problems as problem:")
        self._add(2, "raise located(problem, line) from None")
        self._add(1, "return None")
        exec(compile("\n".join(self._lines), "<loop>", "exec"), self._names)
        loop: Callable[[Frame, Any], object] = self._names["loop"]
        return loop

    def _add(self, depth: int, line: str) -> None:
        self._lines.append("    " * depth + line)

    def _constant(self, value: Any) -> str:
        """Return the name under which the function finds a value."""
        name = f"v{len(self._names)}"
        self._names[name] = value
        return name

    def _temporary(self) -> str:
        return f"t{len(self._lines)}"

    def _block(self, depth: int, block: tree.Block, in_loop: bool) -> None:
        for statement in block.statements:
            self._add(depth, f"line = {statement.line}")
            self._add(depth, "budget.executed = executed = budget.executed + 1")
            self._add(depth, "if executed > budget.pause: look(line)")
            self._statement(depth, statement, in_loop)
        if not block.statements:
            self._add(depth, "pass")

    def _statement(self, depth: int, node: tree.Statement, in_loop: bool) -> None:
        plain = self._statements.keeps_references
        if isinstance(node, tree.Assign) and node.operator == "=" and isinstance(node.target, tree.Name) and plain:
            value = self._expression(depth, node.value)
            self._add(depth, f"frame[{self._constant(node.target.name)}] = {value}")
        elif isinstance(node, tree.Break | tree.Continue):
            self._add(depth, "break" if isinstance(node, tree.Break) else "continue")
        elif isinstance(node, tree.If) and depth < _DEEPEST and len(self._lines) < _LARGEST:
            self._if(depth, node, in_loop)
        elif isinstance(node, tree.ExpressionStatement):
            self._add(depth, f"{self._constant(self._statements.expressions.compile(node.expression))}(frame)")
        else:
            self._add(depth, f"signal = {self._constant(self._statements.statement(node))}(frame)")
            if isinstance(node, tree.If | tree.Try | tree.Return):
                self._add(depth, "if signal is not None:")
                self._add(depth + 1, "if signal == 'break': break")
                self._add(depth + 1, "if signal == 'continue': continue")
                self._add(depth + 1, "return signal")
            elif isinstance(node, tree.ForEach):
                self._add(depth, "if signal is not None: return signal")

    def _if(self, depth: int, node: tree.If, in_loop: bool) -> None:
        for branch in node.branches:
            condition = self._condition(depth, branch.condition)
            self._add(depth, f"if {condition}:")
            self._block(depth + 1, branch.body, in_loop)
            self._add(depth, "else:")
            depth += 1
        if node.otherwise is not None:
            self._block(depth, node.otherwise, in_loop)
        else:
            self._add(depth, "pass")

    def _condition(self, depth: int, node: tree.Node) -> str:
        """Add the lines that evaluate a condition, and return the variable that holds true or false."""
        if isinstance(node, tree.Group):
            return self._condition(depth, node.expression)
        result = self._temporary()
        if isinstance(node, tree.Binary) and node.operator in _COMPARISONS:
            return self._binary(depth, node)
        if self._splits(node, depth):
            assert isinstance(node, tree.Binary)
            left = self._condition(depth, node.left)
            self._add(depth, f"{result} = {left}")
            self._add(depth, f"if {result} is {node.operator == '&&'}:")
            right = self._condition(depth + 1, node.right)
            self._add(depth + 1, f"{result} = {right}")
            return result
        self._add(depth, f"{result} = {self._constant(self._statements.expressions.condition(node))}(frame)")
        return result

    def _splits(self, node: tree.Node, depth: int) -> bool:
        """Return whether both sides of a logical operator are evaluated by lines of their own."""
        return (
            isinstance(node, tree.Binary)
            and node.operator in ("&&", "||")
            and depth < _DEEPEST
            and self._statements.machine.context.policies.short_circuit
        )

    def _expression(self, depth: int, node: tree.Node) -> str:
        """Add the lines that evaluate an expression, and return the variable that holds its value."""
        if isinstance(node, tree.Group):
            return self._expression(depth, node.expression)
        if isinstance(node, tree.Binary) and (node.operator in _ARITHMETIC | _COMPARISONS or node.operator == "%"):
            return self._binary(depth, node)
        result = self._temporary()
        if isinstance(node, tree.Name) and node.name not in ("today", "now"):
            self._names["variables"].add(node.name)
            self._add(depth, f"{result} = frame[{self._constant(node.name)}]")
        elif isinstance(node, tree.Number) and abs(node.value) < INTEGER_LIMIT:
            return self._constant(node.value)
        else:
            self._add(depth, f"{result} = {self._constant(self._statements.expressions.compile(node))}(frame)")
        return result

    def _binary(self, depth: int, node: tree.Binary) -> str:
        links: list[tree.Binary] = []
        rest: tree.Node = node
        while isinstance(rest, tree.Binary) and (rest.operator in _ARITHMETIC | _COMPARISONS or rest.operator == "%"):
            links.append(rest)
            rest = rest.left
        left = self._expression(depth, rest)
        for link in reversed(links):
            left = self._link(depth, link, left)
        return left

    def _link(self, depth: int, node: tree.Binary, left: str) -> str:
        right = self._expression(depth, node.right)
        result = self._temporary()
        general = self._constant(self._statements.expressions.guarded(node))
        fits = f"type({left}) is int and type({right}) is int"
        operator = node.operator
        if operator in _COMPARISONS:
            short = f"{left} {operator} {right}"
        elif operator == "%":
            short, fits = f"{left} % {right}", f"{fits} and {left} >= 0 < {right}"
        else:
            short, fits = result, f"{fits} and low <= ({result} := {left} {operator} {right}) < high"
        self._add(depth, f"{result} = {short} if {fits} else {general}({left}, {right})")
        return result


def _undefined(missing: KeyError, line: int) -> DelugeRuntimeError:
    return DelugeRuntimeError(f"Variable '{missing.args[0]}' is not defined", line=line)


def _located(problem: Exception, line: int) -> DelugeRuntimeError:
    """Return the error for a failure that does not know its line."""
    if isinstance(problem, Failure):
        return DelugeRuntimeError(problem.why, line=line)
    if isinstance(problem, LimitReached):
        return DelugeLimitError(problem.why, line=line)
    return DelugeLimitError("the script is nested too deeply", line=line)
