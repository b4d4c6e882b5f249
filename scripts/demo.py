"""The code behind scripts/demo: the client against a mock server, one line per call, with a user who chooses actions.

The mock server runs in a process of its own on a free port, with a database file in a temporary folder that contains 45
actions. Each line shows a real call: the status is that of the response. At the end, and after Ctrl-C, no process and
no file is left. Exit codes: 0 all seven operations worked, 1 one did not, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from wsgiref.simple_server import WSGIRequestHandler, make_server

from zoho_cliq import Cliq, DelugeHandler, RawResponse, WebhookHandler
from zoho_cliq.errors import ApiError, CliqError
from zoho_cliq.webhooks import Receiver
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_conformance.judge.routes import SAMPLES
from zoho_cliq_mock.operations import ACTS
from zoho_cliq_mock.trigger.command import CONTROL_TOKEN, choose

T = TypeVar("T")
SEEDED = 45
PAGE = 20
STOPS_WITHIN = 10
OPERATION, REQUEST = 31, 35  # widths of columns


class DemoError(Exception):
    """Something went wrong; the message is one line for the user."""


class Table:
    """Prints one line per call, and remembers which operations have worked."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.worked: set[str] = set()
        self.width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        print(f"{'operation':<{OPERATION}}{'request':<{REQUEST}}{'status':<8}result"[: self.width])

    def heard(self, response: RawResponse) -> None:
        """Record a response; the client calls this for each."""
        self.statuses.append(response.status)

    def call(self, operation: str, request: str, act: Callable[[], T], tell: Callable[[T], str]) -> T:
        """Make a call and print its line."""
        self.statuses.clear()
        result = act()
        status = self.statuses[-1]
        if status != OPERATIONS[operation].success:
            raise DemoError(f"{operation} answered {status}, not {OPERATIONS[operation].success}")
        self.worked.add(operation)
        self.line(operation, request, status, tell(result))
        return result

    def line(self, operation: str, request: str, status: int, result: str) -> None:
        """Print a line, cut to the width of the terminal if there is one."""
        print(f"{operation:<{OPERATION}}{request:<{REQUEST}}{status:<8}{result}"[: self.width], flush=True)


@contextmanager
def mock_server(folder: Path, control_token: str) -> Iterator[str]:
    """Run a mock server with a database file and 45 actions, and yield its base URL."""
    seed = {
        "organizations": [{"id": "48210", "name": "Demo"}],
        "users": [{"key": "owner", "id": "70021945", "name": "Ada", "organization": "48210"}],
        "tokens": [{"token": "1000.owner", "user": "owner"}],
        "actions": [
            {"creator": "owner", "name": f"Seeded {number:02}", "hint": "Was there before", "scope": "organization"}
            for number in range(1, SEEDED + 1)
        ],
    }
    (folder / "seed.json").write_text(json.dumps(seed), "utf-8")
    command = [sys.executable, "-m", "zoho_cliq_mock", "--port", "0", "--quiet"]
    command += ["--db", str(folder / "mock.db"), "--seed", str(folder / "seed.json")]
    # In a session of its own, so that Ctrl-C reaches only this program, which then ends the server.
    environment = {**os.environ, CONTROL_TOKEN: control_token}
    server: subprocess.Popen[str] | None = None
    try:
        with signals_later():
            server = subprocess.Popen(
                command, stdout=subprocess.PIPE, text=True, start_new_session=True, env=environment
            )
        assert server.stdout is not None
        first = server.stdout.readline().strip()
        greeting = "listening on "
        if not first.startswith(greeting):
            raise DemoError("the mock server did not start (see above)")
        yield first.removeprefix(greeting)
    finally:
        if server is not None:
            stop(server)


@contextmanager
def signals_later() -> Iterator[None]:
    """Delay Ctrl-C and SIGTERM until the end of the block, so that a server just started is known and can be ended."""
    came: list[int] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in handlers:
            signal.signal(number, lambda number, _: came.append(number))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)


def stop(server: subprocess.Popen[str]) -> None:
    """End the mock server and wait until it has ended."""
    server.terminate()
    try:
        server.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    if server.stdout is not None:
        server.stdout.close()


SCRIPT = """\
zoho.cliq.postToChat(chat.get("id"), "Incident: " + message.get("text"));
return {"text":"An incident is open, " + user.get("first_name") + "."};"""


