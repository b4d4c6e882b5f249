"""All that one mock server knows, in one place: what the application answers from and the control API works on."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from zoho_cliq_mock.clock import Clock
from zoho_cliq_mock.database import open_database
from zoho_cliq_mock.directory import DEMO, read_seed
from zoho_cliq_mock.document import Validators
from zoho_cliq_mock.policies import Policies
from zoho_cliq_mock.store import Store
from zoho_cliq_mock.thresholds import Thresholds


class State:
    """The state of a mock server.

    `db` is a path or `:memory:`. `seed` is used for a new database and kept in it; an existing one has its own.
    `clock` is a `Clock`, or a callable that gives seconds since 1970.
    """

    def __init__(
        self,
        db: str = ":memory:",
        *,
        seed: Mapping[str, Any] | None = None,
        thresholds: bool = True,
        policies: Mapping[str, object] | None = None,
        clock: Clock | Callable[[], float] | None = None,
        durable: bool = False,
        control_token: str | None = None,
    ) -> None:
        self.first_policies = self.policies = Policies().changed(policies or {})
        self.first_thresholds = thresholds
        self.validators = Validators(self.policies)
        self.clock = clock if isinstance(clock, Clock) else Clock(clock or time.time)
        self.control_token = control_token or secrets.token_urlsafe(24)
        read_seed(seed or DEMO)  # before anything is written
        self.connection = open_database(db, durable=durable)
        stored = self._meta("seed")
        if stored is None:
            self._set_meta("seed", orjson.dumps(seed or DEMO))
        self.seed: dict[str, Any] = orjson.loads(self._meta("seed"))
        self.directory = read_seed(self.seed)
        self.cursor_key: bytes = self._meta("key")
        self.epoch: int = self._meta("epoch")
        self.parts: dict[str, Any] = {}
        self.store = Store(self.connection, self.directory, self.policies)
        self.thresholds = Thresholds(self.connection, self.clock, self.policies, enabled=thresholds)

    def set_policies(self, policies: Policies) -> None:
        """Put policies into force."""
        self.policies = self.store.policies = self.thresholds.policies = policies
        self.validators = Validators(policies)

    def reset(self) -> None:
        """Back to the seed: no other actions, no locks, no faults; clock, policies and thresholds as at the start."""
        self.clock.reset()
        self.set_policies(self.first_policies)
        self.thresholds.enabled = self.first_thresholds
        self.thresholds.clear()
        self.store.clear()
        self.epoch = self._meta("epoch")
        for part in self.parts.values():
            part.reset(self.seed)

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def _meta(self, name: str) -> Any:
        row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def _set_meta(self, name: str, value: Any) -> None:
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
