"""Helpers for tests of the command line: run it, and feed its standard input."""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Callable
from typing import Any

from zoho_cliq.cli import parser

Run = Callable[..., tuple[int, str, str]]
Shell = Callable[..., tuple[int, str, str]]
one_parser = functools.cache(parser)  # making it is most of the work of a command that is run in this process


def create(run: Run, name: str = "Note", *more: str) -> dict[str, Any]:
    code, out, _ = run("--json", "create", "--name", name, "--hint", "Keep it", *more)
    assert code == 0
    return json.loads(out)  # type: ignore[no-any-return]


def piped(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")


class Terminal(io.StringIO):
    """A standard input that is a terminal."""

    def isatty(self) -> bool:
        return True
