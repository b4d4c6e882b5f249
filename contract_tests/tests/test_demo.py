"""The demonstration does all it says, and leaves nothing behind, also when it is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from zoho_cliq_api.contract import OPERATIONS

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, str(ROOT / "scripts" / "demo.py")]


def start(folder: Path) -> subprocess.Popen[str]:
    """Starts the demonstration with `folder` for its temporary files."""
    return subprocess.Popen(
        DEMO,
        cwd=folder.parent,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes_that_name(folder: Path) -> list[str]:
    """Command lines of running processes in which a folder occurs."""
    found = []
    for command_line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = command_line.read_bytes().decode("utf-8", "replace").replace("\0", " ")
        except OSError:
            continue  # it ended meanwhile
        if str(folder) in words:
            found.append(words)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "temporary files"
    path.mkdir()
    return path


def test_the_demonstration_runs_all_operations_and_cleans_up(folder: Path) -> None:
    demo = start(folder)
    output, errors = demo.communicate(timeout=60)
    assert demo.returncode == 0, errors
    assert output.splitlines()[-1] == f"{len(OPERATIONS)} of {len(OPERATIONS)} operations"
    for operation in OPERATIONS:
        assert operation in output
    assert output.count("list_message_actions") == 3
    assert "MessageActionNameExists" in output
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_an_interrupted_demonstration_leaves_no_process_and_no_file(folder: Path) -> None:
    demo = start(folder)
    assert demo.stdout is not None
    for line in demo.stdout:
        if line.startswith("create_message_action"):
            break
    assert processes_that_name(folder), "the mock server is not running; the test looks for the wrong thing"
    demo.send_signal(signal.SIGINT)
    _, errors = demo.communicate(timeout=60)
    assert demo.returncode == 130, errors
    assert list(folder.iterdir()) == []
    assert processes_that_name(folder) == []
