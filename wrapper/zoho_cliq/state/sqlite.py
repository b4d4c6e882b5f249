"""State in one SQLite file, shared by every process of the machine.

Stamps are seconds of the machine's monotonic clock, which all its processes share and which never steps. It begins
anew at a reboot; a stamp from before can then only look younger than it is, so nobody sends too early, and opening the
file brings stamps from the future down to now, so nobody waits for ever. The file holds access tokens: it is made
readable by its owner only.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import stat
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from zoho_cliq_api.contract import Threshold

from ..clock import Clock
from ..errors import StateError
from ..exchange import Busy, Secret
from . import GRACE, Budget, Permit, Refusal, StoredToken
from .window import Slot, budget_of, wait_for

logger = logging.getLogger("zoho_cliq")
R = TypeVar("R")

APPLICATION = 0x5A434C51  # "ZCLQ", in the file's header: whose file it is
VERSION = 1
BUSY_SECONDS = 10.0
# Waits for others, and now and then moves the log to the file, which waits for the disk; or does neither.
PATIENT = (f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}", "PRAGMA wal_autocheckpoint = 1000")
HASTY = ("PRAGMA busy_timeout = 0", "PRAGMA wal_autocheckpoint = 0")
MOST = 250  # works done hastily before patient ones, so that the log is moved some time

_SCHEMA = """
CREATE TABLE slots (
    account TEXT NOT NULL, operation TEXT NOT NULL, slot TEXT PRIMARY KEY,
    stamp REAL NOT NULL, span REAL NOT NULL, settled INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX slots_of ON slots (account, operation);
CREATE TABLE locks (account TEXT PRIMARY KEY, stamp REAL NOT NULL, span REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE tokens (account TEXT PRIMARY KEY, token TEXT NOT NULL, expires_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE leases (lease TEXT PRIMARY KEY, owner TEXT NOT NULL, stamp REAL NOT NULL, span REAL NOT NULL) WITHOUT
ROWID;
"""
# Connections that a forked child inherited: using or closing them would disturb the parent, so they are kept untouched.
_INHERITED: list[object] = []


class SQLiteState:
    """Keeps everything in the file `path`, which is made where it does not exist.

    Methods wait for other threads and processes, and for the disk where the log is begun or moved to the file.
    `at_once` is for event loops, which may wait for none of them.
    """

    def __init__(self, path: str | Path, clock: Clock) -> None:
        self._path = Path(path)
        self._clock = clock
        self._mutex = threading.RLock()
        self._pid = os.getpid()
        self._db: sqlite3.Connection | None = None
        self._logs = False  # whether the file has a log, so that a commit does not wait for the disk
        self._hasty = 0  # works done `at_once` since the log was last cared for
        self._owed = 1  # writes that have to be patient before a hasty one, to begin the log or to move it
        self._patient = True  # whether the thread that holds the mutex may wait
        self._set: tuple[str, ...] = ()  # the pragmas in force
        with self._guarded():
            self._connection()

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            self._prepare_file()
            db = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=32
            )
            try:
                self._prepare_schema(db)
            except BaseException:
                db.close()
                raise
            self._db, self._owed, self._set = db, 1, ()
        wanted = PATIENT if self._patient else HASTY
        if self._set != wanted:
            for pragma in wanted:
                self._db.execute(pragma).fetchone()
            self._set = wanted
        return self._db

    def _prepare_file(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        if os.name == "posix" and stat.S_IMODE(self._path.stat().st_mode) & 0o077:
            logger.warning("%s holds access tokens and others may read it; run chmod 600 on it", self._path)

    def _prepare_schema(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        application = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        foreign = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] > 0 and application != APPLICATION
        if foreign:
            raise StateError(f"{self._path} is a database of something else; choose another file for the state")
        if application == APPLICATION and version != VERSION:
            raise StateError(
                f"{self._path} has version {version} of the state's layout and this zoho-cliq knows version {VERSION}; "
                "use the same version everywhere, or another file"
            )
        if application != APPLICATION:
            for statement in _SCHEMA.split(";\n"):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {VERSION}")
        now = self._clock.monotonic()
        for table in ("slots", "locks", "leases"):  # a stamp from the future is one from before a reboot
            db.execute(f"UPDATE {table} SET stamp = ? WHERE stamp > ?", (now, now))
        db.execute("COMMIT")
        with contextlib.suppress(sqlite3.OperationalError):  # faster, not needed; another process may be at it just now
            self._logs = db.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal"
        db.execute("PRAGMA synchronous = NORMAL")

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        if self._pid != os.getpid():
            _INHERITED.append(self._db)
            self._db, self._mutex, self._pid, self._patient = None, threading.RLock(), os.getpid(), True
        with self._mutex:
            try:
                yield
            except (sqlite3.Error, OSError) as error:
                if not self._patient and getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                    raise Busy from None
                reason = error.strerror if isinstance(error, OSError) and error.strerror else error
                raise StateError(
                    f"the state file {self._path} cannot be used ({reason}); it needs a directory that this user may "
                    "write to, on a local disk"
                ) from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[tuple[sqlite3.Connection, float]]:
        """A write transaction and the time in it: nobody else writes between reading the clock and committing."""
        with self._guarded():
            db = self._connection()
            db.execute("BEGIN IMMEDIATE")
            before = db.total_changes
            try:
                yield db, self._clock.monotonic()
                db.execute("COMMIT")
            except BaseException:
                db.execute("ROLLBACK")
                raise
            if self._patient and self._owed and db.total_changes != before:
                self._owed -= 1

    def at_once(self, work: Callable[[], R]) -> R:
        """What `work`, a method of this state, gives. Raises `Busy`, before anything is done, where it would wait for
        another thread, another process or the disk; right after another process moved the log it may sync its head."""
        if self._pid != os.getpid() or not self._mutex.acquire(blocking=False):
            raise Busy
        try:
            if self._db is None or not self._logs or self._owed:
                raise Busy
            self._hasty += 1
            if self._hasty >= MOST:
                self._hasty, self._owed = 0, 2
            self._patient = False
            return work()
        finally:
            self._patient = True
            self._mutex.release()

    @staticmethod
    def _slots(db: sqlite3.Connection, account: str, operation: str) -> dict[str, Slot]:
        rows: Any = db.execute(
            "SELECT slot, stamp, span, settled FROM slots WHERE account = ? AND operation = ?", (account, operation)
        )
        return {slot: Slot(stamp, span, bool(settled)) for slot, stamp, span, settled in rows}

    @staticmethod
    def _locked(db: sqlite3.Connection, account: str, now: float) -> float:
        row = db.execute("SELECT stamp, span FROM locks WHERE account = ?", (account,)).fetchone()
        return max(0.0, min(row[0], now) + row[1] - now) if row else 0.0

    def reserve(self, account: str, operation: str, threshold: Threshold, timeout: float) -> Permit | Refusal:
        window = float(threshold.window_seconds)
        with self._transaction() as (db, now):
            if locked := self._locked(db, account, now):
                return Refusal(locked, "lock")
            slots = self._slots(db, account, operation)
            over = [(name,) for name, slot in slots.items() if slot.ends(now) <= now]
            db.executemany("DELETE FROM slots WHERE slot = ?", over)
            if wait := wait_for(slots.values(), threshold.limit, window, now):
                return Refusal(wait, "threshold")
            name = uuid.uuid4().hex
            db.execute(
                "INSERT INTO slots VALUES (?, ?, ?, ?, ?, 0)",
                (account, operation, name, now, GRACE + timeout + window),
            )
            return Permit(account, operation, name, window, now + GRACE)

    def settle(self, permit: Permit) -> None:
        with self._transaction() as (db, now):
            db.execute(
                "INSERT OR REPLACE INTO slots VALUES (?, ?, ?, ?, ?, 1)",
                (permit.account, permit.operation, permit.slot, now, permit.window),
            )

    def release(self, permit: Permit) -> None:
        with self._transaction() as (db, _):
            db.execute("DELETE FROM slots WHERE slot = ?", (permit.slot,))

    def lock(self, account: str, seconds: float) -> None:
        with self._transaction() as (db, now):
            if seconds > self._locked(db, account, now):
                db.execute("INSERT OR REPLACE INTO locks VALUES (?, ?, ?)", (account, now, seconds))

    def locked_for(self, account: str) -> float:
        with self._guarded():
            return self._locked(self._connection(), account, self._clock.monotonic())

    def budget(self, account: str, operation: str, threshold: Threshold) -> Budget:
        with self._transaction() as (db, now):
            slots = self._slots(db, account, operation).values()
            return budget_of(slots, threshold, now, self._locked(db, account, now))

    def load_token(self, account: str) -> StoredToken | None:
        with self._guarded():
            query = self._connection().execute("SELECT token, expires_at FROM tokens WHERE account = ?", (account,))
            row = query.fetchone()
            return StoredToken(Secret(row[0]), row[1]) if row else None

    def store_token(self, account: str, token: StoredToken) -> None:
        with self._transaction() as (db, _):
            values = (account, token.token.reveal(), token.expires_at)
            db.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)", values)

    def acquire(self, lease: str, owner: str, seconds: float) -> bool:
        with self._transaction() as (db, now):
            row = db.execute("SELECT owner, stamp, span FROM leases WHERE lease = ?", (lease,)).fetchone()
            if row and row[0] != owner and min(row[1], now) + row[2] > now:
                return False
            db.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?)", (lease, owner, now, seconds))
            return True

    def free(self, lease: str, owner: str) -> None:
        with self._transaction() as (db, _):
            db.execute("DELETE FROM leases WHERE lease = ? AND owner = ?", (lease, owner))

    def close(self) -> None:
        with self._guarded():
            if self._db is not None:
                self._db.close()
                self._db = None
