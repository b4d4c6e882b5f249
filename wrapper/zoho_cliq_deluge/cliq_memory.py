"""An in-memory stand-in for Cliq that records posts and stores databases and properties."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from .tasks import Post, TaskError

__all__ = ["CliqInMemory"]

_CONDITION = re.compile(r"""\s*\(*\s*([\w.]+)\s*(==|!=|>=|<=|>|<)\s*(?:"([^"]*)"|'([^']*)'|([^\s()&|]+))\s*\)*\s*""")


class CliqInMemory:
    """An in-memory implementation of `Cliq`. Its data live as long as the object.

    Attributes:
        posts: The messages that scripts posted, in order.
        edits: Chat id, message id and new message of each edit, in order.
        databases: For each database, its records by id.
        properties: The properties of the extension, by key.
    """

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.edits: list[tuple[str, str, Any]] = []
        self.databases: dict[str, dict[str, dict[str, Any]]] = {}
        self.properties: dict[str, Any] = {}
        self._ids = count(1)

    def __repr__(self) -> str:
        """Return the number of posts and the names of the databases, without content."""
        return f"<CliqInMemory: {len(self.posts)} posts, databases {sorted(self.databases)}>"

    def post(self, post: Post) -> dict[str, Any]:
        """Record a post, and return an empty map."""
        self.posts.append(post)
        return {}

    def edit_message(self, chat: str, message_id: str, message: Any) -> dict[str, Any]:
        """Record an edit, and return an empty map. The message need not exist."""
        self.edits.append((chat, message_id, message))
        return {}

    def create_record(self, database: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add a record, and return the status and the new id. The database is created if it does not exist."""
        record_id = str(next(self._ids))
        self.databases.setdefault(database, {})[record_id] = {**values, "id": record_id}
        return {"status": "SUCCESS", "id": record_id}

    def get_records(self, database: str, query: dict[str, Any]) -> dict[str, Any]:
        """Return copies of the records that match a query, under the key ``list``.

        Args:
            database: The name of the database; an unknown one is empty.
            query: ``criteria`` (default: all records), ``from_index`` (the first match to return, counted from 1;
                default: 1) and ``limit`` (default: all).

        Raises:
            TaskError: if the criteria cannot be read, or ``from_index`` or ``limit`` is not a number.
        """
        criteria = str(query.get("criteria") or "")
        found = [record for record in self.databases.get(database, {}).values() if matches(record, criteria)]
        start = _number(query.get("from_index"), 1)
        limit = _number(query.get("limit"), len(found))
        return {"list": [dict(record) for record in found[max(start - 1, 0) :][: max(limit, 0)]]}

    def get_record(self, database: str, record_id: str) -> dict[str, Any]:
        """Return a copy of one record.

        Raises:
            TaskError: if there is no such record.
        """
        return dict(self._record(database, record_id))

    def update_record(self, database: str, record_id: str, values: dict[str, Any]) -> dict[str, Any]:
        """Set some fields of a record, and return the status and the id.

        Raises:
            TaskError: if there is no such record.
        """
        self._record(database, record_id).update(values)
        return {"status": "SUCCESS", "id": record_id}

    def delete_record(self, database: str, record_id: str) -> dict[str, Any]:
        """Remove one record, and return the status.

        Raises:
            TaskError: if there is no such record.
        """
        self._record(database, record_id)
        del self.databases[database][record_id]
        return {"status": "SUCCESS"}

    def delete_records(self, database: str, criteria: str) -> dict[str, Any]:
        """Remove the records that match the criteria, and return the status.

        Raises:
            TaskError: if the criteria cannot be read.
        """
        records = self.databases.get(database, {})
        for record_id in [record_id for record_id, record in records.items() if matches(record, criteria)]:
            del records[record_id]
        return {"status": "SUCCESS"}

    def set_properties(self, values: dict[str, Any]) -> dict[str, Any]:
        """Set properties of the extension, and return the status. Other properties are kept."""
        self.properties.update(values)
        return {"status": "SUCCESS"}

    def get_property(self, key: str) -> Any:
        """Return a property of the extension; None if it is not set."""
        return self.properties.get(key)

    def delete_property(self, key: str) -> dict[str, Any]:
        """Remove a property of the extension if it is set, and return the status."""
        self.properties.pop(key, None)
        return {"status": "SUCCESS"}

    def _record(self, database: str, record_id: str) -> dict[str, Any]:
        record = self.databases.get(database, {}).get(record_id)
        if record is None:
            raise TaskError(f'the database "{database}" has no record "{record_id}"')
        return record


def _number(value: Any, default: int) -> int:
    try:
        return default if value is None else int(value)
    except (TypeError, ValueError):
        raise TaskError("from_index and limit must be numbers") from None


def matches(record: dict[str, Any], criteria: str) -> bool:
    """Return whether a record matches criteria such as ``city=="Rome" && age>=30``. Empty criteria match every record.

    Args:
        record: The values of the record's fields, by name.
        criteria: Conditions ``field OPERATOR value``, joined by ``&&`` and ``||``; ``&&`` binds tighter.

    Raises:
        TaskError: if the criteria cannot be read.
    """
    if not criteria.strip():
        return True
    return any(
        all(_holds(record, condition) for condition in alternative.split("&&")) for alternative in criteria.split("||")
    )


def _holds(record: dict[str, Any], condition: str) -> bool:
    found = _CONDITION.fullmatch(condition)
    if found is None:
        raise TaskError(
            f'the criteria "{condition.strip()[:60]}" cannot be read; write field=="value", joined by && or ||'
        )
    name, operator, *forms = found.groups()
    wanted = next(form for form in forms if form is not None)
    value = record.get(name)
    own = "" if value is None else ("true" if value else "false") if isinstance(value, bool) else str(value)
    if operator in ("==", "!="):
        return (own == wanted) == (operator == "==")
    try:
        left, right = float(own), float(wanted)
    except ValueError:
        return False
    return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[operator]
