"""What each operation sends and how its answer is read: the seam to the generated client.

Everything that talks to `zoho_cliq_api` beyond its models goes through here: each generated module's `_get_kwargs`
makes the request and its `_parse_response` the result. Both names are private to the generator, so a test pins them.
"""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zoho_cliq_api import models
from zoho_cliq_api.contract import OPERATIONS, Operation, document
from zoho_cliq_api.types import Unset

from .drift import Drift
from .engine import Call
from .errors import DecodeError, ValidationError
from .exchange import RawResponse, T
from .reading import Answer, Note, Reader, Undecodable, parsed_json
from .validation import Rules

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing. `next_token` is None on the last page; `deleted`, `sync_token` and `total_count` are None
    where the server sent no such key."""

    items: list[models.MessageAction]
    next_token: str | None
    sync_token: str | None
    deleted: list[str] | None
    total_count: int | None


def given(**fields: object) -> dict[str, Any]:
    """The fields that were given."""
    return {name: value for name, value in fields.items() if not isinstance(value, Unset)}


@cache
def _document() -> Any:
    """The composed document, loaded once; nobody changes it."""
    return document()


class Calls:
    """Builds the call of every operation, checked against the composed document."""

    def __init__(self) -> None:
        self.document = _document()
        self.rules = Rules(self.document["components"]["schemas"], exact=True)
        self.drift = Drift()
        self._reader = Reader(self.rules)
        self._modules = {
            name: importlib.import_module(f"zoho_cliq_api.api.messageactions.{name}") for name in OPERATIONS
        }

    def create(self, fields: Mapping[str, Any]) -> Call[models.MessageAction]:
        """POST /messageactions. `fields` are `plain`."""
        operation = OPERATIONS["create_message_action"]
        body = models.MessageActionCreate.from_dict(self._body(operation, dict(fields)))
        return self._call(operation, lambda answer: answer.data, body=body)

    def list_page(self, *, limit: int, next_token: str | None = None, sync_token: str | None = None) -> Call[Page]:
        """GET /messageactions."""
        operation = OPERATIONS["list_message_actions"]
        arguments = {"limit": limit, "next_token": next_token, "sync_token": sync_token}
        arguments = {name: value for name, value in arguments.items() if value is not None}
        self._parameters(operation, arguments)
        return self._call(operation, _page, **arguments)

    def get(self, action_id: str) -> Call[models.MessageAction]:
        """GET /messageactions/{id}."""
        return self._on_action("get_message_action", action_id, lambda answer: answer.data)

    def update(self, action_id: str, fields: Mapping[str, Any]) -> Call[models.MessageAction]:
        """PATCH /messageactions/{id}."""
        operation = OPERATIONS["update_message_action"]
        body = self._body(operation, plain(fields, operation.name))
        if not body:
            raise ValidationError("at least one field must be given", field="fields", operation=operation.name)
        model = models.MessageActionUpdate.from_dict(body)
        return self._on_action(operation.name, action_id, lambda answer: answer.data, body=model)

    def delete(self, action_id: str) -> Call[None]:
        """DELETE /messageactions/{id}."""
        return self._on_action("delete_message_action", action_id, lambda answer: None)

    def get_handler(
        self, action_id: str, handler_type: str
    ) -> Call[models.DelugeHandler | models.WebhookHandler | models.UnsetHandler]:
        """GET /messageactions/{id}/handlers/{type}."""
        return self._on_action(
            "get_message_action_handler", action_id, lambda answer: answer.data, handler_type=handler_type
        )

    def update_handler(
        self, action_id: str, handler_type: str, fields: Mapping[str, Any]
    ) -> Call[models.DelugeHandler | models.WebhookHandler | models.UnsetHandler]:
        """PATCH /messageactions/{id}/handlers/{type}."""
        operation = OPERATIONS["update_message_action_handler"]
        body = models.HandlerUpdate.from_dict(self._body(operation, plain(fields, operation.name)))
        return self._on_action(
            operation.name, action_id, lambda answer: answer.data, handler_type=handler_type, body=body
        )

    def _on_action(self, name: str, action_id: str, pick: Callable[[Any], T], **more: Any) -> Call[T]:
        operation = OPERATIONS[name]
        arguments = {"MESSAGE_ACTION_ID": action_id}
        if "handler_type" in more:
            arguments["HANDLER_TYPE"] = more["handler_type"]
        self._parameters(operation, arguments)
        return self._call(operation, pick, message_action_id=action_id, **more)

    def _call(self, operation: Operation, pick: Callable[[Any], T], **arguments: Any) -> Call[T]:
        module = self._modules[operation.name]
        kwargs = module._get_kwargs(**arguments)

        def read(response: RawResponse, strict: bool) -> T:
            return pick(self._parsed(operation, response, strict))

        body = kwargs.get("json")
        return Call(
            operation,
            kwargs["url"],
            read,
            {name: str(value) for name, value in kwargs.get("params", {}).items()},
            None if body is None else json.dumps(body).encode(),
        )

    def _parsed(self, operation: Operation, response: RawResponse, strict: bool) -> Any:
        """The answer as the generated module reads it."""
        if response.status != operation.success:
            responses = f"$.paths['{operation.path}'].{operation.method.lower()}.responses"
            self.drift.add([Note("status", responses, "", str(response.status))])
        content = self._at(operation)["responses"][str(operation.success)].get("content")
        if not content:
            if response.body.strip():
                parsed_json(response)  # a page of HTML with status 200 is nobody's success
            return None
        schema = content["application/json"]["schema"]

        def build(value: Any) -> Any:
            return self._modules[operation.name]._parse_response(client=None, response=Answer(operation.success, value))

        try:
            model, notes = self._reader.read(response, schema, "$", strict, build)
        except Undecodable as error:
            self.drift.add(error.notes)
            raise DecodeError(str(error.args[0]), status=response.status, body=response.body) from error
        self.drift.add(notes)
        return model

    def _at(self, operation: Operation) -> Any:
        return self.document["paths"][operation.path][operation.method.lower()]

    def _body(self, operation: Operation, fields: dict[str, Any]) -> dict[str, Any]:
        content = self._at(operation)["requestBody"]["content"]
        self.rules.check(fields, content["application/json"]["schema"], field="", operation=operation.name)
        return fields

    def _parameters(self, operation: Operation, arguments: Mapping[str, Any]) -> None:
        for parameter in self._at(operation).get("parameters", ()):
            name = parameter["name"]
            if name in arguments:
                self.rules.check(arguments[name], parameter["schema"], field=name.lower(), operation=operation.name)


def plain(fields: Mapping[str, Any], operation: str) -> dict[str, Any]:
    """The fields as JSON has them: `image` and `script` from files and bytes, lists from any sequence."""
    body: dict[str, Any] = {}
    for name, value in fields.items():
        if name in ("image", "script") and isinstance(value, Path):
            value = _file(name, value, operation)
        if name == "image" and isinstance(value, (bytes, bytearray)):
            value = base64.b64encode(value).decode("ascii")
        if isinstance(value, (tuple, set, frozenset)):
            value = list(value)
        body[name] = value
    return body


def _file(name: str, path: Path, operation: str) -> str | bytes:
    try:
        # The signature that editors on Windows put in front of UTF-8 is no part of a script.
        return path.read_bytes() if name == "image" else path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        no_text = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else "no path holds a null character"
        reason = error.strerror if isinstance(error, OSError) else no_text
        raise ValidationError(f"cannot read {path}: {reason}", field=name, operation=operation) from error


def _page(answer: models.MessageActionList) -> Page:
    return Page(
        answer.data,
        _known(answer.next_token) or None,
        _known(answer.sync_token) or None,
        _known(answer.deleted),
        _known(answer.total_count),
    )


def _known(value: T | Unset) -> T | None:
    return None if isinstance(value, Unset) else value
