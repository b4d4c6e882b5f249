from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.permission import Permission

T = TypeVar("T", bound="WebhookHandler")


@_attrs_define
class WebhookHandler:
    """The handler of a webhook action.

    Attributes:
        function_id (str): The id of the function behind the handler; the action's own id in every sample.
        name (str): The kind of handler.
        permissions (list[Permission | str]): What is sent to the server.
    """

    function_id: str
    name: str
    permissions: list[Permission | str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        function_id = self.function_id

        name = self.name

        permissions = []
        for permissions_item_data in self.permissions:
            permissions_item: str
            if isinstance(permissions_item_data, Permission):
                permissions_item = permissions_item_data.value
            else:
                permissions_item = permissions_item_data
            permissions.append(permissions_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "function_id": function_id,
                "name": name,
                "permissions": permissions,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        function_id = d.pop("function_id")

        name = d.pop("name")

        permissions = []
        _permissions = d.pop("permissions")
        for permissions_item_data in _permissions:

            def _parse_permissions_item(data: object) -> Permission | str:
                try:
                    if not isinstance(data, str):
                        raise TypeError()
                    permissions_item_type_0 = Permission(data)

                    return permissions_item_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                return cast(Permission | str, data)

            permissions_item = _parse_permissions_item(permissions_item_data)

            permissions.append(permissions_item)

        webhook_handler = cls(
            function_id=function_id,
            name=name,
            permissions=permissions,
        )

        webhook_handler.additional_properties = d
        return webhook_handler

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
