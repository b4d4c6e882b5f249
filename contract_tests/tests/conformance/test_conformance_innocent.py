"""Servers without a fault are not accused: the mock under every policy, the second server, lawful variants of it."""

from __future__ import annotations

from typing import Any

import pytest
from harness import StepClock, grade, mock_transport, profile, reference_transport
from reference_server import Reference
from variants import VARIANTS
from zoho_cliq_conformance.facts import FACTS
from zoho_cliq_conformance.run import Result

# Values of the mock's policies that depart from what the page states, with the facts that have to be reported for them.
DEPARTURES: dict[tuple[str, str], str] = {
    ("error_codes", "absent"): "create.msgaction_name_already_exists",
    ("empty_arrays", "accept"): "create.message_types.min",
    ("execution_url_schemes", "http"): "create.execution_type.values",
}
# Where one count holds for all operations, a run that paces each by itself is locked out: not graded, not accused.
LOCKED_OUT = ("threshold_per", "user")


def policy_values() -> list[tuple[str, str]]:
    from zoho_cliq_mock.policies import CATALOGUE

    found = []
    for name, entry in CATALOGUE.items():
        choices = entry.metadata["choices"]
        found += [(name, str(value)) for value in (choices if choices is not None else (1000,)) if value != ""]
    return found


def describe(result: Result) -> list[str]:
    trace = result.client.trace
    return [f"{v.fact}: expected {v.expected}; got {v.got}; {trace[v.exchange - 1].summary()}" for v in result.faults()]


@pytest.mark.parametrize(("name", "value"), policy_values(), ids=lambda part: part)
def test_the_mock_is_not_accused_under_a_policy(name: str, value: str) -> None:
    with_thresholds = name.startswith(("threshold", "lock"))
    transport = mock_transport({name: value}, thresholds=with_thresholds)
    result = grade(transport, thresholds=with_thresholds, graded=profile(pace=with_thresholds))
    if (name, value) in DEPARTURES:
        assert DEPARTURES[name, value] in {violation.fact for violation in result.faults()}
        return
    assert describe(result) == []
    if (name, value) == LOCKED_OUT:
        assert result.exit_code() == 3
    else:
        assert not result.stopped
        assert result.exit_code() == 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["mock", "reference"])
def test_a_conforming_server_is_not_accused(kind: str, seed: int) -> None:
    transport = mock_transport() if kind == "mock" else reference_transport()
    result = grade(transport, seed=seed)
    assert describe(result) == []
    assert result.violations == []
    assert result.exit_code(strict=True) == 0


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_a_lawful_variant_is_not_accused(name: str) -> None:
    result = grade(reference_transport(VARIANTS[name], thresholds=False), thresholds=False, graded=profile(pace=False))
    assert describe(result) == []
    assert not result.stopped


def test_every_fact_is_asserted_on_a_conforming_server() -> None:
    from zoho_cliq_conformance.creation_limit import FACT, run_creation_limit

    oracle = grade(reference_transport()).client.oracle
    asserted = {fact for fact, count in oracle.passed.items() if count}
    assert set(FACTS) - asserted == {FACT}
    limited = grade_creation_limit(12)
    assert limited.client.oracle.passed[FACT] > 12
    assert limited.violations == []
    assert run_creation_limit.__doc__


def grade_creation_limit(limit: int, prepare: Any = None) -> Result:
    from zoho_cliq_conformance.client import Client
    from zoho_cliq_conformance.creation_limit import run_creation_limit
    from zoho_cliq_conformance.run import run
    from zoho_cliq_conformance.transport import CallTransport

    server = Reference(StepClock(), thresholds=False)
    server.creation_limit = limit
    if prepare is not None:
        prepare(server)
    client = Client(profile(creation_limit=limit, pace=False), CallTransport(server), seed=1)
    return run(client, [("creation-limit", run_creation_limit)])
