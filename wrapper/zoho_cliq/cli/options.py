"""The command line: commands, their options, and the settings that all of them share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from zoho_cliq_api.contract import SERVERS

from .. import __version__
from .._progress import MAX_WAIT
from . import account, apply, changes, check, commands, completion, dev, drift, known, plan, pull, schema
from .arguments import Adder, Command, Parser, add_dry_run, add_examples, count
from .deluge import add_deluge
from .fields import add_fields, values_of
from .naming import add_action


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    whole = Parser(prog="zoho-cliq", description="Work with Zoho Cliq message actions.")
    add_examples(
        whole,
        "login --data-center eu",
        "list",
        'get "Create ticket"',
        note="Exit codes: 0 done, 1 refused or failed, 2 wrong usage or settings, 3 try again later, 130 interrupted. "
        "zoho-cliq COMMAND --help says more.",
    )
    whole.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    _settings(whole)
    subparsers = whole.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Command, about: str, *examples: str) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
        sub.set_defaults(run=run)
        _settings(sub.add_argument_group("settings, before or after the command"), unset=argparse.SUPPRESS)
        add_examples(sub, *examples)
        return sub

    account.add_login(command)
    _add_reading(command)
    _add_changing(command)
    _add_call(command)
    for module in (changes, known, pull, check, plan, apply, drift, schema, dev):
        module.add(command)
    add_deluge(subparsers)
    account.add_logout(command)
    completion.add(command, parser)
    return whole


def _add_reading(command: Adder) -> None:
    listing = command("list", commands.list_actions, "list the actions", "list", "list --limit 5 --json")
    listing.add_argument("--limit", type=count, metavar="N", help="show at most N actions")
    listing.add_argument(
        "--page-size", type=count, metavar="N", help="actions per call (default: as many as a page may have)"
    )
    add_fields(listing, "list_message_actions")
    get = command(
        "get", commands.get, "show one action", "get 53719000002124010", 'get "Create ticket"', "get --name 2026 --json"
    )
    add_action(get)
    add_fields(get, "get_message_action")


def _add_changing(command: Adder) -> None:
    create = command(
        "create",
        commands.create,
        "create an action",
        'create --name "Create ticket" --hint "File this message" --message-type text',
        "create --name Desk --hint Send --execution-type webhook --execution-url https://desk.example.com/cliq",
        'create --name "Create ticket" --hint "File this message" --dry-run',
    )
    create.add_argument(
        "--if-exists",
        choices=["error", "adopt"],
        default="error",
        help="what to do if the name is taken (default: error)",
    )
    add_dry_run(create)
    add_fields(create, "create_message_action", without=("if_exists",))
    update = command(
        "update",
        commands.update,
        "change an action",
        'update 53719000002124010 --hint "File a ticket"',
        'update --name "Create ticket" --new-name "File ticket" --dry-run',
    )
    add_action(update)
    add_dry_run(update)
    add_fields(update, "update_message_action", renamed={"name": "new_name"})
    delete = command(
        "delete",
        commands.delete,
        "delete an action for good; asks first",
        "delete 53719000002124010",
        'delete --name "Create ticket" --yes',
    )
    add_action(delete)
    delete.add_argument("--yes", action="store_true", help="do not ask; required without a terminal")
    add_dry_run(delete)
    add_fields(delete, "delete_message_action")
    _add_handler(command)


def _add_handler(command: Adder) -> None:
    handler = command(
        "handler",
        commands.handler,
        "show an action's handler, or change it",
        'handler "Create ticket" --raw >ticket.dg',
        "handler 53719000002124010 --script ticket.dg",
        "handler --name Desk --permission message --permission user",
    )
    add_action(handler)
    handler.add_argument("--raw", action="store_true", help="print the Deluge source alone, as in --raw >handler.dg")
    handler.add_argument(
        "--script", type=Path, metavar="FILE", help="a file with the Deluge source; - reads it from standard input"
    )
    permissions = handler.add_mutually_exclusive_group()
    values = values_of("update_message_action_handler", "permissions")
    permissions.add_argument(
        "--permission",
        action="append",
        metavar="NAME",
        choices=values,
        help=f"what a webhook gets: {', '.join(values or ['a name'])}; may be repeated",
    )
    permissions.add_argument("--no-permissions", action="store_true", help="remove all permissions")
    add_dry_run(handler)
    add_fields(handler, "update_message_action_handler", without=("script", "permissions"))


def _add_call(command: Adder) -> None:
    call = command(
        "call",
        commands.call,
        "call any operation of the document, or of a package generated from another document",
        "call list_message_actions --field limit=5",
        "call get_message_action --field action_id=53719000002124010 --json",
    )
    call.add_argument("operation", help="the operation's id, such as list_message_actions")
    call.add_argument(
        "--field",
        action="append",
        default=[],
        dest="values",
        metavar="NAME=VALUE",
        help="an argument: text unchanged, a file as @PATH, anything else as JSON; may be repeated",
    )
    call.add_argument("--package", metavar="NAME", help="a package that scripts/regenerate --package generated")
    add_dry_run(call)


def _settings(group: argparse._ActionsContainer, unset: str | None = None) -> None:
    """Add the options of every command. `unset` is `argparse.SUPPRESS` where a default would hide what came before."""

    def default(value: object) -> Any:
        return value if unset is None else unset

    group.add_argument("--json", action="store_true", default=default(False), help="print JSON, also for errors")
    group.add_argument("--quiet", action="store_true", default=default(False), help="print results and errors only")
    group.add_argument(
        "--data-center",
        default=unset,
        metavar="NAME",
        choices=list(SERVERS),
        help=f"{', '.join(list(SERVERS)[:-1])} or {list(SERVERS)[-1]} (default: $ZOHO_CLIQ_DATA_CENTER, else us)",
    )
    group.add_argument("--base-url", default=unset, metavar="URL", help="another server, with /api/v3")
    group.add_argument(
        "--state",
        default=unset,
        metavar="PLACE",
        help="where calls are counted and the access token is stored: a file, or redis://…",
    )
    group.add_argument(
        "--timeout", type=float, default=default(30.0), metavar="SECONDS", help="seconds for one attempt (default: 30)"
    )
    group.add_argument(
        "--max-wait",
        type=float,
        default=default(MAX_WAIT),
        metavar="SECONDS",
        help=f"seconds that one call may wait in total, for thresholds and between attempts (default: {MAX_WAIT:.0f})",
    )
    group.add_argument("--credentials", type=Path, default=unset, metavar="FILE", help="the file that login writes")
