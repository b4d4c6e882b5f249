"""Run a plain function in a thread for a task that may be cancelled meanwhile.

Cancelling the task cannot stop the thread. So what follows the function (its reply, its claim) is done in the thread,
unless the function returns an awaitable, which only the task can await.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from typing import Any, Generic, Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Work(Protocol[T_co]):
    """What a `ThreadedCall` does: `run` the function, then exactly one of the others."""

    def run(self) -> Any:
        """Call the function."""
        ...

    def finish(self, given: Any) -> T_co:
        """Make the result of what the function gave."""
        ...

    def fail(self, error: Exception) -> T_co:
        """Make the result of an exception that the function, or `finish`, raised."""
        ...

    def release(self) -> None:
        """Note that the function did not run to its end and that there is no result."""
        ...


class ThreadedCall(Generic[T]):
    """One call in a thread of the running loop's executor."""

    def __init__(self, work: Work[T]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._started = False
        self._abandoned = False
        self._pending: Any = None

    async def result(self) -> T:
        """Call the function and return the result. Where this task is cancelled, the thread goes on without it."""
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()
        try:
            done: list[T] = await loop.run_in_executor(None, context.run, self._in_thread)
        except BaseException:
            self._abandon()
            raise
        if done:
            return done[0]
        given, self._pending = self._pending, None
        try:
            return self._work.finish(await given)
        except Exception as error:  # noqa: BLE001 - the caller decides what a failure looks like
            failure = error
        except BaseException:
            self._work.release()
            raise
        return self._work.fail(failure)

    def _in_thread(self) -> list[T]:
        """Return the result in a list, or an empty list if the task must await the function's return value."""
        with self._lock:
            if self._abandoned:
                return []
            self._started = True
        try:
            given = self._work.run()
            if not inspect.isawaitable(given):
                return [self._work.finish(given)]
            if not self._handed_over(given):
                self._work.release()
            return []
        except Exception as error:  # noqa: BLE001 - the caller decides what a failure looks like
            failure = error
        except BaseException:
            self._work.release()
            raise
        return [self._work.fail(failure)]

    def _handed_over(self, given: Any) -> bool:
        with self._lock:
            if not self._abandoned:
                self._pending = given
                return True
        _close(given)
        return False

    def _abandon(self) -> None:
        with self._lock:
            self._abandoned = True
            given, self._pending = self._pending, None
            thread_goes_on = self._started and given is None
        if not thread_goes_on:
            _close(given)
            self._work.release()


def _close(given: Any) -> None:
    """Close a coroutine that nobody will await, so that Python does not warn of it."""
    if inspect.iscoroutine(given):
        given.close()
