from enum import StrEnum
from typing import Any


class HandlerType(StrEnum):
    EXECUTION_HANDLER = "execution_handler"

    def __str__(self) -> str:
        return str(self.value)


HANDLER_TYPE_BY_VALUE: dict[object, Any] = {member.value: member for member in HandlerType}
"""The member of each known value."""
