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

T = TypeVar("T", bound="WebhookAnswer")


@_attrs_define(weakref_slot=False)
class WebhookAnswer:
    """What the person sees.

    Attributes:
        output (BannerOutput | FormErrorOutput | FormOutput | MessageOutput):
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "output": "output",
    }
    """The attribute of each field."""

    output: BannerOutput | FormErrorOutput | FormOutput | MessageOutput
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
        def _parse_output(
            data: object,
        ) -> BannerOutput | FormErrorOutput | FormOutput | MessageOutput:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                output_type_0 = BannerOutput.from_dict(data)

                return output_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                output_type_1 = FormOutput.from_dict(data)

                return output_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                output_type_2 = FormErrorOutput.from_dict(data)

                return output_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            output_type_3 = MessageOutput.from_dict(data)

            return output_type_3

        output = _parse_output(src_dict["output"])

        webhook_answer = cls(
            output,
        )

        if len(src_dict) != 1:
            webhook_answer.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return webhook_answer

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
from ..models.banner_output import BannerOutput
from ..models.form_error_output import FormErrorOutput
from ..models.form_output import FormOutput
from ..models.message_output import MessageOutput
