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

T = TypeVar("T", bound="FormErrorOutput")


@_attrs_define(weakref_slot=False)
class FormErrorOutput:
    """What is wrong with a form that was sent.

    Attributes:
        type_ (Literal['form_error']):
        inputs (FormErrorOutputInputs | Unset): A line per field, by the field's name.
        text (str | Unset): The line above the form.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "type": "type_",
        "inputs": "inputs",
        "text": "text",
    }
    """The attribute of each field."""

    type_: Literal["form_error"]
    inputs: FormErrorOutputInputs | Unset = UNSET
    text: str | Unset = UNSET
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
        type_ = cast(Literal["form_error"], src_dict["type"])
        if type_ != "form_error":
            raise ValueError(f"type must match const 'form_error', got '{type_}'")

        _inputs = src_dict.get("inputs", UNSET)
        inputs: FormErrorOutputInputs | Unset
        if isinstance(_inputs, Unset):
            inputs = UNSET
        else:
            inputs = FormErrorOutputInputs.from_dict(_inputs)

        text = src_dict.get("text", UNSET)

        form_error_output = cls(
            type_,
            inputs,
            text,
        )

        if len(src_dict) != 1 + (inputs is not UNSET) + (text is not UNSET):
            form_error_output.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return form_error_output

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
from ..models.form_error_output_inputs import FormErrorOutputInputs
