"""State in one SQLite file, shared by every process of the machine.

Stamps are seconds of the machine's monotonic clock, which all its processes share and which never steps. It restarts
at a reboot. A stamp from before the reboot can then only look newer than it is, so nobody sends too early; opening the
file reduces future stamps to now, so nobody waits for ever. The file holds access tokens, so only its owner can read
it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from zoho_cliq_api.contract import Threshold

from .._types import Busy, Secret
from ..clock import Clock
from .base import EVERYBODY, GRACE, Budget, Denial, Permit, StateBusy, StoredToken, new_slot
from .file import TABLES, Moved, Rows, StateFile, Work, failure, opened
from .guard import taken
from .window import budget_of, wait_for

R = TypeVar("R")

# The time at which each slot stops counting (see `Slot.ends`), and whether it is settled.
_SLOTS = "SELECT min(stamp, ?) + span, settled FROM slots WHERE account = ? AND operation = ?"
_OVER = "DELETE FROM slots WHERE account = ? AND operation = ? AND min(stamp, ?) + span <= ?"


class SQLiteState:
    """Keeps everything in the file `path`, which is created if necessary.

    All states of a process with one file share its connection. A file that is removed or replaced is noticed before
    anything is counted, and its content is copied to the new file.
    """

    def __init__(self, path: str | Path, clock: Clock) -> None:
        self._path = Path(path)
        with self._told():
            self._path = self._path.absolute()  # what it means now, wherever the process goes
        self._clock = clock
        self._file: StateFile | None = None
        self._carried: Rows | None = {}  # content of a removed file, for the next one; None if it was unreadable
        with contextlib.suppress(StateBusy):  # the first call waits instead
            self._transaction(lambda db, now: None)

    def _transaction(self, work: Work[R]) -> R:
        """Return the result of `work(connection, time)`. No other process writes meanwhile."""
        with self._told():
            while True:
                file = self._opened()
                try:
                    if self._carried:
                        file.transaction(self._path, partial(_carried_over, self._carried), self._clock)
                    self._carried = {}
                    return file.transaction(self._path, work, self._clock)
                except Moved as moved:
                    self._carried = moved.rows if moved.rows != {} else self._carried
                    self.close()
                except sqlite3.DatabaseError as error:
                    if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_CORRUPT:
                        raise
                    file.set_aside(self._path)

    def _opened(self) -> StateFile:
        file = self._file
        if file is None or file.pid != os.getpid():  # a forked child opens the file itself
            pause = None if self._carried == {} else self._carried is None
            file = self._file = opened(self._path, self, pause)
        return file

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Raise StateError for exceptions of the file.

        An OSError without an error number is not the file's: a signal handler raised it, and it passes through.
        """
        try:
            yield
        except (sqlite3.Error, Busy) as error:
            raise failure(self._path, error) from error
        except OSError as error:
            if error.errno is None:
                raise
            raise failure(self._path, error) from error

    def at_once(self, work: Callable[[], R]) -> R:
        """Return the result of `work`, a method of this state. Raise Busy, before anything is done, if it would block.

        On an event loop this saves two thread switches, about a third of what the ledger adds to a call; the rest is
        0.2 ms (`scripts/bench client`).
        """
        file = self._file
        if file is None or file.pid != os.getpid():
            raise Busy
        return file.run_inline(self._path, work)

    @staticmethod
    def _locked(db: sqlite3.Connection, account: str, now: float) -> float:
        rows: Any = db.execute("SELECT stamp, span FROM locks WHERE account IN (?, ?)", (account, EVERYBODY))
        left: list[float] = [min(stamp, now) + span - now for stamp, span in rows]
        return max(0.0, *left) if left else 0.0

    def reserve(
        self, account: str, operation: str, threshold: Threshold, timeout: float, slot: str | None = None
    ) -> Permit | Denial:
        window, name = float(threshold.window_seconds), slot or new_slot()
        begun: list[float] = []

        def work(db: sqlite3.Connection, now: float) -> Permit | Denial:
            begun.append(now)
            if locked := self._locked(db, account, now):
                return Denial(locked, "lock")
            slots = db.execute(_SLOTS, (now, account, operation)).fetchall()
            if any(end <= now for end, _ in slots):
                db.execute(_OVER, (account, operation, now, now))
            if wait := wait_for(slots, threshold.limit, window, now):
                return Denial(wait, "threshold")
            db.execute(
                "INSERT INTO slots VALUES (?, ?, ?, ?, ?, 0)",
                (account, operation, name, now, GRACE + timeout + window),
            )
            return Permit(account, operation, name, window, now + GRACE)

        def give_back() -> None:
            if begun:
                self.release(Permit(account, operation, name, window, 0.0))

        return taken(partial(self._transaction, work), give_back)

    def settle(self, permit: Permit) -> None:
        def work(db: sqlite3.Connection, now: float) -> None:
            values = (permit.account, permit.operation, permit.slot, now, permit.window)
            db.execute("INSERT OR REPLACE INTO slots VALUES (?, ?, ?, ?, ?, 1)", values)

        self._whatever_comes(work)

    def release(self, permit: Permit) -> None:
        key = (permit.account, permit.operation, permit.slot)
        self._whatever_comes(
            lambda db, now: db.execute("DELETE FROM slots WHERE account = ? AND operation = ? AND slot = ?", key)
        )

    def lock(self, account: str, seconds: float) -> None:
        def work(db: sqlite3.Connection, now: float) -> None:
            if seconds > self._locked(db, account, now):
                db.execute("INSERT OR REPLACE INTO locks VALUES (?, ?, ?)", (account, now, seconds))

        self._whatever_comes(work)

    def _whatever_comes(self, work: Work[object]) -> None:
        """Do `work` even if an interrupt comes in between; raise the interrupt afterwards."""
        taken(partial(self._transaction, work), partial(self._transaction, work))

    def locked_for(self, account: str) -> float:
        return self._transaction(lambda db, now: self._locked(db, account, now))

    def budget(self, account: str, operation: str, threshold: Threshold) -> Budget:
        def work(db: sqlite3.Connection, now: float) -> Budget:
            slots = db.execute(_SLOTS, (now, account, operation))
            return budget_of(slots, threshold, now, self._locked(db, account, now))

        return self._transaction(work)

    def load_token(self, account: str) -> StoredToken | None:
        def work(db: sqlite3.Connection, now: float) -> StoredToken | None:
            row = db.execute("SELECT token, expires_at FROM tokens WHERE account = ?", (account,)).fetchone()
            return StoredToken(Secret(row[0]), row[1]) if row else None

        return self._transaction(work)

    def store_token(self, account: str, token: StoredToken) -> None:
        def work(db: sqlite3.Connection, now: float) -> None:
            values = (account, token.token.reveal(), token.expires_at)
            db.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)", values)

        self._transaction(work)

    def forget_token(self, account: str) -> None:
        def work(db: sqlite3.Connection, now: float) -> None:
            # Without these, a free page or the journal would still hold the token.
            db.execute("PRAGMA secure_delete = ON").fetchone()
            db.execute("PRAGMA journal_size_limit = 0").fetchone()
            db.execute("DELETE FROM tokens WHERE account = ?", (account,))

        self._transaction(work)

    def acquire(self, lease: str, owner: str, seconds: float) -> bool:
        begun: list[float] = []

        def work(db: sqlite3.Connection, now: float) -> bool:
            begun.append(now)
            row = db.execute("SELECT owner, stamp, span FROM leases WHERE lease = ?", (lease,)).fetchone()
            if row and row[0] != owner and min(row[1], now) + row[2] > now:
                return False
            db.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?)", (lease, owner, now, seconds))
            return True

        def give_back() -> None:
            if begun:
                self.free(lease, owner)

        return taken(partial(self._transaction, work), give_back)

    def free(self, lease: str, owner: str) -> None:
        self._whatever_comes(
            lambda db, now: db.execute("DELETE FROM leases WHERE lease = ? AND owner = ?", (lease, owner))
        )

    def close(self) -> None:
        """Release the file. It is closed when the last state of this process has released it."""
        file, self._file = self._file, None
        if file is not None and file.pid == os.getpid():
            file.leave(self)


def _carried_over(rows: Rows, db: sqlite3.Connection, now: float) -> None:
    """Copy the content of a removed or replaced file into the current one.

    The longer of two locks is kept. For all else, the current file's row is newer and is kept.
    """
    locks = {account: (stamp, span) for account, stamp, span in db.execute("SELECT account, stamp, span FROM locks")}
    for account, stamp, span in rows["locks"]:
        if account not in locks or sum(locks[account]) < stamp + span:
            db.execute("INSERT OR REPLACE INTO locks VALUES (?, ?, ?)", (account, stamp, span))
    for table in ("slots", "tokens", "leases"):
        places = ", ".join("?" * TABLES[table])
        db.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", rows[table])
