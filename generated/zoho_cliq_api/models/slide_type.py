from enum import StrEnum


class SlideType(StrEnum):
    IMAGES = "images"
    LABEL = "label"
    LIST = "list"
    TABLE = "table"
    TEXT = "text"

    def __str__(self) -> str:
        return str(self.value)
