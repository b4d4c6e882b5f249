"""`bench guard`: compare figures that do not depend on the machine's load with the committed ones.

The figures are: calls sent; modules loaded; generated lines; the memory of a mock that has just become ready, as a
ratio of one with a console to one without; and the instructions executed (valgrind's callgrind) to build requests, read
answers and run a loop in Deluge. Instructions are expressed in units of a reference task, so that different builds of
Python can be compared: reading a page of 100 actions with Python's json in the same interpreter, or for the loop the
same loop in plain Python. `--keep` commits today's figures to the file. Times are never checked.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks import environment, start
from benchmarks.imports import module_count
from benchmarks.report import Report, Table, Target, progress

COMMITTED = environment.HERE / "guard.json"
TOLERANCE = {"calls": 0.0, "modules": 0.05, "generated": 0.05, "memory": 0.005, "instructions": 0.10}
"""The accepted increase over the committed figures, as a share. Standard libraries and Python builds differ a bit."""
_IMPORTS = {
    "import zoho_cliq": "import zoho_cliq",
    "import Cliq": "from zoho_cliq import Cliq",
    "import the contract": "import zoho_cliq_api.contract",
}
_REFERENCES = {"get one": "json", "list of 100": "json", "create": "json", "loop in Deluge": "loop in Python"}
"""The tasks whose instructions are counted, each with its reference task, which is the unit."""
_FEW, _MANY = 3, 13


def run(quick: bool) -> Report:
    """Count everything and compare it with the committed figures; `quick` leaves the instructions out."""
    report = Report("guard", "has something become more expensive?")
    found: dict[str, dict[str, float]] = {
        "calls": json.loads(environment.run([sys.executable, "-m", "benchmarks.work", "calls"])),
        "modules": {name: module_count(code, "") - module_count("pass", "") for name, code in _IMPORTS.items()},
        "generated": {"lines": generated_lines()},
    }
    mock = start.started()
    found["modules"] |= {"a mock that is ready": mock["with"]["modules"], "its console": mock["with"]["console"]}
    found["memory"] = {"a mock that is ready, to one without a console": start.share(mock)}
    if not quick:
        found["instructions"] = instructions()
    committed: dict[str, dict[str, float]] = json.loads(COMMITTED.read_text("utf-8")) if COMMITTED.exists() else {}
    for kind, figures in found.items():
        rows = []
        for name, value in figures.items():
            before = committed.get(kind, {}).get(name)
            rows.append((name, f"{value:,.4g}", "" if before is None else f"{before:,.4g}"))
            report.targets.append(_judged(kind, name, value, before))
        report.tables.append(Table(kind, ("figure", "now", "committed"), rows))
    report.figures = dict(found)
    return report


def keep(report: Report) -> None:
    """Write the figures of a report to the file of committed figures."""
    COMMITTED.write_text(json.dumps(report.figures, indent=1) + "\n", "utf-8")


def _judged(kind: str, name: str, value: float, before: float | None) -> Target:
    promise = f"{kind}: {name}"
    if before is None:
        return Target(promise, f"{value:,.4g}; no figure is committed (see --keep)", "missed")
    most = before * (1 + TOLERANCE[kind])
    return Target(promise, f"{value:,.4g}, at most {most:,.4g}", "met" if value <= most else "missed")


def generated_lines() -> int:
    """Return the number of lines in the generated package."""
    files = sorted((environment.ROOT / "generated").rglob("*.py"))
    return sum(len(path.read_text("utf-8").splitlines()) for path in files)


def instructions() -> dict[str, float]:
    """Return the instructions of each piece of work, in units of its reference task.

    Raise SetupError without valgrind.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise environment.SetupError("valgrind is needed to count instructions; install it, or leave them out: --quick")
    pieces = sorted({*_REFERENCES, *_REFERENCES.values()})
    runs = [(name, times) for name in pieces for times in (_FEW, _MANY)]
    show, done = progress("instructions"), itertools.count(1)

    def count(run: tuple[str, int]) -> int:
        counted = _count_instructions(valgrind, *run)
        show(next(done), len(runs))
        return counted

    show(0, len(runs))
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # a count does not depend on what else runs
        counted = dict(zip(runs, pool.map(count, runs), strict=True))
    taken = {name: (counted[name, _MANY] - counted[name, _FEW]) / (_MANY - _FEW) for name in pieces}
    return {name: round(taken[name] / taken[reference], 4) for name, reference in _REFERENCES.items()}


def _count_instructions(valgrind: str, name: str, times: int) -> int:
    command = [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    environ: dict[str, Any] = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [*command, sys.executable, "-m", "benchmarks.work", name, str(times)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or collected is None:
        raise environment.SetupError("callgrind failed: " + " | ".join(done.stderr.strip().splitlines()[-4:]))
    return int(collected[1])
