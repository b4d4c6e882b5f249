"""Table and thresholds find every named mutant, and report a fact that it breaks."""

from __future__ import annotations

import pytest
from harness import grade, grade_creation_limit, profile, reference_transport
from mutants import CLASSES, MUTANTS, Mutant
from reference_server import Reference, Refusal
from zoho_cliq_conformance.judge.facts import FACTS
from zoho_cliq_conformance.result import Result
from zoho_cliq_conformance.sending.bodies import GONE

CREATION_LIMIT = [name for name in MUTANTS if name.startswith("create-limit")]


def graded(mutant: Mutant) -> Result:
    """Return the result of table and thresholds for a mutant."""
    if mutant.name in CREATION_LIMIT:
        return grade_creation_limit(12, mutant.prepare)
    paced = mutant.kind == "thresholds"
    transport = reference_transport(mutant.prepare, thresholds=paced)
    return grade(transport, thresholds=paced, graded=profile(pace=paced))


def missed(mutants: list[Mutant]) -> list[str]:
    """Return the mutants for which table and thresholds report none of the mutant's facts."""
    found = {mutant.name: {violation.fact for violation in graded(mutant).violations} for mutant in mutants}
    return [
        f"{m.name}: expected {m.facts}, got {sorted(found[m.name])}"
        for m in mutants
        if not found[m.name] & set(m.facts)
    ]


def test_there_are_mutants_of_every_class_and_for_every_fact() -> None:
    assert len(MUTANTS) >= 150
    assert {mutant.kind for mutant in MUTANTS.values()} == set(CLASSES)
    parts = {fact: fact.split(".") for mutant in MUTANTS.values() for fact in mutant.facts}
    named = {fact for fact, (operation, field, *_) in parts.items() if field not in GONE.get(operation, ())}
    assert named <= set(FACTS)
    assert set(FACTS) - named == set()


@pytest.mark.parametrize("kind", CLASSES)
def test_a_mutant_of_each_class_is_found(kind: str) -> None:
    some = [mutant for mutant in MUTANTS.values() if mutant.kind == kind][::8]
    assert missed(some) == []


@pytest.mark.heavy
@pytest.mark.parametrize("kind", CLASSES)
def test_table_and_thresholds_find_every_mutant(kind: str) -> None:
    assert missed([mutant for mutant in MUTANTS.values() if mutant.kind == kind]) == []


@pytest.mark.heavy
def test_every_fact_is_killed_by_a_mutant() -> None:
    """For each fact there is a mutant that is reported for that fact."""
    left = set(FACTS)
    for mutant in MUTANTS.values():
        if left & set(mutant.facts):
            left -= {violation.fact for violation in graded(mutant).violations} & set(mutant.facts)
    assert left == set()


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("update_handler", "execution_handler_update_failed"),
        ("get_handler", "execution_handler_get_failed"),
    ],
)
def test_a_documented_code_without_a_reason_is_a_fault_of_its_own(method: str, code: str) -> None:
    def prepare(server: Reference) -> None:
        def refuse(user: str, identifier: str, *_: object) -> None:
            server.find_for_handler(user, identifier)
            raise Refusal(400, code, "flaky")

        setattr(server, method, refuse)

    result = grade(reference_transport(prepare), thresholds=False)
    assert "errors.code.fits" in {violation.fact for violation in result.faults()}
