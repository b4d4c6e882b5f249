"""Deliveries: what was sent, what came back, which retries are due and which response URLs are open.

They are stored in the mock's database. An `execution_url` is stored without its query, because people put secrets into
the query.
"""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any, NamedTuple

import orjson

_TABLES = (
    "CREATE TABLE IF NOT EXISTS delivery (id INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL,"
    " body BLOB NOT NULL, due REAL) STRICT",
    "CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due) WHERE due IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS response_url (key TEXT PRIMARY KEY, delivery INTEGER NOT NULL, until REAL NOT NULL,"
    " used INTEGER NOT NULL) STRICT, WITHOUT ROWID",
)
_LARGEST_ID = 2**63 - 1  # as SQLite has it


class Due(NamedTuple):
    """A delivery whose next attempt is due."""

    id: int
    record: dict[str, Any]
    body: bytes


class Deliveries:
    """All deliveries of a database.

    A delivery's record is the JSON object that the control API shows.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        for statement in _TABLES:
            self._execute(statement)

    def clear(self) -> None:
        """Remove all deliveries. Their response URLs become unknown."""
        self._execute("DELETE FROM delivery")
        self._execute("DELETE FROM response_url")

    def open(self) -> int:
        """Insert an empty delivery and return its id."""
        found = self._execute("INSERT INTO delivery (record, body) VALUES ('{}', x'')").lastrowid
        assert found is not None
        return found

    def save(self, identifier: int, record: dict[str, Any], body: bytes, due: float | None) -> None:
        """Store the state of a delivery.

        Args:
            identifier: the delivery's id.
            record: its record.
            body: the body to send in a retry.
            due: when to retry, in seconds since 1970 on the mock's clock; None for no retry.
        """
        self._execute(
            "UPDATE delivery SET record = ?, body = ?, due = ? WHERE id = ?",
            (orjson.dumps(record).decode(), body, due, identifier),
        )

    def amend(self, identifier: int, record: dict[str, Any]) -> None:
        """Store a changed record; leave body and due time as they are."""
        self._execute("UPDATE delivery SET record = ? WHERE id = ?", (orjson.dumps(record).decode(), identifier))

    def record(self, identifier: int) -> dict[str, Any] | None:
        """Return the record of a delivery, or None if there is no such delivery."""
        if identifier > _LARGEST_ID:
            return None
        row = self._execute("SELECT record FROM delivery WHERE id = ?", (identifier,)).fetchone()
        return dict(orjson.loads(row[0])) if row else None

    def records(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the records of all deliveries with an id greater than `after`, the oldest first."""
        rows = self._execute("SELECT record FROM delivery WHERE id > ? ORDER BY id", (after,)).fetchall()
        return [orjson.loads(row[0]) for row in rows]

    def due(self, now: float) -> list[Due]:
        """Return the deliveries whose next attempt is due at `now` (seconds since 1970).

        They stay due, even across a restart, until `save` changes it.
        """
        rows = self._execute("SELECT id, record, body FROM delivery WHERE due <= ? ORDER BY due, id", (now,)).fetchall()
        return [Due(row[0], orjson.loads(row[1]), row[2]) for row in rows]

    def waiting(self) -> bool:
        """Return whether any delivery awaits a retry."""
        return self._execute("SELECT 1 FROM delivery WHERE due IS NOT NULL LIMIT 1").fetchone() is not None

    def new_response_key(self, delivery: int, until: float) -> str:
        """Return the last part of a new response URL, which accepts one answer.

        Args:
            delivery: the delivery's id.
            until: when the URL expires, in seconds since 1970 on the mock's clock.
        """
        key = secrets.token_urlsafe(18)
        self._execute("INSERT INTO response_url VALUES (?, ?, ?, 0)", (key, delivery, until))
        return key

    def use_response_key(self, key: str, now: float) -> int | str:
        """Mark a response URL as used and return the id of its delivery.

        Return `"unknown"`, `"used"` or `"expired"` if it cannot be used.
        """
        row = self._execute("SELECT delivery, until, used FROM response_url WHERE key = ?", (key,)).fetchone()
        if row is None:
            return "unknown"
        if row[2]:
            return "used"
        if now >= row[1]:
            return "expired"
        self._execute("UPDATE response_url SET used = 1 WHERE key = ?", (key,))
        delivery: int = row[0]
        return delivery
