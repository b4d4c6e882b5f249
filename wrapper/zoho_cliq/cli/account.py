"""The client that all commands share, and the commands `login` and `logout`."""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from zoho_cliq_api.contract import OPERATIONS, SERVERS

from .. import errors
from .._environment import expanded, setting
from .arguments import Adder, add_dry_run, add_examples
from .input import asked, may_ask
from .output import report, require_rich, tell
from .requests import HIDDEN, show_all

_ENVIRONMENT = ("ZOHO_CLIQ_TOKEN", "ZOHO_CLIQ_CLIENT_ID")


def add_login(command: Adder) -> None:
    """Add `login`."""
    sub = command("login", login, "exchange the code of a self client for a refresh token, and store it in a file")
    add_examples(
        sub,
        "login --data-center eu",
        "login --client-id 1000.ABC <secret-and-code.txt",
        note="The code must have these scopes, or the ones that you need:\n\n  " + ",".join(scopes()),
    )
    sub.add_argument("--client-id", metavar="ID", help="asked for if omitted; secret and code are always asked for")
    sub.add_argument(
        "--accounts-url",
        metavar="URL",
        help="another accounts server (default: $ZOHO_CLIQ_ACCOUNTS_URL, else the data center's)",
    )
    add_dry_run(sub, "show where the code would be sent; ask nothing and send nothing")


def add_logout(command: Adder) -> None:
    """Add `logout`."""
    sub = command("logout", logout, "delete the credentials that login stored, and their access token", "logout")
    sub.epilog = f"The refresh token stays valid until you revoke it in Zoho's API console.\n\n{sub.epilog}"


def scopes() -> list[str]:
    """Return every scope that an operation needs; the first one if any of several is enough."""
    return list(dict.fromkeys(operation.scopes[0] for operation in OPERATIONS.values() if operation.scopes))


def _home(variable: str, default: str, name: str) -> Path:
    """Return the path of a file of ours. As the XDG specification says, a relative path in the variable is ignored."""
    given = expanded(variable, os.environ.get(variable, ""))
    return (given if given.is_absolute() else expanded(variable, f"~/{default}")) / "zoho-cliq" / name


def _credentials(options: argparse.Namespace) -> Path:
    if options.credentials is not None:
        return expanded("credentials", options.credentials)
    return _home("XDG_CONFIG_HOME", ".config", "credentials.json")


def _state(options: argparse.Namespace) -> str | Path:
    return options.state or setting("ZOHO_CLIQ_STATE") or _home("XDG_STATE_HOME", ".local/state", "state.db")


def _variable(options: argparse.Namespace) -> str | None:
    """Return the variable that holds the credentials, or None if they come from a file."""
    if options.credentials is not None:
        return None
    return next((name for name in _ENVIRONMENT if os.environ.get(name)), None)


@contextlib.contextmanager
def client(options: argparse.Namespace, *, tables: bool = True, auth: Any = None, **more: Any) -> Any:
    """Make the client of a command.

    Args:
        options: the parsed command line.
        tables: whether the command prints a table, which needs rich.
        auth: credentials to use instead of those of the environment.
        more: further settings of `Cliq`.
    """
    from .. import Cliq, OAuth

    if tables and not options.json:
        require_rich()
    settings: dict[str, Any] = {
        "state": _state(options),
        "timeout": options.timeout,
        "max_wait": options.max_wait,
        "on_wait": None if options.quiet else announce,
        "on_response": partial(_note_change, options),
    }
    settings |= {name: value for name in ("data_center", "base_url") if (value := getattr(options, name)) is not None}
    settings |= more
    if auth is not None and options.credentials is None:
        cliq = Cliq(auth, **settings)
    elif _variable(options) is None:
        path = _credentials(options)
        if options.credentials is None and _missing(path):
            raise errors.ConfigurationError("no credentials: run zoho-cliq login, or set ZOHO_CLIQ_TOKEN")
        settings.setdefault("base_url", os.environ.get("ZOHO_CLIQ_BASE_URL") or None)
        cliq = Cliq(OAuth.from_file(path), **settings)
    else:
        cliq = Cliq.from_env(**settings)
    with cliq:
        yield cliq


def _note_change(options: argparse.Namespace, response: Any) -> None:
    operation = OPERATIONS.get(response.operation)
    if operation is not None and operation.method != "GET" and response.status < 300:
        options.changed = True


def _missing(path: Path) -> bool:
    try:
        return not path.exists()
    except OSError:
        return False  # reading it will say what is wrong


def announce(wait: Any) -> None:
    """Print how long a call waits, and why."""
    tell(f"zoho-cliq: waiting {wait.seconds:.{0 if wait.seconds >= 10 else 1}f} s ({wait.reason})")


