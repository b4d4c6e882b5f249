"""The command `zoho-cliq-mock`: a mock server in the foreground.

The first line on the standard output is `listening on` and the API's base URL. Exit codes: 0 stopped, 1 the reader of
`--list-policies` is gone, 2 bad arguments (port in use, database or seed that cannot be used, unknown policy), with one
line that says what and how to mend it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from zoho_cliq_mock.state import State

USAGE_ERROR = 2
OUTPUT_CLOSED = 1

_EPILOG = """\
examples:
  zoho-cliq-mock                                 on port 8100, everything in memory
  zoho-cliq-mock --port 0 --db cliq.db           on a free port, kept in a file
  zoho-cliq-mock --policy scope_status=401       behave as siblings of the API have been seen to do
  zoho-cliq-mock --list-policies                 what can be chosen
  zoho-cliq-mock trigger --action NAME --text T  choose a message action at a running mock; see trigger --help

The first line printed is `listening on http://127.0.0.1:PORT/api/v3`. Without --seed there are the users owner and
colleague (one organization) and outsider (another), with the tokens 1000.owner, 1000.colleague and 1000.outsider.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["trigger"]:
        from zoho_cliq_mock.trigger.command import trigger

        return trigger(given[1:])
    try:
        options = _parser().parse_args(given)
        if options.list_policies:
            return _list_policies()
        if options.version:
            return _show_version()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that Python's own flush at exit is silent
        return OUTPUT_CLOSED
    try:
        import jsonschema_rs  # noqa: F401
        import uvicorn  # noqa: F401
    except ModuleNotFoundError as error:
        _fail(f"the mock server needs the extra `mock`: pip install 'zoho-cliq[mock]' ({error})")
    from zoho_cliq_mock.app import create_app
    from zoho_cliq_mock.database import DatabaseError
    from zoho_cliq_mock.document import BASE_PATH
    from zoho_cliq_mock.policies import PolicyError
    from zoho_cliq_mock.seed import SeedError
    from zoho_cliq_mock.server import listen, make_server

    if not 0 <= options.port <= 65535:
        _fail(f"--port takes a number from 0 to 65535, not {options.port}")
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
            control_token=options.control_token or os.environ.get("ZOHO_CLIQ_MOCK_CONTROL") or None,
        )
    except (DatabaseError, SeedError, PolicyError) as error:
        sock.close()
        _fail(str(error))
    if not options.quiet and (options.verbose or sys.stderr.isatty()):
        from zoho_cliq_mock.journal import print_line

        app.state.journal.on_entry = print_line
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"

    def ready() -> None:
        print(f"listening on {url}{BASE_PATH}", flush=True)
        if not options.quiet:
            print(_hints(url, BASE_PATH, app.state, control=not options.no_control), flush=True)

    # uvicorn ends in order on SIGTERM and then raises the signal again; what is left to do is to close the database.
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
    """What to export so that the client talks to this server."""
    lines = ["", "to point a client at it:", f"  export ZOHO_CLIQ_BASE_URL={url}{base_path}"]
    lines.append(f"  export ZOHO_CLIQ_ACCOUNTS_URL={url}")
    token = next(iter(state.directory.grants), None)
    if token is not None:
        lines.append(f"  export ZOHO_CLIQ_TOKEN={token}")
    if control:
        lines.append("to control it (reset, clock, faults, policies):")
        lines.append(f"  export ZOHO_CLIQ_MOCK_CONTROL={state.control_token}")
        lines.append(f'  curl -X POST -H "Authorization: Bearer $ZOHO_CLIQ_MOCK_CONTROL" {url}/_mock/reset')
    return "\n".join(lines)


def _policies(given: list[str]) -> dict[str, str]:
    from zoho_cliq_mock.policies import PolicyError

    policies = {}
    for text in given:
        name, found, value = text.partition("=")
        if not found:
            raise PolicyError(f"--policy takes name=value, not {text!r}; --list-policies shows them")
        policies[name] = value
    return policies


def _seed(path: str | None) -> dict[str, Any] | None:
    from zoho_cliq_mock.seed import SeedError

    if path is None:
        return None
    try:
        seed = json.loads(Path(path).read_text("utf-8-sig"))
    except OSError as error:
        raise SeedError(f"seed {path} cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise SeedError(f"seed {path} is not JSON ({error})") from None
    if not isinstance(seed, dict):
        raise SeedError(f"seed {path} must be a JSON object; the README of the mock describes it")
    return seed


def _show_version() -> int:
    import importlib.metadata  # a server that runs has no use for it, and it is large

    try:
        version = importlib.metadata.version("zoho-cliq")
    except importlib.metadata.PackageNotFoundError:
        version = "(version unknown: not installed)"
    print(f"zoho-cliq-mock {version}")
    return 0


def _list_policies() -> int:
    from zoho_cliq_mock.policies import CATALOGUE

    for name, policy in CATALOGUE.items():
        choices = policy.metadata["choices"]
        values = " | ".join(choices) if choices else "number"
        print(f"{name}={policy.default}\n    {policy.metadata['about']}\n    [{values}]")
    sys.stdout.flush()  # while a reader that is gone can still be met with an exit code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zoho-cliq-mock",
        description="A stateful mock server of the Zoho Cliq Message Actions API, on 127.0.0.1.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="show the version, and end")
    parser.add_argument("--port", type=int, default=8100, help="port on 127.0.0.1; 0 takes a free one (default 8100)")
    state = parser.add_argument_group("state")
    state.add_argument("--db", default=":memory:", metavar="FILE", help="database file (default: in memory)")
    state.add_argument("--durable", action="store_true", help="survive a loss of power, not only a kill")
    state.add_argument("--seed", metavar="FILE", help="JSON: organizations, users, teams, tokens, actions")
    behaviour = parser.add_argument_group("behaviour")
    behaviour.add_argument("--no-thresholds", action="store_true", help="never refuse for too many calls")
    behaviour.add_argument(
        "--policy", action="append", default=[], metavar="NAME=VALUE", help="choose a policy; may be repeated"
    )
    behaviour.add_argument("--list-policies", action="store_true", help="show all policies, and end")
    control = parser.add_argument_group("control API (/_mock/)")
    control.add_argument("--no-control", action="store_true", help="switch it off")
    control.add_argument(
        "--control-token", metavar="TOKEN", help="its token (default: $ZOHO_CLIQ_MOCK_CONTROL, else a random one)"
    )
    webhooks = parser.add_argument_group("webhooks")
    webhooks.add_argument(
        "--allow-webhook-host",
        action="append",
        default=[],
        metavar="HOST",
        help="a host besides this machine that events may go to; may be repeated",
    )
    output = parser.add_argument_group("output")
    output.add_argument("--quiet", action="store_true", help="print the first line only")
    output.add_argument(
        "--verbose", action="store_true", help="a line per request even where standard error is no terminal"
    )
    return parser


def _fail(message: str) -> NoReturn:
    print(f"zoho-cliq-mock: {message}", file=sys.stderr)
    raise SystemExit(USAGE_ERROR)


if __name__ == "__main__":
    sys.exit(main())
