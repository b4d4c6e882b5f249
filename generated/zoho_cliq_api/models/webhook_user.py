from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="WebhookUser")


@_attrs_define
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

    admin: bool | Unset = UNSET
    country: str | Unset = UNSET
    email: str | Unset = UNSET
    first_name: str | Unset = UNSET
    id: str | Unset = UNSET
    language: str | Unset = UNSET
    last_name: str | Unset = UNSET
    organization_id: str | Unset = UNSET
    timezone: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        admin = self.admin

        country = self.country

        email = self.email

        first_name = self.first_name

        id = self.id

        language = self.language

        last_name = self.last_name

        organization_id = self.organization_id

        timezone = self.timezone

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if admin is not UNSET:
            field_dict["admin"] = admin
        if country is not UNSET:
            field_dict["country"] = country
        if email is not UNSET:
            field_dict["email"] = email
        if first_name is not UNSET:
            field_dict["first_name"] = first_name
        if id is not UNSET:
            field_dict["id"] = id
        if language is not UNSET:
            field_dict["language"] = language
        if last_name is not UNSET:
            field_dict["last_name"] = last_name
        if organization_id is not UNSET:
            field_dict["organization_id"] = organization_id
        if timezone is not UNSET:
            field_dict["timezone"] = timezone

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        admin = d.pop("admin", UNSET)

        country = d.pop("country", UNSET)

        email = d.pop("email", UNSET)

        first_name = d.pop("first_name", UNSET)

        id = d.pop("id", UNSET)

        language = d.pop("language", UNSET)

        last_name = d.pop("last_name", UNSET)

        organization_id = d.pop("organization_id", UNSET)

        timezone = d.pop("timezone", UNSET)

        webhook_user = cls(
            admin=admin,
            country=country,
            email=email,
            first_name=first_name,
            id=id,
            language=language,
            last_name=last_name,
            organization_id=organization_id,
            timezone=timezone,
        )

        webhook_user.additional_properties = d
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
