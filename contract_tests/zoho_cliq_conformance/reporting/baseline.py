"""Compare a report with an earlier one: which faults are new, mended, still there, or not tested this time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..result import CONFORMS, NOT_SHOWN
from .render import is_missed
from .report import SCHEMA, VERDICTS, start_here, version

NO_NEW = "no new faults"


class BaselineError(ValueError):
    """The file cannot be a baseline; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier report.

    Attributes:
        file: the path of the report.
        report: the report itself.
        faults: the ids of the facts that were broken, including those that do not decide the verdict.
    """

    file: str
    report: Mapping[str, Any]
    faults: frozenset[str]


def load(path: Path) -> Baseline:
    """Return the baseline in a file that `--report` wrote.

    Raises:
        BaselineError: the file cannot be read, is not a complete report, or was written by another version of the kit.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BaselineError(f"--baseline {path} cannot be read: {error}") from None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BaselineError(f"--baseline {path} is not JSON; give a report.json that --report wrote") from None
    if not isinstance(found, dict) or not isinstance(found.get("schema"), int):
        raise BaselineError(f"--baseline {path} is not a report; give a report.json that --report wrote")
    renew = "write a new one with --report in a run without --baseline"
    if found["schema"] != SCHEMA:
        raise BaselineError(f"--baseline {path} has schema {found['schema']}, but this version needs {SCHEMA}; {renew}")
    if found.get("kit") != version():
        made = f"version {found['kit']}" if isinstance(found.get("kit"), str) else "an earlier version"
        raise BaselineError(f"--baseline {path} was written by {made} of the kit, this is {version()}; {renew}")
    try:
        faults = frozenset(str(fault["fact"]) for fault in found["faults"])
        for fact in found["facts"]:
            is_missed(fact)
            _ = fact["id"]
        _ = (found["finished"], found["base_url"], found["drivers"], found["strict"], found["profile"])
    except (KeyError, TypeError) as error:
        raise BaselineError(f"--baseline {path} is not a complete report ({error}); {renew}") from None
    return Baseline(str(path), found, faults)


def compare(report: dict[str, Any], baseline: Baseline, otherwise: int) -> None:
    """Add to the report what has changed since the baseline, and adapt its verdict and exit code.

    After that, faults that the baseline has do not count for the exit code. Neither do facts that are not shown, if the
    baseline did not show them either.

    Args:
        report: the report of this run, which is changed.
        baseline: the earlier report.
        otherwise: the exit code that this run would have if no fault had been found.
    """
    earlier, verdicts = baseline.report, {fact["id"]: fact["verdict"] for fact in report["facts"]}
    for fault in report["faults"]:
        fault["known"] = fault["fact"] in baseline.faults
    seen = [fault["fact"] for fault in report["faults"]]
    gone = [fact for fact in verdicts if fact in baseline.faults and fact not in seen]
    report["baseline"] = {
        "file": baseline.file,
        "finished": str(earlier["finished"]),
        "new": [fault["fact"] for fault in report["faults"] if fault["decides"] and not fault["known"]],
        "mended": [fact for fact in gone if verdicts[fact] == "passed"],
        "still": [fact for fact in seen if fact in baseline.faults],
        "unseen": [fact for fact in gone if verdicts[fact] != "passed"],
    }
    report["notes"] += _differences(report, baseline)
    report["start_here"] = start_here(report)
    if report["baseline"]["new"]:
        return
    if otherwise == NOT_SHOWN and not _newly_missed(report, baseline):
        otherwise = CONFORMS
    unchanged = otherwise == CONFORMS and report["exit_code"] != CONFORMS
    report["exit_code"], report["verdict"] = otherwise, NO_NEW if unchanged else VERDICTS[otherwise]


def _newly_missed(report: Mapping[str, Any], baseline: Baseline) -> list[str]:
    """Return the ids of facts that decide and that this run failed to show, unless the baseline failed to, too."""
    before = {fact["id"] for fact in baseline.report["facts"] if is_missed(fact)}
    return [fact["id"] for fact in report["facts"] if is_missed(fact) and fact["id"] not in before]


def _differences(report: Mapping[str, Any], baseline: Baseline) -> list[str]:
    """Return a list with one line that says how the run of the baseline differs from this one; empty if it does not.

    The runs differ if the server, the profile, the drivers or `--strict` do, or if the earlier run was stopped early.
    """
    earlier, found = baseline.report, []
    for key, words in (("base_url", "server"), ("profile", "profile"), ("drivers", "drivers"), ("strict", "--strict")):
        if earlier[key] != report[key]:
            found.append(f"{words} {_shown(earlier[key])}, now {_shown(report[key])}")
    if earlier.get("stopped"):
        found.append(f"it was stopped early ({earlier['stopped']}), so new faults may only be newly tested")
    return [f"the baseline was written by a different run: {'; '.join(found)}"] if found else []


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
