from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    ClassVar,
    TypeVar,
)

from attrs import define as _attrs_define

from ..models.message_type import MessageType
from ..models.scope import Scope
from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="MessageActionUpdate")


@_attrs_define(weakref_slot=False)
class MessageActionUpdate:
    """The fields to change. What is left out stays as it is.

    Attributes:
        execution_url (str | Unset): Where Cliq sends the event when the action is chosen. Needed by, and only for,
            webhook actions.
        hint (str | Unset): A line of explanation below the name.
        image (str | Unset): The icon beside the name, as base64 text (RFC 4648, section 4). It is never returned.
        message_types (list[MessageType] | Unset): The kinds of message that the action is offered on.
        multi_selectable (bool | Unset): Whether the action can be chosen for several messages at once.
        name (str | Unset): The text of the menu entry.
        scope (Scope | Unset): Who sees the action: everyone in the `organization`, the members of some `team`s, or for
            `personal` the creator and those the creator adds.
        team_ids (list[int] | Unset): The teams that see the action. Needed where the scope is `team`.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "execution_url": "execution_url",
        "hint": "hint",
        "image": "image",
        "message_types": "message_types",
        "multi_selectable": "multi_selectable",
        "name": "name",
        "scope": "scope",
        "team_ids": "team_ids",
    }
    """The attribute of each field."""

    execution_url: str | Unset = UNSET
    hint: str | Unset = UNSET
    image: str | Unset = UNSET
    message_types: list[MessageType] | Unset = UNSET
    multi_selectable: bool | Unset = UNSET
    name: str | Unset = UNSET
    scope: Scope | Unset = UNSET
    team_ids: list[int] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        return plain_fields(self, {})

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        execution_url = src_dict.get("execution_url", UNSET)

        hint = src_dict.get("hint", UNSET)

        image = src_dict.get("image", UNSET)

        _message_types = src_dict.get("message_types", UNSET)
        message_types: list[MessageType] | Unset = UNSET
        if _message_types is not UNSET:
            message_types = []
            for message_types_item_data in _message_types:
                message_types_item = MessageType(message_types_item_data)

                message_types.append(message_types_item)

        multi_selectable = src_dict.get("multi_selectable", UNSET)

        name = src_dict.get("name", UNSET)

        _scope = src_dict.get("scope", UNSET)
        scope: Scope | Unset
        if isinstance(_scope, Unset):
            scope = UNSET
        else:
            scope = Scope(_scope)

        team_ids: list[int] | Unset = src_dict.get("team_ids", UNSET)

        message_action_update = cls(
            execution_url,
            hint,
            image,
            message_types,
            multi_selectable,
            name,
            scope,
            team_ids,
        )

        return message_action_update
