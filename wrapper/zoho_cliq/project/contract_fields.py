"""The fields of an action and of its handler, as the contract defines them. No field and no limit is repeated here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from .._operations import Operations
from .._schema.validation import Schema

CREATE, UPDATE, HANDLER = "create_message_action", "update_message_action", "update_message_action_handler"
READ, READ_HANDLER = "get_message_action", "get_message_action_handler"
DELETE, LIST = "delete_message_action", "list_message_actions"


@cache
def operations() -> Operations:
    """Return the operations of the client's own document."""
    return Operations()


@cache
def create_fields() -> dict[str, Schema]:
    """Return the fields for creating an action, in the order in which files have them: required ones first."""
    body = operations().prepared(CREATE)
    required = operations().rules.resolve(body.body).get("required", ())
    first = sorted(required, reverse=True)  # the name before the hint
    return {name: body.properties[name] for name in (*first, *(n for n in sorted(body.properties) if n not in first))}


@cache
def name_length() -> int | None:
    """Return how many characters a name may have, or None without a limit."""
    most: int | None = operations().rules.resolve(create_fields()["name"]).get("maxLength")
    return most


@cache
def handler_fields() -> dict[str, Schema]:
    """Return the fields of a handler."""
    return dict(operations().prepared(HANDLER).properties)


@cache
def fixed_fields() -> frozenset[str]:
    """Return the fields that can be set at creation and not changed afterwards."""
    return frozenset(create_fields()) - frozenset(operations().prepared(UPDATE).properties)


@cache
def hidden_fields() -> frozenset[str]:
    """Return the fields that the API accepts but never returns."""
    shown = operations().rules.resolve({"$ref": "#/components/schemas/MessageAction"})["properties"]
    return frozenset(create_fields()) - frozenset(shown)


def field_faults(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the fields of a new action, as (name of the field, what is wrong)."""
    body = operations().prepared(CREATE).body
    for path, fault in operations().rules.faults(dict(fields), body):
        yield re.split(r"[.\[]", path)[0], fault if "[" not in path else f"{path}: {fault}"


def handler_faults(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the change of a handler."""
    body = operations().prepared(HANDLER).body
    for path, fault in operations().rules.faults(dict(fields), body):
        yield re.split(r"[.\[]", path)[0], fault if "[" not in path else f"{path}: {fault}"


def is_file(schema: Schema) -> bool:
    """Return whether a field is given as the path of a file."""
    resolved = operations().rules.resolve(schema)
    return "contentEncoding" in resolved or "contentMediaType" in resolved
