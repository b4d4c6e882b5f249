from enum import StrEnum


class HandlerType(StrEnum):
    EXECUTION_HANDLER = "execution_handler"

    def __str__(self) -> str:
        return str(self.value)
