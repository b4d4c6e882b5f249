from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.button_action import ButtonAction


T = TypeVar("T", bound="CardButton")


@_attrs_define
class CardButton:
    """A button in a card. Its label may be longer than that of a button below a message.

    Attributes:
        action (ButtonAction): What a button does. To open an address `data` needs `web`, to run a function `name`, to
            call the system `api`.
        label (str): The text on the button.
    """

    action: ButtonAction
    label: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        action = self.action.to_dict()

        label = self.label

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "action": action,
                "label": label,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.button_action import ButtonAction  # noqa: PLC0415

        d = dict(src_dict)
        action = ButtonAction.from_dict(d.pop("action"))

        label = d.pop("label")

        card_button = cls(
            action=action,
            label=label,
        )

        card_button.additional_properties = d
        return card_button

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
