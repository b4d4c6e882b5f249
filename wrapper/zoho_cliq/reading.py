"""Reads answers: tolerant of what is new, exact about what was promised. Relies on the composed document's schemas.

What the document does not know never stops a call: unknown fields are kept in `additional_properties`, unknown enum
values stay strings, a null counts as the empty value of its type, where that is lawful, or as absent. A value of the
wrong type, or a promised field that is missing, is a `DecodeError`, so a model never holds what its types rule out.
Each such difference is noted for `observed_drift()`; with `strict=True` every one is a `DecodeError`.

Where orjson is installed (extra `orjson`) it reads the answers that are exactly as documented, in half the time. All
others are read by Python's own json, whose integers have no bounds, so that nothing but the time depends on orjson.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from zoho_cliq_api.shapes import EXACT

from .errors import DecodeError
from .exchange import RawResponse, T
from .validation import Rules, Schema, has_type, pattern

try:
    from orjson import loads
except ImportError:
    QUICK: Callable[[bytes], Any] | None = None
else:
    QUICK = loads
"""Reads JSON quickly, where orjson is installed; an integer of more than 64 bits it makes a float."""

_EMPTY: dict[str, Any] = {"string": "", "array": [], "boolean": False}


class Note(NamedTuple):
    """A difference between an answer and the document.

    `kind` is field, value, null, missing, type or status; `at` the JSONPath of the schema that it concerns; `name`
    the field, where there is one; `detail` a JSON type or an enum value that looks like a name. Values of fields are
    never noted.
    """

    kind: str
    at: str
    name: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a generated `_parse_response` looks at: a status and a body that is already JSON."""

    status_code: int
    value: Any

    def json(self) -> Any:
        """The body."""
        return self.value


class _Unreadable(Exception):
    """What was promised is not there; the message says where."""


def parsed_json(response: RawResponse) -> Any:
    """The body as JSON, or DecodeError."""
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError) as error:
        kind = response.headers.get("content-type", "no content type")
        raise DecodeError(
            f"the answer ({response.status}, {kind}) is not JSON", status=response.status, body=response.body
        ) from error


