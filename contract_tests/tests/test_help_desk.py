"""The example of a service: its own tests pass where it is copied, and it stays short enough to be read at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "help-desk"


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_passes_its_tests_as_a_copy(tmp_path: Path) -> None:
    folder = copytree(EXAMPLE, tmp_path / "help-desk", ignore=ignore_patterns("__pycache__"))
    assert "6 passed" in run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")


@pytest.mark.parametrize("name", ["desk.py", "test_desk.py"])
def test_the_example_is_short(name: str) -> None:
    assert len((EXAMPLE / name).read_text("utf-8").splitlines()) <= 60
