"""Check arguments against the composed document before sending, so that an invalid call uses no slot of a threshold.

Supports the schema keywords that the document's requests use. A test compares that list with the document, and the
results with an independent JSON Schema validator. Messages name the field, the rule and the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import ValidationError

Schema = Mapping[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}
_ARTICLES = {
    "array": "a list",
    "object": "an object",
    "integer": "an integer",
    "boolean": "true or false",
    "null": "null",
}


def types_of(schema: Schema) -> list[str]:
    """Return the JSON types that a schema states, or an empty list if it states none."""
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def has_type(value: object, name: str) -> bool:
    """Return whether `value` has the JSON type `name`. True is not an integer; 1.0 is one."""
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[name])


def lone_surrogate(text: str) -> int | None:
    """Return the index of the first lone surrogate, which UTF-8 cannot encode, or None."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None


def pattern(text: str) -> re.Pattern[str]:
    """Return a JSON Schema pattern compiled for Python.

    A final `$` does not match before a line break, as in ECMA 262.
    """
    return re.compile(text[:-1] + r"\Z" if text.endswith("$") else text)


class Rules:
    """The schemas of a document, and the check of a value against one of them.

    `exact` is for arguments: servers are stricter than JSON Schema, so a float such as 1.0 is not an integer, and text
    that UTF-8 cannot encode is invalid. Values that come from answers are checked without it.
    """

    def __init__(self, schemas: Mapping[str, Schema], *, exact: bool = False) -> None:
        self._schemas = schemas
        self._exact = exact
        self._patterns: dict[str, re.Pattern[str]] = {}

    def resolve(self, schema: Schema) -> Schema:
        """Return `schema`, or the schema that its `$ref` names."""
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def check(self, value: object, schema: Schema, *, field: str, operation: str) -> None:
        """Raise ValidationError with the first fault of `value`, if it has one."""
        for where, fault in self.faults(value, schema, field):
            raise ValidationError(fault, field=where, operation=operation)

    def faults(self, value: object, schema: Schema, path: str = "") -> Iterator[tuple[str, str]]:
        """Yield every fault of `value` as (path of the field, description)."""
        schema = self.resolve(schema)
        kind = schema.get("type")
        if isinstance(kind, str):  # of nearly all schemas, so without a list
            fits = self._fits(value, kind)
        else:
            fits = not kind or any(self._fits(value, each) for each in kind)
        if not fits:
            words = " or ".join(_ARTICLES.get(each, f"a {each}") for each in types_of(schema))
            yield path, f"must be {words}, not {_kind(value)}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield path, f"must be one of {', '.join(map(str, schema['enum']))}, not {_shown(value)}"
        if "const" in schema and value != schema["const"]:
            yield path, f"must be {schema['const']}"
        if isinstance(value, str):
            yield from self._text(value, schema, path)
        elif isinstance(value, (list, tuple)):
            yield from self._list(value, schema, path)
        elif isinstance(value, dict):
            yield from self._object(value, schema, path)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if value < schema.get("minimum", value):
                yield path, f"must be at least {schema['minimum']}, not {_shown(value)}"
            if value > schema.get("maximum", value):
                yield path, f"must be at most {schema['maximum']}, not {_shown(value)}"
            if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
                yield path, f"must be above {schema['exclusiveMinimum']}, not {_shown(value)}"
            if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
                yield path, f"must be below {schema['exclusiveMaximum']}, not {_shown(value)}"
        for part in schema.get("allOf", ()):
            yield from self.faults(value, part, path)
        if "anyOf" in schema or "oneOf" in schema:
            for variants in (schema.get("anyOf"), schema.get("oneOf")):
                if variants and all(any(self.faults(value, part, path)) for part in variants):
                    yield path, f"has none of the {len(variants)} forms that the document allows, is {_shown(value)}"
        if "if" in schema and not any(self.faults(value, schema["if"], path)):
            yield from self._consequence(value, schema, path)

    def _fits(self, value: object, kind: str) -> bool:
        return has_type(value, kind) and not (self._exact and kind == "integer" and isinstance(value, float))

    def _text(self, value: str, schema: Schema, path: str) -> Iterator[tuple[str, str]]:
        if self._exact and (place := lone_surrogate(value)) is not None:
            yield path, f"must be valid Unicode; character {place + 1} is half of a surrogate pair"
        if len(value) < schema.get("minLength", 0):
            yield path, "must not be empty" if not value else f"must have at least {schema['minLength']} characters"
        if len(value) > schema.get("maxLength", len(value)):
            yield path, f"must have at most {schema['maxLength']} characters, has {len(value)}"
        if "x-max-bytes" in schema:
            size = len(value.encode("utf-8", "surrogatepass"))
            if size > schema["x-max-bytes"]:
                yield path, f"must have at most {schema['x-max-bytes']} bytes of UTF-8, has {size}"
        if "pattern" in schema:
            text = schema["pattern"]
            if text not in self._patterns:
                self._patterns[text] = pattern(text)
            if not self._patterns[text].search(value):
                yield path, _mismatch(value, text, schema)

    def _list(self, value: list[Any] | tuple[Any, ...], schema: Schema, path: str) -> Iterator[tuple[str, str]]:
        if len(value) < schema.get("minItems", 0):
            yield path, f"must have at least {_count(schema['minItems'], 'item')}, has {len(value)}"
        if len(value) > schema.get("maxItems", len(value)):
            yield path, f"must have at most {_count(schema['maxItems'], 'item')}, has {len(value)}"
        if schema.get("uniqueItems") and any(item in value[:number] for number, item in enumerate(value)):
            yield path, "must not repeat an item"
        if "items" in schema:
            for number, item in enumerate(value):
                yield from self.faults(item, schema["items"], f"{path}[{number}]")

    def _object(self, value: dict[str, Any], schema: Schema, path: str) -> Iterator[tuple[str, str]]:
        properties = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                yield _join(path, name), "is required"
        if schema.get("additionalProperties") is False:
            for name in value:
                if name not in properties:
                    yield _join(path, name), "is not a field of this operation"
        if len(value) < schema.get("minProperties", 0):
            yield path or " or ".join(properties), "is required"
        if len(value) > schema.get("maxProperties", len(value)):
            yield path or " and ".join(value), f"only {schema['maxProperties']} may be given at a time"
        for name, part in properties.items():
            if name in value:
                yield from self.faults(value[name], part, _join(path, name))

    def _consequence(self, value: object, schema: Schema, path: str) -> Iterator[tuple[str, str]]:
        cause = " and ".join(
            f"{name} is {part['const']}" for name, part in schema["if"].get("properties", {}).items() if "const" in part
        )
        for where, fault in self.faults(value, schema.get("then", {}), path):
            yield where, f"{fault} when {cause}" if cause else fault


def _mismatch(value: str, text: str, schema: Schema) -> str:
    if "://" in text:
        return f"must match {text}"  # without the value, because a URL may hold a secret
    if schema.get("contentEncoding") == "base64":
        return f"must be base64, bytes, or a file as a pathlib.Path; is {_shown(value)}"
    return f"must match {text}, is {_shown(value)}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _kind(value: object) -> str:
    return "null (None)" if value is None else type(value).__name__


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # by default Python formats no integer of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 else text[:57] + "…"
