from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="WebhookAttachment")


@_attrs_define(weakref_slot=False)
class WebhookAttachment:
    """A file of the message.

    Attributes:
        id (str | Unset): The file's id.
        name (str | Unset): The file's name.
        size (int | Unset): Bytes.
        type_ (str | Unset): The media type.
        url (str | Unset): Where the file can be fetched.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "id": "id",
        "name": "name",
        "size": "size",
        "type": "type_",
        "url": "url",
    }
    """The attribute of each field."""

    id: str | Unset = UNSET
    name: str | Unset = UNSET
    size: int | Unset = UNSET
    type_: str | Unset = UNSET
    url: str | Unset = UNSET
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

        name = src_dict.get("name", UNSET)

        size = src_dict.get("size", UNSET)

        type_ = src_dict.get("type", UNSET)

        url = src_dict.get("url", UNSET)

        webhook_attachment = cls(
            id,
            name,
            size,
            type_,
            url,
        )

        if len(src_dict) != 0 + (id is not UNSET) + (name is not UNSET) + (size is not UNSET) + (
            type_ is not UNSET
        ) + (url is not UNSET):
            webhook_attachment.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return webhook_attachment

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