def login(options: argparse.Namespace) -> None:
    """Exchange a code for a refresh token, and store it."""
    from .. import OAuth
    from .._auth.auth import DEFAULT_DATA_CENTER, checked_url, data_center_at, data_center_named
    from .._servers import data_center_of_api

    path = _credentials(options)
    data_center = options.data_center or setting("ZOHO_CLIQ_DATA_CENTER", data_center_named)
    accounts_url = options.accounts_url
    if accounts_url is None:
        accounts_url = setting("ZOHO_CLIQ_ACCOUNTS_URL", partial(checked_url, "it"))
    base_url = options.base_url or setting("ZOHO_CLIQ_BASE_URL", partial(checked_url, "it"))
    if options.base_url:
        checked_url("base_url", options.base_url)
    home = OAuth("-", "-", "-", data_center, accounts_url)  # raises ConfigurationError before anything is asked
    if options.dry_run:
        form = "&".join(f"{name}={HIDDEN}" for name in ("client_id", "client_secret", "code"))
        request = {
            "method": "POST",
            "url": f"{home.accounts_url}/oauth/v2/token",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
            "body": f"grant_type=authorization_code&{form}",
        }
        show_all(options, [request])
        return
    _refuse_unwritable(path)
    if may_ask() and not options.quiet:
        for line in _advice(home.accounts_url, options):
            tell(line)
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
    server = base_url or SERVERS[auth.data_center or DEFAULT_DATA_CENTER].base_url
    center = data_center_of_api(server) if data_center_at(auth.accounts_url) else None
    where = f"({center})" if center else f"at {auth.accounts_url}, for calls to {server}"
    facts = {
        "credentials": str(path),
        "data_center": center,
        "accounts_url": auth.accounts_url,
        "server": server,
        "scopes": auth.scopes,
    }
    report(options, facts, f"Logged in {where}; credentials stored in {path}")
    lacking = [] if auth.scopes is None else _lacking(auth.scopes)
    if lacking:
        tell(f"zoho-cliq: the code lacks {', '.join(lacking)}; commands that need it will be refused")
    used = _variable(options)
    if used:
        tell(f"zoho-cliq: {used} is set and takes precedence; unset it to use the stored credentials")


def _lacking(granted: tuple[str, ...]) -> list[str]:
    known = {scope.lower() for scope in granted}  # servers compare without case
    return [scope for scope in scopes() if scope.lower() not in known]


def _advice(accounts_url: str, options: argparse.Namespace) -> list[str]:
    """Return what to tell a person before asking for a code."""
    from .._auth.auth import data_center_at

    host = urlsplit(accounts_url).hostname or ""
    known = data_center_at(accounts_url)
    where = f"{accounts_url}: data center {known}; choose another one with --data-center" if known else accounts_url
    lines = [f"The code goes to {where}."]
    if known:
        console = f"https://api-console.{host.removeprefix('accounts.')}"
        lines.append(f"Create it at {console}: Self Client, Generate Code, with the scopes")
    else:
        lines.append("It must have the scopes")
    return [*lines, f"  {','.join(scopes())}"]


_PROBE = b"\0" * 4096
"""At least as many bytes as credentials take."""


def _refuse_unwritable(path: Path) -> None:
    """Raise ConfigurationError if the credentials cannot be stored. Check before sending: the code is valid once."""
    try:
        reason = "it is a directory" if path.is_dir() else None
        if path.exists() and not path.is_file() and not reason:
            with path.open("wb", buffering=0) as device:
                device.write(_PROBE)
            reason = "it is not a regular file"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=path.parent) as file:
            file.write(_PROBE)  # fails if the disk is full
    except OSError as error:
        reason = error.strerror
    if reason:
        raise errors.ConfigurationError(f"cannot write {path}: {reason}; nothing was sent")


def logout(options: argparse.Namespace) -> None:
    """Delete what login stored, and the access token in the state."""
    path = _credentials(options)
    if _missing(path):
        if _variable(options) != "ZOHO_CLIQ_CLIENT_ID":
            raise errors.ConfigurationError(f"not logged in: there is no {path}")
        _forget(options)
        text = "Deleted the access token; ZOHO_CLIQ_CLIENT_ID and the other variables are still set"
        report(options, {"removed": None}, text)
        return
    failure: errors.CliqError | None = None
    try:
        _forget(argparse.Namespace(**{**vars(options), "credentials": path}))
    except errors.ConfigurationError:
        pass  # without readable credentials, the account of the token is unknown
    except errors.StateError as error:
        failure = error
    try:
        path.unlink()
    except OSError as error:
        raise errors.ConfigurationError(f"cannot remove {path}: {error.strerror}") from None
    report(options, {"removed": str(path)}, f"Logged out; removed {path}")
    if failure is not None:
        raise errors.CliqError(f"the access token could not be deleted: {failure}") from failure
    if used := _variable(options):
        tell(f"zoho-cliq: {used} is still set, and commands use it")


def _forget(options: argparse.Namespace) -> None:
    with client(options, tables=False) as cliq:
        cliq._engine.state.forget_token(cliq._engine.account)


def source(options: argparse.Namespace) -> str:
    """Return where the credentials of a command come from: a variable or a file."""
    return _variable(options) or str(_credentials(options))


def state_shown(options: argparse.Namespace) -> str:
    """Return where the state is, without the password that an address may hold."""
    where = str(_state(options))
    if "://" not in where:
        return str(expanded("state", where))
    parts = urlsplit(where)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
