"""Automatic first-order mutants of a package's modules: each a program with one small change, loaded in this process.

Changes: comparisons flipped or moved by one, `and` for `or`, a condition negated, a `not` left out, numbers off by one,
truth values turned round, another text, a sum for a difference, a statement deleted. Docstrings, annotations and what
builds messages are left alone, since no contract speaks of them.
"""

from __future__ import annotations
import __future__

import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import resource
import signal
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}


Place = tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Change:
    """One mutant: its name, which stays the same while the function around it stays, and where its program differs."""

    name: str
    module: str
    place: Place
    way: int

    def tree(self) -> ast.Module:
        """Return the changed program."""
        mutated = ast.parse(_source(self.module)[1])
        _apply(mutated, self.place, self.way)
        return ast.fix_missing_locations(mutated)

    def put_into(self, function: FunctionType) -> bool:
        """Give a function that is loaded its code from the changed program.

        Return False, and leave it as it is, if that is not enough: the change is in a default value, which is
        evaluated but once, or is not in this function.
        """
        if any(field in ("defaults", "kw_defaults") for field, _ in self.place):
            return False
        old = function.__code__
        flags = __future__.annotations.compiler_flag
        for code in _nested(compile(self._statement(), f"<{self.name}>", "exec", flags)):
            if (code.co_qualname, code.co_firstlineno) == (old.co_qualname, old.co_firstlineno):
                if code.co_freevars != old.co_freevars:
                    return False
                function.__code__ = code
                return True
        return False

    def _statement(self) -> ast.Module:
        """Return the part of the changed program that differs: one statement, at its place in the file."""
        (_, index), *inner = self.place
        assert index is not None
        alone = ast.Module([copy.deepcopy(_tree(self.module).body[index])], [])
        _apply(alone, (("body", 0), *inner), self.way)
        return ast.fix_missing_locations(alone)

    def lines(self) -> range:
        """Return the lines of the file at one of which a run arrives before it executes what is changed."""
        node: Any = _tree(self.module)
        inmost: Any = None
        for field, index in self.place:
            node = getattr(node, field) if index is None else getattr(node, field)[index]
            inmost = node if isinstance(node, ast.stmt) else inmost
        last = inmost.end_lineno
        if isinstance(inmost, ast.If | ast.While | ast.For | ast.With):
            last = max(inmost.lineno, inmost.body[0].lineno - 1)  # the head: the body has statements of its own
        return range(inmost.lineno, last + 1)


def _nested(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _nested(constant)


def changes(package: str, module: str, without: Collection[str] = ()) -> Iterator[Change]:
    """Yield every mutant of a module in the order of the source, but for those in functions or classes `without`."""
    whole = f"{package}.{module}"
    seen: Counter[str] = Counter()
    for place, name in _sites(_tree(whole), "", ()):
        if any(name == left or name.startswith(f"{left}.") for left in without):
            continue
        for way, what in _ways(_at(_tree(whole), place)):
            label = f"{module}.{name}: {what}"
            seen[label] += 1
            yield Change(f"{label} #{seen[label]}" if seen[label] > 1 else label, whole, place, way)


@cache
def _source(module: str) -> tuple[str, str]:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return spec.origin, Path(spec.origin).read_text("utf-8")


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module)[1])


@cache
def _code(module: str) -> CodeType:
    origin, source = _source(module)
    return compile(source, origin, "exec")


def _sites(node: ast.AST, name: str, place: Place) -> Iterator[tuple[Place, str]]:
    if place and any(True for _ in _ways(node)):
        yield place, name or "module"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        name = f"{name}.{node.name}".lstrip(".")
    if _is_message(node):
        return
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params", "msg"):
            continue
        if isinstance(value, ast.AST):
            yield from _sites(value, name, (*place, (field, None)))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from _sites(item, name, (*place, (field, index)))


