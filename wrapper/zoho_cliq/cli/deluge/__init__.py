"""The commands `zoho-cliq deluge …`: check, format and run scripts on this machine. They need the extra `deluge`.

Nothing is sent to Zoho. Exit codes: 0 done; 1 an error was found, a file would change, or the script failed; 2 wrong
usage, or a file that cannot be read.
"""

from __future__ import annotations

import argparse
from typing import Any

from ..arguments import add_examples
from .checking import check, explain
from .formatting import lay_out
from .running import run

__all__ = ["add_deluge"]

_FILES = "scripts, folders (their *.dg and *.deluge), or - for the standard input"


def add_deluge(subparsers: Any) -> None:
    """Add the command `deluge` with its own commands."""
    about = "check, format and run Deluge scripts on this machine"
    whole = subparsers.add_parser("deluge", help=about, description=f"{about.capitalize()}; nothing is sent to Zoho.")
    add_examples(whole, "deluge check actions/", "deluge run ticket.dg --text Hello")
    _add_json(whole)
    commands = whole.add_subparsers(required=True, metavar="command")
    _add_check(commands)
    _add_format(commands)
    _add_run(commands)
    about = "explain a rule of check; without a rule, list all"
    explanation = _command(commands, "explain", explain, about, "", "unused-variable")
    explanation.add_argument("rule", nargs="?", metavar="RULE")


def _command(commands: Any, name: str, run: Any, about: str, *examples: str, note: str = "") -> argparse.ArgumentParser:
    sub: argparse.ArgumentParser = commands.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
    add_examples(sub, *(f"deluge {name} {example}".rstrip() for example in examples), note=note)
    sub.set_defaults(run=run)
    _add_json(sub)
    return sub


def _add_json(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON, also for errors")


def _add_check(commands: Any) -> None:
    sub = _command(
        commands,
        "check",
        check,
        "find mistakes in scripts",
        "ticket.dg",
        "actions/ --disable unused-variable",
        note="Exit codes: 0 no errors (there may be warnings), 1 errors, 2 wrong usage or an unreadable file.",
    )
    sub.add_argument("files", nargs="+", metavar="FILE", help=_FILES)
    sub.add_argument("--github", action="store_true", help="print annotations for GitHub Actions")
    sub.add_argument(
        "--disable", action="append", default=[], metavar="RULE", help="switch a rule off; may be repeated"
    )
    sub.add_argument(
        "--handler",
        metavar="KIND",
        help="the kind of handler: message-action, bot, button, command, form, scheduler or widget. Without it, "
        "scripts are checked as message actions, and what another kind would allow is only a warning",
    )
    sub.add_argument(
        "--variable",
        action="append",
        default=[],
        metavar="NAME",
        help="a further variable that has a value when the script starts; may be repeated",
    )


def _add_format(commands: Any) -> None:
    sub = _command(
        commands,
        "format",
        lay_out,
        "format scripts as Zoho's editor does",
        "ticket.dg",
        "actions/ --diff",
        note="Files are replaced as a whole. Exit codes: 0 done, 1 a file would change (--check, --diff) or is not "
        "Deluge, 2 wrong usage or an unreadable file.",
    )
    sub.add_argument("files", nargs="+", metavar="FILE", help=_FILES)
    sub.add_argument("--check", action="store_true", help="write nothing; name the files that would change")
    sub.add_argument("--diff", action="store_true", help="write nothing; show what would change")


def _add_run(commands: Any) -> None:
    sub = _command(
        commands,
        "run",
        run,
        "run a message action's script with an event, and show answer, log and tasks",
        'ticket.dg --text "Please help"',
        "ticket.dg --event event.json --allow-host api.example.com --json",
        note="Exit codes: 0 it ran, 1 it failed, 2 wrong usage or an unreadable file.",
    )
    sub.add_argument("file", metavar="FILE", help="the script; - for the standard input")
    event = sub.add_mutually_exclusive_group()
    event.add_argument("--event", metavar="FILE", help="the event as JSON: what a webhook gets, or its params alone")
    event.add_argument("--text", metavar="TEXT", help="a message with this text, sent by an example person")
    sub.add_argument(
        "--policy",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="choose a behaviour that Zoho does not document, such as integer_division=truncate; may be repeated",
    )
    sub.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="HOST",
        help="allow requests to this host and to this machine; without it, none are sent; may be repeated",
    )
    sub.add_argument(
        "--connection",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="the headers of a connection, from a JSON file; may be repeated",
    )
    sub.add_argument("--seed", type=int, metavar="N", help="return the same random numbers in each run")
    sub.add_argument("--now", metavar="TIME", help="the current time for the script, as in 2026-01-31T09:00:00+01:00")
    sub.add_argument(
        "--timezone", metavar="ZONE", help="the organization's time zone, such as Europe/Berlin (default: UTC)"
    )
