"""Compile statements to closures. A closure takes the variables, and returns None or a signal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

from .. import tree
from .._values.conversion import as_text
from .._values.types import Braces, Caught, Collection, File, Value, type_name
from ..failures import DelugeLimitError, DelugeRuntimeError, Failure, LimitReached
from .expressions import ExpressionCompiler
from .loops import compile_loop
from .machine import Evaluate, Execute, Frame, Machine, ScriptFunction
from .task_runner import TaskRunner

__all__ = ["StatementCompiler"]

BREAK, CONTINUE, RETURN = "break", "continue", "return"

_MOST_BYTES_OF_A_CSV = 2 * 1024 * 1024
_BARE_WORD_KEYS = frozenset({"type", "service", "response-format", "response-decoding", "content-type", "method"})


class StatementCompiler:
    """Compiles statements for one run."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._context = machine.context
        self.expressions = ExpressionCompiler(machine)
        self._runner = TaskRunner(machine)
        self._made: dict[int, Execute] = {}  # by id(node); the script keeps the nodes alive
        self.keeps_references = machine.context.policies.assignment == "reference"

    def script(self, script: tree.Script) -> Execute:
        """Return a closure that runs a script, and register the script's functions."""
        functions = [item for item in script.items if isinstance(item, tree.Function)]
        for function in functions:
            names = tuple(parameter.name for parameter in function.parameters)
            self.machine.functions[function.name] = ScriptFunction(function.name, names, [])
        for function in functions:
            self.machine.functions[function.name].body.append(self.block(function.body.statements))
        return self.block([item for item in script.items if not isinstance(item, tree.Function)])

    def block(self, statements: Sequence[tree.Statement]) -> Execute:
        machine, budget = self.machine, self._context.budget
        compiled = [self.statement(statement) for statement in statements]
        lines = {execute: statement.line for execute, statement in zip(compiled, statements, strict=True)}

        def run(frame: Frame) -> object:
            execute: Execute | None = None
            try:
                for execute in compiled:
                    budget.executed += 1
                    if budget.executed > budget.pause:
                        machine.look(lines[execute])
                    signal = execute(frame)
                    if signal is not None:
                        return signal
            except LimitReached as reached:
                raise DelugeLimitError(reached.why, line=lines[execute] if execute else 0) from None
            except Failure as failure:
                raise DelugeRuntimeError(failure.why, line=lines[execute] if execute else 0) from None
            except RecursionError:
                raise DelugeLimitError(
                    "the script is nested too deeply", line=lines[execute] if execute else 0
                ) from None
            return None

        return run

    def statement(self, node: tree.Statement) -> Execute:
        """Return the closure that executes a statement; cached for each node."""
        made = self._made.get(id(node))
        if made is None:
            self._made[id(node)] = made = self._closure(node)
        return made

    def _closure(self, node: tree.Statement) -> Execute:
        match node:
            case tree.Assign():
                return self._assign(node)
            case tree.ExpressionStatement(expression):
                return self._expression(expression)
            case tree.Info(value):
                return self._info(value)
            case tree.If():
                return self._if(node)
            case tree.ForEach():
                return self._for_each(node)
            case tree.Return(value):
                return self._return(value)
            case tree.Break():
                return lambda frame: BREAK
            case tree.Continue():
                return lambda frame: CONTINUE
            case tree.Throw(value):
                return self._throw(value, node.line)
            case tree.Try():
                return self._try(node)
            case tree.Task():
                return self._task(node)
            case tree.Foreign(kind):
                return self._foreign(kind, node.line)
        raise TypeError(f"{type(node).__name__} is no statement")

    def _foreign(self, kind: str, line: int) -> Execute:
        def fail(frame: Frame) -> object:
            raise DelugeRuntimeError(f"'{kind}' is part of Zoho Creator, and Cliq does not have it", line=line)

        return fail

    def _expression(self, node: tree.Expression) -> Execute:
        evaluate = self.expressions.compile(node)

        def execute(frame: Frame) -> object:
            evaluate(frame)
            return None

        return execute

    def _assign(self, node: tree.Assign) -> Execute:
        value = self.expressions.compile(node.value)
        if node.operator != "=":
            value = self._combined(node, value)
        if not self.keeps_references:
            value = _copying(value)
        if isinstance(node.target, tree.Field):
            return self._assign_field(node.target, value)
        name = node.target.name

        def execute(frame: Frame) -> object:
            frame[name] = value(frame)
            return None

        return execute

    def _combined(self, node: tree.Assign, value: Evaluate) -> Evaluate:
        current = self.expressions.compile(node.target)
        operate = self.expressions.guarded(node.operator[:-1], node.line, node.operator)
        return lambda frame: operate(current(frame), value(frame))

    def _assign_field(self, target: tree.Field, value: Evaluate) -> Execute:
        receiver, name, line = self.expressions.compile(target.receiver), target.name, target.line
        budget = self._context.budget

        def execute(frame: Frame) -> object:
            owner = receiver(frame)
            if isinstance(owner, Braces) and not isinstance(owner.content, list):
                owner = owner.settle({})
            if not isinstance(owner, dict):
                kind = "null" if owner is None else f"a value of type {type_name(owner)}"
                raise DelugeRuntimeError(f"{kind} has no field '{name}'", line=line)
            budget.charge(120)
            owner[name] = value(frame)
            return None

        return execute

    def _info(self, node: tree.Expression) -> Execute:
        evaluate = self.expressions.compile(node)
        machine, context = self.machine, self._context

        def execute(frame: Frame) -> object:
            text = context.text(evaluate(frame))
            context.budget.charge(len(text) + 60)
            machine.log.append(machine.without_secrets(text))
            return None

        return execute

    def _return(self, node: tree.Expression | None) -> Execute:
        evaluate = self.expressions.compile(node) if node is not None else lambda frame: None
        machine = self.machine

        def execute(frame: Frame) -> object:
            machine.answer = evaluate(frame)
            return RETURN

        return execute

    def _throw(self, node: tree.Expression, line: int) -> Execute:
        evaluate = self.expressions.compile(node)
        context = self._context

        def execute(frame: Frame) -> object:
            value = evaluate(frame)
            if isinstance(value, Caught):
                raise DelugeRuntimeError(value.message, line=line, value=value.value)
            raise DelugeRuntimeError(context.text(value), line=line, value=value)

        return execute

    def _try(self, node: tree.Try) -> Execute:
        body, handler = self.block(node.body.statements), self.block(node.handler.statements)
        name = node.name.name
        as_value = self._context.policies.caught_value == "value"
        machine = self.machine

        def execute(frame: Frame) -> object:
            loops = len(machine.loops)
            try:
                return body(frame)
            except DelugeLimitError:
                raise
            except DelugeRuntimeError as error:
                del machine.loops[loops:]
                why = machine.without_secrets(error.why)
                frame[name] = (
                    error.value if as_value and error.value is not None else Caught(why, error.line, error.value)
                )
            return handler(frame)

        return execute

    def _if(self, node: tree.If) -> Execute:
        branches = [
            (self.expressions.condition(branch.condition), self.block(branch.body.statements))
            for branch in node.branches
        ]
        otherwise = self.block(node.otherwise.statements) if node.otherwise is not None else None

        def execute(frame: Frame) -> object:
            for condition, body in branches:
                if condition(frame):
                    return body(frame)
            return otherwise(frame) if otherwise is not None else None

        return execute

    def _for_each(self, node: tree.ForEach) -> Execute:
        iterable = self.expressions.compile(node.iterable)
        loop = compile_loop(node, self)
        items = self._items_of(node.line)
        index, machine = node.index, self.machine

        def execute(frame: Frame) -> object:
            values = items(iterable(frame))
            machine.loops.append(values)
            signal = loop(frame, range(len(values)) if index else values)
            machine.loops.pop()
            return None if signal == BREAK else signal

        return execute

    def _items_of(self, line: int) -> Callable[[Value], list[Value]]:
        """Return a function that copies the values to iterate over, so that the loop may change the list."""
        context = self._context

        def items(value: Value) -> list[Value]:
            if isinstance(value, Braces | Collection):
                value = [] if value.content is None else value.content
            if isinstance(value, dict):
                keys = sorted(value) if context.policies.map_order == "sorted" else list(value)
                value = keys if context.policies.loop_over_map == "keys" else [value[key] for key in keys]
            if isinstance(value, list):
                context.budget.charge(8 * len(value))
                return list(value)
            if isinstance(value, File):
                if len(value.content) > _MOST_BYTES_OF_A_CSV:
                    raise DelugeRuntimeError("a loop reads a CSV file of at most 2 MB", line=line, function="for each")
                lines = value.content.decode(value.charset, "replace").splitlines()
                context.budget.charge(len(value.content) + 60 * len(lines))
                return list(lines)
            if value is None:
                raise DelugeRuntimeError("what the loop runs over is null", line=line, function="for each")
            text = as_text(context, value)
            context.budget.charge(60 * (text.count(",") + 1))
            return list(text.split(","))

        return items

    def _task(self, node: tree.Task) -> Execute:
        entries = [(entry.key, self._entry_value(entry)) for entry in node.entries]
        name, line, runner = node.name, node.line, self._runner
        keep = self._kept_in(node.target)

        def execute(frame: Frame) -> object:
            result = runner.bracket_task(name, {key: value(frame) for key, value in entries}, line)
            if keep is not None:
                keep(frame, result)
            return None

        return execute

    def _entry_value(self, entry: tree.TaskEntry) -> Evaluate:
        node = entry.value.value if isinstance(entry.value, tree.Pair) else entry.value
        evaluate = self.expressions.compile(node)
        if isinstance(node, tree.Name) and entry.key.lower() in _BARE_WORD_KEYS:
            word = node.name
            return lambda frame: evaluate(frame) if word in frame else word
        return evaluate

    def _kept_in(self, target: tree.Name | tree.Field | None) -> Callable[[Frame, Value], object] | None:
        if target is None:
            return None
        if isinstance(target, tree.Field):
            box: list[Value] = [None]
            assign = self._assign_field(target, lambda frame: box[0])

            def keep(frame: Frame, result: Value) -> object:
                box[0] = result
                return assign(frame)

            return keep
        name = target.name
        return lambda frame, result: frame.__setitem__(name, result)


def _copying(value: Evaluate) -> Evaluate:
    def compute(frame: Frame) -> Value:
        result = value(frame)
        if isinstance(result, list | dict):
            return copy(result)
        if isinstance(result, Collection | Braces):
            twin = type(result)()
            twin.content = copy(result.content)
            return twin
        return result

    return compute
