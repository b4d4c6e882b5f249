from enum import StrEnum
from typing import Any


class BannerStatus(StrEnum):
    FAILURE = "failure"
    SUCCESS = "success"

    def __str__(self) -> str:
        return str(self.value)


BANNER_STATUS_BY_VALUE: dict[object, Any] = {member.value: member for member in BannerStatus}
"""The member of each known value."""
