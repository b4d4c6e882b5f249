"""The mock in difficult surroundings: closed streams, readers that leave, forks, damaged files, missing packages."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_paths import BASE_PATH, CREATING, LISTING, action_path
from needed import NEEDED
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_mock import MockServer, create_app
from zoho_cliq_mock.__main__ import main
from zoho_cliq_mock.database import DatabaseError
from zoho_cliq_mock.directory import SeedError
from zoho_cliq_mock.journal import Entry, print_line
from zoho_cliq_mock.seed import DEMO
from zoho_cliq_mock.terminal import plain, say

CREATED = OPERATIONS["create_message_action"].success

BODY = {**NEEDED, "name": "Open incident", "hint": "Start"}
OWNER = {"Authorization": "Bearer 1000.owner"}
STEERING = "\x1b]0;title\x07\x1b[31m\x9b31m\u202egnp\u2066\r\x7f\ud800\u2028"


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def command(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "zoho_cliq_mock", "--port", "0", *arguments], text=True, **options)


def first_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().split()[-1]


@pytest.mark.parametrize("closed", [(0, 2), *(pytest.param(each, marks=pytest.mark.heavy) for each in ((2,), (0,)))])
def test_it_runs_without_standard_streams(closed: tuple[int, ...], started: list[Any]) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)

    process = command("--verbose", stdout=subprocess.PIPE, preexec_fn=close)
    started.append(process)
    url = first_url(process)
    assert httpx.get(f"{url}{LISTING}", headers=OWNER).status_code == 200
    for number in closed:  # no socket or database got this file descriptor
        assert os.readlink(f"/proc/{process.pid}/fd/{number}") == os.devnull


@pytest.fixture
def port() -> int:
    """Return a port that was free a moment ago, for a server that cannot report its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


def wait_until_it_serves(port: int, process: subprocess.Popen[str]) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(1000):
            assert process.poll() is None
            try:
                assert client.get("/_mock/health").status_code == 200
            except httpx.TransportError:
                time.sleep(0.02)
            else:
                return
    raise AssertionError("it does not serve")


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGINT)
    return process.wait(10)


def test_it_runs_without_a_standard_output(started: list[Any], port: int) -> None:
    process = command("--port", str(port), preexec_fn=lambda: os.close(1), stderr=subprocess.DEVNULL)
    started.append(process)
    wait_until_it_serves(port, process)
    assert end(process) == 0


@pytest.mark.parametrize("when", ["before the first line", "after it"])
def test_it_keeps_serving_when_readers_of_its_output_leave(when: str, started: list[Any], port: int) -> None:
    reading, writing = os.pipe()
    logged, logging_ = os.pipe()
    process = command("--port", str(port), "--verbose", stdout=writing, stderr=logging_)
    started.append(process)
    os.close(writing)
    os.close(logging_)
    if when == "after it":
        os.read(reading, 1)
    os.close(reading)
    os.close(logged)
    wait_until_it_serves(port, process)
    for _ in range(3):
        answer = httpx.get(f"http://127.0.0.1:{port}{BASE_PATH}{LISTING}", headers=OWNER)
        assert answer.status_code == 200
    assert end(process) == 0


def test_an_unread_log_does_not_block_the_server(started: list[Any]) -> None:
    process = command("--verbose", stdout=subprocess.PIPE, stderr=subprocess.PIPE, pipesize=4096)
    started.append(process)
    url = first_url(process)
    with httpx.Client(headers=OWNER, timeout=10) as client:
        for _ in range(120):  # more lines than fit into the pipe
            assert client.get(f"{url}/nowhere/with/a/path/of/some/length").status_code == 404


# ---- what reaches a terminal


def test_plain_escapes_control_characters_and_keeps_json_valid() -> None:
    assert plain("Grüße, 世界 🎉") == "Grüße, 世界 🎉"
    shown = plain(json.dumps({"a": STEERING}, ensure_ascii=False))
    assert shown.isprintable()
    assert json.loads(shown) == {"a": STEERING}
    assert plain("a\nb", lines=True) == "a\nb"
    assert plain("a\nb") == "a\\u000ab"
    assert plain("\U000e0001") == "\\udb40\\udc01"


def test_journal_lines_contain_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    print_line(Entry(0.0, "GET", STEERING, "", STEERING, None, 200, STEERING, STEERING, b""))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()


def test_a_message_to_a_closed_stream_raises_nothing(tmp_path: Path) -> None:
    say("x", None)
    gone = (tmp_path / "x").open("w")
    gone.close()
    say("x", gone)
    with Path("/dev/full").open("w") as full:
        say("x", full)
    with (tmp_path / "y").open("w", encoding="ascii") as narrow:
        say("ä\ud800", narrow)
    assert (tmp_path / "y").read_text() == "\\xe4\\ud800\n"


# ---- forks


