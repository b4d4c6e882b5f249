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

T = TypeVar("T", bound="CardButton")


@_attrs_define(weakref_slot=False)
class CardButton:
    """A button in a card. Its label may be longer than that of a button below a message.

    Attributes:
        action (ButtonAction): What a button does. To open an address `data` needs `web`, to run a function `name`, to
            call the system `api`.
        label (str): The text on the button.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "action": "action",
        "label": "label",
    }
    """The attribute of each field."""

    action: ButtonAction
    label: str
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
        action = ButtonAction.from_dict(src_dict["action"])

        label = src_dict["label"]

        card_button = cls(
            action,
            label,
        )

        if len(src_dict) != 2:
            card_button.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
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


# Models may refer to each other in a circle, so these stand below the class.
from ..models.button_action import ButtonAction
