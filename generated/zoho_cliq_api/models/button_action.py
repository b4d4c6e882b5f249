from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.button_action_type import ButtonActionType

if TYPE_CHECKING:
    from ..models.button_action_data import ButtonActionData


T = TypeVar("T", bound="ButtonAction")


@_attrs_define
class ButtonAction:
    """What a button does. To open an address `data` needs `web`, to run a function `name`, to call the system `api`.

    Attributes:
        data (ButtonActionData): What the action needs.
        type_ (ButtonActionType): The kinds of thing that a button does.
    """

    data: ButtonActionData
    type_: ButtonActionType
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        data = self.data.to_dict()

        type_ = self.type_.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "data": data,
                "type": type_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.button_action_data import ButtonActionData  # noqa: PLC0415

        d = dict(src_dict)
        data = ButtonActionData.from_dict(d.pop("data"))

        type_ = ButtonActionType(d.pop("type"))

        button_action = cls(
            data=data,
            type_=type_,
        )

        button_action.additional_properties = d
        return button_action

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
