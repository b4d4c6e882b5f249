"""One run of a script, shared by its thread and the event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future, wait
from typing import Any, TypeVar

T = TypeVar("T")

MOST_WRITTEN = 8 * 1024 * 1024
"""Bytes that one run may write into chats and databases."""

_LOOK_AGAIN = 0.1  # seconds between the thread's checks that the event loop still runs


class Session:
    """The bridge between the thread of a script and the event loop.

    Only the event loop touches the mock's state. While the thread waits for the event loop, or for the response to a
    request, it releases `turn`, so that another script can compute.

    Args:
        loop: the event loop of the mock.
        turn: the lock that a script holds while it computes; shared by all scripts of one mock.
        seconds: how long the run may take from its start, including waits; 0 for no limit.
        computing: how many seconds of processor time the run may use.

    Attributes:
        ended: why the run must stop; None while it may go on.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, turn: threading.Lock, seconds: float, computing: float = 1.0
    ) -> None:
        self._loop = loop
        self._turn = turn
        self._seconds = seconds
        self._computing = computing
        self._started = self._computed = 0.0
        self._written = 0
        self._late = False
        self._task: asyncio.Task[Any] | None = None
        self.ended: str | None = None

    # ---- in the event loop

    def end(self, why: str) -> None:
        """Stop the run at its next check, and cancel what it waits for.

        Args:
            why: the reason, which the script's failure states.
        """
        self.ended = self.ended or why
        if self._task is not None:
            self._task.cancel()

    # ---- in the thread

    def start(self) -> None:
        """Start to measure the run's time."""
        self._started = time.monotonic()
        self._computed = time.thread_time()

    @property
    def milliseconds(self) -> float:
        """The milliseconds since the start, rounded to one decimal."""
        return round((time.monotonic() - self._started) * 1000, 1)

    def do(self, act: Callable[[], T]) -> T:
        """Call a function in the event loop, and return its result. Raise what `wait_for` raises.

        The function's processor time counts as the script's.
        """

        async def acting() -> T:
            begun = time.thread_time()
            try:
                return act()
            finally:
                self._computed -= time.thread_time() - begun

        return self.wait_for(acting)

    def wait_for(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine in the event loop, and return its result.

        Args:
            make: makes the coroutine.

        Raises:
            TimeoutError: if it takes longer than the run may take.
            LimitReached: if the run must stop.
            Exception: any exception that the coroutine raises.
        """
        self.check()
        done: Future[T] = Future()

        def start() -> None:
            if self.ended:
                done.cancel()
                return
            self._task = self._loop.create_task(self._bounded(make))
            self._task.add_done_callback(lambda task: _settle(done, task))

        self._turn.release()
        try:
            self._loop.call_soon_threadsafe(start)
            while not done.done() and not self.ended:
                wait([done], timeout=_LOOK_AGAIN)
        except RuntimeError:  # the event loop is closed
            self.ended = self.ended or "the mock stopped"
        finally:
            self._turn.acquire()
        self._check_ended()
        try:
            return done.result(0)
        except CancelledError:
            self._check_ended()
            raise

    def spend(self, size: int) -> None:
        """Count bytes that the run writes. Raise `TaskError` once they exceed `MOST_WRITTEN`."""
        from zoho_cliq_deluge import TaskError

        self._written += size
        if self._written > MOST_WRITTEN:
            raise TaskError(f"the script stored more than {MOST_WRITTEN:,} bytes in the mock")

    def check(self) -> None:
        """Raise `LimitReached` if the run must stop or has used up its time."""
        from zoho_cliq_deluge.failures import LimitReached

        self._check_ended()
        if self._late or (self._seconds and time.monotonic() > self._started + self._seconds):
            raise LimitReached(f"the script ran for more than {self._seconds:g} s")
        if time.thread_time() > self._computed + self._computing:
            raise LimitReached(f"the script computed for more than {self._computing:g} s")

    async def _bounded(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        left = self._started + self._seconds - time.monotonic() if self._seconds else None
        limit = asyncio.timeout(left)
        try:
            async with limit:
                return await make()
        finally:
            self._late = limit.expired()

    def _check_ended(self) -> None:
        from zoho_cliq_deluge.failures import LimitReached

        if self.ended:
            raise LimitReached(self.ended)


def _settle(done: Future[T], task: asyncio.Task[T]) -> None:
    if task.cancelled():
        done.cancel()
    elif (error := task.exception()) is not None:
        done.set_exception(error)
    else:
        done.set_result(task.result())
