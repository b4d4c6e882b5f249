"""The effects that pull, plan and apply yield, and two drivers that carry them out: in a thread, or in a task.

Each command is a generator that yields effects and is sent their results, so that `Cliq` and `AsyncCliq` share every
decision.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from zoho_cliq_api.models import MessageAction

from .._types import Wait
from ..client import AsyncCliq, Cliq
from ..errors import WouldWait
from ..message_actions import UnreadableAction
from ..state import Budget

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """Call a method of `message_actions`."""

    method: str
    arguments: tuple[Any, ...] = ()
    fields: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """What a listing gave: its actions, but for those that have no id, and the token for the next one."""

    actions: list[MessageAction]
    sync_token: str | None
    full: bool


@dataclass(frozen=True, slots=True)
class List:
    """List what changed since a token; everything for None. The result is a `Listed`."""

    since: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Ask what is left of thresholds. The result is a `Budget` for each operation."""

    operations: Sequence[str]


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for a threshold, or raise WouldWait where `max_wait` does not allow it."""

    operation: str
    seconds: float
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Do:
    """Call a function that reads or writes files."""

    work: Callable[[], Any]


Effect: TypeAlias = Ask | List | Look | Pause | Do
Steps: TypeAlias = Generator[Effect, Any, T]


def run(steps: Steps[T], cliq: Cliq) -> T:
    """Carry out the steps in this thread and return their result."""
    outcome: Any = None
    failure: BaseException | None = None
    try:
        while True:
            try:
                effect = steps.send(outcome) if failure is None else steps.throw(failure)
            except StopIteration as done:
                result: T = done.value
                return result
            outcome = failure = None
            try:
                outcome = _carried_out(effect, cliq)
            except BaseException as error:  # noqa: BLE001 - the steps decide
                failure = error
    finally:
        steps.close()


def _carried_out(effect: Effect, cliq: Cliq) -> Any:
    match effect:
        case Ask(method, arguments, fields):
            return getattr(cliq.message_actions, method)(*arguments, **(fields or {}))
        case List(since):
            changes = cliq.message_actions.changes(since=since)
            return Listed([action for action in changes if _is_readable(action)], changes.sync_token, changes.full)
        case Look(operations):
            return {operation: cliq.thresholds[operation] for operation in operations}
        case Pause():
            cliq._clock.sleep(_allowed(effect, cliq))
            return None
        case _:
            return effect.work()


async def run_async(steps: Steps[T], cliq: AsyncCliq) -> T:
    """Carry out the steps in this task and return their result."""
    outcome: Any = None
    failure: BaseException | None = None
    try:
        while True:
            try:
                effect = steps.send(outcome) if failure is None else steps.throw(failure)
            except StopIteration as done:
                result: T = done.value
                return result
            outcome = failure = None
            try:
                outcome = await _carried_out_async(effect, cliq)
            except BaseException as error:  # noqa: BLE001 - the steps decide
                failure = error
    finally:
        steps.close()


async def _carried_out_async(effect: Effect, cliq: AsyncCliq) -> Any:
    match effect:
        case Ask(method, arguments, fields):
            return await getattr(cliq.message_actions, method)(*arguments, **(fields or {}))
        case List(since):
            changes = cliq.message_actions.changes(since=since)
            actions = [action async for action in changes if _is_readable(action)]
            return Listed(actions, changes.sync_token, changes.full)
        case Look(operations):
            return await asyncio.to_thread(_budgets, cliq, operations)
        case Pause():
            await cliq._clock.async_sleep(_allowed(effect, cliq))
            return None
        case _:
            return await asyncio.to_thread(effect.work)


def _is_readable(action: MessageAction) -> bool:
    return not isinstance(action, UnreadableAction)


def _budgets(cliq: AsyncCliq, operations: Sequence[str]) -> dict[str, Budget]:
    return {operation: cliq.thresholds[operation] for operation in operations}


def _allowed(pause: Pause, cliq: Cliq | AsyncCliq) -> float:
    """Call `on_wait`, and return the seconds to wait. Raise WouldWait if they exceed `max_wait`."""
    most, reason = cliq._options.max_wait, "lock" if pause.locked else "threshold"
    if pause.seconds > most:
        raise WouldWait(
            f"would wait {pause.seconds:.1f} s for the {reason}, but max_wait allows only {most:g} s; "
            "completed steps are kept, and the same command continues from there",
            seconds=pause.seconds,
            reason=reason,
            max_wait=most,
            operation=pause.operation,
        )
    if cliq._options.on_wait:
        cliq._options.on_wait(Wait(pause.operation, pause.seconds, reason))
    return pause.seconds
