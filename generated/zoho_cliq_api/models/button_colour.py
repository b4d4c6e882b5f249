from enum import StrEnum


class ButtonColour(StrEnum):
    GREEN = "+"
    RED = "-"

    def __str__(self) -> str:
        return str(self.value)


BUTTON_COLOUR_BY_VALUE: dict[object, ButtonColour] = {
    member.value: member for member in ButtonColour
}
"""The member of each known value."""
