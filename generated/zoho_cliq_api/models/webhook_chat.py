from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    ClassVar,
    TypeVar,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="WebhookChat")


@_attrs_define(weakref_slot=False)
class WebhookChat:
    """The chat that the message stands in.

    Attributes:
        id (str | Unset): The chat's id.
        members (list[WebhookUser] | Unset): The people in the chat.
        owner (str | Unset): The owner's id.
        recent_messages (list[WebhookMessage] | Unset): The last messages.
        title (str | Unset): The chat's name.
        type_ (str | Unset): The kind of chat.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "id": "id",
        "members": "members",
        "owner": "owner",
        "recent_messages": "recent_messages",
        "title": "title",
        "type": "type_",
    }
    """The attribute of each field."""

    id: str | Unset = UNSET
    members: list[WebhookUser] | Unset = UNSET
    owner: str | Unset = UNSET
    recent_messages: list[WebhookMessage] | Unset = UNSET
    title: str | Unset = UNSET
    type_: str | Unset = UNSET
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
        id = src_dict.get("id", UNSET)

        _members = src_dict.get("members", UNSET)
        members: list[WebhookUser] | Unset = UNSET
        if _members is not UNSET:
            members = list(map(WebhookUser.from_dict, _members))

        owner = src_dict.get("owner", UNSET)

        _recent_messages = src_dict.get("recent_messages", UNSET)
        recent_messages: list[WebhookMessage] | Unset = UNSET
        if _recent_messages is not UNSET:
            recent_messages = list(map(WebhookMessage.from_dict, _recent_messages))

        title = src_dict.get("title", UNSET)

        type_ = src_dict.get("type", UNSET)

        webhook_chat = cls(
            id,
            members,
            owner,
            recent_messages,
            title,
            type_,
        )

        if len(src_dict) != 0 + (id is not UNSET) + (members is not UNSET) + (
            owner is not UNSET
        ) + (recent_messages is not UNSET) + (title is not UNSET) + (type_ is not UNSET):
            webhook_chat.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return webhook_chat

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
from ..models.webhook_message import WebhookMessage
from ..models.webhook_user import WebhookUser
