"""The report of a run as data, from which the terminal, JSON, JUnit and HTML reports are made.

The JSON has a stable schema: `SCHEMA` is increased when a key changes its meaning or is removed. The kit's README lists
the keys. No report contains a token: each is replaced by the name of a shell variable (see `secrets`).
"""

from __future__ import annotations

import importlib.metadata
import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from zoho_cliq_api.contract import OPERATIONS

from .. import trace
from ..judge import evidence
from ..judge.document import LONG, SHORT
from ..judge.facts import KNOWN, Fact
from ..judge.verdicts import Violation
from ..result import CANNOT_RUN, CONFORMS, FAULTS, LOCKED, NOT_SHOWN, SHOWN_BY_DRIVER, Result
from ..secrets import Secrets
from . import shell
from .causes import Cause, Traffic, calls_of, group

SCHEMA = 2
VERDICTS = {CONFORMS: "conforms", FAULTS: "faults", CANNOT_RUN: "cannot run", LOCKED: "locked", NOT_SHOWN: "not shown"}
OPT_IN = ("thresholds", "creation-limit")
LONGEST_CHAIN = 60
LONGEST_LINE = 6  # lines of a chain that are still joined to the one line of `start_here`


def build(result: Result, *, strict: bool, drivers: list[str], seconds: float) -> dict[str, Any]:
    """Return the report as JSON values.

    Args:
        result: what the run found.
        strict: whether inferred and guessed facts decide the verdict, too.
        drivers: the names of the drivers that ran.
        seconds: how long the run took.
    """
    client = result.client
    for exchange in client.trace:
        client.secrets.learn(exchange)
    causes = causes_of(result, strict)
    asked = result.not_shown(strict)
    summaries = {exchange.number: exchange.summary() for exchange in client.trace}
    broken = {fact: calls_of(violations) for fact, violations in _by_fact(result).items()}
    facts = [_fact(result, fact, drivers, strict or fact.stated, summaries, broken) for fact in KNOWN.values()]
    if result.stopped and not result.violations and not result.locked_for and not result.cannot:
        result.notes.append("the run was stopped early; this report shows only what was tested until then")
    if asked and result.exit_code(strict) == NOT_SHOWN:
        result.notes.append(f"tried and not shown: {', '.join(asked)}")
    ungraded = result.ungraded(strict)
    if ungraded and not result.stopped and result.exit_code(strict) == CANNOT_RUN:
        result.notes.append(ungraded)
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "kit": version(),
        "profile": client.profile.parts(),
        "verdict": VERDICTS[result.exit_code(strict)],
        "exit_code": result.exit_code(strict),
        "strict": strict,
        "base_url": client.profile.base_url,
        "drivers": drivers,
        "seed": client.seed,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "waited_seconds": round(client.clock.waited, 1),
        "calls": len(client.trace),
        "calls_of_clean_up": result.calls_of_clean_up,
        "stopped": result.stopped,
        "locked_for_seconds": result.locked_for,
        "summary": {
            verdict: sum(f["verdict"] == verdict for f in facts)
            for verdict in ("passed", "failed", "skipped", "not shown")
        },
        "start_here": None,
        "causes": [_cause(result, number, cause) for number, cause in enumerate(causes, 1)],
        "faults": _faults(result, strict, causes),
        "facts": facts,
        "table": _table(result, drivers),
        "calls_per_operation": _calls(result),
        "skipped": result.skipped,
        "leftovers": result.leftovers,
        "notes": result.notes + [f"unmodelled: {name}: the kit has no facts about it" for name in result.unmodelled],
        "score": score(),
        "baseline": None,
    }
    report["start_here"] = start_here(report)
    hidden: dict[str, Any] = _hide(report, client.secrets)
    return hidden


def score() -> dict[str, Any]:
    """Return how many known faults the kit finds in faulty servers, as its own tests measured."""
    return tomllib.loads(files("zoho_cliq_conformance").joinpath("reporting/score.toml").read_text("utf-8"))


