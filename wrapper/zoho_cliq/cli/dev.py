"""The command `zoho-cliq dev`: a mock server, its page in the browser, and a folder applied at each change."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .. import errors
from .._environment import expanded
from .arguments import Adder, add_examples
from .output import printable, show
from .project import for_projects

_NOTE = (
    "No account is changed: the mock server takes its place, and no credentials are read. A mistake in a file is shown "
    "here and in the page; the mock then keeps the last correct version.\n\n"
    "Exit codes: 0 ended by Ctrl-C, SIGTERM or the terminal, or every event of --replay was answered; 1 the mock "
    "ended, or an event was not answered; 2 wrong usage or settings; 130 a --replay was interrupted."
)
_OTHERS = {"base_url": "--base-url", "data_center": "--data-center", "state": "--state", "credentials": "--credentials"}


def add(command: Adder) -> None:
    """Add the command."""
    about = "apply a folder to a mock server at each change, and show it in the browser"
    sub = command("dev", run, about)
    add_examples(sub, "dev", "dev ~/our-actions --no-open", "dev --receiver service:app", note=_NOTE)
    sub.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="DIR",
        help="the project's folder (default: the current one, if it is a project)",
    )
    sub.add_argument("--env", metavar="NAME", help="the environment in cliq.toml (default: its default_environment)")
    sub.add_argument("--port", type=int, default=8100, help="the mock's port; 0 for a free one (default: 8100)")
    sub.add_argument("--no-open", action="store_true", help="do not open the page in a browser; its link is printed")
    sub.add_argument(
        "--receiver",
        metavar="MODULE:APP",
        help="an ASGI application in the current folder that answers webhook actions; it is restarted when a *.py "
        "file changes. Its address is ${RECEIVER_URL} in execution_url",
    )
    sub.add_argument(
        "--record", type=Path, metavar="FILE", help="append each event to a file, one JSON object per line"
    )
    sub.add_argument(
        "--replay",
        type=Path,
        metavar="FILE",
        help="send the events of a file that --record wrote, show the answers, and end",
    )


@for_projects
def run(options: argparse.Namespace) -> int | None:
    """Run the loop."""
    from ..dev.session import Session
    from ..dev.settings import Settings

    given = [option for name, option in _OTHERS.items() if getattr(options, name) is not None]
    if given:
        raise errors.ConfigurationError(f"dev starts its own mock server; leave out {', '.join(given)}")
    settings = Settings(
        folder=_path("folder", options.folder),
        environment=options.env,
        port=options.port,
        receiver=options.receiver,
        record=_path("record", options.record),
        replay=_path("replay", options.replay),
        open_page=sys.stdout.isatty() and not options.no_open,
        timeout=options.timeout,
    )

    def tell(kind: str, text: str, facts: dict[str, Any]) -> None:
        show(f"{json.dumps({'event': kind, **facts}) if options.json else printable(text)}\n")

    return Session(settings, tell).run()


def _path(name: str, given: Path | None) -> Path | None:
    return None if given is None else expanded(name, given)
