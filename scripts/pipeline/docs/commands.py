"""The page of commands, made from their argument parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

__all__ = ["page"]


def page(parsers: Iterable[argparse.ArgumentParser]) -> str:
    """Return the Markdown of the page of commands, with their subcommands and options."""
    lines = ["# Commands", ""]
    lines.append(
        "Every command with its options. The options of a command such as `zoho-cliq` itself can also be given to its "
        "subcommands, and are listed once. The guides explain [`zoho-cliq`](../guides/client.md#the-command), "
        "[`zoho-cliq-mock`](../guides/mock.md) and [`zoho-cliq-conformance`](../guides/conformance.md)."
    )
    for parser in parsers:
        lines += _command(parser, 2)
    return "\n".join(lines) + "\n"


def _command(parser: argparse.ArgumentParser, level: int, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the lines for a command and its subcommands, without the options that the parent command also has."""
    yield from ("", f"{'#' * level} {parser.prog}", "")
    if parser.description:
        yield from (_as_markdown(parser.description), "")
    usage = parser.format_usage().removeprefix("usage: ")
    yield from ("```text", usage.rstrip(), "```", "")
    for action in parser._actions:
        if isinstance(action, (argparse._SubParsersAction, argparse._HelpAction)) or known & {*action.option_strings}:
            continue
        if action.help is not argparse.SUPPRESS:
            yield _option(parser, action)
    yield from _epilog(parser.epilog or "")
    options = frozenset(name for action in parser._actions for name in action.option_strings)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name in dict.fromkeys(action.choices):
                yield from _command(action.choices[name], min(level + 1, 4), options)


def _epilog(text: str) -> Iterator[str]:
    """Yield the end of the help: prose as it is, and indented lines, which users copy, as code."""
    for is_code, lines in groupby(filter(None, text.splitlines()), lambda line: line.startswith(" ")):
        if is_code:
            yield from ("", "```sh", *(line.removeprefix("  ") for line in lines), "```")
        else:
            for line in lines:
                yield from ("", _as_markdown(f"{line[:1].upper()}{line[1:]}"))


def _option(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """Return a line for one option or argument."""
    formatter = argparse.HelpFormatter(parser.prog)
    if action.option_strings:
        argument = "" if action.nargs == 0 else " " + formatter._format_args(action, (action.dest).upper())
        names = ", ".join(f"`{name}{argument}`" for name in action.option_strings)
    else:
        names = f"`{action.metavar if isinstance(action.metavar, str) else action.dest.upper()}`"
    told = formatter._expand_help(action) if action.help else ""
    return f"- {names}{': ' + _as_markdown(told) if told else ''}"


def _as_markdown(text: str) -> str:
    """Return a help text as Markdown that shows exactly its characters."""
    return escape(" ".join(text.split()), quote=False).replace("*", "\\*").replace("_", "\\_")
