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

T = TypeVar("T", bound="WebhookEvent")


@_attrs_define(weakref_slot=False)
class WebhookEvent:
    """What Cliq sends when a person chooses a message action.

    Attributes:
        handler (WebhookEventHandler): The handler that is to run.
        name (str): The name of the action.
        params (WebhookParams): The context, as far as the handler's permissions go.
        type_ (str): The kind of component, `messageaction`.
        response_url (str | Unset): Where an answer may be posted once after the time for answering is over.
        timestamp (int | Unset): When the action was chosen, in milliseconds since 1970.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "handler": "handler",
        "name": "name",
        "params": "params",
        "type": "type_",
        "response_url": "response_url",
        "timestamp": "timestamp",
    }
    """The attribute of each field."""

    handler: WebhookEventHandler
    name: str
    params: WebhookParams
    type_: str
    response_url: str | Unset = UNSET
    timestamp: int | Unset = UNSET
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
        handler = WebhookEventHandler.from_dict(src_dict["handler"])

        name = src_dict["name"]

        params = WebhookParams.from_dict(src_dict["params"])

        type_ = src_dict["type"]

        response_url = src_dict.get("response_url", UNSET)

        timestamp = src_dict.get("timestamp", UNSET)

        webhook_event = cls(
            handler,
            name,
            params,
            type_,
            response_url,
            timestamp,
        )

        if len(src_dict) != 4 + (response_url is not UNSET) + (timestamp is not UNSET):
            webhook_event.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return webhook_event

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
from ..models.webhook_event_handler import WebhookEventHandler
from ..models.webhook_params import WebhookParams
