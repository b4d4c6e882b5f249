"""Whether an answer is exactly as documented. Generated; do not edit.

`EXACT` has one function per schema of an answer. True means: every promised field is there, no field is unknown or
null, every value has its documented type, and every value of an enum is a known one. False only means that somebody
has to look closer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

_UNFIT = (AttributeError, KeyError, RecursionError, TypeError)
_known_execution_type = frozenset(
    (
        "deluge",
        "webhook",
    )
)
_known_handler_type = frozenset(("execution_handler",))
_known_message_type = frozenset(
    (
        "attachment",
        "link",
        "text",
    )
)
_known_permission = frozenset(
    (
        "attachments",
        "chat",
        "location",
        "message",
        "user",
    )
)
_known_scope = frozenset(
    (
        "organization",
        "personal",
        "team",
    )
)


def is_creator(value: Any) -> bool:
    """Whether a value is exactly as the schema Creator has it."""
    try:
        return (
            value.__class__ is dict
            and value["id"].__class__ is str
            and value["name"].__class__ is str
            and len(value) == 2
        )
    except _UNFIT:
        return False


def is_deluge_handler(value: Any) -> bool:
    """Whether a value is exactly as the schema DelugeHandler has it."""
    try:
        return (
            value.__class__ is dict
            and value["function_id"].__class__ is str
            and value["name"].__class__ is str
            and value["script"].__class__ is str
            and len(value) == 3
        )
    except _UNFIT:
        return False


def is_handler_reference(value: Any) -> bool:
    """Whether a value is exactly as the schema HandlerReference has it."""
    try:
        return value.__class__ is dict and value["type"] in _known_handler_type and len(value) == 1
    except _UNFIT:
        return False


def is_handler_response(value: Any) -> bool:
    """Whether a value is exactly as the schema HandlerResponse has it."""
    try:
        return (
            value.__class__ is dict
            and (
                is_deluge_handler(value["data"])
                if value["data"].keys() >= {"function_id", "name", "script"}
                else (
                    is_webhook_handler(value["data"])
                    if value["data"].keys() >= {"function_id", "name", "permissions"}
                    else (
                        is_unset_handler(value["data"])
                        if value["data"].keys() >= {"function_id", "name"}
                        else False
                    )
                )
            )
            and value["type"].__class__ is str
            and value["url"].__class__ is str
            and len(value) == 3
        )
    except _UNFIT:
        return False


def is_message_action(value: Any) -> bool:
    """Whether a value is exactly as the schema MessageAction has it."""
    try:
        return (
            value.__class__ is dict
            and is_creator(value["creator"])
            and value["execution_type"] in _known_execution_type
            and value["handlers"].__class__ is list
            and all(map(is_handler_reference, value["handlers"]))
            and value["hint"].__class__ is str
            and value["id"].__class__ is str
            and value["message_types"].__class__ is list
            and _known_message_type.issuperset(value["message_types"])
            and value["multi_selectable"].__class__ is bool
            and value["name"].__class__ is str
            and value["scope"] in _known_scope
            and value["status"].__class__ is str
            and value["type"].__class__ is str
            and ("execution_url" not in value or value["execution_url"].__class__ is str)
            and (
                "team_ids" not in value
                or value["team_ids"].__class__ is list
                and all(item.__class__ is int for item in value["team_ids"])
            )
            and len(value) == 11 + ("execution_url" in value) + ("team_ids" in value)
        )
    except _UNFIT:
        return False


def is_message_action_list(value: Any) -> bool:
    """Whether a value is exactly as the schema MessageActionList has it."""
    try:
        return (
            value.__class__ is dict
            and value["data"].__class__ is list
            and all(map(is_message_action, value["data"]))
            and value["type"].__class__ is str
            and value["url"].__class__ is str
            and (
                "deleted" not in value
                or value["deleted"].__class__ is list
                and all(item.__class__ is str for item in value["deleted"])
            )
            and ("next_token" not in value or value["next_token"].__class__ is str)
            and ("sync_token" not in value or value["sync_token"].__class__ is str)
            and ("total_count" not in value or value["total_count"].__class__ is int)
            and len(value)
            == 3
            + ("deleted" in value)
            + ("next_token" in value)
            + ("sync_token" in value)
            + ("total_count" in value)
        )
    except _UNFIT:
        return False


def is_message_action_response(value: Any) -> bool:
    """Whether a value is exactly as the schema MessageActionResponse has it."""
    try:
        return (
            value.__class__ is dict
            and is_message_action(value["data"])
            and value["type"].__class__ is str
            and value["url"].__class__ is str
            and len(value) == 3
        )
    except _UNFIT:
        return False


def is_unset_handler(value: Any) -> bool:
    """Whether a value is exactly as the schema UnsetHandler has it."""
    try:
        return (
            value.__class__ is dict
            and value["function_id"].__class__ is str
            and value["name"].__class__ is str
            and len(value) == 2
        )
    except _UNFIT:
        return False


def is_webhook_handler(value: Any) -> bool:
    """Whether a value is exactly as the schema WebhookHandler has it."""
    try:
        return (
            value.__class__ is dict
            and value["function_id"].__class__ is str
            and value["name"].__class__ is str
            and value["permissions"].__class__ is list
            and _known_permission.issuperset(value["permissions"])
            and len(value) == 3
        )
    except _UNFIT:
        return False


EXACT: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        "Creator": is_creator,
        "DelugeHandler": is_deluge_handler,
        "HandlerReference": is_handler_reference,
        "HandlerResponse": is_handler_response,
        "MessageAction": is_message_action,
        "MessageActionList": is_message_action_list,
        "MessageActionResponse": is_message_action_response,
        "UnsetHandler": is_unset_handler,
        "WebhookHandler": is_webhook_handler,
    }
)
