"""What clients share: the ledger of calls, the lock after a throttle, the access token, and leases for single-flight
work.

Three keepers with one protocol: this process (`MemoryState`), a file (SQLite, every process on the machine) and Redis
(every machine). The ledger has two phases. A call *reserves* a slot before it is sent and *settles* it when its answer
has come. A settled slot counts until a window after the answer, an unsettled one until a window after the latest moment
at which its call can still reach the server. The server sees a call between those two moments, so whatever the latency
and however many clients share the user, it never sees more calls in any window than the threshold allows.
"""

from __future__ import annotations

from pathlib import Path

from .._environment import expanded
from ..clock import Clock
from ..errors import ConfigurationError
from .base import (
    EVERYBODY,
    GRACE,
    LONGEST_WINDOW,
    Budget,
    Denial,
    Permit,
    State,
    StateBusy,
    StoredToken,
    ask,
    ask_quietly,
)

__all__ = [
    "EVERYBODY",
    "GRACE",
    "LONGEST_WINDOW",
    "Budget",
    "Denial",
    "Permit",
    "State",
    "StateBusy",
    "StoredToken",
    "ask",
    "ask_quietly",
    "open_state",
]

REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


def open_state(where: str | Path | None, clock: Clock) -> State:
    """Return the keeper for `Cliq(state=…)`: None is this process, `redis://…` a Redis server, all else the path of
    a file.

    Raise ConfigurationError for an address of anything else, which it does not repeat, as it may hold a password.
    """
    if where is None:
        from .memory import MemoryState

        return MemoryState(clock)
    scheme, found, rest = str(where).strip().partition("://")
    if f"{scheme.lower()}{found}" in REDIS_SCHEMES:
        from .redis import RedisState

        return RedisState(f"{scheme.lower()}://{rest}", clock)
    if found or "\0" in str(where):
        raise ConfigurationError(f"state is a path or an address that begins with {', '.join(REDIS_SCHEMES)}")
    from .sqlite import SQLiteState

    return SQLiteState(expanded("state", where), clock)
