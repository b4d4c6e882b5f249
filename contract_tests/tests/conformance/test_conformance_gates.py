"""The kit finds faults: table and thresholds report every named mutant for the fact that it breaks."""

from __future__ import annotations

import pytest
from harness import grade, profile, reference_transport
from mutants import CLASSES, MUTANTS, Mutant
from test_conformance_innocent import grade_creation_limit
from zoho_cliq_conformance.facts import FACTS
from zoho_cliq_conformance.run import Result

CREATION_LIMIT = [name for name in MUTANTS if name.startswith("create-limit")]


def graded(mutant: Mutant) -> Result:
    """What table and thresholds say about a mutant."""
    if mutant.name in CREATION_LIMIT:
        return grade_creation_limit(12, mutant.prepare)
    paced = mutant.kind == "thresholds"
    transport = reference_transport(mutant.prepare, thresholds=paced)
    return grade(transport, thresholds=paced, graded=profile(pace=paced))


def missed(mutants: list[Mutant]) -> list[str]:
    """Mutants that table and thresholds do not report for one of their facts."""
    found = {mutant.name: {violation.fact for violation in graded(mutant).violations} for mutant in mutants}
    return [
        f"{m.name}: expected {m.facts}, got {sorted(found[m.name])}"
        for m in mutants
        if not found[m.name] & set(m.facts)
    ]


def test_there_are_mutants_of_every_class_and_for_every_fact() -> None:
    assert len(MUTANTS) >= 150
    assert {mutant.kind for mutant in MUTANTS.values()} == set(CLASSES)
    named = {fact for mutant in MUTANTS.values() for fact in mutant.facts}
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
    """For each fact some mutant is reported for just that fact."""
    left = set(FACTS)
    for mutant in MUTANTS.values():
        if left & set(mutant.facts):
            left -= {violation.fact for violation in graded(mutant).violations} & set(mutant.facts)
    assert left == set()
