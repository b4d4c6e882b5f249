from enum import StrEnum


class MessageType(StrEnum):
    ATTACHMENT = "attachment"
    LINK = "link"
    TEXT = "text"

    def __str__(self) -> str:
        return str(self.value)
