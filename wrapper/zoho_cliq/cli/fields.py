"""Options for the fields of an operation, made from the composed document, so that a new field needs no change here."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .. import errors
from .._environment import expanded, path_variable
from .._schema.validation import types_of

_DEST = "field_"
"""The prefix of field names in the parsed options, which keeps them apart from settings."""
_METAVARS = {"integer": "N", "string": "TEXT", "array": "ITEM", "number": "NUMBER"}


@cache
def _operations() -> Any:
    from .._operations import Operations

    return Operations()


def add_fields(
    sub: argparse.ArgumentParser,
    operation: str,
    without: Collection[str] = (),
    renamed: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Add one option for each field of the operation's body and for each parameter that the method does not name.

    A list is given by repeating its option. A path parameter may come from the environment or `cliq.toml` instead. Call
    this after adding the command's own options: a field that is called like one of them is given by `--field-NAME`.

    Args:
        sub: the parser of the command.
        operation: the operation's id.
        without: fields that have an option already.
        renamed: other names for the options of some fields.
    """
    known = _operations().prepared(operation)
    further = [parameter for parameter in known.parameters if not parameter.named]
    required = {*_operations().rules.resolve(known.body).get("required", ())}
    required |= {parameter.field for parameter in further if parameter.required and parameter.place != "path"}
    elsewhere = {parameter.field for parameter in further if parameter.place == "path"}
    fields = {**known.properties, **{parameter.field: parameter.schema for parameter in further}}
    for name, schema in sorted(fields.items(), key=lambda item: (item[0] not in required, item[0])):
        if name in without:
            continue
        resolved = _operations().rules.resolve(schema)
        about = _help(resolved) + (f"; else ${path_variable(name)}" if name in elsewhere else "")
        settings: dict[str, Any] = {"dest": f"{_DEST}{name}", "required": name in required, "help": about}
        kind, option = _type(resolved), renamed.get(name, name)
        if kind == "boolean":
            _add(sub, option, action=argparse.BooleanOptionalAction, **settings)
            continue
        if kind == "array":
            items = _operations().rules.resolve(resolved.get("items", {}))
            settings |= {"action": "append", "metavar": _METAVARS.get(_type(items), "ITEM")}
            about = _help({**items, "description": resolved.get("description", "")})
            settings |= {"help": f"{about}; may be repeated", "choices": items.get("enum")}
            _add(sub, _singular(option), type=_converter(items), **settings)
            continue
        is_file = "contentEncoding" in resolved or "contentMediaType" in resolved
        metavar = "FILE" if is_file else _METAVARS.get(kind, "JSON")
        settings |= {"metavar": metavar, "choices": resolved.get("enum")}
        if is_file:
            settings["help"] = f"{settings['help']}; give the path of a file"
        _add(sub, option, type=_converter(resolved), **settings)


def _add(sub: argparse.ArgumentParser, name: str, **settings: Any) -> None:
    """Add the option of a field. If the command has an option of that name, `--field-NAME` is added instead."""
    try:
        sub.add_argument(_option(name), **settings)
    except argparse.ArgumentError:
        sub.add_argument(_option(f"field_{name}"), **settings)


def values_of(operation: str, name: str) -> list[Any] | None:
    """Return the allowed values for an item of a list, or None if any value is allowed."""
    rules, known = _operations().rules, _operations().prepared(operation)
    found: list[Any] | None = rules.resolve(rules.resolve(known.properties[name]).get("items", {})).get("enum")
    return found


def given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the fields that were given."""
    found = {
        name.removeprefix(_DEST): value
        for name, value in vars(options).items()
        if name.startswith(_DEST) and value is not None
    }
    return {name: expanded(name, value) if isinstance(value, Path) else value for name, value in found.items()}


def body_and_path(operation: str, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields of an operation's body, and its parameters."""
    properties = _operations().prepared(operation).properties
    body = {name: value for name, value in fields.items() if name in properties}
    return body, {name: value for name, value in fields.items() if name not in properties}


def parsed(known: Any, rules: Any, texts: list[str]) -> dict[str, Any]:
    """Return the arguments of a call from texts like `name=value`.

    A value is taken as it is where the document wants a text, as a file after `@`, and as JSON for all else; a list of
    texts may be given as JSON or by repeating its name. Raise ValidationError.
    """
    schemas: Mapping[str, Any] = {
        **known.properties,
        **{parameter.field: parameter.schema for parameter in known.parameters},
    }
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise errors.ValidationError(f"{text[:40]!r} is not of the form name=value", field="field")
        schema = rules.resolve(schemas.get(name, {}))
        if _type(schema) == "array" and not value.startswith("["):
            found.setdefault(name, []).append(_value(value, rules.resolve(schema.get("items", {})), name))
        else:
            found[name] = _value(value, schema, name)
    return found


def _value(text: str, schema: Mapping[str, Any], name: str) -> Any:
    is_file = "contentEncoding" in schema or "contentMediaType" in schema or schema.get("format") == "binary"
    if is_file and text.startswith("@"):
        return expanded(name, text[1:])
    if _type(schema) == "string":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if "type" not in schema:
            return text
        raise errors.ValidationError(f"{text[:40]!r} is not JSON, as {_type(schema)} needs", field=name) from None


def _type(schema: Mapping[str, Any]) -> str:
    """Return the JSON type of a schema beside null, or an empty string if it has none or several."""
    kinds = [kind for kind in types_of(schema) if kind != "null"]
    return kinds[0] if len(kinds) == 1 else ""


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _converter(schema: Mapping[str, Any]) -> Any:
    if "contentEncoding" in schema or "contentMediaType" in schema:
        return Path
    return {"integer": int, "number": float, "string": str}.get(_type(schema), json.loads)


def _help(schema: Mapping[str, Any]) -> str:
    values = ", ".join(map(str, schema["enum"])) if "enum" in schema else ""
    text = str(schema.get("description", "")).partition(". ")[0].rstrip(".")
    return (f"{text} ({values})" if text and values else text or values).replace("%", "%%")
