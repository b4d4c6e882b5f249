"""Thresholds: how many calls a user may make in a window, and the lock that follows one call too many.

The numbers come from the document. Counts are kept in memory. Locks are written to the database, so that they survive a
restart.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from typing import Any

from zoho_cliq_api.contract import OPERATIONS, Operation

from zoho_cliq_mock.clock import Clock
from zoho_cliq_mock.errors import Refusal
from zoho_cliq_mock.policies import Policies


class Thresholds:
    """The counts and locks of all users.

    Args:
        connection: the mock's database, for the locks.
        clock: the mock's clock.
        policies: the policies in force.
        enabled: whether calls are counted and refused.
    """

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
        """Count a call of a user.

        Raise `Refusal` for the call that exceeds the limit, and for every call during the lock.
        """
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
        start = self._start(now, threshold.window_seconds)
        while calls and self._is_over(calls[0], start):
            calls.popleft()
        if len(calls) >= threshold.limit:
            self._lock(bucket, now + threshold.lock_seconds)
            raise self._refusal(bucket, now)
        calls.append(now)

    def forget_last(self, user_id: str, operation: Operation) -> None:
        """Undo the count of a call that was just refused, if the policy `threshold_counts` says so."""
        if self.policies.threshold_counts == "accepted":
            calls = self._calls.get(self.bucket(user_id, operation.name))
            if calls:
                calls.pop()

    def bucket(self, user_id: str, operation: str) -> str:
        """Return the key under which a call is counted: the user's id, with the operation if each has its own count."""
        return f"{user_id} {operation}" if self.policies.threshold_per == "operation" else user_id

    def locks(self) -> dict[str, float]:
        """Return when each lock in force ends, in seconds since 1970, by user id and operation (see `bucket`)."""
        now = self._clock.now()
        return {bucket: until for bucket, until in self._locks.items() if now < until}

    def used(self) -> list[dict[str, Any]]:
        """Return the counts in force, one object for each user and operation with any count or lock.

        Each has `user` (id), `operation`, `limit`, `left` (how many calls are left) and `locked_until` (seconds since
        1970, or None).
        """
        now, found = self._clock.now(), []
        for bucket in sorted({*self._calls, *self._locks}):
            user, _, name = bucket.partition(" ")
            for operation in OPERATIONS.values():
                if operation.threshold is None or name not in ("", operation.name):
                    continue
                limit = operation.threshold.limit
                start = self._start(now, operation.threshold.window_seconds)
                calls = sum(not self._is_over(call, start) for call in self._calls.get(bucket, ()))
                until = self._locks.get(bucket, 0.0)
                if calls or until > now:
                    left = 0 if until > now else max(limit - calls, 0)
                    found.append(
                        {
                            "user": user,
                            "operation": operation.name,
                            "limit": limit,
                            "left": left,
                            "locked_until": until if until > now else None,
                        }
                    )
        return found

    def _start(self, now: float, window: float) -> float:
        """Return when the current window began; with a sliding window that is `window` seconds before `now`."""
        return now - window if self.policies.threshold_window == "sliding" else now // window * window

    def _is_over(self, call: float, start: float) -> bool:
        """Return whether an earlier call, at the time `call`, lies before the window that began at `start`."""
        return call <= start if self.policies.threshold_window == "sliding" else call < start

    def _lock(self, bucket: str, until: float) -> None:
        self._connection.execute("INSERT OR REPLACE INTO lock VALUES (?, ?)", (bucket, until))
        self._locks[bucket] = until

    def _refusal(self, bucket: str, now: float) -> Refusal:
        left = self._locks[bucket] - now
        return Refusal("request_limit_exceeded", f"the threshold is exceeded; calls are refused for {left:.0f} s more")
