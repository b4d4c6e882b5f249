"""State shared by clients: the ledger of calls, the lock after a throttle, the access token, and leases.

Three backends have one protocol: `MemoryState` (this process), `SQLiteState` (a file, for every process of the machine)
and `RedisState` (every machine). A call *reserves* a slot of the ledger before it is sent, and *settles* it when its
answer has come. A settled slot counts until one window after the answer; an unsettled one until one window after the
latest time at which its call can reach the server. The server sees the call between those two times. So whatever the
latency and the number of clients, it never sees more calls in any window than the threshold allows.
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
    """Return the backend for `Cliq(state=…)`.

    Args:
        where: None for this process, `redis://…` (also `rediss://…`, `unix://…`) for a Redis server, else the path of a
            file.
        clock: the clock of the client.

    Raise ConfigurationError for any other URL, which the message does not repeat because it may hold a password.
    """
    if where is None:
        from .memory import MemoryState

        return MemoryState(clock)
    scheme, found, rest = str(where).strip().partition("://")
    if f"{scheme.lower()}{found}" in REDIS_SCHEMES:
        from .redis import RedisState

        return RedisState(f"{scheme.lower()}://{rest}", clock)
    if found or "\0" in str(where):
        raise ConfigurationError(f"state must be a path or an address that begins with {', '.join(REDIS_SCHEMES)}")
    from .sqlite import SQLiteState

    return SQLiteState(expanded("state", where), clock)
