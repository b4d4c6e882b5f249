from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    ClassVar,
    TypeVar,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import plain_fields

T = TypeVar("T", bound="HandlerResponse")


@_attrs_define(weakref_slot=False)
class HandlerResponse:
    """The handler of a message action in its envelope.

    Attributes:
        data (DelugeHandler | UnsetHandler | WebhookHandler):
        type_ (str): What the answer holds: `messageaction` or `execution_handler`.
        url (str): The path of the resource, `/api/v3` included. Never join it to the base URL.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "data": "data",
        "type": "type_",
        "url": "url",
    }
    """The attribute of each field."""

    data: DelugeHandler | UnsetHandler | WebhookHandler
    type_: str
    url: str
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
        def _parse_data(data: object) -> DelugeHandler | UnsetHandler | WebhookHandler:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                data_type_0 = DelugeHandler.from_dict(data)

                return data_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                data_type_1 = WebhookHandler.from_dict(data)

                return data_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            data_type_2 = UnsetHandler.from_dict(data)

            return data_type_2

        data = _parse_data(src_dict["data"])

        type_ = src_dict["type"]

        url = src_dict["url"]

        handler_response = cls(
            data,
            type_,
            url,
        )

        if len(src_dict) != 3:
            handler_response.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return handler_response

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
from ..models.deluge_handler import DelugeHandler
from ..models.unset_handler import UnsetHandler
from ..models.webhook_handler import WebhookHandler
