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

T = TypeVar("T", bound="WebhookMessages")


@_attrs_define(weakref_slot=False)
class WebhookMessages:
    """All chosen messages.

    Attributes:
        count (int | Unset): How many.
        list_ (list[WebhookMessage] | Unset): The messages.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "count": "count",
        "list": "list_",
    }
    """The attribute of each field."""

    count: int | Unset = UNSET
    list_: list[WebhookMessage] | Unset = UNSET
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
        count = src_dict.get("count", UNSET)

        _list_ = src_dict.get("list", UNSET)
        list_: list[WebhookMessage] | Unset = UNSET
        if _list_ is not UNSET:
            list_ = list(map(WebhookMessage.from_dict, _list_))

        webhook_messages = cls(
            count,
            list_,
        )

        if len(src_dict) != 0 + (count is not UNSET) + (list_ is not UNSET):
            webhook_messages.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
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


# Models may refer to each other in a circle, so these stand below the class.
from ..models.webhook_message import WebhookMessage
