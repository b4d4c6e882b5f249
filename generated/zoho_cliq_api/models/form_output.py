from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    ClassVar,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="FormOutput")


@_attrs_define(weakref_slot=False)
class FormOutput:
    """A form to fill in. What happens on sending is a function's business.

    Attributes:
        action (FormAction): The function that runs when the form is sent.
        inputs (list[FormInput]): The fields.
        name (str): The form's name.
        title (str): The heading.
        type_ (Literal['form']):
        button_label (str | Unset): The label of the button that sends the form.
        hint (str | Unset): A line of explanation.
        trigger_on_cancel (bool | Unset): Whether the function also runs when the form is dropped.
        version (int | Unset): The version of the form's layout. 1 is the only one known.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "action": "action",
        "inputs": "inputs",
        "name": "name",
        "title": "title",
        "type": "type_",
        "button_label": "button_label",
        "hint": "hint",
        "trigger_on_cancel": "trigger_on_cancel",
        "version": "version",
    }
    """The attribute of each field."""

    action: FormAction
    inputs: list[FormInput]
    name: str
    title: str
    type_: Literal["form"]
    button_label: str | Unset = UNSET
    hint: str | Unset = UNSET
    trigger_on_cancel: bool | Unset = UNSET
    version: int | Unset = UNSET
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
        action = FormAction.from_dict(src_dict["action"])

        _inputs = src_dict["inputs"]
        inputs = list(map(FormInput.from_dict, _inputs))

        name = src_dict["name"]

        title = src_dict["title"]

        type_ = cast(Literal["form"], src_dict["type"])
        if type_ != "form":
            raise ValueError(f"type must match const 'form', got '{type_}'")

        button_label = src_dict.get("button_label", UNSET)

        hint = src_dict.get("hint", UNSET)

        trigger_on_cancel = src_dict.get("trigger_on_cancel", UNSET)

        version = src_dict.get("version", UNSET)

        form_output = cls(
            action,
            inputs,
            name,
            title,
            type_,
            button_label,
            hint,
            trigger_on_cancel,
            version,
        )

        if len(src_dict) != 5 + (button_label is not UNSET) + (hint is not UNSET) + (
            trigger_on_cancel is not UNSET
        ) + (version is not UNSET):
            form_output.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return form_output

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
from ..models.form_action import FormAction
from ..models.form_input import FormInput
