"""Simulated time: clients that share one ledger, a server that counts what arrives, latencies and crashes."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from zoho_cliq.state import GRACE, Denial, Permit, State
from zoho_cliq.testing import FakeClock
from zoho_cliq_api.contract import Threshold

ACCOUNT, OPERATION = "https://cliq.test/api/v3 somebody", "update_message_action"


@dataclass(frozen=True)
class Attempt:
    """The course of one call: seconds until it is sent, received and answered, and where its client crashes."""

    before_sending: float
    to_server: float
    to_client: float
    crash: str = ""  # "", "before" (nothing is sent) or "after" (the answer is never seen)


def simulate(
    make_state: Callable[[FakeClock], State], threshold: Threshold, timeout: float, clients: list[list[Attempt]]
) -> tuple[list[float], int]:
    """Run every client's attempts one after the other, all clients in parallel.

    Return the times at which the server saw a call, and the number of attempts that were sent.
    """
    clock = FakeClock()
    state = make_state(clock)
    arrivals: list[float] = []
    order = itertools.count()
    queue: list[tuple[float, int, Iterator[float]]] = []
    sent = 0

    def live(attempts: list[Attempt]) -> Iterator[float]:
        nonlocal sent
        for attempt in attempts:
            while True:
                outcome = state.reserve(ACCOUNT, OPERATION, threshold, timeout)
                if isinstance(outcome, Denial):
                    assert outcome.seconds > 0
                    yield outcome.seconds
                    continue
                yield attempt.before_sending
                if clock.monotonic() <= outcome.send_by:
                    break
                state.release(outcome)
                attempt = Attempt(0.0, attempt.to_server, attempt.to_client, attempt.crash)
            assert isinstance(outcome, Permit)
            if attempt.crash == "before":
                continue
            sent += 1
            arrivals.append(clock.now + attempt.to_server)
            yield attempt.to_server + attempt.to_client
            if not attempt.crash:
                state.settle(outcome)

    for attempts in clients:
        heapq.heappush(queue, (0.0, next(order), live(attempts)))
    while queue:
        clock.now, _, client = heapq.heappop(queue)
        for pause in client:
            heapq.heappush(queue, (clock.now + pause, next(order), client))
            break
    state.close()
    return sorted(arrivals), sent


def fullest_window(arrivals: list[float], window: float) -> int:
    """Return the most calls in any window of that length, wherever it begins. Fixed windows are among them."""
    most = 0
    for first, start in enumerate(arrivals):
        last = first
        # The end is left out by a hair: sums of floats may put a call that is due a window later just before it.
        while last < len(arrivals) and arrivals[last] - start < window - 1e-6:
            last += 1
        most = max(most, last - first)
    return most


def planted(state: Any) -> Any:
    """Return the same backend with a common fault: a call counts from when it was sent, not from its answer."""
    reserve, settle = state.reserve, state.settle

    def stamped(account: str, operation: str, threshold: Threshold, timeout: float) -> Any:
        outcome = reserve(account, operation, threshold, timeout)
        if isinstance(outcome, Permit):
            settle(outcome)
        return outcome

    state.reserve, state.settle = stamped, lambda permit: None
    return state


def forgetful(state: Any) -> Any:
    """Return the backend with a fault: the slot of an unanswered call ends one window after its reservation."""
    reserve = state.reserve
    state.reserve = lambda account, operation, threshold, timeout: reserve(account, operation, threshold, -GRACE)
    return state
