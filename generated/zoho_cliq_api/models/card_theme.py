from enum import StrEnum
from typing import Any


class CardTheme(StrEnum):
    MODERN_INLINE = "modern-inline"
    POLL = "poll"
    PROMPT = "prompt"

    def __str__(self) -> str:
        return str(self.value)


CARD_THEME_BY_VALUE: dict[object, Any] = {member.value: member for member in CardTheme}
"""The member of each known value."""
