"""State of this process: dictionaries under a lock. Calls of other processes are not seen.

All clients of a process with the same clock share one ledger. A test with a clock of its own has a ledger of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from zoho_cliq_api.contract import Threshold

from ..clock import Clock
from .base import GRACE, Budget, Denial, Permit, StoredToken, new_slot
from .guard import Guard, taken
from .shared import PerClock
from .window import Slot, budget_of, wait_for

R = TypeVar("R")

FEW = 256  # number of entries below which expired entries are not removed


class Ledger(Guard):
    """The ledger of all clients with one clock. A forked child starts with a copy of it."""

    def __init__(self) -> None:
        super().__init__()
        self.slots: dict[tuple[str, str], dict[str, Slot]] = {}
        self.locks: dict[str, float] = {}
        self.tokens: dict[str, StoredToken] = {}
        self.leases: dict[str, tuple[str, float]] = {}
        self.few = FEW

    def forked(self) -> None:
        """Delete the leases: their holders are threads of the parent, which cannot release them here."""
        self.leases.clear()

    def shrink(self, now: float, wall: float) -> None:
        """Delete expired entries each time the number of entries has doubled."""
        if len(self.slots) + len(self.locks) + len(self.tokens) + len(self.leases) < self.few:
            return
        for key, slots in list(self.slots.items()):
            if all(slot.ends(now) <= now for slot in slots.values()):
                del self.slots[key]
        for account, ends in list(self.locks.items()):
            if ends <= now:
                del self.locks[account]
        for account, token in list(self.tokens.items()):
            if token.expires_at <= wall:
                del self.tokens[account]
        for lease, (_, ends) in list(self.leases.items()):
            if ends <= now:
                del self.leases[lease]
        self.few = max(FEW, 2 * (len(self.slots) + len(self.locks) + len(self.tokens) + len(self.leases)))


LEDGERS = PerClock(Ledger)


class MemoryState:
    """Keeps everything in this process's ledger for `clock`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ledger = LEDGERS.of(clock)
        self._alone = self._ledger.run

    def _locked(self, account: str, now: float) -> float:
        return max(0.0, self._ledger.locks.get(account, 0.0) - now)

    def reserve(
        self, account: str, operation: str, threshold: Threshold, timeout: float, slot: str | None = None
    ) -> Permit | Denial:
        window, name = float(threshold.window_seconds), slot or new_slot()

        def work() -> Permit | Denial:
            now = self._clock.monotonic()
            if locked := self._locked(account, now):
                return Denial(locked, "lock")
            self._ledger.shrink(now, self._clock.time())
            slots = self._ledger.slots.setdefault((account, operation), {})
            for over in [found for found, slot in slots.items() if slot.ends(now) <= now]:
                del slots[over]
            full = len(slots) >= threshold.limit
            if full and (wait := wait_for(_ends(slots, now), threshold.limit, window, now)):
                return Denial(wait, "threshold")
            slots[name] = Slot(now, GRACE + timeout + window, settled=False)
            return Permit(account, operation, name, window, now + GRACE)

        return taken(partial(self._alone, work), lambda: self.release(Permit(account, operation, name, window, 0.0)))

    def settle(self, permit: Permit) -> None:
        def work() -> None:
            slots = self._ledger.slots.setdefault((permit.account, permit.operation), {})
            slots[permit.slot] = Slot(self._clock.monotonic(), permit.window, settled=True)

        taken(partial(self._alone, work), partial(self._alone, work))

    def release(self, permit: Permit) -> None:
        def work() -> None:
            self._ledger.slots.get((permit.account, permit.operation), {}).pop(permit.slot, None)

        taken(partial(self._alone, work), partial(self._alone, work))

    def lock(self, account: str, seconds: float) -> None:
        def work() -> None:
            ends = self._clock.monotonic() + seconds
            self._ledger.locks[account] = max(self._ledger.locks.get(account, 0.0), ends)

        taken(partial(self._alone, work), partial(self._alone, work))

    def locked_for(self, account: str) -> float:
        return self._alone(lambda: self._locked(account, self._clock.monotonic()))

    def budget(self, account: str, operation: str, threshold: Threshold) -> Budget:
        def work() -> Budget:
            now = self._clock.monotonic()
            slots = self._ledger.slots.get((account, operation), {})
            return budget_of(_ends(slots, now), threshold, now, self._locked(account, now))

        return self._alone(work)

    def load_token(self, account: str) -> StoredToken | None:
        return self._alone(lambda: self._ledger.tokens.get(account))

    def store_token(self, account: str, token: StoredToken) -> None:
        self._alone(lambda: self._ledger.tokens.__setitem__(account, token))

    def forget_token(self, account: str) -> None:
        self._alone(lambda: self._ledger.tokens.pop(account, None))

    def acquire(self, lease: str, owner: str, seconds: float) -> bool:
        def work() -> bool:
            now = self._clock.monotonic()
            holder, ends = self._ledger.leases.get(lease, ("", now))
            if holder not in ("", owner) and ends > now:
                return False
            self._ledger.leases[lease] = (owner, now + seconds)
            return True

        return taken(partial(self._alone, work), partial(self.free, lease, owner))

    def free(self, lease: str, owner: str) -> None:
        def work() -> None:
            if self._ledger.leases.get(lease, ("", 0.0))[0] == owner:
                del self._ledger.leases[lease]

        taken(partial(self._alone, work), partial(self._alone, work))

    def at_once(self, work: Callable[[], R]) -> R:
        """Return the result of `work`, a method of this state. None of them blocks."""
        return work()

    def close(self) -> None:
        """Keep the ledger: calls that were made still count for later clients."""


def _ends(slots: dict[str, Slot], now: float) -> Iterator[tuple[float, bool]]:
    return ((slot.ends(now), slot.settled) for slot in slots.values())
