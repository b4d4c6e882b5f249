"""Emit `answers.json`: the schemas of valid answers of a message action's handler, used by the script checker."""

from __future__ import annotations

from typing import Any

from pipeline.documents import Json, dump_json

_ANSWER = "WebhookAnswer"
_KEPT = frozenset(
    "type enum const minLength maxLength pattern minimum maximum minItems maxItems items required properties "
    "additionalProperties allOf anyOf if then".split()
)


def emit(document: Json) -> str:
    """Return the text of `answers.json` for a composed document.

    It contains `Answer`, the schema of what a script returns (the `output` of a webhook's answer), and all schemas that
    it refers to, each reduced to the keywords that decide whether a value is valid.
    """
    schemas = document["components"]["schemas"]
    if _ANSWER not in schemas:
        return dump_json({"Answer": {}})
    found: dict[str, Json] = {"Answer": _reduced(schemas[_ANSWER]["properties"]["output"])}
    waiting = [found["Answer"]]
    while waiting:
        for name in sorted(set(_references(waiting.pop())) - set(found)):
            found[name] = _reduced(schemas[name])
            waiting.append(found[name])
    return dump_json(found)


def _reduced(schema: Any) -> Any:
    """Return a schema without text for people, with references to schemas by name."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"].rpartition("/")[2]}
    reduced: dict[str, Any] = {}
    for key, value in schema.items():
        if key not in _KEPT:
            continue
        if key == "properties":
            value = {name: _reduced(part) for name, part in value.items()}
        elif key in ("allOf", "anyOf"):
            value = [_reduced(part) for part in value]
        elif key in ("items", "if", "then", "additionalProperties"):
            value = _reduced(value)
        reduced[key] = value
    return reduced


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for part in schema for name in _references(part)]
    if not isinstance(schema, dict):
        return []
    here = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
    return here + [name for part in schema.values() for name in _references(part)]
