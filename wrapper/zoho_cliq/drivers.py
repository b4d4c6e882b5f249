"""Two drivers for one engine: they do what its steps ask for, in a thread or in a task, and know nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from .clock import Clock
from .exchange import Do, RawResponse, Request, Send, Sleep, Steps, T


def run(steps: Steps[T], send: Callable[[Request], RawResponse], clock: Clock) -> T:
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
                case Send(request):
                    outcome = send(request)
                case Sleep(seconds):
                    clock.sleep(seconds)
                case Do(work):
                    outcome = work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the engine must hear of it
            failure = error


async def run_async(steps: Steps[T], send: Callable[[Request], Awaitable[RawResponse]], clock: Clock) -> T:
    """Carries out `steps` in this task and returns their result. What blocks is done in a thread."""
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
                case Send(request):
                    outcome = await send(request)
                case Sleep(seconds):
                    await clock.async_sleep(seconds)
                case Do(work, blocking):
                    outcome = await asyncio.to_thread(work) if blocking else work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the engine must hear of it
            failure = error