# Keys whose values are not searched for secrets. They are the kit's own texts, where anything that looks like a part of
# a token is a coincidence, and shell lines, where secrets are replaced already and a change could break the quoting.
AS_THEY_ARE = frozenset(
    {"cause", "class", "curl", "drivers", "fact", "fact_ids", "id", "kind", "kit", "profile", "reason", "score"}
    | {"skipped", "statement", "table", "verdict", "where"}
)


def _hide(value: Any, secrets: Secrets) -> Any:
    """Return the value with secrets replaced by shell variables."""
    if isinstance(value, str):
        return secrets.hide(value)
    if isinstance(value, dict):
        return {key: item if key in AS_THEY_ARE else _hide(item, secrets) for key, item in value.items()}
    return [_hide(item, secrets) for item in value] if isinstance(value, list) else value


def _fact(
    result: Result,
    fact: Fact,
    drivers: list[str],
    decides: bool,
    summaries: Mapping[int, str],
    broken: Mapping[str, int],
) -> dict[str, Any]:
    oracle = result.client.oracle
    passed, failed = oracle.passed[fact.id], oracle.failed[fact.id]
    verdict, reason = "passed", ""
    if failed:
        verdict = "failed"
    elif not passed:
        verdict, reason = _absent(result, fact.id, drivers)
    return {
        "id": fact.id,
        "statement": fact.statement,
        "where": fact.where,
        "class": fact.certainty,
        "verdict": verdict,
        "reason": reason,
        "decides": decides,
        "held": passed,
        "failed": broken.get(fact.id, 0),
        "calls": len(oracle.calls.get(fact.id, ())),
        "asked": oracle.asked[fact.id],
        "shown_by": [summaries[number] for number in oracle.evidence.get(fact.id, ()) if number in summaries],
    }


def _absent(result: Result, fact: str, drivers: list[str]) -> tuple[str, str]:
    """Return the verdict and the reason for a fact that was neither shown nor broken."""
    oracle = result.client.oracle
    lack = result.lacks(fact)
    for driver in () if result.recorded or oracle.asked[fact] else OPT_IN:
        if fact.startswith(SHOWN_BY_DRIVER[driver]) and driver not in drivers:
            lack = f"needs --only {driver}"
    if lack:
        return "skipped", lack
    times = oracle.asked[fact]
    asked = f"{times} {'call' if times == 1 else 'calls'} concerned it" if times else "no call concerned it"
    return "not shown", f"{evidence.lacking(fact)}; {asked}"


def version() -> str:
    """Return the version of the kit, or words that say that it is unknown."""
    try:
        return importlib.metadata.version("zoho-cliq")
    except importlib.metadata.PackageNotFoundError:  # run from a zip file or frozen
        return "unknown"


def causes_of(result: Result, strict: bool) -> list[Cause]:
    """Return the causes of a run's faults."""
    oracle = result.client.oracle
    return group(Traffic(result.client.trace, result.violations, oracle.directory, oracle.passed), strict=strict)


def _cause(result: Result, number: int, cause: Cause) -> dict[str, Any]:
    start = cause.start
    exchange = trace.find(result.client.trace, [start.exchange])
    return {
        "id": f"cause-{number}",
        "kind": cause.kind,
        "what": cause.statement,
        "fact_ids": list(cause.facts),
        "calls": cause.calls,
        "decides": cause.decides,
        "start": {
            "fact": start.fact,
            "statement": KNOWN[start.fact].statement,
            "request": exchange[0].summary() if exchange else "",
            "curl": _line(result, exchange if cause.anywhere else trace.find(result.client.trace, start.chain)),
        },
    }


