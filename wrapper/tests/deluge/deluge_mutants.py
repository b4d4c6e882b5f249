"""Grade first-order mutants of the interpreter's built-in functions and values.

    python wrapper/tests/deluge/deluge_mutants.py [--processes N] [--sample | --all [--part I/N] | PART OF A NAME ...]

Print a line for each mutant whose result differs from `deluge_survivors.toml`: one that survives but is not listed, or
is listed but does not survive. Exit with code 1 if there are any. `--all` grades every mutant, in a few minutes of
processor time. `--sample` grades one in sixteen. The sample depends on a digest of all inputs of the result, so that it
differs after each change. `--part 0/4` grades the first quarter of the chosen mutants.

A mutant is the program with one small change (see `mutation.first_order`). Each mutant has its own process, which
runs the cases that execute the changed line, until one fails. A case also fails if it takes more than 0.3 seconds plus
five times its CPU time in the unchanged program.
"""

from __future__ import annotations

import argparse
import ast
import gc
import hashlib
import importlib
import os
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from types import FunctionType
from unittest import mock

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(HERE.parent), str(ROOT / "scripts")]  # for helper modules

from deluge_cases import FILES, Case, Executed, functions, loaded_cases, untraced, watched  # noqa: E402
from mutation.first_order import Change, at_most, changes, loaded  # noqa: E402

PACKAGE = "zoho_cliq_deluge"
ROOMS = ("_functions", "_values")
KEPT = ("_syntax", "tree", "policies", "failures", "tasks")
"""Modules that import nothing from the mutated subpackages; they are not reloaded for each mutant."""
KINDS = ("equivalent", "missed")
SURVIVORS = HERE / "deluge_survivors.toml"
INPUTS = (
    f"wrapper/{PACKAGE}",
    "scripts/mutation",
    *(f"wrapper/tests/deluge/{name}" for name in ("deluge_cases.py", "deluge_mutants.py", SURVIVORS.name)),
    "wrapper/tests/deluge_checks.py",
    *(f"wrapper/tests/deluge/test_deluge_{name}.py" for name in FILES),
    "requirements.lock",
)
ONE_IN = 16
MOST_IN_A_GROUP = 20


@cache
def mutants() -> list[Change]:
    """Return all mutants of the subpackages in `ROOMS`, in the order of the source. `__all__` is not mutated."""
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / "wrapper" / PACKAGE / room).glob("[a-z]*.py")):
            exports = _exports(ast.parse(path.read_text("utf-8")))
            found += [each for each in changes(PACKAGE, f"{room}.{path.stem}") if each.place[0] != exports]
    return found


def _exports(tree: ast.Module) -> tuple[str, int | None]:
    """Return the place of the assignment to `__all__` in a module."""
    for number, statement in enumerate(tree.body):
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
            return "body", number
    return "", None


@cache
def digest() -> str:
    """Return a digest of all files, and the version of Python, on which the results depend."""
    whole = hashlib.sha256(f"{sys.version_info.major}.{sys.version_info.minor}".encode())
    for name in INPUTS:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.suffix in (".py", ".lark", ".json", ".toml", ".lock"):
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                whole.update(f"\n{file.relative_to(ROOT).as_posix()} {content}".encode())
    return whole.hexdigest()


def sample(inputs: str) -> list[Change]:
    """Return one in sixteen mutants, chosen by a digest."""
    drawn = {change.name: hashlib.sha256(f"{inputs} {change.name}".encode()).digest() for change in mutants()}
    return [change for change in mutants() if drawn[change.name][0] % ONE_IN == 0]


@dataclass(frozen=True)
class Program:
    """The unchanged program, loaded but not run, so that its caches are empty."""

    executed: Executed
    cases: dict[str, Case]
    functions: dict[str, FunctionType]


@cache
def program() -> Program:
    """Return the unchanged program. The processes of the mutants are forked from it.

    Scripts are parsed once, before the fork: no mutant changes the parser.
    """
    parser = importlib.import_module(f"{PACKAGE}._syntax.parser")
    vars(parser)["parse"] = untraced(parser.parse)
    slower = mock.patch.object(time, "thread_time", lambda clock=time.thread_time: clock() / 20)
    with slower, loaded(PACKAGE, None, keep=KEPT):  # tracing is slower than the time limits allow
        executed = watched(PACKAGE, ROOMS, _all_anew)
    with loaded(PACKAGE, None, keep=KEPT):
        found = Program(executed, loaded_cases(), functions(PACKAGE))
        modules = {name: module for name, module in sys.modules.items() if name.startswith(PACKAGE)}
    sys.modules.update(modules)
    gc.collect()
    gc.freeze()
    return found


def _all_anew() -> dict[str, Case]:
    """Import the package again, and return the cases."""
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        if name.removeprefix(f"{PACKAGE}.").partition(".")[0] not in KEPT:
            del sys.modules[name]
    return loaded_cases()


