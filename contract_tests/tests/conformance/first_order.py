"""Automatic first-order mutants of a package's modules: each a program with one small change, loaded in this process.

Changes: comparisons flipped or moved by one, `and` for `or`, a negated condition, integers off by one, truth values
turned round, a sum for a difference, a statement deleted. Docstrings,
annotations and what builds messages are left alone, since no contract speaks of them.
"""

from __future__ import annotations

import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
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


@dataclass(frozen=True)
class Change:
    """One mutant: its name, which stays the same while the function around it stays, and its program."""

    name: str
    module: str
    tree: ast.Module


def changes(package: str, module: str) -> Iterator[Change]:
    """Every mutant of a module, in the order of the source."""
    spec = importlib.util.find_spec(f"{package}.{module}")
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text("utf-8"))
    seen: Counter[str] = Counter()
    for path, name in _sites(tree, "", ()):
        original = _at(tree, path)
        for number, what in _ways(original):
            mutated = copy.deepcopy(tree)
            _apply(mutated, path, number)
            label = f"{module}.{name}: {what}"
            seen[label] += 1
            suffix = f" #{seen[label]}" if seen[label] > 1 else ""
            yield Change(label + suffix, f"{package}.{module}", ast.fix_missing_locations(mutated))


Path_ = tuple[tuple[str, int | None], ...]


def _sites(node: ast.AST, name: str, path: Path_) -> Iterator[tuple[Path_, str]]:
    if path and any(True for _ in _ways(node)):
        yield path, name or "module"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        name = f"{name}.{node.name}".lstrip(".")
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params", "msg") or _is_message(node):
            continue
        if isinstance(value, ast.AST):
            yield from _sites(value, name, (*path, (field, None)))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from _sites(item, name, (*path, (field, index)))


def _is_message(node: ast.AST) -> bool:
    """Texts for people: f-strings, what is raised, docstrings."""
    if isinstance(node, ast.JoinedStr | ast.Raise | ast.Import | ast.ImportFrom):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _ways(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The changes that fit the node: a number for `_apply` and what a person reads."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for number, new in enumerate(COMPARISONS[type(node.ops[0])]):
            yield number, f"{ast.unparse(node)[:80]} -> {new.__name__}"
    elif isinstance(node, ast.BoolOp):
        yield 0, f"{ast.unparse(node)[:80]} -> {'or' if isinstance(node.op, ast.And) else 'and'}"
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield 0, f"not ({ast.unparse(node.test)[:80]})"
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield 0, f"{node.value} -> {not node.value}"
        elif isinstance(node.value, int):
            yield 0, f"{node.value} -> {node.value + 1}"
            yield 1, f"{node.value} -> {node.value - 1}"
    elif _is_deletable(node):
        yield 0, f"delete {ast.unparse(node)[:80]}"
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield 0, f"{ast.unparse(node)[:80]} -> {'-' if isinstance(node.op, ast.Add) else '+'}"


DELETABLE = (ast.AugAssign, ast.Delete, ast.Continue, ast.Break, ast.Raise)


def _is_deletable(node: ast.AST) -> bool:
    """Statements without which the program still has all its names."""
    return isinstance(node, DELETABLE) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await))


def _at(tree: ast.AST, path: Path_) -> ast.AST:
    node: Any = tree
    for field, index in path:
        node = getattr(node, field) if index is None else getattr(node, field)[index]
    return node  # type: ignore[no-any-return]


def _apply(tree: ast.AST, path: Path_, number: int) -> None:
    node: Any = _at(tree, path)
    if isinstance(node, ast.Compare):
        node.ops = [COMPARISONS[type(node.ops[0])][number]()]
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        node.test = ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.Constant):
        node.value = not node.value if isinstance(node.value, bool) else node.value + (1 if number == 0 else -1)
    elif isinstance(node, ast.BinOp):
        node.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
    else:
        holder: Any = _at(tree, path[:-1])
        field, index = path[-1]
        getattr(holder, field)[index] = ast.Pass()


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a changed program, and leaves the others to Python."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if fullname != self._change.module:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__package__ = self._change.module.rpartition(".")[0]
        exec(compile(self._change.tree, f"<{self._change.name}>", "exec"), module.__dict__)


@contextmanager
def loaded(package: str, change: Change | None) -> Iterator[ModuleType]:
    """The package imported anew with the change in it; afterwards everything is as before."""
    kept = {name: module for name, module in sys.modules.items() if name == package or name.startswith(f"{package}.")}
    for name in kept:
        del sys.modules[name]
    finder = _Finder(change) if change is not None else None
    if finder is not None:
        sys.meta_path.insert(0, finder)
    try:
        yield importlib.import_module(package)
    finally:
        if finder is not None:
            sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
            del sys.modules[name]
        sys.modules.update(kept)


class TookTooLong(BaseException):
    """The program did not come to an end; not an Exception, so that no handler of the program's takes it."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise `TookTooLong` after so many seconds; only in the main thread."""

    def ring(signum: int, frame: FrameType | None) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
