"""A stand-in for the client's tests: a scripted server below httpx."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from zoho_cliq_api.contract import OPERATIONS, document, sample
from zoho_cliq_conformance.judge.routes import SAMPLES, variable

TOKEN = "1000.canary-5e1f0ac7d2"
BASE_URL = "https://cliq.test/api/v3"
SCHEMAS = document()["components"]["schemas"]
TYPES: list[str] = SCHEMAS["MessageType"]["enum"]
FIELDS = SCHEMAS["MessageActionCreate"]["properties"]
MOST_TYPES: int = FIELDS["message_types"]["maxItems"]
CREATE, LIST, GET, UPDATE, HANDLER_UPDATE = (
    threshold
    for name in "create_message_action list_message_actions get_message_action update_message_action "
    "update_message_action_handler".split()
    if (threshold := OPERATIONS[name].threshold)
)
CREATES, LISTS, GETS, UPDATES, HANDLER_UPDATES = (each.limit for each in (CREATE, LIST, GET, UPDATE, HANDLER_UPDATE))
"""How many calls of each operation the document allows in a window."""
LOCK = max(each.lock_seconds for each in (CREATE, LIST, GET, UPDATE, HANDLER_UPDATE))
WINDOW = max(each.window_seconds for each in (CREATE, LIST, GET, UPDATE, HANDLER_UPDATE))
PATIENT = WINDOW + 30.0
"""A `max_wait` that is enough for any one threshold; the default is, for windows of minutes."""
BASE_PATH = urlsplit(BASE_URL).path
LISTING, CREATING = OPERATIONS["list_message_actions"].at(), OPERATIONS["create_message_action"].at()


def _needed(name: str) -> dict[str, Any]:
    """Return a sample of each argument of an operation that the document requires and no test knows."""
    operation = OPERATIONS[name]
    entry = document()["paths"][operation.path][operation.method.lower()]
    body = entry.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = SCHEMAS[body["$ref"].rpartition("/")[2]] if "$ref" in body else body
    schemas = {field: body["properties"][field] for field in body.get("required", ())}
    for each in entry.get("parameters", ()):
        if each.get("required") and each["in"] != "path":
            schemas[each["name"].lower()] = each["schema"]
    return {field: sample(schema, SCHEMAS) for field, schema in schemas.items() if field not in ("name", "hint")}


NEEDED = {name: needed for name in OPERATIONS if (needed := _needed(name))}
"""What the document has come to require since the tests were written; the fixture `newly_required` fills it in."""
IN_PATHS = {variable(name): sample for name, sample in SAMPLES.items()}
"""Variables that give what paths have come to require beside the methods' arguments: today none."""
examples_are_complete = pytest.mark.skipif(
    bool(NEEDED), reason="examples and command lines lack what the document has come to require"
)
"""Marks tests of what is written for people, or run in another process."""


def action_path(identifier: object) -> str:
    """Return the path of an action."""
    return OPERATIONS["get_message_action"].at(action_id=str(identifier))


def handler_path(identifier: object) -> str:
    """Return the path of an action's handler."""
    return OPERATIONS["get_message_action_handler"].at(action_id=str(identifier))


class Scripted:
    """A server that returns the answers of a list, one after the other, and records the requests.

    An answer is an httpx.Response, a function that returns one for the request, or an exception to raise.
    """

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer.with_traceback(None)  # one that is raised again would keep the frames of all times before
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        response: httpx.Response = answer(request)
        return response

    def answer(self, *answers: Any) -> None:
        self.answers = list(answers)

    def bodies(self) -> list[Any]:
        """Return the bodies of the requests, without what the fixture `newly_required` filled in."""
        bodies = [json.loads(request.content) if request.content else None for request in self.requests]
        filled = {field for needed in NEEDED.values() for field in needed}
        return [
            {name: value for name, value in body.items() if name not in filled} if isinstance(body, dict) else body
            for body in bodies
        ]


def action(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a message action as the server returns it, with the fields of the document."""
    known = {
        "id": str(number),
        "name": f"Action {number}",
        "hint": "Does something",
        "type": "custom",
        "status": "enabled",
        "scope": "organization",
        "execution_type": "deluge",
        "message_types": TYPES[-1:],
        "multi_selectable": False,
        "handlers": [{"type": "execution_handler"}],
        "creator": {"name": "Ada", "id": "7"},
    }
    shown = SCHEMAS["MessageAction"]
    gained = {name: sample(shown["properties"][name], SCHEMAS) for name in shown["required"] if name not in known}
    return {name: known[name] for name in known if name in shown["properties"]} | gained | changes


def enveloped(data: Any, **more: Any) -> httpx.Response:
    """Return an answer with `data` in its envelope."""
    return httpx.Response(200, json={"url": f"{BASE_PATH}{LISTING}", "type": "messageaction", "data": data, **more})


def refused(status: int, code: str | None = None, message: str = "no") -> httpx.Response:
    """Return an error answer."""
    return httpx.Response(status, json={"message": message} | ({"code": code} if code else {}))
