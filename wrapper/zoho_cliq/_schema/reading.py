"""Read answers, tolerating every difference from the document that leaves the essentials intact.

The live service was not available when this was written, and what the document requires is inferred from samples. So a
required field that is missing is `UNSET`, a value of the wrong type is kept unchanged, unknown fields are kept in
`additional_properties`, unknown enum values stay strings, and a null becomes the empty value of its type if the schema
allows that. The essentials are marked `x-essential` in the document: the `data` of an envelope and the id of an action.
An entry of a list without its essentials stays in the list unchanged; any other answer without them is a `DecodeError`.

Every difference is noted for `observed_drift()` and the log. With `strict=True` every difference is a `DecodeError`.

With orjson (extra `orjson`), answers that are exactly as documented are read in half the time. All others are read by
the `json` module, whose integers are unbounded, so orjson changes the speed only. `scripts/bench client`: a page of 100
actions costs 1.01 times the plain JSON parsing with orjson, 1.14 times without.
"""

from __future__ import annotations

import datetime
import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .._types import RawResponse
from ..errors import DecodeError
from .validation import Rules, Schema, has_type, pattern, types_of

try:
    from orjson import loads
except ImportError:
    QUICK: Callable[[bytes], Any] | None = None
else:
    QUICK = loads
"""The JSON parser of orjson, or None if it is not installed. It turns integers of more than 64 bits into floats."""

_EMPTY: dict[str, Any] = {"string": "", "array": [], "boolean": False}
_FORMATS: dict[str, Callable[[str], Any]] = {
    "date-time": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "uuid": uuid.UUID,
}
"""The functions that convert text of these formats for the models."""


class Note(NamedTuple):
    """A difference between an answer and the document.

    `kind` is field, value, null, missing, type or status. `at` is the JSONPath of the schema. `name` is the field, if
    there is one. `detail` is a JSON type, or an enum value that looks like an identifier. Other values are never
    recorded.
    """

    kind: str
    at: str
    name: str = ""
    detail: str = ""


class Shapes(NamedTuple):
    """The reading functions and models of a generated package; see its module `shapes`."""

    exact: Mapping[str, Callable[[Any], Any]]
    models: Mapping[str, type[Any]]
    enums: Mapping[str, Mapping[object, Any]]
    unset: Any
    """The package's own marker for a field that is absent."""


class _Unreadable(Exception):
    """An essential field is missing; the message says where."""


class Undecodable(Exception):
    """The answer cannot be read. `notes` are the differences found before."""

    def __init__(self, reason: str, notes: list[Note]) -> None:
        super().__init__(reason)
        self.notes = notes


def parsed_json(response: RawResponse) -> Any:
    """Return the body as JSON. Raise DecodeError if it is not JSON."""
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError) as error:
        kind = response.headers.get("content-type", "no content type")[:80]
        raise DecodeError(
            f"the answer ({response.status}, {kind}) is not JSON", status=response.status, body=response.body
        ) from error


