"""The commands: each makes a client, calls it, and prints the answer."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

from .. import errors
from .._paths import expanded
from .fields import given, parsed
from .input import asked, piped
from .output import cell, record, report, require_rich, show, table, tell

_COLUMNS = ("id", "name", "execution_type", "scope", "message_types", "hint")


def _home(variable: str, default: str, name: str) -> Path:
    return expanded(variable, os.environ.get(variable) or f"~/{default}") / "zoho-cliq" / name


def _credentials(options: argparse.Namespace) -> Path:
    if options.credentials is not None:
        return expanded("credentials", options.credentials)
    return _home("XDG_CONFIG_HOME", ".config", "credentials.json")


@contextlib.contextmanager
def _client(options: argparse.Namespace, *, tables: bool = True) -> Any:
    from .. import Cliq, OAuth

    if tables and not options.json:
        require_rich()
    settings: dict[str, Any] = {
        "state": options.state
        or os.environ.get("ZOHO_CLIQ_STATE")
        or _home("XDG_STATE_HOME", ".local/state", "state.db"),
        "timeout": options.timeout,
        "max_wait": options.max_wait,
        "on_wait": None if options.quiet else _announce,
    }
    settings |= {name: value for name in ("data_center", "base_url") if (value := getattr(options, name)) is not None}
    if options.credentials is not None or not (
        os.environ.get("ZOHO_CLIQ_TOKEN") or os.environ.get("ZOHO_CLIQ_CLIENT_ID")
    ):
        path = _credentials(options)
        if options.credentials is None and _missing(path):
            raise errors.ConfigurationError("no credentials: run zoho-cliq login, or set ZOHO_CLIQ_TOKEN")
        settings.setdefault("base_url", os.environ.get("ZOHO_CLIQ_BASE_URL") or None)
        cliq = Cliq(OAuth.from_file(path), **settings)
    else:
        cliq = Cliq.from_env(**settings)
    with cliq:
        yield cliq


def _missing(path: Path) -> bool:
    try:
        return not path.exists()
    except OSError:
        return False  # reading it will say what is wrong


def _announce(wait: Any) -> None:
    tell(f"zoho-cliq: waiting {wait.seconds:.0f} s ({wait.reason})")


def login(options: argparse.Namespace) -> None:
    from .. import OAuth

    path = _credentials(options)
    data_center = options.data_center or os.environ.get("ZOHO_CLIQ_DATA_CENTER") or None
    accounts_url = options.accounts_url
    if accounts_url is None:
        accounts_url = os.environ.get("ZOHO_CLIQ_ACCOUNTS_URL") or None
    _refuse_unwritable(path)
    client_id = options.client_id or asked("Client ID", secret=False)
    secret = asked("Client secret")
    code = asked("Code")
    auth = OAuth.from_code(
        code,
        client_id=client_id,
        client_secret=secret,
        data_center=data_center,
        accounts_url=accounts_url,
        timeout=options.timeout,
    )
    auth.save(path)
    where = auth.data_center or "us"
    report(options, {"credentials": str(path), "data_center": where}, f"Logged in ({where}); kept in {path}")


_PROBE = b"\0" * 4096
"""As many bytes as credentials take at most."""


def _refuse_unwritable(path: Path) -> None:
    """Raise ConfigurationError where the credentials could not be kept; the code that they come from is good once."""
    try:
        reason = "it is a directory" if path.is_dir() else None
        if path.exists() and not path.is_file() and not reason:
            with path.open("wb", buffering=0) as device:
                device.write(_PROBE)
            reason = "it is not a regular file"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=path.parent) as file:
            file.write(_PROBE)  # a disk may be full
    except OSError as error:
        reason = error.strerror
    if reason:
        raise errors.ConfigurationError(f"cannot write {path}: {reason}; nothing was sent")


def logout(options: argparse.Namespace) -> None:
    path = _credentials(options)
    try:
        path.unlink()
    except FileNotFoundError:
        raise errors.ConfigurationError(f"not logged in: there is no {path}") from None
    except OSError as error:
        raise errors.ConfigurationError(f"cannot remove {path}: {error.strerror}") from None
    report(options, {"removed": str(path)}, f"Logged out; removed {path}")


def list_actions(options: argparse.Namespace) -> None:
    with _client(options) as cliq:
        found = cliq.message_actions.list(limit=options.page_size)
        actions = [action.to_dict() for action in islice(found, options.limit)]
    rows = ([cell(action.get(name)) for name in _COLUMNS] for action in actions)
    table(options, actions, _COLUMNS, rows)


def get(options: argparse.Namespace) -> None:
    with _client(options) as cliq:
        record(options, cliq.message_actions.get(options.id).to_dict())


def create(options: argparse.Namespace) -> None:
    with _client(options) as cliq:
        record(options, cliq.message_actions.create(**given(options), if_exists=options.if_exists).to_dict())


def update(options: argparse.Namespace) -> None:
    with _client(options) as cliq:
        record(options, cliq.message_actions.update(options.id, **given(options)).to_dict())


def delete(options: argparse.Namespace) -> None:
    if not options.yes and sys.stdin is not None and sys.stdin.isatty():
        answer = asked(f"Delete action {cell(options.id)} for good? [y/N]", secret=False)
        if answer.lower() not in ("y", "yes"):
            raise errors.CliqError("not deleted; nothing was sent")
    with _client(options, tables=False) as cliq:
        cliq.message_actions.delete(options.id)
    report(options, {"deleted": options.id}, f"Deleted {options.id}")


def handler(options: argparse.Namespace) -> None:
    fields: dict[str, Any] = {}
    if options.script:
        fields["script"] = piped() if str(options.script) == "-" else expanded("script", options.script)
    if options.permission or options.no_permissions:
        fields["permissions"] = options.permission or []
    if options.raw and (fields or options.json):
        raise errors.ConfigurationError("--raw shows a script; it goes with neither a change nor --json")
    with _client(options, tables=not options.raw) as cliq:
        actions = cliq.message_actions
        found = actions.update_handler(options.id, **fields) if fields else actions.get_handler(options.id)
    shown = found.to_dict()
    if not options.raw:
        record(options, shown)
    elif isinstance(shown.get("script"), str):
        show(shown["script"])
    else:
        raise errors.CliqError(f"the handler of {options.id} has no script")


def call(options: argparse.Namespace) -> None:
    from .._operations import OWN, Operations

    package = options.package or OWN
    operations = Operations(package)
    arguments = parsed(operations.prepared(options.operation), operations.rules, options.values)
    with _client(options) as cliq:
        answer = cliq.call(package, options.operation, **arguments)
    if isinstance(answer, bytes):
        raise errors.CliqError(f"the answer is {len(answer)} bytes that are no JSON; use cliq.call(…) for them")
    plain = answer.to_dict() if hasattr(answer, "to_dict") else answer
    record(options, plain if isinstance(plain, dict) else {"answer": plain})


def thresholds(options: argparse.Namespace) -> None:
    with _client(options) as cliq:
        budgets = dict(cliq.thresholds)
    names = ("limit", "remaining", "resets_in", "locked_for")
    shown = {operation: {name: getattr(budget, name) for name in names} for operation, budget in budgets.items()}
    rows = ([operation, *(f"{value:g}" for value in budget.values())] for operation, budget in shown.items())
    table(options, shown, ("operation", *names), rows)
