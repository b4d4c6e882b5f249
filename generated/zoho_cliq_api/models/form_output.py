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
    from ..models.form_output_action import FormOutputAction
    from ..models.form_output_inputs_item import FormOutputInputsItem


T = TypeVar("T", bound="FormOutput")


@_attrs_define
class FormOutput:
    """A form to fill in.

    Attributes:
        inputs (list[FormOutputInputsItem]): The fields.
        name (str): The form's name.
        title (str): The heading.
        type_ (Literal['form']):
        action (FormOutputAction | Unset): What runs when the form is sent.
        button_label (str | Unset): The label of the button that sends the form.
        hint (str | Unset): A line of explanation.
    """

    inputs: list[FormOutputInputsItem]
    name: str
    title: str
    type_: Literal["form"]
    action: FormOutputAction | Unset = UNSET
    button_label: str | Unset = UNSET
    hint: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        inputs = []
        for inputs_item_data in self.inputs:
            inputs_item = inputs_item_data.to_dict()
            inputs.append(inputs_item)

        name = self.name

        title = self.title

        type_ = self.type_

        action: dict[str, Any] | Unset = UNSET
        if not isinstance(self.action, Unset):
            action = self.action.to_dict()

        button_label = self.button_label

        hint = self.hint

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "inputs": inputs,
                "name": name,
                "title": title,
                "type": type_,
            }
        )
        if action is not UNSET:
            field_dict["action"] = action
        if button_label is not UNSET:
            field_dict["button_label"] = button_label
        if hint is not UNSET:
            field_dict["hint"] = hint

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.form_output_action import FormOutputAction  # noqa: PLC0415
        from ..models.form_output_inputs_item import FormOutputInputsItem  # noqa: PLC0415

        d = dict(src_dict)
        inputs = []
        _inputs = d.pop("inputs")
        for inputs_item_data in _inputs:
            inputs_item = FormOutputInputsItem.from_dict(inputs_item_data)

            inputs.append(inputs_item)

        name = d.pop("name")

        title = d.pop("title")

        type_ = cast(Literal["form"], d.pop("type"))
        if type_ != "form":
            raise ValueError(f"type must match const 'form', got '{type_}'")

        _action = d.pop("action", UNSET)
        action: FormOutputAction | Unset
        if isinstance(_action, Unset):
            action = UNSET
        else:
            action = FormOutputAction.from_dict(_action)

        button_label = d.pop("button_label", UNSET)

        hint = d.pop("hint", UNSET)

        form_output = cls(
            inputs=inputs,
            name=name,
            title=title,
            type_=type_,
            action=action,
            button_label=button_label,
            hint=hint,
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
