"""What a run found, as data: the one source of the terminal's, the JSON, the JUnit and the HTML report.

The JSON has a stable schema; `SCHEMA` is raised when a key changes its meaning or goes. No token is in any report: each
is replaced by a shell variable (`secrets`).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from zoho_cliq_api.contract import OPERATIONS

from . import shell, trace
from .facts import FACTS, Fact
from .rules import LONG, SHORT
from .run import CANNOT_RUN, CONFORMS, FAULTS, LOCKED, Result
from .secrets import Secrets
from .table import SCENARIOS
from .verdicts import Violation

SCHEMA = 1
VERDICTS = {CONFORMS: "conforms", FAULTS: "faults", CANNOT_RUN: "cannot run", LOCKED: "locked"}
OPT_IN = {"thresholds": "thresholds.", "creation-limit": "create.msgaction_creation_limit_exceeded"}
LONGEST_CHAIN = 60


def build(result: Result, *, strict: bool, drivers: list[str], seconds: float) -> dict[str, Any]:
    """The report as JSON values."""
    client = result.client
    for exchange in client.trace:
        client.secrets.learn(exchange)
    facts = [_fact(result, fact, drivers) for fact in FACTS.values()]
    if result.stopped and not result.violations and not result.locked_for and not result.cannot:
        result.notes.append("the run was stopped early; what it did not reach is unreachable in this report")
    ungraded = result.ungraded(strict)
    if ungraded and not result.stopped and result.exit_code(strict) == CANNOT_RUN:
        result.notes.append(ungraded)
    report = {
        "schema": SCHEMA,
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
            for verdict in ("passed", "failed", "skipped", "unreachable")
        },
        "faults": _faults(result, strict),
        "facts": facts,
        "table": _table(result, drivers),
        "calls_per_operation": _calls(result),
        "skipped": result.skipped,
        "leftovers": result.leftovers,
        "notes": result.notes
        + [f"unmodelled: {name}: the suite states no facts about it" for name in result.unmodelled],
        "score": score(),
    }
    hidden: dict[str, Any] = _hide(report, client.secrets)
    return hidden


def score() -> dict[str, Any]:
    """How well the kit itself does against servers with known faults, as its own tests measured."""
    return tomllib.loads(files("zoho_cliq_conformance").joinpath("score.toml").read_text("utf-8"))


# Texts of the kit's own, in which a part of a token is none; and lines of shell, which have their variables already:
# what stands between their quotes must not be changed.
AS_THEY_ARE = frozenset({"curl", "fact", "id", "statement", "where", "class", "verdict", "drivers", "table", "score"})


def _hide(value: Any, secrets: Secrets) -> Any:
    """The value with shell variables in the place of secrets."""
    if isinstance(value, str):
        return secrets.hide(value)
    if isinstance(value, dict):
        return {key: item if key in AS_THEY_ARE else _hide(item, secrets) for key, item in value.items()}
    return [_hide(item, secrets) for item in value] if isinstance(value, list) else value


def _fact(result: Result, fact: Fact, drivers: list[str]) -> dict[str, Any]:
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
        "held": passed,
        "failed": failed,
        "calls": len(oracle.calls.get(fact.id, ())),
    }


def _absent(result: Result, fact: str, drivers: list[str]) -> tuple[str, str]:
    for driver, prefix in OPT_IN.items():
        if fact.startswith(prefix):
            reason = result.skipped.get(driver, "" if driver in drivers else f"needs --only {driver}")
            if reason:
                return "skipped", reason
    for scenario in SCENARIOS:
        if scenario.name in result.skipped and any(fact.startswith(prefix) for prefix in scenario.facts):
            return "skipped", result.skipped[scenario.name]
    operation, _, rest = fact.partition(".")
    if rest == "scope":
        for name, reason in result.skipped.items():
            if name.startswith("scope_"):
                return "skipped", reason
    del operation
    return "unreachable", "nothing that the run could do asserts it here"


def _faults(result: Result, strict: bool) -> list[dict[str, Any]]:
    grouped: dict[str, list[Violation]] = {}
    for violation in result.violations:
        grouped.setdefault(violation.fact, []).append(violation)
    found = []
    for fact, violations in grouped.items():
        first = violations[0]
        chain = trace.find(result.client.trace, first.chain)
        if len(chain) > LONGEST_CHAIN:
            chain = chain[:1] + chain[-LONGEST_CHAIN:]
        exchange = trace.find(result.client.trace, [first.exchange])
        found.append(
            {
                "fact": fact,
                "statement": FACTS[fact].statement,
                "where": FACTS[fact].where,
                "class": FACTS[fact].certainty,
                "decides": strict or FACTS[fact].stated,
                "times": len(violations),
                "request": exchange[0].summary() if exchange else "",
                "expected": first.expected,
                "got": first.got,
                "state": first.state,
                "scenario": first.scenario,
                "seed": result.client.seed,
                "curl": shell.chain(chain, result.client.profile.base_url, result.client.secrets),
            }
        )
    return sorted(found, key=lambda fault: not fault["decides"])


def _table(result: Result, drivers: list[str]) -> list[dict[str, Any]]:
    """Operation × status × check: what was seen, and each documented status that was not."""
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
        for status in operation.statuses:
            if (SHORT[name], status) not in seen:
                skipped = status == 429 and "thresholds" not in drivers
                verdict = "skipped" if skipped else "unreachable"
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
    """The report as JSON text, in ASCII, so that whatever a server sent can be written, and shown on a terminal."""
    return json.dumps(report, indent=1) + "\n"
