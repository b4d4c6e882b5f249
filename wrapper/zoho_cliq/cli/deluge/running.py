"""`zoho-cliq deluge run`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ... import errors
from ..._environment import expanded
from ..output import printable, show, tell
from .checking import described, syntax_errors
from .files import language, read_text, source

if TYPE_CHECKING:
    from zoho_cliq_deluge import Gateway, HttpRequest, HttpResponse

_PERSON = {
    "id": "70021945",
    "email": "ada@example.com",
    "first_name": "Ada",
    "last_name": "Byron",
    "timezone": "UTC",
    "admin": False,
}


def gateway(hosts: Sequence[str], connections: Mapping[str, Mapping[str, str]]) -> Gateway:
    """Return the gateway of a script. It reaches this machine and the hosts, or nothing if `hosts` is empty.

    Its error messages name the options of the command.
    """
    from zoho_cliq_deluge import Gateway, HttpSender, TaskError

    class Sender(HttpSender):
        def __call__(self, request: HttpRequest) -> HttpResponse:
            if not hosts:
                host = urlsplit(request.url).hostname or "HOST"
                raise TaskError(f"requests are not sent; allow them with --allow-host {host}")
            return super().__call__(request)

        def how_to_allow(self, host: str) -> str:
            return f"allow it with --allow-host {host}"

    class Reached(Gateway):
        def connection_headers(self, name: str) -> Mapping[str, str]:
            if name not in self.connections:
                raise TaskError(f'there is no connection "{name}"; give its headers with --connection {name}=FILE')
            return self.connections[name]

        def stub(self, name: str) -> Any:
            raise TaskError(
                f"the task {name} is not run on this machine; in Python, pass a stub for it to zoho_cliq_deluge.run"
            )

    return Reached(Sender(hosts), connections)


def run(options: argparse.Namespace) -> int:
    """Run a script and print its result. Return 1 if it failed."""
    deluge = language()
    file = source(options.file)
    event = _event(options)
    try:
        policies = deluge.Policies.named(_policies(options, deluge))
    except ValueError as error:
        raise errors.ConfigurationError(str(error)) from None
    connections = dict(_connection(given) for given in options.connection)
    settings: dict[str, Any] = {"policies": policies, "seed": options.seed}
    settings["gateway"] = gateway(options.allow_host, connections)
    if options.now is not None:
        moment = _moment(options.now, policies.timezone)
        settings["clock"] = lambda: moment
    try:
        done = deluge.run_handler(file.text, event, **settings)
    except deluge.DelugeSyntaxError:
        return _unreadable(options, file.name, syntax_errors(deluge, file))
    except deluge.DelugeRuntimeError as error:
        _show(options, error.run, deluge, failed=True)
        return _failed(options, file.name, error)
    except (TypeError, ValueError) as error:
        raise errors.ConfigurationError(f"the event cannot be given to the script: {error}") from None
    _show(options, done, deluge)
    return 0


def _show(options: argparse.Namespace, done: Any, deluge: Any, *, failed: bool = False) -> None:
    """Print the log, the tasks and the answer of a run; for a failed run, the log and tasks before the failure."""
    plain = partial(json.dumps, default=deluge.text, ensure_ascii=False)
    if options.json:
        if not failed:
            tasks = [
                {"name": each.name, "line": each.line, "arguments": each.arguments, "result": each.result}
                | ({"error": each.error} if each.error else {})
                for each in done.tasks
            ]
            whole = {"answer": done.answer, "log": done.log, "tasks": tasks, "statements": done.statements}
            show(f"{plain(whole, indent=2)}\n")
        return
    lines = [f"info: {text}" for text in done.log]
    for task in done.tasks:
        given = task.arguments if isinstance(task.arguments, dict) else list(task.arguments)
        lines.append(f"task: line {task.line}: {task.name} {plain(given)}" + (f": {task.error}" if task.error else ""))
    if not failed:
        lines.append(f"answer: {plain(done.answer)}")
    show("".join(f"{printable(line)}\n" for line in lines))


def _unreadable(options: argparse.Namespace, name: str, found: list[Any]) -> int:
    if options.json:
        entries = [{"file": name, **finding.to_dict()} for finding in found]
        tell(json.dumps({"error": "DelugeSyntaxError", "message": found[0].message, "findings": entries}))
    else:
        for finding in found:
            tell(printable(described(name, finding)))
    return 1


def _failed(options: argparse.Namespace, name: str, error: Any) -> int:
    inside = f"{error.function}: " if error.function else ""
    if options.json:
        kind = type(error).__name__
        tell(json.dumps({"error": kind, "message": f"{inside}{error.why}", "file": name, "line": error.line}))
    else:
        tell(printable(f"{name}:{error.line}: error: {inside}{error.why}"))
    return 1


def _event(options: argparse.Namespace) -> dict[str, Any]:
    if options.text is not None:
        message = {"type": "text", "text": options.text, "sender": _PERSON}
        chat = {"id": "CT_1", "title": "General", "type": "channel"}
        return {"message": message, "messages": [message], "user": _PERSON, "chat": chat}
    return {} if options.event is None else _json_map("event", options.event)


def _connection(given: str) -> tuple[str, dict[str, str]]:
    name, equals, file = given.partition("=")
    if not (name and equals and file):
        raise errors.ConfigurationError(f"--connection is NAME=FILE, not {given[:40]!r}")
    headers = _json_map("connection", file)
    if not all(isinstance(value, str) for value in headers.values()):
        raise errors.ConfigurationError(f"{file}: a connection is an object of headers, each a text")
    return name, headers


def _json_map(setting: str, file: str) -> dict[str, Any]:
    text = read_text(file, None if file == "-" else expanded(setting, file))
    try:
        found = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise errors.ConfigurationError(f"{file} is not JSON{where}") from None
    if not isinstance(found, dict):
        raise errors.ConfigurationError(f"{file} must hold a JSON object")
    return found


def _policies(options: argparse.Namespace, deluge: Any) -> dict[str, Any]:
    defaults = deluge.Policies()
    found: dict[str, Any] = {}
    for given in options.policy:
        name, equals, value = given.partition("=")
        if not (name and equals):
            raise errors.ConfigurationError(f"--policy is NAME=VALUE, not {given[:40]!r}")
        found[name] = _policy(value, getattr(defaults, name, ""))
    if options.timezone is not None:
        found["timezone"] = options.timezone
    return found


def _policy(value: str, default: object) -> object:
    """Return a policy's value with the type of its default: a text, or parsed JSON."""
    if isinstance(default, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value  # the policy then raises ValueError and says why


def _moment(text: str, zone: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise errors.ConfigurationError(
            f"--now must be a time such as 2026-01-31T09:00:00+01:00, not {text[:40]!r}"
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))
