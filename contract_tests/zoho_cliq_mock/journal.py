"""The request journal: the last requests with their answers' status, for tests and for the terminal.

Access tokens are never part of it.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from zoho_cliq_mock.terminal import plain, say

KEPT = 500
BODY_BYTES = 1024


class Entry(NamedTuple):
    """One request, or one run of a script: with the method `RUN`, the action's name as its path, the operation
    `deluge`, status 200 or 500, and the script's log as its body.

    `time` is the mock's clock in seconds; `status` 0 means that no answer was sent.
    """

    time: float
    method: str
    path: str
    query: str
    user: str | None
    operation: str | None
    status: int
    code: str | None
    fault: str | None
    body: bytes

    def shown(self) -> dict[str, Any]:
        """Return the entry for the control API, with the start of the body as text."""
        return {**self._asdict(), "body": self.body.decode("utf-8", "replace")}


class Journal:
    """The last requests. `on_entry` is called with each."""

    def __init__(self, on_entry: Callable[[Entry], None] | None = None) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.on_entry = on_entry
        self.total = 0

    def add(self, entry: Entry) -> None:
        """Note a request."""
        self.total += 1
        self.entries.append(entry)
        if self.on_entry is not None:
            self.on_entry(entry)

    def clear(self) -> None:
        """Forget all requests."""
        self.entries.clear()
        self.total = 0


def print_line(entry: Entry) -> None:
    """Print a request for a person: time of day, user, operation, status, code."""
    clock = time.strftime("%H:%M:%S", time.localtime(entry.time))
    what = entry.operation or f"{entry.method} {entry.path}"
    what = what.encode("ascii", "backslashreplace").decode()[:60]
    line = f"{clock}  {entry.user or '-':<12} {what:<32} {entry.status or 'cut':<4} {entry.code or ''}"
    if entry.fault:
        line += f" (fault: {entry.fault})"
    say(plain(line.rstrip()), sys.stderr)
