"""The parts of the loop by themselves: settings, files of events, deliveries, calls of the mock, the watcher."""

from __future__ import annotations

import io
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from cliq_projects import project, write
from zoho_cliq.dev import mock as mock_module
from zoho_cliq.dev import watching
from zoho_cliq.dev.deliveries import Deliveries, failed, shown
from zoho_cliq.dev.events import Event, add, opened, read_events
from zoho_cliq.dev.mock import Mock, MockRefused
from zoho_cliq.dev.settings import Settings, free_port
from zoho_cliq.errors import CliqError, ConfigurationError
from zoho_cliq.project import ProjectError

# ---- settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"port": -1}, "--port must be from 0 to 65535, not -1"),
        ({"port": 65536}, "--port must"),
        ({"receiver": "desk"}, "--receiver takes MODULE:APP, as in desk:app, not 'desk'"),
        ({"receiver": "--reload:app"}, "--receiver takes"),
        ({"receiver": "desk:app extra"}, "--receiver takes"),
        ({"record": Path("a"), "replay": Path("b")}, "--record and --replay cannot be combined"),
    ],
    ids=str,
)
def test_invalid_settings_of_dev_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Settings(**settings)


@pytest.mark.parametrize("receiver", ["desk:app", "our.desk:make.app", "_d:app()"])
def test_applications(receiver: str) -> None:
    assert Settings(receiver=receiver).receiver == receiver


def test_the_folder_is_the_one_that_was_asked_for_or_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings().project({}) is None
    with pytest.raises(ProjectError, match="is missing in"):
        Settings(folder=Path()).project({})
    with pytest.raises(ProjectError, match="is missing in"):
        Settings(environment="test").project({})
    with pytest.raises(ProjectError, match="is not a folder"):
        Settings(folder=Path("nowhere")).project({})
    project(tmp_path)
    assert Settings().project({}) == Settings(folder=tmp_path, environment="test").project({}) == tmp_path
    with pytest.raises(ProjectError, match="has no environment 'tset'; it has test"):
        Settings(environment="tset").project({})
    write(tmp_path, "cliq.toml", "[")
    assert Settings(environment="tset").project({}) == tmp_path  # the mistake is said while the loop runs


def test_a_free_port_can_be_used() -> None:
    with socket.socket() as used:
        used.bind(("127.0.0.1", free_port()))


# ---- files of events

DELIVERY: dict[str, Any] = {
    "id": 1,
    "action": {"name": "A"},
    "user": "owner",
    "event": {"response_url": "u", "timestamp": 1, "params": {"texts": ["é secret", 1, None], "deep": {"a": "secret"}}},
}


def masked(text: str) -> str:
    return text.replace("secret", "${KEY}")


