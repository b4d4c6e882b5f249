"""Judge the handler in a successful answer, and update the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..trace import shorten
from .document import HANDLER, SCHEMAS
from .model import Action, canonical, in_order
from .verdicts import Judgement


def judge_handler(judgement: Judgement, action: Action | None, shown: dict[str, Any]) -> None:
    """Judge the handler in a successful answer to `get_handler` or `update_handler`.

    Args:
        judgement: gets the verdicts.
        action: the action that the handler belongs to; None, which is not judged, if the run did not create it.
        shown: the JSON of the answer.
    """
    if action is None:
        return
    data, operation = shown["data"], judgement.request.operation
    judgement.holds("handler.name", data.get("name") == HANDLER, f"name {HANDLER}", data.get("name"), action)
    same = data.get("function_id") == action.id
    judgement.holds("handler.function_id", same, f"function_id {action.id}", data.get("function_id"), action)
    if operation == "update_handler":
        _updated(judgement, action, data)
    if action.uncertain:
        return
    _fitting(judgement, action, data)
    _fresh(judgement, action, data)
    good = [_is_script(judgement, action, data)] if action.script is not None else []
    if operation == "get_handler":
        _learn(action, data)
    if isinstance(action.permissions, frozenset):
        good.append(_are_permissions(judgement, action, data))
    if not all(good) or not (action.script_set or action.permissions_set):
        return
    judgement.passes("update_handler.applies" if operation == "update_handler" else "get_handler.current")
    if operation == "get_handler":
        for fact in action.handler_shows:
            judgement.passes(fact)
        action.handler_shows.clear()


def _updated(judgement: Judgement, action: Action, data: Mapping[str, Any]) -> None:
    """Record what an update set: the value sent or, if the server may ignore the field, the value in the answer."""
    body, loose = judgement.request.body or {}, judgement.request.loose
    if isinstance(body.get("script"), str) and action.content.get("execution_type") == "deluge":
        open_ = "script" in loose or len(body) > 1
        action.script, action.script_set = (data.get("script") if open_ else body["script"]), not open_
    if isinstance(body.get("permissions"), list) and action.content.get("execution_type") == "webhook":
        open_ = "permissions" in loose or len(body) > 1
        action.permissions = canonical("permissions", data.get("permissions") if open_ else body["permissions"])
        action.permissions_set = not open_
    judgement.model.touch(action, judgement.exchange.received)
    judgement.wrote(action)


def _fresh(judgement: Judgement, action: Action, data: Mapping[str, Any]) -> None:
    """Assert that a handler that was never set does not hold the script of another action."""
    others = judgement.model.scripted()
    if action.script is not None or not others:
        return
    script, expected = data.get("script"), "no script of another action"
    judgement.denies("handler.fresh", script in others, expected, shorten(repr(script), 80), action)
    reading = judgement.request.operation == "get_handler"
    if script not in others and reading and action.content.get("execution_type") == "deluge":
        judgement.passes("handler.fresh")


def _is_script(judgement: Judgement, action: Action, data: Mapping[str, Any]) -> bool:
    good = data.get("script") == action.script
    expected = f"script {shorten(action.script or '', 80)!r}"
    judgement.denies(_wrong(judgement), not good, expected, shorten(repr(data.get("script")), 80), action)
    return good


def _are_permissions(judgement: Judgement, action: Action, data: Mapping[str, Any]) -> bool:
    got = canonical("permissions", data.get("permissions"))
    good = bool(got == action.permissions)
    judgement.denies(_wrong(judgement), not good, f"permissions {in_order(action.permissions)}", got, action)
    return good


def _wrong(judgement: Judgement) -> str:
    """Return the fact that a wrong value of a handler violates."""
    current = judgement.request.operation != "update_handler"
    return judgement.about("get_handler.current") if current else "update_handler.applies"


def _learn(action: Action, data: Mapping[str, Any]) -> None:
    """Adopt the values of a handler that was never set when it is read first: later answers must show the same."""
    script, permissions = data.get("script"), data.get("permissions")
    if action.script is None and isinstance(script, str) and script:
        action.script = script
    if action.permissions is None and isinstance(permissions, list):
        action.permissions = canonical("permissions", permissions)


def _fitting(judgement: Judgement, action: Action, data: Mapping[str, Any]) -> None:
    """Assert that a handler has a script only for Deluge, permissions only for webhooks, and only documented ones."""
    kind, script, permissions = action.content.get("execution_type"), data.get("script"), data.get("permissions")
    if kind == "deluge":
        judgement.denies("update_handler.permissions.fit", bool(permissions), "no permissions", permissions, action)
    elif kind == "webhook":
        judgement.denies("update_handler.script.fit", bool(script), "no script", shorten(repr(script), 80), action)
    allowed = SCHEMAS["Permission"]["enum"]
    if action.permissions is None and isinstance(permissions, list) and kind == "webhook":
        bad = any(value not in allowed for value in permissions)
        fact = "update_handler.permissions.values"
        judgement.denies(fact, bad, f"permissions of {', '.join(allowed)}", permissions, action)
