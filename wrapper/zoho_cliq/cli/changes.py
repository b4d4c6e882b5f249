"""`zoho-cliq changes`: what was created, updated or deleted since an earlier look."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from .. import errors
from .._environment import expanded
from .account import client
from .arguments import Adder, count
from .output import cell, table, tell

_COLUMNS = ("change", "id", "name", "execution_type", "scope", "hint")


def add(command: Adder) -> None:
    """Add the command."""
    sub = command(
        "changes",
        changes,
        "show actions created, updated or deleted since an earlier call; the first call shows all",
        "changes --token-file ~/.cache/cliq-token",
        'changes --since "$TOKEN" --json',
    )
    since = sub.add_mutually_exclusive_group()
    since.add_argument("--since", metavar="TOKEN", help="the token that an earlier call printed")
    since.add_argument(
        "--token-file", type=Path, metavar="FILE", help="a file for the token: read at the start, written at the end"
    )
    sub.add_argument(
        "--page-size", type=count, metavar="N", help="actions per call (default: as many as the API allows, 100)"
    )


def changes(options: argparse.Namespace) -> None:
    """Show the changes, then store the token: if they cannot be shown, the next run lists them again."""
    path = None if options.token_file is None else expanded("token-file", options.token_file)
    token = options.since if path is None else _kept(path)
    with client(options) as cliq:
        found = cliq.message_actions.changes(since=token or None, limit=options.page_size)
        actions = [action.to_dict() for action in found]
    data = {"actions": actions, "deleted": found.deleted, "full": found.full, "sync_token": found.sync_token}
    rows = [
        ["listed" if found.full else "changed", *(cell(each.get(name)) for name in _COLUMNS[1:])] for each in actions
    ]
    rows += [["deleted", cell(gone), *("" for _ in _COLUMNS[2:])] for gone in found.deleted]
    table(options, data, _COLUMNS, rows, spare="hint")
    if path is not None and found.sync_token is not None:
        _keep(path, found.sync_token)
    if options.json or options.quiet:
        return
    if found.full and token:
        tell("zoho-cliq: the server refused the token, so everything is listed; what is missing here was deleted")
    if not rows:
        tell("zoho-cliq: there are no actions" if found.full else "zoho-cliq: nothing has changed")
    if found.sync_token is None:
        tell("zoho-cliq: the server returned no token for the next call")
    elif path is None:
        tell(f"zoho-cliq: for the next call: --since {cell(found.sync_token)}")


def _kept(path: Path) -> str:
    """Return the stored token, or an empty text if there is none."""
    try:
        token = path.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it contains no token"
        raise errors.ConfigurationError(f"cannot read {path}: {reason}") from None
    if len(token.splitlines()) > 1 or not token.isprintable():
        raise errors.ConfigurationError(f"{path} contains no token; choose another --token-file")
    return token


def _keep(path: Path, token: str) -> None:
    """Write the token atomically, so that an interrupt leaves either the old one or the new one."""
    draft = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(f"{token}\n")
        os.replace(draft, os.path.realpath(path))
    except OSError as error:
        if draft is not None:
            Path(draft).unlink(missing_ok=True)
        raise errors.ConfigurationError(f"cannot write {path}: {error.strerror}; the old token stays") from None
