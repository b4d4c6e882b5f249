from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    ClassVar,
    TypeVar,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.button_colour import ButtonColour
from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="Button")


@_attrs_define(weakref_slot=False)
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

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "action": "action",
        "label": "label",
        "hint": "hint",
        "key": "key",
        "type": "type_",
    }
    """The attribute of each field."""

    action: ButtonAction
    label: str
    hint: str | Unset = UNSET
    key: str | Unset = UNSET
    type_: ButtonColour | Unset = UNSET
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

        hint = src_dict.get("hint", UNSET)

        key = src_dict.get("key", UNSET)

        _type_ = src_dict.get("type", UNSET)
        type_: ButtonColour | Unset
        if isinstance(_type_, Unset):
            type_ = UNSET
        else:
            type_ = ButtonColour(_type_)

        button = cls(
            action,
            label,
            hint,
            key,
            type_,
        )

        if len(src_dict) != 2 + (hint is not UNSET) + (key is not UNSET) + (type_ is not UNSET):
            button.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
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


# Models may refer to each other in a circle, so these stand below the class.
from ..models.button_action import ButtonAction
