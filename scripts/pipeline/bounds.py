"""Bounds on time and memory for work on a document that somebody else wrote.

A document can be small and still cost hours: what multiplies is often seen only while it does. So the limits of the
single modules (bytes, nodes, properties, references) are backed by two that hold for everything: a deadline, kept by an
alarm in this process and by the timeouts of its child processes, and a limit on memory that child processes inherit.
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
"""How long work on one document may take, unless `--max-seconds` says otherwise."""
MEMORY = 900_000_000
"""Bytes of memory that each process may allocate."""

_end: float | None = None


@contextlib.contextmanager
def deadline(seconds: float, name: str) -> Iterator[None]:
    """Raise PipelineError in the block once `seconds` have passed; `name` is the document's, for the message.

    Code in C is interrupted when it returns. Outside the main thread only child processes are bounded.
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
    """End the deadline early: what moves files into place must not be interrupted half-way."""
    global _end
    if threading.current_thread() is threading.main_thread():
        signal.setitimer(signal.ITIMER_REAL, 0)
    _end = None


def too_slow(name: str, seconds: float) -> PipelineError:
    """Return the error to raise when the time is up."""
    return PipelineError(
        f"{name}: not fetched, read and generated within {seconds:g} seconds; make the document smaller, or allow more "
        "with --max-seconds"
    )


def remaining() -> float | None:
    """Return the seconds that are left before the deadline, or None where there is none."""
    return None if _end is None else max(0.1, _end - time.monotonic())


def limit_memory(size: int = MEMORY) -> None:
    """Limit the memory of this process and its children to `size` bytes each; more raises MemoryError."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    with contextlib.suppress(OSError, ValueError):  # a system that cannot limit it still has the deadline
        resource.setrlimit(resource.RLIMIT_DATA, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
