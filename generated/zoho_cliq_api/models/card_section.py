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

T = TypeVar("T", bound="CardSection")


@_attrs_define(weakref_slot=False)
class CardSection:
    """A group of fields.

    Attributes:
        fields (list[CardField] | Unset): The fields.
        title (str | Unset): The heading of the group.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "fields": "fields",
        "title": "title",
    }
    """The attribute of each field."""

    fields: list[CardField] | Unset = UNSET
    title: str | Unset = UNSET
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
        _fields = src_dict.get("fields", UNSET)
        fields: list[CardField] | Unset = UNSET
        if _fields is not UNSET:
            fields = list(map(CardField.from_dict, _fields))

        title = src_dict.get("title", UNSET)

        card_section = cls(
            fields,
            title,
        )

        if len(src_dict) != 0 + (fields is not UNSET) + (title is not UNSET):
            card_section.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return card_section

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
from ..models.card_field import CardField
