from enum import StrEnum


class MessageType(StrEnum):
    ATTACHMENT = "attachment"
    LINK = "link"
    TEXT = "text"

    def __str__(self) -> str:
        return str(self.value)


MESSAGE_TYPE_BY_VALUE: dict[object, MessageType] = {member.value: member for member in MessageType}
"""The member of each known value."""
