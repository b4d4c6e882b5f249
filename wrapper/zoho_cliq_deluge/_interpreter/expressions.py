"""Compile expressions to closures. A closure takes the variables and returns the value."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from operator import add, eq, ge, gt, le, lt, mul, ne, sub
from typing import Any, NoReturn

from .. import tree
from .._functions.operators import BINARY, Operator, negative, truth
from .._values.conversion import INTEGER_LIMIT, as_moment
from .._values.types import Braces, Caught, Collection, Value, type_name
from ..failures import DelugeRuntimeError, Failure
from .calls import CallCompiler
from .machine import Evaluate, Frame, Machine

__all__ = ["ExpressionCompiler"]

# The operators for two integers. Types and 64 bits are checked separately.
_OF_INTEGERS: dict[str, Callable[[Any, Any], Any]] = {
    "+": add, "-": sub, "*": mul, "<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne,
}  # fmt: skip
_MOST_NESTED_LINKS = 8
_LOGICAL = ("&&", "||")

Step = Callable[[Frame, Value], Value]
"""A compiled call or field: takes the variables and the receiver, and returns the value."""


class ExpressionCompiler:
    """Compiles expressions for one run."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._context = machine.context
        self._calls = CallCompiler(machine, self)

    def compile(self, node: tree.Node) -> Evaluate:
        """Return a closure that evaluates an expression."""
        match node:
            case tree.Text(value) | tree.Boolean(value):
                return lambda frame: value
            case tree.Number() | tree.DecimalNumber():
                return self._number(node)
            case tree.Null():
                return lambda frame: None
            case tree.Name(name):
                return self._name(name, node.line)
            case tree.Group(expression):
                return self.compile(expression)
            case tree.Binary():
                return self._logical(node) if node.operator in _LOGICAL else self._binary(node)
            case tree.Unary():
                return self._unary(node)
            case tree.Call() | tree.Field():
                return self._chain(node)
            case tree.Empty():
                return self._empty()
            case tree.ListLiteral(items):
                return self._list([self.compile(item) for item in items])
            case tree.MapLiteral(entries):
                return self._map([(self.compile(entry.key), self.compile(entry.value)) for entry in entries])
            case tree.DateTime():
                return self._date_time(node)
            case tree.SystemVariable(name):
                return self._system_variable(name, node.line)
            case tree.TypedList():
                return self._calls.constructor("list", node.arguments, node.line)
            case tree.ForeignExpression(kind):
                return self._failing(f"{kind} is part of Zoho Creator, and Cliq does not have it", node.line)
            case tree.Pair():
                return self._failing("key : value can stand in maps and collections only", node.line)
        raise TypeError(f"{type(node).__name__} is no expression")

    def _failing(self, why: str, line: int) -> Evaluate:
        def fail(frame: Frame) -> NoReturn:
            raise DelugeRuntimeError(why, line=line)

        return fail

    def _number(self, node: tree.Number | tree.DecimalNumber) -> Evaluate:
        value = node.value
        if isinstance(value, int) and not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
            return self._failing("the number does not fit in 64 bits", node.line)
        return lambda frame: value

    def _name(self, name: str, line: int) -> Evaluate:
        machine = self.machine

        def read(frame: Frame) -> Value:
            try:
                return frame[name]
            except KeyError:
                if name in ("today", "now"):
                    return machine.variable(name)
                raise DelugeRuntimeError(f"Variable '{name}' is not defined", line=line) from None

        return read

    def _system_variable(self, name: str, line: int) -> Evaluate:
        machine = self.machine

        def read(frame: Frame) -> Value:
            try:
                return machine.variable(name)
            except KeyError:
                raise DelugeRuntimeError(
                    f"the variable {name} has no value here; give it with system={{…}}", line=line
                ) from None

        return read

    def _date_time(self, node: tree.DateTime) -> Evaluate:
        context, line, text = self._context, node.line, node.text

        def read(frame: Frame) -> Value:
            if "-" not in text and "/" not in text and text.replace(":", "").strip()[:2].isdigit() and ":" in text[:3]:
                raise DelugeRuntimeError("a time without a date exists in Zoho Creator only", line=line)
            try:
                return as_moment(context, text)
            except Failure as failure:
                raise DelugeRuntimeError(failure.why, line=line) from None

        return read

    def _empty(self) -> Evaluate:
        kind = self._context.policies.empty_braces
        if kind == "undecided":
            return lambda frame: Braces()
        return (lambda frame: []) if kind == "list" else (lambda frame: {})

    def _list(self, items: list[Evaluate]) -> Evaluate:
        budget = self._context.budget

        def build(frame: Frame) -> Value:
            budget.charge(100 + 8 * len(items))
            return [item(frame) for item in items]

        return build

    def _map(self, entries: list[tuple[Evaluate, Evaluate]]) -> Evaluate:
        budget = self._context.budget
        key_text = self._context.printer.key

        def build(frame: Frame) -> Value:
            budget.charge(200 + 120 * len(entries))
            return {key_text(key(frame)): value(frame) for key, value in entries}

        return build

    def _unary(self, node: tree.Unary) -> Evaluate:
        context, line, operator = self._context, node.line, node.operator
        operand = self.compile(node.operand)

        def compute(frame: Frame) -> Value:
            value = operand(frame)
            try:
                if operator == "!":
                    return not truth(context, value)
                return negative(context, negative(context, value)) if operator == "+" else negative(context, value)
            except Failure as failure:
                raise DelugeRuntimeError(failure.why, line=line, function=operator) from None

        return compute

    def condition(self, node: tree.Node) -> Callable[[Frame], bool]:
        """Return a closure that evaluates a condition."""
        context, line = self._context, node.line
        evaluate = self.compile(node)

        def holds(frame: Frame) -> bool:
            value = evaluate(frame)
            if value is True or value is False:
                return value
            try:
                return truth(context, value)
            except Failure as failure:
                raise DelugeRuntimeError(failure.why, line=line, function="if") from None

        return holds

    def _logical(self, node: tree.Binary) -> Evaluate:
        operator = node.operator
        operands: list[tree.Node] = []
        rest: tree.Node = node
        while isinstance(rest, tree.Binary) and rest.operator == operator:
            operands.append(rest.right)
            rest = rest.left
        operands.append(rest)
        conditions = [self.condition(operand) for operand in reversed(operands)]
        deciding = operator == "||"
        if not self._context.policies.short_circuit:
            combine = any if deciding else all
            return lambda frame: combine([condition(frame) for condition in conditions])

        def compute(frame: Frame) -> Value:
            for condition in conditions:
                if condition(frame) is deciding:
                    return deciding
            return not deciding

        return compute

    def _binary(self, node: tree.Binary) -> Evaluate:
        links: list[tree.Binary] = []
        rest: tree.Node = node
        while isinstance(rest, tree.Binary) and rest.operator not in _LOGICAL:
            links.append(rest)
            rest = rest.left
        value = self.compile(rest)
        if len(links) <= _MOST_NESTED_LINKS:
            for link in reversed(links):
                value = self._single(link, value, self.compile(link.right))
            return value
        first = value
        steps = [
            (self.guarded(link.operator, link.span.line, link.operator), self.compile(link.right))
            for link in reversed(links)
        ]

        def compute(frame: Frame) -> Value:
            value = first(frame)
            for operate, right in steps:
                value = operate(value, right(frame))
            return value

        return compute

    def guarded(self, operator: str, line: int, name: str) -> Callable[[Value, Value], Value]:
        """Return the function of an operator. Its errors state the line, and the operator as it is written."""
        context = self._context
        operate: Operator = BINARY[operator]

        def compute(left: Value, right: Value) -> Value:
            try:
                return operate(context, left, right)
            except Failure as failure:
                raise DelugeRuntimeError(failure.why, line=line, function=name) from None
            except decimal.DecimalException:
                raise DelugeRuntimeError("the result is too large", line=line, function=name) from None

        return compute

    def _single(self, node: tree.Binary, left: Evaluate, right: Evaluate) -> Evaluate:
        """Return a closure that applies one operator, with a fast path for two integers."""
        general = self.guarded(node.operator, node.span.line, node.operator)
        if node.operator == "%":
            return self._remainder(left, right, general)
        of_integers = _OF_INTEGERS.get(node.operator)
        if of_integers is None:
            return lambda frame: general(left(frame), right(frame))
        if isinstance(node.right, tree.Number) and abs(node.right.value) < INTEGER_LIMIT:
            constant = node.right.value

            def with_constant(frame: Frame) -> Value:
                first = left(frame)
                if type(first) is int:
                    result = of_integers(first, constant)
                    if -INTEGER_LIMIT <= result < INTEGER_LIMIT:
                        return result
                return general(first, constant)

            return with_constant

        def compute(frame: Frame) -> Value:
            first, second = left(frame), right(frame)
            if type(first) is int and type(second) is int:
                result = of_integers(first, second)
                if -INTEGER_LIMIT <= result < INTEGER_LIMIT:
                    return result
            return general(first, second)

        return compute

    @staticmethod
    def _remainder(left: Evaluate, right: Evaluate, general: Callable[[Value, Value], Value]) -> Evaluate:
        def compute(frame: Frame) -> Value:
            first, second = left(frame), right(frame)
            # Python's remainder has the sign of the right operand, Deluge's that of the left.
            if type(first) is int and type(second) is int and first >= 0 < second:
                return first % second
            return general(first, second)

        return compute

    def _chain(self, node: tree.Call | tree.Field) -> Evaluate:
        """Return a closure that evaluates a chain of calls and fields: ``x.f().g.h()``."""
        links: list[tree.Call | tree.Field] = []
        rest: tree.Node | None = node
        while isinstance(rest, tree.Call | tree.Field) and rest.receiver is not None:
            owner = self._calls.owner_of(rest)
            if owner is not None:
                break
            links.append(rest)
            rest = rest.receiver
        assert rest is not None
        if links and isinstance(links[-1], tree.Call):
            rest = self._calls.tested(links[-1].name, rest)
        first = self._calls.without_receiver(rest) if isinstance(rest, tree.Call) else self.compile(rest)
        steps: list[Step] = [
            self._calls.member(link) if isinstance(link, tree.Call) else self._field(link) for link in reversed(links)
        ]
        if not steps:
            return first
        if len(steps) == 1:
            only = steps[0]
            return lambda frame: only(frame, first(frame))

        def follow(frame: Frame) -> Value:
            value = first(frame)
            for step in steps:
                value = step(frame, value)
            return value

        return follow

    def _field(self, node: tree.Field) -> Step:
        name, line = node.name, node.line

        def read(frame: Frame, receiver: Value) -> Value:
            if isinstance(receiver, Caught):
                if name == "message":
                    return receiver.message
                if name.lower() == "lineno":
                    return receiver.line
                receiver = receiver.value
            if isinstance(receiver, Braces | Collection):
                receiver = {} if receiver.content is None else receiver.content
            if isinstance(receiver, dict):
                return receiver.get(name)
            why = (
                f"Value is empty and field '{name}' cannot be read"
                if receiver is None
                else f"a value of type {type_name(receiver)} has no field '{name}'"
            )
            raise DelugeRuntimeError(why, line=line)

        return read
