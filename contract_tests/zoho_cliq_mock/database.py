"""The SQLite database: opening it, checking that it belongs to this mock, and its tables.

A database file is used by one server at a time (exclusive locking), which is both safe and faster. `:memory:` keeps
everything in memory.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

APPLICATION_ID = 0x5A43_4D31  # "ZCM1"
SCHEMA_VERSION = 1

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE TABLE action (
    id INTEGER PRIMARY KEY, organization TEXT NOT NULL, creator TEXT NOT NULL, folded_name TEXT NOT NULL,
    name TEXT NOT NULL, rendered BLOB NOT NULL, hidden TEXT, handler TEXT
) STRICT;
CREATE INDEX action_name ON action (organization, folded_name);
CREATE TABLE audience_name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
-- Both the visibility of actions and the log of changes: an action is visible to an audience where `present` is 1, and
-- `change` is the sequence number of the last change at which the audience saw the action before or after it.
CREATE TABLE audience (
    audience INTEGER NOT NULL, present INTEGER NOT NULL, action INTEGER NOT NULL, change INTEGER NOT NULL,
    PRIMARY KEY (audience, present, action)
) STRICT, WITHOUT ROWID;
-- From which change on a user who joined a team later is touched by what touches the team.
CREATE TABLE joined (
    user TEXT NOT NULL, audience TEXT NOT NULL, change INTEGER NOT NULL, PRIMARY KEY (user, audience)
) STRICT, WITHOUT ROWID;
CREATE INDEX audience_change ON audience (audience, change);
CREATE TABLE issued (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, token TEXT NOT NULL UNIQUE, user TEXT NOT NULL,
    client TEXT NOT NULL, made_from TEXT NOT NULL, scopes TEXT NOT NULL, expires REAL
) STRICT;
CREATE INDEX issued_from ON issued (made_from);
CREATE TABLE lock (bucket TEXT PRIMARY KEY, until REAL NOT NULL) STRICT, WITHOUT ROWID;
"""


class DatabaseError(Exception):
    """A file that cannot be used as the database. The message says why, and what to do."""


def open_database(path: str, *, durable: bool = False) -> sqlite3.Connection:
    """Open the database file, or create it.

    Args:
        path: the path of the file, or `:memory:`.
        durable: whether each commit survives a loss of power. Default: False; it survives the end of the process in any
            case.

    Raise `DatabaseError` if the file is no database of this mock, is damaged, or is in use.
    """
    if "\0" in path:
        raise DatabaseError(f"{path!r} is not a file name; give another file with --db")
    with clear_errors(path):
        new = path == ":memory:" or not os.path.exists(path) or os.path.getsize(path) == 0
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=0, cached_statements=256
        )
        try:
            if not new:
                _check_ours(connection, path)
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            connection.execute("PRAGMA cache_size = -1024")
            connection.execute("BEGIN EXCLUSIVE")
            if new:
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                connection.execute("INSERT INTO meta VALUES ('key', ?), ('epoch', 1)", (secrets.token_bytes(32),))
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def clear_errors(path: str) -> Iterator[None]:
    """Turn errors of SQLite and of the operating system about the file at `path` into `DatabaseError`."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise DatabaseError(f"database {path} {_reason(str(error))}") from None
    except sqlite3.DatabaseError as error:
        if "malformed" in str(error):
            raise damaged(path) from None
        raise DatabaseError(f"{path} is not a database of this mock server; give another file with --db") from None
    except OSError as error:
        raise DatabaseError(
            f"database {path} cannot be opened ({error.strerror}); give another file with --db"
        ) from None


def damaged(path: str) -> DatabaseError:
    """Return the error for a file that is a damaged database of this mock."""
    return DatabaseError(f"database {path} {_DAMAGED}")


_DAMAGED = "is damaged; give another file with --db, or a copy of this one from before"


def _reason(error: str) -> str:
    if "locked" in error:
        return "is in use by another server; give another file with --db"
    if "full" in error:
        return "cannot be written, because the disk is full; make room, or give a file on another disk with --db"
    if "no such" in error or "has no column" in error:  # a table, an index or a column is missing
        return _DAMAGED
    return f"cannot be opened ({error}); give another file with --db"


def _check_ours(connection: sqlite3.Connection, path: str) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise DatabaseError(f"{path} is not a database of this mock server; give another file with --db")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        raise DatabaseError(
            f"database {path} has schema version {version}, not {SCHEMA_VERSION}; give a new file with --db"
        )
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok" or not _layout() <= _objects(connection):
        raise damaged(path)


def _layout() -> set[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as model:
        model.executescript(_TABLES)
        return _objects(model)


def _objects(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return the tables and indexes of a database, each with its CREATE statement."""
    return set(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall())
