from enum import StrEnum


class FormInputDataSource(StrEnum):
    CHANNELS = "channels"
    CONTACTS = "contacts"
    CONVERSATIONS = "conversations"
    TEAMS = "teams"

    def __str__(self) -> str:
        return str(self.value)
