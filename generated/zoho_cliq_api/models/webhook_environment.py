from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="WebhookEnvironment")


@_attrs_define
class WebhookEnvironment:
    """The data centre that the event comes from.

    Attributes:
        base_url (str | Unset): The address of the organization.
        data_center (str | Unset): The data centre.
        tld (str | Unset): The ending of the data centre's hosts.
    """

    base_url: str | Unset = UNSET
    data_center: str | Unset = UNSET
    tld: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        base_url = self.base_url

        data_center = self.data_center

        tld = self.tld

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if base_url is not UNSET:
            field_dict["base_url"] = base_url
        if data_center is not UNSET:
            field_dict["data_center"] = data_center
        if tld is not UNSET:
            field_dict["tld"] = tld

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        base_url = d.pop("base_url", UNSET)

        data_center = d.pop("data_center", UNSET)

        tld = d.pop("tld", UNSET)

        webhook_environment = cls(
            base_url=base_url,
            data_center=data_center,
            tld=tld,
        )

        webhook_environment.additional_properties = d
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
