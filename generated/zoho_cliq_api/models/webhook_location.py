from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="WebhookLocation")


@_attrs_define(weakref_slot=False)
class WebhookLocation:
    """Where the person is.

    Attributes:
        accuracy (float | Unset): Metres.
        latitude (float | Unset): Degrees.
        longitude (float | Unset): Degrees.
        status (str | Unset): Whether the person agreed, `granted`.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "accuracy": "accuracy",
        "latitude": "latitude",
        "longitude": "longitude",
        "status": "status",
    }
    """The attribute of each field."""

    accuracy: float | Unset = UNSET
    latitude: float | Unset = UNSET
    longitude: float | Unset = UNSET
    status: str | Unset = UNSET
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
        accuracy = src_dict.get("accuracy", UNSET)

        latitude = src_dict.get("latitude", UNSET)

        longitude = src_dict.get("longitude", UNSET)

        status = src_dict.get("status", UNSET)

        webhook_location = cls(
            accuracy,
            latitude,
            longitude,
            status,
        )

        if len(src_dict) != 0 + (accuracy is not UNSET) + (latitude is not UNSET) + (
            longitude is not UNSET
        ) + (status is not UNSET):
            webhook_location.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return webhook_location

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
