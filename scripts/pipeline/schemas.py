"""Schemas in normal form: every object and enumeration is a named component, with OpenAPI 3.0 syntax converted to 3.1.

Schemas that would break a generator or a validator are repaired, and each repair is reported: unknown types, numbers
written as text, arrays without items, empty enumerations, clashing names, discriminators.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Any

from pipeline import names, prose
from pipeline.documents import Json
from pipeline.reader import Reader

_PREFIX = "#/components/schemas/"
_NUMBERS = frozenset(
    "multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength maxItems minItems maxProperties "
    "minProperties x-max-bytes".split()
)
_TEXTS = frozenset("format contentEncoding contentMediaType".split())
_FLAGS = frozenset("uniqueItems readOnly writeOnly deprecated".split())
_LEFT_OUT = (
    "not if then else patternProperties propertyNames contains prefixItems dependentRequired dependentSchemas "
    "dependencies unevaluatedProperties unevaluatedItems additionalItems $defs xml".split()
)
MAX_PROPERTIES = 500
MAX_VALUES = 5_000
"""The most values of one enumeration."""
MAX_ALTERNATIVES = 100
"""The most schemas of one `allOf`, `anyOf` or `oneOf`."""
MAX_REFERENCES = 50
"""The longest chain of references that lead only to further references."""
MAX_PARTS = 2_000
"""The most schemas that one consists of through `allOf`, `anyOf` and `oneOf`, each counted every time it is reached."""
_MAX_NAME = 100
_TYPES = frozenset("string number integer boolean array object null".split())
_ALIASES: Mapping[str, tuple[str, str | None]] = {
    "int": ("integer", None),
    "int32": ("integer", "int32"),
    "int64": ("integer", "int64"),
    "long": ("integer", "int64"),
    "float": ("number", "float"),
    "double": ("number", "double"),
    "decimal": ("number", None),
    "bool": ("boolean", None),
    "str": ("string", None),
    "text": ("string", None),
    "date": ("string", "date"),
    "datetime": ("string", "date-time"),
    "date-time": ("string", "date-time"),
    "file": ("string", "binary"),
    "binary": ("string", "binary"),
    "list": ("array", None),
    "map": ("object", None),
    "json": ("object", None),
    "jsonobject": ("object", None),
    "jsonarray": ("array", None),
}
"""Types that documents use and OpenAPI does not have, with the type and format that are meant."""


class Schemas:
    """Builds the components of the normal form from a document's schemas."""

    def __init__(self, reader: Reader, schemas: dict[str, Any]) -> None:
        self.reader = reader
        self.components: dict[str, Json] = {}
        self.names: dict[str, str] = {}
        self.enums: dict[tuple[Any, ...], str] = {}
        self.modules: set[str] = set()
        self.pinned: list[tuple[str, str, str]] = []
        """Component, property and its constant there, which replaces a discriminator."""
        self._name(schemas)
        for vendor in sorted(schemas, key=lambda key: self.names[key]):
            self._component(vendor, schemas[vendor])

    def _name(self, schemas: Mapping[str, Json]) -> None:
        for vendor in sorted(schemas):
            where = f"components.schemas.{vendor[:60]}"
            if not names.plain(vendor):
                raise self.reader.fail("components.schemas", f"{vendor[:60]!r} cannot be the name of a schema")
            readable = names.component(vendor)
            if not self._free(readable):
                readable = names.pascal(vendor)
            if not readable.isidentifier():
                readable = f"Schema{readable}"
            stem, count = readable, 2
            if readable in names.RESERVED_CLASSES:
                stem = readable = f"{readable}Model"
                self.reader.repaired(where, f"the client uses this name itself; it becomes {readable}")
            while not self._free(readable):
                readable, count = f"{stem}{count}", count + 1
            if readable != stem:
                self.reader.repaired(where, f"its name clashes; it becomes {readable}")
            self.modules.add(names.module(readable))
            self.names[vendor] = readable

    def _free(self, name: str) -> bool:
        return bool(name) and names.module(name) not in self.modules

    def _component(self, vendor: str, given: Json) -> None:
        where = f"components.schemas.{vendor}"
        schema = self._mapping(given, where)
        name = self.names[vendor]
        if "$ref" in schema:
            self._straight(schema, where)
            self.components[name] = {"$ref": self.reference(schema["$ref"], where)}
            return
        self.components[name] = self.body(schema, name, where)
        if self.components[name].get("enum"):
            self.enums.setdefault(_enum_key(self.components[name]), name)

    def _straight(self, schema: dict[str, Any], where: str) -> None:
        """Raise PipelineError if a chain of references forms a cycle without reaching a schema."""
        seen: set[str] = set()
        while isinstance(schema, dict) and "$ref" in schema:
            if str(schema["$ref"]) in seen:
                raise self.reader.fail(where, f"$ref {str(schema['$ref'])[:100]!r} is circular")
            if len(seen) == MAX_REFERENCES:
                raise self.reader.fail(
                    where, f"more than {MAX_REFERENCES} $ref in a row; let the first lead to the last schema"
                )
            seen.add(str(schema["$ref"]))
            schema = self._mapping(self.reader.pointer(schema["$ref"], where), where)

    def _mapping(self, schema: Json, where: str) -> dict[str, Any]:
        """Return a schema as a mapping. OpenAPI 3.1's `true`, which allows anything, becomes an empty one."""
        return {} if schema is True else self.reader.mapping(schema, where)

    def reference(self, reference: Any, where: str) -> str:
        """Return a reference to a component of the normal form."""
        target = self.reader.pointer(reference, where)
        parts = self.reader.parts(str(reference))
        if parts[:2] == ["components", "schemas"] and len(parts) == 3:
            return f"{_PREFIX}{self.names[parts[2]]}"
        if parts[0] not in ("components", "paths", "$defs", "definitions"):
            raise self.reader.fail(where, f"$ref {reference!r} does not point to a schema")
        vendor = "-".join(parts[-3:])
        if vendor not in self.names:
            name = names.pascal(vendor) or "Schema"
            while not self._free(name):
                name += "2"
            self.names[vendor] = name
            self.modules.add(names.module(name))
            self.reader.repaired(
                where, f"$ref {reference} points into another part of the document; it becomes a component"
            )
            self._component(vendor, target)
        return f"{_PREFIX}{self.names[vendor]}"

    def schema(self, given: Json, name: str, where: str) -> Json:
        """Return a schema in normal form: a reference, a scalar, an array, or a reference to a new component."""
        schema = self._mapping(given, where)
        if "$ref" in schema:
            if set(schema) - {"$ref"}:
                self.reader.repaired("references", "words beside $ref are left out")
            reference = {"$ref": self.reference(schema["$ref"], where)}
            return {"anyOf": [reference, {"type": "null"}]} if schema.get("nullable") is True else reference
        built = self.body(schema, name, where)
        if "enum" in built:
            return self._maybe_null(built, self.register_enum(_not_null(built), name))
        if "properties" in built:
            return self._maybe_null(built, self.register(_not_null(built), name))
        return built

    def _maybe_null(self, built: dict[str, Any], name: str) -> Json:
        reference = {"$ref": f"{_PREFIX}{name}"}
        return {"anyOf": [reference, {"type": "null"}]} if isinstance(built.get("type"), list) else reference

    def body(self, schema: dict[str, Any], name: str, where: str) -> dict[str, Any]:
        """Return the facts of one schema, with the schemas inside it in normal form."""
        result: dict[str, Any] = self._scalars(schema, where)
        self._type(schema, result, where)
        self._enum(schema, result, where)
        properties = self._properties(schema, name, where)
        required = self._required(schema, where)
        if required:
            result["required"] = sorted(required)
        if properties:
            result["properties"] = properties
            result.setdefault("type", "object")
        if _is(result, "array") or "items" in schema:
            result["items"] = self._items(schema, name, where)
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            result["additionalProperties"] = self.schema(extra, f"{name}Value", f"{where} values")
        elif isinstance(extra, bool):
            result["additionalProperties"] = extra
        self._combinations(schema, result, name, where)
        left_out = [key for key in _LEFT_OUT if key in schema]
        if left_out:
            self.reader.repaired(where, f"left out: {', '.join(left_out)}")
        self.lift(result, str(schema.get("description", "")), where)
        return result

    def _scalars(self, schema: dict[str, Any], where: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key in sorted(schema):
            value = schema[key]
            if key in _NUMBERS:
                if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
                    value = int(value)
                    self.reader.repaired(where, f"{key} is text; read as the number {value}")
                elif isinstance(value, (str, list, dict)) or value is None:
                    self.reader.repaired(where, f"{key} is not a number; left out")
                    continue
                result[key] = value
            elif (
                (key in _TEXTS and isinstance(value, str))
                or (key in _FLAGS and isinstance(value, bool))
                or (key == "const" and (value is None or isinstance(value, (str, int, float))))
            ):
                result[key] = value
            elif key == "pattern" and isinstance(value, str):
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        re.compile(value)
                except (re.error, OverflowError, RecursionError):
                    self.reader.repaired(where, "pattern is not a regular expression; left out")
                else:
                    result[key] = value
            elif key in ("default", "x-default") and (value is None or isinstance(value, (str, int, float))):
                result["x-default"] = value
        return result

    def _type(self, schema: dict[str, Any], result: dict[str, Any], where: str) -> None:
        """Set the type in OpenAPI 3.1 syntax, with null and exclusive bounds, in `result`."""
        given = schema.get("type")
        types = []
        for kind in given if isinstance(given, list) else [given] if given is not None else []:
            if not isinstance(kind, str):
                raise self.reader.fail(where, f"type {str(kind)[:40]!r} is not the name of a type")
            known, form = (kind, None) if kind in _TYPES else _ALIASES.get(kind.lower(), (None, None))
            if known is None and kind.lower() in _TYPES:
                known = kind.lower()
            if known != kind:
                self.reader.repaired(where, f"type {kind[:40]!r} does not exist; {known or 'anything'} is meant")
            if known is not None:
                types.append(known)
                if form:
                    result.setdefault("format", form)
        if schema.get("nullable") is True and types and "null" not in types:
            types.append("null")
        types = sorted(set(types), key=lambda kind: (kind == "null", kind))
        if types:
            result["type"] = types if len(types) > 1 else types[0]
        for bound in ("Minimum", "Maximum"):
            exclusive, inclusive = f"exclusive{bound}", bound.lower()
            if isinstance(result.get(exclusive), bool) and result.pop(exclusive) and inclusive in result:
                result[exclusive] = result.pop(inclusive)

    def _enum(self, schema: dict[str, Any], result: dict[str, Any], where: str) -> None:
        if "enum" not in schema or _is(result, "array"):
            return
        values = [value for value in self.reader.sequence(schema["enum"], where) if not isinstance(value, (dict, list))]
        if len(values) > MAX_VALUES:
            raise self.reader.fail(
                where,
                f"an enumeration of {len(values):,} values; at most {MAX_VALUES:,} are read; leave the values out",
            )
        if result.get("type") == "string" and any(value is not None and not isinstance(value, str) for value in values):
            self.reader.repaired(where, "values that are not strings, unlike the type; read as strings")
            values = [value if isinstance(value, str) or value is None else _as_text(value) for value in values]
        if None in values:
            values = [value for value in values if value is not None]
            kind = result.get("type")
            if isinstance(kind, str):
                result["type"] = [kind, "null"]
        unique = {(str(type(value)), str(value)): value for value in values}
        if not unique:
            self.reader.repaired(where, "an enumeration without values; any value is allowed")
            return
        result["enum"] = [unique[key] for key in sorted(unique)]
        if "type" not in result and all(isinstance(value, str) for value in values):
            result["type"] = "string"

    def _required(self, schema: dict[str, Any], where: str) -> set[str]:
        given = schema.get("required")
        required = set() if isinstance(given, (bool, str)) else set(map(str, self.reader.sequence(given, where)))
        for key, value in self.reader.mapping(schema.get("properties"), where).items():
            if isinstance(value, dict) and (value.get("required") is True or value.get("required") == "true"):
                required.add(key)
                self.reader.repaired(f"{where}.{key}", "is marked as required itself; the object lists it instead")
        return required

    def _properties(self, schema: dict[str, Any], name: str, where: str) -> dict[str, Json]:
        found: dict[str, Json] = {}
        pythonic: set[str] = set()
        properties = self.reader.mapping(schema.get("properties"), where)
        if len(properties) > MAX_PROPERTIES:
            raise self.reader.fail(
                where, f"{len(properties):,} properties; at most {MAX_PROPERTIES:,} are read; split the schema"
            )
        for key, value in sorted(properties.items()):
            if not names.field(key):
                raise self.reader.fail(where, f"{key[:60]!r} cannot be the name of a property")
            spelled = re.sub(r"[^\w]", "", key)
            if spelled in pythonic:
                self.reader.repaired(f"{where}.{key}", "cannot be told apart from another property; left out")
                continue
            pythonic.add(spelled)
            found[key] = self.property(key, self._mapping(value, f"{where}.{key}"), name, f"{where}.{key}")
        return found

    def _items(self, schema: dict[str, Any], name: str, where: str) -> Json:
        items = schema.get("items")
        if items is None and isinstance(schema.get("enum"), list):
            items = {"enum": schema["enum"]}
            self.reader.repaired(where, "the enumeration of an array is one of its items")
        elif items is None:
            self.reader.repaired(where, "an array without items; its items may be anything")
        elif isinstance(items, list):
            self.reader.repaired(where, "a list of items; its items may be any of them")
            items = {"anyOf": items} if len(items) > 1 else items[0] if items else {}
        return self.schema(items, f"{name}Item", f"{where} items")

    def _combinations(self, schema: dict[str, Any], result: dict[str, Any], name: str, where: str) -> None:
        for key in ("allOf", "anyOf", "oneOf"):
            options = self.reader.sequence(schema.get(key), where)
            if len(options) > MAX_ALTERNATIVES:
                raise self.reader.fail(
                    where, f"{key} of {len(options):,} schemas; at most {MAX_ALTERNATIVES} are read; group them"
                )
            if options:
                result[key] = [
                    self.schema(option, f"{name}{index}", f"{where} {key}[{index}]")
                    for index, option in enumerate(options, 1)
                ]
        if schema.get("nullable") is True and "type" not in result and "allOf" in result:
            whole = result.pop("allOf")
            result["anyOf"] = [whole[0] if len(whole) == 1 else {"allOf": whole}, {"type": "null"}]
        elif schema.get("nullable") is True and "type" not in result:
            for key in ("anyOf", "oneOf"):
                if key in result:
                    result[key].append({"type": "null"})
        if "discriminator" in schema:
            self._discriminate(self.reader.mapping(schema["discriminator"], where), result, where)

    def _discriminate(self, discriminator: dict[str, Any], result: dict[str, Any], where: str) -> None:
        """Replace a discriminator by a constant in each variant, which every reader understands."""
        key = str(discriminator.get("propertyName", ""))
        mapping = self.reader.mapping(discriminator.get("mapping"), where)
        options = result.get("oneOf", result.get("anyOf", []))
        variants = [option["$ref"] for option in options if "$ref" in option]
        values: dict[str, set[str]] = {}
        for value, target in mapping.items():
            reference = target if str(target).startswith("#/") else f"{_PREFIX}{target}"
            values.setdefault(self.reference(reference, where), set()).add(value)
        for reference in variants if not mapping else ():
            vendor = next((v for v, n in self.names.items() if f"{_PREFIX}{n}" == reference), None)
            if vendor:
                values[reference] = {vendor}
        self.reader.repaired(where, f"discriminator {key}; a constant in each variant says the same")
        for reference in variants:
            if len(values.get(reference, ())) == 1:
                self.pinned.append((reference.removeprefix(_PREFIX), key, next(iter(values[reference]))))

    def finish(self) -> None:
        """Do what requires all components to be present."""
        for name, key, value in self.pinned:
            component = self.components.get(name, {})
            if "properties" in component and key:
                component["properties"][key] = {"const": value, "type": "string"}
                component["required"] = sorted({*component.get("required", []), key})
        sizes: dict[str, int] = {}
        for name in self.components:
            self._no_circle(name, sizes)
        counted: dict[str, int] = {}
        for name in self.components:
            self._parts({"$ref": f"{_PREFIX}{name}"}, f"components.schemas.{name}", counted)

    def _no_circle(self, name: str, done: dict[str, int]) -> None:
        """Raise PipelineError if a schema contains itself through `allOf`, or an array contains only itself.

        `done` maps a schema's name to 0 while it is being visited, and to 1 afterwards.
        """
        if name in done:
            if done[name] == 0:
                raise self.reader.fail(f"components.schemas.{name}", "is part of itself; it would never end")
            return
        done[name] = 0
        schema = self.components[name]
        parts = [*schema.get("allOf", []), *([schema["items"]] if _is(schema, "array") else [])]
        for part in parts:
            if "$ref" in part:
                self._no_circle(part["$ref"].removeprefix(_PREFIX), done)
        done[name] = 1

    def _parts(self, schema: Json, where: str, counted: dict[str, int]) -> int:
        """Return the number of schemas that a schema consists of, each counted every time it is reached.

        Raise PipelineError if there are more than readers of the document can be expected to follow.
        """
        count = 1
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(_PREFIX)
            if name not in counted:
                counted[name] = 1  # while it is being visited, so that a cycle counts once
                counted[name] = self._parts(self.components[name], f"components.schemas.{name}", counted)
            count = counted[name]
        for key in ("allOf", "anyOf", "oneOf"):
            count += sum(self._parts(part, where, counted) for part in schema.get(key, ()))
        if count > MAX_PARTS:
            raise self.reader.fail(
                where,
                f"is made of {count:,} schemas by allOf, anyOf and oneOf; at most {MAX_PARTS:,} are read; flatten it",
            )
        return count

    def property(self, key: str, schema: dict[str, Any], owner: str, where: str) -> Json:
        """Return the schema of a property. An enumeration is named after the property, if necessary with its owner."""
        target = schema.get("items") if isinstance(schema.get("items"), dict) else None
        if target and "enum" in target and "$ref" not in target and target["enum"]:
            built = self.body({**schema, "items": {}}, key, where)
            items = self.body(target, names.pascal(names.singular(key)), where)
            if "enum" in items:
                registered = self.register_enum(_not_null(items), names.pascal(names.singular(key)), owner)
                built["items"] = self._maybe_null(items, registered)
                return built
        if "enum" in schema and "$ref" not in schema:
            built = self.body(schema, names.pascal(key), where)
            if "enum" in built:
                return self._maybe_null(built, self.register_enum(_not_null(built), names.pascal(key), owner))
        return self.schema(schema, f"{owner}{names.pascal(key)}", where)

    def lift(self, built: dict[str, Any], description: str, where: str) -> None:
        """Add limits that only the description states, if the schema has none."""
        if not description or "$ref" in built:
            return
        facts = prose.value_facts(description, f"{self.reader.name}: {where}")
        if built.get("type") == "integer":
            if facts.maximum is not None:
                built.setdefault("maximum", facts.maximum)
            if facts.default is not None:
                built.setdefault("x-default", facts.default)
        if built.get("type") == "string":
            if facts.max_length is not None:
                built.setdefault("maxLength", facts.max_length)
            if facts.max_bytes is not None:
                built.setdefault("x-max-bytes", facts.max_bytes)
                built.setdefault("maxLength", facts.max_bytes)

    def register(self, schema: dict[str, Any], name: str) -> str:
        """Add a schema to the components and return its name. An equal component of that name is reused."""
        name = name[:_MAX_NAME]  # names of nested schemas get long, and they become file names
        stem = name if name.isidentifier() and name not in names.RESERVED_CLASSES else f"Schema{name}"
        chosen, count = stem, 2
        while not self._free(chosen) and not self._same(chosen, schema):
            chosen, count = f"{stem}{count}", count + 1
        self.components[chosen] = schema
        self.modules.add(names.module(chosen))
        return chosen

    def _same(self, name: str, schema: dict[str, Any]) -> bool:
        """Return whether a component with this name was created here (not by the document) and is equal."""
        return self.components.get(name) == schema and name not in self.names.values()

    def register_enum(self, schema: dict[str, Any], name: str, owner: str = "") -> str:
        """Add an enumeration to the components and return its name.

        Equal ones share a component, named after the property.
        """
        key = _enum_key(schema)
        if key not in self.enums:
            self.enums[key] = self.register(schema, f"{owner}{name}" if owner and not self._free(name) else name)
        return self.enums[key]


def _is(schema: dict[str, Any], kind: str) -> bool:
    given = schema.get("type")
    return kind in given if isinstance(given, list) else given == kind


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without null among its types."""
    if not isinstance(schema.get("type"), list):
        return schema
    kinds = [kind for kind in schema["type"] if kind != "null"]
    return {**schema, "type": kinds[0] if len(kinds) == 1 else kinds}


def _enum_key(schema: dict[str, Any]) -> tuple[Any, ...]:
    return (str(schema.get("type")), *schema["enum"])


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
