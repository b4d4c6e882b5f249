from enum import StrEnum
from typing import Any


class Permission(StrEnum):
    ATTACHMENTS = "attachments"
    CHAT = "chat"
    LOCATION = "location"
    MESSAGE = "message"
    USER = "user"

    def __str__(self) -> str:
        return str(self.value)


PERMISSION_BY_VALUE: dict[object, Any] = {member.value: member for member in Permission}
"""The member of each known value."""