class Reader:
    """Reads answers into the models of one generated package."""

    def __init__(self, rules: Rules, shapes: Shapes) -> None:
        self._rules = rules
        self._shapes = shapes
        self._quick = QUICK

    def read(self, response: RawResponse, schema: Schema, strict: bool) -> tuple[Any, list[Note]]:
        """Return the model of the body and its differences from the document. Raise DecodeError or Undecodable.

        Args:
            response: a successful answer.
            schema: the schema of its body.
            strict: raise Undecodable at any difference.
        """
        exact = self._shapes.exact.get(schema.get("$ref", "").rpartition("/")[2])
        if exact is not None and (model := self._exact(response.body, exact)) is not None:
            return model, []
        value = parsed_json(response)
        if exact is not None and (model := exact(value)) is not None:
            return model, []  # exactly as documented: no differences to look for
        notes: list[Note] = []
        try:
            kinds = types_of(self._rules.resolve(schema))
            if kinds and not any(has_type(value, kind) for kind in kinds):
                notes.append(Note("type", self._place(schema, "$"), "", _kind(value)))
                raise _Unreadable(f"it is {_kind(value)} and should be {kinds[0]}")
            model = self._built(value, schema, "$", "", notes)
        except _Unreadable as error:
            raise Undecodable(str(error), notes) from None
        except RecursionError as error:
            raise Undecodable("it is nested too deeply", notes) from error
        if strict and notes:
            first = notes[0]
            raise Undecodable(
                f"strict: {first.kind} {first.name or first.detail} at {first.at} differs from the document", notes
            )
        return model, notes

    def _exact(self, body: bytes, exact: Callable[[Any], Any]) -> Any:
        """Return the model of a body that orjson can read and that is exactly as documented, else None.

        Such a body holds none of the integers that orjson would change.
        """
        if self._quick is None:
            return None
        try:
            return exact(self._quick(body))
        except ValueError:  # not JSON, or JSON that only the `json` module accepts
            return None

    @staticmethod
    def _place(schema: Schema, at: str) -> str:
        return "$" + schema["$ref"].lstrip("#").replace("/", ".") if "$ref" in schema else at

    def _built(self, value: Any, schema: Schema, at: str, path: str, notes: list[Note]) -> Any:
        """Return the model's value for `value`. Raise _Unreadable if an object in it lacks its essentials."""
        component = ""
        while "$ref" in schema:
            at, component = self._place(schema, at), schema["$ref"].rpartition("/")[2]
            schema = self._rules.resolve({"$ref": schema["$ref"]})
        if "anyOf" in schema:
            return self._variant(value, schema, at, path, notes)
        kinds = types_of(schema)
        if kinds and not any(has_type(value, kind) for kind in kinds):
            notes.append(Note("type", at, "", _kind(value)))
            return value
        if "enum" in schema:
            if value not in schema["enum"]:
                notes.append(Note("value", at, "", _name_like(value)))
            return self._shapes.enums.get(component, {}).get(value, value)
        if isinstance(value, list) and kinds:
            return self._list(value, schema.get("items", {}), f"{at}.items", path, notes)
        if isinstance(value, dict) and kinds:
            return self._object(value, schema, component, at, path, notes)
        return self._formatted(value, schema, at, notes) if "format" in schema else value

    def _formatted(self, value: Any, schema: Schema, at: str, notes: list[Note]) -> Any:
        form = _FORMATS.get(schema["format"])
        if form is None or not isinstance(value, str):
            return value
        try:
            return form(value)
        except ValueError:
            notes.append(Note("type", at, "", "string"))
            return value

    def _list(self, value: list[Any], items: Schema, at: str, path: str, notes: list[Note]) -> list[Any]:
        built = []
        for number, item in enumerate(value):
            try:
                built.append(self._built(item, items, at, f"{path}[{number}]", notes))
            except _Unreadable:
                built.append(item)  # the difference is noted already; keep the other entries
        return built

    def _variant(self, value: Any, schema: Schema, at: str, path: str, notes: list[Note]) -> Any:
        variants = [(variant, self._rules.resolve(variant)) for variant in schema["anyOf"]]
        if isinstance(value, dict):
            objects = [variant for variant, resolved in variants if resolved.get("type") == "object"]
            if objects:
                given = {name: part for name, part in value.items() if part is not None}
                return self._built(given, max(objects, key=lambda variant: self._fit(given, variant)), at, path, notes)
        fitting = [each for _, each in variants if any(has_type(value, kind) for kind in types_of(each))]
        if not fitting:
            notes.append(Note("type", at, "", _kind(value)))
            return value
        for variant, resolved in variants:
            if "enum" in resolved:  # a known enum value, or any other value of its type
                return self._built(value, variant, at, path, notes)
        return value

    def _fit(self, value: dict[str, Any], variant: Schema) -> tuple[int, int]:
        """Return how well an object fits a variant: its known fields, then minus the missing required ones."""
        resolved = self._rules.resolve(variant)
        known = len(value.keys() & resolved.get("properties", {}).keys())
        return known, -len(set(resolved.get("required", ())) - value.keys())

    def _object(
        self, value: dict[str, Any], schema: Schema, component: str, at: str, path: str, notes: list[Note]
    ) -> Any:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        required = schema.get("required", ())
        found: dict[str, Any] = {}
        more: dict[str, Any] = {}
        self._require_essentials(value, schema, at, path, notes)
        for name, part in value.items():
            if name not in properties:
                if properties:
                    notes.append(Note("field", at, _name_like(name), _kind(part)))
                more[name] = part
                continue
            where, below = f"{path}.{name}" if path else name, f"{at}.properties.{name}"
            if part is None and self._may_be_null(properties[name]):
                found[name] = None
            elif part is None:
                notes.append(Note("null", at, name))
                if name in required:
                    found[name] = self._empty(properties[name], below, where)
            else:
                found[name] = self._built(part, properties[name], below, where, notes)
        notes += [Note("missing", at, name) for name in required if name not in value]
        return self._modelled(component, found, more)

    def _may_be_null(self, schema: Schema) -> bool:
        resolved = self._rules.resolve(schema)
        variants = resolved.get("anyOf", [resolved])
        return any("null" in types_of(self._rules.resolve(variant)) for variant in variants)

    def _require_essentials(self, value: dict[str, Any], schema: Schema, at: str, path: str, notes: list[Note]) -> None:
        for name in schema.get("x-essential", ()):
            where = f"{path}.{name}" if path else name
            if name not in value:
                notes.append(Note("missing", at, name))
                raise _Unreadable(f"{where} is missing")
            resolved = self._rules.resolve(schema["properties"][name])
            variants = resolved.get("anyOf", [resolved])
            kinds = [kind for each in variants for kind in types_of(self._rules.resolve(each)) or ["object"]]
            kinds = [kind for kind in kinds if kind != "null"]
            if not any(has_type(value[name], kind) for kind in kinds):
                found = _kind(value[name])
                notes.append(Note("null", at, name) if found == "null" else Note("type", at, name, found))
                raise _Unreadable(f"{where} is {found} and should be {kinds[0]}")

    def _modelled(self, component: str, found: dict[str, Any], more: dict[str, Any]) -> Any:
        """Return the model with these fields, `UNSET` for all others; a dictionary if there is no model."""
        model: Any = self._shapes.models.get(component)
        if model is None:
            return {**more, **found}
        made = model.__new__(model)
        for name, attribute in model.FIELD_NAMES.items():
            setattr(made, attribute, found.get(name, self._shapes.unset))
        if hasattr(model, "additional_properties"):
            made.additional_properties = more
        return made

    def _empty(self, schema: Schema, at: str, path: str) -> Any:
        """Return the value for a null in a required field.

        It is the empty value of its type, or `UNSET` if the schema excludes that.
        """
        component = schema.get("$ref", "").rpartition("/")[2]
        resolved = self._rules.resolve(schema)
        kind = str(resolved.get("type", ""))
        if kind == "object" and "x-essential" not in resolved:
            blank = dict.fromkeys(resolved.get("required", ()))
            return self._object(blank, resolved, component, at, path, [])
        if kind not in _EMPTY or ("pattern" in resolved and not pattern(resolved["pattern"]).search("")):
            return self._shapes.unset
        return [] if kind == "array" else _EMPTY[kind]


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds = {str: "string", int: "integer", float: "number", list: "array", dict: "object", type(None): "null"}
    return kinds[type(value)]


def _name_like(text: Any) -> str:
    """Return `text` if it looks like the name of a field or an enum value and not like content, else an empty text."""
    return text if isinstance(text, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,39}", text) else ""
