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

T = TypeVar("T", bound="MessageActionList")


@_attrs_define(weakref_slot=False)
class MessageActionList:
    """One page of message actions.

    Attributes:
        data (list[MessageAction]):
        type_ (str): What the answer holds: `messageaction` or `execution_handler`.
        url (str): The path of the resource, `/api/v3` included. Never join it to the base URL.
        deleted (list[str] | Unset): Ids of actions that are gone since the sync token.
        next_token (str | Unset): The token of the next page. The last page has none.
        sync_token (str | Unset): The token for a later listing of what changed.
        total_count (int | Unset): How many actions there are in all.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "data": "data",
        "type": "type_",
        "url": "url",
        "deleted": "deleted",
        "next_token": "next_token",
        "sync_token": "sync_token",
        "total_count": "total_count",
    }
    """The attribute of each field."""

    data: list[MessageAction]
    type_: str
    url: str
    deleted: list[str] | Unset = UNSET
    next_token: str | Unset = UNSET
    sync_token: str | Unset = UNSET
    total_count: int | Unset = UNSET
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
        _data = src_dict["data"]
        data = list(map(MessageAction.from_dict, _data))

        type_ = src_dict["type"]

        url = src_dict["url"]

        deleted: list[str] | Unset = src_dict.get("deleted", UNSET)

        next_token = src_dict.get("next_token", UNSET)

        sync_token = src_dict.get("sync_token", UNSET)

        total_count = src_dict.get("total_count", UNSET)

        message_action_list = cls(
            data,
            type_,
            url,
            deleted,
            next_token,
            sync_token,
            total_count,
        )

        if len(src_dict) != 3 + (deleted is not UNSET) + (next_token is not UNSET) + (
            sync_token is not UNSET
        ) + (total_count is not UNSET):
            message_action_list.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return message_action_list

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
from ..models.message_action import MessageAction
