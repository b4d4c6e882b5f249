from enum import StrEnum
from typing import Any


class Scope(StrEnum):
    ORGANIZATION = "organization"
    PERSONAL = "personal"
    TEAM = "team"

    def __str__(self) -> str:
        return str(self.value)


SCOPE_BY_VALUE: dict[object, Any] = {member.value: member for member in Scope}
"""The member of each known value."""
