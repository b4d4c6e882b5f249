"""What the suite reads from the composed document: schemas, limits, and the operations that the suite models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoho_cliq_api.contract import OPERATIONS, document

_document = document()
PATHS: Mapping[str, Any] = _document["paths"]
SCHEMAS: Mapping[str, Any] = _document["components"]["schemas"]
PLACES = {
    "collection": ("list", "create"),
    "item": ("get", "update", "delete"),
    "handler": ("get_handler", "update_handler"),
}
_short = {name: name.replace("_message_action_handler", "_handler").split("_message_action")[0] for name in OPERATIONS}
SHORT = {name: short for name, short in _short.items() if any(short in place for place in PLACES.values())}
"""The operations that the suite models; an operation that the document gains is none of them until somebody adds it."""
LONG = {short: name for name, short in SHORT.items()}
BODIES = {"create": "MessageActionCreate", "update": "MessageActionUpdate", "update_handler": "HandlerUpdate"}
HANDLER: str = SCHEMAS["HandlerType"]["enum"][0]

_parameters = PATHS[OPERATIONS[LONG["list"]].path]["get"]["parameters"]
LIMIT: Mapping[str, Any] = next(parameter["schema"] for parameter in _parameters if parameter["name"] == "limit")
"""The schema of a page's size."""
SMALLEST_LIMIT: int = LIMIT["minimum"]
LARGEST_LIMIT: int = LIMIT["maximum"]
DEFAULT_LIMIT: int = LIMIT["x-default"]


def resolved(schema: Any) -> dict[str, Any]:
    """Follow the `$ref` of a schema, if it has one, and return the schema. Return an empty dict if it is no object.

    `type` is the one type beside null, or None if there are several.
    """
    while isinstance(schema, dict) and "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    if not isinstance(schema, dict):
        return {}
    if not isinstance(schema.get("type"), list):
        return schema
    kinds = [kind for kind in schema["type"] if kind != "null"]
    return {**schema, "type": kinds[0] if len(kinds) == 1 else None}


def takes_null(schema: Any) -> bool:
    """Return whether a schema allows null."""
    if not isinstance(schema, dict):
        return schema is True
    if "$ref" in schema:
        return takes_null(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    variants = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    kinds = schema.get("type", [])
    return "null" in kinds or (kinds == [] and any(map(takes_null, variants)))
