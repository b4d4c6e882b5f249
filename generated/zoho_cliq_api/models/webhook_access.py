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

T = TypeVar("T", bound="WebhookAccess")


@_attrs_define(weakref_slot=False)
class WebhookAccess:
    """Who chose the action and where.

    Attributes:
        chat_id (str | Unset): The chat.
        organization (WebhookOrganization | Unset): The person's organization.
        user_agent (str | Unset): The person's client.
        user_id (str | Unset): The person.
        zoho_user_id (str | Unset): The person across Zoho's products.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "chat_id": "chat_id",
        "organization": "organization",
        "user_agent": "user_agent",
        "user_id": "user_id",
        "zoho_user_id": "zoho_user_id",
    }
    """The attribute of each field."""

    chat_id: str | Unset = UNSET
    organization: WebhookOrganization | Unset = UNSET
    user_agent: str | Unset = UNSET
    user_id: str | Unset = UNSET
    zoho_user_id: str | Unset = UNSET
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
        chat_id = src_dict.get("chat_id", UNSET)

        _organization = src_dict.get("organization", UNSET)
        organization: WebhookOrganization | Unset
        if isinstance(_organization, Unset):
            organization = UNSET
        else:
            organization = WebhookOrganization.from_dict(_organization)

        user_agent = src_dict.get("user_agent", UNSET)

        user_id = src_dict.get("user_id", UNSET)

        zoho_user_id = src_dict.get("zoho_user_id", UNSET)

        webhook_access = cls(
            chat_id,
            organization,
            user_agent,
            user_id,
            zoho_user_id,
        )

        if len(src_dict) != 0 + (chat_id is not UNSET) + (organization is not UNSET) + (
            user_agent is not UNSET
        ) + (user_id is not UNSET) + (zoho_user_id is not UNSET):
            webhook_access.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
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


# Models may refer to each other in a circle, so these stand below the class.
from ..models.webhook_organization import WebhookOrganization
