"""Faults of refused requests that change the state of the server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from api_paths import handler_path
from reference_server import Action, Handle, Headers, Reference, Refusal, Reply

from .builders import Prepare, add, mutant

HANDLER = re.compile(handler_path("([^/]+)", "[^/]+"))


def _done_all_the_same(method: str, act: Callable[[Reference, str, Action, dict[str, Any]], None]) -> Prepare:
    """Return a change that calls `act(server, user, action, body)` when the method refuses a call for an action."""

    def prepare(server: Reference) -> None:
        original = getattr(server, method)

        def refused(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
            try:
                return original(user, identifier, handler, given, query)
            except Refusal:
                action = server.actions.get(identifier)
                if action is not None and action.alive and handler in ("", "execution_handler"):
                    act(server, user, action, given)
                raise

        setattr(server, method, refused)

    return prepare


def _keep_permissions(server: Reference, user: str, action: Action, given: dict[str, Any]) -> None:
    some = given.get("permissions")
    if isinstance(some, list) and user == action.creator and action.fields["execution_type"] == "webhook":
        action.permissions = [one for one in some if one in server.values["permissions"]]


def _keep_script(server: Reference, user: str, action: Action, given: dict[str, Any]) -> None:
    if isinstance(given.get("script"), str) and user == action.creator:
        action.script = given["script"]


def _keep_hint(server: Reference, user: str, action: Action, given: dict[str, Any]) -> None:
    if user == action.creator and given.get("hint") == "not kept":
        action.fields["hint"] = given["hint"]


def _delete(server: Reference, user: str, action: Action, given: dict[str, Any]) -> None:
    if user == "colleague" and server.visible(user, action):
        action.alive = False


def _foreign_permissions(server: Reference, user: str, action: Action, given: dict[str, Any]) -> None:
    if user == "colleague" and server.visible(user, action) and given.get("permissions"):
        action.permissions = given["permissions"]


for _name, _method, _act in (
    ("good-permissions-of-refused-ones-are-kept", "update_handler", _keep_permissions),
    ("refused-scripts-are-kept", "update_handler", _keep_script),
    ("good-fields-of-refused-updates-are-kept", "update", _keep_hint),
    ("forbidden-deletes-are-done", "delete", _delete),
    ("forbidden-handlers-are-kept", "update_handler", _foreign_permissions),
):
    add(_name, "state", "errors.change-nothing", _done_all_the_same(_method, _act))


@mutant("handler-is-set-before-the-token-is-looked-at", "state", "errors.change-nothing", "get_handler.current")
def _(server: Reference) -> Handle:
    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        reply = server(method, target, headers, body)
        action = server.actions.get(found[1]) if (found := HANDLER.search(target)) else None
        if method == "PATCH" and reply[0] in (401, 403) and action is not None and action.alive:
            script = json.loads(body or b"{}").get("script")
            action.script = script if action.fields["execution_type"] == "deluge" else action.script
        return reply

    return handle
