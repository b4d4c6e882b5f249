"""The command `zoho-cliq`: message actions from a terminal. Tables for people (extra `cli`), `--json` for scripts.

Credentials come from the environment (see `Cliq.from_env`), else from the file that `zoho-cliq login` wrote. Calls
share their thresholds and token with all other runs through a state file. Exit codes: 0 done, 1 refused or failed, 2
wrong usage or settings, 3 try again later, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from zoho_cliq_api.contract import OPERATIONS

from . import __version__, errors
from .extras import unavailable
from .paths import expanded

TRY_LATER = (errors.WouldWait, errors.RateLimited)
WRONG_USE = (errors.ConfigurationError, errors.ValidationError)
_COLUMNS = ("id", "name", "execution_type", "scope", "message_types", "hint")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a character that it cannot show must not lose the rest
    options = argparse.Namespace(json=False)
    try:
        if sys.stdout is None:
            raise errors.CliqError("the standard output is closed; nothing was sent")
        try:
            parser().parse_args(arguments, options)
        except SystemExit:
            _show("")  # what --help has printed, and what is wrong with the arguments
            _tell("", end="")
            raise
        options.run(options)
    except errors.CliqError as error:
        _complain(error, options.json)
        return 3 if isinstance(error, TRY_LATER) else 2 if isinstance(error, WRONG_USE) else 1
    except ImportError as error:
        _complain(_cannot_load(error), options.json)
        return 1
    except KeyboardInterrupt:
        _complain(errors.CliqError("interrupted"), options.json)
        return 130
    except BrokenPipeError:
        return 1  # whoever read the output has gone, and wants to hear no more
    return 0


def _scopes() -> list[str]:
    """Every scope that some operation asks for, where any one of several is enough the first."""
    return list(dict.fromkeys(operation.scopes[0] for operation in OPERATIONS.values() if operation.scopes))


def _cannot_load(error: ImportError) -> errors.CliqError:
    """An error that names what cannot be imported, and why."""
    name = f"{error.name}: " if error.name and error.name not in str(error) else ""
    return errors.CliqError(f"a module cannot be imported: {name}{error}; reinstall zoho-cliq with its dependencies")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(prog="zoho-cliq", description="Work with Zoho Cliq message actions.")
    whole.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    _settings(whole)
    commands = whole.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[[argparse.Namespace], None], about: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about)
        sub.set_defaults(run=run)
        _settings(sub.add_argument_group("settings, before or after the command"), unset=argparse.SUPPRESS)
        return sub

    login = command("login", _login, "trade the code of a self client for a refresh token, and keep it")
    login.epilog = f"The code must have these scopes: {','.join(_scopes())}"
    login.add_argument("--client-id", help="asked for where it is left out; secret and code always are")
    login.add_argument("--accounts-url", help="another accounts server; else $ZOHO_CLIQ_ACCOUNTS_URL")
    listing = command("list", _list, "list the actions")
    listing.add_argument("--limit", type=_count, metavar="N", help="show at most N actions")
    listing.add_argument(
        "--page-size", type=_count, default=100, metavar="N", help="actions per call, at most 100 (100)"
    )
    command("get", _get, "show one action").add_argument("id")
    _fields(command("create", _create, "create an action"), creating=True)
    update = command("update", _update, "change an action")
    update.add_argument("id")
    _fields(update, creating=False)
    delete = command("delete", _delete, "delete an action for good; asks first where somebody can answer")
    delete.add_argument("id")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    handler = command("handler", _handler, "show an action's handler, or change it")
    handler.add_argument("id")
    handler.add_argument("--raw", action="store_true", help="print the Deluge source alone, as in --raw >handler.dg")
    handler.add_argument("--script", type=Path, help="a file with the Deluge source; - reads it from standard input")
    permissions = handler.add_mutually_exclusive_group()
    permissions.add_argument(
        "--permission", action="append", metavar="NAME", help="what a webhook gets; may be repeated"
    )
    permissions.add_argument("--no-permissions", action="store_true", help="take all permissions away")
    command("thresholds", _thresholds, "show what is left of the thresholds")
    command("logout", _logout, "remove the credentials that login keeps; Zoho's console revokes them")
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


def _fields(sub: argparse.ArgumentParser, *, creating: bool) -> None:
    sub.add_argument("--name", required=creating)
    sub.add_argument("--hint", required=creating)
    if creating:
        sub.add_argument("--execution-type", help="deluge or webhook")
        sub.add_argument("--if-exists", choices=["error", "adopt"], default="error")
    sub.add_argument("--execution-url")
    sub.add_argument("--message-type", action="append", dest="message_types", metavar="KIND", help="may be repeated")
    sub.add_argument("--multi-selectable", action=argparse.BooleanOptionalAction)
    sub.add_argument("--scope", help="organization, team or personal")
    sub.add_argument("--team-id", action="append", type=int, dest="team_ids", metavar="ID", help="may be repeated")
    sub.add_argument("--image", type=Path, help="a file with the icon")


_GIVEN = "name hint execution_type execution_url message_types multi_selectable scope team_ids image if_exists".split()


def _given(options: argparse.Namespace) -> dict[str, Any]:
    fields = {name: value for name in _GIVEN if (value := getattr(options, name, None)) is not None}
    return {name: expanded(name, value) if isinstance(value, Path) else value for name, value in fields.items()}


def _home(variable: str, default: str, name: str) -> Path:
    return expanded(variable, os.environ.get(variable) or f"~/{default}") / "zoho-cliq" / name


def _credentials(options: argparse.Namespace) -> Path:
    if options.credentials is not None:
        return expanded("credentials", options.credentials)
    return _home("XDG_CONFIG_HOME", ".config", "credentials.json")


@contextlib.contextmanager
def _client(options: argparse.Namespace, *, tables: bool = True) -> Any:
    from . import Cliq, OAuth

    if tables and not options.json:
        _refuse_without_rich()
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


def _login(options: argparse.Namespace) -> None:
    from . import OAuth

    path = _credentials(options)
    data_center = options.data_center or os.environ.get("ZOHO_CLIQ_DATA_CENTER") or None
    accounts_url = options.accounts_url
    if accounts_url is None:
        accounts_url = os.environ.get("ZOHO_CLIQ_ACCOUNTS_URL") or None
    _refuse_unwritable(path)
    client_id = options.client_id or _asked("Client ID", secret=False)
    secret = _asked("Client secret")
    code = _asked("Code")
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
    _print(options, {"credentials": str(path), "data_center": where}, f"Logged in ({where}); kept in {path}")


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


def _asked(what: str, *, secret: bool = True) -> str:
    """What a person types, unseen where it is secret; without a terminal, the next line of the standard input."""
    if sys.stdin is None:
        raise errors.ConfigurationError(f"{what}: the standard input is closed")
    try:
        if secret and sys.stdin.isatty():
            return getpass.getpass(f"{what}: ").strip()
        _tell(f"{what}: ", end="")
        line = sys.stdin.readline()
    except EOFError:
        line = ""
    except UnicodeDecodeError:
        raise errors.ConfigurationError(f"{what}: the input is not text") from None
    if not line:
        _tell("")
        raise errors.ConfigurationError(f"{what}: the input has ended before it was given")
    return line.removeprefix("\ufeff").strip()


def _list(options: argparse.Namespace) -> None:
    with _client(options) as cliq:
        found = cliq.message_actions.list(limit=options.page_size)
        actions = [action.to_dict() for action in islice(found, options.limit)]
    rows = ([_cell(action.get(name)) for name in _COLUMNS] for action in actions)
    _table(options, actions, _COLUMNS, rows)


def _get(options: argparse.Namespace) -> None:
    with _client(options) as cliq:
        _record(options, cliq.message_actions.get(options.id).to_dict())


def _create(options: argparse.Namespace) -> None:
    with _client(options) as cliq:
        _record(options, cliq.message_actions.create(**_given(options)).to_dict())


def _update(options: argparse.Namespace) -> None:
    with _client(options) as cliq:
        _record(options, cliq.message_actions.update(options.id, **_given(options)).to_dict())


def _delete(options: argparse.Namespace) -> None:
    if not options.yes and sys.stdin is not None and sys.stdin.isatty():
        answer = _asked(f"Delete action {_cell(options.id)} for good? [y/N]", secret=False)
        if answer.lower() not in ("y", "yes"):
            raise errors.CliqError("not deleted; nothing was sent")
    with _client(options, tables=False) as cliq:
        cliq.message_actions.delete(options.id)
    _print(options, {"deleted": options.id}, f"Deleted {options.id}")


def _handler(options: argparse.Namespace) -> None:
    fields: dict[str, Any] = {}
    if options.script:
        fields["script"] = _piped() if str(options.script) == "-" else expanded("script", options.script)
    if options.permission or options.no_permissions:
        fields["permissions"] = options.permission or []
    if options.raw and (fields or options.json):
        raise errors.ConfigurationError("--raw shows a script; it goes with neither a change nor --json")
    with _client(options, tables=not options.raw) as cliq:
        actions = cliq.message_actions
        found = actions.update_handler(options.id, **fields) if fields else actions.get_handler(options.id)
    shown = found.to_dict()
    if not options.raw:
        _record(options, shown)
    elif isinstance(shown.get("script"), str):
        _show(shown["script"])
    else:
        raise errors.CliqError(f"the handler of {options.id} has no script")


def _logout(options: argparse.Namespace) -> None:
    path = _credentials(options)
    try:
        path.unlink()
    except FileNotFoundError:
        raise errors.ConfigurationError(f"not logged in: there is no {path}") from None
    except OSError as error:
        raise errors.ConfigurationError(f"cannot remove {path}: {error.strerror}") from None
    _print(options, {"removed": str(path)}, f"Logged out; removed {path}")


def _piped() -> str:
    reason = "it is closed"
    if sys.stdin is not None:
        try:
            text = sys.stdin.buffer.read().decode("utf-8-sig")
            return text.replace("\r\n", "\n").replace("\r", "\n")  # as files are read
        except (OSError, UnicodeDecodeError) as error:
            reason = str(error.strerror) if isinstance(error, OSError) else "it is not UTF-8 text"
    raise errors.ValidationError(
        f"cannot read the standard input: {reason}", field="script", operation="update_message_action_handler"
    )


def _thresholds(options: argparse.Namespace) -> None:
    with _client(options) as cliq:
        budgets = dict(cliq.thresholds)
    names = ("limit", "remaining", "resets_in", "locked_for")
    shown = {operation: {name: getattr(budget, name) for name in names} for operation, budget in budgets.items()}
    rows = ([operation, *(f"{value:g}" for value in budget.values())] for operation, budget in shown.items())
    _table(options, shown, ("operation", *names), rows)


def _announce(wait: Any) -> None:
    _tell(f"zoho-cliq: waiting {wait.seconds:.0f} s ({wait.reason})")


def _show(text: str) -> None:
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


def _tell(text: str, end: str = "\n") -> None:
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


def _print(options: argparse.Namespace, data: Any, text: str) -> None:
    _show(f"{json.dumps(data) if options.json else text}\n")


def _record(options: argparse.Namespace, data: dict[str, Any]) -> None:
    _table(options, data, ("field", "value"), ([_cell(name), _cell(value)] for name, value in data.items()))


def _refuse_without_rich() -> None:
    """Before a call: one that was made and cannot be shown is half lost."""
    try:
        import rich.console
        import rich.table
        import rich.text  # noqa: F401
    except ImportError as error:
        raise unavailable("without --json, tables need", "rich", "cli", error) from error


def _table(options: argparse.Namespace, data: Any, columns: Iterable[str], rows: Iterable[Sequence[str]]) -> None:
    if options.json:
        _show(f"{json.dumps(data, indent=2)}\n")
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
    _show(drawn.getvalue())


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_cell(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(_cell(item) for item in value.values())
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _complain(error: errors.CliqError, as_json: bool) -> None:
    text = _cell(" ".join(str(error).split()))
    if as_json:
        names = ("operation", "status", "code", "field", "seconds", "retry_after")
        facts = {name: value for name in names if (value := getattr(error, name, None)) is not None}
        _tell(json.dumps({"error": type(error).__name__, "message": text, **facts}))
    else:
        _tell(f"zoho-cliq: {text}")


if __name__ == "__main__":
    sys.exit(main())
