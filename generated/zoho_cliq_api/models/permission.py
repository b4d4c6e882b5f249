from enum import StrEnum


class Permission(StrEnum):
    ATTACHMENTS = "attachments"
    CHAT = "chat"
    LOCATION = "location"
    MESSAGE = "message"
    USER = "user"

    def __str__(self) -> str:
        return str(self.value)
