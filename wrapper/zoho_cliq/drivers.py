"""Two drivers for one engine: they do what its steps ask for, in a thread or in a task, and know nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, TypeAlias

from .clock import Clock
from .exchange import Busy, Do, RawResponse, Request, Send, Sleep, Steps, T

Sender: TypeAlias = Callable[[Request], RawResponse]
AsyncSender: TypeAlias = Callable[[Request], Awaitable[RawResponse]]


def run(steps: Steps[T], send: Sender, private: Sender, clock: Clock) -> T:
    """Carries out `steps` in this thread and returns their result."""
    outcome: Any = None
    failure: BaseException | None = None
    while True:
        try:
            effect = steps.send(outcome) if failure is None else steps.throw(failure)
        except StopIteration as done:
            result: T = done.value
            return result
        outcome = failure = None
        try:
            match effect:
                case Send(request, hidden):
                    outcome = private(request) if hidden else send(request)
                case Sleep(seconds):
                    clock.sleep(seconds)
                case _:
                    outcome = effect.work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the engine must hear of it
            failure = error


async def _done(wanted: Do) -> Any:
    """What the work gives, without keeping the event loop waiting."""
    if wanted.at_once is not None:
        with contextlib.suppress(Busy):
            return wanted.at_once(wanted.work)
    return await asyncio.to_thread(wanted.work)


async def run_async(steps: Steps[T], send: AsyncSender, private: AsyncSender, clock: Clock) -> T:
    """Carries out `steps` in this task and returns their result. What would block is done in a thread."""
    outcome: Any = None
    failure: BaseException | None = None
    while True:
        try:
            effect = steps.send(outcome) if failure is None else steps.throw(failure)
        except StopIteration as done:
            result: T = done.value
            return result
        outcome = failure = None
        try:
            match effect:
                case Send(request, hidden):
                    outcome = await (private(request) if hidden else send(request))
                case Sleep(seconds):
                    await clock.async_sleep(seconds)
                case _:
                    outcome = await _done(effect)
                    outcome = await outcome if isawaitable(outcome) else outcome
        except BaseException as error:  # noqa: BLE001 - whatever it is, the engine must hear of it
            failure = error
