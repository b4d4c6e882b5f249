"""Options of the contract tests.

`--profile FILE` grades the server of that profile instead of an embedded mock. `--grade-all` runs also the mutation
tests that passed before with the same inputs, and stores their grades.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from api_paths import IN_PATHS

os.environ |= IN_PATHS  # also for processes that tests start


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    parser.addoption("--profile", type=Path, default=None, help="grade this profile's server, not the mock")
    parser.addoption("--grade-all", action="store_true", help="run all mutation tests, and keep their grades")
