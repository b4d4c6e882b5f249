from enum import StrEnum
from typing import Any


class FormInputType(StrEnum):
    CHECKBOX = "checkbox"
    DATE = "date"
    DATETIME = "datetime"
    DYNAMIC_SELECT = "dynamic_select"
    FILE = "file"
    HIDDEN = "hidden"
    LOCATION = "location"
    NATIVE_SELECT = "native_select"
    NUMBER = "number"
    RADIO = "radio"
    SELECT = "select"
    TEXT = "text"
    TEXTAREA = "textarea"
    TOGGLE = "toggle"

    def __str__(self) -> str:
        return str(self.value)


FORM_INPUT_TYPE_BY_VALUE: dict[object, Any] = {member.value: member for member in FormInputType}
"""The member of each known value."""
