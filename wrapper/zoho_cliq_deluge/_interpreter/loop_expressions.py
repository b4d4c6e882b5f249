"""Generate Python lines for the expressions of loops: fast paths for integers and texts, closures for all others."""

from __future__ import annotations

from typing import NamedTuple

from .. import tree
from .._values.conversion import INTEGER_LIMIT
from .loop_analysis import Bounds, of_binary
from .loop_source import Kind, Source
from .machine import Statements

__all__ = ["LoopExpressions", "Operand"]

_DEEPEST = 8
_ARITHMETIC = frozenset("+-*%")
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
_LOW, _HIGH = -INTEGER_LIMIT, INTEGER_LIMIT
_SMALL = 2**30 - 1
"""Python compares integers up to this value much faster than larger ones."""
_LONGEST = 200
"""Characters up to which an expression is used inline. Longer ones get a name, so that Python's nesting limit holds."""
_VARIABLES_OF_THE_SYSTEM = ("today", "now")


class Operand(NamedTuple):
    """A Python expression that holds a value and cannot fail, such as a name or a number.

    Attributes:
        python: The expression.
        kind: The type of the value; None if it is unknown.
        bounds: The bounds of the value if it is an integer; None if they are unknown.
    """

    python: str
    kind: Kind = None
    bounds: Bounds | None = None


