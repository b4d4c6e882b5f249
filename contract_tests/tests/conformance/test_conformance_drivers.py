"""The machine alone, and the fuzzer with the oracle alone, find most of the named mutants."""

from __future__ import annotations

import pytest
from harness import profile, reference_transport, share_clock
from mutants import MUTANTS, Mutant
from zoho_cliq_conformance.client import Client
from zoho_cliq_conformance.run import run


def _machine(mutant: Mutant, seed: int) -> bool:
    from zoho_cliq_conformance.machine import run_machine

    client = Client(profile(), reference_transport(mutant.prepare), seed=seed)
    share_clock(client)
    driver = [("machine", lambda c, r: run_machine(c, r, examples=12, shrink=False))]
    return bool(run(client, driver).violations)


def _fuzz(mutant: Mutant, seed: int) -> bool:
    from zoho_cliq_conformance.fuzz import run_fuzz

    client = Client(profile(pace=False), reference_transport(mutant.prepare, thresholds=False), seed=seed)
    share_clock(client)
    driver = [("fuzz", lambda c, r: run_fuzz(c, r, examples=6, until_fault=True))]
    return bool(run(client, driver).violations)


def _sample(part: int, parts: int) -> list[Mutant]:
    return list(MUTANTS.values())[part::parts]


@pytest.mark.heavy
def test_the_machine_alone_finds_most_mutants() -> None:
    """Over three seeds, on every third mutant: all of them take ten minutes."""
    some = _sample(1, 3)
    found = [mutant.name for mutant in some if any(_machine(mutant, seed) for seed in (1, 2, 3))]
    assert len(found) >= 0.85 * len(some), sorted({m.name for m in some} - set(found))


@pytest.mark.heavy
def test_the_fuzzer_with_the_oracle_finds_most_mutants() -> None:
    """One seed, on every fifth mutant: all of them take half an hour."""
    some = _sample(2, 5)
    found = [mutant.name for mutant in some if _fuzz(mutant, 1)]
    assert len(found) >= 0.65 * len(some), sorted({m.name for m in some} - set(found))
