"""Options of the contract tests, and which samples of the mutation tests are heavy.

`--profile FILE` grades the server of that profile instead of an embedded mock. `--grade-all` runs also the mutation
tests that passed before with the same inputs, and stores their grades.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from api_paths import IN_PATHS

os.environ |= IN_PATHS  # also for processes that tests start

# Heavy tests of the same files grade all of these servers, each with more seeds, and are left out as long as nothing
# that they grade changes. Of the tests of the tests, few are fast. The rest is marked here because a change in
# `contract_tests/mutation` makes all grades out of date.
ONE_IN = {
    "test_no_false_positive_on_the_mock_under_a_policy": 80,
    "test_no_false_positive_on_the_mock_under_many_policies": 0,
    "test_no_false_positive_on_a_conforming_server": 6,
    "test_no_false_positive_on_a_lawful_variant": 80,
    "test_a_mutant_of_each_class_is_found": 0,
    "test_a_documented_code_without_a_reason_is_a_fault_of_its_own": 2,
    "test_the_mock_as_it_is_conforms_and_is_no_mutant": 0,
    "test_a_change_is_found_and_leaves_nothing_behind": 2,
    "test_a_few_mutants_are_found_or_listed": 0,
    "test_both_find_some_of_the_mutants_with_a_single_seed": 0,
}
"""By the name of a sampling test: one of how many parameters stays fast, 0 for none."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    parser.addoption("--profile", type=Path, default=None, help="grade this profile's server, not the mock")
    parser.addoption("--grade-all", action="store_true", help="run all mutation tests, and keep their grades")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark most parameters of the sampling mutation tests heavy, before the grades and `-m` look at the marks."""
    seen = dict.fromkeys(ONE_IN, 0)
    for item in items:
        name = getattr(item, "originalname", item.name)
        if name in seen and item.path.parent.name == "mutation":
            if not ONE_IN[name] or seen[name] % ONE_IN[name]:
                item.add_marker(pytest.mark.heavy)
            seen[name] += 1
