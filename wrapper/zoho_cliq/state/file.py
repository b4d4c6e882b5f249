"""The file of `SQLiteState`: open it, lock it, recover it after a crash, and notice when it is replaced.

SQLite's own file locks belong to the process. They are lost as soon as anything in the process closes the file, and a
forked child assumes locks that it does not have. A write-ahead log depends on them. So SQLite runs without locks here,
with a rollback journal, and every access holds `flock` on the file. That lock belongs to one open descriptor, whatever
else opens, closes or forks, and ends with the process.

Writes do not wait for the disk: the content matters for some minutes only. A process may be killed at any time without
damage. If the machine loses power, the file may be damaged; it is then renamed, and the new file begins with a pause.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sqlite3
import stat
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from .._types import Busy
from ..clock import Clock
from ..errors import StateError
from .base import EVERYBODY, LONGEST_WINDOW, StateBusy
from .guard import Guard

if sys.platform != "win32":  # pragma: no branch
    import fcntl

logger = logging.getLogger("zoho_cliq")
R = TypeVar("R")

APPLICATION = 0x5A434C51  # "ZCLQ", in the file's header: whose file it is
VERSION = 3
MAGIC = b"SQLite format 3\0"
BUSY_SECONDS = 10.0
POLL_FIRST, POLL_MOST = 0.0005, 0.01

_SCHEMA = (
    "CREATE TABLE slots (account TEXT NOT NULL, operation TEXT NOT NULL, slot TEXT NOT NULL, stamp REAL NOT NULL, "
    "span REAL NOT NULL, settled INTEGER NOT NULL, PRIMARY KEY (account, operation, slot)) WITHOUT ROWID",
    "CREATE TABLE locks (account TEXT PRIMARY KEY, stamp REAL NOT NULL, span REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE tokens (account TEXT PRIMARY KEY, token TEXT NOT NULL, expires_at REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE leases (lease TEXT PRIMARY KEY, owner TEXT NOT NULL, stamp REAL NOT NULL, span REAL NOT NULL) "
    "WITHOUT ROWID",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
TABLES = {"slots": 6, "locks": 3, "tokens": 3, "leases": 4}  # and how many columns each has

Rows: TypeAlias = dict[str, list[tuple[Any, ...]]]
Work: TypeAlias = Callable[[sqlite3.Connection, float], R]


class Moved(Exception):
    """The path leads to another file than the open one, or to none.

    `rows` is the content of the open file: empty if it had none, None if it cannot be read.
    """

    def __init__(self, rows: Rows | None) -> None:
        self.rows = rows


class StateFile(Guard):
    """A file that this process has open, with one connection and one descriptor for the lock."""

    def __init__(self, path: Path, descriptor: int, pause: bool) -> None:
        self.path = path
        self.pid = os.getpid()
        self._db: sqlite3.Connection | None = None
        self._descriptor = descriptor
        self.identity = identity(os.fstat(descriptor))
        self._pause = pause  # whether a file without tables has lost its content
        self._holds_lock = False  # whether `run_inline` holds the lock already
        self._users: set[int] = set()
        super().__init__()

    def alone(self, work: Callable[[], R], seconds: float = BUSY_SECONDS) -> R:
        """Return the result of `work`, called while no other thread or process uses the file.

        Wait for them at most `seconds`, then raise Busy.
        """
        deadline = time.monotonic() + seconds

        def locked() -> R:
            if self._descriptor < 0:  # another thread has just closed it
                raise Moved({})
            self._take_lock(deadline)
            return work()

        return self.run(locked, seconds)

    def run_inline(self, path: Path, work: Callable[[], R]) -> R:
        """Return the result of `work`, which calls `transaction`, without blocking.

        Raise Busy, before `work` is called, if it would have to wait for a thread or process, or open the file.
        """

        def begun() -> R:
            if self._db is None or not self._is_at(path):
                raise Busy
            self._holds_lock = True
            return work()

        return self.alone(begun, 0.0)

    def transaction(self, path: Path, work: Work[R], clock: Clock) -> R:
        """Return the result of `work(connection, time)`, run in one transaction.

        Raise Moved if `path` no longer leads to this file, Busy, and the exceptions of SQLite.
        """

        def work_alone() -> R:
            if not self._holds_lock and not self._is_at(path):
                raise Moved(self._rows())
            db = self._connected(clock)
            db.execute("BEGIN IMMEDIATE")
            result = work(db, clock.monotonic())
            db.execute("COMMIT")
            return result

        if self._holds_lock and self.owned():
            return work_alone()
        return self.alone(work_alone)

    def set_aside(self, path: Path) -> None:
        """Rename a damaged file, so that a new one is created."""

        def work() -> None:
            if self._is_at(path):
                logger.warning("%s was damaged, possibly by a power failure; it was renamed to %s.damaged", path, path)
                os.replace(self.path, f"{self.path}.damaged")

        self.alone(work)

    def _take_lock(self, deadline: float) -> None:
        """Take the lock, waiting until `deadline`. Raise Busy after that."""
        pause = POLL_FIRST
        while not locked(self._descriptor):
            if time.monotonic() + pause > deadline:
                raise Busy
            time.sleep(pause)
            pause = min(POLL_MOST, pause * 2)

    def _is_at(self, path: Path) -> bool:
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return False
        return identity(found) == self.identity

    def _connected(self, clock: Clock) -> sqlite3.Connection:
        size = os.fstat(self._descriptor).st_size
        if self._db is not None and size:
            return self._db
        if self._db is not None:  # somebody has emptied the file
            self._db.close()
            self._db, self._pause = None, True
        db = connect(self.path)
        try:
            if not self._is_at(self.path):
                raise Moved({})
            self._prepare(db, clock)
        except BaseException:
            db.close()
            raise
        self._db = db
        return db

    def _prepare(self, db: sqlite3.Connection, clock: Clock) -> None:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA journal_mode = PERSIST").fetchone()
        db.execute("BEGIN IMMEDIATE")  # rolls back the unfinished transaction of a killed process
        now = clock.monotonic()
        if os.fstat(self._descriptor).st_size == 0:
            for statement in _SCHEMA:
                db.execute(statement)
            if self._pause:
                db.execute("INSERT INTO locks VALUES (?, ?, ?)", (EVERYBODY, now, LONGEST_WINDOW))
        for table in ("slots", "locks", "leases"):  # a stamp from the future is one from before a reboot
            db.execute(f"UPDATE {table} SET stamp = ? WHERE stamp > ?", (now, now))
            db.execute(
                f"DELETE FROM {table} WHERE stamp + span <= ?", (now,)
            )  # of accounts that make no calls any more
        db.execute("DELETE FROM tokens WHERE expires_at <= ?", (clock.time(),))
        db.execute("COMMIT")
        self._pause = False

    def _rows(self) -> Rows | None:
        """Return the content of the open file, read through the descriptor.

        SQLite would look for its journal by name.
        """
        size = os.fstat(self._descriptor).st_size
        if size == 0:
            return {}
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        try:
            with contextlib.closing(sqlite3.connect(":memory:")) as copy:
                copy.deserialize(os.read(self._descriptor, size))
                return {table: copy.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
        except (sqlite3.Error, AttributeError):  # damaged; or a SQLite that cannot do this
            return None

    def clean(self) -> None:
        """Roll back an unfinished transaction, and release the lock."""
        self._holds_lock = False
        db = self._db
        if db is not None and db.in_transaction:
            try:
                db.rollback()
            except sqlite3.Error:  # what is on the disk is rolled back when the file is opened again
                self._db = None
                db.close()
        if self._descriptor >= 0:
            unlock(self._descriptor)

    def forked(self) -> None:
        """Drop everything in a forked child, which opens the file itself.

        The descriptor is closed: otherwise the child would hold the lock of a parent that dies. The connection is not:
        if a thread of the parent is inside a transaction, closing would roll it back.
        """
        _FILES.pop(self.identity, None)
        if self._db is not None and self._db.in_transaction:
            keep_for_ever(self._db)
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def join(self, user: object) -> None:
        """Count `user` among those that need the file open."""
        self._users.add(id(user))

    def leave(self, user: object) -> None:
        """Close the file if no other user needs it."""
        _opening.run(partial(self._leave, user))

    def _leave(self, user: object) -> None:
        self._users.discard(id(user))
        if not self._users and _FILES.get(self.identity) is self:
            self.run(self._close)

    def _close(self) -> None:
        _FILES.pop(self.identity, None)
        db, self._db = self._db, None
        descriptor, self._descriptor = self._descriptor, -1
        if db is not None:
            db.close()
        os.close(descriptor)


def identity(found: os.stat_result) -> tuple[int, int]:
    """Return device and inode, which identify a file whatever its path."""
    return found.st_dev, found.st_ino


def keep_for_ever(thing: object) -> None:
    """Never destroy `thing`, not even at the end of the interpreter."""
    with contextlib.suppress(ImportError, AttributeError):
        import ctypes

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


if sys.platform == "win32":  # pragma: no cover
    # SQLite's locks are as good as any here: they belong to a handle, and nothing forks.

    def locked(descriptor: int) -> bool:
        return True

    def unlock(descriptor: int) -> None:
        pass

    def connect(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

else:

    def locked(descriptor: int) -> bool:
        """Lock the file, or return False where another process has it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Let others lock the file."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def connect(path: Path) -> sqlite3.Connection:
        """Return a connection that takes no lock and waits for none."""
        return sqlite3.connect(
            f"{path.as_uri()}?vfs=unix-none&mode=rw", uri=True, isolation_level=None, check_same_thread=False
        )


