"""The command `zoho-cliq-mock`: a mock server in the foreground.

The first line on the standard output is `listening on` and the API's base URL. Exit codes: 0 stopped, 2 bad arguments
(port in use, database or seed that cannot be used, unknown policy), with one line that says what and how to mend it.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from zoho_cliq_mock.app import App

USAGE_ERROR = 2
CONTROL_TOKEN = "ZOHO_CLIQ_MOCK_CONTROL_TOKEN"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["trigger"]:
        from zoho_cliq_mock.trigger.command import trigger

        return trigger(given[1:])
    options = _parser().parse_args(given)
    try:
        import uvicorn  # noqa: F401
    except ModuleNotFoundError:
        _fail("the mock server needs the extra `mock`: pip install 'zoho-cliq[mock]'")
    from zoho_cliq_mock.database import DatabaseError
    from zoho_cliq_mock.directory import SeedError
    from zoho_cliq_mock.policies import PolicyError
    from zoho_cliq_mock.server import listen

    try:
        sock = listen("127.0.0.1", options.port)
    except OSError as error:
        _fail(f"port {options.port} cannot be used ({error.strerror}); give another with --port, or 0 for a free one")
    try:
        app = _app(options)
    except (DatabaseError, SeedError, PolicyError) as error:
        sock.close()
        _fail(str(error))
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    from zoho_cliq_mock.document import BASE_PATH
    from zoho_cliq_mock.server import make_server

    def ready() -> None:
        print(f"listening on {url}{BASE_PATH}", flush=True)
        print(f"control API at {url}/_mock with the token {app.state.control_token}", flush=True)

    server = make_server(app, ready)
    try:
        server.run(sockets=[sock])
    except KeyboardInterrupt:
        pass
    finally:
        sock.close()
        app.state.close()
    return 0


def _app(options: argparse.Namespace) -> App:
    from zoho_cliq_mock.app import create_app
    from zoho_cliq_mock.policies import PolicyError

    policies = {}
    for text in options.policy:
        name, found, value = text.partition("=")
        if not found:
            raise PolicyError(f"--policy takes name=value, not {text!r}")
        policies[name] = value
    return create_app(
        options.db,
        thresholds=not options.no_thresholds,
        policies=policies,
        durable=options.durable,
        control_token=os.environ.get(CONTROL_TOKEN),
        webhook_hosts=options.allow_webhook_host,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zoho-cliq-mock", description="A stateful mock server of the Zoho Cliq Message Actions API."
    )
    parser.add_argument("--port", type=int, default=8100, help="port on 127.0.0.1; 0 takes a free one (default 8100)")
    parser.add_argument("--db", default=":memory:", metavar="FILE", help="database file (default: in memory)")
    parser.add_argument("--durable", action="store_true", help="survive a loss of power, not only a kill")
    parser.add_argument("--no-thresholds", action="store_true", help="never refuse for too many calls")
    parser.add_argument(
        "--policy", action="append", default=[], metavar="NAME=VALUE", help="set a policy; may be repeated"
    )
    parser.add_argument(
        "--allow-webhook-host",
        action="append",
        default=[],
        metavar="HOST",
        help="a host besides this machine that events may go to; may be repeated",
    )
    parser.epilog = (
        f"The control token is ${CONTROL_TOKEN} where that is set, else a new one. `%(prog)s trigger --help` tells how "
        "to choose a message action."
    )
    return parser


def _fail(message: str) -> NoReturn:
    print(f"zoho-cliq-mock: {message}", file=sys.stderr)
    raise SystemExit(USAGE_ERROR)


if __name__ == "__main__":
    sys.exit(main())
