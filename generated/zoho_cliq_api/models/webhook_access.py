from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.webhook_organization import WebhookOrganization


T = TypeVar("T", bound="WebhookAccess")


@_attrs_define
class WebhookAccess:
    """Who chose the action and where.

    Attributes:
        chat_id (str | Unset): The chat.
        organization (WebhookOrganization | Unset): The person's organization.
        user_agent (str | Unset): The person's client.
        user_id (str | Unset): The person.
        zoho_user_id (str | Unset): The person across Zoho's products.
    """

    chat_id: str | Unset = UNSET
    organization: WebhookOrganization | Unset = UNSET
    user_agent: str | Unset = UNSET
    user_id: str | Unset = UNSET
    zoho_user_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        chat_id = self.chat_id

        organization: dict[str, Any] | Unset = UNSET
        if not isinstance(self.organization, Unset):
            organization = self.organization.to_dict()

        user_agent = self.user_agent

        user_id = self.user_id

        zoho_user_id = self.zoho_user_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if chat_id is not UNSET:
            field_dict["chat_id"] = chat_id
        if organization is not UNSET:
            field_dict["organization"] = organization
        if user_agent is not UNSET:
            field_dict["user_agent"] = user_agent
        if user_id is not UNSET:
            field_dict["user_id"] = user_id
        if zoho_user_id is not UNSET:
            field_dict["zoho_user_id"] = zoho_user_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.webhook_organization import WebhookOrganization  # noqa: PLC0415

        d = dict(src_dict)
        chat_id = d.pop("chat_id", UNSET)

        _organization = d.pop("organization", UNSET)
        organization: WebhookOrganization | Unset
        if isinstance(_organization, Unset):
            organization = UNSET
        else:
            organization = WebhookOrganization.from_dict(_organization)

        user_agent = d.pop("user_agent", UNSET)

        user_id = d.pop("user_id", UNSET)

        zoho_user_id = d.pop("zoho_user_id", UNSET)

        webhook_access = cls(
            chat_id=chat_id,
            organization=organization,
            user_agent=user_agent,
            user_id=user_id,
            zoho_user_id=zoho_user_id,
        )

        webhook_access.additional_properties = d
        return webhook_access

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
