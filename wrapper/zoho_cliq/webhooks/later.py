"""Run work that takes longer than the time to answer, send the deferred answer once, and log failures."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from . import deferred
from .answers import Answer
from .errors import AnswerInvalid, DeferredAnswerFailed

if TYPE_CHECKING:
    from .events import Event

Work: TypeAlias = Callable[[], Answer] | Callable[[], Awaitable[Answer]]

_log = logging.getLogger(__name__)

# The event loop that outlives the function; None if there is none, as in a WSGI server.
LASTING_LOOP: ContextVar[asyncio.AbstractEventLoop | None] = ContextVar("LASTING_LOOP")


class Owner(Protocol):
    """What deferred work asks of the `Receiver` that it belongs to."""

    _failure: bytes

    def _wired(self, answer: Answer) -> bytes: ...

    def _redacted(self, event: Event, failure: BaseException) -> str: ...


class Deferral:
    """One piece of work and where its answer goes."""

    def __init__(self, receiver: Owner, event: Event, url: str, work: Work) -> None:
        self._receiver = receiver
        self._event = event
        self._url = url
        self._work = work

    def start(self) -> Future[bool]:
        """Run the work: an async function in the lasting event loop, if there is one; else in a thread."""
        loop = _lasting_loop()
        if loop is not None and inspect.iscoroutinefunction(self._work):
            return asyncio.run_coroutine_threadsafe(self._in_task(), loop)
        outcome: Future[bool] = Future()

        def run() -> None:
            outcome.set_result(self._in_thread())

        # Not a daemon thread: the process waits for the answer before it ends.
        threading.Thread(target=run, name=f"deferred answer to {self._event.name}").start()
        return outcome

    def _in_thread(self) -> bool:
        try:
            given: Any = self._work()
            if inspect.isawaitable(given):
                given = asyncio.run(_awaited(given))
            body = self._receiver._wired(given)
        except BaseException as raised:  # noqa: BLE001 - nobody else handles it in this thread, not even SystemExit
            body = self._failed(raised)
        try:
            deferred.post(self._url, body)
        except DeferredAnswerFailed as error:
            return self._lost(error)
        return True

    async def _in_task(self) -> bool:
        try:
            given: Any = self._work()
            body = self._receiver._wired(await given)
        except asyncio.CancelledError:
            _log.error("no deferred answer to %r is sent: its work was cancelled", self._event.name)
            raise
        except Exception as raised:  # noqa: BLE001 - the person must see something whatever happens
            body = self._failed(raised)
        try:
            await deferred.post_async(self._url, body)
        except DeferredAnswerFailed as error:
            return self._lost(error)
        return True

    def _failed(self, failure: BaseException) -> bytes:
        """Log a failure, and return the answer to send instead."""
        if isinstance(failure, AnswerInvalid):
            _log.error("the deferred answer to %r cannot be shown: %s", self._event.name, failure)
        else:
            shown = self._receiver._redacted(self._event, failure)
            _log.error("the deferred work for %r failed:\n%s", self._event.name, shown)
        return self._receiver._failure

    def _lost(self, error: DeferredAnswerFailed) -> bool:
        _log.error("the deferred answer to %r is lost: %s", self._event.name, error)
        return False


def _lasting_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that outlives the function. Outside of a receiver's function, return the running loop."""
    try:
        return LASTING_LOOP.get()
    except LookupError:
        pass
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _awaited(given: Awaitable[Answer]) -> Answer:
    return await given
