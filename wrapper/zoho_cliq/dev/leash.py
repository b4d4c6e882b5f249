"""Run a module as `python -m` does, and end when the standard input ends, that is, with the parent process.

So no process is left behind, however the parent ended. Usage: `python -m zoho_cliq.dev.leash MODULE ARGUMENT …`
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from collections.abc import Sequence

GRACE = 5.0
"""Seconds that the module has to end by itself after SIGTERM."""


def main(arguments: Sequence[str]) -> None:
    """Run the module that the first argument names, with the others."""
    threading.Thread(target=end_with, args=(0,), daemon=True).start()
    sys.argv = list(arguments)
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def end_with(pipe: int) -> None:
    """Wait until nobody holds the other end of a pipe, then end this process."""
    while os.read(pipe, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
