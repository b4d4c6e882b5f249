from enum import StrEnum


class CardTheme(StrEnum):
    MODERN_INLINE = "modern-inline"
    POLL = "poll"
    PROMPT = "prompt"

    def __str__(self) -> str:
        return str(self.value)
