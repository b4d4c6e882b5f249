"""Emits `shapes.py`: for every schema of a good answer, a function that says whether a value is exactly as documented.

A client that notices every drift must look at every field of every answer. Walking the document's schemas for each
value costs thirty times what the emitted comparisons do, so the walk is left to the answers for which these say False.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeline.compose import operations
from pipeline.documents import Json

_HEAD = '''"""Whether an answer is exactly as documented. Generated; do not edit.

`EXACT` has one function per schema of an answer. True means: every promised field is there, no field is unknown or
null, every value has its documented type, and every value of an enum is a known one. False only means that somebody
has to look closer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

_UNFIT = (AttributeError, KeyError, RecursionError, TypeError)
'''
_CLASSES = {"string": "str", "integer": "int", "boolean": "bool"}


def emit(document: Json) -> str:
    """The source of `shapes.py` for a composed document."""
    emitter = _Emitter(document["components"]["schemas"])
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            schema = response.get("content", {}).get("application/json", {}).get("schema", {})
            if status.startswith("2") and "$ref" in schema:
                emitter.function(schema["$ref"])
    return emitter.source()


class _Emitter:
    """Collects functions and sets while it walks the schemas."""

    def __init__(self, schemas: Mapping[str, Json]) -> None:
        self._schemas = schemas
        self._functions: dict[str, str] = {}
        self._sets: dict[str, str] = {}

    def source(self) -> str:
        """The whole module."""
        table = "".join(f'    "{name}": {_snake(name)},\n' for name in sorted(self._functions))
        return (
            _HEAD
            + "".join(self._sets[name] for name in sorted(self._sets))
            + "\n\n"
            + "\n\n".join(self._functions[name] for name in sorted(self._functions))
            + f"\n\nEXACT: Mapping[str, Callable[[Any], bool]] = MappingProxyType({{\n{table}}})\n"
        )

    def function(self, reference: str) -> str:
        """The name of the function for an object schema, which is emitted where it is not yet."""
        name = reference.rpartition("/")[2]
        if name not in self._functions:
            self._functions[name] = ""  # a schema may refer to itself
            condition = self._object(self._schemas[name], "value")
            self._functions[name] = (
                f"def {_snake(name)}(value: Any) -> bool:\n"
                f'    """Whether a value is exactly as the schema {name} has it."""\n'
                f"    try:\n        return {condition}\n    except _UNFIT:\n        return False\n"
            )
        return _snake(name)

    def _object(self, schema: Json, value: str) -> str:
        properties: dict[str, Any] = schema.get("properties", {})
        required = [name for name in properties if name in schema.get("required", ())]
        optional = [name for name in properties if name not in required]
        parts = [f"{value}.__class__ is dict"]
        parts += [self._check(properties[name], f"{value}[{name!r}]") for name in required]
        parts += [
            f"({name!r} not in {value} or {self._check(properties[name], f'{value}[{name!r}]')})" for name in optional
        ]
        if properties:
            count = " + ".join([str(len(required)), *(f"({name!r} in {value})" for name in optional)])
            parts.append(f"len({value}) == {count}")
        return f"bool({' and '.join(parts)})"

    def _check(self, schema: Json, value: str) -> str:
        """An expression that is true only where `value` is exactly as the schema has it."""
        if "$ref" in schema:
            resolved = self._schemas[schema["$ref"].rpartition("/")[2]]
            if resolved.get("type") == "object":
                return f"{self.function(schema['$ref'])}({value})"
            return self._check({**resolved, "x-name": schema["$ref"].rpartition("/")[2]}, value)
        if "anyOf" in schema:
            return self._variants(schema["anyOf"], value)
        kind = schema.get("type")
        if kind == "string" and "enum" in schema and "x-name" in schema:
            return f"{value} in {self._set(schema)}"
        if kind == "array" and "items" in schema:
            return f"{value}.__class__ is list and {self._items(schema['items'], value)}"
        if kind in _CLASSES and "enum" not in schema:
            return f"{value}.__class__ is {_CLASSES[kind]}"
        return "False"

    def _items(self, schema: Json, value: str) -> str:
        names = self._open_enum(schema.get("anyOf", ()))
        if names is not None:
            return f"{names}.issuperset({value})"
        if "$ref" in schema and self._schemas[schema["$ref"].rpartition("/")[2]].get("type") == "object":
            return f"all(map({self.function(schema['$ref'])}, {value}))"
        return f"all({self._check(schema, 'item')} for item in {value})"

    def _variants(self, variants: list[Json], value: str) -> str:
        names = self._open_enum(variants)
        if names is not None:
            return f"{value} in {names}"
        if not all("$ref" in variant for variant in variants):
            return "False"
        chosen = "False"
        for variant in reversed(variants):
            schema = self._schemas[variant["$ref"].rpartition("/")[2]]
            if schema.get("type") != "object":
                return "False"
            required = "{" + ", ".join(map(repr, schema.get("required", ()))) + "}"
            chosen = f"({self.function(variant['$ref'])}({value}) if {value}.keys() >= {required} else {chosen})"
        return chosen

    def _open_enum(self, variants: Any) -> str | None:
        """The set of known values where the variants are an enum of strings and any other string."""
        if len(variants) != 2 or "$ref" not in variants[0] or variants[1] != {"type": "string"}:
            return None
        name = variants[0]["$ref"].rpartition("/")[2]
        schema = self._schemas[name]
        return self._set({**schema, "x-name": name}) if schema.get("type") == "string" and "enum" in schema else None

    def _set(self, schema: Json) -> str:
        name = f"_{_snake(schema['x-name']).upper()}"
        values = ", ".join(map(repr, schema["enum"]))
        self._sets[name] = f"{name} = frozenset(({values},))\n"
        return name


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
