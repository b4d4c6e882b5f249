"""A progress bar that shows what is done, what waits and how long, and the earliest time at which all is done."""

from __future__ import annotations

import io
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from ..project import Progress
from ..project.plans import duration
from .output import cell


class _Times(ProgressColumn):
    """Counts down what waits, and how long the whole takes at least."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        now = time.monotonic()
        waits = max(0.0, task.fields["waits_until"] - now)
        left = max(0.0, task.fields["done_at"] - now)
        parts = [f"waits {duration(waits)}"] if waits else []
        parts += [f"done in {duration(left)} at the earliest"] if left else []
        return Text(", ".join(parts))


class Bar:
    """A progress bar on standard error, visible from the first progress to the end of the `with` block."""

    def __init__(self) -> None:
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False), _Times())
        self._bar = RichProgress(
            *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._task = self._bar.add_task("", total=None, visible=False, waits_until=0.0, done_at=0.0)

    def show(self, progress: Progress) -> None:
        """Show how far the command has come."""
        now = time.monotonic()
        self._bar.update(
            self._task,
            visible=True,
            total=progress.total,
            completed=progress.done,
            description=cell(progress.what),
            waits_until=now + progress.waits,
            done_at=now + progress.left,
        )

    def rendered(self) -> str:
        """Return the bar as text, as it is now."""
        console = Console(width=200, file=io.StringIO())
        with console.capture() as captured:
            console.print(self._bar.get_renderable())
        return captured.get()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()
