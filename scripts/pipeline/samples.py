"""Sample values. The source of `sample` is part of the generated `contract.py` as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def sample(schema: Any, schemas: Mapping[str, Any], depth: int = 0) -> Any:
    """Return a plain value that a schema takes, for a field that nothing else is known of.

    schemas: the document's schemas by name, for references.
    Patterns are not looked at.
    """
    if not isinstance(schema, Mapping) or depth > 20:
        return None
    if "$ref" in schema:
        return sample(schemas.get(schema["$ref"].rpartition("/")[2]), schemas, depth + 1)
    if "const" in schema or schema.get("enum"):
        return schema["const"] if "const" in schema else schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key) and "properties" not in schema:
            return sample(schema[key][0], schemas, depth + 1)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        return {name: sample(properties.get(name), schemas, depth + 1) for name in schema.get("required", ())}
    if kind == "array":
        return [sample(schema.get("items"), schemas, depth + 1) for _ in range(schema.get("minItems", 0))]
    if kind in ("integer", "number"):
        return schema.get("minimum", min(1, schema.get("maximum", 1)))
    if kind == "boolean":
        return False
    return "sample"[: schema.get("maxLength", 6)].ljust(schema.get("minLength", 0), "x")
