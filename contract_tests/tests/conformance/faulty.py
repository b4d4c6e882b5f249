"""Faulty servers with typical mistakes, each with one cause. They test the grouping of faults by cause."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from mutants import Prepare
from mutants.builders import actions_of, error, operation_of, reply_json, wrap
from reference_server import BASE, SCOPES, Headers, Reference, Reply
from zoho_cliq_conformance.judge.facts import new_fields

JSON = [("Content-Type", "application/json")]
MESSAGE = b'{"message": "no"}'


def answers(
    status: int, when: Callable[[str, str], bool], headers: tuple[tuple[str, str], ...] = (), body: bytes = MESSAGE
) -> Prepare:
    """Return a change that answers calls for which `when(method, path)` is true, before all other checks.

    Args:
        status: the status of the answer.
        when: called with the method and the path below the base URL.
        headers: headers of the answer, besides Content-Type.
        body: the body of the answer.
    """

    def prepare(server: Reference) -> Callable[..., Reply]:
        def handle(method: str, target: str, given: Headers, content: bytes | None) -> Reply:
            if not target.startswith("/_mock") and when(method, target.removeprefix(BASE)):
                return status, [*JSON, *headers], body
            return server(method, target, given, content)

        return handle

    return prepare


def of(*operations: str) -> Callable[[str, str], bool]:
    """Return a function of method and path that tells whether a call is one of these operations."""
    return lambda method, target: (
        re.match("/messageactions(/|$)", target.partition("?")[0]) is not None
        and operation_of(method, target) in operations
    )


def without(field: str) -> Prepare:
    """Return a change that omits a field from all actions in answers."""

    def edit(_operation: str, _target: str, shown: dict[str, Any]) -> None:
        for action in actions_of(shown):
            action.pop(field, None)

    return reply_json(edit)


def as_number(field: str) -> Prepare:
    """Return a change that turns a field into a number in all answers."""

    def edit(_operation: str, _target: str, shown: dict[str, Any]) -> None:
        for action in actions_of(shown):
            action[field] = int(action[field])

    return reply_json(edit)


def both(*prepares: Prepare) -> Prepare:
    """Return a change that combines several changes; the last one handles calls first."""

    def prepare(server: Reference) -> Any:
        handle: Any = None
        for each in prepares:
            handle = each(handle or server) or handle  # type: ignore[arg-type]
        return handle

    return prepare


def _bare(_m: str, _t: str, _h: Headers, _b: bytes | None, reply: Reply) -> Reply:
    status, headers, content = reply
    return (status, headers, json.dumps(json.loads(content)["data"]).encode()) if status == 200 else reply


def _cut_lists(method: str, target: str, _h: Headers, _b: bytes | None, reply: Reply) -> Reply:
    return (200, reply[1], reply[2][:-1]) if operation_of(method, target) == "list" and reply[0] == 200 else reply


def _untyped(_m: str, _t: str, _h: Headers, _b: bytes | None, reply: Reply) -> Reply:
    return reply[0], [pair for pair in reply[1] if pair[0] != "Content-Type"], reply[2]


def _status(status: int) -> Prepare:
    return wrap(lambda m, t, h, b, reply: (status, reply[1], reply[2]) if reply[0] >= 400 else reply)


def ignores_tokens(server: Reference) -> None:
    setattr(server, "authenticate", lambda headers: ("owner", SCOPES))  # noqa: B010  a method, which mypy protects


def ignores_scopes(server: Reference) -> None:
    server.tokens = {token: (user, SCOPES) for token, (user, _) in server.tokens.items()}


def knows_no_scoped_tokens(server: Reference) -> None:
    server.tokens = {token: found for token, found in server.tokens.items() if "-" not in token}


def checks_no_field(server: Reference) -> None:
    for name in ("check_value", "check_rules", "check_fit"):
        setattr(server, name, lambda *_: None)
    server.required = {}
    server.kinds = dict.fromkeys(server.kinds, (object,))  # type: ignore[arg-type]
    check, others = server.check, [name for operation in ("create", "update") for name in new_fields(operation)]

    def checked(operation: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
        for name in others:
            given.pop(name, None)
        check(operation, given, known)

    setattr(server, "check", checked)  # noqa: B010
    server.defaults |= {"name": "unnamed", "hint": "none"}
    create = server.create

    def filled(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
        name = f"unnamed {next(server.numbers)}"
        return create(user, identifier, handler, {"name": name, **given}, query)

    setattr(server, "create", filled)  # noqa: B010


def updates_nothing(server: Reference) -> None:
    def update(user: str, identifier: str, *_: Any) -> Any:
        return server.envelope("update", server.find_to_change(user, identifier))

    setattr(server, "update", update)  # noqa: B010


def deletes_nothing(server: Reference) -> None:
    setattr(server, "delete", lambda user, identifier, *_: server.find_to_change(user, identifier) and None)  # noqa: B010


def shows_all(server: Reference) -> None:
    setattr(server, "sees", lambda *_: True)  # noqa: B010


CODELESS = error(lambda operation, status, shown: (status, {"message": shown["message"]}))
PATCH_405 = answers(405, lambda method, target: method == "PATCH", (("Allow", "GET, DELETE"),))

FAULTY: dict[str, tuple[Prepare, str]] = {
    "every PATCH is 405": (PATCH_405, "Every PATCH gets status 405, whatever it requests."),
    "update is 501": (answers(501, of("update")), "Every update call gets status 501, whatever it requests."),
    "list is 500": (answers(500, of("list")), "Every list call gets status 500, whatever it requests."),
    "delete is 503": (answers(503, of("delete")), "Every delete call gets status 503, whatever it requests."),
    "get is 404": (answers(404, of("get")), "Every get call gets status 404, whatever it requests."),
    "create is 500": (answers(500, of("create")), "Every create call gets status 500, whatever it requests."),
    "there are no handlers": (
        answers(404, lambda method, target: "/handlers" in target),
        "Every handler call gets status 404, whatever it requests.",
    ),
    "everything is 500": (answers(500, lambda *_: True), "Every call gets status 500, whatever it requests."),
    "lists are cut": (wrap(_cut_lists), "The response to every list call is not JSON, so nothing can be listed."),
    "no envelope": (wrap(_bare), "The response to every call is JSON without the envelope of url, type and data."),
    "no media type": (wrap(_untyped), "Content-Type is missing in the response to every call."),
    "no hint": (without("hint"), "hint is missing in every response that shows actions."),
    "no id": (without("id"), "id is missing in every response that shows actions."),
    "ids are numbers": (as_number("id"), "id is wrong in every response that shows actions."),
    "errors have no code": (CODELESS, "No error response has a code."),
    "errors are empty": (
        wrap(lambda m, t, h, b, r: (r[0], r[1], b"") if r[0] >= 400 else r),
        "Error responses are not JSON objects.",
    ),
    "errors are 500": (_status(500), "Every refused call gets status 500."),
    "errors are 400": (_status(400), "Every refused call gets status 400."),
    "errors are 200": (_status(200), "Errors have a success status."),
    "tokens are not looked at": (ignores_tokens, "The token has no effect: all callers are treated as the same user."),
    "scopes are not looked at": (ignores_scopes, "No call is refused because its token lacks a scope."),
    "scoped tokens are refused": (
        knows_no_scoped_tokens,
        "Every call with the single-scope tokens of owner gets status 401.",
    ),
    "all is shown to all": (shows_all, "Actions are shown to users who may not see them, by get, get_handler, list."),
    "updates do nothing": (updates_nothing, "Updates succeed, but change nothing."),
    "deletes do nothing": (deletes_nothing, "Deletes succeed, but the actions remain."),
}
"""Servers with one reason for all their faults, and what has to be said of it."""
