"""Writing for people: no character that steers a terminal, and no failure where nobody reads.

A server, a user or a script can choose what is in a name, a path or an answer. Control characters, escape sequences
and marks of writing direction among it would move the cursor, hide text or change the window's title.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
from typing import TextIO


def plain(text: str, *, lines: bool = False) -> str:
    r"""Return the text with every character that is not printable as `\uXXXX`; with `lines`, keep line breaks.

    That is how JSON escapes them, so that JSON stays JSON.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or (lines and each == "\n") else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def say(text: str, stream: TextIO | None) -> None:
    """Write a line where somebody may read it, and go on where nobody does: the server must not end for a message.

    Drops the line where the reader does not keep up, as waiting for it would stop the server.
    """
    if stream is None or not _writable(stream):
        return
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(f"{text}\n".encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except (OSError, ValueError):  # ValueError: the stream is closed
        mute(stream)


def mute(stream: TextIO) -> None:
    """Send what is still to be written to a stream nowhere, so that Python's own flush at exit is silent."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def unwritten(command: str, error: OSError) -> None:
    """Say that the standard output cannot be written; say nothing where its reader has gone."""
    mute(sys.stdout)
    if not isinstance(error, BrokenPipeError):
        say(f"{command}: standard output cannot be written ({error.strerror})", sys.stderr)


def _writable(stream: TextIO) -> bool:
    """Return whether a line can be written without waiting."""
    try:
        return bool(select.select([], [stream.fileno()], [], 0)[1])
    except (OSError, ValueError):  # not a file of the system, as in a test, or one that cannot be asked, as on Windows
        return True


def open_standard_streams() -> None:
    """Put the null device in the place of each standard stream that is closed.

    Otherwise a socket or a database would get the number of the stream, and whatever writes to it would write there.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            with contextlib.suppress(OSError):
                os.fstat(number)
                continue  # open, though Python did not take it
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
