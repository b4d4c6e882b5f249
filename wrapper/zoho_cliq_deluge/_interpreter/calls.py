"""Compile calls to closures: built-in functions, constructors, the script's own functions, and tasks."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from typing import TypeVar

from .. import tree
from .._functions.collections import KeyValue, collection_of
from .._functions.conversions import list_of
from .._functions.library import CONSTRUCTORS, FUNCTIONS
from .._functions.numbers import random_number
from .._functions.registry import ArityFailure
from .._values.conversion import as_integer, as_map
from .._values.types import Value
from ..failures import DelugeLimitError, DelugeRuntimeError, Failure, LimitReached
from .machine import Evaluate, Expressions, Frame, Machine
from .task_runner import TaskRunner

__all__ = ["CallCompiler"]

_OWNERS = frozenset({"thisapp", "standalone", "automation", "schedule", "button"})
_TAKES_PAIRS = frozenset({"insert"})
_REQUESTS = frozenset({"geturl", "posturl", "invokeurl"})


Node = TypeVar("Node", bound=tree.Node)


class CallCompiler:
    """Compiles calls for one run."""

    def __init__(self, machine: Machine, expressions: Expressions) -> None:
        self._machine = machine
        self._context = machine.context
        self._expressions = expressions
        self._runner = TaskRunner(machine)

    @staticmethod
    def owner_of(node: tree.Call | tree.Field) -> str | None:
        """Return the owner that a call names, such as ``thisapp`` in ``thisapp.f()``; None if there is none."""
        if isinstance(node, tree.Call) and isinstance(node.receiver, tree.Name) and node.receiver.name in _OWNERS:
            return node.receiver.name
        return None

    @staticmethod
    def tested(name: str, node: Node) -> Node | tree.Null:
        """Return the node that a function tests. For `isText`, `''` is no text but an empty date-time: null."""
        is_empty_quotes = isinstance(node, tree.Text) and node.source == "''"
        return tree.Null(span=node.span) if is_empty_quotes and name.lower() == "istext" else node

    def member(self, node: tree.Call) -> Callable[[Frame, Value], Value]:
        """Return a closure that calls ``receiver.name(arguments)``; it takes the variables and the receiver."""
        name, line = node.name, node.line
        arguments = self._arguments(node.arguments, pairs=name.lower() in _TAKES_PAIRS)
        return self._builtin(name, node.name_span.line if node.name_span is not tree.NOWHERE else line, arguments)

    def _builtin(self, name: str, line: int, arguments: list[Evaluate]) -> Callable[[Frame, Value], Value]:
        context = self._context
        entry = FUNCTIONS.get(name.lower())
        if entry is None:
            return self._unknown(name, line)
        by_type, find = entry.by_type, entry.find

        def call(frame: Frame, receiver: Value) -> Value:
            try:
                function = by_type.get(type(receiver))
                if function is None:
                    function, receiver = find(context, receiver)
                return function(context, receiver, [argument(frame) for argument in arguments])
            except ArityFailure as failure:
                raise DelugeRuntimeError(f"{failure.why} {name}", line=line, function=name) from None
            except Failure as failure:
                raise DelugeRuntimeError(failure.why, line=line, function=name) from None
            except LimitReached as reached:
                raise DelugeLimitError(reached.why, line=line, function=name) from None
            except decimal.DecimalException:
                raise DelugeRuntimeError("the result is too large", line=line, function=name) from None

        return call

    @staticmethod
    def _unknown(name: str, line: int) -> Callable[[Frame, Value], Value]:
        def fail(frame: Frame, receiver: Value) -> Value:
            raise DelugeRuntimeError(f"there is no function '{name}'", line=line, function=name)

        return fail

    def without_receiver(self, node: tree.Call) -> Evaluate:
        """Return a closure that calls ``name(arguments)`` or ``thisapp.name(arguments)``."""
        owner = self.owner_of(node)
        name = node.name if owner is None else f"{owner}.{node.name}"
        key = name.lower()
        line = node.line
        if name in self._machine.functions:
            return self._own(name, self._arguments(node.arguments), line)
        if key in CONSTRUCTORS:
            return self.constructor(key, node.arguments, line, name)
        arguments = self._arguments(tuple(self.tested(key, argument) for argument in node.arguments))
        entry = FUNCTIONS.get(key)
        if entry is None and ("." in name or key in {stub.lower() for stub in self._machine.gateway.stubs}):
            runner = self._runner
            return lambda frame: runner.call(name, [argument(frame) for argument in arguments], line)
        if not arguments and entry is not None:
            return self._wrong_count(name, line)
        call = self._builtin(name, line, arguments[1:])
        if not arguments:
            return lambda frame: call(frame, None)
        first = arguments[0]
        return lambda frame: call(frame, first(frame))

    @staticmethod
    def _wrong_count(name: str, line: int) -> Evaluate:
        def fail(frame: Frame) -> Value:
            raise DelugeRuntimeError(f"No. of arguments mismatches for the function {name}", line=line, function=name)

        return fail

    def _arguments(self, nodes: tuple[tree.Expression | tree.Pair, ...], pairs: bool = False) -> list[Evaluate]:
        return [
            self._pair(node) if pairs and isinstance(node, tree.Pair) else self._expressions.compile(node)
            for node in nodes
        ]

    def _pair(self, node: tree.Pair) -> Evaluate:
        key_text = self._context.printer.key
        key, value = self._expressions.compile(node.key), self._expressions.compile(node.value)
        return lambda frame: KeyValue(key_text(key(frame)), value(frame))

    def constructor(
        self, key: str, nodes: tuple[tree.Expression | tree.Pair, ...], line: int, name: str = ""
    ) -> Evaluate:
        """Return a closure that calls a function without a receiver: ``Map()``, ``if(c, a, b)``, ``getUrl(…)``."""
        least, most = CONSTRUCTORS[key]
        if len(nodes) < least or (most is not None and len(nodes) > most):
            return self._wrong_count(name or key, line)
        if key == "if":
            condition = self._expressions.condition(nodes[0])
            yes, no = (self._expressions.compile(node) for node in nodes[1:])
            return lambda frame: yes(frame) if condition(frame) else no(frame)
        arguments = self._arguments(nodes, pairs=key == "collection")
        if key in _REQUESTS:
            runner = self._runner
            return lambda frame: runner.request_function(key, name, [argument(frame) for argument in arguments], line)
        build = {"map": self._new_map, "list": self._new_list, "collection": self._new_collection}.get(
            key, self._random
        )
        context = self._context

        def call(frame: Frame) -> Value:
            try:
                context.budget.charge(150)
                return build([argument(frame) for argument in arguments])
            except Failure as failure:
                raise DelugeRuntimeError(failure.why, line=line, function=name or key) from None
            except LimitReached as reached:
                raise DelugeLimitError(reached.why, line=line, function=name or key) from None

        return call

    def _new_map(self, arguments: list[Value]) -> Value:
        return dict(as_map(self._context, arguments[0])) if arguments else {}

    def _new_list(self, arguments: list[Value]) -> Value:
        return list_of(self._context, arguments)

    def _new_collection(self, arguments: list[Value]) -> Value:
        return collection_of(self._context, arguments)

    def _random(self, arguments: list[Value]) -> Value:
        return random_number(self._context, *(as_integer(self._context, argument) for argument in arguments))

    def _own(self, name: str, arguments: list[Evaluate], line: int) -> Evaluate:
        """Return a closure that calls a function which the script defines."""
        machine = self._machine
        budget, policies = self._context.budget, self._context.policies

        def call(frame: Frame) -> Value:
            function = machine.functions[name]
            if len(arguments) != len(function.parameters):
                raise DelugeRuntimeError(
                    f"No. of arguments mismatches for the function {name}", line=line, function=name
                )
            machine.calls += 1
            if policies.call_limit and machine.calls > policies.call_limit:
                raise DelugeLimitError(
                    f"the script calls its functions more than {policies.call_limit} times", line=line, function=name
                )
            if len(machine.frames) > policies.call_depth:
                raise DelugeLimitError(
                    f"calls of functions are nested more than {policies.call_depth} deep", line=line, function=name
                )
            values = [argument(frame) for argument in arguments]
            held, budget.held = budget.held, budget.used
            machine.frames.append(dict(zip(function.parameters, values, strict=True)))
            try:
                for execute in function.body:
                    if execute(machine.frames[-1]) is not None:
                        answer, machine.answer = machine.answer, None
                        return answer
                return None
            finally:
                machine.frames.pop()
                budget.held = held

        return call
