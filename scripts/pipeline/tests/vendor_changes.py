"""Changes that the vendor may make, applicable to any version of the document in this checkout."""

from __future__ import annotations

import copy
from collections.abc import Callable
from html import escape
from typing import Any

from pipeline.compose import operations
from pipeline.documents import Json
from zoho_cliq_api.contract import OPERATIONS

COLLECTION, ITEM = (OPERATIONS[name].path for name in ("create_message_action", "get_message_action"))
HANDLER = OPERATIONS["get_message_action_handler"].path
ACTION_ID = next(each.name for each in OPERATIONS["get_message_action"].parameters if each.argument == "action_id")
Change = Callable[[Any], None]


def as_published(upstream: Json) -> Json:
    """Convert a document in normal form to the vendor's form, which has thresholds and error codes only in HTML."""
    document = copy.deepcopy(upstream)
    for _, _, operation in operations(document):
        threshold, codes = operation.pop("x-threshold", None), operation.pop("x-error-codes", [])
        html = ""
        if threshold is not None:
            html += f"<p>Threshold limit: {threshold['limit']} requests per {threshold['window_seconds']} seconds<br>"
            html += f"Lock period: {threshold['lock_seconds']} seconds</p>"
        rows = "".join(f"<tr><td>{escape(code)}</td><td>words</td></tr>" for code in codes)
        if rows:
            html += f"<table><tr><th>Error Code</th><th>Description</th></tr>{rows}</table>"
        operation["description"] = html
    return document


def _properties(document: Json, *names: str) -> list[Any]:
    return [document["components"]["schemas"][name]["properties"] for name in names]


_BODIES = ("MsgactionCreate", "MsgactionEdit")


def threshold_up(document: Json) -> None:
    document["paths"][ITEM]["patch"]["x-threshold"]["limit"] *= 2


def threshold_down(document: Json) -> None:
    document["paths"][ITEM]["patch"]["x-threshold"]["limit"] //= 2


def optional_field(document: Json) -> None:
    for properties in _properties(document, *_BODIES, "MessageActionResponseData"):
        properties["shortcut"] = {"type": "string", "maxLength": 12}


def answer_field(document: Json) -> None:
    _properties(document, "MessageActionResponseData")[0]["revision"] = {"type": "integer"}


def required_field(document: Json) -> None:
    optional_field(document)
    document["components"]["schemas"]["MsgactionCreate"]["required"].append("shortcut")


def value_added(document: Json) -> None:
    document["components"]["schemas"]["MessageType"]["enum"].append("video")


def value_removed(document: Json) -> None:
    document["components"]["schemas"]["Permission"]["enum"].remove("location")


def field_removed(document: Json) -> None:
    for properties in _properties(document, *_BODIES):
        del properties["multi_selectable"]


def limits(document: Json) -> None:
    for properties in _properties(document, *_BODIES):
        properties["name"]["maxLength"] += 10
        properties["execution_url"]["maxLength"] -= 25


def error_code(document: Json) -> None:
    document["paths"][COLLECTION]["post"]["x-error-codes"].append("msgaction_team_not_found")


def scope(document: Json) -> None:
    flow = document["components"]["securitySchemes"]["Cliq_Auth"]["flows"]["authorizationCode"]
    flow["scopes"]["ZohoCliq.MessageActions.ADMIN"] = ""
    document["paths"][ITEM]["delete"]["security"] = [{"Cliq_Auth": ["ZohoCliq.MessageActions.ADMIN"]}]


def operation(document: Json) -> None:
    added = copy.deepcopy(document["paths"][ITEM]["get"])
    added |= {"operationId": "archive_message_action", "x-error-codes": ["msgaction_already_archived"]}
    document["paths"][f"{ITEM}/archive"] = {"post": added}


def _moved(document: Json, to: Callable[[str], str], parameter: Json = None) -> None:
    """Rename paths; add a parameter to the operations of the renamed paths."""
    for path in list(document["paths"]):
        item = document["paths"].pop(path)
        document["paths"][to(path)] = item
        for entry in item.values() if parameter and to(path) != path else ():
            entry.setdefault("parameters", []).append({"in": "path", "required": True, **parameter})


