"""Make many calls in the order that finishes first under the thresholds.

Each operation has a threshold of its own, so the operation whose calls take longest goes first, and the others continue
while it waits. A call is started only if it need not wait. All waits are between calls, where an interrupt loses
nothing.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from zoho_cliq_api.contract import Operation

from .._drivers import run, run_async
from .._planning import Planned, planned
from .._types import Sleep, Steps, Wait
from ..errors import AuthError, CliqError, ConfigurationError, NotFound, OutcomeUnknown, StateError
from ..state import Budget, ask
from .progress import BulkProgress, Report, reporter

T = TypeVar("T")
logger = logging.getLogger("zoho_cliq")
SHORTEST_WAIT = 0.01  # seconds, even if a slot becomes free sooner


@dataclass(slots=True)
class _Call:
    """One call: its index, and whether it was interrupted in flight."""

    number: int
    planned: Planned
    interrupted: bool = False

    @property
    def name(self) -> str:
        """The operation's id."""
        return self.planned.plan.name

    def waiting_client(self) -> Any:
        """Return its client, without a limit on waiting."""
        return self.planned.client.with_options(max_wait=math.inf)

    @property
    def operation(self) -> Operation | None:
        """The operation, or None if it is not one of the client's own document."""
        found: Operation | None = self.planned.client._operations.table.get(self.name)
        return found

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again even if it may have taken effect."""
        default = self.operation is not None and self.operation.idempotent
        return bool(getattr(self.planned.plan, "repeatable", default))


class _Job(Generic[T]):
    """The common part of both kinds: the calls, in queues by operation, and their results."""

    def __init__(self, client: Any, calls: Iterable[Callable[[], Any]], progress: bool | Report) -> None:
        self._client = client
        self._progress = progress
        self._queues: dict[str, deque[_Call]] = {}
        self._seconds_left = 0.0
        self.results: list[T | None] = []
        self.errors: dict[int, CliqError] = {}
        for number, call in enumerate(calls):
            self.results.append(None)
            try:
                found = _Call(number, planned(call, client._engine))
            except ConfigurationError:
                raise
            except CliqError as error:  # such as ValidationError, which affects this call only
                self.errors[number] = error
            else:
                self._queues.setdefault(found.name, deque()).append(found)

    @property
    def total(self) -> int:
        """The number of calls."""
        return len(self.results)

    @property
    def left(self) -> int:
        """The number of calls still to be made."""
        return sum(map(len, self._queues.values()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.total - self.left} of {self.total} calls, {len(self.errors)} failed>"

    def _budgets(self) -> Steps[dict[str, Budget | None]]:
        """Return the steps that read each threshold's budget; None for an operation without a threshold."""
        engine, found = self._client._engine, dict[str, Budget | None]()
        for name in self._queues:
            limit = self._client.thresholds.limit(name)
            if limit is None:
                found[name] = None
            else:
                found[name] = yield from ask(engine.state, engine.state.budget, engine.account, name, limit)
        return found

    def _turn(self, budgets: dict[str, Budget | None], report: Report) -> _Call | float | None:
        """Return the next call, or the seconds to wait before there can be one; None if no calls are left."""
        if not self._queues:
            return None
        self._seconds_left = max(self._seconds(name, each) for name, each in budgets.items())
        free = [name for name, each in budgets.items() if each is None or (each.remaining and not each.locked_for)]
        if free:
            return self._queues[max(free, key=lambda name: self._seconds(name, budgets[name]))][0]
        seconds = max(SHORTEST_WAIT, min(max(each.locked_for, each.resets_in) for each in budgets.values() if each))
        self._tell(report, seconds)
        logger.info("bulk waits %.2f s, %d of %d calls are left", seconds, self.left, self.total)
        if self._client._options.on_wait:
            self._client._options.on_wait(Wait("bulk", seconds, "threshold"))
        return seconds

    def _seconds(self, name: str, budget: Budget | None) -> float:
        """Return about how many seconds the calls of an operation take, from its threshold alone."""
        limit = self._client.thresholds.limit(name)
        if budget is None or limit is None:
            return 0.0
        over = len(self._queues[name]) - budget.remaining
        if over <= 0:
            return budget.locked_for
        windows: int = (over - 1) // limit.limit * limit.window_seconds
        return max(budget.locked_for, budget.resets_in) + windows

    @contextmanager
    def _noted(self, call: _Call, report: Report) -> Iterator[None]:
        """Record how a call ends. Raise errors that affect all calls; the call then stays in its queue."""
        try:
            yield
        except (AuthError, ConfigurationError, StateError):
            raise
        except CliqError as error:
            deleted = call.interrupted and call.operation is not None and call.operation.method == "DELETE"
            if not (deleted and isinstance(error, NotFound)):  # the interrupted attempt deleted it
                self.errors[call.number] = error
        except BaseException:
            call.interrupted = True
            if not call.repeatable:
                unknown = "interrupted while it was sent; the change may or may not have happened"
                self.errors[call.number] = OutcomeUnknown(unknown, operation=call.name)
                self._remove(call)
            raise
        self._remove(call)
        self._tell(report)

    def _remove(self, call: _Call) -> None:
        self._queues[call.name].remove(call)
        if not self._queues[call.name]:
            del self._queues[call.name]

    def _tell(self, report: Report, waiting: float = 0.0) -> None:
        left = self._seconds_left if self._queues else 0.0
        report(BulkProgress(self.total, self.total - self.left, len(self.errors), waiting, left))


class Bulk(_Job[T]):
    """Many calls of a `Cliq`. `run` makes them.

    Attributes:
        results: the result of each call, in the order of the calls; None if it has none (yet).
        errors: the exceptions of failed calls, by index in that order.
        total: the number of calls.
        left: the number of calls still to be made.
    """

    def run(self) -> Self:
        """Make the calls that are left. Return when all have been made.

        After an interrupt, such as Ctrl-C, another `run` continues. A create that was in flight is not sent again: its
        error is `OutcomeUnknown`. Raise AuthError, StateError and ConfigurationError, which affect all calls; the call
        is then still to be made. Other exceptions of calls are in `errors`.
        """
        send, clock = self._client._transport.send, self._client._clock  # the steps of a wait send nothing
        with reporter(self._progress) as report:
            while (turn := self._turn(run(self._budgets(), send, send, clock), report)) is not None:
                if not isinstance(turn, _Call):
                    run(_pause(turn), send, send, clock)
                    continue
                with self._noted(turn, report):
                    self.results[turn.number] = turn.waiting_client()._run(turn.planned.plan)
        return self


class AsyncBulk(_Job[T]):
    """Many calls of an `AsyncCliq`; see `Bulk`. `run` must be awaited."""

    async def run(self) -> Self:
        """Make the calls that are left, and return when all have been made. See `Bulk.run`."""
        send, clock = self._client._transport.send, self._client._clock  # the steps of a wait send nothing
        with reporter(self._progress) as report:
            while True:
                budgets = await run_async(self._budgets(), send, send, clock)
                turn = self._turn(budgets, report)
                if turn is None:
                    return self
                if not isinstance(turn, _Call):
                    await run_async(_pause(turn), send, send, clock)
                    continue
                with self._noted(turn, report):
                    self.results[turn.number] = await turn.waiting_client()._run(turn.planned.plan)


def _pause(seconds: float) -> Steps[None]:
    yield Sleep(seconds)
