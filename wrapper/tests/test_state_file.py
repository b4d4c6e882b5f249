"""The state file among links, forks, deletions, full disks and damage: no count is lost silently."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cliq_simulation import ACCOUNT, OPERATION
from zoho_cliq import Cliq, errors
from zoho_cliq._types import Secret
from zoho_cliq.clock import SystemClock
from zoho_cliq.state import LONGEST_WINDOW, Denial, Permit, StoredToken, file, guard
from zoho_cliq.state.sqlite import SQLiteState
from zoho_cliq.testing import FakeClock
from zoho_cliq_api.contract import Threshold

LIMIT = Threshold(3, 60, 300)


def reserve(state: SQLiteState) -> Permit | Denial:
    return state.reserve(ACCOUNT, OPERATION, LIMIT, 30.0)


def left(state: SQLiteState) -> int:
    return state.budget(ACCOUNT, OPERATION, LIMIT).remaining


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def state(path: Path) -> Any:
    made = SQLiteState(path, FakeClock(1000.0))
    yield made
    made.close()


def in_child(work: Callable[[], bool]) -> int:
    """Run `work` in a forked child; its exit code is 0 where that is true. A child that hangs is ended after 10 s."""
    child = os.fork()
    if child == 0:
        code = 2
        with contextlib.suppress(BaseException):
            import signal

            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(10)
            code = 0 if work() else 1
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_what_has_expired_is_deleted_when_the_file_is_opened(path: Path) -> None:
    clock = FakeClock()
    for account in ("old", "new"):
        state = SQLiteState(path, clock)
        assert isinstance(state.reserve(account, OPERATION, LIMIT, 30.0), Permit)
        state.lock(account, 50.0)
        state.store_token(account, StoredToken(Secret("t"), clock.time() + 50.0))
        assert state.acquire(account, "me", 50.0)
        state.close()
        clock.advance(100.0)
    with contextlib.closing(sqlite3.connect(path)) as db:
        for table in file.TABLES:
            assert [row[0] for row in db.execute(f"SELECT * FROM {table}")] == ["new"]


def test_every_name_of_a_file_is_one_connection(
    tmp_path: Path, path: Path, state: SQLiteState, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "symbolic.db").symlink_to(path)
    (tmp_path / "hard.db").hardlink_to(path)
    monkeypatch.chdir(tmp_path)
    names = ["state.db", tmp_path / "symbolic.db", tmp_path / "hard.db", tmp_path / "folder" / ".." / "state.db"]
    others = [SQLiteState(name, FakeClock(1000.0)) for name in names]
    assert {other._file for other in others} == {state._file}
    reserve(state)
    assert [left(other) for other in others] == [2] * 4
    for other in others:
        other.close()
    assert left(state) == 2
    assert len([link for link in Path("/proc/self/fd").iterdir() if os.path.realpath(link) == str(path)]) == 2


def test_the_last_client_to_close_closes_the_file(path: Path, state: SQLiteState) -> None:
    other, opened = SQLiteState(path, FakeClock()), state._file
    state.close()
    state.close()
    assert opened is not None
    assert opened._db is not None
    other.close()
    assert opened._db is None
    assert left(state) == 3, "and it is opened again where somebody needs it"


def test_a_relative_path_is_what_it_was_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    state = SQLiteState("state.db", FakeClock())
    reserve(state)
    os.chdir(tmp_path / "elsewhere")
    assert left(state) == 2
    state.close()
    assert left(state) == 2
    state.close()
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_directory_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(errors.StateError, match="No such file"):
        SQLiteState("state.db", FakeClock())


def test_what_a_removed_file_held_is_carried_over(path: Path, state: SQLiteState) -> None:
    reserve(state)
    state.lock("somebody", 100.0)
    state.store_token(ACCOUNT, StoredToken(Secret("kept"), 5e9))
    assert state.acquire("lease", "me", 50.0)
    path.unlink()
    assert left(state) == 2
    assert state.locked_for("somebody") == pytest.approx(100)
    assert state.load_token(ACCOUNT) == StoredToken(Secret("kept"), 5e9)
    assert not state.acquire("lease", "you", 50.0)
    assert isinstance(reserve(state), Permit), "and nobody has to pause"


def test_what_a_replaced_file_held_is_added_to_the_other(tmp_path: Path, path: Path, state: SQLiteState) -> None:
    other = SQLiteState(tmp_path / "backup.db", FakeClock(1000.0))
    reserve(other)
    other.lock("somebody", 50.0)
    other.lock("another", 50.0)
    other.close()
    reserve(state)
    state.lock("somebody", 100.0)
    state.lock("another", 20.0)
    (tmp_path / "backup.db").rename(path)
    assert left(state) == 1
    assert state.locked_for("somebody") == pytest.approx(100)
    assert state.locked_for("another") == pytest.approx(50)


def test_a_journal_without_its_file_causes_a_pause(path: Path, state: SQLiteState) -> None:
    reserve(state)
    state.close()
    path.unlink()
    fresh = SQLiteState(path, FakeClock(1000.0))
    refusal = reserve(fresh)
    assert isinstance(refusal, Denial)
    assert (refusal.seconds, refusal.reason) == (LONGEST_WINDOW, "lock")
    fresh.close()


def test_an_emptied_file_is_followed_by_a_pause(path: Path, state: SQLiteState) -> None:
    reserve(state)
    os.truncate(path, 0)
    assert isinstance(reserve(state), Denial)
    assert state.locked_for("anybody") == LONGEST_WINDOW


def test_a_damaged_file_is_set_aside_and_followed_by_a_pause(
    path: Path, state: SQLiteState, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(200):
        state.lock(f"account {number}", 1000.0)
    state.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    assert isinstance(reserve(state), Denial)
    assert state.locked_for("anybody") == LONGEST_WINDOW
    assert "was damaged" in caplog.text
    assert Path(f"{path}.damaged").read_bytes() == content


def test_a_damaged_file_that_another_process_has_set_aside_is_left_there(path: Path, state: SQLiteState) -> None:
    path.rename(f"{path}.damaged")
    path.touch()
    assert state._file is not None
    state._file.set_aside(path)
    assert path.exists()


def test_an_emptied_and_removed_file_is_followed_by_a_pause(path: Path, state: SQLiteState) -> None:
    reserve(state)
    os.truncate(path, 0)
    path.unlink()
    assert isinstance(reserve(state), Denial)


def test_a_file_that_is_replaced_while_it_is_opened_is_not_used(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swapped(name: Path) -> sqlite3.Connection:
        monkeypatch.setattr(file, "connect", connect)
        path.unlink()
        return connect_to(tmp_path / "other.db")

    connect = file.connect

    def connect_to(name: Path) -> sqlite3.Connection:
        name.touch()
        return connect(name)

    monkeypatch.setattr(file, "connect", swapped)
    state = SQLiteState(path, FakeClock())
    assert isinstance(reserve(state), Permit)
    assert (tmp_path / "other.db").stat().st_size == 0
    state.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full.*free some space"),
        (OSError(errno.EROFS, "Read-only file system"), "Read-only file system.*may write to"),
        (sqlite3.OperationalError("odd"), "odd.*local disk"),
    ],
)
def test_what_is_wrong_with_the_disk_is_told(path: Path, error: Exception, words: str) -> None:
    def work(*_: Any) -> None:
        raise error

    state = SQLiteState(path, FakeClock())
    with pytest.raises(errors.StateError, match=words):
        state._transaction(work)
    assert isinstance(reserve(state), Permit)
    state.close()


def test_a_full_disk_is_called_that(path: Path, state: SQLiteState) -> None:
    db = state._file._db if state._file else None
    assert db is not None
    db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
    fill = [f"account {number}" for number in range(1000)]
    with pytest.raises(errors.StateError, match="the disk is full"):
        [state.lock(account, 1000.0) for account in fill]
    assert left(state) == 3


def test_a_connection_that_cannot_roll_back_is_replaced(path: Path, state: SQLiteState) -> None:
    class Stuck:
        in_transaction = True
        closed = False

        def rollback(self) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        def close(self) -> None:
            self.closed = True

    reserve(state)
    assert state._file is not None
    stuck: Any = Stuck()
    state._file._db, real = stuck, state._file._db
    with pytest.raises(AttributeError):
        left(state)
    assert stuck.closed
    assert left(state) == 2
    assert real is not None
    real.close()


def test_a_file_closed_by_another_thread_is_opened_again(state: SQLiteState) -> None:
    assert state._file is not None
    state._file.run(state._file._close)
    assert isinstance(reserve(state), Permit)


def test_a_child_opens_the_file_for_itself(path: Path) -> None:
    state = SQLiteState(path, SystemClock())
    reserve(state)
    inherited = state._file

    def work() -> bool:
        return isinstance(reserve(state), Permit) and state._file is not inherited and left(state) == 1

    assert in_child(work) == 0
    assert left(state) == 1
    state.close()
    assert in_child(lambda: isinstance(reserve(state), Permit) and left(state) == 0) == 0


def test_a_child_of_native_code_does_not_use_what_it_inherits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no hook of Python ran at the fork."""
    state = SQLiteState(path, SystemClock())
    inherited = state._file
    monkeypatch.setattr(file.os, "getpid", lambda: -1)
    assert isinstance(reserve(state), Permit)
    assert state._file is not inherited
    state.close()
    monkeypatch.undo()
    assert inherited is not None
    inherited.run(inherited._close)