_FILES: dict[tuple[int, int], StateFile] = {}
_opening = Guard()


def opened(path: Path, user: object, pause: bool | None = None) -> StateFile:
    """Return the file at `path`, opened once per process and created if necessary. It stays open until `user` leaves.

    Args:
        path: the path; several paths may lead to one file.
        user: counted as a user of the file.
        pause: whether a new file begins with a pause. Default: None, it does if a journal beside it shows that there
            was one before.

    Raise StateError if the file belongs to another program, and OSError.
    """
    return _opening.run(lambda: _opened(path, user, pause))


def _opened(path: Path, user: object, pause: bool | None) -> StateFile:
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    flags = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        if pause is None:
            pause = os.path.exists(f"{path}-journal")
    except FileExistsError:
        descriptor = os.open(path, flags)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise StateError(f"{path} is not a regular file; choose another file for the state")
        file = _FILES.get(identity(found))
        if file is not None and file.pid == os.getpid():
            file.join(user)
            os.close(descriptor)
            return file
        header = os.read(descriptor, 100)
        _check_owner(path, header)
        if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o077 and header[:16] in (b"", MAGIC):
            logger.warning("%s contains access tokens and can be read by other users; run chmod 600 on it", path)
        file = StateFile(path, descriptor, bool(pause))
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        raise
    file.join(user)
    _FILES[file.identity] = file
    return file


