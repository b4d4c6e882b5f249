"""The argument parser: one-line messages for wrong usage, examples in the help, and types of option values."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from ..errors import ConfigurationError

Command = Callable[[argparse.Namespace], int | None]


class Adder(Protocol):
    """Adds a command. Each of `examples` is a command line without `zoho-cliq`."""

    def __call__(self, name: str, run: Command, about: str, *examples: str) -> argparse.ArgumentParser: ...


class WrongUsage(ConfigurationError):
    """The command line is invalid."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises WrongUsage, where argparse prints the usage and exits."""

    def __init__(self, **settings: object) -> None:
        super().__init__(**{"formatter_class": _Formatter, **settings})  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Raise WrongUsage."""
        raise WrongUsage(f"{message}{' See' if message.endswith('?') else '; see'} {self.prog} --help")

    def parse_known_args(self, *given: Any, **more: Any) -> Any:
        """Parse known arguments.

        Raise WrongUsage for unknown ones here, where argparse leaves that to the parent parser.
        """
        found, rest = super().parse_known_args(*given, **more)
        if rest:
            name = rest[0].partition("=")[0]
            close = difflib.get_close_matches(name, self._option_string_actions, n=1)
            self.error(f"unknown argument {name[:40]!r}{f'; did you mean {close[0]}?' if close else ''}")
        return found, rest

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise WrongUsage for an unknown command; argparse would list all commands."""
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            close = difflib.get_close_matches(str(value), action.choices, n=1)
            hint = f"did you mean {close[0]}?" if close else f"{self.prog} --help lists them"
            raise WrongUsage(f"there is no command {str(value)[:40]!r}; {hint}")
        super()._check_value(action, value)


class _Formatter(argparse.HelpFormatter):
    """Wrap descriptions and epilogs, but keep indented lines as they are, because they are examples to copy."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = text.splitlines()
        return "\n".join(
            line if line.startswith(" ") else super(_Formatter, self)._fill_text(line, width, indent) for line in lines
        )


def add_examples(sub: argparse.ArgumentParser, *examples: str, note: str = "") -> None:
    """Let the help of a command end with a note and with examples, each without `zoho-cliq`."""
    shown = "\n".join(f"  zoho-cliq {example}" for example in examples)
    sub.epilog = "\n\n".join(part for part in (note, f"examples:\n{shown}" if shown else "") if part)


def add_dry_run(sub: argparse.ArgumentParser, about: str = "show the request that would be sent; send nothing") -> None:
    """Add `--dry-run`."""
    sub.add_argument("--dry-run", action="store_true", help=about)


def count(text: str) -> int:
    """Return a whole number above 0."""
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a whole number above 0")
    return int(text)