def _is_message(node: ast.AST) -> bool:
    """Return texts for people: f-strings, what is raised, docstrings."""
    if isinstance(node, ast.JoinedStr | ast.Raise | ast.Import | ast.ImportFrom):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _ways(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the changes that fit the node: a number for `_apply` and what a person reads."""
    if isinstance(node, ast.Compare):
        for number, (index, new) in enumerate(_comparisons(node)):
            which = f" ({index + 1})" if len(node.ops) > 1 else ""
            yield number, f"{_text(node)}{which} -> {new.__name__}"
    elif isinstance(node, ast.BoolOp):
        yield 0, f"{_text(node)} -> {'or' if isinstance(node.op, ast.And) else 'and'}"
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield 0, f"not ({_text(node.test)})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield 0, f"{_text(node)} -> {_text(node.operand)}"
    elif isinstance(node, ast.Constant):
        for number, new_value in enumerate(_constants(node.value)):
            yield number, f"{_text(node)} -> {new_value!r}" if len(repr(new_value)) < LONGEST else f"{_text(node)} -> …"
    elif _is_deletable(node):
        yield 0, f"delete {_text(node)}"
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield 0, f"{_text(node)} -> {'-' if isinstance(node.op, ast.Add) else '+'}"


LONGEST = 80
DELETABLE = (ast.AugAssign, ast.Delete, ast.Continue, ast.Break, ast.Raise)


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:LONGEST]


def _comparisons(node: ast.Compare) -> list[tuple[int, type[ast.cmpop]]]:
    return [(index, new) for index, op in enumerate(node.ops) for new in COMPARISONS[type(op)]]


def _constants(value: object) -> tuple[object, ...]:
    """Return what takes the place of a constant."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int | float):
        return (value + 1, value - 1)
    if isinstance(value, str):
        return (f"{value}~",)
    return (value + b"~",) if isinstance(value, bytes) else ()


def _is_deletable(node: ast.AST) -> bool:
    """Return statements without which the program still has all its names."""
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets)
    return isinstance(node, DELETABLE) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await))


def _at(tree: ast.AST, place: Place) -> ast.AST:
    node: Any = tree
    for field, index in place:
        node = getattr(node, field) if index is None else getattr(node, field)[index]
    return node  # type: ignore[no-any-return]


def _apply(tree: ast.AST, place: Place, way: int) -> None:
    node: Any = _at(tree, place)
    if isinstance(node, ast.Compare):
        index, new = _comparisons(node)[way]
        node.ops[index] = new()
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        node.test = ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.UnaryOp):
        _put(tree, place, node.operand)
    elif isinstance(node, ast.Constant):
        node.value = _constants(node.value)[way]
    elif isinstance(node, ast.BinOp):
        node.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
    else:
        _put(tree, place, ast.Pass())


def _put(tree: ast.AST, place: Place, node: ast.AST) -> None:
    holder: Any = _at(tree, place[:-1])
    field, index = place[-1]
    if index is None:
        setattr(holder, field, node)
    else:
        getattr(holder, field)[index] = node


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads the modules of a package from code that is compiled once, one of them from a changed program."""

    def __init__(self, package: str, change: Change | None) -> None:
        self._package, self._change = package, change

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if not fullname.startswith(f"{self._package}."):
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path)
        if found is None or found.submodule_search_locations is not None:
            return found
        spec = importlib.util.spec_from_loader(fullname, self, origin=found.origin)
        assert spec is not None
        spec.has_location = True  # modules find their data by __file__
        return spec

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        changed = self._change if self._change and self._change.module == module.__name__ else None
        exec(
            compile(changed.tree(), f"<{changed.name}>", "exec") if changed else _code(module.__name__), module.__dict__
        )


@contextmanager
def loaded(package: str, change: Change | None, keep: Collection[str] = ()) -> Iterator[ModuleType]:
    """Import the package anew with the change in it; afterwards everything is as before.

    Args:
        package: The package's name.
        change: The mutant; None for the program as it is.
        keep: Modules and subpackages that import nothing of what is changed: they stay as they are loaded.
    """
    kept = {name: module for name, module in sys.modules.items() if name == package or name.startswith(f"{package}.")}
    for name in kept:
        if name.removeprefix(f"{package}.").partition(".")[0] not in keep:
            del sys.modules[name]
    finder = _Finder(package, change)
    sys.meta_path.insert(0, finder)
    try:
        yield importlib.import_module(package)
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
            del sys.modules[name]
        sys.modules.update(kept)


class TookTooLong(BaseException):
    """The program did not come to an end; not an Exception, so that no handler of the program's takes it."""


WAITING = 10
MEMORY = 1 << 30


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise `TookTooLong` after so many seconds of CPU time, or ten times as many by the clock.

    Only in the main thread. CPU time, so that a busy machine makes no program too slow. A program that takes another
    GiB of memory gets a `MemoryError`, where the system can limit it.
    """

    def ring(signum: int, frame: FrameType | None) -> None:
        raise TookTooLong

    timers = {signal.SIGPROF: (signal.ITIMER_PROF, seconds), signal.SIGALRM: (signal.ITIMER_REAL, WAITING * seconds)}
    before = {number: signal.signal(number, ring) for number in timers}
    limits = resource.getrlimit(resource.RLIMIT_AS)
    size = _address_space()
    if size is not None:
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, limits[1]))
    for timer, after in timers.values():
        signal.setitimer(timer, after)
    try:
        yield
    finally:
        for timer, _ in timers.values():
            signal.setitimer(timer, 0)
        resource.setrlimit(resource.RLIMIT_AS, limits)
        for number, handler in before.items():
            signal.signal(number, handler)


def _address_space() -> int | None:
    """Return bytes of this process's address space; None where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return None
