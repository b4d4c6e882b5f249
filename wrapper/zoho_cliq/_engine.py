"""The engine: every decision about a call, without I/O. The drivers run the steps that it yields.

A call gets an access token, reserves a slot of its threshold, sends, and settles the slot. Then it returns, raises, or
makes another attempt, at most `max_retries` times:

- reads are repeated after a connection error, a timeout, a broken connection, or status 500, 502, 503 or 504;
- idempotent changes (PATCH, DELETE) likewise;
- a create only if nothing of it was sent;
- after a throttle the account is locked for all clients that share the state, and the call is repeated after the lock
  if `max_wait` allows.

Exceptions from outside the client (a cancellation, a signal handler, middleware) pass through unchanged and never lead
to another attempt. However a call ends, it releases what it holds in the state.
"""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

from zoho_cliq_api.contract import OPERATIONS, Operation

from ._auth.tokens import TokenSource
from ._classify import api_error, retry_after
from ._progress import Options, Progress, Waited
from ._secrecy import Blanker, blanker, guard_logs
from ._types import Effect, RawResponse, Request, Secret, Send, Steps, T
from .clock import Clock
from .errors import (
    ClientClosed,
    CliqError,
    ConfigurationError,
    DecodeError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    ResponseTooLarge,
    SlotExpired,
    TransportError,
    Unauthorized,
)
from .state import Denial, Permit, State, StateBusy, ask, ask_quietly
from .state.held import Held, HeldSlot

logger = logging.getLogger("zoho_cliq")
P = ParamSpec("P")
R = TypeVar("R")
T_co = TypeVar("T_co", covariant=True)

LATE_SLOTS = 3  # slots that expire before sending, after which a call gives up
BACKOFF_FIRST, BACKOFF_MOST = 0.5, 8.0  # seconds, see `backoff`
UNDOCUMENTED_LOCK = float(max(each.threshold.lock_seconds for each in OPERATIONS.values() if each.threshold))
"""Seconds of the lock for an operation without a documented threshold: the longest of all documented locks."""
LOCK_GUARD = 0.1  # seconds that a call waits beyond the end of a lock
TRANSIENT = frozenset({500, 502, 503, 504})


class Plan(Protocol[T_co]):
    """The work of one method of a resource: one call, or several that depend on each other."""

    @property
    def name(self) -> str:
        """The operation's id."""
        ...

    def steps(self, engine: Engine, options: Options) -> Generator[Effect, Any, T_co]:
        """Return the steps that do the work."""
        ...


class Runner(Protocol):
    """A function that runs a plan in this thread."""

    def __call__(self, plan: Plan[T], /) -> T: ...


class AsyncRunner(Protocol):
    """A function that runs a plan in this task."""

    async def __call__(self, plan: Plan[T], /) -> T: ...


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call: its operation, what to send, and how to read a successful answer.

    `path` is appended to the base URL.
    """

    operation: Operation
    path: str
    read: Callable[[RawResponse, bool], T]
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The operation's id."""
        return self.operation.name

    def steps(self, engine: Engine, options: Options) -> Steps[T]:
        """Return the steps of the call."""
        return engine.call(self, options)


