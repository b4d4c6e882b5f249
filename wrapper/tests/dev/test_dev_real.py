"""The command as people run it: processes, files and signals are real, and nothing is left of any of them."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

import pytest
from cliq_fakes import IN_PATHS
from cliq_projects import action_file, content, project, write
from zoho_cliq_mock import MockControl

pytestmark = pytest.mark.heavy
PATIENCE = 60.0
CONTROL_TOKEN = "control-token-of-the-tests"
DESK = """
from zoho_cliq.webhooks import Receiver, text

receiver = Receiver()


@receiver.action("Ticket")
def ticket(event):
    return text("ANSWER: " + event.text)


app = receiver.asgi()
"""


def say(text: str) -> str:
    return f'return {{"text":"{text}"}};\n'


class Running:
    """The command in a process, with what it prints."""

    def __init__(self, folder: Path, *options: str, **more: Any) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("ZOHO_CLIQ_")}
        environ |= {
            **IN_PATHS,
            "ZOHO_CLIQ_MOCK_CONTROL": CONTROL_TOKEN,
            "TMPDIR": str(folder.parent / "temporary"),
            "HOME": str(folder.parent),
            # What must not matter: no account is ever talked to.
            "ZOHO_CLIQ_BASE_URL": "http://127.0.0.1:1/api/v3",
            "ZOHO_CLIQ_TOKEN": "1000.real",
        }
        (folder.parent / "temporary").mkdir(exist_ok=True)
        self.temporary = folder.parent / "temporary"
        self.events: Queue[dict[str, Any]] = Queue()
        self.processes: list[int] = []
        self.ports: list[int] = []
        command = [sys.executable, "-m", "zoho_cliq", "dev", "--json", *options]
        self.process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def wait_for(self, name: str) -> dict[str, Any]:
        while True:
            found = self.events.get(timeout=PATIENCE)
            if found["event"] == name:
                return found

    def begin(self) -> MockControl:
        """Wait for the start; return the control of the mock."""
        started = self.wait_for("started")
        self.processes += started["processes"].values()
        self.ports += [int(urlsplit(started[name]).port or 0) for name in ("base_url", "receiver") if started[name]]
        return MockControl(started["base_url"], CONTROL_TOKEN)

    def end(self, number: int) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def assert_nothing_is_left(self) -> None:
        for pid in self.processes:
            assert eventually(lambda pid=pid: not is_there(pid)), pid
        for port in self.ports:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        assert list(self.temporary.iterdir()) == []

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


def eventually(good: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if good():
            return True
        threading.Event().wait(0.02)
    return False


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


Run = Callable[..., Running]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(tmp_path / "our-actions")


@pytest.fixture
def run(root: Path) -> Iterator[Run]:
    made: list[Running] = []

    def start(*options: str, **more: Any) -> Running:
        made.append(Running(root, "--port", "0", *options, **more))
        return made[-1]

    yield start
    for each in made:
        each.close()


def test_a_saved_script_answers_within_a_second_and_nothing_is_left(run: Run, root: Path) -> None:
    action_file(root, "a", say("one"), name="A", hint="h")
    before = content(root)
    running = run()
    mock = running.begin()
    running.wait_for("carried")
    assert mock.trigger("A", "x").text == "one"
    assert content(root) == before
    took = []
    for number in range(5):
        write(root, "actions/a.dg", say(str(number)))
        saved = time.monotonic()
        assert running.wait_for("carried")["changes"] == ["change A"]
        took.append(time.monotonic() - saved)
        assert mock.trigger("A", "x").text == str(number)
    assert min(took) < 1.0, took  # on a busy machine some may take longer
    write(root, "actions/a.dg", "return {")
    assert running.wait_for("carried")["mistakes"][0]["file"] == "actions/a.dg"
    assert mock.trigger("A", "x").text == "4"
    assert running.end(signal.SIGINT) == 0
    running.assert_nothing_is_left()
    assert running.process.stderr is not None
    assert running.process.stderr.read() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_receiver_is_started_anew_and_ends_too(run: Run, root: Path, number: int) -> None:
    write(root, "desk.py", DESK)
    url = {"execution_type": "webhook", "execution_url": "${RECEIVER_URL}/cliq"}
    action_file(root, "t", name="Ticket", hint="h", permissions=["message"], **url)
    running = run("--receiver", "desk:app")
    mock = running.begin()
    ready = running.wait_for("receiver")
    assert ready["state"] == "ready"
    assert eventually(lambda: "Ticket" in {action["name"] for action in mock.state()["actions"]})
    assert mock.trigger("Ticket", "x").text == "ANSWER: x"
    write(root, "desk.py", DESK.replace("ANSWER", "NEW"))
    again = running.wait_for("receiver")
    assert (again["state"], is_there(ready["pid"])) == ("ready", False)
    running.processes.append(again["pid"])
    assert mock.trigger("Ticket", "x").text == "NEW: x"
    write(root, "desk.py", DESK + "\nbroken(")
    assert running.wait_for("receiver")["state"] == "ended"
    write(root, "desk.py", DESK)
    running.processes.append(running.wait_for("receiver")["pid"])
    assert mock.trigger("Ticket", "x").text == "ANSWER: x"
    assert running.end(number) == 0
    running.assert_nothing_is_left()


def test_the_end_of_the_mock_ends_it_with_one_line(run: Run) -> None:
    running = run()
    running.begin()
    running.wait_for("carried")
    os.kill(running.processes[0], signal.SIGKILL)
    assert running.process.wait(PATIENCE) == 1
    running.assert_nothing_is_left()
    assert running.process.stderr is not None
    assert json.loads(running.process.stderr.read())["message"].startswith("the mock ended (signal 9)")


def test_killed_it_leaves_no_process(run: Run, root: Path) -> None:
    write(root, "desk.py", DESK)
    running = run("--receiver", "desk:app")
    running.begin()
    assert running.end(signal.SIGKILL) == -signal.SIGKILL
    for pid in running.processes:
        assert eventually(lambda pid=pid: not is_there(pid)), pid


def test_a_port_that_is_taken_is_said_and_how_to_mend_it(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        running = run("--port", str(taken.getsockname()[1]))
        assert running.process.wait(PATIENCE) == 2
    assert running.process.stderr is not None
    assert "give another with --port, or 0 for a free one" in running.process.stderr.read()
    running.assert_nothing_is_left()


def test_events_are_recorded_and_sent_again_to_what_answers_now(run: Run, root: Path, tmp_path: Path) -> None:
    action_file(root, "a", say("one"), name="A", hint="h")
    file = str(tmp_path / "events.jsonl")
    running = run("--record", file)
    mock = running.begin()
    running.wait_for("carried")
    mock.trigger("A", "x")
    assert running.end(signal.SIGINT) == 0
    for script, answer, code in ((say("two"), "message: two", 0), ('return "" + 1 / 0;', "unanswered: ", 1)):
        write(root, "actions/a.dg", script)
        again = run("--replay", file)
        assert again.wait_for("answer")["text"].startswith(answer)
        assert again.wait_for("replayed")["failed"] == code
        assert again.process.wait(PATIENCE) == code
        again.assert_nothing_is_left()


def test_a_terminal_that_is_closed_ends_it(root: Path, tmp_path: Path) -> None:
    action_file(root, "a", say("one"), name="A", hint="h")
    opened = tmp_path / "opened"
    browser = write(tmp_path, "browser", f'#!/bin/sh\necho "$1" >{opened}.new\nmv {opened}.new {opened}\n')
    browser.chmod(0o755)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    terminal, other = pty.openpty()
    command = [sys.executable, "-m", "zoho_cliq", "dev", str(root), "--port", "0"]
    process = subprocess.Popen(
        # The first terminal that the leader of a session opens is that of the session.
        ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(other), *command],
        env={**os.environ, "TMPDIR": str(temporary), "BROWSER": f"{browser} %s"},
        start_new_session=True,
    )
    seen = b""
    while b"Applied" not in seen:
        seen += os.read(terminal, 4096)
    os.close(other)
    assert eventually(opened.exists)
    assert "/_mock/console?key=" in opened.read_text()
    assert opened.read_text().strip().encode() not in seen  # the link that is printed can still be opened
    os.close(terminal)
    assert process.wait(PATIENCE) == 0
    assert list(temporary.iterdir()) == []
