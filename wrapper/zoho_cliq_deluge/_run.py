"""Run a script, or run a message action's handler with an event."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from . import tree
from ._functions.conversions import media_type
from ._interpreter.machine import Machine, TaskCall
from ._interpreter.statements import StatementCompiler
from ._syntax.parser import parse
from ._syntax.secrets import hidden_in, without
from ._values.budget import Budget
from ._values.context import Context
from ._values.types import File, from_python, to_python
from .failures import DelugeLimitError, DelugeRuntimeError, Failure, LimitReached
from .gateway import Gateway
from .policies import Policies

__all__ = ["HANDLER_VARIABLES", "Run", "TaskCall", "run", "run_handler"]

HANDLER_VARIABLES = (
    "message",
    "messages",
    "user",
    "chat",
    "attachments",
    "mentions",
    "location",
    "access",
    "environment",
)
"""The variables that a message action's handler starts with; it also gets the map ``info``, which holds all of them."""

_LISTS = ("messages", "attachments", "mentions")
_MEDIA_TYPES = ("contenttype", "content_type", "type")


@dataclass(frozen=True, slots=True)
class Run:
    """The result of a run.

    Attributes:
        answer: What the script returned, converted to a Python value; None if it returned nothing.
        log: The texts that ``info`` wrote.
        tasks: The tasks that the script called, in order.
        statements: How many statements were executed.
    """

    answer: Any = None
    log: tuple[str, ...] = ()
    tasks: tuple[TaskCall, ...] = field(default=(), repr=False)
    statements: int = 0


def _system_clock() -> datetime:
    return datetime.now(UTC)


def run(
    script: str | tree.Script,
    variables: Mapping[str, object] | None = None,
    *,
    policies: Policies | Mapping[str, Any] | None = None,
    gateway: Gateway | None = None,
    system: Mapping[str, object] | None = None,
    clock: Callable[[], datetime] = _system_clock,
    seed: int | None = None,
) -> Run:
    """Run a script.

    Args:
        script: The script's text, or the tree that `parse` returned.
        variables: The values of the variables that the script starts with, by name. Values are copied. Default: none.
        policies: The choices where the vendor's documentation is silent, or a mapping of those that differ from their
            defaults. Default: ``Policies()``.
        gateway: Runs the tasks that the script calls. Default: a `Gateway` that sends no request.
        system: The values of system variables, by name, with or without ``zoho.`` (``loginuserid``). Default: none.
        clock: Returns the current time as an aware datetime, for ``zoho.currenttime``. Default: the machine's clock.
        seed: The seed of random numbers. Default: a different one for each run.

    Returns:
        What the script returned, logged and called.

    Raises:
        DelugeSyntaxError: if the script cannot be read.
        DelugeRuntimeError: if the script fails. Its attribute ``run`` holds the result of the run up to the failure.
        DelugeLimitError: if the script exceeds a limit. It is a subclass of `DelugeRuntimeError`.
        TypeError, ValueError: if a variable has a value that Deluge does not have, or a policy is invalid.
    """
    chosen = policies if isinstance(policies, Policies) else Policies.named(dict(policies or {}))
    parsed = parse(script) if isinstance(script, str) else script
    budget = Budget(chosen.memory, chosen.processor_seconds())
    context = Context(chosen, clock, random.Random(seed), budget)
    machine = Machine(
        context,
        gateway or Gateway(),
        {
            name.lower().removeprefix("zoho."): from_python(value, context.zone)
            for name, value in (system or {}).items()
        },
    )
    machine.frames.append({name: from_python(value, context.zone) for name, value in (variables or {}).items()})
    try:
        StatementCompiler(machine).script(parsed)(machine.frames[0])
        return _result(machine, machine.answer)
    except DelugeRuntimeError as error:
        _complete(error, machine, script)
        raise
    except RecursionError:
        limit = DelugeLimitError("the script is nested too deeply")
        _complete(limit, machine, script)
        raise limit from None


