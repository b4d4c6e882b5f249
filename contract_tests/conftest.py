"""Options of the contract tests: `--profile FILE` grades the server of that profile instead of an embedded mock."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the option."""
    parser.addoption("--profile", type=Path, default=None, help="grade this profile's server, not the mock")
