"""State of this process: dictionaries under a lock. What other processes do is not seen."""

from __future__ import annotations

import itertools
import os
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

from zoho_cliq_api.contract import Threshold

from ..clock import Clock
from . import GRACE, Budget, Permit, Refusal, StoredToken
from .window import Slot, budget_of, wait_for

R = TypeVar("R")


class MemoryState:
    """Keeps everything in memory. A forked child begins with a copy and goes its own way from there."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count()
        self._slots: dict[tuple[str, str], dict[str, Slot]] = defaultdict(dict)
        self._locks: dict[str, float] = {}
        self._tokens: dict[str, StoredToken] = {}
        self._leases: dict[str, tuple[str, float]] = {}
        self._mutex = threading.Lock()
        self._pid = os.getpid()

    def _guard(self) -> threading.Lock:
        if self._pid != os.getpid():  # a thread of the parent may have held the lock at the fork
            self._mutex, self._pid = threading.Lock(), os.getpid()
        return self._mutex

    def _locked(self, account: str, now: float) -> float:
        return max(0.0, self._locks.get(account, 0.0) - now)

    def reserve(self, account: str, operation: str, threshold: Threshold, timeout: float) -> Permit | Refusal:
        window = float(threshold.window_seconds)
        with self._guard():
            now = self._clock.monotonic()
            if locked := self._locked(account, now):
                return Refusal(locked, "lock")
            slots = self._slots[account, operation]
            for name in [name for name, slot in slots.items() if slot.ends(now) <= now]:
                del slots[name]
            if wait := wait_for(slots.values(), threshold.limit, window, now):
                return Refusal(wait, "threshold")
            name = str(next(self._numbers))
            slots[name] = Slot(now, GRACE + timeout + window, settled=False)
            return Permit(account, operation, name, window, now + GRACE)

    def settle(self, permit: Permit) -> None:
        with self._guard():
            self._slots[permit.account, permit.operation][permit.slot] = Slot(
                self._clock.monotonic(), permit.window, settled=True
            )

    def release(self, permit: Permit) -> None:
        with self._guard():
            self._slots[permit.account, permit.operation].pop(permit.slot, None)

    def lock(self, account: str, seconds: float) -> None:
        with self._guard():
            self._locks[account] = max(self._locks.get(account, 0.0), self._clock.monotonic() + seconds)

    def locked_for(self, account: str) -> float:
        with self._guard():
            return self._locked(account, self._clock.monotonic())

    def budget(self, account: str, operation: str, threshold: Threshold) -> Budget:
        with self._guard():
            now = self._clock.monotonic()
            slots = list(self._slots[account, operation].values())
            return budget_of(slots, threshold, now, self._locked(account, now))

    def load_token(self, account: str) -> StoredToken | None:
        with self._guard():
            return self._tokens.get(account)

    def store_token(self, account: str, token: StoredToken) -> None:
        with self._guard():
            self._tokens[account] = token

    def acquire(self, lease: str, owner: str, seconds: float) -> bool:
        with self._guard():
            now = self._clock.monotonic()
            holder, ends = self._leases.get(lease, ("", now))
            if holder not in ("", owner) and ends > now:
                return False
            self._leases[lease] = (owner, now + seconds)
            return True

    def free(self, lease: str, owner: str) -> None:
        with self._guard():
            if self._leases.get(lease, ("", 0.0))[0] == owner:
                del self._leases[lease]

    def at_once(self, work: Callable[[], R]) -> R:
        """What `work`, a method of this state, gives: none of them waits for longer than a moment."""
        return work()

    def close(self) -> None:
        """Nothing to let go of."""