def deluge(cliq: Cliq, table: Table, person_chooses: Callable[[str, str], str]) -> None:
    """Show the life of an action whose handler is a script, which the mock runs instead of Zoho."""
    actions = cliq.message_actions
    action = table.call(
        "create_message_action",
        "name='Open incident' (deluge)",
        lambda: actions.create(
            name="Open incident", hint="Start an incident from this message", message_types=["text"]
        ),
        lambda made: f"{made.id}, seen by {made.scope}",
    )
    pages = iter(actions.list(limit=PAGE).pages())
    listed = 0
    for number in range(1, 4):
        page = table.call(
            "list_message_actions",
            f"limit={PAGE}, page {number}",
            lambda: next(pages),
            lambda page: f"{len(page.items)} actions, {page.items[0].name} …",
        )
        listed += len(page.items)
    if listed != SEEDED + 1 or next(pages, None) is not None:
        raise DemoError(f"the list has {listed} actions, not {SEEDED + 1} on three pages")
    table.call("get_message_action", action.id, lambda: actions.get(action.id), lambda got: f"{got.name}: {got.hint}")
    table.call(
        "update_message_action",
        "hint='Start an incident, tell …'",
        lambda: actions.update(action.id, hint="Start an incident, tell the team"),
        lambda changed: changed.hint,
    )
    table.call(
        "update_message_action_handler",
        "script='zoho.cliq.postToChat …'",
        lambda: actions.update_handler(action.id, script=SCRIPT),
        lambda handler: type(handler).__name__,
    )
    handler = table.call(
        "get_message_action_handler",
        action.id,
        lambda: actions.get_handler(action.id),
        lambda handler: (
            f"{len(handler.script.splitlines())} lines of Deluge" if isinstance(handler, DelugeHandler) else "no script"
        ),
    )
    if not isinstance(handler, DelugeHandler) or handler.script != SCRIPT:
        raise DemoError("the script that was read is not the one that was written")
    shown = person_chooses(action.name, "The printer is on fire")
    if shown != "An incident is open, Ada.":
        raise DemoError(f"the chat shows {shown!r}")
    table.line("(chosen on a message)", "'The printer is on fire'", 200, f"the chat shows: {shown}")
    refused(cliq, table)
    table.call("delete_message_action", action.id, lambda: actions.delete(action.id), lambda _: "gone")


def refused(cliq: Cliq, table: Table) -> None:
    """Show a call that the server refuses, and the class of the exception."""
    table.statuses.clear()
    try:
        cliq.message_actions.create(name="Seeded 01", hint="A name that is taken")
    except ApiError as error:
        table.line(
            "create_message_action", "name='Seeded 01', taken", error.status, f"{type(error).__name__} ({error.code})"
        )
    else:
        raise DemoError("a second action of the same name was created")


class Quiet(WSGIRequestHandler):
    """A request handler that writes no log to standard error."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def desk() -> Iterator[str]:
    """Run a server that answers the events of the webhook action, and yield its URL."""
    receiver = Receiver()
    receiver.action("Send to desk")(lambda event: f"Filed for {event.user.first_name}: {event.text}")
    with make_server("127.0.0.1", 0, receiver.wsgi(), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def webhook(cliq: Cliq, table: Table, desk_url: str, person_chooses: Callable[[str, str], str]) -> None:
    """Show the life of an action whose handler is a webhook server."""
    actions = cliq.message_actions
    action = table.call(
        "create_message_action",
        "name='Send to desk' (webhook)",
        lambda: actions.create(
            name="Send to desk",
            hint="File this message",
            execution_type="webhook",
            execution_url=f"{desk_url}/inbox",
        ),
        lambda made: f"{made.id}, sends to {made.execution_url}",
    )
    table.call(
        "update_message_action",
        "execution_url='…/inbox2'",
        lambda: actions.update(action.id, execution_url=f"{desk_url}/inbox2"),
        lambda changed: str(changed.execution_url),
    )
    table.call(
        "update_message_action_handler",
        "permissions=['message', 'user']",
        lambda: actions.update_handler(action.id, permissions=["message", "user"]),
        lambda handler: type(handler).__name__,
    )
    table.call(
        "get_message_action_handler",
        action.id,
        lambda: actions.get_handler(action.id),
        lambda handler: ", ".join(handler.permissions) if isinstance(handler, WebhookHandler) else "no permissions",
    )
    table.call("get_message_action", action.id, lambda: actions.get(action.id), lambda got: f"{got.name}: {got.status}")
    shown = person_chooses(action.name, "The printer is on fire")
    if shown != "Filed for Ada: The printer is on fire":
        raise DemoError(f"the chat shows {shown!r}")
    table.line("(chosen on a message)", "'The printer is on fire'", 200, f"the chat shows: {shown}")
    table.call("delete_message_action", action.id, lambda: actions.delete(action.id), lambda _: "gone")


def main() -> int:
    """Run the demonstration; return the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in a background job SIGINT is ignored by default
    table = Table()
    token = secrets.token_urlsafe()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="zoho-cliq-demo-") as folder,
            mock_server(Path(folder), token) as url,
            desk() as desk_url,
            Cliq("1000.owner", base_url=url, on_response=table.heard, path_parameters=SAMPLES) as cliq,
        ):

            def person_chooses(action: str, text: str) -> str:
                return str(choose(url, token, {"action": action, "text": text})["shown"]["text"])

            deluge(cliq, table, person_chooses)
            webhook(cliq, table, desk_url, person_chooses)
    except KeyboardInterrupt:
        print("\ndemo: interrupted; the mock server is stopped and its files are removed", file=sys.stderr)
        return 130
    except (DemoError, CliqError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    print(f"\n{len(table.worked)} of {len(ACTS)} operations")
    return 0 if table.worked == set(ACTS) else 1


if __name__ == "__main__":
    sys.exit(main())
