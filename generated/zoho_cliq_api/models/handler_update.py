from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.permission import Permission
from ..types import UNSET, Unset

T = TypeVar("T", bound="HandlerUpdate")


@_attrs_define(weakref_slot=False)
class HandlerUpdate:
    """The change of a handler, exactly one of its two fields.

    Attributes:
        permissions (list[Permission] | Unset): What is sent to the server. Only for webhook actions.
        script (str | Unset): The Deluge source, at most 250 KB of UTF-8. Only for Deluge actions.
    """

    permissions: list[Permission] | Unset = UNSET
    script: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        permissions: list[str] | Unset = UNSET
        if not isinstance(self.permissions, Unset):
            permissions = []
            for permissions_item_data in self.permissions:
                permissions_item = permissions_item_data.value
                permissions.append(permissions_item)

        script = self.script

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if permissions is not UNSET:
            field_dict["permissions"] = permissions
        if script is not UNSET:
            field_dict["script"] = script

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        _permissions = src_dict.get("permissions", UNSET)
        permissions: list[Permission] | Unset = UNSET
        if _permissions is not UNSET:
            permissions = []
            for permissions_item_data in _permissions:
                permissions_item = Permission(permissions_item_data)

                permissions.append(permissions_item)

        script = src_dict.get("script", UNSET)

        handler_update = cls(
            permissions,
            script,
        )

        return handler_update
