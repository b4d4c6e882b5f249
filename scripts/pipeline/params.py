"""Emit `params.py`: the fields of each operation's JSON body and query as typed dictionaries.

A method that takes `**fields: Unpack[CreateMessageActionBody]` has its arguments checked by type checkers and completed
by editors, and it accepts a new field of the document without an edit. The generated models provide the classes of
enumerations.
"""

from __future__ import annotations

import keyword
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.compose import operations
from pipeline.documents import Json
from pipeline.names import pascal
from pipeline.schema_changes import resolve
from pipeline.shapes import Model

_HEAD = '''"""The fields of each operation's body and query, as typed dictionaries. Generated; do not edit.

`…Body` and `…Query` have the fields of body and query. `…Fields` has what a method takes besides the arguments that it
names: the body, and the parameters that the document gained. `Required` fields must be given; no field may be None
unless its type says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Literal, Required, TypedDict

'''
_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_USED = frozenset("str int float bool bytes Any Literal Mapping PathLike Required Sequence TypedDict".split())
"""Names that the annotations use, which a field of the same name would hide from type checkers."""
METHOD_ARGUMENTS = {"create_message_action": frozenset({"creator", "handler", "if_exists"})}
"""Arguments of the client's methods that are no parameter of the operation. A field of such a name is no argument."""
_WIDTH = 96


