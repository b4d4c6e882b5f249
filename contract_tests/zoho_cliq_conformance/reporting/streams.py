"""Print on standard output and standard error, even if they are closed, full, a broken pipe, or lack a character.

The result of a run matters more than its output, so a failure to print never ends a run. Control characters are
escaped, so that nothing that a server or a recording contains can control the terminal.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from typing import TextIO

from . import render


def show(lines: Iterable[str]) -> str:
    """Print lines on standard output. Return why that failed; empty if it did not, or if the reader closed the pipe."""
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
    """Print a line on standard error. Ignore failures.

    Args:
        line: the line; control characters in it are escaped.
        before: text that is printed before the line without escaping.
        end: text that is printed after the line.
    """
    stream = sys.stderr
    if stream is None:
        return
    try:
        print(f"{before}{_fitting(render.line(line), stream)}", end=end, file=stream, flush=True)
    except (OSError, ValueError):
        _discard(stream)


def complain(message: object) -> None:
    """Print a message on one line of standard error, after the name of the command."""
    tell(f"zoho-cliq-conformance: {' '.join(str(message).split())}")


def _fitting(line: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    return line.encode(encoding, "backslashreplace").decode(encoding)


def _discard(stream: TextIO) -> None:
    """Redirect the stream to the null device, so that Python's flush at exit does not fail again."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
