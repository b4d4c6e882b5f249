"""The arithmetic of the ledger: who may send, and when. Pure functions over slots; no clock, no storage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zoho_cliq_api.contract import Threshold

from .base import Budget


@dataclass(frozen=True, slots=True)
class Slot:
    """One call in the ledger, on a clock that may have started again since (a reboot).

    `stamp` is when it was settled or, before that, reserved. `span` is how long it counts from there: the window, and
    for an unsettled slot the hold as well.
    """

    stamp: float
    span: float
    settled: bool

    def ends(self, now: float) -> float:
        """When the slot stops counting. A stamp from the future is one from before a reboot: it counts from now."""
        return min(self.stamp, now) + self.span


def wait_for(slots: Iterable[tuple[float, bool]], limit: int, window: float, now: float) -> float:
    """Return seconds until one more call may be reserved; 0 where it may be now.

    Args:
        slots: when each slot stops counting, and whether it is settled.

    A slot that is still unsettled can at the earliest be free a window from now, because it counts from its answer;
    it is never counted on earlier than that unless its own end comes first.
    """
    ends = sorted(end if settled else min(end, now + window) for end, settled in slots if end > now)
    if len(ends) < limit:
        return 0.0
    return ends[len(ends) - limit] - now


def budget_of(slots: Iterable[tuple[float, bool]], threshold: Threshold, now: float, locked_for: float) -> Budget:
    """Return what the slots leave of a threshold."""
    ends = [end for end, _ in slots if end > now]
    remaining = max(0, threshold.limit - len(ends))
    return Budget(threshold.limit, remaining, min(ends, default=now) - now, locked_for)
