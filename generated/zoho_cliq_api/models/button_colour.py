from enum import StrEnum
from typing import Any


class ButtonColour(StrEnum):
    GREEN = "+"
    RED = "-"

    def __str__(self) -> str:
        return str(self.value)


BUTTON_COLOUR_BY_VALUE: dict[object, Any] = {member.value: member for member in ButtonColour}
"""The member of each known value."""
