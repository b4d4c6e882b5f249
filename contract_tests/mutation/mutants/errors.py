"""Faults in errors: their status, code and message, and effects of refused requests."""

from __future__ import annotations

from typing import Any

from reference_server import Action, Reference, Refusal

from .builders import add, error, mutant, operation_of, recode, replace, wrap
from .protocol import HTML

add(
    "no-code-for-invalid-inputs",
    "errors",
    "create.name.max create.name.required",
    recode("invalid_inputs", None, "create"),
)
add(
    "another-code-for-invalid-inputs",
    "errors",
    "create.name.max",
    recode("invalid_inputs", "operation_failed", "create"),
)
add(
    "no-code-for-a-taken-name",
    "errors",
    "create.msgaction_name_already_exists",
    recode("msgaction_name_already_exists", None, "create"),
)
add(
    "no-code-for-a-taken-name-in-updates",
    "errors",
    "update.msgaction_name_already_exists",
    recode("msgaction_name_already_exists", None, "update"),
)
add(
    "invalid-inputs-for-a-taken-name",
    "errors",
    "create.msgaction_name_already_exists",
    recode("msgaction_name_already_exists", "invalid_inputs", "create"),
)
for _op in ("get", "update", "delete"):
    add(
        f"no-code-for-an-unknown-id-in-{_op}",
        "errors",
        f"{_op}.msgaction_not_found",
        recode("msgaction_not_found", None, _op),
    )
    add(
        f"another-code-for-an-unknown-id-in-{_op}",
        "errors",
        f"{_op}.msgaction_not_found",
        recode("msgaction_not_found", "execution_handler_not_found", _op),
    )
for _op in ("get_handler", "update_handler"):
    add(
        f"no-code-for-another-handler-in-{_op}",
        "errors",
        f"{_op}.execution_handler_not_found",
        recode("execution_handler_not_found", None, _op),
    )
    add(
        f"another-code-for-another-handler-in-{_op}",
        "errors",
        f"{_op}.execution_handler_not_found",
        recode("execution_handler_not_found", "msgaction_not_found", _op),
    )
    add(
        f"any-handler-type-in-{_op}",
        "errors",
        f"{_op}.execution_handler_not_found",
        wrap(
            lambda m, t, h, b, r, op=_op: (
                (200, r[1], b'{"url": "/", "type": "execution_handler", "data": {}}')
                if operation_of(m, t) == op and not t.endswith("/execution_handler") and r[0] == 404
                else r
            )
        ),
    )
add(
    "unknown-id-is-401",
    "errors",
    "get.msgaction_not_found",
    error(lambda o, s, e: (401, e) if e.get("code") == "msgaction_not_found" else None),
)
add(
    "taken-name-is-404",
    "errors",
    "create.msgaction_name_already_exists",
    error(lambda o, s, e: (404, e) if e.get("code") == "msgaction_name_already_exists" else None),
)
add(
    "invalid-inputs-are-403",
    "errors",
    "create.name.max",
    error(lambda o, s, e: (403, e) if e.get("code") == "invalid_inputs" else None),
)
add(
    "invalid-inputs-are-200",
    "errors",
    "create.name.max",
    error(lambda o, s, e: (200, e) if e.get("code") == "invalid_inputs" else None),
)
add(
    "errors-without-message",
    "errors",
    "errors.body",
    error(lambda o, s, e: (s, {k: v for k, v in e.items() if k != "message"})),
)
add("errors-with-empty-message", "errors", "errors.body", error(lambda o, s, e: (s, {**e, "message": ""})))
add(
    "errors-with-a-list-of-messages",
    "errors",
    "errors.body",
    error(lambda o, s, e: (s, {**e, "message": [e["message"]]})),
)
add(
    "errors-are-html",
    "errors",
    "errors.body",
    wrap(lambda m, t, h, b, r: (r[0], HTML, b"<h1>Error</h1>") if r[0] >= 400 else r),
)
add(
    "errors-are-empty",
    "errors",
    "errors.body",
    wrap(lambda m, t, h, b, r: (r[0], r[1], b"") if r[0] in (401, 404) else r),
)
add(
    "not-found-code-for-invalid-inputs",
    "errors",
    "update.name.max",
    recode("invalid_inputs", "msgaction_not_found", "update"),
)
add(
    "handler-code-for-a-get",
    "errors",
    "delete.gone get.msgaction_not_found",
    recode("msgaction_not_found", "execution_handler_get_failed", "get"),
)
add(
    "taken-code-for-a-missing-scope",
    "errors",
    "create.scope get.scope list.scope",
    recode("oauthtoken_scope_invalid", "msgaction_name_already_exists"),
)
add(
    "misfit-code-is-not-found",
    "errors",
    "update_handler.permissions.fit update_handler.script.fit",
    recode("execution_handler_update_failed", "execution_handler_not_found"),
)
add(
    "updates-are-not-checked",
    "validation",
    "update.name.max",
    replace("check", lambda o: lambda op, g, k: o(op, g, k) if op != "update" else None),
)


@mutant("update-applies-before-it-refuses", "errors", "errors.change-nothing")
def _(server: Reference) -> None:
    original = server.update

    def update(user: str, identifier: str, handler: str, given: dict[str, Any], query: dict[str, str]) -> Any:
        action = server.find_to_change(user, identifier)
        before = dict(action.fields)
        try:
            return original(user, identifier, handler, given, query)
        except Refusal:
            action.fields = {**before, **({"hint": given["hint"]} if isinstance(given.get("hint"), str) else {})}
            raise

    server.update = update  # type: ignore[method-assign]


@mutant("refused-create-is-kept", "errors", "errors.change-nothing")
def _(server: Reference) -> None:
    original = server.check

    def check(operation: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
        try:
            original(operation, given, known)
        except Refusal:
            if (
                operation == "create"
                and isinstance(given.get("name"), str)
                and given.get("hint")
                and given.get("message_types")
            ):
                action = Action(server.new_id(), "owner")
                server.set(action, {**server.defaults, "name": given["name"], "hint": "kept"})
                server.actions[action.id] = action
                server.record(action)
            raise

    server.check = check  # type: ignore[method-assign]
