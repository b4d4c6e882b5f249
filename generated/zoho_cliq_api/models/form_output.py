from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.form_action import FormAction
    from ..models.form_input import FormInput


T = TypeVar("T", bound="FormOutput")


@_attrs_define
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

    action: FormAction
    inputs: list[FormInput]
    name: str
    title: str
    type_: Literal["form"]
    button_label: str | Unset = UNSET
    hint: str | Unset = UNSET
    trigger_on_cancel: bool | Unset = UNSET
    version: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        action = self.action.to_dict()

        inputs = []
        for inputs_item_data in self.inputs:
            inputs_item = inputs_item_data.to_dict()
            inputs.append(inputs_item)

        name = self.name

        title = self.title

        type_ = self.type_

        button_label = self.button_label

        hint = self.hint

        trigger_on_cancel = self.trigger_on_cancel

        version = self.version

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "action": action,
                "inputs": inputs,
                "name": name,
                "title": title,
                "type": type_,
            }
        )
        if button_label is not UNSET:
            field_dict["button_label"] = button_label
        if hint is not UNSET:
            field_dict["hint"] = hint
        if trigger_on_cancel is not UNSET:
            field_dict["trigger_on_cancel"] = trigger_on_cancel
        if version is not UNSET:
            field_dict["version"] = version

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.form_action import FormAction  # noqa: PLC0415
        from ..models.form_input import FormInput  # noqa: PLC0415

        d = dict(src_dict)
        action = FormAction.from_dict(d.pop("action"))

        inputs = []
        _inputs = d.pop("inputs")
        for inputs_item_data in _inputs:
            inputs_item = FormInput.from_dict(inputs_item_data)

            inputs.append(inputs_item)

        name = d.pop("name")

        title = d.pop("title")

        type_ = cast(Literal["form"], d.pop("type"))
        if type_ != "form":
            raise ValueError(f"type must match const 'form', got '{type_}'")

        button_label = d.pop("button_label", UNSET)

        hint = d.pop("hint", UNSET)

        trigger_on_cancel = d.pop("trigger_on_cancel", UNSET)

        version = d.pop("version", UNSET)

        form_output = cls(
            action=action,
            inputs=inputs,
            name=name,
            title=title,
            type_=type_,
            button_label=button_label,
            hint=hint,
            trigger_on_cancel=trigger_on_cancel,
            version=version,
        )

        form_output.additional_properties = d
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
