"""What the command prints: tables for people, JSON for scripts, one line for an error."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from .. import errors
from .._extras import unavailable


class Unwritten(errors.CliqError):
    """The standard output could not be written."""


def show(text: str) -> None:
    """Write to standard output and flush, so that a write error can still be reported."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        _discard(sys.stdout)
        if isinstance(error, BrokenPipeError):
            raise
        raise Unwritten(f"cannot write to the standard output: {error.strerror}") from error


def tell(text: str, end: str = "\n") -> None:
    """Write to standard error, if it can be written."""
    if sys.stderr is not None:
        try:
            print(text, end=end, file=sys.stderr, flush=True)
        except OSError:
            _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    """Redirect the stream to the null device, so that Python's flush at exit raises no error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def report(options: argparse.Namespace, data: Any, text: str) -> None:
    """Print what was changed: as JSON, or in words unless --quiet is given."""
    options.changed = True
    if options.json or not options.quiet:
        show(f"{json.dumps(data) if options.json else cell(text)}\n")


def record(options: argparse.Namespace, data: dict[str, Any]) -> None:
    table(options, data, ("field", "value"), ([cell(name), cell(value)] for name, value in data.items()))


def require_rich() -> None:
    """Raise ConfigurationError before a call if rich is missing: the result of a call could not be shown."""
    try:
        import rich.console
        import rich.table
        import rich.text  # noqa: F401
    except ImportError as error:
        raise unavailable("without --json, tables need", "rich", "cli", error) from error


def table(
    options: argparse.Namespace, data: Any, columns: Sequence[str], rows: Iterable[Sequence[str]], *, spare: str = ""
) -> None:
    r"""Print a table that fits the terminal, or a line for each row where there is none; with --json, `data`.

    Without a terminal a line break in a cell is written as `\n`.

    Args:
        spare: a column that is cut where the terminal has little room, and left out where it has hardly any.
    """
    if options.json:
        show(f"{json.dumps(data, indent=2)}\n")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = io.StringIO()  # and then shown like all else, where it is told what cannot be written
    console = Console(file=drawn, force_terminal=sys.stdout.isatty() or None)
    table, cells = Table(box=None, header_style="bold", pad_edge=False), list(rows)
    if not console.is_terminal:
        console.width = 10_000
        cells = [[cell.replace("\n", r"\n") for cell in row] for row in cells]
    widths = _widths(columns, cells, spare, console.width)
    for column, width in zip(columns, widths, strict=True):
        cut = column == spare
        table.add_column(
            column.replace("_", " "),
            overflow="ellipsis" if cut else "fold",
            no_wrap=cut or column == "id",
            width=width,
        )
    left_out = {number for number, width in enumerate(widths) if width == 0}
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    table.columns = [column for number, column in enumerate(table.columns) if number not in left_out]
    console.print(table)
    lines = drawn.getvalue().splitlines(keepends=True)
    show("".join(lines if console.is_terminal else (f"{line.rstrip()}\n" for line in lines)))


_LEAST = 10
"""The least width in characters of a spare column; below it, the column is left out."""


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]], spare: str, room: int) -> list[int | None]:
    """Return the width of each column: 0 leaves it out, None lets it wrap."""
    if spare not in columns:
        return [None] * len(columns)
    from rich.cells import cell_len

    at, heads = columns.index(spare), [column.replace("_", " ") for column in columns]
    parts = [[heads[number], *(row[number] for row in rows)] for number in range(len(columns))]
    text = max(map(cell_len, parts[at]))
    for splits in (False, True):
        widths: list[int | None] = [
            max(cell_len(word) for part in found for word in (part.split() if splits and head != "name" else [part]))
            for head, found in zip(heads, parts, strict=True)
        ]
        left = room - sum(width or 0 for number, width in enumerate(widths) if number != at) - 2 * (len(columns) - 1)
        if left >= min(text, _LEAST):
            return [min(left, text) if number == at else width for number, width in enumerate(widths)]
    return [0 if number == at else None for number in range(len(columns))]


def cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(cell(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(cell(item) for item in value.values())
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def printable(text: str) -> str:
    """Return a text that cannot steer a terminal; line breaks and tabs stay."""
    return "".join(each if each.isprintable() or each in "\n\t" else "\N{REPLACEMENT CHARACTER}" for each in text)


_OPTIONS = {name: f"--{name.replace('_', '-')}" for name in ("accounts_url", "base_url", "data_center", "max_wait")}
_SETTING = re.compile(rf"(?<![\w.$'\"-])({'|'.join(_OPTIONS)})(=|(?![\w'\"-]))")


def _with_options(text: str) -> str:
    """Return a message of the Python API for users of the command line: `--data-center` instead of `data_center=`."""
    return _SETTING.sub(lambda found: _OPTIONS[found[1]] + (" " if found[2] else ""), text)


def complain(error: errors.CliqError, as_json: bool) -> None:
    text = cell(_with_options(" ".join(str(error).split())))
    if as_json:
        names = ("operation", "status", "code", "field", "seconds", "retry_after", "ids")
        facts = {name: value for name in names if (value := getattr(error, name, None)) is not None}
        tell(json.dumps({"error": type(error).__name__, "message": text, **facts}))
    else:
        tell(f"zoho-cliq: {text}")
