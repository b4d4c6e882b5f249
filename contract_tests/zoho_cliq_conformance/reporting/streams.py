"""Standard output and standard error as they are: closed, full, a pipe nobody reads, unable to show a character.

A run's result counts more than its lines: what cannot be printed ends no run. No line does more to a terminal than be
seen, whatever a server or a recording put into it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from typing import TextIO

from . import render


def show(lines: Iterable[str]) -> str:
    """Print lines on standard output; return why that did not work, empty where it did or where nobody reads on."""
    stream = sys.stdout
    if stream is None:
        return "standard output is closed"
    try:
        for line in lines:
            print(_fitting(render.line(line), stream), file=stream)
        stream.flush()
    except BrokenPipeError:
        _discard(stream)
    except (OSError, ValueError) as error:
        _discard(stream)
        return f"standard output cannot be written: {error}"
    return ""


def tell(line: str, before: str = "", end: str = "\n") -> None:
    """Print on standard error, where there is one that takes it; `before` is sent to the terminal as it is."""
    stream = sys.stderr
    if stream is None:
        return
    try:
        print(f"{before}{_fitting(render.line(line), stream)}", end=end, file=stream, flush=True)
    except (OSError, ValueError):
        _discard(stream)


def complain(message: object) -> None:
    """One line on standard error, whatever characters a server or a file put into the message."""
    tell(f"zoho-cliq-conformance: {' '.join(str(message).split())}")


def _fitting(line: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    return line.encode(encoding, "backslashreplace").decode(encoding)


def _discard(stream: TextIO) -> None:
    """Send what the stream still holds nowhere, so that Python's own flush at exit is silent."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
