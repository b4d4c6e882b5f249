"""The journal: the last requests with the status of their responses, for tests and for the terminal.

It never contains access tokens.
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
    """A request, or a run of a script.

    A run has the method `RUN`, the action's name as its path, the operation `deluge`, the status 200 or 500, and the
    script's log as its body.

    Attributes:
        time: seconds since 1970 on the mock's clock.
        status: the status of the response; 0 if none was sent.
        code: the error code of the response, or None.
        fault: the kind of the fault rule that was applied, or None.
        body: the start of the request's body, at most 1024 bytes.
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
    """The last 500 requests.

    Args:
        on_entry: called with each new entry. Default: None.

    Attributes:
        total: how many requests were added since the last `clear`.
    """

    def __init__(self, on_entry: Callable[[Entry], None] | None = None) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.on_entry = on_entry
        self.total = 0

    def add(self, entry: Entry) -> None:
        """Add a request."""
        self.total += 1
        self.entries.append(entry)
        if self.on_entry is not None:
            self.on_entry(entry)

    def clear(self) -> None:
        """Remove all requests."""
        self.entries.clear()
        self.total = 0


def print_line(entry: Entry) -> None:
    """Print one line for a request to standard error: time of day, user, operation, status, code."""
    clock = time.strftime("%H:%M:%S", time.localtime(entry.time))
    what = entry.operation or f"{entry.method} {entry.path}"
    what = what.encode("ascii", "backslashreplace").decode()[:60]
    line = f"{clock}  {entry.user or '-':<12} {what:<32} {entry.status or 'cut':<4} {entry.code or ''}"
    if entry.fault:
        line += f" (fault: {entry.fault})"
    say(plain(line.rstrip()), sys.stderr)
