"""Runs one script; called in the script's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import orjson
from zoho_cliq_deluge import (
    DelugeLimitError,
    DelugeRuntimeError,
    DelugeSyntaxError,
    Gateway,
    Run,
    TaskCall,
    TaskError,
    run_handler,
)

from zoho_cliq_mock.trigger.deluge.cliq import MockCliq
from zoho_cliq_mock.trigger.deluge.connections import Hider
from zoho_cliq_mock.trigger.deluge.databases import to_json
from zoho_cliq_mock.trigger.deluge.lines import error_line
from zoho_cliq_mock.trigger.deluge.runs import Outcome, Surroundings
from zoho_cliq_mock.trigger.deluge.sender import sender
from zoho_cliq_mock.trigger.deluge.session import Session
from zoho_cliq_mock.trigger.deluge.values import as_json, kept
from zoho_cliq_mock.trigger.post import MAX_ANSWER

MOST_KEPT = 512 * 1024
"""Bytes of log, and of tasks, that a record keeps."""
MOST_OF_ONE = 16 * 1024
"""Bytes of one line of the log, of a task's arguments, and of its result."""

_MOST_ERRORS = 3  # how many errors of a script the chat shows; the record has all of them

T = TypeVar("T")
_log = logging.getLogger("zoho_cliq_mock")


def execute(script: str, event: Mapping[str, Any], surroundings: Surroundings, session: Session) -> Outcome:
    """Run a script with an event, and return the outcome. Raise nothing: a failure is an outcome too.

    Args:
        script: the text of the script.
        event: the event as scripts see it (see `script_event`).
        surroundings: what the run may use.
        session: the bridge to the event loop.
    """
    hide = Hider(surroundings.connections)
    world = MockCliq(
        session,
        surroundings.chats,
        surroundings.databases,
        surroundings.user,
        surroundings.users,
        surroundings.now,
        hide,
    )
    gateway = MockGateway(
        sender(session, surroundings.allowed_hosts, surroundings.resolve),
        surroundings.connections,
        world,
        surroundings.stubs,
        {"ZohoCliq": surroundings.own_url},
    )
    session.start()
    try:
        found = run_handler(script, event, gateway=gateway, system=_system(surroundings), clock=surroundings.moment)
        if found.answer is not None and len(as_json(found.answer, hide)) > MAX_ANSWER:
            why = f"the answer is longer than {MAX_ANSWER} bytes"
            return _outcome(session, found, hide, [_error("limit", 0, "return", why)])
        return _outcome(session, found, hide, [])
    except DelugeSyntaxError as error:
        errors = [
            {**_error("syntax", each.line, "", f"{each.message}; {each.hint}"), "column": each.column}
            for each in error.errors
        ]
        return _outcome(session, Run(), hide, errors)
    except DelugeRuntimeError as error:
        kind = "limit" if isinstance(error, DelugeLimitError) else "runtime"
        return _outcome(session, error.run or Run(), hide, [_error(kind, error.line, error.function, error.why)])
    except Exception as error:  # noqa: BLE001 - without an outcome the caller would wait forever
        _log.warning("the Deluge interpreter failed with %s", type(error).__name__)
        why = f"the interpreter failed with {type(error).__name__}; a defect of the interpreter, not of the script"
        return _outcome(session, Run(), hide, [_error("internal", 0, "", why)])


class MockGateway(Gateway):
    """Carries out a script's tasks in the mock. Its errors say how to configure what the script needs."""

    def connection_headers(self, name: str) -> Mapping[str, str]:
        """Return the headers of a connection. Raise `TaskError` if there is no such connection."""
        if name not in self.connections:
            raise TaskError(
                f'there is no connection "{name}"; give the mock its headers with --connections or POST '
                f'/_mock/connections {{"{name}": {{"Authorization": "…"}}}}'
            )
        return self.connections[name]

    def stub(self, name: str) -> Any:
        """Return the stub of a task by its name, ignoring case. Raise `TaskError` if there is none."""
        for key, value in self.stubs.items():
            if key.lower() == name.lower():
                return _guarded(key, value) if callable(value) else value
        raise TaskError(f'the task {name} has no stub; set what it returns with POST /_mock/task-stubs {{"{name}": …}}')


def _guarded(name: str, stub: Callable[..., Any]) -> Callable[..., Any]:
    """Return the stub wrapped so that any exception it raises becomes a `TaskError`."""

    def guarded(*arguments: Any) -> Any:
        try:
            return stub(*arguments)
        except TaskError:
            raise
        except Exception as error:  # noqa: BLE001 - a stub is test code and may raise anything
            raise TaskError(f"the stub of {name} failed with {type(error).__name__}: {error}") from None

    return guarded


def _system(surroundings: Surroundings) -> dict[str, object]:
    """Return the system variables that the event does not contain.

    The first user of the organization counts as its admin.
    """
    people = surroundings.users.values()
    admin = next((user for user in people if user.organization == surroundings.user.organization), surroundings.user)
    return {"adminuser": admin.name, "adminuserid": f"{admin.key}@example.com"}


def _error(kind: str, line: int, function: str, why: str) -> dict[str, Any]:
    return {"kind": kind, "line": line, "function": function, "why": why}


def _outcome(session: Session, run: Run, hide: Hider, errors: list[dict[str, Any]]) -> Outcome:
    errors = [{**error, "why": kept(error["why"], hide, MOST_OF_ONE)} for error in errors]
    log = _first(kept(line, hide, MOST_OF_ONE) for line in run.log)
    tasks = _first(_task(call, hide) for call in run.tasks)
    record = {
        "log": log,
        "tasks": tasks,
        "errors": errors,
        "statements": run.statements,
        "milliseconds": session.milliseconds,
    }
    left_out = {"log": len(run.log) - len(log), "tasks": len(run.tasks) - len(tasks)}
    if any(left_out.values()):
        record["left_out"] = left_out
    if session.ended:
        return Outcome(failed=session.ended, reset=True, record=record)
    failed = "; ".join(map(error_line, errors[:_MOST_ERRORS])) or None
    if failed and len(errors) > _MOST_ERRORS:
        failed += f"; and {len(errors) - _MOST_ERRORS} more"
    answer = None if failed else orjson.loads(as_json(run.answer, hide))
    return Outcome(answer, failed, record=record)


def _task(call: TaskCall, hide: Hider) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": call.name,
        "line": call.line,
        "arguments": kept(call.arguments, hide, MOST_OF_ONE),
    }
    if call.status:
        found["status"] = call.status
    if call.error:
        return {**found, "error": kept(call.error, hide, MOST_OF_ONE)}
    return {**found, "result": kept(call.result, hide, MOST_OF_ONE)}


def _first(items: Iterable[T]) -> list[T]:
    """Return the leading items that fit into the part of a record that is kept (`MOST_KEPT` bytes)."""
    found: list[T] = []
    size = 0
    for item in items:
        size += len(to_json(item))
        if size > MOST_KEPT:
            break
        found.append(item)
    return found
