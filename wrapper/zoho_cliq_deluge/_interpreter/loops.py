"""Compile loops that run often to Python functions, which are faster than one closure per node.

Closures execute the first iterations; a short loop never needs more. After them, a function is compiled for the types
that the variables have at that time. It checks no types for variables that are integers or texts. If integers begin
with values so small that all results in the loop fit in 64 bits, it does not check for overflow either. For the same
types, at most two functions are compiled: one that relies on bounds of integers, and one that does not. After a few
combinations of types, one function for any types is used.

The function keeps the script's variables in local variables. It writes them back to the frame, and the number of
executed statements to the budget, before anything that can read them: closures, statements with blocks, checks of the
limits, and the end of the loop, even by an error. Statements are counted in groups, before the first one of the group;
those that are not reached after all are subtracted.

Closures also execute an iteration that may reach the statement limit, and a loop that may read a variable without a
value. The generated source contains only names and numbers; texts and other values of the script are passed as
variables.
"""

from __future__ import annotations

import contextlib
from array import array
from typing import Any, NamedTuple

from .. import tree
from .loop_analysis import MOST_ITERATIONS, SMALL, Bounds, inline_count, limits_of
from .loop_compiler import Loop, LoopCompiler
from .loop_source import Kind
from .machine import Execute, Frame, Statements

__all__ = ["Loop", "compile_loop", "plain_loop"]

_MOST_STATEMENTS = 200
_MOST_VARIANTS = 4
_FIRST_ITERATIONS = 100
"""Iterations by closures before a loop is compiled; compiling takes as long as a few hundred statements."""
_KINDS: dict[type | None, Kind] = {int: int, str: str}


def plain_loop(node: tree.ForEach, statements: Statements) -> Loop:
    """Return a function that runs a loop with one closure per statement."""
    body: Execute | None = None
    name = node.variable.name

    def loop(frame: Frame, values: Any) -> object:
        nonlocal body
        body = body or statements.block(node.body.statements)
        for value in values:
            frame[name] = value
            signal = body(frame)
            if signal is not None and signal != "continue":
                return signal
        return None

    return loop


def compile_loop(node: tree.ForEach, statements: Statements) -> Loop:
    """Return a function that executes a loop's body for each value, and returns None or a signal.

    The first `_FIRST_ITERATIONS` iterations are executed by closures, all others by a compiled function. A loop with
    more than `_MOST_STATEMENTS` statements is never compiled.
    """
    plain = plain_loop(node, statements)
    if inline_count(node.body.statements) > _MOST_STATEMENTS:
        return plain
    compiled = _Variants(node, statements, plain)
    visited = 0

    def loop(frame: Frame, values: Any) -> object:
        nonlocal visited
        if visited >= _FIRST_ITERATIONS:
            return compiled.run(frame, values)
        first = values[: _FIRST_ITERATIONS - visited]
        visited += len(first)
        signal = plain(frame, first)
        if signal is None and len(first) < len(values):
            return compiled.run(frame, values[len(first) :])
        return signal

    return loop


class _Known(NamedTuple):
    """What is known about the values of a variable: their type, and their bounds if they are integers."""

    kind: Kind = None
    bounds: Bounds | None = None


class _Variants:
    """The compiled functions of one loop, each for certain types and bounds of the variables when the loop begins.

    For the same types there are at most two: one for the bounds that occurred first, and one for any bounds.
    """

    def __init__(self, node: tree.ForEach, statements: Statements, plain: Loop) -> None:
        self._node = node
        self._statements = statements
        self._plain = plain
        self._needed: tuple[str, ...] | None = None
        self._limits: dict[str, Bounds] = {}
        self._made: dict[tuple[_Known, ...], Loop] = {}

    def run(self, frame: Frame, values: Any) -> object:
        """Execute the loop for the values; return None or a signal."""
        if self._needed is None:
            self._needed = self._prepared()
        try:
            held = [frame[name] for name in self._needed]
        except KeyError:
            return self._plain(frame, values)
        known = (_of_all(values, self._limits.get(self._node.variable.name)), *map(self._of, self._needed, held))
        if len(values) > MOST_ITERATIONS:
            known = _without_bounds(known)
        if known not in self._made:
            known = self._chosen(known)
        return self._made[known](frame, values)

    def _prepared(self) -> tuple[str, ...]:
        """Return the variables that the loop needs, and record the integers whose bounds matter."""
        written = LoopCompiler(self._node, self._statements, None, {}, {})
        written.write()
        self._limits = limits_of(self._node, written.needed)
        return tuple(sorted(written.needed))

    def _chosen(self, known: tuple[_Known, ...]) -> tuple[_Known, ...]:
        """Return the key of a function that suits these types and bounds; compile one if there is none."""
        kinds = [each.kind for each in known]
        if any([each.kind for each in made] == kinds for made in self._made):
            known = _without_bounds(known)
        if known not in self._made and len(self._made) >= _MOST_VARIANTS:
            known = (_Known(),) * len(known)
        if known not in self._made:
            self._made[known] = self._compiled(*known)
        return known

    def _compiled(self, of_values: _Known, *of_needed: _Known) -> Loop:
        self._statements.machine.context.budget.look_at_clock()
        assert self._needed is not None
        begin = dict(zip(self._needed, of_needed, strict=True))
        known = {name: each.kind for name, each in begin.items()}
        begin[self._node.variable.name] = of_values
        bounds = {name: each.bounds for name, each in begin.items() if each.bounds is not None}
        while True:
            written = LoopCompiler(self._node, self._statements, of_values.kind, known, bounds)
            written.write()
            if not written.changing:
                return written.compile()
            known |= dict.fromkeys(written.changing)

    def _of(self, name: str, value: Any) -> _Known:
        """Return the type and bounds of a variable when the loop begins."""
        kind = _KINDS.get(type(value))
        limit = self._limits.get(name) if kind is int else None
        return _Known(kind, limit if limit is not None and limit[0] <= value <= limit[1] else None)


def _without_bounds(known: tuple[_Known, ...]) -> tuple[_Known, ...]:
    return tuple(_Known(each.kind) for each in known)


def _of_all(values: Any, limit: Bounds | None) -> _Known:
    """Return the common type of a loop's values, and their bounds if ``limit`` is given; unknown if types differ."""
    if isinstance(values, range):
        return _Known(int, (0, SMALL[1]))
    first = type(values[0]) if values else None
    kind = _KINDS.get(first)
    if kind is None or [value for value in values if type(value) is not first]:
        return _Known()
    return _Known(kind, _bounds_of_all(values) if limit is not None and kind is int else None)


def _bounds_of_all(values: list[int]) -> Bounds | None:
    """Return bounds of integers; None if they need more than 32 bits.

    Conversion to an array is much faster than `min` and `max`.
    """
    for code, bounds in (("I", (0, 2**32 - 1)), ("i", SMALL)):
        with contextlib.suppress(OverflowError):
            array(code, values)
            return bounds
    return None