@pytest.mark.parametrize("where", ["memory", "file"])
def test_a_fork_while_a_thread_is_inside_lets_both_go_on(
    path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "FORK_SECONDS", 0.05)
    inside, leave = threading.Event(), threading.Event()

    class Slow(SystemClock):
        def monotonic(self) -> float:
            if threading.current_thread() is not threading.main_thread():
                inside.set()
                leave.wait(10)
            return super().monotonic()

    from zoho_cliq.state.memory import MemoryState

    clock = Slow()
    state: Any = SQLiteState(path, clock) if where == "file" else MemoryState(clock)
    thread = threading.Thread(target=reserve, args=(state,))
    thread.start()
    inside.wait(10)
    if where == "file":
        # The parent's thread keeps the file locked: the child waits for it, and lets no more than that through.
        threading.Timer(0.3, leave.set).start()
    assert in_child(lambda: isinstance(reserve(state), Permit)) == 0
    leave.set()
    thread.join()
    assert left(state) == (1 if where == "file" else 2)
    state.close()


CHILD = """
import os, sys
from zoho_cliq.clock import SystemClock
from zoho_cliq.state.sqlite import SQLiteState
from zoho_cliq_api.contract import Threshold
state = SQLiteState(sys.argv[1], SystemClock())
for number in range(int(sys.argv[2])):
    state.release(state.reserve("a", "x", Threshold(1000, 60, 300), 30.0, f"{os.getpid()} {number}"))
state.reserve("a", "x", Threshold(1000, 60, 300), 30.0)
sys.stdout.write("1")
sys.stdout.flush()
while len(sys.argv) > 3:
    state.release(state.reserve("b", "x", Threshold(1000, 60, 300), 30.0))
"""