def in_child(act: Callable[[], Any]) -> int:
    """Call a function in a forked child and return the exit code: 0, or 3 if it raised RuntimeError."""
    identifier = os.fork()
    if identifier == 0:  # pragma: no cover
        try:
            act()
            os._exit(0)
        except RuntimeError:
            os._exit(3)
        finally:
            os._exit(4)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done, status = os.waitpid(identifier, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(identifier, signal.SIGKILL)
    os.waitpid(identifier, 0)
    raise AssertionError("the child hangs")


@pytest.fixture(params=[":memory:", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "mock.db") if request.param == "file" else ":memory:"


def test_a_forked_child_resets_the_server_of_its_parent(place: str) -> None:
    with MockServer(place) as server:
        httpx.post(f"{server.url}{CREATING}", json=BODY, headers=OWNER)
        assert in_child(server.reset) == 0
        assert httpx.get(f"{server.url}{LISTING}", headers=OWNER).json()["data"] == []
        assert in_child(server.stop) == 0
        assert in_child(server.start) == 3
        assert in_child(lambda: use_one(MockServer())) == 0
        assert httpx.post(f"{server.url}{CREATING}", json=BODY, headers=OWNER).is_success


def use_one(server: MockServer) -> None:
    with server:
        assert httpx.get(f"{server.url}{LISTING}", headers=OWNER).status_code == 200


def test_without_a_control_api_the_child_is_told_why(place: str) -> None:
    with MockServer(place, control=False) as server:
        assert in_child(server.reset) == 3


def test_a_living_child_keeps_no_connection_and_no_port_open() -> None:
    reading, writing = os.pipe()
    with MockServer() as server:
        fault = {"fault": "truncated", "operation": "list_message_actions"}
        headers = {"Authorization": f"Bearer {server.control_token}"}
        httpx.post(f"{server.control_url}/faults", json=fault, headers=headers)
        with httpx.Client(headers=OWNER, timeout=5) as client:
            client.get(f"{server.url}{action_path(1)}")
            identifier = os.fork()
            if identifier == 0:  # pragma: no cover
                os.close(writing)
                os.read(reading, 1)
                os._exit(0)
            try:
                with pytest.raises(httpx.RemoteProtocolError):  # not a timeout: the server closes the connection
                    client.get(f"{server.url}{LISTING}")
                server.stop()
                with pytest.raises(httpx.ConnectError):
                    httpx.get(f"{server.url}{LISTING}", timeout=5)
            finally:
                os.close(writing)
                os.close(reading)
                os.waitpid(identifier, 0)


def test_a_child_that_exits_normally_does_not_touch_the_parents_database(tmp_path: Path) -> None:
    """At its exit, the child frees what it inherited; SQLite would then remove the parent's write-ahead log."""
    path = tmp_path / "mock.db"
    script = (
        "import os, sys, httpx\nfrom zoho_cliq_mock import MockServer\n"
        f"with MockServer({str(path)!r}) as server:\n"
        "    if os.fork() == 0:\n        sys.exit()\n"
        "    os.wait()\n"
        f"    print(os.path.exists({str(path) + '-wal'!r}))\n"
        f"    httpx.post(server.url + {CREATING!r}, json={BODY!r}, headers={OWNER!r})\n"
        "    os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
    with MockServer(str(path)) as server:
        found = httpx.get(f"{server.url}{LISTING}", headers=OWNER).json()["data"]
    assert [action["name"] for action in found] == ["Open incident"]


def test_forks_under_load_harm_neither_parent_nor_children() -> None:
    with MockServer(thresholds=False) as server:
        wrong: list[int] = []
        done = threading.Event()

        def ask() -> None:
            with httpx.Client(headers=OWNER) as client:
                while not done.is_set():
                    status = client.post(f"{server.url}{CREATING}", json=BODY).status_code
                    wrong.extend([] if status in (CREATED, 400) else [status])

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            # Each child uses SQLite, whose lock the server's thread could have held at the fork.
            for _ in range(20):
                assert in_child(lambda: sqlite3.connect(":memory:").execute("SELECT 1").fetchall()) == 0
        finally:
            done.set()
            thread.join()
    assert wrong == []


def test_using_a_mock_that_does_not_run_raises_runtime_error() -> None:
    server = MockServer()
    with pytest.raises(RuntimeError, match="is not running"):
        server.reset()
    server.stop()
    with MockServer() as server:
        with pytest.raises(RuntimeError, match="started before"):
            server.start()
        server.stop()
        with pytest.raises(RuntimeError, match="is not running"):
            server.reset()


def test_a_reset_from_the_thread_of_the_server_itself_works(monkeypatch: pytest.MonkeyPatch) -> None:
    with MockServer() as server:
        act = server._in_thread
        assert act(lambda: act(lambda: 5)) == 5
        monkeypatch.setattr(server.app.state, "reset", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            server.reset()


# ---- databases and seeds


def refused(capsys: pytest.CaptureFixture[str], path: Path | str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["--port", "0", "--db", str(path)])
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err.count("\n")) == (2, "", 1)
    return str(err)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "mock.db"
    app = create_app(str(path))
    owner = app.state.directory.users["owner"]
    for number in range(300):
        app.state.store.create(owner, {"name": f"Action {number}", "hint": "h" * 90})
    app.state.close()
    return path


def test_damage_at_any_place_of_the_file_is_reported_without_traceback(database: Path, tmp_path: Path) -> None:
    whole = database.read_bytes()
    for at in range(0, len(whole), 4096):
        spoilt = tmp_path / f"{at}.db"
        spoilt.write_bytes(whole[:at] + b"\xa5" * 4096 + whole[at + 4096 :])
        try:
            create_app(str(spoilt)).state.close()
        except DatabaseError as error:
            assert "give another file" in str(error)  # noqa: PT017 - damage to an unused page raises nothing
    for size in (1, 50, 100, 4096, len(whole) // 2):
        cut = tmp_path / f"cut{size}.db"
        cut.write_bytes(whole[:size])
        with pytest.raises(DatabaseError, match="give another file"):
            create_app(str(cut))
        assert cut.read_bytes() == whole[:size]


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE action",
        "DROP TABLE meta",
        "ALTER TABLE action DROP COLUMN hidden",
        "UPDATE meta SET value = 'nonsense' WHERE name = 'seed'",
        "UPDATE meta SET value = '[]' WHERE name = 'seed'",
        "UPDATE meta SET value = NULL WHERE name = 'key'",
        "UPDATE meta SET value = 'x' WHERE name = 'epoch'",
        "INSERT INTO meta VALUES ('clock', '5')",
        "INSERT INTO meta VALUES ('teams', '{\"nobody\": [1]}')",
        "DROP TABLE chat; CREATE TABLE chat (x)",
    ],
)
def test_damaged_contents_of_a_database_are_reported_in_one_line(change: str, database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.executescript(change)
    connection.close()
    with pytest.raises((DatabaseError, SeedError)) as refused:
        create_app(str(database))
    assert str(refused.value).count("\n") == 0


def test_a_path_that_cannot_be_a_database_is_reported_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, loop, tmp_path / "pipe", "/dev/full", "/proc/x/y.db", "a\0b", f"{tmp_path}/x\n\x1b[31m/y"):
        message = refused(capsys, path)
        assert message[:-1].isprintable()


def test_a_full_disk_is_named_as_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "mock.db"
    script = (
        "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "import sqlite3\nfrom zoho_cliq_mock import database\n"
        "connect = sqlite3.connect\n"
        "class Full(sqlite3.Connection):\n"
        "    def execute(self, text, *more):\n"
        "        if text.startswith('CREATE'): raise sqlite3.OperationalError('database or disk is full')\n"
        "        return super().execute(text, *more)\n"
        "database.sqlite3.connect = lambda *a, **k: connect(*a, factory=Full, **k)\n"
        f"from zoho_cliq_mock.__main__ import main\nmain(['--port', '0', '--db', {str(path)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "the disk is full" in done.stderr


def test_a_disk_that_becomes_full_is_a_500_and_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with MockServer() as server:
        pages = server.app.state.connection.execute("PRAGMA page_count").fetchone()[0]
        server.app.state.connection.execute(f"PRAGMA max_page_count = {pages}")
        statuses = set()
        for number in range(60):
            body = {"name": f"{number}", "hint": "h", "image": "A" * 4000}
            statuses.add(httpx.post(f"{server.url}{CREATING}", json=body, headers=OWNER).status_code)
            server.app.state.thresholds.clear()
        assert 500 in statuses
        assert httpx.get(f"{server.url}{LISTING}", headers=OWNER).status_code == 200
    assert "database or disk is full" in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_the_byte_order_mark_of_a_seed_is_not_part_of_it(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zoho_cliq_mock import __main__

    path = tmp_path / "seed.json"
    path.write_bytes(json.dumps(DEMO).encode(encoding))
    assert __main__._seed(str(path)) == DEMO


# ---- without the extra


@pytest.mark.parametrize(
    "package",
    [
        *("starlette", "orjson"),
        *(pytest.param(each, marks=pytest.mark.heavy) for each in ("uvicorn", "httptools", "jsonschema_rs", "h11")),
    ],
)
def test_without_a_package_of_the_extra_everything_names_what_to_install(tmp_path: Path, package: str) -> None:
    hide = f"import sys\nsys.modules[{package!r}] = None\n"
    script = (
        f"{hide}from zoho_cliq_mock.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "try:\n    from zoho_cliq_mock import MockServer\nexcept ModuleNotFoundError as error:\n"
        "    print('IMPORT', str(error).count(chr(10)), error)\n"
        "main(['--port', '0'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=30)
    wanted = "the mock server needs the extra `mock`: pip install '.[mock]' in a checkout of zoho-cliq"
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(f"zoho-cliq-mock: {wanted}")
    assert done.stderr.count("\n") == 1
    assert f"IMPORT 0 {wanted}" in done.stdout