class LoopExpressions:
    """Adds the lines that evaluate expressions to a `Source`.

    Attributes:
        may_have_charged: Whether the last lines may use memory, so that the limits must be checked after them.
    """

    def __init__(self, source: Source, statements: Statements) -> None:
        self.may_have_charged = False
        self._source = source
        self._statements = statements
        self._compiler = statements.expressions
        policies = statements.machine.context.policies
        self._short_circuit = policies.short_circuit
        self._result_of_integers: Kind = None if policies.integer_overflow == "decimal" else int

    def run(self, depth: int, node: tree.Statement) -> None:
        """Add the line that executes a statement by its closure."""
        self._call(depth, "", self._source.constant(self._statements.statement(node)), node)

    def by_closure(self, depth: int, node: tree.Expression) -> None:
        """Add the line that evaluates an expression by its closure and discards the value."""
        self._call(depth, "", self._source.constant(self._compiler.compile(node)), node)

    def condition(self, depth: int, node: tree.Node) -> str:
        """Add the lines that evaluate a condition; return the Python expression of the result."""
        if isinstance(node, tree.Group):
            return self.condition(depth, node.expression)
        if isinstance(node, tree.Binary) and node.operator in _COMPARISONS:
            return self._binary(depth, node).python
        result = self._source.temporary()
        splits = isinstance(node, tree.Binary) and node.operator in ("&&", "||") and self._short_circuit
        if splits and depth < _DEEPEST:
            assert isinstance(node, tree.Binary)
            left = self.condition(depth, node.left)
            self._source.add(depth, f"{result} = {left}")
            self._source.add(depth, f"if {result} is {node.operator == '&&'}:")
            right = self.condition(depth + 1, node.right)
            self._source.add(depth + 1, f"{result} = {right}")
            return result
        closure = self._source.constant(self._compiler.condition(node))
        self._call(depth, f"{result} = ", closure, node)
        return result

    def expression(self, depth: int, node: tree.Node) -> Operand:
        """Add the lines that evaluate an expression; return the operand that holds its value."""
        source = self._source
        if isinstance(node, tree.Group):
            return self.expression(depth, node.expression)
        if isinstance(node, tree.Binary) and node.operator in _ARITHMETIC | _COMPARISONS:
            return self._binary(depth, node)
        if isinstance(node, tree.Name) and node.name not in _VARIABLES_OF_THE_SYSTEM:
            return Operand(source.read(node.name), source.known.get(node.name), source.bounds.get(node.name))
        if isinstance(node, tree.Number) and abs(node.value) < INTEGER_LIMIT:
            number = str(node.value) if node.value >= 0 else f"({node.value})"
            return Operand(number, int, (node.value, node.value))
        if isinstance(node, tree.Text):
            return Operand(source.constant(node.value), str)
        result = source.temporary()
        self._call(depth, f"{result} = ", source.constant(self._compiler.compile(node)), node)
        return Operand(result)

    def augmented(self, depth: int, node: tree.Assign, target: tree.Name) -> Operand:
        """Add the lines that compute the new value of ``x += y``; return the operand that holds it."""
        left = self.expression(depth, target)
        right = self.expression(depth, node.value)
        operator = node.operator[:-1]
        return self._operation(depth, operator, node.operator, node.line, left, right)

    def _call(self, depth: int, before: str, closure: str, node: tree.Node) -> None:
        self._source.seen(each.name for each in tree.walk(node) if isinstance(each, tree.Name))
        self._source.add(depth, f"{before}{closure}(frame)")
        self.may_have_charged = True

    def _binary(self, depth: int, node: tree.Binary) -> Operand:
        links: list[tree.Binary] = []
        rest: tree.Node = node
        while isinstance(rest, tree.Binary) and rest.operator in _ARITHMETIC | _COMPARISONS:
            links.append(rest)
            rest = rest.left
        left = self.expression(depth, rest)
        for link in reversed(links):
            right = self.expression(depth, link.right)
            left = self._operation(depth, link.operator, link.operator, link.span.line, left, right)
        return left

    def _operation(self, depth: int, operator: str, name: str, line: int, left: Operand, right: Operand) -> Operand:
        general = self._source.constant(self._compiler.guarded(operator, line, name))
        kinds = {left.kind, right.kind}
        if kinds == {int} and operator in _ARITHMETIC | _COMPARISONS:
            return self._of_integers(depth, operator, general, left, right)
        if kinds == {str} and operator in ("==", "!="):
            return Operand(f"({left.python} {operator} {right.python})", bool)
        if kinds == {str} and operator == "+":
            return self._of_texts(depth, left, right)
        return self._of_unknown(depth, operator, general, left, right)

    def _of_integers(self, depth: int, operator: str, general: str, left: Operand, right: Operand) -> Operand:
        """Add the lines for two integers. Only results that may exceed 64 bits need the general function."""
        source, a, b = self._source, left.python, right.python
        if operator in _COMPARISONS:
            return Operand(f"({a} {operator} {b})", bool)
        bounds = of_binary(operator, left.bounds, right.bounds)
        if bounds is not None:
            return Operand(self._short(depth, f"({a} {operator} {b})"), int, bounds)
        if operator == "%" and b.isdecimal() and b != "0" and a.isidentifier():
            # Python's remainder has the sign of the right operand, Deluge's that of the left.
            return Operand(f"({a} % {b} if {a} >= 0 else -(-{a} % {b}))", int)
        result = source.temporary()
        if operator == "%":
            source.add(depth, f"{result} = {a} % {b} if {a} >= 0 < {b} else {general}({a}, {b})")
            return Operand(result, int)
        source.add(depth, f"{result} = {a} {operator} {b}")
        beyond = f"not {-_SMALL} <= {result} <= {_SMALL} and not {_LOW} <= {result} < {_HIGH}"
        source.add(depth, f"if {beyond}: {result} = {general}({a}, {b})")
        return Operand(result, self._result_of_integers)

    def _short(self, depth: int, python: str) -> str:
        """Return an expression, or a name that is assigned to it in an extra line if it is long."""
        if len(python) <= _LONGEST:
            return python
        result = self._source.temporary()
        self._source.add(depth, f"{result} = {python}")
        return result

    def _of_texts(self, depth: int, left: Operand, right: Operand) -> Operand:
        """Add the lines that join two texts and charge the budget, as `Budget.joined` does."""
        source, result = self._source, self._source.temporary()
        source.add(depth, f"{result} = {left.python} + {right.python}")
        source.add(depth, f"used = budget.used = budget.used + {result}.__sizeof__()")
        source.add(depth, f"if used > budget.look_at: budget.look({result}.__sizeof__())")
        self.may_have_charged = True
        return Operand(result, str)

    def _of_unknown(self, depth: int, operator: str, general: str, left: Operand, right: Operand) -> Operand:
        """Add the line with fast paths for integers and texts, and the general function for all other values."""
        source, result = self._source, self._source.temporary()
        self.may_have_charged = True
        a, b = left.python, right.python
        kinds = {left.kind, right.kind}
        other = f"{general}({a}, {b})"
        checks = [f"type({each.python}) is int" for each in (left, right) if each.kind is None]
        if operator not in _ARITHMETIC | _COMPARISONS or not kinds <= {None, int, str} or kinds == {int, str}:
            source.add(depth, f"{result} = {other}")
        elif str in kinds:
            texts = [f"type({each.python}) is str" for each in (left, right) if each.kind is None]
            short = f"joined({a}, {b}) if {' and '.join(texts)} else " if operator == "+" and texts else ""
            source.add(depth, f"{result} = {short}{other}")
        elif operator in _COMPARISONS:
            source.add(depth, f"{result} = {a} {operator} {b} if {' and '.join(checks)} else {other}")
        elif operator == "%":
            checks.append(f"{a} >= 0" if b.isdecimal() and b != "0" else f"{a} >= 0 < {b}")
            source.add(depth, f"{result} = {a} % {b} if {' and '.join(checks)} else {other}")
        else:
            checks.append(f"{_LOW} <= ({result} := {a} {operator} {b}) < {_HIGH}")
            if operator == "+" and int not in kinds:
                other = f"joined({a}, {b}) if type({a}) is str and type({b}) is str else {other}"
            source.add(depth, f"{result} = {result} if {' and '.join(checks)} else {other}")
        kind: Kind = bool if operator in _COMPARISONS else str if operator == "+" and str in kinds else None
        return Operand(result, kind)
