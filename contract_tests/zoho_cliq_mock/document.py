"""The composed document, prepared for checking requests: its routes, and one compiled validator per request body.

All data comes from `zoho_cliq_api.contract`. Policies that allow more than the document relax the compiled schemas.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

import jsonschema_rs
from zoho_cliq_api.contract import OPERATIONS, Operation, document

from zoho_cliq_mock.policies import Policies

BASE_PATH = "/api/v3"
_CODES = {
    "required": "param_missing",
    "additionalProperties": "extra_key_found",
    "unevaluatedProperties": "extra_key_found",
    "maxProperties": "extra_key_found",
    "minProperties": "param_missing",
}


class Problem(NamedTuple):
    """What is wrong with a request body.

    `message` is a sentence that names the field; `code` is the error code that sibling APIs return for such a mistake.
    """

    message: str
    code: str


class Route(NamedTuple):
    """A path of the document.

    Attributes:
        segments: its segments; None stands for a parameter.
        parameters: the argument names of its parameters, in order.
        operations: its operations, by HTTP method.
        allow: the value of the `Allow` header.
    """

    segments: tuple[str | None, ...]
    parameters: tuple[str, ...]
    operations: dict[str, Operation]
    allow: str


def routes() -> list[Route]:
    """Return the routes of the document, fixed segments before parameters, as OpenAPI demands."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS.values():
        by_path.setdefault(operation.path, {})[operation.method] = operation
    table = []
    for path, methods in by_path.items():
        parts = path.strip("/").split("/")
        segments = tuple(None if part.startswith("{") else part for part in parts)
        parameters = tuple(each.argument for each in next(iter(methods.values())).parameters)
        table.append(Route(segments, parameters, methods, ", ".join(sorted(methods))))
    return sorted(table, key=lambda route: [segment is None for segment in route.segments])


def match(table: list[Route], raw_path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route for a path and the values of its parameters by argument name, or None if no route matches.

    Args:
        table: the routes, as `routes` returns them.
        raw_path: the path below the base path, still percent-encoded.
    """
    parts = raw_path.split("/")
    for route in table:
        if len(route.segments) == len(parts):
            found = []
            for part, segment in zip(parts, route.segments, strict=True):
                text = unquote(part) if "%" in part else part
                if segment is None:
                    found.append(text)
                elif segment != text:
                    break
            else:
                return route, dict(zip(route.parameters, found, strict=True))
    return None


class Validators:
    """The compiled schemas of the document's request bodies, under a set of policies."""

    def __init__(self, policies: Policies) -> None:
        whole = document()
        schemas = whole["components"]["schemas"]
        needed = {name: schemas[name] for name in _reachable(whole, schemas)}
        _loosen(needed, policies)
        root = {"components": {"schemas": needed}}
        self._bodies: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self._max_bytes: dict[str, dict[str, int]] = {}
        for item in whole["paths"].values():
            for operation in item.values():
                if not isinstance(operation, dict) or "requestBody" not in operation:
                    continue
                schema = operation["requestBody"]["content"].get("application/json", {}).get("schema")
                if schema is None:
                    continue
                name = operation["operationId"]
                self._bodies[name] = jsonschema_rs.Draft202012Validator({**schema, **root})
                own = schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
                self._max_bytes[name] = {
                    key: value["x-max-bytes"]
                    for key, value in own.get("properties", {}).items()
                    if "x-max-bytes" in value
                }
        listing = OPERATIONS["list_message_actions"]
        parameters = whole["paths"][listing.path][listing.method.lower()]["parameters"]
        limit = next(each["schema"] for each in parameters if each["name"] == "limit")
        self.list_limit: tuple[int, int, int] = (limit["minimum"], limit["maximum"], limit["x-default"])

    def has_body(self, operation: str) -> bool:
        """Return whether the operation with this id takes a body."""
        return operation in self._bodies

    def problem(self, operation: str, body: Any) -> Problem | None:
        """Return what is wrong with the body of an operation, or None if it is valid.

        Args:
            operation: the operation id.
            body: the parsed JSON body.
        """
        validator = self._bodies[operation]
        try:
            if not validator.is_valid(body):
                return _explain(next(iter(validator.iter_errors(body))))
        except ValueError:  # the validator stops at 255 levels, and the parser not before some 1,000
            return Problem("the body is nested too deeply", "invalid_inputs")
        for name, limit in self._max_bytes[operation].items():
            value = body.get(name)
            if isinstance(value, str) and len(value) * 4 > limit and len(value.encode()) > limit:
                return Problem(f"{name}: is longer than {limit} bytes of UTF-8", "input_pattern_mismatch")
        return None


def _reachable(whole: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """Return the names of the schemas that request bodies use, directly or through references."""
    waiting = [
        operation["requestBody"]
        for item in whole["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "requestBody" in operation
    ]
    found: set[str] = set()
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(schemas[name])
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rsplit("/", 1)[1]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _loosen(node: Any, policies: Policies) -> None:
    if isinstance(node, dict):
        if policies.empty_strings == "accept":
            node.pop("minLength", None)
        if policies.empty_arrays == "accept":
            node.pop("minItems", None)
        for value in node.values():
            _loosen(value, policies)
    elif isinstance(node, list):
        for value in node:
            _loosen(value, policies)


def _explain(error: jsonschema_rs.ValidationError) -> Problem:
    """Return one sentence that names the field and the violated rule. A long value is not repeated."""
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path).lstrip(".")
    rule = str(error.schema_path[-1]) if error.schema_path else ""
    what = error.message
    if len(what) > 200:
        what = f"{what[:60]} … {what[-100:]}"
    return Problem(f"{where}: {what}" if where else what, _CODES.get(rule, "input_pattern_mismatch"))
