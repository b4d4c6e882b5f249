"""Options of the contract tests, which mutation tests are heavy, and which heavy tests need not run again.

`--profile FILE` grades the server of that profile instead of an embedded mock. `--grade-all` runs also the heavy tests
that passed before with the same inputs, and stores the grades of those that `grades.py` names.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import grades
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
    parser.addoption("--grade-all", action="store_true", help="run all graded tests, and keep their grades")


_FOUND: dict[str, bool] = {}


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """Mark most parameters of the sampling mutation tests heavy, and skip the heavy tests that need not run again.

    These are the tests that passed, according to `grades.json`, with this tree. With `--grade-all` they run.
    """
    seen = dict.fromkeys(ONE_IN, 0)
    for item in items:
        name = getattr(item, "originalname", item.name)
        if name in seen and item.path.parent.name == "mutation":
            if not ONE_IN[name] or seen[name] % ONE_IN[name]:
                item.add_marker(pytest.mark.heavy)
            seen[name] += 1
    yield  # pytest removes what -m leaves out: the fast tests need no digests, which take seconds
    heavy = [item for item in items if item.get_closest_marker("heavy") and grades.graded(item.path)]
    known = grades.passed() if heavy and not config.getoption("--grade-all") else frozenset()
    for item in heavy:
        if item.nodeid in known:
            item.add_marker(pytest.mark.skip(reason="passed before with the same inputs (grades.json)"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note whether a test passed."""
    if report.when == "call" or report.failed:
        _FOUND[report.nodeid] = report.passed and _FOUND.get(report.nodeid, True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the grades after a run with `--grade-all`, even if some tests failed."""
    worker = "PYTEST_XDIST_WORKER" in os.environ
    if session.config.getoption("--grade-all") and not worker:
        grades.keep(
            {name: well for name, well in _FOUND.items() if grades.graded(grades.ROOT / name.partition("::")[0])}
        )
