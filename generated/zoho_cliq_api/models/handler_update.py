from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    ClassVar,
    TypeVar,
)

from attrs import define as _attrs_define

from ..models.permission import Permission
from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="HandlerUpdate")


@_attrs_define(weakref_slot=False)
class HandlerUpdate:
    """The change of a handler, exactly one of its two fields.

    Attributes:
        permissions (list[Permission] | Unset): What is sent to the server. Only for webhook actions.
        script (str | Unset): The Deluge source, at most 250 KB of UTF-8. Only for Deluge actions.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "permissions": "permissions",
        "script": "script",
    }
    """The attribute of each field."""

    permissions: list[Permission] | Unset = UNSET
    script: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        return plain_fields(self, {})

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
