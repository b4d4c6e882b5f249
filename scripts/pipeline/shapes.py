"""Emit `shapes.py`: for each schema of a successful answer, a function that checks and reads it in one pass.

A client that must notice drift has to check every field of every answer. Walking the document's schemas for each value
takes thirty times as long as the emitted comparisons, so the walk is used only for answers that these refuse. A value
is read in the same pass in which it is checked. The generated models provide the names.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.compose import operations
from pipeline.documents import Json
from pipeline.names import module
from pipeline.schema_changes import RETYPING_FORMATS, resolve

_HEAD = '''"""Reads answers that are exactly as documented. Generated; do not edit.

`EXACT` has one function for each schema of an answer. It returns what the model's `from_dict` returns, or None where a
promised field is missing, a field is unknown or null, a value has another type than the documented one, or a value of
an enumeration is not a known one: such an answer needs a closer look. `MODELS` has the class of each of those schemas,
`ENUMS` the members of each enumeration that they use, by value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from .types import UNSET
'''
_TAIL = """

def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def exact(value: Any) -> Any:
        try:
            return read(value)
        except (_Inexact, AttributeError, KeyError, RecursionError, TypeError):
            return None

    return exact


"""
_CLASSES = {"string": "str", "integer": "int", "boolean": "bool"}


class Model(NamedTuple):
    """A generated class: its module, its fields in the order of `__init__`, and for an enum its table of members."""

    module: str
    fields: tuple[str, ...]
    table: str | None


def models(folder: Path) -> dict[str, Model]:
    """Return the classes in a folder of generated models."""
    found = {}
    for path in sorted(folder.glob("[!_]*.py")):
        body = ast.parse(path.read_text("utf-8")).body
        table = next((name for name in _annotated(body) if name.endswith("_BY_VALUE")), None)
        for node in body:
            if isinstance(node, ast.ClassDef):
                fields = tuple(name for name in _annotated(node.body) if not name.startswith("_"))
                found[node.name] = Model(path.stem, fields, table)
    return found


def _annotated(body: list[ast.stmt]) -> list[str]:
    """Return the annotated names of a module, or the fields of a class without its class variables."""
    return [
        node.target.id
        for node in body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and not ast.unparse(node.annotation).startswith("ClassVar[")
    ]


def emit(document: Json, classes: Mapping[str, Model]) -> str:
    """Return the source of `shapes.py` for a composed document and the classes generated from it."""
    emitter = _Emitter(document, classes)
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            schema = response.get("content", {}).get("application/json", {}).get("schema", {})
            if str(status).startswith("2"):
                emitter.reader(schema)
    return emitter.source()


class _Inexpressible(Exception):
    """The emitted comparisons cannot express this schema."""


class _Part(NamedTuple):
    """Expressions over a local variable: the condition that it must satisfy (or None), and the value read from it."""

    check: str | None
    read: str


class _Emitter:
    """Collects functions and imports while it walks the schemas."""

    def __init__(self, document: Json, classes: Mapping[str, Model]) -> None:
        self._document = document
        self._classes = classes
        self._readers: dict[str, str] = {}
        self._functions: dict[str, str] = {}
        self._imports: set[str] = set()
        self._kinds: set[str] = set()
        self._enums: dict[str, str] = {}

    def source(self) -> str:
        """Return the whole module."""
        table = "".join(f"    {name!r}: _or_none({self._readers[name]}),\n" for name in sorted(self._readers))
        models = "".join(f"    {name!r}: {name},\n" for name in sorted(self._readers))
        enums = "".join(f"    {name!r}: {self._enums[name]},\n" for name in sorted(self._enums))
        return (
            _HEAD
            + "".join(sorted(self._imports))
            + "".join(f"_{kind.upper()} = frozenset(({kind},))\n" for kind in sorted(self._kinds))
            + '\n\nclass _Inexact(Exception):\n    """The value is not exactly as documented."""\n\n\n'
            + "\n\n".join(self._functions[name] for name in sorted(self._functions))
            + _TAIL
            + f"EXACT: Mapping[str, Callable[[Any], Any]] = MappingProxyType({{\n{table}}})\n"
            + f"MODELS: Mapping[str, type[Any]] = MappingProxyType({{\n{models}}})\n"
            + f"ENUMS: Mapping[str, Mapping[object, Any]] = MappingProxyType({{\n{enums}}})\n"
        )

    def reader(self, reference: Json) -> str | None:
        """Return the name of the function that reads the object named by `reference`, emitting it if necessary.

        Return None if the reference names something else.
        """
        if not isinstance(reference, dict) or "$ref" not in reference:
            return None
        name = reference["$ref"].rpartition("/")[2]
        schema = resolve(reference, self._document)
        if schema.get("type") != "object" or name not in self._classes:
            return None
        if name not in self._readers:
            # Registered first, since a schema may refer to itself.
            function = self._readers[name] = f"_{self._classes[name].module}"
            start = (
                f"def {function}(src_dict: Any) -> {name}:\n"
                f'    """The {name} of a value that is exactly as documented."""\n'
            )
            try:
                body = self._body(schema, name)
            except _Inexpressible:
                body = "    raise _Inexact\n"
                for inner in schema.get("properties", {}).values():
                    self._register(inner)
            self._imports.add(f"from .models.{self._classes[name].module} import {name}\n")
            self._functions[name] = start + body
        return self._readers[name]

    def _register(self, schema: Json) -> None:
        """Record the models and enumerations below a schema that no function can read."""
        if not isinstance(schema, dict) or self.reader(schema) or self._open_enum(schema):
            return
        for inner in (schema.get("items"), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
            self._register(inner)

    def _body(self, schema: Json, name: str) -> str:
        properties: dict[str, Any] = schema.get("properties", {})
        required = [key for key in properties if key in schema.get("required", ())]
        optional = [key for key in properties if key not in required]
        fields = self._classes[name].fields
        if not properties or not set(schema.get("required", ())) <= properties.keys():
            raise _Inexpressible
        if [module(key) for key in (*required, *optional)] != [module(field) for field in fields]:
            raise _Inexpressible  # a composed schema, or names that the generator had to change
        lines, read = [], []
        checks = ["src_dict.__class__ is dict"]
        for key, field in zip((*required, *optional), fields, strict=True):
            part = self._part(properties[key], field)
            if key in optional:
                lines.append(f"{field} = src_dict.get({key!r}, UNSET)")
                checks += [f"({field} is UNSET or {part.check})"] if part.check else []
                if part.read == field:
                    read.append(field)
                elif part.check:
                    # A list: `and` skips reading it if it is UNSET, which is falsy.
                    read.append(f"{field} and {part.read}")
                else:
                    read.append(f"UNSET if {field} is UNSET else {part.read}")
            else:
                lines.append(f"{field} = src_dict[{key!r}]")
                checks += [part.check] if part.check else []
                read.append(part.read)
        given = [f"({field} is not UNSET)" for field in fields[len(required) :]]
        checks.append(f"len(src_dict) == {' + '.join([str(len(required)), *given])}")
        return (
            "".join(f"    {line}\n" for line in lines)
            + f"    if not ({' and '.join(checks)}):\n        raise _Inexact\n"
            + f"    return {name}({', '.join(read)},)\n"
        )

    def _part(self, schema: Json, value: str) -> _Part:
        """Return how to check and read a value of a schema. If a table or function reads it, that also checks it."""
        if function := self.reader(schema):
            return _Part(None, f"{function}({value})")
        if table := self._open_enum(schema):
            return _Part(None, f"{table}[{value}]")
        resolved = resolve(schema, self._document) if isinstance(schema, dict) else {}
        kind = resolved.get("type")
        if "anyOf" in resolved:
            return _Part(None, self._variant(resolved["anyOf"], value))
        if isinstance(kind, list) and len(kind) == 2 and kind[1] == "null" and kind[0] in _CLASSES:
            part = self._part({**resolved, "type": kind[0]}, value)
            return _Part(f"({value} is None or {part.check})", part.read)
        if resolved.keys() & {"enum", "const", "allOf", "oneOf", "not"} or not isinstance(kind, str):
            raise _Inexpressible
        if kind == "array" and "items" in resolved:
            return self._list(resolved["items"], value)
        converted = kind == "string" and resolved.get("format") in RETYPING_FORMATS
        if kind in _CLASSES and not converted:
            return _Part(f"{value}.__class__ is {_CLASSES[kind]}", value)
        raise _Inexpressible

    def _list(self, items: Json, value: str) -> _Part:
        is_list = f"{value}.__class__ is list"
        if function := self.reader(items):
            return _Part(is_list, f"list(map({function}, {value}))")
        part = self._part(items, "item")
        if part.read != "item":
            return _Part(is_list, f"[{part.read} for item in {value}]")
        kind = _CLASSES.get(str(resolve(items, self._document).get("type")))
        if kind is None:
            raise _Inexpressible
        self._kinds.add(kind)
        return _Part(f"{is_list} and _{kind.upper()}.issuperset(map(type, {value}))", value)

    def _variant(self, variants: list[Json], value: str) -> str:
        """Return the expression for the first variant whose required fields are present, as the models choose it.

        If none fits, the last variant refuses the value.
        """
        readers = [self.reader(variant) for variant in variants]
        if not readers or None in readers:
            raise _Inexpressible
        chosen = f"{readers[-1]}({value})"
        for variant, reader in reversed(list(zip(variants[:-1], readers[:-1], strict=True))):
            required = resolve(variant, self._document).get("required", ())
            fits = f"{value}.keys() >= {{{', '.join(map(repr, required))}}}" if required else "True"
            chosen = f"({reader}({value}) if {fits} else {chosen})"
        return chosen

    def _open_enum(self, schema: Json) -> str | None:
        """Return the table of a named string enum, given alone or in a union with plain strings; else None."""
        variants: list[Json] = schema.get("anyOf", []) if isinstance(schema, dict) else []
        if len(variants) == 2 and variants[1] == {"type": "string"}:
            schema = variants[0]
        if not isinstance(schema, dict) or "$ref" not in schema:
            return None
        found = self._classes.get(schema["$ref"].rpartition("/")[2])
        if found is None or found.table is None or resolve(schema, self._document).get("type") != "string":
            return None
        self._imports.add(f"from .models.{found.module} import {found.table}\n")
        self._enums[schema["$ref"].rpartition("/")[2]] = found.table
        return found.table
