from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="WebhookEnvironment")


@_attrs_define(weakref_slot=False)
class WebhookEnvironment:
    """The data centre that the event comes from.

    Attributes:
        base_url (str | Unset): The address of the organization.
        data_center (str | Unset): The data centre.
        tld (str | Unset): The ending of the data centre's hosts.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "base_url": "base_url",
        "data_center": "data_center",
        "tld": "tld",
    }
    """The attribute of each field."""

    base_url: str | Unset = UNSET
    data_center: str | Unset = UNSET
    tld: str | Unset = UNSET
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
        base_url = src_dict.get("base_url", UNSET)

        data_center = src_dict.get("data_center", UNSET)

        tld = src_dict.get("tld", UNSET)

        webhook_environment = cls(
            base_url,
            data_center,
            tld,
        )

        if len(src_dict) != 0 + (base_url is not UNSET) + (data_center is not UNSET) + (
            tld is not UNSET
        ):
            webhook_environment.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return webhook_environment

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
