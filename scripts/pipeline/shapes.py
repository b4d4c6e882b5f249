"""Emits `shapes.py`: for every schema of a good answer, a function that says whether a value is exactly as documented.

A client that notices every drift must look at every field of every answer. Walking the document's schemas for each
value costs thirty times what the emitted comparisons do, so the walk is left to the answers for which these say False.
"""

from __future__ import annotations

import re
from typing import Any

from pipeline.compose import operations
from pipeline.documents import Json
from pipeline.names import slug
from pipeline.schema_changes import resolve

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
    emitter = _Emitter(document)
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            schema = response.get("content", {}).get("application/json", {}).get("schema", {})
            if str(status).startswith("2") and isinstance(schema, dict) and "$ref" in schema:
                emitter.object_function(schema)
    return emitter.source()


class _Emitter:
    """Collects functions and sets while it walks the schemas."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._names: dict[str, str] = {}
        self._functions: dict[str, str] = {}
        self._sets: dict[str, str] = {}

    def source(self) -> str:
        """The whole module."""
        table = "".join(f"    {name!r}: {self._names[name]},\n" for name in sorted(self._functions))
        return (
            _HEAD
            + "".join(self._sets[name] for name in sorted(self._sets))
            + "\n\n"
            + "\n\n".join(self._functions[name] for name in sorted(self._functions))
            + f"\n\nEXACT: Mapping[str, Callable[[Any], bool]] = MappingProxyType({{\n{table}}})\n"
        )

    def object_function(self, reference: Json) -> str | None:
        """The name of the function for an object that `reference` names, emitted where it is not yet; None if it names
        something else."""
        schema = resolve(reference, self._document)
        if "$ref" not in reference or schema.get("type") != "object":
            return None
        name = reference["$ref"].rpartition("/")[2]
        function = self._name(name, "is_")
        if name not in self._functions:
            self._functions[name] = ""  # a schema may refer to itself
            self._functions[name] = (
                f"def {function}(value: Any) -> bool:\n"
                f'    """Whether a value is exactly as the schema {name} has it."""\n'
                f"    try:\n        return {self._object(schema, 'value')}\n    except _UNFIT:\n        return False\n"
            )
        return function

    def _name(self, name: str, prefix: str) -> str:
        """A name for Python that no other schema has."""
        if name not in self._names:
            words = slug(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name))
            taken = set(self._names.values())
            options = (f"{prefix}{words}", *(f"{prefix}{words}_{number}" for number in range(2, 1000)))
            self._names[name] = next(option for option in options if option not in taken)
        return self._names[name]

    def _object(self, schema: Json, value: str) -> str:
        properties: dict[str, Any] = schema.get("properties", {})
        if not set(schema.get("required", ())) <= properties.keys():
            return "False"
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
        return f"({' and '.join(parts)})"

    def _check(self, schema: Json, value: str) -> str:
        """An expression that is true only where `value` is exactly as the schema has it."""
        if not isinstance(schema, dict):
            return "False"
        if function := self.object_function(schema):
            return f"{function}({value})"
        if known := self._enum(schema):
            return f"{value} in {known}"
        schema = resolve(schema, self._document)
        if "anyOf" in schema:
            return self._variants(schema["anyOf"], value)
        kind = schema.get("type")
        if kind == "array" and "items" in schema:
            return f"{value}.__class__ is list and {self._items(schema['items'], value)}"
        if (
            isinstance(kind, str)
            and kind in _CLASSES
            and not schema.keys() & {"enum", "const", "allOf", "oneOf", "not"}
        ):
            return f"{value}.__class__ is {_CLASSES[kind]}"
        return "False"

    def _items(self, schema: Json, value: str) -> str:
        if isinstance(schema, dict):
            if known := self._open_enum(schema.get("anyOf", ())):
                return f"{known}.issuperset({value})"
            if function := self.object_function(schema):
                return f"all(map({function}, {value}))"
        return f"all({self._check(schema, 'item')} for item in {value})"

    def _variants(self, variants: list[Json], value: str) -> str:
        if known := self._open_enum(variants):
            return f"{value} in {known}"
        chosen = "False"
        for variant in reversed(variants):
            function = self.object_function(variant) if isinstance(variant, dict) else None
            if function is None:
                return "False"
            required = resolve(variant, self._document).get("required", ())
            fits = f"{value}.keys() >= {{{', '.join(map(repr, required))}}}" if required else "True"
            chosen = f"({function}({value}) if {fits} else {chosen})"
        return chosen

    def _open_enum(self, variants: Any) -> str | None:
        """The set of known values where the variants are an enum of strings and any other string."""
        return self._enum(variants[0]) if len(variants) == 2 and variants[1] == {"type": "string"} else None

    def _enum(self, schema: Json) -> str | None:
        """The name of the set of the values of a named enum of strings; None for anything else."""
        resolved = resolve(schema, self._document)
        if not isinstance(schema, dict) or "$ref" not in schema or resolved.get("type") != "string":
            return None
        values = resolved.get("enum", ())
        if not values or not all(isinstance(value, str) for value in values):
            return None
        name = self._name(schema["$ref"].rpartition("/")[2], "_known_")
        self._sets[name] = f"{name} = frozenset(({', '.join(map(repr, values))},))\n"
        return name
