from enum import StrEnum
from typing import Any


class ExecutionType(StrEnum):
    DELUGE = "deluge"
    WEBHOOK = "webhook"

    def __str__(self) -> str:
        return str(self.value)


EXECUTION_TYPE_BY_VALUE: dict[object, Any] = {member.value: member for member in ExecutionType}
"""The member of each known value."""
