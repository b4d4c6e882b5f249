"""Read TOML with the line of every key, and say in one line what is wrong with a file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .mistakes import Mistake

_TOKEN = re.compile(
    r"""(?P<text>\"{3}(?:\\.|(?!\"{3}).)*\"{3,5}|'{3}(?:(?!'{3}).)*'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
    r"""|(?P<comment>\#[^\n]*)|(?P<newline>\n)|(?P<space>[ \t\r]+)|(?P<mark>[\[\]{}=.,])"""
    r"""|(?P<bare>[^\s\[\]{}=.,"'\#]+)""",
    re.DOTALL,
)
CONFLICT = "has the marks of a merge conflict; resolve it first"
_MARKS = re.compile(r"^(<{7}|>{7})( |$)", re.MULTILINE)
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


@dataclass(frozen=True, slots=True)
class Table:
    """The content of a TOML file. `name` is the file's path in the project, `text` what it holds."""

    name: str
    text: str
    data: dict[str, Any]
    _lines: dict[tuple[str, ...], int] = field(repr=False)

    def line(self, *path: str) -> int:
        """Return the line on which a key stands, or the nearest key above it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 1

    def mistake(self, message: str, *path: str) -> Mistake:
        """Return a mistake at a key."""
        return Mistake(self.name, self.line(*path), message)


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file with its line ends as they are; a byte order mark is left out.

    Raise OSError, UnicodeDecodeError.
    """
    return path.read_bytes().decode("utf-8-sig")


def read_table(path: Path, name: str) -> Table | Mistake:
    """Return what a TOML file holds, or what is wrong with it."""
    try:
        text = read_text(path)
    except UnicodeDecodeError as error:
        return Mistake(name, error.object[: error.start].count(b"\n") + 1, "is not UTF-8 text")
    except OSError as error:
        return Mistake(name, 1, f"cannot be read: {error.strerror}")
    if conflict := conflict_line(text):
        return Mistake(name, conflict, CONFLICT)
    try:
        return Table(name, text, tomllib.loads(text), key_lines(text))
    except RecursionError:
        return Mistake(name, 1, "is not TOML that can be read: it is nested too deeply")
    except ValueError as error:
        found = _AT_LINE.search(str(error))
        line = int(found.group(1)) if found else text.count("\n") + 1
        return Mistake(name, line, f"is not valid TOML: {_AT_LINE.sub('', str(error)).partition(' (at end')[0]}")


def conflict_line(text: str) -> int | None:
    """Return the line of the first mark of a merge conflict, or None."""
    found = _MARKS.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else None


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of each key and table of a valid TOML text, by path. Keys inside a value are left out."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    keys: list[str] = []
    line, depth, place = 1, 0, "key"
    for token in _TOKEN.finditer(text):
        found, kind = token.group(), token.lastgroup
        if kind in ("text", "bare") and place != "value":
            keys.append(tomllib.loads(f"k = {found}")["k"] if kind == "text" else found)
        elif place == "value":
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found, 0)
            if kind == "newline" and not depth:
                place = "key"
        elif found == "[" and not keys:
            place = "table"
        elif found == "]" and keys:
            table, keys = tuple(keys), []
            _note(lines, table, line)
        elif found == "=":
            _note(lines, (*table, *keys), line)
            keys, place = [], "value"
        elif kind == "newline":
            place = "key"
        line += found.count("\n")
    return lines


def _note(lines: dict[tuple[str, ...], int], path: tuple[str, ...], line: int) -> None:
    for length in range(1, len(path) + 1):
        lines.setdefault(path[:length], line)