def killer(change: Change, first: list[str]) -> str | None:
    """Return the case that finds a mutant; "import" if the mutant cannot be imported, None if it survives.

    Args:
        change: The mutant.
        first: The cases to run first, if they execute the changed line.
    """
    whole = program()
    readable, writable = os.pipe()
    process = os.fork()
    if process == 0:
        status = 1
        try:
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            _grade(change, whole, first, writable)
            status = 0
        finally:
            os._exit(status)
    os.close(writable)
    with os.fdopen(readable, encoding="utf-8") as pipe:
        started = pipe.read().splitlines()
    alive = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    return None if alive else started[-1] if started else "import"


def _grade(change: Change, whole: Program, first: list[str], pipe: int) -> None:
    """Run the cases, and write the name of each to the pipe before. Raise what a case or the import raises."""
    chosen = whole.executed.cases(change.module.removeprefix(f"{PACKAGE}."), change.lines())
    chosen = [name for name in first if name in set(chosen)] + [name for name in chosen if name not in set(first)]
    function = _function(change, whole)
    if function is not None and change.put_into(function):
        _run(chosen, whole.cases, whole.executed, pipe)
        return
    with loaded(PACKAGE, change, keep=KEPT):
        with at_most(1.0):
            cases = loaded_cases()
        _run(chosen, cases, whole.executed, pipe)


def _function(change: Change, whole: Program) -> FunctionType | None:
    """Return the function that a mutant changes; None if the changed code is executed at import."""
    room, module, names = change.name.partition(":")[0].split(".", 2)
    inner = names.split(".")
    for count in range(1, len(inner) + 1):
        function = whole.functions.get(".".join([room, module, *inner[:count]]))
        if function is not None:
            code = function.__code__
            lines = {line for _, _, line in code.co_lines() if line not in (None, code.co_firstlineno)}
            places = {(f"{room}.{module}", line) for line in lines if line is not None}
            return function if places and whole.executed.at_import.isdisjoint(places) else None
    return None


def _run(chosen: list[str], cases: dict[str, Case], executed: Executed, pipe: int) -> None:
    for name in chosen:
        os.write(pipe, f"{name}\n".encode())
        with at_most(0.3 + 5 * executed.seconds[name]):
            cases[name]()


@dataclass(frozen=True)
class Survivor:
    """The kind of a known survivor, and the reason why it survives."""

    kind: str
    reason: str


@cache
def listed(path: Path = SURVIVORS) -> dict[str, Survivor]:
    """Return the known survivors, by the mutant's name."""
    groups = tomllib.loads(path.read_text("utf-8")).get("survivors", [])
    return {name: Survivor(group["kind"], group["reason"]) for group in groups for name in group["mutants"]}


def complaints_of(group: list[Change], survivors: Path) -> list[str]:
    """Return the differences between the results of one function's mutants and the list of survivors.

    A case that finds one mutant often finds the next, so it runs first there.
    """
    found: list[str] = []
    killers: list[str] = []
    for change in group:
        name = killer(change, killers)
        if name is not None:
            killers = [name, *[each for each in killers if each != name]][:8]
        if (name is None) != (change.name in listed(survivors)):
            found.append(f"{change.name}: {'survives, and is not listed' if name is None else 'is found; take it off'}")
    return found


def groups(chosen: list[Change]) -> Iterator[list[Change]]:
    """Yield the mutants in groups of the same function, with at most `MOST_IN_A_GROUP` in each."""
    for _, same in groupby(chosen, lambda change: change.name.partition(":")[0]):
        rest = list(same)
        while rest:
            yield rest[:MOST_IN_A_GROUP]
            rest = rest[MOST_IN_A_GROUP:]


def complaints(chosen: list[Change], processes: int, survivors: Path) -> Iterator[str]:
    """Grade mutants, and yield each difference from the list of survivors as soon as it is known."""
    program()
    with get_context("fork").Pool(processes) as pool:
        for found in pool.imap(partial(complaints_of, survivors=survivors), groups(chosen)):
            yield from found


def figures() -> dict[str, int]:
    """Return how many mutants there are, and how many of each kind the list of survivors has."""
    kinds = Counter(survivor.kind for survivor in listed().values())
    return {"mutants": len(mutants())} | {kind: kinds[kind] for kind in KINDS}


def main(arguments: list[str]) -> int:
    """Grade the mutants that the command line selects; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="grade every mutant")
    parser.add_argument("--sample", action="store_true", help=f"grade one mutant in {ONE_IN}")
    parser.add_argument("--part", default="0/1", help="grade part I of N parts, counted from 0 (I/N)")
    parser.add_argument("--processes", type=int, default=2, help="how many mutants are graded at a time (default: 2)")
    parser.add_argument("--survivors", type=Path, default=SURVIVORS, help="another list of survivors")
    parser.add_argument("names", nargs="*", help="grade the mutants whose names contain one of these")
    given = parser.parse_args(arguments)
    if not (given.all or given.sample or given.names):
        parser.error("say --sample, --all, or parts of names")
    chosen = sample(digest()) if given.sample else mutants()
    if given.names:
        chosen = [change for change in chosen if any(part in change.name for part in given.names)]
    part, parts = map(int, given.part.split("/"))
    chosen = chosen[len(chosen) * part // parts : len(chosen) * (part + 1) // parts]
    number = 0
    for said in complaints(chosen, given.processes, given.survivors):
        number += 1
        print(said, flush=True)
    print(f"{len(chosen)} mutants graded", file=sys.stderr)
    return int(number > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
