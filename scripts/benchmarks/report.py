"""The result of a benchmark: tables, targets and notes, printed for a person and stored as JSON."""

from __future__ import annotations

import json
import math
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.measure import WIDEST, Estimate, verdict


@dataclass(frozen=True)
class Table:
    """Rows of text with a title; the first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Target:
    """A promise, what was measured, and the verdict: `met`, `missed` or `too close to call`."""

    promise: str
    measured: str
    verdict: str


@dataclass
class Report:
    """The result of one benchmark. `figures` holds the raw numbers, from which charts and claims are made."""

    name: str
    question: str
    tables: list[Table] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def promise(self, promise: str, measured: Estimate, at_most: float, unit: str = "×", digits: int = 2) -> None:
        """Add a target of the form "at most so much", judged by the whole interval."""
        text = f"{measured.low:.{digits}f} to {measured.high:.{digits}f}{unit}"
        if measured.spread <= WIDEST:
            text = f"{measured.median:.{digits}f}{unit} ({text})"
        self.targets.append(Target(promise, text, verdict(measured, at_most)))

    def exact(self, promise: str, measured: float, at_most: float, unit: str = "") -> None:
        """Add a target for a figure that does not vary, such as a count."""
        self.targets.append(Target(promise, f"{measured:,.6g}{unit}", "met" if measured <= at_most else "missed"))


def machine() -> dict[str, str | int]:
    """Return a description of the machine, without names and paths."""
    model = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    return {
        "cpu": model,
        "cores": os.cpu_count() or 0,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def render(report: Report, console: Console) -> None:
    """Print the tables, the targets and the notes."""
    console.print(f"\n[bold]{report.name}[/bold]: {report.question}")
    for table in report.tables:
        drawn = RichTable(title=table.title, title_justify="left")
        for index, column in enumerate(table.columns):
            drawn.add_column(column, justify="left" if index == 0 else "right")
        for row in table.rows:
            drawn.add_row(*row)
        console.print(drawn)
    if report.targets:
        drawn = RichTable(title="Targets", title_justify="left")
        for column in ("promise", "measured (95 % interval)", "verdict"):
            drawn.add_column(column)
        colours = {"met": "green", "missed": "red"}
        for target in report.targets:
            colour = colours.get(target.verdict, "yellow")
            drawn.add_row(target.promise, target.measured, f"[{colour}]{target.verdict}[/{colour}]")
        console.print(drawn)
    for note in report.notes:
        console.print(f"• {note}", highlight=False, markup=False)


def save(report: Report, folder: Path) -> Path:
    """Write NAME.json into a folder, creating it if necessary, and return the path of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"measured": datetime.now(UTC).date().isoformat(), "machine": machine(), **asdict(report)}
    path = folder / f"{report.name}.json"
    path.write_text(json.dumps(_finite(content), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def _finite(value: Any) -> Any:
    """Return the data with numbers rounded to six digits, and null for numbers that JSON cannot express."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def progress(what: str) -> Any:
    """Return a function (done, of) that shows the progress of a measurement.

    On a terminal it updates one line; elsewhere it prints a line for each quarter.
    """
    told = -1

    def show(done: int, of: int) -> None:
        nonlocal told
        if sys.stderr.isatty():
            end = "\n" if done == of else ""
            print(f"\r\033[K{what}: {done}/{of}", end=end, file=sys.stderr, flush=True)
        elif of and (quarter := 4 * done // of) != told:
            told = quarter
            print(f"{what}: {done}/{of}", file=sys.stderr, flush=True)

    return show
