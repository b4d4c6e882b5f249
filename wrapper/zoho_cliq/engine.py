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
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

from zoho_cliq_api.contract import Operation

from .classify import api_error, retry_after
from .clock import Clock
from .errors import (
    CliqError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    TransportError,
    Unauthorized,
    WouldWait,
)
from .exchange import Effect, RawResponse, Request, Secret, Send, Sleep, Steps, T, Wait
from .state import Permit, Refusal, State, ask, ask_quietly, reserve
from .tokens import TokenSource

logger = logging.getLogger("zoho_cliq")
P = ParamSpec("P")
R = TypeVar("R")
T_co = TypeVar("T_co", covariant=True)

ATTEMPTS = 3
BACKOFF_FIRST, BACKOFF_MOST = 0.5, 8.0
UNDOCUMENTED_LOCK = 300.0  # of an operation without a documented threshold: what all the others have
LOCK_GUARD = 0.1  # seconds by which a lock is outwaited
TRANSIENT = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Options:
    """What may differ from call to call; see `Cliq`."""

    timeout: float = 30.0
    max_wait: float = 90.0
    strict: bool = False
    on_wait: Callable[[Wait], None] | None = None
    on_response: Callable[[RawResponse], None] | None = None
    middleware: tuple[Any, ...] = ()


class Plan(Protocol[T_co]):
    """What a method of a resource wants done: one call, or several that depend on each other."""

    @property
    def name(self) -> str:
        """The operation's id."""
        ...

    def steps(self, engine: Engine, options: Options) -> Generator[Effect, Any, T_co]:
        """The steps that carry it out."""
        ...


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call: its operation, what to send, and how to read a good answer. `path` follows the base URL."""

    operation: Operation
    path: str
    read: Callable[[RawResponse, bool], T]
    params: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None

    @property
    def name(self) -> str:
        """The operation's id."""
        return self.operation.name

    def steps(self, engine: Engine, options: Options) -> Steps[T]:
        """The steps that carry it out."""
        return engine.call(self, options)


@dataclass(slots=True)
class Waited:
    """How long the calls of one method have waited together, in seconds."""

    seconds: float = 0.0


@dataclass(slots=True)
class Progress:
    """What a call has taken so far."""

    operation: str
    options: Options
    waited: Waited
    attempts: int = 0
    most: int = ATTEMPTS

    def allows(self, seconds: float) -> bool:
        """Whether `max_wait` allows so many seconds more."""
        return self.waited.seconds + seconds <= self.options.max_wait

    def wait(self, seconds: float, reason: str) -> Steps[None]:
        """Waits, and tells the log and `on_wait` before."""
        logger.info("%s waits %.2f s (%s)", self.operation, seconds, reason)
        if self.options.on_wait:
            self.options.on_wait(Wait(self.operation, seconds, reason))
        yield Sleep(seconds)
        self.waited.seconds += seconds


