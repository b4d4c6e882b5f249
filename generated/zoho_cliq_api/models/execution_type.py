from enum import StrEnum


class ExecutionType(StrEnum):
    DELUGE = "deluge"
    WEBHOOK = "webhook"

    def __str__(self) -> str:
        return str(self.value)
