"""What the command prints: tables for people, JSON for scripts, one line for an error."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from .. import errors
from .._extras import unavailable


def show(text: str) -> None:
    """Writes to the standard output at once, so that what cannot be written is told while it can be."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        _discard(sys.stdout)
        if isinstance(error, BrokenPipeError):
            raise
        raise errors.CliqError(
            f"cannot write to the standard output: {error.strerror}; a change that was asked for has been made"
        ) from error


def tell(text: str, end: str = "\n") -> None:
    """Writes to the standard error, where there is one that takes it."""
    if sys.stderr is not None:
        try:
            print(text, end=end, file=sys.stderr, flush=True)
        except OSError:
            _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    """Sends what the stream still holds nowhere, so that Python's own flush at exit is silent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def report(options: argparse.Namespace, data: Any, text: str) -> None:
    show(f"{json.dumps(data) if options.json else text}\n")


def record(options: argparse.Namespace, data: dict[str, Any]) -> None:
    table(options, data, ("field", "value"), ([cell(name), cell(value)] for name, value in data.items()))


def require_rich() -> None:
    """Before a call: one that was made and cannot be shown is half lost."""
    try:
        import rich.console
        import rich.table
        import rich.text  # noqa: F401
    except ImportError as error:
        raise unavailable("without --json, tables need", "rich", "cli", error) from error


def table(options: argparse.Namespace, data: Any, columns: Iterable[str], rows: Iterable[Sequence[str]]) -> None:
    if options.json:
        show(f"{json.dumps(data, indent=2)}\n")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "id")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    drawn = io.StringIO()  # and then shown like all else, where it is told what cannot be written
    console = Console(file=drawn, force_terminal=sys.stdout.isatty() or None)
    if not console.is_terminal:
        console.width = 10_000
    console.print(table)
    show(drawn.getvalue())


def cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(cell(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(cell(item) for item in value.values())
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def complain(error: errors.CliqError, as_json: bool) -> None:
    text = cell(" ".join(str(error).split()))
    if as_json:
        names = ("operation", "status", "code", "field", "seconds", "retry_after")
        facts = {name: value for name in names if (value := getattr(error, name, None)) is not None}
        tell(json.dumps({"error": type(error).__name__, "message": text, **facts}))
    else:
        tell(f"zoho-cliq: {text}")
