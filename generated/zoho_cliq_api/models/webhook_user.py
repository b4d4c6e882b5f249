from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="WebhookUser")


@_attrs_define(weakref_slot=False)
class WebhookUser:
    """A person.

    Attributes:
        admin (bool | Unset): Whether the person administers the organization.
        country (str | Unset): Country.
        email (str | Unset): Address.
        first_name (str | Unset): Given name.
        id (str | Unset): The person's id.
        language (str | Unset): Language.
        last_name (str | Unset): Family name.
        organization_id (str | Unset): The organization's id.
        timezone (str | Unset): Time zone.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "admin": "admin",
        "country": "country",
        "email": "email",
        "first_name": "first_name",
        "id": "id",
        "language": "language",
        "last_name": "last_name",
        "organization_id": "organization_id",
        "timezone": "timezone",
    }
    """The attribute of each field."""

    admin: bool | Unset = UNSET
    country: str | Unset = UNSET
    email: str | Unset = UNSET
    first_name: str | Unset = UNSET
    id: str | Unset = UNSET
    language: str | Unset = UNSET
    last_name: str | Unset = UNSET
    organization_id: str | Unset = UNSET
    timezone: str | Unset = UNSET
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
        admin = src_dict.get("admin", UNSET)

        country = src_dict.get("country", UNSET)

        email = src_dict.get("email", UNSET)

        first_name = src_dict.get("first_name", UNSET)

        id = src_dict.get("id", UNSET)

        language = src_dict.get("language", UNSET)

        last_name = src_dict.get("last_name", UNSET)

        organization_id = src_dict.get("organization_id", UNSET)

        timezone = src_dict.get("timezone", UNSET)

        webhook_user = cls(
            admin,
            country,
            email,
            first_name,
            id,
            language,
            last_name,
            organization_id,
            timezone,
        )

        if len(src_dict) != 0 + (admin is not UNSET) + (country is not UNSET) + (
            email is not UNSET
        ) + (first_name is not UNSET) + (id is not UNSET) + (language is not UNSET) + (
            last_name is not UNSET
        ) + (organization_id is not UNSET) + (timezone is not UNSET):
            webhook_user.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return webhook_user

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
