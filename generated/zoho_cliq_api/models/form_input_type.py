from enum import StrEnum


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
