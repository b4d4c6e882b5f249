from enum import StrEnum
from typing import Any


class FormInputDataSource(StrEnum):
    CHANNELS = "channels"
    CONTACTS = "contacts"
    CONVERSATIONS = "conversations"
    TEAMS = "teams"

    def __str__(self) -> str:
        return str(self.value)


FORM_INPUT_DATA_SOURCE_BY_VALUE: dict[object, Any] = {
    member.value: member for member in FormInputDataSource
}
"""The member of each known value."""