def _line(result: Result, exchanges: Sequence[trace.Exchange]) -> str:
    """Return one line of shell that reproduces a violation.

    If the chain is long, the line has only the last call, with the ids and tokens of this run.
    """
    lines = shell.chain(exchanges, result.client.profile.base_url, result.client.secrets)
    if len(lines) > LONGEST_LINE:
        lines = shell.chain(exchanges[-1:], result.client.profile.base_url, result.client.secrets)
    return "; ".join(lines)


def start_here(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the cause with the most new faults that decide, or None if there are no such faults."""
    new = {fault["fact"] for fault in report["faults"] if fault["decides"] and not fault["known"]}
    if not new:
        return None
    cause = max(report["causes"], key=lambda cause: len(new.intersection(cause["fact_ids"])))
    return {"cause": cause["id"], "what": cause["what"], **cause["start"]}


def _by_fact(result: Result) -> dict[str, list[Violation]]:
    grouped: dict[str, list[Violation]] = {}
    for violation in result.violations:
        grouped.setdefault(violation.fact, []).append(violation)
    return grouped


def _faults(result: Result, strict: bool, causes: Sequence[Cause]) -> list[dict[str, Any]]:
    under = {fact: number for number, cause in enumerate(causes, 1) for fact in cause.facts}
    found = []
    for fact, violations in _by_fact(result).items():
        first = violations[0]
        chain = trace.find(result.client.trace, first.chain)
        if len(chain) > LONGEST_CHAIN:
            chain = chain[:1] + chain[-LONGEST_CHAIN:]
        exchange = trace.find(result.client.trace, [first.exchange])
        found.append(
            {
                "fact": fact,
                "cause": f"cause-{under[fact]}",
                "known": False,
                "statement": KNOWN[fact].statement,
                "where": KNOWN[fact].where,
                "class": KNOWN[fact].certainty,
                "decides": strict or KNOWN[fact].stated,
                "times": calls_of(violations),
                "request": exchange[0].summary() if exchange else "",
                "expected": first.expected,
                "got": first.got,
                "state": first.state,
                "scenario": first.scenario,
                "seed": result.client.seed,
                "curl": shell.chain(chain, result.client.profile.base_url, result.client.secrets),
            }
        )
    return sorted(found, key=lambda fault: (not fault["decides"], under[fault["fact"]]))


def _table(result: Result, drivers: list[str]) -> list[dict[str, Any]]:
    """Return a row for each operation, status and check that occurred, and for each documented status that did not."""
    rows = [
        {
            "operation": operation,
            "status": status,
            "check": check,
            "passed": good,
            "failed": bad,
            "verdict": "failed" if bad else "passed",
        }
        for (operation, status, check), (good, bad) in result.client.oracle.matrix.items()
    ]
    seen = {(row["operation"], row["status"]) for row in rows}
    for name, operation in OPERATIONS.items():
        if name not in SHORT:
            continue
        for status in operation.statuses:
            if (SHORT[name], status) not in seen:
                skipped = status == 429 and "thresholds" not in drivers and not result.recorded
                verdict = "skipped" if skipped else "not shown"
                rows.append(
                    {
                        "operation": SHORT[name],
                        "status": status,
                        "check": "",
                        "passed": 0,
                        "failed": 0,
                        "verdict": verdict,
                    }
                )
    order = list(LONG)
    return sorted(
        rows, key=lambda row: (order.index(str(row["operation"])), int(str(row["status"])), str(row["check"]))
    )


def _calls(result: Result) -> list[dict[str, Any]]:
    rows = []
    for (user, operation), count in sorted(result.client.counts.items()):
        known = OPERATIONS.get(operation)
        limit = known.threshold.limit if known and known.threshold else None
        rows.append(
            {"user": user, "operation": SHORT.get(operation, operation), "calls": count, "threshold_per_minute": limit}
        )
    return rows


def to_json(report: Mapping[str, Any]) -> str:
    """Return the report as JSON text in ASCII, so that it can be written and printed whatever a server sent."""
    return json.dumps(report, indent=1) + "\n"
