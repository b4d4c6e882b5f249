"""Safe output for people: no control character reaches the terminal, and no output error stops the server.

Names, paths and answers come from servers, users or scripts. Control characters, escape sequences or marks of writing
direction in them could move the cursor, hide text or change the window's title.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
from typing import TextIO


def plain(text: str, *, lines: bool = False) -> str:
    r"""Return the text with each non-printable character escaped as `\uXXXX`, as in JSON, so that JSON stays JSON.

    Args:
        text: text from anywhere.
        lines: whether to keep line breaks. Default: False, they are escaped too.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or (lines and each == "\n") else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def say(text: str, stream: TextIO | None) -> None:
    """Write one line and flush it, or drop it if the stream is missing, closed or broken.

    A message must not stop the server. The line is also dropped if the reader is too slow, since waiting for the reader
    would block the server.

    Args:
        text: the line, without a line break.
        stream: a text stream, or None.
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
    """Redirect a stream to the null device, so that Python's flush of the unwritten rest at exit reports no error."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def unwritten(command: str, error: OSError) -> None:
    """Silence standard output after a failed write, and report the error on standard error.

    Report nothing if the reader closed the pipe.

    Args:
        command: the name of the command, which begins the message.
        error: the error of the write.
    """
    mute(sys.stdout)
    if not isinstance(error, BrokenPipeError):
        say(f"{command}: standard output cannot be written ({error.strerror})", sys.stderr)


def _writable(stream: TextIO) -> bool:
    """Return whether a line can be written without waiting."""
    try:
        return bool(select.select([], [stream.fileno()], [], 0)[1])
    except (OSError, ValueError):  # no file descriptor (as in tests), or one that select cannot poll (Windows)
        return True


def open_standard_streams() -> None:
    """Open the null device in place of each standard stream that is closed.

    Otherwise the next socket or database that is opened would get that stream's file descriptor, and output meant for
    the stream would be written into it.
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
