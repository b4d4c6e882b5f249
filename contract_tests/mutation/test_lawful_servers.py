"""Table and thresholds have no false positives on the mock under every policy, the second server and its variants."""

from __future__ import annotations

from random import Random

import pytest
from harness import grade, grade_creation_limit, mock_transport, profile, reference_transport
from variants import VARIANTS
from zoho_cliq_conformance.judge.facts import FACTS
from zoho_cliq_conformance.result import Result

# Values of the mock's policies that contradict the vendor's page, each with the fact that has to be reported.
DEPARTURES: dict[tuple[str, str], str] = {
    ("error_codes", "absent"): "create.msgaction_name_already_exists",
    ("empty_arrays", "accept"): "create.message_types.min",
    ("execution_url_schemes", "http"): "create.execution_type.values",
}
# With this value the mock counts all operations of a user together. The kit paces each operation separately, so it is
# locked out and cannot grade the mock.
LOCKED_OUT = ("threshold_per", "user")


SEEDS = range(20)


def policy_values() -> list[tuple[str, str]]:
    """Return each policy with each value that is not its default; a numeric policy has the value 1000."""
    from zoho_cliq_mock.policies import CATALOGUE

    found = []
    for name, entry in CATALOGUE.items():
        choices = entry.metadata["choices"]
        values = map(str, choices if choices is not None else (1000,))
        found += [(name, value) for value in values if value not in ("", str(entry.default))]
    return found


def lawful_policies(seed: int) -> dict[str, object]:
    """Return a random choice of a third of the policy values that contradict no fact."""
    values = [pair for pair in policy_values() if pair not in DEPARTURES and pair[0] != LOCKED_OUT[0]]
    chosen = Random(seed).sample(values, len(values) // 3)
    return dict(chosen)


def describe(result: Result) -> list[str]:
    trace = result.client.trace
    return [f"{v.fact}: expected {v.expected}; got {v.got}; {trace[v.exchange - 1].summary()}" for v in result.faults()]


def of_policy(name: str, value: str, seed: int) -> None:
    """Grade the mock under a policy and assert the right result: the fault of a departure, or no fault."""
    with_thresholds = name.startswith(("threshold", "lock"))
    transport = mock_transport({name: value}, thresholds=with_thresholds)
    result = grade(transport, thresholds=with_thresholds, graded=profile(pace=with_thresholds), seed=seed)
    if (name, value) in DEPARTURES:
        assert DEPARTURES[name, value] in {violation.fact for violation in result.faults()}
        return
    assert describe(result) == []
    if (name, value) == LOCKED_OUT:
        assert result.exit_code() == 3
    else:
        assert not result.stopped
        assert result.exit_code() == 0


def of_policies(seed: int) -> None:
    transport = mock_transport(lawful_policies(seed), thresholds=False)
    result = grade(transport, thresholds=False, graded=profile(pace=False), seed=seed)
    assert describe(result) == []
    assert not result.stopped


def of_server(kind: str, seed: int) -> None:
    transport = mock_transport() if kind == "mock" else reference_transport()
    result = grade(transport, seed=seed)
    assert describe(result) == []
    assert result.violations == []
    assert result.exit_code(strict=True) == 0


def of_variant(name: str, seed: int) -> None:
    transport = reference_transport(VARIANTS[name], thresholds=False)
    result = grade(transport, thresholds=False, graded=profile(pace=False), seed=seed)
    assert describe(result) == []
    assert not result.stopped


# --- one seed by default


@pytest.mark.parametrize(("name", "value"), policy_values(), ids=lambda part: part)
def test_no_false_positive_on_the_mock_under_a_policy(name: str, value: str) -> None:
    of_policy(name, value, 1)


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_no_false_positive_on_the_mock_under_many_policies(seed: int) -> None:
    of_policies(seed)


@pytest.mark.parametrize("seed", SEEDS[:2])
@pytest.mark.parametrize("kind", ["mock", "reference"])
def test_no_false_positive_on_a_conforming_server(kind: str, seed: int) -> None:
    of_server(kind, seed)


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_no_false_positive_on_a_lawful_variant(name: str) -> None:
    of_variant(name, 1)


# --- twenty seeds


@pytest.mark.heavy
@pytest.mark.parametrize(("name", "value"), policy_values(), ids=lambda part: part)
def test_no_false_positive_on_the_mock_under_a_policy_on_20_seeds(name: str, value: str) -> None:
    for seed in SEEDS:
        of_policy(name, value, seed)


@pytest.mark.heavy
def test_no_false_positive_on_the_mock_under_many_policies_on_20_seeds() -> None:
    for seed in SEEDS:
        of_policies(seed)


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["mock", "reference"])
def test_no_false_positive_on_a_conforming_server_on_20_seeds(kind: str) -> None:
    for seed in SEEDS:
        of_server(kind, seed)


@pytest.mark.heavy
@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_no_false_positive_on_a_lawful_variant_on_20_seeds(name: str) -> None:
    for seed in SEEDS:
        of_variant(name, seed)


def test_every_fact_is_asserted_on_a_conforming_server() -> None:
    from zoho_cliq_conformance.drivers.creation_limit import FACT, run_creation_limit

    oracle = grade(reference_transport()).client.oracle
    asserted = {fact for fact, count in oracle.passed.items() if count}
    assert set(FACTS) - asserted == {FACT}
    limited = grade_creation_limit(12)
    assert limited.client.oracle.passed[FACT] == 2
    assert limited.violations == []
    assert run_creation_limit.__doc__
