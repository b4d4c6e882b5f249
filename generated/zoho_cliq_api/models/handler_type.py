from enum import StrEnum


class HandlerType(StrEnum):
    EXECUTION_HANDLER = "execution_handler"

    def __str__(self) -> str:
        return str(self.value)


HANDLER_TYPE_BY_VALUE: dict[object, HandlerType] = {member.value: member for member in HandlerType}
"""The member of each known value."""
