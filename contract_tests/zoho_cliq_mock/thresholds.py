"""Thresholds: how many calls a user may make in a window, and the lock that follows more.

The numbers come from the document. Counts live in memory; a lock is written to the database, so that it survives a
restart.
"""

from __future__ import annotations

import sqlite3
from collections import deque

from zoho_cliq_api.contract import Operation

from zoho_cliq_mock.clock import Clock
from zoho_cliq_mock.errors import Refusal
from zoho_cliq_mock.policies import Policies


class Thresholds:
    """The counts and locks of all users."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock, policies: Policies, *, enabled: bool) -> None:
        self.enabled = enabled
        self.policies = policies
        self._connection = connection
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}
        self._locks: dict[str, float] = {}
        self.load()

    def load(self) -> None:
        """Forget all counts and read the locks from the database."""
        self._calls.clear()
        self._locks = dict(self._connection.execute("SELECT bucket, until FROM lock").fetchall())

    def clear(self) -> None:
        """Forget all counts and locks."""
        self._connection.execute("DELETE FROM lock")
        self.load()

    def enter(self, user_id: str, operation: Operation) -> None:
        """Count a call. Raises `Refusal` during a lock, and for the call that brings it about."""
        threshold = operation.threshold
        if not self.enabled or threshold is None:
            return
        bucket = self.bucket(user_id, operation.name)
        now = self._clock.now()
        until = self._locks.get(bucket)
        if until is not None:
            if now < until:
                if self.policies.lock_extends == "yes":
                    self._lock(bucket, now + threshold.lock_seconds)
                raise self._refusal(bucket, now)
            del self._locks[bucket]
            self._calls.pop(bucket, None)
            self._connection.execute("DELETE FROM lock WHERE bucket = ?", (bucket,))
        calls = self._calls.get(bucket)
        if calls is None:
            calls = self._calls[bucket] = deque()
        window = threshold.window_seconds
        start = now - window if self.policies.threshold_window == "sliding" else now // window * window
        while calls and (calls[0] <= start if self.policies.threshold_window == "sliding" else calls[0] < start):
            calls.popleft()
        if len(calls) >= threshold.limit:
            self._lock(bucket, now + threshold.lock_seconds)
            raise self._refusal(bucket, now)
        calls.append(now)

    def forget_last(self, user_id: str, operation: Operation) -> None:
        """Take back the count of the call that was just refused, where the policy says so."""
        if self.policies.threshold_counts == "accepted":
            calls = self._calls.get(self.bucket(user_id, operation.name))
            if calls:
                calls.pop()

    def bucket(self, user_id: str, operation: str) -> str:
        """What a call counts in."""
        return f"{user_id} {operation}" if self.policies.threshold_per == "operation" else user_id

    def locks(self) -> dict[str, float]:
        """Locks in force: until when (seconds since 1970), by user id and operation."""
        now = self._clock.now()
        return {bucket: until for bucket, until in self._locks.items() if now < until}

    def _lock(self, bucket: str, until: float) -> None:
        self._connection.execute("INSERT OR REPLACE INTO lock VALUES (?, ?)", (bucket, until))
        self._locks[bucket] = until

    def _refusal(self, bucket: str, now: float) -> Refusal:
        left = self._locks[bucket] - now
        return Refusal("request_limit_exceeded", f"the threshold is exceeded; calls are refused for {left:.0f} s more")