def spawned(path: Path, calls: int, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", CHILD, str(path), str(calls), *more], stdout=subprocess.PIPE)


def test_processes_that_come_and_go_lose_no_count(path: Path) -> None:
    state = SQLiteState(path, SystemClock())
    threshold = Threshold(1000, 60, 300)
    for _ in range(2):
        children = [spawned(path, 50) for _ in range(3)]
        for number in range(50):
            with contextlib.closing(SQLiteState(path, SystemClock())) as brief:
                brief.release(brief.reserve("a", "x", threshold, 30.0, f"parent {number}"))  # type: ignore[arg-type]
        assert [child.wait(60) for child in children] == [0] * 3
        for child in children:
            child.communicate()
    assert state.budget("a", "x", threshold).remaining == 1000 - 6
    state.close()


def test_a_process_that_is_killed_in_the_middle_keeps_nobody_out(path: Path) -> None:
    state = SQLiteState(path, SystemClock())
    for killed in range(3):
        child = spawned(path, 1, "for ever")
        assert child.stdout is not None
        assert child.stdout.read(1) == b"1"
        child.kill()
        child.communicate()
        assert state.budget("a", "x", Threshold(1000, 60, 300)).remaining == 999 - killed
        with contextlib.closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    state.close()


def test_clients_of_one_file_count_together_and_close_apart(
    make: Callable[..., Cliq], server: Any, tmp_path: Path
) -> None:
    import httpx

    server.answer(httpx.Response(200, json={"url": "/x", "type": "messageaction", "data": []}))
    where = tmp_path / "state.db"
    first = make(state=where, max_wait=0)
    for _ in range(30):
        with make(state=where, max_wait=0) as brief:
            list(brief.message_actions.list())
    with pytest.raises(errors.WouldWait):
        list(first.message_actions.list())
