"""Read scripts from files, folders and standard input, and write them back to files."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ... import errors
from ..._environment import expanded
from ..._extras import unavailable

_SUFFIXES = (".dg", ".deluge")
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Source:
    """A script and where it comes from.

    Attributes:
        name: The path as it was given, or `-`.
        path: The file; None for the standard input.
        text: The script with line feeds, and without a byte order mark.
        has_mark: Whether a byte order mark stood before it.
        newline: What ends its lines.
    """

    name: str
    path: Path | None
    text: str
    has_mark: bool = False
    newline: str = "\n"

    def written(self, text: str) -> bytes:
        """Return a script as bytes in the format of this file: with its byte order mark and its line ends."""
        return ((_MARK if self.has_mark else "") + text.replace("\n", self.newline)).encode()


def language() -> Any:
    """Return the package `zoho_cliq_deluge`. Raise ConfigurationError if the extra is not installed."""
    try:
        import zoho_cliq_deluge
    except ImportError as error:
        raise unavailable("the deluge commands need", error.name or "lark", "deluge", error) from error
    return zoho_cliq_deluge


def sources(names: Sequence[str]) -> list[Source]:
    """Return the scripts of files and folders, each once. Raise ConfigurationError if one cannot be read."""
    found: dict[str, Source] = {}
    for name in names:
        for path in _paths(name):
            found.setdefault(str(path), source(str(path)))
    return list(found.values())


def source(name: str) -> Source:
    """Return the script of one file, or of the standard input for `-`."""
    path = None if name == "-" else expanded("file", name)
    text = read_text(name, path)
    has_mark = text.startswith(_MARK)
    newline = "\r\n" if "\r\n" in text and text.count("\r\n") == text.count("\n") else "\n"
    return Source(name, path, text.removeprefix(_MARK).replace("\r\n", "\n"), has_mark, newline)


def read_text(name: str, path: Path | None) -> str:
    """Return the text of a file, or of standard input for None. Raise ConfigurationError if it cannot be read."""
    try:
        if path is not None:
            return path.read_bytes().decode("utf-8")
        if sys.stdin is None:
            raise errors.ConfigurationError("cannot read standard input: it is closed")
        return sys.stdin.buffer.read().decode("utf-8")
    except (OSError, ValueError) as error:
        shown = "standard input" if path is None else name
        reason = error.strerror if isinstance(error, OSError) else _why(error)
        raise errors.ConfigurationError(f"cannot read {shown}: {reason}") from None


def _why(error: ValueError) -> str:
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else "a path cannot contain a null character"


def _paths(name: str) -> list[str]:
    path = expanded("file", name)
    try:
        if name == "-" or not path.is_dir():
            return [name]
        found = sorted(each for each in path.rglob("*") if each.suffix in _SUFFIXES and each.is_file())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else _why(error)
        raise errors.ConfigurationError(f"cannot read {name}: {reason}") from None
    if not found:
        raise errors.ConfigurationError(f"there is no script (*.dg, *.deluge) in {name}")
    return [str(each) for each in found]


def replace(file: Source, text: str) -> None:
    """Replace the script in a file atomically, keeping the file's permissions."""
    assert file.path is not None
    target = Path(os.path.realpath(file.path))  # a link stays a link
    draft = None
    try:
        handle, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with open(handle, "wb") as output:
            output.write(file.written(text))
        shutil.copymode(target, draft)
        os.replace(draft, target)
    except OSError as error:
        if draft is not None:
            Path(draft).unlink(missing_ok=True)
        raise errors.CliqError(f"cannot write {file.name}: {error.strerror}; it is as it was") from None
