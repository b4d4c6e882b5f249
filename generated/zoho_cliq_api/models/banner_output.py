from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    ClassVar,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.banner_status import BannerStatus
from ..types import plain_fields

T = TypeVar("T", bound="BannerOutput")


@_attrs_define(weakref_slot=False)
class BannerOutput:
    """A line at the top of the window.

    Attributes:
        status (BannerStatus): Whether it went well.
        text (str): The line.
        type_ (Literal['banner']):
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "status": "status",
        "text": "text",
        "type": "type_",
    }
    """The attribute of each field."""

    status: BannerStatus
    text: str
    type_: Literal["banner"]
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
        status = BannerStatus(src_dict["status"])

        text = src_dict["text"]

        type_ = cast(Literal["banner"], src_dict["type"])
        if type_ != "banner":
            raise ValueError(f"type must match const 'banner', got '{type_}'")

        banner_output = cls(
            status,
            text,
            type_,
        )

        if len(src_dict) != 3:
            banner_output.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
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
