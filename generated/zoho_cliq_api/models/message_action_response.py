from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.message_action import MessageAction


T = TypeVar("T", bound="MessageActionResponse")


@_attrs_define
class MessageActionResponse:
    """One message action in its envelope.

    Attributes:
        data (MessageAction): A message action as the server returns it.
        type_ (str): What the answer holds: `messageaction` or `execution_handler`.
        url (str): The path of the resource, `/api/v3` included. Never join it to the base URL.
    """

    data: MessageAction
    type_: str
    url: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        data = self.data.to_dict()

        type_ = self.type_

        url = self.url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "data": data,
                "type": type_,
                "url": url,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.message_action import MessageAction  # noqa: PLC0415

        d = dict(src_dict)
        data = MessageAction.from_dict(d.pop("data"))

        type_ = d.pop("type")

        url = d.pop("url")

        message_action_response = cls(
            data=data,
            type_=type_,
            url=url,
        )

        message_action_response.additional_properties = d
        return message_action_response

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
