from enum import StrEnum
from typing import Any


class SlideType(StrEnum):
    IMAGES = "images"
    LABEL = "label"
    LIST = "list"
    TABLE = "table"
    TEXT = "text"

    def __str__(self) -> str:
        return str(self.value)


SLIDE_TYPE_BY_VALUE: dict[object, Any] = {member.value: member for member in SlideType}
"""The member of each known value."""
