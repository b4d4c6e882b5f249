"""The demonstration does all it says, and leaves nothing behind, also when it is interrupted."""

from __future__ import annotations

import array
import fcntl
import os
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from zoho_cliq_api.contract import OPERATIONS

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, str(ROOT / "scripts" / "demo.py")]


ROOM = 210
FIRST_CALL = 150
"""Bytes: room for the heading and the first call but not for the second, and what the first two take at least."""


def waiting(reader: int) -> int:
    """Return how many bytes wait in a pipe."""
    found = array.array("i", [0])
    fcntl.ioctl(reader, termios.FIONREAD, found)
    return found[0]


def start(folder: Path, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """Start the demonstration with `folder` for its temporary files."""
    return subprocess.Popen(
        DEMO,
        cwd=folder.parent,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes_that_name(folder: Path) -> list[str]:
    """Return command lines of running processes in which a folder occurs."""
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
    assert "the chat shows: An incident is open, Ada.\n" in output
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc, and fills a pipe")
def test_an_interrupted_demonstration_leaves_no_process_and_no_file(folder: Path) -> None:
    # A pipe that is nearly full holds the demonstration at its second call for as long as nobody reads.
    reader, writer = os.pipe()
    size = fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, b"." * (size - ROOM))
    demo = start(folder, stdout=writer)
    os.close(writer)
    deadline = time.monotonic() + 60
    while waiting(reader) < size - ROOM + FIRST_CALL and time.monotonic() < deadline:
        assert demo.poll() is None
    assert processes_that_name(folder), "the mock server is not running; the test looks for the wrong thing"
    demo.send_signal(signal.SIGINT)
    with open(reader, "rb") as output:
        output.read()
    _, errors = demo.communicate(timeout=60)
    assert demo.returncode == 130, errors
    assert list(folder.iterdir()) == []
    assert processes_that_name(folder) == []


STOPPED_WHILE_IT_BEGINS = """
import signal, subprocess, sys
sys.path.insert(0, sys.argv[1])
import demo
begin = subprocess.Popen

def interrupted(*arguments, **settings):
    server = begin(*arguments, **settings)
    signal.raise_signal(int(sys.argv[2]))
    return server

subprocess.Popen = interrupted
sys.exit(demo.main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_demonstration_stopped_while_its_server_begins_leaves_none(folder: Path, number: int, code: int) -> None:
    program = [sys.executable, "-c", STOPPED_WHILE_IT_BEGINS, str(ROOT / "scripts"), str(int(number))]
    # Its output goes nowhere: a pipe would be held by a server that is left, and waited for.
    demo = subprocess.run(
        program,
        cwd=folder.parent,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert processes_that_name(folder) == []
    assert demo.returncode == code
    assert list(folder.iterdir()) == []