def _result(machine: Machine, answer: Any) -> Run:
    try:
        # Print it first: printing charges the budget, and so detects a value that is too large to copy.
        machine.context.printer.json(answer)
        exported = to_python(answer)
    except Failure as failure:
        raise DelugeRuntimeError(failure.why, function="return") from None
    except LimitReached as reached:
        raise DelugeLimitError(reached.why, function="return") from None
    budget = machine.context.budget
    return Run(exported, tuple(machine.log), tuple(machine.tasks), budget.executed)


def _complete(error: DelugeRuntimeError, machine: Machine, script: str | tree.Script) -> None:
    """Hide the secrets in an error, and attach the result of the run up to the failure."""
    error.hide(machine.without_secrets)
    text = script if isinstance(script, str) else ""
    error.hide(partial(without, secrets={text[start:end] for start, end in hidden_in(text)}))
    error.run = Run(None, tuple(machine.log), tuple(machine.tasks), machine.context.budget.executed)


def run_handler(
    script: str | tree.Script,
    event: Mapping[str, Any],
    *,
    policies: Policies | Mapping[str, Any] | None = None,
    gateway: Gateway | None = None,
    system: Mapping[str, object] | None = None,
    clock: Callable[[], datetime] = _system_clock,
    seed: int | None = None,
) -> Run:
    """Run the handler of a message action with an event.

    Args:
        script: The script's text, or the tree that `parse` returned.
        event: The payload that a webhook would receive, with the data under ``params``, or the data themselves. The
            keys of the data are `HANDLER_VARIABLES`. A missing key becomes null, or an empty list in the case of
            ``messages``, ``attachments`` and ``mentions``.
        policies: As in `run`.
        gateway: As in `run`.
        system: As in `run`. ``loginuserid`` and ``loginuser`` are the event's user unless they are given here.
        clock: As in `run`.
        seed: As in `run`.

    Returns:
        As `run`.

    Raises:
        DelugeSyntaxError, DelugeRuntimeError, DelugeLimitError, TypeError: as `run`.
        ValueError: as `run`, or if the event's ``params`` is not a mapping.
    """
    data = event.get("params", event)
    if not isinstance(data, Mapping):
        raise ValueError("the event's params must be a mapping")
    variables: dict[str, object] = {name: data.get(name) for name in HANDLER_VARIABLES}
    for name in _LISTS:
        variables[name] = _listed(variables[name])
    if variables["message"] is None and isinstance(variables["messages"], Sequence) and variables["messages"]:
        variables["message"] = variables["messages"][0]
    attachments = variables["attachments"]
    if isinstance(attachments, Sequence):
        variables["attachments"] = [_file(each) for each in attachments]
    user = data.get("user")
    known = {}
    if isinstance(user, Mapping):
        names = [str(user[key]) for key in ("first_name", "last_name") if user.get(key)]
        known = {"loginuserid": user.get("email"), "loginuser": " ".join(names) or user.get("name")}
    info = dict(variables)
    return run(
        script,
        {"info": info, **variables},
        policies=policies,
        gateway=gateway,
        system={**known, **(system or {})},
        clock=clock,
        seed=seed,
    )


def _listed(value: object) -> object:
    """Return a list as it is, or the list within ``{"count": …, "list": […]}``; an empty list for None."""
    if isinstance(value, Mapping):
        value = value.get("list")
    return [] if value is None else value


def _file(attachment: object) -> object:
    """Return an attachment of an event as a `File`. Its content is empty if the event does not contain it."""
    if not isinstance(attachment, Mapping):
        return attachment
    name = str(attachment.get("name") or "file")
    content = attachment.get("content")
    kind = next((kind for key in _MEDIA_TYPES if "/" in (kind := str(attachment.get(key)))), media_type(name))
    return File(name, content if isinstance(content, bytes | str) else b"", str(kind))
