"""Report the progress of a bulk to a function, or on standard error: as a bar with rich, else as lines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeAlias

from ..errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class BulkProgress:
    """The progress of a bulk.

    Attributes:
        total: the number of calls.
        done: the number of calls done, including those that failed.
        failed: the number of calls that failed.
        waiting: seconds of the wait that begins now; 0 after a call.
        seconds_left: an estimate of the time to the end, from the thresholds alone.
    """

    total: int
    done: int
    failed: int
    waiting: float
    seconds_left: float

    def __str__(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.done} of {self.total} calls{failed}, {duration(self.seconds_left)} left"


Report: TypeAlias = Callable[[BulkProgress], None]


def duration(seconds: float) -> str:
    """Return a duration for people: `45 s`, `3 min 05 s`, `2 h 10 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def reporter(progress: bool | Report) -> AbstractContextManager[Report]:
    """Return a context manager whose value takes progress reports.

    Args:
        progress: False reports nothing, True shows progress on standard error, a function is called itself.

    Raise ConfigurationError for anything else.
    """
    if progress is False:
        return nullcontext(lambda _: None)
    if progress is not True:
        if not callable(progress):
            raise ConfigurationError(f"progress must be True, False or a function, not {type(progress).__name__}")
        return nullcontext(progress)
    try:
        from rich.progress import Progress
    except ImportError:
        return nullcontext(_line)
    return _Bar(Progress)


def _line(progress: BulkProgress) -> None:
    """Print a line before each wait and at the end."""
    if progress.waiting or progress.done == progress.total:
        print(progress, file=sys.stderr, flush=True)


class _Bar:
    """A progress bar of rich."""

    def __init__(self, kind: Any) -> None:
        from rich.console import Console

        self._bar = kind(*kind.get_default_columns()[:3], "{task.fields[left]}", console=Console(stderr=True))
        self._task = self._bar.add_task("calls", total=None, left="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def __call__(self, progress: BulkProgress) -> None:
        self._bar.update(self._task, total=progress.total, completed=progress.done, left=str(progress))
