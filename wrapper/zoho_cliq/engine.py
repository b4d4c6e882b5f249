"""The engine: every decision about a call, and no input or output. Drivers carry out what its steps ask for.

One call goes through: an access token, a slot of its threshold, sending, settling the slot, and then either the
result, an exception, or another attempt. What is repeated: reads, after no connection, a timeout, a broken connection
or a 500, 502, 503 or 504; changes that are the same twice (PATCH, DELETE) likewise; a create only when nothing of it
was sent. After a throttle the account is locked for all who share the state, and the call goes on after the lock if
`max_wait` allows.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, ParamSpec

from zoho_cliq_api.contract import Operation

from .classify import api_error, retry_after
from .clock import Clock
from .errors import CliqError, OutcomeUnknown, RateLimited, TransportError, WouldWait
from .exchange import Do, RawResponse, Request, Secret, Send, Sleep, Steps, T, Wait
from .state import Permit, Refusal, State

logger = logging.getLogger("zoho_cliq")
P = ParamSpec("P")

ATTEMPTS = 3
BACKOFF_FIRST, BACKOFF_MOST = 0.5, 8.0
TRANSIENT = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Options:
    """What may differ from call to call; see `Cliq`."""

    timeout: float = 30.0
    max_wait: float = 90.0
    strict: bool = False
    on_wait: Callable[[Wait], None] | None = None
    on_response: Callable[[RawResponse], None] | None = None


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call: its operation, what to send, and how to read a good answer. `path` follows the base URL."""

    operation: Operation
    path: str
    read: Callable[[RawResponse], T]
    params: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


@dataclass(slots=True)
class Progress:
    """What a call has taken so far."""

    operation: str
    options: Options
    attempts: int = 0
    waited: float = 0.0

    def allows(self, seconds: float) -> bool:
        """Whether `max_wait` allows so many seconds more."""
        return self.waited + seconds <= self.options.max_wait

    def wait(self, seconds: float, reason: str) -> Steps[None]:
        """Waits, and tells the log and `on_wait` before."""
        logger.info("%s waits %.2f s (%s)", self.operation, seconds, reason)
        if self.options.on_wait:
            self.options.on_wait(Wait(self.operation, seconds, reason))
        yield Sleep(seconds)
        self.waited += seconds


class Engine:
    """Turns calls into steps. Holds no connection and does nothing by itself."""

    def __init__(self, *, base_url: str, account: str, token: Callable[[], Secret], state: State, clock: Clock) -> None:
        self.base_url = base_url.rstrip("/")
        self.account = account
        self.state = state
        self.clock = clock
        self._token = token

    def do(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> Steps[T]:
        """A step that asks the state for something."""
        result: T = yield Do(partial(work, *args, **named), self.state.blocking)
        return result

    def call(self, call: Call[T], options: Options) -> Steps[T]:
        """The steps of one call, to its result or its exception."""
        progress = Progress(call.operation.name, options)
        while True:
            permit = yield from self._reserve(call, progress)
            progress.attempts += 1
            try:
                response = yield from self._attempt(call, permit, progress)
            except TransportError as error:
                delay = self._delay(progress, None)
                if (
                    progress.attempts < ATTEMPTS
                    and progress.allows(delay)
                    and (call.operation.idempotent or not error.sent)
                ):
                    yield from progress.wait(delay, "retry")
                    continue
                if error.sent and call.operation.method != "GET":
                    raise OutcomeUnknown(
                        f"{error.args[0]}; the change may have happened or not", operation=call.operation.name
                    ) from error
                raise
            if 200 <= response.status <= 299:
                return self._read(call, response, options)
            failure = api_error(response)
            if isinstance(failure, RateLimited):
                threshold = call.operation.threshold
                seconds = failure.retry_after or float(threshold.lock_seconds if threshold else 0)
                failure.retry_after = seconds
                yield from self.do(self.state.lock, self.account, seconds)
                if progress.attempts < ATTEMPTS and progress.allows(seconds):
                    continue
            elif response.status in TRANSIENT and call.operation.idempotent and progress.attempts < ATTEMPTS:
                delay = self._delay(progress, retry_after(response))
                if progress.allows(delay):
                    yield from progress.wait(delay, "retry")
                    continue
            raise failure

    def _delay(self, progress: Progress, asked: float | None) -> float:
        if asked is not None:
            return asked
        most = min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** (progress.attempts - 1))
        return random.uniform(0, most)

    def _reserve(self, call: Call[T], progress: Progress) -> Steps[Permit | None]:
        threshold = call.operation.threshold
        if threshold is None:
            return None
        while True:
            outcome: Permit | Refusal = yield from self.do(
                self.state.reserve, self.account, call.operation.name, threshold, progress.options.timeout
            )
            if isinstance(outcome, Permit):
                return outcome
            if not progress.allows(outcome.seconds):
                raise WouldWait(
                    f"would wait {outcome.seconds:.1f} s for the {outcome.reason}, and max_wait is "
                    f"{progress.options.max_wait:g} s; nothing was sent",
                    seconds=outcome.seconds,
                    reason=outcome.reason,
                    operation=call.operation.name,
                )
            yield from progress.wait(outcome.seconds, outcome.reason)

    def _attempt(self, call: Call[T], permit: Permit | None, progress: Progress) -> Steps[RawResponse]:
        """Sends once and settles the slot, whatever happens."""
        state = self.state
        try:
            request = Request(
                operation=call.operation.name,
                method=call.operation.method,
                url=self.base_url + call.path,
                params=call.params,
                headers={"Content-Type": "application/json"} if call.content is not None else {},
                content=call.content,
                authorization=self._token(),
                timeout=progress.options.timeout,
                attempt=progress.attempts,
                waited=progress.waited,
            )
            answer: RawResponse = yield Send(request)
        except BaseException as error:
            if permit:
                unsent = isinstance(error, TransportError) and not error.sent
                yield from self.do(state.release if unsent else state.settle, permit)
            if isinstance(error, CliqError):
                error.operation = error.operation or call.operation.name
            raise
        if permit:
            yield from self.do(state.settle, permit)
        response = RawResponse(
            call.operation.name, answer.status, answer.headers, answer.body, progress.attempts, progress.waited
        )
        if progress.options.on_response:
            progress.options.on_response(response)
        return response

    def _read(self, call: Call[T], response: RawResponse, options: Options) -> T:
        try:
            return call.read(response)
        except CliqError as error:
            error.operation = error.operation or call.operation.name
            raise
