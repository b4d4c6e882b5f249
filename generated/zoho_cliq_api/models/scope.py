from enum import StrEnum


class Scope(StrEnum):
    ORGANIZATION = "organization"
    PERSONAL = "personal"
    TEAM = "team"

    def __str__(self) -> str:
        return str(self.value)
