"""The document's component schemas, loaded once, for uses other than checking requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoho_cliq_api.contract import document

SCHEMAS: Mapping[str, Any] = document()["components"]["schemas"]


def properties_of(name: str) -> frozenset[str]:
    """Return the names of the properties that a schema itself lists; empty if there is no such schema."""
    return frozenset(SCHEMAS.get(name, {}).get("properties", ()))


def values_of(name: str) -> tuple[str, ...]:
    """Return the values of an `enum` schema in alphabetical order; empty if there is no such schema."""
    return tuple(sorted(SCHEMAS.get(name, {}).get("enum", ())))


def required_properties(name: str) -> dict[str, Any]:
    """Return the schemas of a schema's required properties, by property name; empty if there is no such schema."""
    schema = SCHEMAS.get(name, {})
    return {each: schema["properties"][each] for each in schema.get("required", ()) if each in schema["properties"]}
