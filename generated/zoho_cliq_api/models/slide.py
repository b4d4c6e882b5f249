from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.slide_type import SlideType
from ..types import UNSET, Unset

T = TypeVar("T", bound="Slide")


@_attrs_define
class Slide:
    """A part below the text. A table has `headers` and `rows`, a list texts, labels name-value pairs, images addresses, a
    text a text.

        Attributes:
            data (Any): What is shown.
            type_ (SlideType): What a part shows.
            title (str | Unset): The heading.
    """

    data: Any
    type_: SlideType
    title: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        data = self.data

        type_ = self.type_.value

        title = self.title

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "data": data,
                "type": type_,
            }
        )
        if title is not UNSET:
            field_dict["title"] = title

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        data = d.pop("data")

        type_ = SlideType(d.pop("type"))

        title = d.pop("title", UNSET)

        slide = cls(
            data=data,
            type_=type_,
            title=title,
        )

        slide.additional_properties = d
        return slide

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