def _check_owner(path: Path, header: bytes) -> None:
    """Raise StateError for a file of another program or another version, before SQLite touches it."""
    if header[:16] != MAGIC:
        return  # empty, incomplete, or rejected by SQLite itself
    version, application = (int.from_bytes(header[at : at + 4], "big") for at in (60, 68))
    if application != APPLICATION:
        raise StateError(f"{path} is a database of another program; choose another file for the state")
    if version != VERSION:
        raise StateError(
            f"{path} has layout version {version}, but this zoho-cliq uses version {VERSION}; "
            "use the same version of zoho-cliq everywhere, or another file"
        )


_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_NOTADB: "it is not a database",
}
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def failure(path: Path, error: sqlite3.Error | OSError | Busy) -> StateError:
    """Return the StateError for a file that cannot be used."""
    if isinstance(error, Busy):
        return StateBusy(
            f"other processes kept the state file {path} locked for {BUSY_SECONDS:g} s; find the one that hangs",
            waited=BUSY_SECONDS,
        )
    advice = "it must be in a directory on a local disk that this user may write to"
    if isinstance(error, OSError):
        reason = "the disk is full" if error.errno in _FULL else error.strerror
    else:
        reason = _REASONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, str(error))
    if reason == "the disk is full":
        advice = "free some space"
    elif reason in ("it is not a database", os.strerror(errno.EISDIR)):
        advice = "choose another file for the state"
    return StateError(f"the state file {path} cannot be used ({reason}); {advice}")
