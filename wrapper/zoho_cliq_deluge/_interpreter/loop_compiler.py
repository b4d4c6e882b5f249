"""Compile a loop to a Python function: generate its source line by line, and bind what the lines use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .. import tree
from ..failures import DelugeLimitError, DelugeRuntimeError, Failure, LimitReached
from .loop_analysis import LEAVING, Bounds, assigned_by, bounds_of, inline_count, surely_assigned
from .loop_expressions import LoopExpressions
from .loop_source import Kind, Place, Source
from .machine import Execute, Frame, Statements

__all__ = ["Loop", "LoopCompiler"]

Loop = Callable[[Frame, Any], object]
"""A compiled loop: takes the variables and the values to iterate over, and returns None or a signal."""

_DEEPEST = 8
_MISSING = object()


class LoopCompiler:
    """Generates and compiles the function of a loop.

    Args:
        node: The loop.
        statements: The compiler of statements to closures.
        kind: The type of the values that the loop iterates over; None if it is unknown.
        known: The variables that have a value when the loop begins, with their types (None if unknown).
        bounds: Integer variables, with their bounds when the loop begins. The bounds of the loop variable include all
            of its values.

    Attributes:
        changing: The variables that may have another type in a later iteration; complete after `write`.
    """

    def __init__(
        self,
        node: tree.ForEach,
        statements: Statements,
        kind: Kind,
        known: dict[str, Kind],
        bounds: Mapping[str, Bounds],
    ) -> None:
        self._node = node
        self._statements = statements
        self._kind = kind
        self._begin = known
        self._source = Source(known, node.line)
        self._source.bounds = bounds_of(node, bounds, known)
        self._expressions = LoopExpressions(self._source, statements)
        self._counted = True  # whether the check before the iteration covers the next statements
        self.changing: set[str] = set()

    @property
    def needed(self) -> set[str]:
        """Return the variables that must have a value when the loop begins, except those in ``known``."""
        return self._source.needed

    def write(self) -> None:
        """Generate the source of the function."""
        node, source = self._node, self._source
        variable = source.assigned(node.variable.name)
        source.set(node.variable.name, self._kind)
        source.add(0, "def loop(frame, values, budget=budget, joined=joined):")
        source.add(1, "n = budget.executed")
        source.add(1, "get = frame.get")
        source.load(1, source.locals)
        source.add(1, "try:")
        source.add(2, f"for {variable} in values:")
        paid = self._paid(3, node.body.statements)
        self._limits(3, paid)
        source.store(3, node.variable.name)
        self._block(3, node.body.statements, paid, 0)
        self._next_iteration()
        source.place = Place(node.line, 0)
        source.add(1, "except BaseException as problem:")
        source.add(2, "line, behind = places[problem.__traceback__.tb_lineno]")
        source.add(2, "n -= behind")
        source.add(2, "if isinstance(problem, problems): raise located(problem, line) from None")
        source.add(2, "raise")
        source.add(1, "finally:")
        source.save(2)
        source.add(1, "return None")

    def compile(self) -> Loop:
        """Return the generated function, compiled. Call `write` first."""
        source = self._source
        budget = self._statements.machine.context.budget
        names = {
            **source.constants,
            "budget": budget,
            "joined": budget.joined,
            "located": _located,
            "problems": (LimitReached, Failure),
            "places": source.places,
            "missing": _MISSING,
            "save": self._saver(),
            "look": self._looker(),
            "ahead": self._ahead(),
        }
        exec(compile(source.python(), "<loop>", "exec"), names)
        loop: Loop = names["loop"]
        return loop

    def _saver(self) -> Callable[..., None]:
        """Return the function that writes the variables back to the frame, and the statement count to the budget."""
        names = list(self._source.written)
        budget = self._statements.machine.context.budget

        def save(frame: Frame, executed: int, *values: Any) -> None:
            budget.executed = executed
            for name, value in zip(names, values, strict=True):
                if value is not _MISSING:
                    frame[name] = value

        return save

    def _looker(self) -> Callable[..., None]:
        """Return the function that checks the limits between two statements."""
        save, machine = self._saver(), self._statements.machine

        def look(frame: Frame, executed: int, line: int, *values: Any) -> None:
            save(frame, executed, *values)
            machine.look(line)

        return look

    def _ahead(self) -> Callable[..., bool]:
        """Return the function that checks the limits before an iteration.

        It returns False, without a check, if the iteration may exceed the statement limit.
        """
        statements = self._node.body.statements
        most, line = inline_count(statements), statements[0].line if statements else 0
        look, limit = self._looker(), self._statements.machine.context.policies.statement_limit

        def ahead(frame: Frame, executed: int, *values: Any) -> bool:
            if limit and executed + most > limit:
                return False
            look(frame, executed, line, *values)
            return True

        return ahead

    def _next_iteration(self) -> None:
        """Record the variables whose type at the end of an iteration differs from that at the beginning."""
        known = self._source.known
        self.changing |= {name for name, kind in self._begin.items() if kind is not None and known[name] is not kind}

    def _limits(self, depth: int, paid: int) -> None:
        """Add the lines that check the limits before an iteration in which a check is due.

        If the iteration may exceed the statement limit, the lines execute it by closures instead, which check the limit
        before each statement.
        """
        source, statements = self._source, self._node.body.statements
        if not statements:
            return
        more = inline_count(statements) - paid
        source.add(depth, f"n += {paid}")
        source.place = Place(statements[0].line, paid - 1)
        source.look_ahead(depth, f"n + {more}" if more else "n")
        source.place = Place(self._node.line, paid)
        body = source.constant(_lazy(lambda: self._statements.block(statements)))
        self._closure(depth + 1, body, source.locals)
        source.add(depth + 1, f"n -= {paid}")
        source.add(depth + 1, "if signal is None or signal == 'continue': continue")
        source.add(depth + 1, "if signal == 'break': break")
        source.add(depth + 1, "return signal")

    def _closure(self, depth: int, closure: str, reloaded: dict[str, str] | set[str]) -> None:
        """Add the lines that call a closure. It reads and assigns variables in the frame, and counts its statements."""
        source, behind = self._source, self._source.place.behind
        source.save(depth)
        source.add(depth, "try:")
        source.add(depth + 1, f"signal = {closure}(frame)")
        source.add(depth, "finally:")
        source.add(depth + 1, f"n = budget.executed + {behind}" if behind else "n = budget.executed")
        source.load(depth + 1, reloaded)

    def _groups(self, depth: int, statements: Sequence[tree.Statement]) -> Iterator[list[tree.Statement]]:
        """Yield the statements in groups. All statements of a group are counted before its first one."""
        group: list[tree.Statement] = []
        for statement in statements:
            group.append(statement)
            if isinstance(statement, LEAVING):
                break  # the rest is never executed and must not be counted
            if self._is_opaque(statement, depth):
                yield group
                group = []
        if group:
            yield group

    def _paid(self, depth: int, statements: Sequence[tree.Statement]) -> int:
        """Return how many statements of a block can be counted before its first one."""
        group = next(self._groups(depth, statements), [])
        return len(group) + sum(self._paid_by_all(depth, each) for each in group if isinstance(each, tree.If))

    def _paid_by_all(self, depth: int, node: tree.If) -> int:
        """Return how many statements can be counted before an `if`, because each of its branches executes that many."""
        if node.otherwise is None or self._is_opaque(node, depth):
            return 0
        blocks = [(depth + place, branch.body) for place, branch in enumerate(node.branches, 1)]
        blocks.append((depth + len(node.branches), node.otherwise))
        return min(self._paid(inner, block.statements) for inner, block in blocks)

    def _block(self, depth: int, statements: Sequence[tree.Statement], paid: int, behind: int) -> None:
        """Add the lines of a block.

        Args:
            depth: The indentation level of the lines.
            statements: The statements of the block.
            paid: How many of them were counted already.
            behind: How many statements after the block were counted already.
        """
        source = self._source
        for group in self._groups(depth, statements):
            inner = [self._paid_by_all(depth, each) if isinstance(each, tree.If) else 0 for each in group]
            count = len(group) + sum(inner)
            if count > paid:
                source.add(depth, f"n += {count - paid}")
            paid = 0
            for statement, of_branch in zip(group, inner, strict=True):
                count -= 1
                source.place = Place(statement.line, behind + count)
                if not self._counted or self._expressions.may_have_charged:
                    source.look(depth)
                self._expressions.may_have_charged = False
                self._statement(depth, statement, of_branch)
                count -= of_branch
        if not statements:
            source.add(depth, "pass")

    def _is_opaque(self, node: tree.Statement, depth: int) -> bool:
        """Return whether a statement is executed by its closure, which may read and assign any variable."""
        if isinstance(node, tree.ForEach | tree.Try):
            return True
        if isinstance(node, tree.If):
            return depth >= _DEEPEST or any(self._calls_function(branch.condition) for branch in node.branches)
        return self._calls_function(node)

    def _calls_function(self, node: tree.Node) -> bool:
        functions = self._statements.machine.functions
        return bool(functions) and any(
            isinstance(each, tree.Call) and each.name in functions for each in tree.walk(node)
        )

    def _statement(self, depth: int, node: tree.Statement, paid: int) -> None:
        source, expressions = self._source, self._expressions
        if self._is_opaque(node, depth):
            self._opaque(depth, node)
        elif isinstance(node, tree.Assign) and isinstance(node.target, tree.Name) and self._statements.keeps_references:
            self._assign(depth, node, node.target)
        elif isinstance(node, tree.Break | tree.Continue):
            self._take_off(depth)
            self._leave(depth, node)
        elif isinstance(node, tree.If):
            self._if(depth, node, paid)
        elif isinstance(node, tree.ExpressionStatement):
            expressions.by_closure(depth, node.expression)
        else:
            expressions.run(depth, node)
            if isinstance(node, tree.Return):
                self._take_off(depth)
                source.add(depth, "return 'return'")
            for name in assigned_by([node]):
                source.assigned(name)
                source.load(depth, {name})
                source.set(name)

    def _take_off(self, depth: int) -> None:
        """Add the line that subtracts statements which were counted but are not executed."""
        if self._source.place.behind:
            self._source.add(depth, f"n -= {self._source.place.behind}")

    def _leave(self, depth: int, node: tree.Break | tree.Continue) -> None:
        self._source.add(depth, "break" if isinstance(node, tree.Break) else "continue")
        if isinstance(node, tree.Continue):
            self._next_iteration()

    def _opaque(self, depth: int, node: tree.Statement) -> None:
        source = self._source
        names = assigned_by([node])
        for name in names:
            source.assigned(name)
            source.changed(name)
        self._closure(depth, source.constant(self._statements.statement(node)), names)
        if isinstance(node, tree.If | tree.Try | tree.Return | tree.ForEach):
            source.add(depth, "if signal is not None:")
            self._take_off(depth + 1)
            source.add(depth + 1, "if signal == 'break': break")
            source.add(depth + 1, "if signal == 'continue': continue")
            source.add(depth + 1, "return signal")
            self._next_iteration()
        for name in surely_assigned([node]):
            source.set(name)
        self._counted = False

    def _assign(self, depth: int, node: tree.Assign, target: tree.Name) -> None:
        source = self._source
        if node.operator == "=":
            value = self._expressions.expression(depth, node.value)
        else:
            value = self._expressions.augmented(depth, node, target)
        source.add(depth, f"{source.assigned(target.name)} = {value.python}")
        source.store(depth, target.name)
        source.set(target.name, value.kind)

    def _if(self, depth: int, node: tree.If, paid: int) -> None:
        """Add the lines of an `if`. In each of its branches, ``paid`` statements were counted already."""
        source = self._source
        ends: list[dict[str, Kind] | None] = []
        counted = self._counted
        left = depth
        charged = False
        here = source.place
        behind = here.behind - paid
        for branch in node.branches:
            condition = self._expressions.condition(left, branch.condition)
            before, had_charged, was_counted = source.known, self._expressions.may_have_charged, self._counted
            source.known = dict(before)
            source.add(left, f"if {condition}:")
            ends.append(self._branch(left + 1, branch.body.statements, paid, behind))
            charged |= self._expressions.may_have_charged
            counted &= self._counted
            source.known, self._expressions.may_have_charged, self._counted = before, had_charged, was_counted
            source.place = here
            source.add(left, "else:")
            left += 1
        otherwise = node.otherwise.statements if node.otherwise is not None else ()
        ends.append(self._branch(left, otherwise, paid, behind))
        self._counted &= counted
        self._expressions.may_have_charged |= charged
        reached = [end for end in ends if end is not None]
        if reached:
            source.meet(reached)

    def _branch(
        self, depth: int, statements: Sequence[tree.Statement], paid: int, behind: int
    ) -> dict[str, Kind] | None:
        """Add a branch; return the known variables at its end, with their types, or None if the end is not reached."""
        self._block(depth, statements, paid, behind)
        return None if any(isinstance(each, LEAVING) for each in statements) else self._source.known


def _lazy(make: Callable[[], Execute]) -> Execute:
    """Return a closure that is compiled when it is first executed."""
    made: Execute | None = None

    def execute(frame: Frame) -> object:
        nonlocal made
        made = made or make()
        return made(frame)

    return execute


def _located(problem: Failure | LimitReached, line: int) -> DelugeRuntimeError:
    """Return the error for a failure, with the line."""
    kind = DelugeLimitError if isinstance(problem, LimitReached) else DelugeRuntimeError
    return kind(problem.why, line=line)
