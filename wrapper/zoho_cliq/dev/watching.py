"""Watch files for changes. Needs watchfiles (extra `dev`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from .._extras import unavailable
from ..errors import CliqError

STEP = 50
DEBOUNCE = 400
"""Milliseconds: changes are reported once none has come for `STEP`, at the latest after `DEBOUNCE`."""
IDLE = 500
"""Milliseconds without a change after which the watcher is taken to be running."""


def require() -> None:
    """Raise ConfigurationError if watchfiles is missing."""
    try:
        import watchfiles  # noqa: F401
    except ImportError as error:
        raise unavailable("zoho-cliq dev needs", "watchfiles", "dev", error) from error


def watch(folders: Sequence[Path], on_change: Callable[[set[Path]], None], stop: threading.Event) -> None:
    """Call `on_change` with the changed files until `stop` is set. Temporary files of editors and tools are left out.

    When the watcher is running, it is called once with the folders themselves, because earlier changes were not seen.
    Raise CliqError if the system cannot watch a folder.
    """
    import watchfiles

    begun = False
    try:
        for found in watchfiles.watch(
            *folders,
            debounce=DEBOUNCE,
            step=STEP,
            stop_event=stop,
            rust_timeout=IDLE,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            if found:
                on_change({Path(path) for _, path in found})
            elif not begun:
                begun = True
                on_change(set(folders))
    except (OSError, RuntimeError) as error:
        shown = ", ".join(map(str, folders))
        raise CliqError(f"changes in {shown} cannot be watched: {error}") from None
