"""What a person can do in the console as one of the mock's users.

They call the API, list the offered actions, and check a script.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote

import orjson

from zoho_cliq_mock.app import App
from zoho_cliq_mock.console.rows import image_of
from zoho_cliq_mock.control_requests import ControlError
from zoho_cliq_mock.directory import SCOPES, Grant, User
from zoho_cliq_mock.document import BASE_PATH
from zoho_cliq_mock.extras import deluge_missing
from zoho_cliq_mock.state import State
from zoho_cliq_mock.trigger.service import trigger_of

_METHODS = ("GET", "POST", "PATCH", "DELETE")


async def call_api(state: State, given: Any) -> dict[str, Any]:
    """Call the API as a user, with an access token that exists only during this call, and return `status` and `body`.

    Scopes, thresholds, faults and checks apply as to any other call, and the journal has it too. Status 0 means that a
    fault rule broke the connection off.

    Args:
        state: the mock's state.
        given: `user` (key), `method` (default GET), `path` (below the API's base URL, with its query), `body` (JSON,
            optional).

    Raise `ControlError` if `given` cannot be used.
    """
    if not isinstance(given, dict) or not given.keys() <= {"user", "method", "path", "body"}:
        raise ControlError("the body must be an object with user, method, path and body")
    user = _user(state, given.get("user"))
    method, path = given.get("method", "GET"), given.get("path")
    if method not in _METHODS:
        raise ControlError(f"method: must be one of {', '.join(_METHODS)}")
    if not isinstance(path, str) or not path.startswith("/"):
        raise ControlError("path: must begin with /")
    body = b"" if given.get("body") is None else orjson.dumps(given["body"])
    token = f"console.{secrets.token_urlsafe(24)}"
    directory = state.directory
    scopes = frozenset(scope.lower() for scope in SCOPES.values())
    directory.grants[token] = Grant(user, scopes)
    try:
        return await _exchange(App(state, control=False), method, path, body, token)
    finally:
        directory.grants.pop(token, None)


async def _exchange(app: App, method: str, path: str, body: bytes, token: str) -> dict[str, Any]:
    """Pass a request to the application in this process, and return `status` and `body` of its response."""
    where, _, query = path.partition("?")
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "method": method,
        "path": BASE_PATH + where,
        "raw_path": quote(BASE_PATH + where, safe="/%").encode(),
        "query_string": quote(query, safe="=&%+").encode(),
        "headers": [
            (b"authorization", f"Bearer {token}".encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ],
    }
    sent: dict[str, Any] = {"status": 0, "body": b""}
    parts = [body]

    async def receive() -> MutableMapping[str, Any]:
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": False}
        await asyncio.Event().wait()  # this client never disconnects
        raise AssertionError

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            sent["status"] = message["status"]
        else:
            sent["body"] += message.get("body", b"")

    try:
        await app(scope, receive, send)
    except ConnectionResetError as error:
        return {"status": 0, "body": {"message": str(error)}}
    try:
        return {"status": sent["status"], "body": orjson.loads(sent["body"]) if sent["body"] else None}
    except ValueError:
        return {"status": sent["status"], "body": sent["body"].decode("utf-8", "replace")}


def menu(state: State, user: str, messages: list[str]) -> dict[str, Any]:
    """Return all actions of a user's organization, with the icon as `image`, and why each is not offered.

    The reason is `reason`, or None if it is offered.

    Args:
        state: the mock's state.
        user: the user's key.
        messages: ids of the chosen messages.

    Raise `ControlError`, `TriggerError` or `ChatError` if there is no such user or the messages cannot be chosen.
    """
    person = _user(state, user)
    offers = trigger_of(state).offers(user, messages)
    reasons = {action["id"]: reason for action, reason in offers}
    rows = state.connection.execute(
        "SELECT rendered, hidden FROM action WHERE organization = ? ORDER BY id", (person.organization,)
    ).fetchall()
    actions = [{**orjson.loads(rendered), "image": image_of(hidden)} for rendered, hidden in rows]
    found = [
        {
            **action,
            "reason": reasons.get(
                action["id"], f"{person.key} does not see this action, whose scope is {action['scope']}"
            ),
        }
        for action in actions
    ]
    return {"actions": found}


def check_script(given: Any) -> dict[str, Any]:
    """Return what is wrong with a Deluge script.

    `findings` has, for each mistake, `severity`, `line`, `column`, `message` and `rule`. If the interpreter is not
    installed, `findings` is empty and `missing` says what to install.

    Args:
        given: `{"script": text}`.

    Raise `ControlError` if `given` has no script.
    """
    script = given.get("script") if isinstance(given, dict) else None
    if not isinstance(script, str):
        raise ControlError("script: must be a string")
    try:
        import zoho_cliq_deluge
    except ImportError as error:
        return {"findings": [], "missing": deluge_missing(error)}
    check = getattr(zoho_cliq_deluge, "check", None)
    if check is not None:
        names = ("severity", "line", "column", "message", "rule")
        return {"findings": [{name: getattr(each, name) for name in names} for each in check(script)]}
    try:
        zoho_cliq_deluge.parse(script)
    except zoho_cliq_deluge.DelugeSyntaxError as error:
        return {
            "findings": [
                {
                    "severity": "error",
                    "line": each.line,
                    "column": each.column,
                    "message": f"{each.message}; {each.hint}",
                    "rule": "syntax",
                }
                for each in error.errors
            ]
        }
    return {"findings": []}


def _user(state: State, key: object) -> User:
    user = state.directory.users.get(key) if isinstance(key, str) else None
    if user is None:
        raise ControlError(f"user: unknown user {key!r}; known users: {', '.join(state.directory.users)}")
    return user
