"""The arithmetic of the ledger: when a call may be sent. Pure functions over slots, without clock and storage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zoho_cliq_api.contract import Threshold

from .base import Budget


@dataclass(frozen=True, slots=True)
class Slot:
    """One call in the ledger. Its clock may have restarted since (a reboot).

    `stamp` is the time at which it was settled or, before that, reserved. `span` is how many seconds it counts from
    then: the window, and for an unsettled slot also the time until its call must be over.
    """

    stamp: float
    span: float
    settled: bool

    def ends(self, now: float) -> float:
        """Return when the slot stops counting. A future stamp is from before a reboot and counts from now."""
        return min(self.stamp, now) + self.span


def wait_for(slots: Iterable[tuple[float, bool]], limit: int, window: float, now: float) -> float:
    """Return the seconds until one more call may be reserved; 0 if it may be now.

    Args:
        slots: when each slot stops counting, and whether it is settled.
        limit: the number of calls in one window.
        window: the window in seconds.
        now: the current time of the same clock.

    An unsettled slot counts for one window from its answer, so it cannot be free before one window from now, unless it
    expires earlier by itself.
    """
    ends = sorted(end if settled else min(end, now + window) for end, settled in slots if end > now)
    if len(ends) < limit:
        return 0.0
    return ends[len(ends) - limit] - now


def budget_of(slots: Iterable[tuple[float, bool]], threshold: Threshold, now: float, locked_for: float) -> Budget:
    """Return the budget that the slots leave of a threshold."""
    ends = [end for end, _ in slots if end > now]
    remaining = max(0, threshold.limit - len(ends))
    return Budget(threshold.limit, remaining, min(ends, default=now) - now, locked_for)
