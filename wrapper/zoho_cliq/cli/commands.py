"""The commands on message actions: each makes a client, calls it, and prints the answer."""

from __future__ import annotations

import argparse
from functools import partial
from itertools import islice

from .. import errors
from .._environment import expanded
from ..message_actions.pager import largest_page
from .account import client
from .arguments import WrongUsage
from .fields import body_and_path, given, parsed
from .input import asked, may_ask, piped
from .naming import chosen
from .output import cell, record, report, show, table, tell
from .requests import show_requests

_COLUMNS = ("id", "name", "execution_type", "scope", "message_types", "hint")


def list_actions(options: argparse.Namespace) -> None:
    """Show the actions."""
    with client(options) as cliq:
        size = options.page_size
        if options.limit is not None:
            size = min(options.limit, size or largest_page(cliq._operations))
        found = cliq.message_actions.list(limit=size, **given(options))
        actions = [action.to_dict() for action in islice(found, options.limit)]
    rows = ([cell(action.get(name)) for name in _COLUMNS] for action in actions)
    table(options, actions, _COLUMNS, rows, spare="hint")
    if not (actions or options.json or options.quiet):
        tell("zoho-cliq: there are no actions; zoho-cliq create makes one")


def get(options: argparse.Namespace) -> None:
    """Show one action."""
    action = chosen(options)
    with client(options) as cliq:
        record(options, cliq.message_actions.get(action.find(cliq), **given(options)).to_dict())


def create(options: argparse.Namespace) -> None:
    """Create an action."""
    with client(options, tables=not options.dry_run) as cliq:
        make = partial(cliq.message_actions.create, **given(options), if_exists=options.if_exists)
        if options.dry_run:
            show_requests(options, cliq, lambda _: make())
        else:
            record(options, make().to_dict())


def update(options: argparse.Namespace) -> None:
    """Change an action."""
    action, fields = chosen(options), given(options)
    if not fields:
        raise WrongUsage("give at least one field to change, such as --hint; see zoho-cliq update --help")
    with client(options, tables=not options.dry_run) as cliq:
        change = partial(cliq.message_actions.update, **fields)
        if options.dry_run:
            show_requests(options, cliq, change, action)
        else:
            record(options, change(action.find(cliq)).to_dict())


def delete(options: argparse.Namespace) -> None:
    """Delete an action, after asking."""
    action = chosen(options)
    if not (options.yes or options.dry_run or may_ask()):
        raise errors.ConfigurationError("delete asks before it deletes; without a terminal give --yes")
    with client(options, tables=False) as cliq:
        remove = partial(cliq.message_actions.delete, **given(options))
        if options.dry_run:
            show_requests(options, cliq, remove, action)
            return
        identifier = action.find(cliq)
        shown = identifier if action.name is None else f"{action} ({identifier})"
        if not options.yes and asked(f"Delete action {shown} for good? [y/N]", secret=False).lower() not in _YES:
            raise errors.CliqError("not deleted")
        remove(identifier)
    report(options, {"deleted": identifier}, f"Deleted {shown}")


_YES = ("y", "yes")


def handler(options: argparse.Namespace) -> None:
    """Show an action's handler, or change it."""
    action = chosen(options)
    fields, path = body_and_path("update_message_action_handler", given(options))
    if options.script:
        fields["script"] = piped() if str(options.script) == "-" else expanded("script", options.script)
    if options.permission or options.no_permissions:
        fields["permissions"] = options.permission or []
    if options.raw and (fields or options.json):
        raise errors.ConfigurationError("--raw prints a script; it cannot be combined with a change or --json")
    with client(options, tables=not (options.raw or options.dry_run)) as cliq:
        actions = cliq.message_actions
        use = partial(actions.update_handler, **path, **fields) if fields else partial(actions.get_handler, **path)
        if options.dry_run:
            show_requests(options, cliq, use, action)
            return
        shown = use(action.find(cliq)).to_dict()
    if not options.raw:
        record(options, shown)
    elif isinstance(shown.get("script"), str):
        show(shown["script"])
    else:
        raise errors.CliqError(f"the handler of {action} has no script")


def call(options: argparse.Namespace) -> None:
    """Call any operation."""
    from .._operations import OWN, Operations

    package = options.package or OWN
    operations = Operations(package)
    known = operations.prepared(options.operation)
    arguments = parsed(known, operations.rules, options.values)
    with client(options, tables=not options.dry_run) as cliq:
        make = partial(cliq.call, package, options.operation, **arguments)
        if options.dry_run:
            show_requests(options, cliq, lambda _: make())
            return
        answer = make()
    options.changed = known.operation.method != "GET"
    if isinstance(answer, bytes):
        raise errors.CliqError(
            f"the answer is {len(answer)} bytes that are not JSON; in Python, cliq.call(…) returns them"
        )
    plain = answer.to_dict() if hasattr(answer, "to_dict") else answer
    record(options, plain if isinstance(plain, dict) else {"answer": plain})
