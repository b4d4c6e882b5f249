"""The kit finds all first-order mutants of the mock, except those that `survivors.toml` lists with a reason.

The head of that file says how to renew it. Here the tool is tested as well: it changes one place in the source of the
mock, loads the changed mock in the calling process, and restores the loaded modules afterwards.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest
import zoho_cliq_mock
from mock_mutants import (
    KINDS,
    NOT_SEMANTIC,
    OTHERWISE,
    PACKAGE,
    SEMANTIC,
    complaint,
    complaints,
    departure,
    figures,
    found,
    listed,
    mutants,
)
from mutation.first_order import Change, TookTooLong, at_most, changes
from zoho_cliq_conformance.reporting.report import score

# Broken programs do not close their resources, which causes a ResourceWarning.
pytestmark = pytest.mark.filterwarnings("ignore")

PARTS = 32


def every_mutant() -> list[Change]:
    return [change for module in SEMANTIC for change in mutants(module)]


def test_each_module_of_the_mock_is_semantic_or_not_for_a_reason() -> None:
    modules = {path.stem for path in Path(zoho_cliq_mock.__file__).parent.glob("*.py")}
    assert modules == set(SEMANTIC) | set(NOT_SEMANTIC)
    for module, without in SEMANTIC.items():
        everything = len(list(changes(PACKAGE, module)))
        for function in without:
            assert len(list(changes(PACKAGE, module, [function]))) < everything, function


def test_the_mock_as_it_is_conforms_and_is_no_mutant() -> None:
    assert OTHERWISE
    assert found(None) is None
    assert departure(None).distance == "same"


def test_changes_have_names_of_their_own() -> None:
    names = [change.name for change in every_mutant()]
    assert len(set(names)) == len(names)
    assert set(listed()) <= set(names), "survivors.toml lists mutants that there are not"


def test_at_least_97_of_100_mutants_are_found() -> None:
    """Compute the share from the list of survivors. That the list is complete is tested by grading each mutant."""
    kinds = Counter(survivor.kind for survivor in listed().values())
    assert set(kinds) <= set(KINDS)
    number = len(every_mutant())
    differing = number - kinds["differential"] - kinds["lawful"] - kinds["by hand"]
    assert differing - kinds["missed"] >= 0.97 * differing
    assert kinds["by hand"] <= 0.03 * number
    assert figures().items() <= score().items()


@pytest.mark.parametrize("part", ["cursors._mac: payload + user.encode()", "cursors.encode: payload + _mac("])
def test_a_change_is_found_and_leaves_nothing_behind(part: str) -> None:
    before = {name: id(module) for name, module in sys.modules.items() if name.startswith(PACKAGE)}
    chosen = [change for change in mutants("cursors") if change.name.startswith(part)]
    assert [found(change) is not None for change in chosen] == [True]
    assert {name: id(module) for name, module in sys.modules.items() if name.startswith(PACKAGE)} == before


def test_endless_programs_and_excessive_memory_are_stopped() -> None:
    def endless() -> None:
        while True:
            pass

    with pytest.raises(TookTooLong), at_most(0.05):
        endless()
    with pytest.raises((MemoryError, TookTooLong)), at_most(5):
        bytearray(100 << 30)


def test_a_few_mutants_are_found_or_listed() -> None:
    known = listed()
    assert [said for change in every_mutant()[::150] if (said := complaint(change, known))] == []


@pytest.mark.heavy
@pytest.mark.parametrize("part", range(PARTS))
def test_every_mutant_is_found_or_listed(part: int) -> None:
    assert list(complaints(every_mutant()[part::PARTS])) == []