class Engine:
    """Turns calls into steps. Holds no connection and does nothing by itself."""

    def __init__(self, *, base_url: str, account: str, tokens: TokenSource, state: State, clock: Clock) -> None:
        self.base_url = base_url.rstrip("/")
        self.account = account
        self.state = state
        self.clock = clock
        self.tokens = tokens

    def call(self, call: Call[T], options: Options, waited: Waited | None = None) -> Steps[T]:
        """The steps of one call, to its result or its exception. `waited` is shared by the calls of one method."""
        try:
            return (yield from self._attempts(call, Progress(call.name, options, waited or Waited())))
        except CliqError as error:
            error.operation = error.operation or call.name
            raise

    def _attempts(self, call: Call[T], progress: Progress) -> Steps[T]:
        operation = call.operation
        rejected: Secret | None = None
        unclear = False  # whether an earlier attempt may have had its effect
        lost: TransportError | None = None  # of an earlier attempt that was sent and had no answer
        while True:
            try:
                token, permit = yield from self._admitted(call, progress, rejected)
            except CliqError as error:
                if lost:
                    raise lost from error  # "nothing was sent" would be wrong by now
                raise
            progress.attempts += 1
            try:
                response = yield from self._attempt(call, token, permit, progress)
            except TransportError as error:
                if error.sent:
                    unclear, lost = True, unanswered(operation, error)
                repeatable = operation.idempotent or not error.sent
                if repeatable and (yield from self._again(progress, backoff(progress.attempts), "retry")):
                    continue
                raise (lost or error) from error.__cause__
            if 200 <= response.status <= 299:
                return call.read(response, progress.options.strict)
            failure = api_error(response)
            if isinstance(failure, Unauthorized) and self.tokens.renewable and rejected is None:
                rejected, progress.most = token, progress.most + 1
                continue
            if isinstance(failure, NotFound) and unclear and operation.method == "DELETE":
                # An earlier attempt, whose answer was lost, deleted it.
                return call.read(replace(response, status=operation.success, body=b""), False)
            if isinstance(failure, RateLimited):
                lock = operation.threshold.lock_seconds if operation.threshold else UNDOCUMENTED_LOCK
                failure.retry_after = retry_after(response) or float(lock)
                yield from ask_quietly(self.state, self.state.lock, self.account, failure.retry_after)
                if (yield from self._again(progress, failure.retry_after + LOCK_GUARD, "lock")):
                    continue
                if isinstance(lost, OutcomeUnknown):
                    raise lost from failure
            elif response.status in TRANSIENT and operation.idempotent:
                unclear, asked = True, retry_after(response)
                if (yield from self._again(progress, backoff(progress.attempts) if asked is None else asked, "retry")):
                    continue
            raise failure

    def _again(self, progress: Progress, seconds: float, reason: str) -> Steps[bool]:
        """Waits before another attempt; False where there is none left or the wait is longer than `max_wait`."""
        if progress.attempts >= progress.most or not progress.allows(seconds):
            return False
        yield from progress.wait(seconds, reason)
        return True

    def _admitted(
        self, call: Call[T], progress: Progress, rejected: Secret | None
    ) -> Steps[tuple[Secret, Permit | None]]:
        """A token and a slot, both good at the same time."""
        while True:
            token = yield from self.tokens.current(progress, rejected)
            permit = yield from self._reserved(call, progress)
            if permit is None or (self.tokens.fresh(token) and self.clock.monotonic() <= permit.send_by):
                return token, permit
            yield from ask_quietly(self.state, self.state.release, permit)

    def _reserved(self, call: Call[T], progress: Progress) -> Steps[Permit | None]:
        threshold = call.operation.threshold
        while True:
            if threshold is None:
                locked = yield from ask(self.state, self.state.locked_for, self.account)
                if not locked:
                    return None
                outcome: Permit | Refusal = Refusal(locked, "lock")
            else:
                outcome = yield from reserve(
                    self.state, self.account, call.operation.name, threshold, progress.options.timeout
                )
            if isinstance(outcome, Permit):
                return outcome
            if not progress.allows(outcome.seconds):
                raise WouldWait(
                    f"would wait {outcome.seconds:.1f} s for the {outcome.reason}, and max_wait is "
                    f"{progress.options.max_wait:g} s; nothing was sent",
                    seconds=outcome.seconds,
                    reason=outcome.reason,
                )
            yield from progress.wait(outcome.seconds, outcome.reason)

    def _attempt(self, call: Call[T], token: Secret, permit: Permit | None, progress: Progress) -> Steps[RawResponse]:
        """Sends once and settles the slot, whatever happens."""
        name, options, started = call.operation.name, progress.options, self.clock.monotonic()
        request = Request(
            operation=name,
            method=call.operation.method,
            url=self.base_url + call.path,
            params=call.params,
            headers={"Content-Type": "application/json"} if call.content is not None else {},
            content=call.content,
            authorization=token,
            timeout=options.timeout,
            attempt=progress.attempts,
            waited=progress.waited.seconds,
        )
        try:
            answer: RawResponse = yield Send(request)
        except GeneratorExit:
            raise  # nobody carries out steps any more; the slot ends by itself
        except BaseException as error:
            if permit:
                unsent = isinstance(error, TransportError) and not error.sent
                yield from ask_quietly(self.state, self.state.release if unsent else self.state.settle, permit)
            if isinstance(error, CliqError):
                logger.info("%s: attempt %d failed: %s", name, progress.attempts, error.args[0])
            raise
        if permit:
            yield from ask_quietly(self.state, self.state.settle, permit)
        logger.debug(
            "%s: attempt %d, status %d, %.3f s",
            name,
            progress.attempts,
            answer.status,
            self.clock.monotonic() - started,
        )
        response = without(
            token, RawResponse(name, answer.status, answer.headers, answer.body, progress.attempts, request.waited)
        )
        if options.on_response:
            options.on_response(response)
        return response


def unanswered(operation: Operation, error: TransportError) -> TransportError:
    """The exception for an attempt that was sent and had no answer: for a change, that its outcome is unknown."""
    if operation.method == "GET":
        return error
    return OutcomeUnknown(f"{error.args[0]}; the change may have happened or not", operation=operation.name)


def backoff(attempt: int) -> float:
    """Seconds to wait after so many attempts: full jitter, so that many clients do not come back together."""
    return random.uniform(0, min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** (attempt - 1)))


def without(token: Secret, response: RawResponse) -> RawResponse:
    """The answer, with the access token blanked where a server echoes it."""
    text = token.reveal()
    if text.encode() not in response.body and not any(text in value for value in response.headers.values()):
        return response
    headers = {name: value.replace(text, "…") for name, value in response.headers.items()}
    return replace(response, headers=headers, body=response.body.replace(text.encode(), b"[token]"))
