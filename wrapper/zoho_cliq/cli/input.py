"""What the command reads from the standard input: answers to its questions, and scripts."""

from __future__ import annotations

import getpass
import sys

from .. import errors
from .output import tell


def asked(what: str, *, secret: bool = True) -> str:
    """Return what a person types, without echo if it is secret.

    Without a terminal, return the next line of standard input.
    """
    if sys.stdin is None:
        raise errors.ConfigurationError(f"{what}: standard input is closed")
    try:
        if secret and sys.stdin.isatty():
            return getpass.getpass(f"{what}: ").strip()
        tell(f"{what}: ", end="")
        line = sys.stdin.readline()
    except EOFError:
        line = ""
    except UnicodeDecodeError:
        raise errors.ConfigurationError(f"{what}: the input is not text") from None
    if not line:
        tell("")
        raise errors.ConfigurationError(f"{what}: the input has ended before it was given")
    return line.removeprefix("\ufeff").strip()


def may_ask() -> bool:
    """Return whether somebody can answer a question."""
    return sys.stdin is not None and sys.stdin.isatty()


def piped() -> str:
    """Return a script from the standard input. Raise ValidationError if it is empty or no text."""
    reason = "it is closed"
    if sys.stdin is not None:
        try:
            text = sys.stdin.buffer.read().decode("utf-8-sig")
            if text.strip():
                return text.replace("\r\n", "\n").replace("\r", "\n")  # as files are read
            reason = "it is empty; the command before the pipe may have failed"
        except (OSError, UnicodeDecodeError) as error:
            reason = str(error.strerror) if isinstance(error, OSError) else "it is not UTF-8 text"
    raise errors.ValidationError(
        f"cannot read standard input: {reason}", field="script", operation="update_message_action_handler"
    )
