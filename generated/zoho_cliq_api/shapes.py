"""Reads answers that are exactly as documented. Generated; do not edit.

`EXACT` has one function for each schema of an answer. It returns what the model's `from_dict` returns, or None where a
promised field is missing, a field is unknown or null, a value has another type than the documented one, or a value of
an enumeration is not a known one: such an answer needs a closer look. `MODELS` has the class of each of those schemas,
`ENUMS` the members of each enumeration that they use, by value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from .models.creator import Creator
from .models.deluge_handler import DelugeHandler
from .models.execution_type import EXECUTION_TYPE_BY_VALUE
from .models.handler_reference import HandlerReference
from .models.handler_response import HandlerResponse
from .models.handler_type import HANDLER_TYPE_BY_VALUE
from .models.message_action import MessageAction
from .models.message_action_list import MessageActionList
from .models.message_action_response import MessageActionResponse
from .models.message_type import MESSAGE_TYPE_BY_VALUE
from .models.permission import PERMISSION_BY_VALUE
from .models.scope import SCOPE_BY_VALUE
from .models.unset_handler import UnsetHandler
from .models.webhook_handler import WebhookHandler
from .types import UNSET

_INT = frozenset((int,))
_STR = frozenset((str,))


class _Inexact(Exception):
    """The value is not exactly as documented."""


def _creator(src_dict: Any) -> Creator:
    """The Creator of a value that is exactly as documented."""
    id = src_dict["id"]
    name = src_dict["name"]
    if not (
        src_dict.__class__ is dict
        and id.__class__ is str
        and name.__class__ is str
        and len(src_dict) == 2
    ):
        raise _Inexact
    return Creator(
        id,
        name,
    )


def _deluge_handler(src_dict: Any) -> DelugeHandler:
    """The DelugeHandler of a value that is exactly as documented."""
    function_id = src_dict["function_id"]
    name = src_dict["name"]
    script = src_dict["script"]
    if not (
        src_dict.__class__ is dict
        and function_id.__class__ is str
        and name.__class__ is str
        and script.__class__ is str
        and len(src_dict) == 3
    ):
        raise _Inexact
    return DelugeHandler(
        function_id,
        name,
        script,
    )


def _handler_reference(src_dict: Any) -> HandlerReference:
    """The HandlerReference of a value that is exactly as documented."""
    type_ = src_dict["type"]
    if not (src_dict.__class__ is dict and len(src_dict) == 1):
        raise _Inexact
    return HandlerReference(
        HANDLER_TYPE_BY_VALUE[type_],
    )


def _handler_response(src_dict: Any) -> HandlerResponse:
    """The HandlerResponse of a value that is exactly as documented."""
    data = src_dict["data"]
    type_ = src_dict["type"]
    url = src_dict["url"]
    if not (
        src_dict.__class__ is dict
        and type_.__class__ is str
        and url.__class__ is str
        and len(src_dict) == 3
    ):
        raise _Inexact
    return HandlerResponse(
        (
            _deluge_handler(data)
            if data.keys() >= {"function_id", "name", "script"}
            else (
                _webhook_handler(data)
                if data.keys() >= {"function_id", "name", "permissions"}
                else _unset_handler(data)
            )
        ),
        type_,
        url,
    )


def _message_action(src_dict: Any) -> MessageAction:
    """The MessageAction of a value that is exactly as documented."""
    creator = src_dict["creator"]
    execution_type = src_dict["execution_type"]
    handlers = src_dict["handlers"]
    hint = src_dict["hint"]
    id = src_dict["id"]
    message_types = src_dict["message_types"]
    multi_selectable = src_dict["multi_selectable"]
    name = src_dict["name"]
    scope = src_dict["scope"]
    status = src_dict["status"]
    type_ = src_dict["type"]
    execution_url = src_dict.get("execution_url", UNSET)
    team_ids = src_dict.get("team_ids", UNSET)
    if not (
        src_dict.__class__ is dict
        and handlers.__class__ is list
        and hint.__class__ is str
        and id.__class__ is str
        and message_types.__class__ is list
        and multi_selectable.__class__ is bool
        and name.__class__ is str
        and status.__class__ is str
        and type_.__class__ is str
        and (execution_url is UNSET or execution_url.__class__ is str)
        and (
            team_ids is UNSET or team_ids.__class__ is list and _INT.issuperset(map(type, team_ids))
        )
        and len(src_dict) == 11 + (execution_url is not UNSET) + (team_ids is not UNSET)
    ):
        raise _Inexact
    return MessageAction(
        _creator(creator),
        EXECUTION_TYPE_BY_VALUE[execution_type],
        list(map(_handler_reference, handlers)),
        hint,
        id,
        [MESSAGE_TYPE_BY_VALUE[item] for item in message_types],
        multi_selectable,
        name,
        SCOPE_BY_VALUE[scope],
        status,
        type_,
        execution_url,
        team_ids,
    )


def _message_action_list(src_dict: Any) -> MessageActionList:
    """The MessageActionList of a value that is exactly as documented."""
    data = src_dict["data"]
    type_ = src_dict["type"]
    url = src_dict["url"]
    deleted = src_dict.get("deleted", UNSET)
    next_token = src_dict.get("next_token", UNSET)
    sync_token = src_dict.get("sync_token", UNSET)
    total_count = src_dict.get("total_count", UNSET)
    if not (
        src_dict.__class__ is dict
        and data.__class__ is list
        and type_.__class__ is str
        and url.__class__ is str
        and (deleted is UNSET or deleted.__class__ is list and _STR.issuperset(map(type, deleted)))
        and (next_token is UNSET or next_token.__class__ is str)
        and (sync_token is UNSET or sync_token.__class__ is str)
        and (total_count is UNSET or total_count.__class__ is int)
        and len(src_dict)
        == 3
        + (deleted is not UNSET)
        + (next_token is not UNSET)
        + (sync_token is not UNSET)
        + (total_count is not UNSET)
    ):
        raise _Inexact
    return MessageActionList(
        list(map(_message_action, data)),
        type_,
        url,
        deleted,
        next_token,
        sync_token,
        total_count,
    )


def _message_action_response(src_dict: Any) -> MessageActionResponse:
    """The MessageActionResponse of a value that is exactly as documented."""
    data = src_dict["data"]
    type_ = src_dict["type"]
    url = src_dict["url"]
    if not (
        src_dict.__class__ is dict
        and type_.__class__ is str
        and url.__class__ is str
        and len(src_dict) == 3
    ):
        raise _Inexact
    return MessageActionResponse(
        _message_action(data),
        type_,
        url,
    )


def _unset_handler(src_dict: Any) -> UnsetHandler:
    """The UnsetHandler of a value that is exactly as documented."""
    function_id = src_dict["function_id"]
    name = src_dict["name"]
    if not (
        src_dict.__class__ is dict
        and function_id.__class__ is str
        and name.__class__ is str
        and len(src_dict) == 2
    ):
        raise _Inexact
    return UnsetHandler(
        function_id,
        name,
    )


def _webhook_handler(src_dict: Any) -> WebhookHandler:
    """The WebhookHandler of a value that is exactly as documented."""
    function_id = src_dict["function_id"]
    name = src_dict["name"]
    permissions = src_dict["permissions"]
    if not (
        src_dict.__class__ is dict
        and function_id.__class__ is str
        and name.__class__ is str
        and permissions.__class__ is list
        and len(src_dict) == 3
    ):
        raise _Inexact
    return WebhookHandler(
        function_id,
        name,
        [PERMISSION_BY_VALUE[item] for item in permissions],
    )


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def exact(value: Any) -> Any:
        try:
            return read(value)
        except (_Inexact, AttributeError, KeyError, RecursionError, TypeError):
            return None

    return exact


EXACT: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "Creator": _or_none(_creator),
        "DelugeHandler": _or_none(_deluge_handler),
        "HandlerReference": _or_none(_handler_reference),
        "HandlerResponse": _or_none(_handler_response),
        "MessageAction": _or_none(_message_action),
        "MessageActionList": _or_none(_message_action_list),
        "MessageActionResponse": _or_none(_message_action_response),
        "UnsetHandler": _or_none(_unset_handler),
        "WebhookHandler": _or_none(_webhook_handler),
    }
)
MODELS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "Creator": Creator,
        "DelugeHandler": DelugeHandler,
        "HandlerReference": HandlerReference,
        "HandlerResponse": HandlerResponse,
        "MessageAction": MessageAction,
        "MessageActionList": MessageActionList,
        "MessageActionResponse": MessageActionResponse,
        "UnsetHandler": UnsetHandler,
        "WebhookHandler": WebhookHandler,
    }
)
ENUMS: Mapping[str, Mapping[object, Any]] = MappingProxyType(
    {
        "ExecutionType": EXECUTION_TYPE_BY_VALUE,
        "HandlerType": HANDLER_TYPE_BY_VALUE,
        "MessageType": MESSAGE_TYPE_BY_VALUE,
        "Permission": PERMISSION_BY_VALUE,
        "Scope": SCOPE_BY_VALUE,
    }
)
