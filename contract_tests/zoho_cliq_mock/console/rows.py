"""What the console shows of a state: entries by kind and id, as rows that are cheap to compare, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import orjson
from zoho_cliq_api.contract import OPERATIONS

from zoho_cliq_mock.chats import TYPES, Chat, Message
from zoho_cliq_mock.control import read_clock
from zoho_cliq_mock.faults import KINDS
from zoho_cliq_mock.journal import Entry
from zoho_cliq_mock.policies import CATALOGUE
from zoho_cliq_mock.schemas import values_of
from zoho_cliq_mock.state import State

MOST_MESSAGES = 2000
MOST_DELIVERIES = 1000
MOST_BYTES = 16 * 1024 * 1024
"""Of messages, and of deliveries; the latest are shown."""

Row = Any
"""A tuple of columns, or a text: whatever is equal exactly if the entry is the same."""


class Kind(NamedTuple):
    """A kind of entry.

    Attributes:
        read: returns all entries as pairs of id and row.
        encode: returns the JSON of an entry.
        stored: whether the entries are in the database, so that they can change only if the database does.
    """

    read: Callable[[State], Iterable[tuple[str, Row]]]
    encode: Callable[[str, Row], bytes]
    stored: bool = True


def _latest(state: State, query: str, most: int) -> Iterator[tuple[Any, ...]]:
    """Yield the first rows of a query, until `most` rows or `MOST_BYTES` are reached.

    The last column of a row is its size.
    """
    size = 0
    for row in state.connection.execute(f"{query} LIMIT {most}"):
        size += len(row[-1])
        if size > MOST_BYTES:
            return
        yield row


def _messages(state: State) -> Iterable[tuple[str, Row]]:
    query = "SELECT id, number, fields FROM message ORDER BY number DESC"
    return [(row[0], row) for row in _latest(state, query, MOST_MESSAGES)]


def _encode_message(identifier: str, row: Row) -> bytes:
    return orjson.dumps({**Message._make(orjson.loads(row[2])).public(), "number": row[1]})


def _deliveries(state: State) -> Iterable[tuple[str, Row]]:
    query = "SELECT id, record FROM delivery WHERE record != '{}' ORDER BY id DESC"
    return [(str(row[0]), row[1]) for row in _latest(state, query, MOST_DELIVERIES)]


def _encode_delivery(identifier: str, row: Row) -> bytes:
    text: str = row
    return text.encode()


def _actions(state: State) -> Iterable[tuple[str, Row]]:
    rows = state.connection.execute(
        "SELECT id, organization, rendered, hidden, handler FROM action ORDER BY id"
    ).fetchall()
    return ((str(row[0]), row) for row in rows)


def _encode_action(identifier: str, row: Row) -> bytes:
    _, organization, rendered, hidden, handler = row
    return orjson.dumps(
        {
            **orjson.loads(rendered),
            "organization": organization,
            "image": image_of(hidden),
            "handler": orjson.loads(handler or "{}"),
        }
    )


def image_of(hidden: str | None) -> str | None:
    """Return the icon of an action in base64, or None.

    Args:
        hidden: the column `hidden` of the action's row, which holds the fields that the API does not show.
    """
    image: str | None = orjson.loads(hidden or "{}").get("image")
    return image


def _requests(state: State) -> Iterable[tuple[str, Row]]:
    journal = state.journal
    first = journal.total - len(journal.entries) + 1
    return ((str(number), entry) for number, entry in enumerate(journal.entries, first))


def _encode_request(identifier: str, row: Row) -> bytes:
    entry: Entry = row
    return orjson.dumps({**entry.shown(), "id": int(identifier)})


def _chats(state: State) -> Iterable[tuple[str, Row]]:
    rows = state.connection.execute("SELECT id, fields FROM chat ORDER BY id").fetchall()
    return ((row[0], row) for row in rows)


def _encode_chat(identifier: str, row: Row) -> bytes:
    return orjson.dumps(Chat._make(orjson.loads(row[1])).public())


def _world(state: State) -> Iterable[tuple[str, Row]]:
    clock = read_clock(state, None)
    if not clock["frozen"]:  # send only the offset of a running clock; the page computes the time by itself
        clock = {"frozen": False, "offset": round(clock["offset"], 3)}
    directory = state.directory
    world = {
        "clock": clock,
        "thresholds": {"enabled": state.thresholds.enabled, "used": state.thresholds.used()},
        "faults": [rule.shown() for rule in state.faults.rules],
        "policies": state.policies.as_dict(),
        "snapshots": state.snapshots,
        "users": [
            {
                "key": user.key,
                "id": user.id,
                "name": user.name,
                "organization": user.organization,
                "teams": sorted(user.teams),
            }
            for user in directory.users.values()
        ],
        "teams": {organization: sorted(teams) for organization, teams in directory.teams.items()},
    }
    return (("world", orjson.dumps(world)),)


def _encode_text(identifier: str, row: Row) -> bytes:
    text: bytes = row
    return text


def _project(state: State) -> Iterable[tuple[str, Row]]:
    return () if state.project is None else (("project", state.project),)


KINDS_OF_ENTRIES: dict[str, Kind] = {
    "world": Kind(_world, _encode_text, stored=False),
    "chats": Kind(_chats, _encode_chat),
    "messages": Kind(_messages, _encode_message),
    "actions": Kind(_actions, _encode_action),
    "deliveries": Kind(_deliveries, _encode_delivery),
    "requests": Kind(_requests, _encode_request, stored=False),
    "project": Kind(_project, _encode_text, stored=False),
}


def catalogue() -> dict[str, Any]:
    """Return what stays the same while the mock runs: the policies, operations, kinds of faults, and allowed values."""
    return {
        "policies": [
            {
                "name": name,
                "about": policy.metadata["about"],
                "choices": policy.metadata["choices"],
                "many": bool(policy.metadata.get("many")),
                "default": policy.default,
            }
            for name, policy in CATALOGUE.items()
        ],
        "operations": [
            {
                "name": operation.name,
                "method": operation.method,
                "path": operation.at(action_id="{action_id}", handler_type="{handler_type}"),
                "limit": operation.threshold.limit if operation.threshold else None,
            }
            for operation in OPERATIONS.values()
        ],
        "faults": KINDS,
        "message_types": TYPES,
        "permissions": values_of("Permission"),
        "scopes": values_of("Scope"),
        "execution_types": values_of("ExecutionType"),
        "offered_on": values_of("MessageType"),
    }
