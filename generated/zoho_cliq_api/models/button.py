from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.button_colour import ButtonColour
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.button_action import ButtonAction


T = TypeVar("T", bound="Button")


@_attrs_define
class Button:
    """A button below a message.

    Attributes:
        action (ButtonAction): What a button does. To open an address `data` needs `web`, to run a function `name`, to
            call the system `api`.
        label (str): The text on the button.
        hint (str | Unset): The text shown when the pointer rests on the button.
        key (str | Unset): What tells this button from the others.
        type_ (ButtonColour | Unset): The outline of a button: `+` green, `-` red.
    """

    action: ButtonAction
    label: str
    hint: str | Unset = UNSET
    key: str | Unset = UNSET
    type_: ButtonColour | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        action = self.action.to_dict()

        label = self.label

        hint = self.hint

        key = self.key

        type_: str | Unset = UNSET
        if not isinstance(self.type_, Unset):
            type_ = self.type_.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "action": action,
                "label": label,
            }
        )
        if hint is not UNSET:
            field_dict["hint"] = hint
        if key is not UNSET:
            field_dict["key"] = key
        if type_ is not UNSET:
            field_dict["type"] = type_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.button_action import ButtonAction  # noqa: PLC0415

        d = dict(src_dict)
        action = ButtonAction.from_dict(d.pop("action"))

        label = d.pop("label")

        hint = d.pop("hint", UNSET)

        key = d.pop("key", UNSET)

        _type_ = d.pop("type", UNSET)
        type_: ButtonColour | Unset
        if isinstance(_type_, Unset):
            type_ = UNSET
        else:
            type_ = ButtonColour(_type_)

        button = cls(
            action=action,
            label=label,
            hint=hint,
            key=key,
            type_=type_,
        )

        button.additional_properties = d
        return button

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
