"""The processes of the loop: they are heard, end as they are asked to, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from cliq_projects import write
from zoho_cliq.dev import leash, processes
from zoho_cliq.dev.processes import Child
from zoho_cliq.errors import CliqError

PATIENCE = 20.0
WAITS = "import time\nprint('ready')\ntime.sleep(60)\n"


class Started:
    """A child, with what it printed and how it ended."""

    def __init__(self, folder: Path, code: str) -> None:
        write(folder, "told_to_run.py", code)
        self.lines: Queue[str] = Queue()
        self.ended = threading.Event()
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}
        self.child = Child("it", ["told_to_run", "a"], self.lines.put, lambda child: self.ended.set(), environ)

    def line(self) -> str:
        return self.lines.get(timeout=PATIENCE)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Started]]:
    made: list[Started] = []

    def begin(code: str) -> Started:
        made.append(Started(tmp_path, code))
        return made[-1]

    yield begin
    for each in made:
        each.child.stop()
        with pytest.raises(ChildProcessError):  # it was reaped: no zombie
            os.waitpid(each.child.pid, os.WNOHANG)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")  # its parent reaps late


def gone(pid: int) -> bool:
    for _ in range(1000):
        if not is_there(pid):
            return True
        threading.Event().wait(0.01)
    return False


def test_output_and_exit_code_are_reported(start: Callable[[str], Started]) -> None:
    started = start("import sys\nprint(sys.argv, __name__)\nprint('é \\udcff', file=sys.stderr)\nsys.exit(3)\n")
    assert started.ended.wait(PATIENCE)
    assert started.line().endswith("told_to_run.py', 'a'] __main__")
    assert started.line().startswith("é")
    assert not started.child.running
    assert (started.child.code, started.child.ending) == (3, "exit code 3")


def test_a_process_ends_on_sigterm(start: Callable[[str], Started]) -> None:
    started = start(WAITS)
    assert started.line() == "ready"
    assert started.child.running
    assert started.child.code is None
    started.child.stop()
    assert started.child.stopping
    assert started.ended.is_set()
    assert started.child.ending == "signal 15"


def test_a_process_that_ignores_sigterm_is_killed(
    start: Callable[[str], Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.1)
    started = start("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAITS)
    assert started.line() == "ready"
    started.child.stop()
    assert started.child.ending == "signal 9"


GRANDCHILD = (
    "import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)\n"
)


def test_processes_that_it_started_end_too(start: Callable[[str], Started]) -> None:
    started = start(GRANDCHILD)
    assert gone(int(started.line()))
    assert started.ended.wait(PATIENCE)


def test_an_inherited_output_pipe_does_not_delay_the_end(
    start: Callable[[str], Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_LAST_LINES", 0.05)
    started = start(GRANDCHILD.replace("(60)'])", "(60)'], start_new_session=True)"))
    pid = int(started.line())
    assert started.ended.wait(PATIENCE)  # though what left its group still has its output
    os.kill(pid, signal.SIGKILL)
    started.child._reader.join(PATIENCE)


def test_a_program_that_cannot_be_started_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(CliqError, match=r"^it cannot be started: No such file or directory$"):
        Started(tmp_path, "")


def test_an_ended_process_is_not_signalled(start: Callable[[str], Started], monkeypatch: pytest.MonkeyPatch) -> None:
    started = start(WAITS)
    kill = os.killpg
    with monkeypatch.context() as patched:

        def lost(group: int, number: int) -> None:
            kill(group, number)
            raise ProcessLookupError

        patched.setattr(os, "killpg", lost)
        started.child.stop()
    assert started.ended.is_set()


PARENT = """
import os, sys, threading
from zoho_cliq.dev.processes import Child

child = Child("it", ["told_to_run"], lambda line: print(line, child.pid, flush=True), print, dict(os.environ))
threading.Event().wait()
"""


def test_it_ends_with_the_process_that_started_it_even_if_that_is_killed(tmp_path: Path) -> None:
    write(tmp_path, "told_to_run.py", WAITS)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    with subprocess.Popen([sys.executable, "-c", PARENT], env=environ, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline().split()[1])
        parent.kill()
    assert gone(pid)


def test_the_leash_sends_sigterm_then_exits(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: done.append((pid, number)))
    monkeypatch.setattr(leash.time, "sleep", done.append)
    monkeypatch.setattr(os, "_exit", done.append)
    read, written = os.pipe()
    os.write(written, b"not the end")
    os.close(written)
    leash.end_with(read)
    os.close(read)
    assert done == [(os.getpid(), signal.SIGTERM), leash.GRACE, 1]


def test_the_leash_runs_a_module_as_python_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "told_to_be_run.py", "import sys\nprint(__name__, sys.argv[1:])\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(leash, "end_with", lambda pipe: None)
    leash.main(["told_to_be_run", "a", "b"])
    assert capsys.readouterr().out == "__main__ ['a', 'b']\n"