class Engine:
    """Turns calls into steps. Holds no connection and does no I/O."""

    def __init__(
        self,
        *,
        base_url: str,
        account: str,
        tokens: TokenSource,
        state: State,
        clock: Clock,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.account = account
        self.state = state
        self.clock = clock
        self.tokens = tokens
        self.headers = headers or {}

    def call(self, call: Call[T], options: Options, waited: Waited | None = None) -> Steps[T]:
        """Return the steps of one call.

        They return its result or raise. `waited` is shared by the calls of one method.
        """
        progress = Progress(call.name, options, waited or Waited(), Held(self.state))
        try:
            return (yield from self._attempts(call, progress))
        except GeneratorExit:
            progress.held.give_back_all()  # at once: the generator is being closed, so no driver runs further steps
            raise
        except BaseException as error:
            yield from progress.held.clear()
            if isinstance(error, CliqError):
                error.operation = error.operation or call.name
            raise

    def _attempts(self, call: Call[T], progress: Progress) -> Steps[T]:
        operation = call.operation
        rejected: Secret | None = None
        unclear = False  # whether an earlier attempt may have taken effect
        lost: TransportError | None = None  # the error of an earlier attempt that was sent and got no answer
        while True:
            try:
                token, slot = yield from self._admitted(call, progress, rejected)
            except CliqError as error:
                if lost:
                    raise lost from error  # an earlier attempt was sent, so "nothing was sent" would be wrong
                raise
            progress.attempts += 1
            rejected = None if token == rejected else rejected
            try:
                response = yield from self._attempt(call, token, slot, progress)
            except SlotExpired as error:
                # Nothing was sent, so this counts neither as an attempt nor as a retry.
                progress.attempts, progress.expired = progress.attempts - 1, progress.expired + 1
                if progress.expired < LATE_SLOTS:
                    continue
                if lost:
                    raise lost from error
                raise
            except TransportError as error:
                if error.sent:
                    unclear, lost = True, unanswered(operation, error)
                if isinstance(error, ResponseTooLarge):
                    raise unanswered(operation, error) from error
                repeatable = operation.idempotent or not error.sent
                if repeatable and (yield from self._again(progress, backoff(progress.attempts), "retry")):
                    continue
                raise (lost or error) from error.__cause__
            blank = blanker(token)
            if 200 <= response.status <= 299:
                return read(call, response, progress.options.strict, blank)
            failure = api_error(response, blank.text)
            if isinstance(failure, Unauthorized) and self.tokens.renewable and not progress.renewals:
                rejected, progress.renewals = token, 1
                continue
            if isinstance(failure, NotFound) and unclear and operation.method == "DELETE":
                # An earlier attempt, whose answer was lost, deleted it.
                return call.read(replace(response, status=operation.success, body=b""), False)
            lock = float(operation.threshold.lock_seconds if operation.threshold else UNDOCUMENTED_LOCK)
            asked = retry_after(response, self.clock.time(), lock)
            if isinstance(failure, RateLimited):
                failure.retry_after = asked or lock
                yield from ask_quietly(self.state, self.state.lock, self.account, failure.retry_after)
                if (yield from self._again(progress, failure.retry_after + LOCK_GUARD, "lock")):
                    continue
                if isinstance(lost, OutcomeUnknown):
                    raise lost from failure
            elif response.status in TRANSIENT and operation.idempotent:
                unclear = True
                if (yield from self._again(progress, asked or backoff(progress.attempts), "retry")):
                    continue
            raise failure

    def _again(self, progress: Progress, seconds: float, reason: str) -> Steps[bool]:
        """Wait before another attempt. Return False if no retry is left or `max_wait` does not allow the wait."""
        if progress.retries >= progress.options.max_retries or not progress.allows(seconds):
            return False
        yield from progress.wait(seconds, reason)
        return True

    def _admitted(
        self, call: Call[T], progress: Progress, rejected: Secret | None
    ) -> Steps[tuple[Secret, HeldSlot | None]]:
        """Return a token and a slot. If another process blocks the state, wait as long as `max_wait` allows."""
        while True:
            try:
                return (yield from self._token_and_slot(call, progress, rejected))
            except StateBusy as error:
                logger.info("%s has waited %.2f s (state)", progress.operation, error.waited)
                progress.waited.seconds += error.waited
                if not progress.allows(error.waited):
                    raise progress.would_wait(error.waited, "state", f"as {error.args[0]}") from error

    def _token_and_slot(
        self, call: Call[T], progress: Progress, rejected: Secret | None
    ) -> Steps[tuple[Secret, HeldSlot | None]]:
        """Return a token and a slot that are valid at the same time.

        If the token expires while the call waits for its slot, ask for another once. If the slot expires meanwhile, the
        transport notices just before sending. If the accounts server returns the rejected token again, use it: asking
        again would not help.
        """
        token = yield from self.tokens.current(progress, rejected)
        slot = yield from self._reserved(call, progress)
        if not self.tokens.fresh(token):
            token = yield from self.tokens.current(progress, None if token == rejected else rejected)
        return token, slot

    def _reserved(self, call: Call[T], progress: Progress) -> Steps[HeldSlot | None]:
        threshold, timeout = call.operation.threshold, progress.options.timeout
        while True:
            if threshold is None:
                locked = yield from ask(self.state, self.state.locked_for, self.account)
                if not locked:
                    return None
                denial = Denial(locked, "lock")
            else:
                slot = HeldSlot(self.state, self.account, call.operation.name, threshold, timeout)
                outcome = yield from progress.held.take(slot)
                if isinstance(outcome, Permit):
                    return slot
                denial = outcome
            yield from progress.wait(denial.seconds, denial.reason)

    def _attempt(self, call: Call[T], token: Secret, slot: HeldSlot | None, progress: Progress) -> Steps[RawResponse]:
        """Send once and release the slot.

        If an exception from outside the client ends the attempt, `call` releases it.
        """
        name, options, started = call.operation.name, progress.options, self.clock.monotonic()
        request = Request(
            operation=name,
            method=call.operation.method,
            url=self.base_url + call.path,
            params=call.params,
            headers={**self.headers, **call.headers},
            content=call.content,
            authorization=token,
            timeout=options.timeout,
            attempt=progress.attempts,
            waited=progress.waited.seconds,
            send_by=slot.send_by if slot else math.inf,
        )
        guard_logs(token)
        if slot:
            slot.sent = True  # assume so, unless the transport reports that nothing was sent
        try:
            answer = yield Send(request)
        except ClientClosed:
            if slot:
                slot.sent = False
                yield from progress.held.give_back(slot)
            raise
        except TransportError as error:
            if slot:
                slot.sent = error.sent
                yield from progress.held.give_back(slot)
            logger.info("%s: attempt %d failed: %s", name, progress.attempts, error.args[0])
            raise
        if not isinstance(answer, RawResponse):
            kind = type(answer).__name__
            raise ConfigurationError(f"the middleware returned a {kind}; it must return the answer, as send() does")
        if slot:
            slot.answered = True
            yield from progress.held.give_back(slot)
        elapsed, attempts, retries = self.clock.monotonic() - started, progress.attempts, progress.retries
        logger.debug("%s: attempt %d, status %d, %.3f s", name, attempts, answer.status, elapsed)
        response = RawResponse(
            name, answer.status, answer.headers, answer.body, attempts, request.waited, retries, elapsed
        )
        if options.on_response or not 200 <= answer.status <= 299:
            response = blanker(token).response(response)
        if options.on_response:
            options.on_response(response)
        return response


def read(call: Call[T], response: RawResponse, strict: bool, blank: Blanker) -> T:
    """Return the result of a successful answer.

    If the answer cannot be read, the DecodeError shows it, so every form of a secret in it is blanked first.
    """
    try:
        return call.read(blank.success(response), strict)
    except DecodeError:
        blanked = blank.response(response)
        if blanked is response:
            raise
    return call.read(blanked, strict)


def unanswered(operation: Operation, error: TransportError) -> TransportError:
    """Return the exception for an attempt that was sent and got no answer: OutcomeUnknown if it is a change."""
    if operation.method == "GET":
        return error
    return OutcomeUnknown(f"{error.args[0]}; the change may or may not have happened", operation=operation.name)


def backoff(attempt: int) -> float:
    """Return the seconds to wait after attempt number `attempt`.

    Full jitter keeps many clients from retrying together.
    """
    return random.uniform(0, min(BACKOFF_MOST, BACKOFF_FIRST * 2.0 ** min(attempt - 1, 10)))
