from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    ClassVar,
    TypeVar,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.form_input_data_source import FormInputDataSource
from ..models.form_input_type import FormInputType
from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="FormInput")


@_attrs_define(weakref_slot=False)
class FormInput:
    """A field of a form.

    Attributes:
        label (str): The text beside the field.
        name (str): The field's name.
        type_ (FormInputType): A kind of field.
        data_source (FormInputDataSource | Unset): What a native select lists.
        format_ (str | Unset): The kind of text, as `email`, `tel`, `url`, `password`.
        hint (str | Unset): A line of explanation.
        mandatory (bool | Unset): Whether the field must be filled in. Most kinds are mandatory where this is left out.
        max_length (int | Unset): How many characters are allowed.
        max_selections (int | Unset): How many may be chosen.
        min_length (int | Unset): How many characters are needed.
        multiple (bool | Unset): Whether several may be chosen.
        options (list[FormOption] | Unset): The choices.
        placeholder (str | Unset): What stands in the empty field.
        trigger_on_change (bool | Unset): Whether a change runs the function.
        value (Any | Unset): What the field holds at first.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "label": "label",
        "name": "name",
        "type": "type_",
        "data_source": "data_source",
        "format": "format_",
        "hint": "hint",
        "mandatory": "mandatory",
        "max_length": "max_length",
        "max_selections": "max_selections",
        "min_length": "min_length",
        "multiple": "multiple",
        "options": "options",
        "placeholder": "placeholder",
        "trigger_on_change": "trigger_on_change",
        "value": "value",
    }
    """The attribute of each field."""

    label: str
    name: str
    type_: FormInputType
    data_source: FormInputDataSource | Unset = UNSET
    format_: str | Unset = UNSET
    hint: str | Unset = UNSET
    mandatory: bool | Unset = UNSET
    max_length: int | Unset = UNSET
    max_selections: int | Unset = UNSET
    min_length: int | Unset = UNSET
    multiple: bool | Unset = UNSET
    options: list[FormOption] | Unset = UNSET
    placeholder: str | Unset = UNSET
    trigger_on_change: bool | Unset = UNSET
    value: Any | Unset = UNSET
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
        label = src_dict["label"]

        name = src_dict["name"]

        type_ = FormInputType(src_dict["type"])

        _data_source = src_dict.get("data_source", UNSET)
        data_source: FormInputDataSource | Unset
        if isinstance(_data_source, Unset):
            data_source = UNSET
        else:
            data_source = FormInputDataSource(_data_source)

        format_ = src_dict.get("format", UNSET)

        hint = src_dict.get("hint", UNSET)

        mandatory = src_dict.get("mandatory", UNSET)

        max_length = src_dict.get("max_length", UNSET)

        max_selections = src_dict.get("max_selections", UNSET)

        min_length = src_dict.get("min_length", UNSET)

        multiple = src_dict.get("multiple", UNSET)

        _options = src_dict.get("options", UNSET)
        options: list[FormOption] | Unset = UNSET
        if _options is not UNSET:
            options = list(map(FormOption.from_dict, _options))

        placeholder = src_dict.get("placeholder", UNSET)

        trigger_on_change = src_dict.get("trigger_on_change", UNSET)

        value = src_dict.get("value", UNSET)

        form_input = cls(
            label,
            name,
            type_,
            data_source,
            format_,
            hint,
            mandatory,
            max_length,
            max_selections,
            min_length,
            multiple,
            options,
            placeholder,
            trigger_on_change,
            value,
        )

        if len(src_dict) != 3 + (data_source is not UNSET) + (format_ is not UNSET) + (
            hint is not UNSET
        ) + (mandatory is not UNSET) + (max_length is not UNSET) + (max_selections is not UNSET) + (
            min_length is not UNSET
        ) + (multiple is not UNSET) + (options is not UNSET) + (placeholder is not UNSET) + (
            trigger_on_change is not UNSET
        ) + (value is not UNSET):
            form_input.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return form_input

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
from ..models.form_option import FormOption
