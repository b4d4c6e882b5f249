"""Child processes: the mock and the receiver. None outlives this process or becomes a zombie."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

from ..errors import CliqError
from . import leash

GRACE = leash.GRACE + 1
"""Seconds after SIGTERM before a process is killed."""
_LAST_LINES = 1.0
"""Seconds to wait for the last output of a process if one of its own children still holds the pipe."""


class Child:
    """A Python module that runs in a process, and a process group, of its own.

    Args:
        name: what messages call it.
        arguments: the module and its arguments.
        on_line: called with each line that it prints, in a thread.
        on_end: called with this object when it has ended, in a thread.
        environ: its environment.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        on_line: Callable[[str], None],
        on_end: Callable[[Child], None],
        environ: Mapping[str, str],
    ) -> None:
        self.name = name
        self.running = True
        """Whether it has not ended. False before `on_end` is called."""
        self.stopping = False
        self._on_line = on_line
        self._on_end = on_end
        command = [sys.executable, "-P", "-m", leash.__name__, *arguments]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                env={**environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,  # so that Ctrl-C in the terminal ends this process first
            )
        except OSError as error:
            raise CliqError(f"{name} cannot be started: {error.strerror}") from None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._waiter = threading.Thread(target=self._wait, daemon=True)
        self._reader.start()
        self._waiter.start()

    @property
    def pid(self) -> int:
        """The id of the process, which is that of its group."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code; below 0 the signal that ended it, None while it runs."""
        return self._process.returncode

    @property
    def ending(self) -> str:
        """How it ended, for people."""
        return f"signal {-self.code}" if self.code is not None and self.code < 0 else f"exit code {self.code}"

    def stop(self) -> None:
        """End it and its process group. Return when all have ended."""
        self.stopping = True
        self._signal(signal.SIGTERM)
        self._waiter.join(GRACE)
        self._signal(signal.SIGKILL)
        self._waiter.join()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._on_line(line.rstrip("\n"))

    def _wait(self) -> None:
        self._process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # what it started and left behind
        self._reader.join(_LAST_LINES)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self.running = False
        self._on_end(self)
