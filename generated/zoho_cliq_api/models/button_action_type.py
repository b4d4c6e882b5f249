from enum import StrEnum
from typing import Any


class ButtonActionType(StrEnum):
    COPY = "copy"
    INVOKE_BOT = "invoke.bot"
    INVOKE_FUNCTION = "invoke.function"
    OPEN_URL = "open.url"
    PREVIEW_URL = "preview.url"
    SYSTEM_API = "system.api"

    def __str__(self) -> str:
        return str(self.value)


BUTTON_ACTION_TYPE_BY_VALUE: dict[object, Any] = {
    member.value: member for member in ButtonActionType
}
"""The member of each known value."""