def emit(document: Json, classes: Mapping[str, Model]) -> str:
    """Return the source of `params.py` (unformatted) for a composed document and the classes generated from it."""
    emitter = _Emitter(document, classes)
    taken: set[str] = set()
    named = any("x-argument" in each for _, _, entry in operations(document) for each in entry.get("parameters", ()))
    for _, _, operation in sorted(operations(document), key=lambda entry: str(entry[2]["operationId"])):
        name = operation["operationId"]
        stem = pascal(name)
        while stem in taken:  # `getUser` and `get_user`
            stem += "_"
        taken.add(stem)
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if body is not None:
            emitter.dictionary(f"{stem}Body", f"The fields of the body of `{name}`.", *emitter.fields(body))
        query = [parameter for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
        properties = {
            parameter["name"]: {"description": parameter.get("description", ""), "schema": parameter["schema"]}
            for parameter in query
        }
        required = {parameter["name"] for parameter in query if parameter.get("required")}
        emitter.dictionary(f"{stem}Query", f"The query of `{name}`.", properties, required)
        if named:
            emitter.arguments(stem, name, body, operation.get("parameters", []))
    return emitter.source()


class _Emitter:
    """Collects typed dictionaries, and the imports that they need, while it walks the schemas."""

    def __init__(self, document: Json, classes: Mapping[str, Model]) -> None:
        self._document = document
        self._classes = classes
        self._dictionaries: dict[str, str] = {}
        self._nested: dict[str, str] = {}
        self._imports: set[str] = set()

    def source(self) -> str:
        """Return the whole module."""
        return _HEAD + "".join(sorted(self._imports)) + "\n\n" + "\n\n".join(self._dictionaries.values())

    def arguments(self, stem: str, operation: str, body: Json, parameters: Sequence[Json]) -> None:
        """Emit the fields of an operation's method: those of its body, and parameters without an argument of their own.

        A path parameter is optional here, because `path_parameters` of the client may provide it.
        """
        others = {field_name(each["name"]): each for each in parameters if each["in"] != "cookie"}
        others = {field: each for field, each in others.items() if "x-argument" not in each and _declarable(field)}
        properties, required = self.fields(body) if body is not None else ({}, set())
        for field in properties.keys() & method_arguments(operation, parameters):
            del properties[field]  # a type checker refuses fields that are called like an argument
        required &= properties.keys()
        for field, each in others.items():
            properties[field] = {"description": each.get("description", ""), "schema": each["schema"]}
            if each.get("required") and each["in"] != "path":  # the client may provide it
                required.add(field)
        title = f"The fields of the method of `{operation}`."
        self.dictionary(f"{stem}Fields", title, properties, required, empty=True)

    def dictionary(
        self, name: str, title: str, properties: Mapping[str, Json], required: set[str], empty: bool = False
    ) -> None:
        """Emit the class `name` for fields given as {name: {description, schema}}.

        Args:
            name: the name of the class.
            title: its docstring.
            properties: the fields.
            required: the names of the required fields.
            empty: whether to emit a class even if there are no fields. Default: False.
        """
        if not properties and not empty:
            return
        self._dictionaries[name] = ""  # reserve its place, before the classes that its fields need
        lines = []
        types = {}
        for field, entry in properties.items():
            kind = self._type(entry["schema"], f"{name}{pascal(field) or 'Field'}")
            types[field] = f"Required[{kind}]" if field in required else kind
            lines.append(f"    {field}: {types[field]}\n")
            if text := _field_text(entry, resolve(entry["schema"], self._document)):
                lines.append(_docstring(text, "    "))
        if all(_declarable(field) and field not in self._classes for field in properties):
            body = _docstring(title, "    ") + "\n" + "".join(lines)
            self._dictionaries[name] = f"class {name}(TypedDict, total=False):\n{body}"
        else:
            self._dictionaries[name] = f"{name} = TypedDict({name!r}, {types!r}, total=False)\n" + _docstring(title, "")

    def fields(self, schema: Json) -> tuple[dict[str, Json], set[str]]:
        """Return an object's properties, including those from its `allOf`, and the names of the required ones."""
        properties: dict[str, Json] = {}
        required: set[str] = set()
        for part in self._parts(schema, frozenset()):
            required |= set(part.get("required", ()))
            for field, inner in part.get("properties", {}).items():
                text = inner.get("description", "") if isinstance(inner, dict) else ""
                properties[field] = {"description": text, "schema": inner}
        return properties, required & properties.keys()

    def _parts(self, schema: Json, seen: frozenset[str]) -> Iterator[dict[str, Any]]:
        if not isinstance(schema, dict):
            return
        reference = str(schema.get("$ref", ""))
        if reference in seen:
            return
        resolved = resolve(schema, self._document)
        yield resolved
        for part in resolved.get("allOf", ()):
            yield from self._parts(part, seen | {reference} if reference else seen)

    def _type(self, schema: Json, name: str, seen: frozenset[str] = frozenset()) -> str:
        """Return the annotation of a schema. `name` is used for the class of an object that has no name of its own."""
        if not isinstance(schema, dict):
            return "Any"
        reference = str(schema.get("$ref", ""))
        if reference in seen:
            return "Any"  # an array or a choice that contains itself without an object between
        component, seen = reference.rpartition("/")[2], seen | {reference} if reference else seen
        resolved = resolve(schema, self._document)
        if "enum" in resolved or "const" in resolved:
            return self._values(resolved, component)
        if variants := resolved.get("anyOf") or resolved.get("oneOf"):
            kinds = [self._type(part, f"{name}{number}", seen) for number, part in enumerate(variants, 1)]
            return " | ".join(dict.fromkeys(kinds))
        if any(part.get("properties") for part in self._parts(resolved, frozenset())):
            return self._object(resolved, component, name)
        return self._simple(resolved, name, seen)

    def _simple(self, schema: Mapping[str, Any], name: str, seen: frozenset[str]) -> str:
        kind = schema.get("type")
        if kind == "array":
            return f"Sequence[{self._type(schema.get('items'), f'{name}Item', seen)}]"
        if kind == "object":
            return f"Mapping[str, {self._type(schema.get('additionalProperties'), f'{name}Value', seen)}]"
        if kind == "string" and schema.get("contentEncoding") == "base64":
            return "str | bytes | PathLike[str]"
        if kind == "string" and "contentMediaType" in schema:
            return "str | PathLike[str]"
        kinds = [kind] if isinstance(kind, str) else kind or []
        return " | ".join(_SCALARS.get(str(part), "Any") for part in kinds) or "Any"

    def _values(self, schema: Mapping[str, Any], component: str) -> str:
        """Return a `Literal` of the values that a type checker can compare.

        It is combined with the enumeration's class, if there is one.
        """
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        if not values or not all(value is None or isinstance(value, (str, int)) for value in values):
            return self._simple({"type": schema.get("type")}, "", frozenset())
        literal = f"Literal[{', '.join(map(repr, values))}]"
        found = self._classes.get(component)
        if found is None or found.table is None:
            return literal
        self._imports.add(f"from .models.{found.module} import {component}\n")
        return f"{component} | {literal}"

    def _object(self, schema: Mapping[str, Any], component: str, name: str) -> str:
        if component in self._nested:
            return self._nested[component]
        own = f"{component}Fields" if component else name
        while own in self._dictionaries:
            own += "_"
        if component:
            self._nested[component] = own  # registered first, since an object may contain others of its own class
        self.dictionary(own, schema.get("description") or f"The fields of `{component or name}`.", *self.fields(schema))
        return own


def method_arguments(operation: str, parameters: Sequence[Json]) -> set[str]:
    """Return the names of the arguments that an operation's method has besides its fields."""
    return {each["x-argument"] for each in parameters if "x-argument" in each} | METHOD_ARGUMENTS.get(operation, set())


def field_name(name: str) -> str:
    """Return a parameter's name as a Python argument: `MESSAGE_ACTION_ID` becomes `message_action_id`."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()


def _declarable(field: str) -> bool:
    """Return whether a class can declare the field: an identifier that is not mangled and does not hide a type."""
    return field.isidentifier() and not keyword.iskeyword(field) and not field.startswith("__") and field not in _USED


def _field_text(entry: Json, schema: Mapping[str, Any]) -> str:
    """Return a field's documentation: its description and its bounds."""
    bounds = [
        words.format(schema[key])
        for key, words in (
            ("minimum", "At least {}."),
            ("maximum", "At most {}."),
            ("maxLength", "At most {} characters."),
            ("maxItems", "At most {} items."),
        )
        if key in schema
        and not (key == "maxLength" and "x-max-bytes" in schema)  # the description states the limit in bytes
    ]
    return " ".join([entry["description"] or schema.get("description", ""), *bounds]).strip()


def _docstring(text: str, indent: str) -> str:
    safe = " ".join(text.split()).replace("\\", "\\\\").replace('"""', '\\"""')
    lines = textwrap.wrap(safe, _WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
    if len(lines) == 1 and not safe.endswith('"'):
        return f'{indent}"""{lines[0]}"""\n'
    return f'{indent}"""' + f"\n{indent}".join(lines) + f'\n{indent}"""\n'
