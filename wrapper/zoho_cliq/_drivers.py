"""Run the engine's steps, in a thread or in a task. The drivers make no decisions of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from inspect import isawaitable
from typing import Any, TypeAlias

from ._types import Busy, Do, RawResponse, Request, Send, Sleep, Steps, T
from ._waiting import in_flight
from .clock import Clock

Sender: TypeAlias = Callable[[Request], RawResponse]
AsyncSender: TypeAlias = Callable[[Request], Awaitable[RawResponse]]


def run(steps: Steps[T], send: Sender, private: Sender, clock: Clock) -> T:
    """Run `steps` in this thread and return their result.

    Args:
        steps: the generator of the engine.
        send: sends a request through the middleware.
        private: sends a request past the middleware, such as one for a token.
        clock: sleeps.
    """
    try:
        return _carried_out(steps, send, private, clock)
    finally:
        # If a signal handler raises between two steps, the traceback would keep the generator open.
        steps.close()


def _carried_out(steps: Steps[T], send: Sender, private: Sender, clock: Clock) -> T:
    outcome: Any = None
    failure: BaseException | None = None
    others = in_flight(clock)
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
        except BaseException as error:  # noqa: BLE001 - the engine handles every exception
            failure = error


async def _done(wanted: Do) -> Any:
    """Return the result of the work without blocking the event loop."""
    if wanted.at_once is not None:
        with contextlib.suppress(Busy):
            return wanted.at_once(wanted.work)
    import asyncio  # here, so that those who use threads do not wait for its import

    try:
        future = asyncio.get_running_loop().run_in_executor(None, copy_context().run, wanted.work)
    except RuntimeError:  # the loop is shutting down and its executor takes no more work
        return wanted.work()
    try:
        # Shielded: work that releases something must finish even if the task is cancelled.
        return await asyncio.shield(future)
    finally:
        if not future.done():  # nobody awaits it now; read its exception, or asyncio logs it as never retrieved
            future.add_done_callback(lambda done: done.cancelled() or done.exception())


async def run_async(steps: Steps[T], send: AsyncSender, private: AsyncSender, clock: Clock) -> T:
    """Run `steps` in this task and return their result. Blocking work is done in a thread."""
    try:
        return await _carried_out_async(steps, send, private, clock)
    finally:
        # If a signal handler raises between two steps, the traceback would keep the generator open.
        steps.close()


async def _carried_out_async(steps: Steps[T], send: AsyncSender, private: AsyncSender, clock: Clock) -> T:
    outcome: Any = None
    failure: BaseException | None = None
    others = in_flight(clock)
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
        except BaseException as error:  # noqa: BLE001 - the engine handles every exception
            failure = error
