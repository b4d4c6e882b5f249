"""JSON Schemas of a project's files, made from the contract, so that editors complete and check them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from zoho_cliq_api.contract import SERVERS

from .contract_fields import CREATE, create_fields, handler_fields, is_file, operations

_DRAFT = "http://json-schema.org/draft-07/schema#"
_KEPT = frozenset(
    "type enum const minLength maxLength pattern minimum maximum minItems maxItems items description required "
    "properties if then allOf".split()
)
_REFERENCE = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"}


def action_schema() -> dict[str, Any]:
    """Return the schema of `actions/NAME.toml`."""
    rules = operations().rules
    body = rules.resolve(operations().prepared(CREATE).body)
    properties = {name: _field(schema) for name, schema in {**create_fields(), **handler_fields()}.items()}
    return {
        "$schema": _DRAFT,
        "title": "A message action of zoho-cliq",
        "type": "object",
        "required": list(body.get("required", ())),
        "properties": properties,
        "additionalProperties": False,
        "allOf": [_plain(part) for part in body.get("allOf", ())],
    }


def configuration_schema() -> dict[str, Any]:
    """Return the schema of `cliq.toml`."""
    name = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
    plain = {"type": ["string", "integer", "boolean"]}
    oauth = ("client_id", "client_secret", "refresh_token")

    def table(properties: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
        return found | {"required": list(properties)}

    credentials = [table({"variable": name}), table({"file": {"type": "string"}}), table(dict.fromkeys(oauth, name))]
    value = [plain, {"type": "array", "items": plain}, table({"env": name})]
    environment = {
        "data_center": {"enum": list(SERVERS), "description": "The data center of the account."},
        "base_url": {"type": "string", "description": "Another server, with /api/v3."},
        "credentials": {"anyOf": credentials, "description": "Where the credentials are; never the secret itself."},
        "path_parameters": {
            "type": "object",
            "additionalProperties": plain,
            "description": "Values for parameters that paths need beside the id of an action.",
        },
        "variables": {
            "type": "object",
            "additionalProperties": {"anyOf": value},
            "description": 'What files use as "${NAME}"; { env = "NAME" } takes a secret from the process.',
        },
    }
    tables = {"type": "object", "properties": environment, "additionalProperties": False}
    return {
        "$schema": _DRAFT,
        "title": "A project of zoho-cliq",
        "type": "object",
        "required": ["environments"],
        "properties": {
            "default_environment": {"type": "string", "description": "The environment used without --env."},
            "environments": {"type": "object", "additionalProperties": tables, "minProperties": 1},
        },
        "additionalProperties": False,
    }


def schema_text(schema: Mapping[str, Any]) -> str:
    """Return a schema as the text of a file."""
    return f"{json.dumps(schema, indent=2)}\n"


def _field(schema: Any) -> dict[str, Any]:
    resolved = operations().rules.resolve(schema)
    about = {"description": resolved["description"]} if "description" in resolved else {}
    if is_file(schema):
        return {"type": "string", "minLength": 1, "description": f"The path of a file. {about.get('description', '')}"}
    plain = _plain(schema)
    plain.pop("description", None)
    if "items" in plain:
        plain["items"] = {"anyOf": [plain["items"], _REFERENCE]}
    return {**about, "anyOf": [plain, _REFERENCE]}


def _plain(schema: Any) -> Any:
    """Return a schema without references and without what only this project's tools read."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    resolved = operations().rules.resolve(schema)
    return {
        name: {key: _plain(part) for key, part in value.items()} if name == "properties" else _plain(value)
        for name, value in resolved.items()
        if name in _KEPT
    }
