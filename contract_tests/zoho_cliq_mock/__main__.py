"""The command `zoho-cliq-mock`: run a mock server in the foreground.

The first line on standard output is `listening on` and the API's base URL. Exit codes:

- 0: the server was stopped.
- 1: the output of `--list-policies` or `--version` could not be written.
- 2: bad arguments (port in use, unusable database or seed, unknown policy). One line says what is wrong and what to do.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from zoho_cliq_mock.extras import deluge_missing, missing
from zoho_cliq_mock.terminal import open_standard_streams, plain, say, unwritten

if TYPE_CHECKING:
    from zoho_cliq_mock.state import State

USAGE_ERROR = 2
OUTPUT_CLOSED = 1

_EPILOG = """\
examples:
  zoho-cliq-mock                                 on port 8100, everything in memory
  zoho-cliq-mock --port 0 --db cliq.db           on a free port, kept in a file
  zoho-cliq-mock --policy scope_status=401       return 401 for a missing scope, as sibling APIs do
  zoho-cliq-mock --list-policies                 print all policies
  zoho-cliq-mock trigger --action NAME --text T  run a message action on a running mock; see trigger --help

The first line printed is `listening on http://127.0.0.1:PORT/api/v3`. Without --seed there are the users owner and
colleague (one organization) and outsider (another), with the tokens 1000.owner, 1000.colleague and 1000.outsider.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: the arguments without the command's name. Default: None, those of the process.
    """
    open_standard_streams()
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["trigger"]:
        from zoho_cliq_mock.trigger.command import trigger

        return trigger(given[1:])
    try:
        options = parser().parse_args(given)
        if options.list_policies:
            return _list_policies()
        if options.version:
            return _show_version()
    except OSError as error:
        unwritten("zoho-cliq-mock", error)
        return OUTPUT_CLOSED
    try:
        from zoho_cliq_mock.app import create_app
        from zoho_cliq_mock.database import DatabaseError
        from zoho_cliq_mock.directory import SeedError
        from zoho_cliq_mock.document import BASE_PATH
        from zoho_cliq_mock.policies import PolicyError
        from zoho_cliq_mock.server import listen, make_server
        from zoho_cliq_mock.trigger.deluge.connections import ConnectionsError
    except ImportError as error:
        _fail(missing(error))

    if not 0 <= options.port <= 65535:
        _fail(f"--port must be from 0 to 65535, not {options.port}")
    try:
        sock = listen("127.0.0.1", options.port)
    except OSError as error:
        _fail(f"port {options.port} cannot be used ({error.strerror}); give another with --port, or 0 for a free one")
    try:
        app = create_app(
            options.db,
            seed=_seed(options.seed),
            thresholds=not options.no_thresholds,
            policies=_policies(options.policy),
            durable=options.durable,
            control=not options.no_control,
            webhook_hosts=options.allow_webhook_host,
            connections=_connections(options.connections),
            control_token=options.control_token or os.environ.get("ZOHO_CLIQ_MOCK_CONTROL") or None,
        )
    except (DatabaseError, SeedError, PolicyError, ConnectionsError) as error:
        sock.close()
        _fail(str(error))
    if not options.quiet and (options.verbose or sys.stderr.isatty()):
        from zoho_cliq_mock.journal import print_line

        app.state.journal.on_entry = print_line
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"

    def ready() -> None:
        say(f"listening on {url}{BASE_PATH}", sys.stdout)
        if not options.quiet:
            say(_hints(url, BASE_PATH, app.state, control=not options.no_control), sys.stdout)

    # On SIGTERM uvicorn shuts down cleanly and then raises the signal again. Ignore that, to close the database below.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        make_server(app, ready).run(sockets=[sock])
    except KeyboardInterrupt:
        pass
    finally:
        sock.close()
        app.state.close()
    return 0


def _hints(url: str, base_path: str, state: State, *, control: bool) -> str:
    """Return the lines printed at the start: what to export so that clients and control calls reach this server."""
    lines = ["", "to point a client at it:", f"  export ZOHO_CLIQ_BASE_URL={url}{base_path}"]
    lines.append(f"  export ZOHO_CLIQ_ACCOUNTS_URL={url}")
    token = next(iter(state.directory.grants), None)
    if token is not None:
        lines.append(f"  export ZOHO_CLIQ_TOKEN={shlex.quote(plain(token))}")
    if control:
        lines.append("to open the console in a browser (the link can be used once):")
        lines.append(f"  {url}{state.access.new_link()}")
        lines.append("to control it (reset, clock, faults, policies):")
        lines.append(f"  export ZOHO_CLIQ_MOCK_CONTROL={shlex.quote(plain(state.control_token))}")
        lines.append(f'  curl -X POST -H "Authorization: Bearer $ZOHO_CLIQ_MOCK_CONTROL" {url}/_mock/reset')
    absent = deluge_missing() if state.policies.deluge == "run" else None
    if absent is not None:
        lines += ["", absent]
    return "\n".join(lines)


def _policies(given: list[str]) -> dict[str, str]:
    from zoho_cliq_mock.policies import PolicyError

    policies = {}
    for text in given:
        name, found, value = text.partition("=")
        if not found:
            raise PolicyError(f"--policy must be name=value, not {text!r}; --list-policies prints the names")
        policies[name] = value
    return policies


def _seed(path: str | None) -> dict[str, Any] | None:
    from zoho_cliq_mock.directory import SeedError

    return None if path is None else _read_object(path, "seed", SeedError)


def _connections(path: str | None) -> dict[str, Any] | None:
    from zoho_cliq_mock.trigger.deluge.connections import ConnectionsError

    return None if path is None else _read_object(path, "connections", ConnectionsError)


def _read_object(path: str, what: str, error_class: type[ValueError]) -> dict[str, Any]:
    """Return the JSON object in a file. Raise `error_class` with a one-line message if there is none."""
    try:
        found = json.loads(
            Path(path).read_bytes()
        )  # bytes, so that json detects UTF-8, -16 or -32, with or without a byte order mark
    except OSError as error:
        raise error_class(f"{what} {path} cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise error_class(f"{what} {path} is not JSON ({error})") from None
    if not isinstance(found, dict):
        raise error_class(f"{what} {path} must be a JSON object; the README of the mock describes it")
    return found


def _show_version() -> int:
    import importlib.metadata  # imported here because it is large and a running server does not need it

    print(f"zoho-cliq-mock {importlib.metadata.version('zoho-cliq')}", flush=True)
    return 0


def _list_policies() -> int:
    from zoho_cliq_mock.policies import CATALOGUE

    for name, policy in CATALOGUE.items():
        choices = policy.metadata["choices"]
        values = " | ".join(choices) if choices else "number"
        print(f"{name}={policy.default}\n    {policy.metadata['about']}\n    [{values}]")
    sys.stdout.flush()  # now, so that a failure still sets the exit code
    return 0


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zoho-cliq-mock",
        description="A stateful mock server of the Zoho Cliq Message Actions API, on 127.0.0.1.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    parser.add_argument("--port", type=int, default=8100, help="port on 127.0.0.1; 0 for a free one (default: 8100)")
    state = parser.add_argument_group("state")
    state.add_argument("--db", default=":memory:", metavar="FILE", help="database file (default: in memory)")
    state.add_argument(
        "--durable", action="store_true", help="write each change to disk, so that it survives a loss of power"
    )
    state.add_argument("--seed", metavar="FILE", help="JSON file with organizations, users, teams, tokens, actions")
    behaviour = parser.add_argument_group("behaviour")
    behaviour.add_argument("--no-thresholds", action="store_true", help="do not enforce thresholds")
    behaviour.add_argument(
        "--policy", action="append", default=[], metavar="NAME=VALUE", help="set a policy; may be repeated"
    )
    behaviour.add_argument("--list-policies", action="store_true", help="print all policies and exit")
    control = parser.add_argument_group("control API (/_mock/)")
    control.add_argument("--no-control", action="store_true", help="disable the control API")
    control.add_argument(
        "--control-token", metavar="TOKEN", help="its token (default: $ZOHO_CLIQ_MOCK_CONTROL, or else a random one)"
    )
    webhooks = parser.add_argument_group("webhooks and scripts")
    webhooks.add_argument(
        "--allow-webhook-host",
        action="append",
        default=[],
        metavar="HOST",
        help="another host that events and requests of scripts may be sent to; may be repeated",
    )
    webhooks.add_argument(
        "--connections",
        metavar="FILE",
        help='JSON file with the headers of the connections that scripts use, {"desk": {"Authorization": "Bearer …"}}; '
        "their values are kept secret. Scripts of Deluge actions run unless --policy deluge=off",
    )
    output = parser.add_argument_group("output")
    output.add_argument("--quiet", action="store_true", help="print the first line only")
    output.add_argument(
        "--verbose", action="store_true", help="print a line for each request, even if standard error is not a terminal"
    )
    return parser


def _fail(message: str) -> NoReturn:
    say(f"zoho-cliq-mock: {plain(message)}", sys.stderr)
    raise SystemExit(USAGE_ERROR)


if __name__ == "__main__":
    sys.exit(main())
