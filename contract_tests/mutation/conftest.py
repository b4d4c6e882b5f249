"""Make the modules of this folder importable, and leave out heavy tests that passed before with the same inputs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import grades  # noqa: E402 - beside this file

_FOUND: dict[str, bool] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the heavy tests that, according to `grades.json`, passed with this tree, unless `--grade-all` is given."""
    if config.getoption("--grade-all"):
        return
    heavy = [item for item in items if HERE in item.path.parents and item.get_closest_marker("heavy")]
    known = grades.passed() if heavy else frozenset()
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
        grades.keep(_FOUND)
