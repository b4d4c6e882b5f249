from enum import StrEnum
from typing import Any


class MessageType(StrEnum):
    ATTACHMENT = "attachment"
    LINK = "link"
    TEXT = "text"

    def __str__(self) -> str:
        return str(self.value)


MESSAGE_TYPE_BY_VALUE: dict[object, Any] = {member.value: member for member in MessageType}
"""The member of each known value."""
