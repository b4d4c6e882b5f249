"""A fact passes only if an exchange shows it. Facts that are not shown appear in reports and in the exit status."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from api_paths import CREATING, action_path
from harness import StepClock, grade, grade_creation_limit, mock_transport, profile, reference_transport, share_clock
from mutants import MUTANTS
from occurrences import CONDITIONS, Seen, condition
from reference_server import Reference, Refusal
from zoho_cliq_conformance.cli import write
from zoho_cliq_conformance.drivers.creation_limit import FACT, run_creation_limit
from zoho_cliq_conformance.drivers.table import run_table
from zoho_cliq_conformance.judge import evidence
from zoho_cliq_conformance.judge.facts import FACTS, KNOWN
from zoho_cliq_conformance.reporting import render, report
from zoho_cliq_conformance.result import CANNOT_RUN, CONFORMS, FAULTS, NOT_SHOWN, Result
from zoho_cliq_conformance.run import run
from zoho_cliq_conformance.sending.client import Client
from zoho_cliq_conformance.sending.transport import FunctionTransport

SERVERS = {"mock": mock_transport, "reference": reference_transport}


def bare(result: Result, fact: str, seen: Sequence[Seen]) -> list[str]:
    """Return the exchanges that, according to the oracle, show the fact, but do not meet its condition."""
    numbers = result.client.oracle.evidence[fact]
    trace, occurred = result.client.trace, condition(fact)
    return [trace[n - 1].summary() for n in numbers if not occurred(seen[n - 1], seen[: n - 1])]


@pytest.mark.parametrize("kind", ["mock", pytest.param("reference", marks=pytest.mark.heavy)])
def test_each_passed_fact_has_an_exchange_in_which_its_condition_occurred(kind: str) -> None:
    """Table and thresholds show every fact of a conforming server but that of the creation limit."""
    result = grade(SERVERS[kind]())
    assert result.exit_code() == CONFORMS
    oracle, seen = result.client.oracle, list(map(Seen, result.client.trace))
    facts = FACTS.keys() - {FACT}
    assert {fact for fact in facts if not (oracle.passed[fact] and oracle.evidence[fact])} == set()
    assert {fact: wrong for fact in facts if (wrong := bare(result, fact, seen))} == {}


def test_every_condition_is_of_a_fact() -> None:
    assert CONDITIONS.keys() <= FACTS.keys()
    assert {*evidence.READINGS, *evidence.GRANTS, *evidence.REFUSED} <= FACTS.keys()
    for fact in FACTS:
        assert condition(fact)
        assert evidence.lacking(fact)


def test_the_creation_limit_is_shown_by_its_refusal() -> None:
    result = grade_creation_limit(12)
    seen = list(map(Seen, result.client.trace))
    assert result.exit_code() == CONFORMS
    assert len(result.client.oracle.evidence[FACT]) == 2  # the owner's and a colleague's
    assert bare(result, FACT, seen) == []


# --- facts that a run tries to show in vain


def limited(limit: int, *, others: int = 0, exclusive: bool = True, prepare: Any = None) -> Result:
    """Return the result of filling an organization up to the creation limit.

    Args:
        limit: the creation limit of the server.
        others: how many actions another organization has before.
        exclusive: whether the profile has a reset URL.
        prepare: changes the server; default: none.
    """
    server = Reference(StepClock(), thresholds=False)
    server.creation_limit = limit
    if prepare is not None:
        prepare(server)
    urls = {} if exclusive else {"reset_url": None}
    client = Client(profile(creation_limit=limit, pace=False, **urls), FunctionTransport(server), seed=1)

    def foreign(client: Client, result: Result) -> None:
        for _ in range(others):
            client.create("outsider")
        client.create("colleague", scope="personal")

    return run(client, [("foreign", foreign), ("creation-limit", run_creation_limit)])


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("others", [0, 3, 7])
def test_only_the_owners_organization_counts_for_the_limit(others: int, exclusive: bool) -> None:
    result = limited(8, others=others, exclusive=exclusive)
    assert result.violations == []
    assert result.client.oracle.passed[FACT] == 1 + exclusive  # a colleague's create is refused, too
    assert result.exit_code() == CONFORMS


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("others", [0, 7])
def test_a_limit_that_is_not_enforced_is_a_fault(others: int, exclusive: bool) -> None:
    result = limited(8, others=others, exclusive=exclusive, prepare=lambda s: setattr(s, "creation_limit", None))
    assert {violation.fact for violation in result.faults()} == {FACT}
    assert result.exit_code() == FAULTS
    assert len(result.client.trace) - result.calls_of_clean_up < 8 + others + 8


def no_more_after(number: int) -> Any:
    """Return a change with which a server refuses all creates after the first `number`, with an unrelated error."""

    def prepare(server: Reference) -> None:
        original, left = server.create, [number]

        def create(*arguments: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Refusal(400, "operation_failed", "Try again.")
            return original(*arguments)

        server.create = create  # type: ignore[method-assign]

    return prepare


def test_a_limit_that_is_not_reached_is_not_shown() -> None:
    result = limited(8, prepare=no_more_after(4))
    assert result.client.oracle.passed[FACT] == 0
    assert any("failed otherwise at 4 of 8 actions" in note for note in result.notes)


@cache
def not_shown() -> dict[str, Any]:
    """Return the report of a run that tries to show two facts in vain."""
    client = Client(profile(pace=False), reference_transport(thresholds=False), seed=1)
    share_clock(client)

    def driver(client: Client, result: Result) -> None:
        own = client.create(about=FACT)
        client.get(own, about="get.msgaction_not_found")
        client.get(own, about="auth.zoho-oauthtoken")

    result = run(client, [("driver", driver)])
    assert result.exit_code() == NOT_SHOWN
    return report.build(result, strict=False, drivers=["driver", "creation-limit"], seconds=0)


def test_a_fact_that_was_tried_and_not_shown_is_never_passed() -> None:
    found = not_shown()
    assert (found["schema"], found["verdict"], found["exit_code"]) == (2, "not shown", 4)
    facts = {fact["id"]: fact for fact in found["facts"]}
    assert facts[FACT]["verdict"] == facts["get.msgaction_not_found"]["verdict"] == "not shown"
    assert facts[FACT]["reason"] == "no call was refused for this reason alone; 1 call concerned it"
    assert facts["update.name.max"]["reason"] == "no call was refused for this reason alone; no call concerned it"
    assert facts["create.image"]["reason"].startswith("this request did not succeed: a create with an image")
    assert facts["get.success"]["verdict"] == "passed"
    assert facts["get.success"]["shown_by"][0].startswith(f"GET {action_path('')}")
    assert found["summary"].keys() == {"passed", "failed", "skipped", "not shown"}
    assert sum(found["summary"].values()) == len(KNOWN)
    notes = [note for note in found["notes"] if not note.startswith("unmodelled: ")]
    assert notes == ["tried and not shown: create.msgaction_creation_limit_exceeded, get.msgaction_not_found"]


def test_every_report_tells_what_was_not_shown(tmp_path: Path) -> None:
    found = not_shown()
    lines = "\n".join(render.terminal(found))
    assert lines.count("not shown: ") == 3
    assert "not shown: get.msgaction_not_found: no call was refused for this reason alone" in lines
    write(found, tmp_path)
    suite = ElementTree.fromstring((tmp_path / "junit.xml").read_text())
    assert (suite.get("errors"), suite.get("failures")) == ("2", "0")
    errors = {f"{case.get('classname')}.{case.get('name')}" for case in suite if case.find("error") is not None}
    assert errors == {FACT, "get.msgaction_not_found"}
    skipped = [case for case in suite if case.find("skipped") is not None]
    assert str(len(skipped)) == suite.get("skipped")
    assert len(suite) == len(KNOWN)
    page = (tmp_path / "report.html").read_text()
    assert page.count("class='not-shown'>? not shown") == found["summary"]["not shown"]
    assert "shown by</summary>" in page
    assert json.loads((tmp_path / "report.json").read_text()) == found


def test_inferred_facts_that_are_not_shown_decide_only_with_strict() -> None:
    client = Client(profile(pace=False), reference_transport(thresholds=False), seed=1)
    share_clock(client)
    result = run(client, [("driver", lambda c, r: c.create(about="auth.zoho-oauthtoken") and None)])
    assert (result.exit_code(), result.exit_code(strict=True)) == (CONFORMS, NOT_SHOWN)


def test_a_refusal_with_two_reasons_shows_neither() -> None:
    client = Client(profile(pace=False), reference_transport(thresholds=False), seed=1)
    client.send("POST", CREATING, body=client.action(hint=7, name=5))
    client.send("POST", CREATING, body=client.action(name=5), headers={"Content-Type": "text/plain"})
    assert not client.oracle.violations
    assert not {"create.name.type", "create.hint.type"} & {f for f, n in client.oracle.passed.items() if n}
    client.create(name=5)
    assert client.oracle.passed["create.name.type"] == 1


def test_a_fault_counts_for_more_than_what_was_not_shown() -> None:
    result = grade(reference_transport(MUTANTS["update-resets-hint"].prepare), thresholds=False)
    result.client.oracle.asked[FACT] += 1
    assert result.exit_code() == FAULTS
    stopped = run(Client(profile(), reference_transport(), seed=1, budget=30), [("table", run_table)])
    assert stopped.exit_code() == CANNOT_RUN
