from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.banner_status import BannerStatus

T = TypeVar("T", bound="BannerOutput")


@_attrs_define
class BannerOutput:
    """A line at the top of the window.

    Attributes:
        status (BannerStatus): Whether it went well.
        text (str): The line.
        type_ (Literal['banner']):
    """

    status: BannerStatus
    text: str
    type_: Literal["banner"]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        status = self.status.value

        text = self.text

        type_ = self.type_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "status": status,
                "text": text,
                "type": type_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        status = BannerStatus(d.pop("status"))

        text = d.pop("text")

        type_ = cast(Literal["banner"], d.pop("type"))
        if type_ != "banner":
            raise ValueError(f"type must match const 'banner', got '{type_}'")

        banner_output = cls(
            status=status,
            text=text,
            type_=type_,
        )

        banner_output.additional_properties = d
        return banner_output

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