def path_parameter(document: Json) -> None:
    """Add a parameter at the end of a path: the version of a handler."""
    parameter = {"name": "VERSION", "schema": {"type": "string", "maxLength": 8}}
    _moved(document, lambda path: f"{path}/versions/{{VERSION}}" if path == HANDLER else path, parameter)


def path_parameter_inside(document: Json) -> None:
    """Add a parameter in the middle of paths: the network of an action."""
    parameter = {"name": "NETWORK_ID", "schema": {"type": "integer", "minimum": 1}}
    inside = f"{{{ACTION_ID}}}/"
    _moved(document, lambda path: path.replace(inside, f"{inside}in/{{NETWORK_ID}}/"), parameter)


def list_parameter(document: Json) -> None:
    """Add a parameter, the folder of a list, at the end of a path of one of its two operations."""
    entry = document["paths"][COLLECTION].pop("get")
    entry["parameters"].append({"name": "FOLDER_ID", "in": "path", "required": True, "schema": {"type": "string"}})
    document["paths"][f"{COLLECTION}/folders/{{FOLDER_ID}}"] = {"get": entry}


def parameter_renamed(document: Json) -> None:
    _moved(document, lambda path: path.replace(f"{{{ACTION_ID}}}", "{ACTION}"))
    for _, _, entry in operations(document):
        for parameter in entry.get("parameters", ()):
            parameter["name"] = "ACTION" if parameter["name"] == ACTION_ID else parameter["name"]


def segment_renamed(document: Json) -> None:
    _moved(document, lambda path: path.replace(COLLECTION, "/message-actions").replace("/handlers/", "/executors/"))


def trailing_slash(document: Json) -> None:
    _moved(document, lambda path: f"{path}/" if path == COLLECTION else path)


def threshold_window(document: Json) -> None:
    for _, _, entry in operations(document):
        entry["x-threshold"]["window_seconds"] = 90


def lock_time(document: Json) -> None:
    for _, _, entry in operations(document):
        entry["x-threshold"]["lock_seconds"] = 600


def description(document: Json) -> None:
    document["paths"][ITEM]["get"]["summary"] = "Other words"


def answers_otherwise(document: Json) -> None:
    """Change what answers look like: another good status, a field of another type, one that may be null."""
    responses = document["paths"][COLLECTION]["post"]["responses"]
    responses["201"] = responses.pop("200")
    (data,) = _properties(document, "MessageActionResponseData")
    data["creator"] = {"anyOf": [data["creator"], {"type": "null"}]}
    data["settings"] = {"type": "object", "properties": {"pinned": {"type": "boolean"}}, "required": ["pinned"]}


def bodies_otherwise(document: Json) -> None:
    """Change what bodies may hold: less required, null, tighter limits, a field called like an option."""
    document["components"]["schemas"]["MsgactionCreate"]["required"].remove("hint")
    for properties in _properties(document, *_BODIES):
        properties["hint"]["maxLength"] //= 2
        properties["image"]["type"] = ["string", "null"]
        properties["help"] = {"type": "string", "maxLength": 20}
    _properties(document, "ExehandlerEdit")[0]["script"] |= {"maxLength": 102400, "x-max-bytes": 102400}


def document_otherwise(document: Json) -> None:
    """Change names: tag, scopes, operation ids, an error code like a family; add a query parameter and a status."""
    document["tags"] = [{"name": "Menu"}]
    for _, _, entry in operations(document):
        entry |= {"tags": ["Menu"], "operationId": f"v4_{entry['operationId']}"}
        entry["responses"]["503"] = entry["responses"]["500"]
        entry["security"] = [{"Cliq_Auth": ["ZohoCliq.MessageActions.ALL"]}]
    flow = document["components"]["securitySchemes"]["Cliq_Auth"]["flows"]["authorizationCode"]
    flow["scopes"] = {"ZohoCliq.MessageActions.ALL": ""}
    document["paths"][ITEM]["get"]["x-error-codes"] = ["rate_limited", "not_found"]
    parameter = {"name": "state", "in": "query", "required": False, "schema": {"type": "string", "enum": ["on", "off"]}}
    document["paths"][COLLECTION]["get"]["parameters"].append(parameter)
