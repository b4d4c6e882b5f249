"""What clients share: the ledger of calls, the lock after a throttle, the access token, and leases for single-flight
work.

Three keepers with one protocol: this process (`MemoryState`), a file (SQLite, every process on the machine) and Redis
(every machine). The ledger has two phases. A call *reserves* a slot before it is sent and *settles* it when its answer
has come. A settled slot counts until a window after the answer, an unsettled one until a window after the latest moment
at which its call can still reach the server. The server sees a call between those two moments, so whatever the latency
and however many clients share the user, it never sees more calls in any window than the threshold allows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from zoho_cliq_api.contract import OPERATIONS, Threshold

from .._paths import expanded
from .._types import Do, Secret, Steps
from ..clock import Clock
from ..errors import ConfigurationError, StateError

logger = logging.getLogger("zoho_cliq")
P = ParamSpec("P")
R = TypeVar("R")

GRACE = 5.0  # seconds between leave to send and sending
# A keeper that has forgotten calls pauses for so many seconds, as any of them may count for so long. The window of the
# accounts server is longer (ten minutes); it is not waited out, since a token is fetched once an hour, by one client.
LONGEST_WINDOW = float(max(found.threshold.window_seconds for found in OPERATIONS.values() if found.threshold))
EVERYBODY = ""  # in place of an account: a lock for all of them


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send one call, to be given back with `settle` or `release`.

    The call must be begun before `send_by` on the monotonic clock of this machine; the leave is void afterwards.
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

    `account` names the user at one server. Methods may take longer than a moment; `at_once`, where there is
    one, calls one that need not, and raises `Busy` where it would. Whatever fails raises `StateError`.
    """

    @property
    def at_once(self) -> Callable[[Callable[[], Any]], Any] | None:
        """Calls a method of this state without waiting, or raises `Busy`; None where there is no such way."""
        ...

    def reserve(
        self, account: str, operation: str, threshold: Threshold, timeout: float, slot: str | None = None
    ) -> Permit | Refusal:
        """Take a slot for a call that is begun within `GRACE` seconds and over within `timeout` seconds from then.

        `slot` is a name for it, a new one by default; who chooses it can release the slot without knowing the permit.
        Where this is interrupted, no slot stays taken.
        """
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

    def locked_for(self, account: str) -> float:
        """For how many seconds nobody may send for the account."""
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


def ask(state: State, work: Callable[P, R], *args: P.args, **named: P.kwargs) -> Steps[R]:
    """The steps of calling `work`, a method of the state."""
    result: R = yield Do(partial(work, *args, **named), state.at_once)
    return result


def ask_quietly(state: State, work: Callable[P, None], *args: P.args, **named: P.kwargs) -> Steps[None]:
    """As `ask`, after an answer came: a state that fails then must not lose the answer. The ledger stays on the safe
    side, as a slot that is never settled counts for longest."""
    try:
        yield from ask(state, work, *args, **named)
    except StateError as error:
        logger.warning("%s", error)


REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


def open_state(where: str | Path | None, clock: Clock) -> State:
    """The keeper for `Cliq(state=…)`: None is this process, `redis://…` a Redis server, all else the path of a file.

    Raises ConfigurationError for an address of anything else, which it does not repeat, as it may hold a password.
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
