"""The command line: commands, their options, and the settings that all of them share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from zoho_cliq_api.contract import OPERATIONS

from .. import __version__
from . import commands
from .fields import add_fields


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(prog="zoho-cliq", description="Work with Zoho Cliq message actions.")
    whole.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    _settings(whole)
    subparsers = whole.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[[argparse.Namespace], None], about: str) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(name, help=about, description=about)
        sub.set_defaults(run=run)
        _settings(sub.add_argument_group("settings, before or after the command"), unset=argparse.SUPPRESS)
        return sub

    login = command("login", commands.login, "trade the code of a self client for a refresh token, and keep it")
    login.epilog = f"The code must have these scopes: {','.join(_scopes())}"
    login.add_argument("--client-id", help="asked for where it is left out; secret and code always are")
    login.add_argument("--accounts-url", help="another accounts server; else $ZOHO_CLIQ_ACCOUNTS_URL")
    listing = command("list", commands.list_actions, "list the actions")
    listing.add_argument("--limit", type=_count, metavar="N", help="show at most N actions")
    listing.add_argument(
        "--page-size", type=_count, default=100, metavar="N", help="actions per call, at most 100 (100)"
    )
    command("get", commands.get, "show one action").add_argument("id")
    create = command("create", commands.create, "create an action")
    add_fields(create, "create_message_action")
    create.add_argument(
        "--if-exists", choices=["error", "adopt"], default="error", help="what to do where the name is taken (error)"
    )
    update = command("update", commands.update, "change an action")
    update.add_argument("id")
    add_fields(update, "update_message_action")
    delete = command("delete", commands.delete, "delete an action for good; asks first where somebody can answer")
    delete.add_argument("id")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    handler = command("handler", commands.handler, "show an action's handler, or change it")
    handler.add_argument("id")
    handler.add_argument("--raw", action="store_true", help="print the Deluge source alone, as in --raw >handler.dg")
    handler.add_argument("--script", type=Path, help="a file with the Deluge source; - reads it from standard input")
    permissions = handler.add_mutually_exclusive_group()
    permissions.add_argument(
        "--permission", action="append", metavar="NAME", help="what a webhook gets; may be repeated"
    )
    permissions.add_argument("--no-permissions", action="store_true", help="take all permissions away")
    call = command("call", commands.call, "call any operation of the document, or of a package made of another one")
    call.add_argument("operation", help="the operation's id, such as list_message_actions")
    call.add_argument(
        "--field",
        action="append",
        default=[],
        dest="values",
        metavar="NAME=VALUE",
        help="an argument; a text as it is, a file as @PATH, all else as JSON; may be repeated",
    )
    call.add_argument("--package", help="the package that scripts/regenerate --package made")
    command("thresholds", commands.thresholds, "show what is left of the thresholds")
    command("logout", commands.logout, "remove the credentials that login keeps; Zoho's console revokes them")
    return whole


def _settings(group: argparse._ActionsContainer, unset: str | None = None) -> None:
    """Add the options of every command. `unset` is `argparse.SUPPRESS` where a default would hide what came before."""

    def default(value: object) -> Any:
        return value if unset is None else unset

    group.add_argument("--json", action="store_true", default=default(False), help="print JSON, also for errors")
    group.add_argument("--quiet", action="store_true", default=default(False), help="do not announce waits")
    group.add_argument(
        "--data-center",
        default=unset,
        metavar="NAME",
        help="us, eu, in, au, jp, ca, sa, uk, cn or ae; else $ZOHO_CLIQ_DATA_CENTER, else us",
    )
    group.add_argument("--base-url", default=unset, metavar="URL", help="another server, with /api/v3")
    group.add_argument(
        "--state", default=unset, metavar="PLACE", help="where thresholds and token are shared: a file, or redis://…"
    )
    group.add_argument("--timeout", type=float, default=default(30.0), metavar="SECONDS", help="for an attempt (30)")
    group.add_argument(
        "--max-wait", type=float, default=default(90.0), metavar="SECONDS", help="to wait for a threshold at most (90)"
    )
    group.add_argument("--credentials", type=Path, default=unset, metavar="FILE", help="the file that login writes")


def _count(text: str) -> int:
    """A whole number above 0."""
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a whole number above 0")
    return int(text)


def _scopes() -> list[str]:
    """Every scope that some operation asks for, where any one of several is enough the first."""
    return list(dict.fromkeys(operation.scopes[0] for operation in OPERATIONS.values() if operation.scopes))
