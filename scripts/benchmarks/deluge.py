"""`bench deluge`: parsing, checking and running Deluge, compared with deluge-compat and the same loop in plain Python.

The user provides the scripts: files that end in .dg in the folder named by the variable ZOHO_CLIQ_DELUGE_CORPUS. Those
with `exported` in their names are also counted separately. A script counts as understood if `parse` accepts it, or if
deluge-compat translates it to Python that compiles. Without a folder, parsing and checking are timed on a script of our
own.
"""

from __future__ import annotations

import ast
import importlib
import os
import random
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from zoho_cliq_deluge import DelugeSyntaxError, check, parse
from zoho_cliq_deluge import run as run_script

from benchmarks import environment
from benchmarks.measure import Estimate, estimate, ratio, shown
from benchmarks.report import Report, Table, progress

VARIABLE = "ZOHO_CLIQ_DELUGE_CORPUS"
OURS, PEER, PYTHON = "zoho_cliq_deluge", "deluge-compat", "plain Python"
LOOP = """\
total = 0;
for each row in rows
{
	for each column in columns
	{
		if(column % 2 == 0)
		{
			total = total + column * 3;
		}
		else
		{
			total = total - row;
		}
		last = column;
		name = "n" + suffix;
	}
}
return total;
"""
ROWS, COLUMNS = 100, 500
STATEMENTS = 3 + ROWS * (1 + 4 * COLUMNS)
LINES, SECONDS = 46_000, 8.0
CHECK_SECONDS = 16.0


def run(quick: bool) -> Report:
    """Count the scripts that each tool understands, and time reading, checking and the loop in interleaved rounds."""
    environment.packages()
    peer: Any = importlib.import_module("deluge_compat")
    report = Report("deluge", "what does reading, checking and running Deluge cost, and how much of it is understood?")
    corpus = scripts(os.environ.get(VARIABLE))
    if corpus:
        _understood(report, corpus, peer)
    else:
        report.notes.append(f"No scripts: {VARIABLE} names no folder with files that end in .dg, so none are counted.")
    _reading(report, list(corpus.values()) or [LOOP * 50], 3 if quick else 9)
    _loop(report, peer, 5 if quick else 15)
    report.notes.append(
        "The loop executes 200,000 statements (the limit is lifted): conditions, arithmetic and a text, in two nested "
        "loops over lists of integers. Its variables keep their types, which is what ours is quickest with. The time "
        "of ours includes compiling the loops, but not parsing the script; that of deluge-compat includes translating "
        "the script. Both do it each time."
    )
    return report


def scripts(folder: str | None) -> dict[str, str]:
    """Return the scripts of a folder by name; empty if there is no folder."""
    if not folder or not Path(folder).is_dir():
        return {}
    return {path.name: path.read_text("utf-8", "replace") for path in sorted(Path(folder).glob("*.dg"))}


def reads(script: str) -> bool:
    """Return whether our parser accepts a script."""
    try:
        parse(script)
    except DelugeSyntaxError:
        return False
    return True


def translates(script: str, peer: Any) -> bool:
    """Return whether deluge-compat translates a script to Python that compiles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(peer.translate_deluge_to_python(script))
    except Exception:  # noqa: BLE001 - the translator may raise anything
        return False
    return True


def _understood(report: Report, corpus: Mapping[str, str], peer: Any) -> None:
    kinds = {"all": list(corpus.values()), "exported": [text for name, text in corpus.items() if "exported" in name]}
    rows = []
    for kind, texts in kinds.items():
        found = {OURS: sum(map(reads, texts)), PEER: sum(translates(text, peer) for text in texts)}
        report.figures[f"understood, {kind}"] = {"scripts": len(texts), **found}
        rows.append((kind, f"{len(texts)}", f"{found[OURS]}", f"{found[PEER]}"))
    report.tables.append(Table("scripts understood", ("scripts", "number", OURS, PEER), rows))


def _reading(report: Report, texts: list[str], rounds: int) -> None:
    texts = [text for text in texts if reads(text)]
    lines = sum(text.count("\n") + 1 for text in texts)
    rows = []
    for name, work, seconds in (("reading", parse, SECONDS), ("checking", check, CHECK_SECONDS)):
        taken = [_seconds(partial(_each, work, texts)) / lines for _ in range(rounds)]
        whole = estimate([each * LINES for each in taken])
        milliseconds = whole.median / LINES * 1e6
        report.figures[name] = {"lines": lines, "ms_per_1000_lines": milliseconds}
        rows.append((name, f"{lines:,}", f"{milliseconds:.0f} ms"))
        report.promise(f"{name} {LINES:,} lines takes ≤ {seconds:g} s", whole, seconds, " s")
    columns = ("what", "lines", "CPU for 1,000 lines")
    report.tables.append(Table("reading, and checking, which reads, too", columns, rows))


def _each(work: Callable[[str], object], texts: Sequence[str]) -> None:
    for text in texts:
        work(text)


def in_python(rows: list[int], columns: list[int], suffix: str) -> int:
    """Do the same as the script `LOOP`."""
    total = 0
    for row in rows:
        for column in columns:
            if column % 2 == 0:  # noqa: SIM108 - as in the script
                total = total + column * 3
            else:
                total = total - row
            last = column
            name = "n" + suffix
    del last, name
    return total


def _loop(report: Report, peer: Any, rounds: int) -> None:
    variables: dict[str, Any] = {"rows": list(range(ROWS)), "columns": list(range(COLUMNS)), "suffix": "x"}
    policies = {"statement_limit": 0}
    script = parse(LOOP)
    subjects: dict[str, Callable[[], Any]] = {
        OURS: lambda: run_script(script, variables, policies=policies).answer,
        PEER: lambda: peer.run_deluge_script(LOOP, **variables),
        PYTHON: lambda: in_python(**variables),
    }
    answers = {name: work() for name, work in subjects.items()}
    if len(set(answers.values())) != 1:
        raise environment.SetupError(f"the subjects differ in what the loop gives: {answers}")
    assert run_script(script, variables, policies=policies).statements == STATEMENTS
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    show, draw, order = progress("deluge"), random.Random(1), list(subjects)
    for done in range(rounds):
        show(done, rounds)
        draw.shuffle(order)
        for name in order:
            taken[name].append(_seconds(subjects[name]))
    show(rounds, rounds)
    rows = []
    against: dict[str, Estimate] = {}
    for name in subjects:
        against[name] = ratio(taken[name], taken[PYTHON])
        milliseconds = estimate(taken[name]).median * 1e3
        report.figures.setdefault("loop", {})[name] = {"cpu_ms": milliseconds, "to_python": against[name].median}
        rows.append((name, f"{milliseconds:.1f} ms", shown(against[name])))
    report.tables.append(Table(f"a loop of {STATEMENTS:,} statements", ("what", "CPU", "to plain Python"), rows))
    report.promise("the loop takes ≤ 6× what it takes in plain Python", against[OURS], 6.0)
    report.promise("the loop takes no longer than with deluge-compat", ratio(taken[OURS], taken[PEER]), 1.0)


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
