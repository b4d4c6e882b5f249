"""Checks and reads values by the component schemas of the API's document.

`problem` says what is wrong with an answer before it is sent; `fit` keeps of an event what can be read. Both know just
the keywords that the document uses for webhooks. Relies on `zoho_cliq_api.contract` for the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from zoho_cliq_api import contract

Schema = Mapping[str, Any]

_PYTHON_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": Mapping,
    "array": Sequence,
}


@cache
def schemas() -> Mapping[str, Schema]:
    """The component schemas of the document, by name."""
    found: Mapping[str, Schema] = contract.document()["components"]["schemas"]
    return found


def problem(name: str, value: object) -> str | None:
    """The first thing wrong with `value` by the schema `name`, as `field: what`; None where it is right."""
    return next(_problems(schemas()[name], value, ""), None)


def limit(name: str, field: str, keyword: str) -> int:
    """A bound of a field, such as `limit("MessageActionCreate", "execution_url", "maxLength")`."""
    bound: int = schemas()[name]["properties"][field][keyword]
    return bound


def _resolved(schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = schemas()[schema["$ref"].rpartition("/")[2]]
    return schema


def _is(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "array" and isinstance(value, str | bytes):
        return False
    return isinstance(value, _PYTHON_TYPES[kind])


def _problems(schema: Schema, value: Any, path: str) -> Iterator[str]:
    schema = _resolved(schema)
    where = path or "answer"
    kind = schema.get("type")
    if kind and not _is(kind, value):
        yield f"{where}: {'an' if kind[0] in 'aio' else 'a'} {kind} is needed, not {type(value).__name__}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{where}: must be {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: must be one of {', '.join(schema['enum'])}"
    if isinstance(value, str):
        yield from _string_problems(schema, value, where)
    elif isinstance(value, Mapping):
        yield from _object_problems(schema, value, path)
    elif isinstance(value, Sequence):
        yield from _bound_problems(schema, len(value), where, "Items", "item")
        for index, item in enumerate(value):
            yield from _problems(schema.get("items", {}), item, f"{path}[{index}]")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if value < schema.get("minimum", value):
            yield f"{where}: {value} is less than {schema['minimum']}"
        if value > schema.get("maximum", value):
            yield f"{where}: {value} is more than {schema['maximum']}"
    for rule in schema.get("allOf", ()):
        if next(_problems(rule["if"], value, path), None) is None:
            yield from _problems(rule["then"], value, path)


def _string_problems(schema: Schema, value: str, where: str) -> Iterator[str]:
    yield from _bound_problems(schema, len(value), where, "Length", "character")
    # Python's `$` also matches before a last line break; JSON Schema's does not.
    if "pattern" in schema and not re.search(re.sub(r"\$$", r"\\Z", schema["pattern"]), value):
        yield f"{where}: does not match {schema['pattern']}"


def _object_problems(schema: Schema, value: Mapping[str, Any], path: str) -> Iterator[str]:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{_below(path, name)}: is missing"
    for name, item in value.items():
        if name in properties:
            yield from _problems(properties[name], item, _below(path, name))
        elif isinstance(schema.get("additionalProperties"), Mapping):
            yield from _problems(schema["additionalProperties"], item, _below(path, name))


def _bound_problems(schema: Schema, size: int, where: str, what: str, unit: str) -> Iterator[str]:
    if size > schema.get(f"max{what}", size):
        yield f"{where}: {size} {unit}s, at most {schema[f'max{what}']} are allowed"
    if size < schema.get(f"min{what}", 0):
        yield f"{where}: {size} {unit}s, at least {schema[f'min{what}']} needed"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


class _Misfit(Exception):
    """A value that the schema's type cannot hold."""


def fit(name: str, value: object) -> Any:
    """What the schema `name` can hold of `value`; the rest is left out, and keys it does not know are kept.

    Nulls, wrong types and missing parts never raise. Numbers come out as strings where strings are wanted and the
    other way round. Where nothing fits at all, the result is an empty object.
    """
    try:
        return _fitted(schemas()[name], value)
    except _Misfit:
        return {}


def _fitted(schema: Schema, value: Any) -> Any:
    schema = _resolved(schema)
    kind = schema.get("type")
    if kind == "object":
        return _fitted_object(schema, value)
    if kind == "array":
        if not _is("array", value):
            raise _Misfit
        return list(_fitted_items(schema.get("items", {}), value))
    if kind is None or _is(kind, value):
        return value
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if kind in ("integer", "number") and isinstance(value, str):
        return _number(kind, value)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    raise _Misfit


def _number(kind: str, text: str) -> int | float:
    if len(text) <= 30 and re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    if kind == "number" and len(text) <= 30 and re.fullmatch(r"-?[0-9]+\.[0-9]+", text):
        return float(text)
    raise _Misfit


def _fitted_items(schema: Schema, items: Sequence[Any]) -> Iterator[Any]:
    for item in items:
        try:
            yield _fitted(schema, item)
        except _Misfit:
            continue


def _fitted_object(schema: Schema, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _Misfit
    properties: Mapping[str, Schema] = schema.get("properties", {})
    fitted = {}
    for name, item in value.items():
        if name not in properties:
            fitted[name] = item
            continue
        try:
            fitted[name] = _fitted(properties[name], item)
        except _Misfit:
            continue
    return fitted
