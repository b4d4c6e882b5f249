"""The cases that grade a mutant of the built-ins: which there are, and which lines of the interpreter each executes.

A case is a test function of the files below with one set of its parameters. Left out are what random numbers decide
(hypothesis), what takes a fixture, and what is not run everywhere (marks `skipif` and `heavy`), so that a verdict is
the same each time.
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
    """Execute the test files anew, with the package that is in `sys.modules`, and return their cases by name."""
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
    """Which lines of some rooms of the package are executed, by "room.module", and how long each case takes.

    Attributes:
        at_import: The lines that are executed while the package is imported: each case depends on them.
        by: The cases that execute a line.
        within: The cases that execute any line of a module.
        seconds: CPU time of each case, while its lines are noted.
    """

    at_import: set[tuple[str, int]] = field(default_factory=set)
    by: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    within: dict[str, set[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def cases(self, module: str, lines: Collection[int]) -> list[str]:
        """Return the cases that a change in some lines can fail, those first that take little time.

        For what is executed when the package is imported, these are the cases that execute anything of its module.
        """
        places = [(module, line) for line in lines]
        if self.at_import.isdisjoint(places):
            found = {case for place in places for case in self.by.get(place, ())}
        else:
            found = self.within.get(module, set())
        return sorted(found, key=self.seconds.__getitem__)


def watched(package: str, rooms: Collection[str], load: Callable[[], dict[str, Case]]) -> Executed:
    """Load the cases, and with them the package; run each, and return which lines of the rooms they execute.

    Raises:
        Exception: what a case raises: the program as it is must pass all of them.
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
    """Return a function that calls another one only once for the same arguments, and without noting its lines."""
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
    """Return the functions and methods of the package as it is loaded, by "room.module.function"."""
    found: dict[str, FunctionType] = {}
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and str(each.__module__).startswith(f"{package}."):
            module, name = sys.modules.get(each.__module__), each.__code__.co_qualname
            if module is not None and each.__globals__ is module.__dict__ and "<" not in name:
                found[f"{each.__module__.removeprefix(package + '.')}.{name}"] = each
    return found


@cache
def _module(package: str, rooms: Collection[str], code: CodeType) -> str | None:
    """Return "room.module" of code of the rooms."""
    _, inside, path = code.co_filename.rpartition(f"/{package}/")
    name = path.removesuffix(".py").replace("/", ".")
    return name if inside and name.partition(".")[0] in rooms else None
