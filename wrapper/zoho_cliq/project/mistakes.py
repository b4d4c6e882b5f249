"""Mistakes in a project's files, each with file and line, and the exceptions that carry them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..errors import CliqError, ConfigurationError


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply did: the number of steps, and what somebody else changed at the account meanwhile."""

    steps: int
    changed_meanwhile: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """Something in a file that must, or for a warning should, be mended.

    `file` is relative to the project's folder, `line` counts from 1. `severity` is `error` or `warning`.
    """

    file: str
    line: int
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"

    def to_dict(self) -> dict[str, str | int]:
        """Return the mistake as JSON has it."""
        return {"file": self.file, "line": self.line, "severity": self.severity, "message": self.message}


class ProjectError(ConfigurationError):
    """The folder cannot be used; nothing was sent. `mistakes` has every mistake that was found."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        first, *more = map(str, self.mistakes)
        super().__init__(f"{first} (and {len(more)} more)" if more else first)


class NoProject(ProjectError):
    """There is no folder, or no `cliq.toml` in it."""


class AccountChanged(CliqError):
    """The account, or the lock file, is not as it was when the plan was made. What differs was not overwritten.

    `changes` has one line for each difference. Plan again, and look at them.
    """

    def __init__(self, changes: Iterable[str]) -> None:
        self.changes = tuple(changes)
        super().__init__(f"changed since the plan was made: {'; '.join(self.changes)}; plan again")


class FolderBusy(CliqError):
    """Another pull or apply is working in the folder; nothing was sent."""


class Incomplete(CliqError):
    """Everything that could be done was done, and something is left that needs a decision.

    `blocked` says what is left, `applied` is what an apply without anything blocked returns.
    """

    def __init__(self, blocked: Iterable[str], applied: Applied) -> None:
        self.blocked = tuple(blocked)
        self.applied = applied
        super().__init__("; ".join(self.blocked))
