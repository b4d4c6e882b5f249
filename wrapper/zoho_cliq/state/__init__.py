"""What clients share: the ledger of calls, the lock after a throttle, the access token, and leases for single-flight
work.

Three keepers with one protocol: this process (`MemoryState`), a file (SQLite, every process on the machine) and Redis
(every machine). The ledger has two phases. A call *reserves* a slot before it is sent and *settles* it when its answer
has come. A settled slot counts until a window after the answer, an unsettled one until a window after the latest moment
at which its call can still reach the server. The server sees a call between those two moments, so whatever the latency
and however many clients share the user, it never sees more calls in any window than the threshold allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from zoho_cliq_api.contract import Threshold

from ..exchange import Secret


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send one call, to be given back with `settle` or `release`.

    After `send_by`, on the monotonic clock of this machine, the leave is void: the slot may have been given to another.
    """

    account: str
    operation: str
    slot: str
    window: float
    send_by: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """No leave now. Ask again in `seconds`; `reason` is `threshold` or `lock`."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of a threshold: `remaining` of `limit` calls now; one more in `resets_in` seconds, 0 where none is
    used up; `locked_for` is how many seconds the account is locked out for."""

    limit: int
    remaining: int
    resets_in: float
    locked_for: float


@dataclass(frozen=True, slots=True)
class StoredToken:
    """An access token and the time, in seconds since 1970, at which it ends."""

    token: Secret
    expires_at: float


class State(Protocol):
    """What a keeper of shared state can do. Every method is safe across threads.

    `account` names the user at one server. `blocking` says that methods may take longer than a moment.
    Whatever fails raises `ConfigurationError`.
    """

    blocking: bool

    def reserve(self, account: str, operation: str, threshold: Threshold, hold: float) -> Permit | Refusal:
        """Takes a slot for a call that reaches the server, if at all, within `hold` seconds."""
        ...

    def settle(self, permit: Permit) -> None:
        """The answer has come: the slot counts for one window from now."""
        ...

    def release(self, permit: Permit) -> None:
        """Nothing was sent: the slot is free."""
        ...

    def lock(self, account: str, seconds: float) -> None:
        """Nobody may send for the account until so many seconds from now."""
        ...

    def budget(self, account: str, operation: str, threshold: Threshold) -> Budget:
        """What is left of the threshold."""
        ...

    def load_token(self, account: str) -> StoredToken | None:
        """The account's access token, if one is kept."""
        ...

    def store_token(self, account: str, token: StoredToken) -> None:
        """Keeps the access token for all who share the state."""
        ...

    def acquire(self, lease: str, owner: str, seconds: float) -> bool:
        """Takes the lease unless another owner holds it. It ends by itself after so many seconds."""
        ...

    def free(self, lease: str, owner: str) -> None:
        """Gives the lease back, if `owner` still holds it."""
        ...

    def close(self) -> None:
        """Lets go of files and connections."""
        ...
