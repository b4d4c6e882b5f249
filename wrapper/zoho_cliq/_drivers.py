"""Two drivers for one engine: they do what its steps ask for, in a thread or in a task, and know nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from inspect import isawaitable
from typing import Any, TypeAlias

from ._types import Busy, Do, RawResponse, Request, Send, Sleep, Steps, T
from ._waiting import on_the_way
from .clock import Clock

Sender: TypeAlias = Callable[[Request], RawResponse]
AsyncSender: TypeAlias = Callable[[Request], Awaitable[RawResponse]]


def run(steps: Steps[T], send: Sender, private: Sender, clock: Clock) -> T:
    """Carry out `steps` in this thread and return their result."""
    try:
        return _carried_out(steps, send, private, clock)
    finally:
        # A signal handler may raise between two steps, and then a traceback would keep them from being closed.
        steps.close()


def _carried_out(steps: Steps[T], send: Sender, private: Sender, clock: Clock) -> T:
    outcome: Any = None
    failure: BaseException | None = None
    others = on_the_way(clock)
    while True:
        try:
            effect = steps.send(outcome) if failure is None else steps.throw(failure)
        except StopIteration as done:
            result: T = done.value
            return result
        outcome = failure = None
        try:
            match effect:
                case Send(request, hidden) if others:
                    with others:
                        outcome = private(request) if hidden else send(request)
                case Send(request, hidden):
                    outcome = private(request) if hidden else send(request)
                case Sleep(seconds) if others:
                    others.sleep(clock, seconds)
                case Sleep(seconds):
                    clock.sleep(seconds)
                case _:
                    outcome = effect.work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the engine must hear of it
            failure = error


async def _done(wanted: Do) -> Any:
    """Return what the work gives, without keeping the event loop waiting."""
    if wanted.at_once is not None:
        with contextlib.suppress(Busy):
            return wanted.at_once(wanted.work)
    import asyncio  # here, so that those who use threads do not wait for its import

    try:
        future = asyncio.get_running_loop().run_in_executor(None, copy_context().run, wanted.work)
    except RuntimeError:  # there are no threads any more, as the loop is being shut down
        return wanted.work()
    try:
        # Shielded, because work that gives something back must be done although the task is cancelled.
        return await asyncio.shield(future)
    finally:
        if not future.done():  # nobody waits any more, and so nobody must be told that it failed
            future.add_done_callback(lambda done: done.cancelled() or done.exception())


async def run_async(steps: Steps[T], send: AsyncSender, private: AsyncSender, clock: Clock) -> T:
    """Carry out `steps` in this task and return their result. What would block is done in a thread."""
    try:
        return await _carried_out_async(steps, send, private, clock)
    finally:
        # A signal handler may raise between two steps, and then a traceback would keep them from being closed.
        steps.close()


async def _carried_out_async(steps: Steps[T], send: AsyncSender, private: AsyncSender, clock: Clock) -> T:
    outcome: Any = None
    failure: BaseException | None = None
    others = on_the_way(clock)
    while True:
        try:
            effect = steps.send(outcome) if failure is None else steps.throw(failure)
        except StopIteration as done:
            result: T = done.value
            return result
        outcome = failure = None
        try:
            match effect:
                case Send(request, hidden) if others:
                    with others:
                        outcome = await (private(request) if hidden else send(request))
                case Send(request, hidden):
                    outcome = await (private(request) if hidden else send(request))
                case Sleep(seconds) if others:
                    await others.async_sleep(clock, seconds)
                case Sleep(seconds):
                    await clock.async_sleep(seconds)
                case _:
                    outcome = await _done(effect)
                    outcome = await outcome if isawaitable(outcome) else outcome
        except BaseException as error:  # noqa: BLE001 - whatever it is, the engine must hear of it
            failure = error
