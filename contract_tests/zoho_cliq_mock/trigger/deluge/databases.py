"""Cliq's databases as scripts use them, and the properties of the extension; stored in the mock's database.

Each organization has its own. Records are stored as JSON; decimals keep all their digits.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import orjson

_TABLES = (
    "CREATE TABLE IF NOT EXISTS deluge_record (number INTEGER PRIMARY KEY AUTOINCREMENT, organization TEXT NOT NULL,"
    " name TEXT NOT NULL, fields TEXT NOT NULL) STRICT",
    "CREATE INDEX IF NOT EXISTS deluge_record_name ON deluge_record (organization, name, number)",
    "CREATE TABLE IF NOT EXISTS deluge_property (organization TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (organization, name)) STRICT, WITHOUT ROWID",
)

Record = dict[str, Any]


def to_json(value: Any) -> bytes:
    """Return a value as JSON. A decimal becomes a number with all its digits."""
    return orjson.dumps(value, default=_decimal)


def from_json(text: str) -> Any:
    """Return the value of a JSON text. Numbers with a fraction become decimals with all their digits."""
    return json.loads(text, parse_float=Decimal)


def _decimal(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} is not JSON")


class Databases:
    """All databases and properties of a mock. Record ids are decimal texts and are never reused."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        for statement in _TABLES:
            self._execute(statement)

    def clear(self) -> None:
        """Remove all records and properties."""
        self._execute("DELETE FROM deluge_record")
        self._execute("DELETE FROM deluge_property")

    def add(self, organization: str, name: str, fields: Mapping[str, Any]) -> str:
        """Add a record to a database, and return the record's id."""
        row = self._execute(
            "INSERT INTO deluge_record (organization, name, fields) VALUES (?, ?, ?)",
            (organization, name, to_json(fields).decode()),
        )
        return str(row.lastrowid)

    def texts(self, organization: str, name: str) -> list[tuple[str, str]]:
        """Return the ids and the fields, as JSON, of all records of a database, the oldest first."""
        rows = self._execute(
            "SELECT number, fields FROM deluge_record WHERE organization = ? AND name = ? ORDER BY number",
            (organization, name),
        )
        return [(str(number), fields) for number, fields in rows.fetchall()]

    def get(self, organization: str, name: str, identifier: str) -> Record | None:
        """Return a record, or None if there is none with this id."""
        row = self._execute(
            "SELECT fields FROM deluge_record WHERE organization = ? AND name = ? AND number = ?",
            (organization, name, _number(identifier)),
        ).fetchone()
        return record(identifier, row[0]) if row else None

    def change(self, organization: str, name: str, identifier: str, fields: Mapping[str, Any]) -> bool:
        """Change the given fields of a record. Return whether there is such a record."""
        found = self.get(organization, name, identifier)
        if found is None:
            return False
        self._execute(
            "UPDATE deluge_record SET fields = ? WHERE number = ?",
            (to_json({**found, **fields}).decode(), _number(identifier)),
        )
        return True

    def remove(self, organization: str, name: str, identifiers: Iterable[str]) -> int:
        """Remove the records with these ids, and return how many there were."""
        return sum(
            self._execute(
                "DELETE FROM deluge_record WHERE organization = ? AND name = ? AND number = ?",
                (organization, name, _number(identifier)),
            ).rowcount
            for identifier in identifiers
        )

    def shown(self) -> dict[str, dict[str, list[Record]]]:
        """Return all records, by organization and database."""
        found: dict[str, dict[str, list[Record]]] = {}
        rows = self._execute("SELECT organization, name, number, fields FROM deluge_record ORDER BY number")
        for organization, name, number, fields in rows.fetchall():
            found.setdefault(organization, {}).setdefault(name, []).append({**orjson.loads(fields), "id": str(number)})
        return found

    # ---- the extension's properties

    def set_properties(self, organization: str, values: Mapping[str, Any]) -> None:
        """Set properties."""
        for name, value in values.items():
            self._execute(
                "INSERT OR REPLACE INTO deluge_property VALUES (?, ?, ?)", (organization, name, to_json(value).decode())
            )

    def get_property(self, organization: str, name: str) -> Any:
        """Return the value of a property, or None if it is not set."""
        row = self._execute(
            "SELECT value FROM deluge_property WHERE organization = ? AND name = ?", (organization, name)
        ).fetchone()
        return from_json(row[0]) if row else None

    def delete_property(self, organization: str, name: str) -> None:
        """Remove a property."""
        self._execute("DELETE FROM deluge_property WHERE organization = ? AND name = ?", (organization, name))


def record(identifier: str, fields: str) -> Record:
    """Return a record from its id and the JSON of its fields."""
    return {**from_json(fields), "id": identifier}


def _number(identifier: str) -> int:
    """Return the row number of a record id, or -1, which no row has, for a text that is not an id."""
    return int(identifier) if identifier.isascii() and identifier.isdigit() and len(identifier) < 19 else -1
