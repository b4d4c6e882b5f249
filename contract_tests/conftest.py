"""Options of the contract tests: `--profile FILE` grades the server of that profile instead of an embedded mock.

`--grade-all` runs the mutation tests even if they passed before with the same inputs, and keeps their grades.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from api_paths import IN_PATHS

os.environ |= IN_PATHS  # for the processes that tests start, too


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    parser.addoption("--profile", type=Path, default=None, help="grade this profile's server, not the mock")
    parser.addoption("--grade-all", action="store_true", help="run all mutation tests, and keep their grades")