def test_events_survive_the_file(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for _ in range(2):
        with opened(path) as file:
            add(file, DELIVERY, masked)
    write(tmp_path, "events.jsonl", path.read_text("utf-8") + "\n")
    event = {"params": {"texts": ["é ${KEY}", 1, None], "deep": {"a": "${KEY}"}}}
    assert read_events(path) == [Event(1, "A", event, "owner"), Event(2, "A", event, "owner")]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^--record: cannot write .*: Is a directory$"):
        opened(tmp_path)

    class Full(io.StringIO):
        name = "events.jsonl"

        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(CliqError, match=r"^--record: cannot write events.jsonl: No space left on device$"):
        add(Full(), DELIVERY, str)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\xff", "is not UTF-8 text"),
        (b"\n \n", "contains no events; --record writes them"),
        (b'\n{"a"', r":2: is not JSON; a line is \{"),
        (b"[" * 100_000, ":1: is not JSON"),
        (b"[]", ":1: is not an object"),
        (b'{"action": 1}', ":1: action must be the name of a message action"),
        (b'{"action": "A", "event": 1}', ":1: event must be an object with the object params"),
        (b'{"action": "A", "event": {"params": []}}', ":1: event must be an object"),
        (b'{"action": "A", "event": {"params": {}}, "user": 1}', ":1: user must be the key of a user"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_file_that_has_no_events(tmp_path: Path, text: bytes, message: str) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(text)
    with pytest.raises(ConfigurationError, match=message):
        read_events(path)


def test_a_file_of_events_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^--replay: cannot read .*: No such file or directory$"):
        read_events(tmp_path / "events.jsonl")


# ---- deliveries


def delivered(identifier: int, **more: Any) -> dict[str, Any]:
    return {**DELIVERY, "id": identifier, **more}


def answer(kind: str = "message", text: str = "ok", problems: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"kind": kind, "text": text, "problems": list(problems)}


class Answers:
    """A replacement for a mock: returns prepared answers one after the other, and records the requests."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def call(self, method: str, path: str) -> Any:
        self.asked.append(path)
        epoch, deliveries = self.answers.pop(0)
        return {"epoch": epoch, "deliveries": deliveries}


def looked(answers: Answers) -> tuple[list[int], int, list[str]]:
    """Poll until there are no more answers. Return the reports, the number of resets, and the recorded events."""
    told: list[int] = []
    resets: list[None] = []
    record = io.StringIO()
    deliveries = Deliveries(
        answers,  # type: ignore[arg-type]
        on_delivery=lambda delivery: told.append(delivery["id"]),
        on_reset=lambda: resets.append(None),
        record=record,
        mask=str,
    )
    while answers.answers:
        deliveries.look()
    return told, len(resets), record.getvalue().splitlines()


def test_each_delivery_is_recorded_when_it_is_seen_and_told_when_it_is_answered() -> None:
    answers = Answers(
        (1, [{}, delivered(1), delivered(2, shown=answer())]),
        (1, [delivered(1), delivered(2, shown=answer())]),
        (1, [delivered(1, shown=answer()), delivered(2, shown=answer())]),
        (1, []),
    )
    told, resets, lines = looked(answers)
    assert (told, resets, len(lines)) == ([2, 1], 0, 2)
    assert answers.asked == ["deliveries?after=0", "deliveries?after=0", "deliveries?after=0", "deliveries?after=2"]


def test_after_a_reset_what_comes_is_new_and_after_a_restore_what_was_there_is_not() -> None:
    answers = Answers(
        (1, [delivered(1, shown=answer()), delivered(2)]),
        (2, []),
        (2, []),  # all of them, which are none: a reset
        (2, [delivered(3, shown=answer())]),
        (3, []),
        (3, [{}, delivered(1, shown=answer())]),  # a snapshot that has one
        (3, [delivered(2, shown=answer())]),
    )
    told, resets, lines = looked(answers)
    assert (told, resets, len(lines)) == ([1, 3, 2], 2, 4)
    assert answers.asked[-1] == "deliveries?after=1"


def test_what_was_open_before_a_restore_is_waited_for_no_more() -> None:
    answers = Answers((1, [delivered(1), delivered(2)]), (2, []), (2, [delivered(1), delivered(2)]), (2, []))
    assert looked(answers)[:2] == ([], 1)
    assert answers.asked[-1] == "deliveries?after=2"


@pytest.mark.parametrize(
    ("delivery", "bad", "text"),
    [
        ({"shown": answer()}, False, "message: ok"),
        ({"shown": answer("nothing", "")}, False, "nothing"),
        ({"shown": answer("wrong", "a\n b", ("x: y", "z"))}, True, "wrong: a b (x: y; z)"),
        ({"shown": answer(), "deferred": answer("refused", "no")}, True, "message: ok"),
        ({"shown": answer(), "deferred": answer()}, False, "message: ok"),
        (
            {"shown": answer("banner"), "deluge": {"errors": [{"line": 3}, {"line": None}]}},
            True,
            "banner: ok (line 3)",
        ),
        ({"shown": answer(), "deluge": {"errors": []}}, False, "message: ok"),
    ],
    ids=str,
)
def test_the_line_for_each_kind_of_delivery(delivery: dict[str, Any], bad: bool, text: str) -> None:
    assert (failed(delivery), shown(delivery)) == (bad, text)


# ---- calls of the mock


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = {"/_mock/good": (200, b'{"a": 1}'), "/_mock/bad": (404, b'{"message": "no such"}')}.get(
            self.path, (500, b"Internal Server Error")
        )
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


def test_calls_go_to_this_machine_whatever_proxies_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        mock = Mock(f"http://127.0.0.1:{server.server_port}/api/v3", "token")
        assert mock.call("GET", "good") == {"a": 1}
        with pytest.raises(MockRefused, match=r"^no such$"):
            mock.call("GET", "bad")
        with pytest.raises(MockRefused, match=r"^the mock does not answer"):
            mock.call("GET", "ugly")
        server.shutdown()
    with pytest.raises(MockRefused, match="Connection refused"):
        mock.call("GET", "good")


def test_a_mock_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mock_module, "MODULE", "zoho_cliq_mock_that_is_missing")
    line = r"needs the mock server: pip install '\.\[dev\]' in a checkout of zoho-cliq$"
    with pytest.raises(ConfigurationError, match=line):
        mock_module.arguments(0)


# ---- the watcher


def test_a_missing_watcher_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    watching.require()
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(ConfigurationError, match="zoho-cliq dev needs"):
        watching.require()


def test_changes_of_files_are_seen_until_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "IDLE", 50)
    stop = threading.Event()
    seen: Queue[set[Path]] = Queue()
    (tmp_path / "actions").mkdir()
    thread = threading.Thread(target=watching.watch, args=([tmp_path], seen.put, stop))
    thread.start()
    assert seen.get(timeout=10) == {tmp_path}  # it has begun, and does not say so again
    (tmp_path / ".git").mkdir()
    write(tmp_path, "actions/a.dg", "x")
    assert seen.get(timeout=10) == {tmp_path / "actions/a.dg"}
    threading.Event().wait(0.2)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert seen.empty()


def test_a_folder_that_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(CliqError, match=r"^changes in .*nowhere cannot be watched: "):
        watching.watch([tmp_path / "nowhere"], lambda paths: None, threading.Event())