class Reader:
    """Makes models of answers, which it makes safe for them first."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._quick = QUICK

    def read(
        self, response: RawResponse, schema: Schema, at: str, strict: bool, build: Callable[[Any], T]
    ) -> tuple[T, list[Note]]:
        """The model of the body, and what was different. `build` makes the model, where it is not made at a glance, of
        the body as it can take it. Raises DecodeError."""
        notes: list[Note] = []
        exact = EXACT.get(schema.get("$ref", "").rpartition("/")[2])
        if exact is not None and (model := self._at_a_glance(response.body, exact)) is not None:
            return model, notes
        value = parsed_json(response)
        if exact is not None and (model := exact(value)) is not None:
            return model, notes  # nothing to note and nothing to change; a walk would only find the same
        try:
            value = self._shaped(value, schema, at, "", notes)
        except _Unreadable as error:
            raise Undecodable(str(error), notes, response) from None
        except RecursionError as error:
            raise Undecodable("it is nested too deeply", notes, response) from error
        if strict and notes:
            first = notes[0]
            raise Undecodable(
                f"strict: {first.kind} {first.name or first.detail} at {first.at} is not as documented", notes, response
            )
        return build(value), notes

    def _at_a_glance(self, body: bytes, exact: Callable[[Any], Any]) -> Any:
        """The model of a body that orjson can read and that is exactly as documented, so that nothing in it is one of
        the numbers that orjson changes; None for any other."""
        if self._quick is None:
            return None
        try:
            return exact(self._quick(body))
        except ValueError:  # no JSON, or what only Python's own json takes for it
            return None

    def _shaped(self, value: Any, schema: Schema, at: str, path: str, notes: list[Note]) -> Any:
        while "$ref" in schema:
            at = "$" + schema["$ref"].lstrip("#").replace("/", ".")
            schema = self._rules.resolve({"$ref": schema["$ref"]})
        if "anyOf" in schema:
            return self._variant(value, schema, at, path, notes)
        kind = schema.get("type")
        if kind is None:
            return value
        if not has_type(value, kind):
            notes.append(Note("type", at, "", _kind(value)))
            raise _Unreadable(f"{path or 'the answer'} is {_kind(value)} and should be {kind}")
        if "enum" in schema and value not in schema["enum"]:
            notes.append(Note("value", at, "", _name_like(value)))
        if kind == "array":
            items = schema.get("items", {})
            return [
                self._shaped(item, items, f"{at}.items", f"{path}[{number}]", notes)
                for number, item in enumerate(value)
            ]
        return self._object(value, schema, at, path, notes) if kind == "object" else value

    def _variant(self, value: Any, schema: Schema, at: str, path: str, notes: list[Note]) -> Any:
        variants = [self._rules.resolve(variant) for variant in schema["anyOf"]]
        if isinstance(value, dict):
            # The models choose by which fields are there, so a null must not be there.
            value = {name: part for name, part in value.items() if part is not None}
            for variant, resolved in zip(schema["anyOf"], variants, strict=True):
                if resolved.get("type") == "object" and value.keys() >= set(resolved.get("required", ())):
                    return self._shaped(value, variant, at, path, notes)
        lawful = [resolved for resolved in variants if "type" in resolved and has_type(value, resolved["type"])]
        if isinstance(value, dict) or not lawful:
            notes.append(Note("type", at, "", _kind(value)))
            raise _Unreadable(f"{path or 'the answer'} has none of the promised shapes")
        closed = [variant for variant in schema["anyOf"] if "enum" in self._rules.resolve(variant)]
        if closed and not any(value in self._rules.resolve(variant)["enum"] for variant in closed):
            self._shaped(value, closed[0], at, path, notes)
        return value

    def _object(self, value: dict[str, Any], schema: Schema, at: str, path: str, notes: list[Note]) -> dict[str, Any]:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        required = schema.get("required", ())
        shaped: dict[str, Any] = {}
        for name, part in value.items():
            where = f"{path}.{name}" if path else name
            if name not in properties:
                if properties:
                    notes.append(Note("field", at, _name_like(name), _kind(part)))
                shaped[name] = part
                continue
            inner = properties[name]
            if part is None:
                notes.append(Note("null", at, name))
                if name in required:
                    shaped[name] = self._empty(inner, f"{at}.properties.{name}", where, notes)
            else:
                shaped[name] = self._shaped(part, inner, f"{at}.properties.{name}", where, notes)
        for name in required:
            if name not in shaped:
                notes.append(Note("missing", at, name))
                raise _Unreadable(f"{path + '.' if path else ''}{name} is missing")
        return shaped

    def _empty(self, schema: Schema, at: str, path: str, notes: list[Note]) -> Any:
        """What stands for a null where a value was promised: the empty value, unless the schema rules it out."""
        resolved = self._rules.resolve(schema)
        kind = str(resolved.get("type", ""))
        if kind == "object":
            blank = dict.fromkeys(resolved.get("required", ()))
            return self._shaped(blank, schema, at, path, [])
        if kind not in _EMPTY or ("pattern" in resolved and not pattern(resolved["pattern"]).search("")):
            raise _Unreadable(f"{path} is null")
        return [] if kind == "array" else _EMPTY[kind]


class Undecodable(DecodeError):
    """A DecodeError on its way to the caller, with what was noted up to it."""

    def __init__(self, reason: str, notes: list[Note], response: RawResponse) -> None:
        super().__init__(
            f"the answer ({response.status}) cannot be read: {reason}", status=response.status, body=response.body
        )
        self.notes = notes


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds = {str: "string", int: "integer", float: "number", list: "array", dict: "object", type(None): "null"}
    return kinds[type(value)]


def _name_like(text: Any) -> str:
    """`text` if it looks like the name of a field or an enum value, and not like content."""
    return text if isinstance(text, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,39}", text) else ""
