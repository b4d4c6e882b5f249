from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    ClassVar,
    TypeVar,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.execution_type import EXECUTION_TYPE_BY_VALUE, ExecutionType
from ..models.message_type import MESSAGE_TYPE_BY_VALUE, MessageType
from ..models.scope import SCOPE_BY_VALUE, Scope
from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="MessageAction")


@_attrs_define(weakref_slot=False)
class MessageAction:
    """A message action as the server returns it.

    Attributes:
        creator (Creator): Who created the action.
        execution_type (ExecutionType | str):
        handlers (list[HandlerReference]):
        hint (str):
        id (str): A number of up to 19 digits, as a string.
        message_types (list[MessageType | str]):
        multi_selectable (bool):
        name (str):
        scope (Scope | str):
        status (str): The state of the action. `enabled` is the only value known.
        type_ (str): The origin of the action. `custom` is the only value known.
        execution_url (str | Unset): Where events go, for webhook actions.
        team_ids (list[int] | Unset): The teams that see the action, where the scope is `team`.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "creator": "creator",
        "execution_type": "execution_type",
        "handlers": "handlers",
        "hint": "hint",
        "id": "id",
        "message_types": "message_types",
        "multi_selectable": "multi_selectable",
        "name": "name",
        "scope": "scope",
        "status": "status",
        "type": "type_",
        "execution_url": "execution_url",
        "team_ids": "team_ids",
    }
    """The attribute of each field."""

    creator: Creator
    execution_type: ExecutionType | str
    handlers: list[HandlerReference]
    hint: str
    id: str
    message_types: list[MessageType | str]
    multi_selectable: bool
    name: str
    scope: Scope | str
    status: str
    type_: str
    execution_url: str | Unset = UNSET
    team_ids: list[int] | Unset = UNSET
    _additional_properties: dict[str, Any] | None = _attrs_field(
        init=False, default=None, eq=lambda more: more or None, repr=False
    )

    @property
    def additional_properties(self) -> dict[str, Any]:
        if self._additional_properties is None:
            self._additional_properties = {}
        return self._additional_properties

    @additional_properties.setter
    def additional_properties(self, more: dict[str, Any]) -> None:
        self._additional_properties = more

    def to_dict(self) -> dict[str, Any]:
        return plain_fields(self, self._additional_properties or {})

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        creator = Creator.from_dict(src_dict["creator"])

        _execution_type = src_dict["execution_type"]
        execution_type = EXECUTION_TYPE_BY_VALUE.get(_execution_type, _execution_type)

        _handlers = src_dict["handlers"]
        handlers = list(map(HandlerReference.from_dict, _handlers))

        hint = src_dict["hint"]

        id = src_dict["id"]

        _message_types = src_dict["message_types"]
        message_types = [MESSAGE_TYPE_BY_VALUE.get(value, value) for value in _message_types]

        multi_selectable = src_dict["multi_selectable"]

        name = src_dict["name"]

        _scope = src_dict["scope"]
        scope = SCOPE_BY_VALUE.get(_scope, _scope)

        status = src_dict["status"]

        type_ = src_dict["type"]

        execution_url = src_dict.get("execution_url", UNSET)

        team_ids: list[int] | Unset = src_dict.get("team_ids", UNSET)

        message_action = cls(
            creator,
            execution_type,
            handlers,
            hint,
            id,
            message_types,
            multi_selectable,
            name,
            scope,
            status,
            type_,
            execution_url,
            team_ids,
        )

        if len(src_dict) != 11 + (execution_url is not UNSET) + (team_ids is not UNSET):
            message_action.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return message_action

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties


# Models may refer to each other in a circle, so these stand below the class.
from ..models.creator import Creator
from ..models.handler_reference import HandlerReference
