from enum import StrEnum


class ButtonColour(StrEnum):
    GREEN = "+"
    RED = "-"

    def __str__(self) -> str:
        return str(self.value)
