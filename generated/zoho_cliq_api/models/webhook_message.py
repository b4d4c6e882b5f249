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

T = TypeVar("T", bound="WebhookMessage")


@_attrs_define(weakref_slot=False)
class WebhookMessage:
    """A message. Its id may contain a space.

    Attributes:
        id (str | Unset): The message's id.
        sender (WebhookUser | Unset): A person.
        text (str | Unset): The text.
        time (str | Unset): When it was sent, in milliseconds since 1970, as a string.
        type_ (str | Unset): The kind of message.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "id": "id",
        "sender": "sender",
        "text": "text",
        "time": "time",
        "type": "type_",
    }
    """The attribute of each field."""

    id: str | Unset = UNSET
    sender: WebhookUser | Unset = UNSET
    text: str | Unset = UNSET
    time: str | Unset = UNSET
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

        _sender = src_dict.get("sender", UNSET)
        sender: WebhookUser | Unset
        if isinstance(_sender, Unset):
            sender = UNSET
        else:
            sender = WebhookUser.from_dict(_sender)

        text = src_dict.get("text", UNSET)

        time = src_dict.get("time", UNSET)

        type_ = src_dict.get("type", UNSET)

        webhook_message = cls(
            id,
            sender,
            text,
            time,
            type_,
        )

        if len(src_dict) != 0 + (id is not UNSET) + (sender is not UNSET) + (text is not UNSET) + (
            time is not UNSET
        ) + (type_ is not UNSET):
            webhook_message.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return webhook_message

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
from ..models.webhook_user import WebhookUser
