"""The cases that grade mutants of the built-in functions, and the lines of the package that each case executes.

A case is a test function of the files below with one set of parameters, or one row of its table. So that results are
reproducible, tests that use hypothesis or fixtures, or have the marks `skipif` or `heavy`, are left out.
"""

from __future__ import annotations

import gc
import inspect
import itertools
import sys
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

FILES = ("facts", "builtins", "values", "edges", "formats", "conversions", "account", "interpreter")
HERE = Path(__file__).resolve().parent

Case = Callable[[], None]


def loaded_cases() -> dict[str, Case]:
    """Execute the test files again, with the package in `sys.modules`, and return their cases by name."""
    found: dict[str, Case] = {}
    for name in FILES:
        path = HERE / f"test_deluge_{name}.py"
        module: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
        exec(_code(path), module)
        for label, value in module.items():
            if label.startswith("test_") and not hasattr(value, "hypothesis"):
                found.update(_with_parameters(f"{name}.{label}", value))
    return found


@cache
def _code(path: Path) -> CodeType:
    return compile(path.read_text("utf-8"), path, "exec")


def _with_parameters(name: str, test: Callable[..., None]) -> Iterator[tuple[str, Case]]:
    if hasattr(test, "rows"):
        one, rows = test.rows
        for number, arguments in enumerate(rows):
            yield f"{name}[{number}]", partial(one, **arguments)
        return
    marks = getattr(test, "pytestmark", [])
    if any(mark.name != "parametrize" for mark in marks):
        return
    tables = []
    for mark in marks:
        names, rows = mark.args
        names = [each.strip() for each in names.split(",")] if isinstance(names, str) else names
        tables.append([dict(zip(names, row if len(names) > 1 else (row,), strict=True)) for row in rows])
    for number, chosen in enumerate(itertools.product(*tables)):
        arguments = {key: value for row in chosen for key, value in row.items()}
        if arguments.keys() == inspect.signature(test).parameters.keys():
            yield f"{name}[{number}]", partial(test, **arguments)


@dataclass
class Executed:
    """The lines of some subpackages that the cases execute, and the time that each case takes.

    A line is a pair of its module ("subpackage.module") and its number.

    Attributes:
        at_import: The lines that are executed while the package is imported. Every case depends on them.
        by: For each line, the cases that execute it.
        within: For each module, the cases that execute any of its lines.
        seconds: CPU seconds of each case, including the tracing of lines.
    """

    at_import: set[tuple[str, int]] = field(default_factory=set)
    by: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    within: dict[str, set[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def cases(self, module: str, lines: Collection[int]) -> list[str]:
        """Return the cases that a change in some lines may cause to fail, fastest first.

        If one of the lines is executed at import, these are all cases that execute any line of the module.
        """
        places = [(module, line) for line in lines]
        if self.at_import.isdisjoint(places):
            found = {case for place in places for case in self.by.get(place, ())}
        else:
            found = self.within.get(module, set())
        return sorted(found, key=self.seconds.__getitem__)


def watched(package: str, rooms: Collection[str], load: Callable[[], dict[str, Case]]) -> Executed:
    """Load the cases, which imports the package; run each case, and return the executed lines.

    Args:
        package: The name of the package.
        rooms: The subpackages whose lines are recorded.
        load: Imports the package and returns the cases by name.

    Raises:
        Exception: what a case raises. The unchanged program must pass all cases.
    """
    seen: set[tuple[str, int]] = set()

    def note_line(frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        name = _module(package, rooms, frame.f_code)
        if name is None:
            return None
        seen.add((name, frame.f_lineno))

        def note(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
            seen.add((name, frame.f_lineno))
            return note

        return note

    executed = Executed()
    sys.settrace(note_line)
    try:
        cases = load()
        executed.at_import |= seen
        for name, case in cases.items():
            seen.clear()
            started = time.process_time()
            case()
            executed.seconds[name] = time.process_time() - started
            for place in seen:
                executed.by.setdefault(place, set()).add(name)
                executed.within.setdefault(place[0], set()).add(name)
    finally:
        sys.settrace(None)
    return executed


def untraced(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a cached version of a function, which runs without the tracing of lines."""
    known: dict[Any, Any] = {}

    def call(*arguments: Any) -> Any:
        if arguments not in known:
            tracer = sys.gettrace()
            sys.settrace(None)
            try:
                known[arguments] = function(*arguments)
            finally:
                sys.settrace(tracer)
        return known[arguments]

    return call


def functions(package: str) -> dict[str, FunctionType]:
    """Return the functions and methods of the loaded package, by "subpackage.module.function"."""
    found: dict[str, FunctionType] = {}
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and str(each.__module__).startswith(f"{package}."):
            module, name = sys.modules.get(each.__module__), each.__code__.co_qualname
            if module is not None and each.__globals__ is module.__dict__ and "<" not in name:
                found[f"{each.__module__.removeprefix(package + '.')}.{name}"] = each
    return found


@cache
def _module(package: str, rooms: Collection[str], code: CodeType) -> str | None:
    """Return "subpackage.module" for code of the given subpackages; None for other code."""
    _, inside, path = code.co_filename.rpartition(f"/{package}/")
    name = path.removesuffix(".py").replace("/", ".")
    return name if inside and name.partition(".")[0] in rooms else None
