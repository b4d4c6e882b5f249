"""Limits on time and memory for processing a document from another author.

A small document can still cost hours, and some growth is only noticed while it happens. So the limits of single modules
(bytes, nodes, properties, references) are backed by two general ones: a deadline, enforced by an alarm in this process
and by timeouts of its child processes, and a memory limit that child processes inherit.
"""

from __future__ import annotations

import contextlib
import resource
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from pipeline.errors import PipelineError

SECONDS = 25.0
"""The time limit for work on one document, in seconds; `--max-seconds` changes it."""
MEMORY = 900_000_000
"""The memory limit of each process, in bytes."""

_end: float | None = None


@contextlib.contextmanager
def deadline(seconds: float, name: str) -> Iterator[None]:
    """Raise PipelineError inside the `with` block after `seconds`. `name` is the document's name in the message.

    C code is interrupted only when it returns. Outside the main thread, only child processes are limited.
    """
    global _end

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise too_slow(name, seconds)

    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGALRM, stop) if in_main else None
    _end = time.monotonic() + seconds
    try:
        if in_main:
            signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        if in_main:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        _end = None


def lift_deadline() -> None:
    """End the deadline early, because moving files into place must not be interrupted."""
    global _end
    if threading.current_thread() is threading.main_thread():
        signal.setitimer(signal.ITIMER_REAL, 0)
    _end = None


def too_slow(name: str, seconds: float) -> PipelineError:
    """Return the error for an exceeded deadline."""
    return PipelineError(
        f"{name}: not fetched, read and generated within {seconds:g} seconds; make the document smaller, or allow more "
        "with --max-seconds"
    )


def remaining() -> float | None:
    """Return the seconds left until the deadline, or None if there is none."""
    return None if _end is None else max(0.1, _end - time.monotonic())


def limit_memory(size: int = MEMORY) -> None:
    """Limit the memory of this process and of each child to `size` bytes. Exceeding it raises MemoryError."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    with contextlib.suppress(OSError, ValueError):  # the deadline still applies where memory cannot be limited
        resource.setrlimit(resource.RLIMIT_DATA, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
