from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.webhook_message import WebhookMessage


T = TypeVar("T", bound="WebhookMessages")


@_attrs_define
class WebhookMessages:
    """All chosen messages.

    Attributes:
        count (int | Unset): How many.
        list_ (list[WebhookMessage] | Unset): The messages.
    """

    count: int | Unset = UNSET
    list_: list[WebhookMessage] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        count = self.count

        list_: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.list_, Unset):
            list_ = []
            for list_item_data in self.list_:
                list_item = list_item_data.to_dict()
                list_.append(list_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if count is not UNSET:
            field_dict["count"] = count
        if list_ is not UNSET:
            field_dict["list"] = list_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.webhook_message import WebhookMessage  # noqa: PLC0415

        d = dict(src_dict)
        count = d.pop("count", UNSET)

        _list_ = d.pop("list", UNSET)
        list_: list[WebhookMessage] | Unset = UNSET
        if _list_ is not UNSET:
            list_ = []
            for list_item_data in _list_:
                list_item = WebhookMessage.from_dict(list_item_data)

                list_.append(list_item)

        webhook_messages = cls(
            count=count,
            list_=list_,
        )

        webhook_messages.additional_properties = d
        return webhook_messages

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
