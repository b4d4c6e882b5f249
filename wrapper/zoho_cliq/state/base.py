"""The protocol of all state backends, and the types that it uses."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar

from zoho_cliq_api.contract import OPERATIONS, Threshold

from .._types import Do, Secret, Steps
from ..errors import StateError

logger = logging.getLogger("zoho_cliq")
P = ParamSpec("P")
R = TypeVar("R")

GRACE = 5.0  # seconds between reserving a slot and sending
# Seconds that a backend pauses after it has lost calls, because each may count for that long. The window of the
# accounts server is longer (ten minutes), but the pause does not cover it: a token is fetched once an hour, by one
# client.
LONGEST_WINDOW = float(max(found.threshold.window_seconds for found in OPERATIONS.values() if found.threshold))
EVERYBODY = ""  # instead of an account: the lock applies to all accounts


def new_slot() -> str:
    """Return a unique name for a slot, whatever the seed of `random`."""
    return os.urandom(16).hex()


@dataclass(frozen=True, slots=True)
class Permit:
    """Permission to send one call. Return it with `settle` or `release`.

    The call must begin before `send_by` on this machine's monotonic clock; the permission is void afterwards.
    """

    account: str
    operation: str
    slot: str
    window: float
    send_by: float


@dataclass(frozen=True, slots=True)
class Denial:
    """No permission now. Ask again in `seconds`; `reason` is `threshold` or `lock`."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Budget:
    """The rest of a threshold.

    Attributes:
        limit: calls in one window.
        remaining: calls that can be made now.
        resets_in: seconds until one more call can be made; 0 if no slot is in use.
        locked_for: seconds until the account's lock ends; 0 without a lock.
    """

    limit: int
    remaining: int
    resets_in: float
    locked_for: float


@dataclass(frozen=True, slots=True)
class StoredToken:
    """An access token and its expiry, in seconds since 1970."""

    token: Secret
    expires_at: float


class StateBusy(StateError):
    """Other threads or processes blocked the state for `waited` seconds; nothing was done."""

    def __init__(self, message: str, *, waited: float) -> None:
        super().__init__(message)
        self.waited = waited


class State(Protocol):
    """A state backend. Every method is thread-safe.

    `account` names the user at one server. Methods may block; call them through `at_once`, if it is not None, to get
    `Busy` instead. All failures raise `StateError`.
    """

    @property
    def at_once(self) -> Callable[[Callable[[], Any]], Any] | None:
        """A function that calls a method of this state without blocking, or raises `Busy`; None if there is none."""
        ...

    def reserve(
        self, account: str, operation: str, threshold: Threshold, timeout: float, slot: str | None = None
    ) -> Permit | Denial:
        """Reserve a slot for a call that begins within `GRACE` seconds and then takes at most `timeout` seconds.

        `slot` is its name. Default: None, a new one. A caller who chooses the name can release the slot without the
        permit. If this call is interrupted, no slot stays reserved.
        """
        ...

    def settle(self, permit: Permit) -> None:
        """Record that the answer has come: the slot counts for one window from now."""
        ...

    def release(self, permit: Permit) -> None:
        """Free the slot, because nothing was sent."""
        ...

    def lock(self, account: str, seconds: float) -> None:
        """Forbid calls for the account for `seconds` from now."""
        ...

    def budget(self, account: str, operation: str, threshold: Threshold) -> Budget:
        """Return what is left of the threshold."""
        ...

    def locked_for(self, account: str) -> float:
        """Return the seconds until the account's lock ends; 0 without a lock."""
        ...

    def load_token(self, account: str) -> StoredToken | None:
        """Return the account's access token, or None."""
        ...

    def store_token(self, account: str, token: StoredToken) -> None:
        """Store the access token for all clients that share the state."""
        ...

    def forget_token(self, account: str) -> None:
        """Delete the account's access token."""
        ...

    def acquire(self, lease: str, owner: str, seconds: float) -> bool:
        """Take the lease, or extend it. Return False if another owner holds it. It expires after `seconds`."""
        ...

    def free(self, lease: str, owner: str) -> None:
        """Release the lease if `owner` holds it."""
        ...

    def close(self) -> None:
        """Close files and connections."""
        ...


def ask(state: State, work: Callable[P, R], *args: P.args, **named: P.kwargs) -> Steps[R]:
    """Return the steps that call `work`, a method of the state."""
    result: R = yield Do(partial(work, *args, **named), state.at_once)
    return result


def ask_quietly(state: State, work: Callable[P, None], *args: P.args, **named: P.kwargs) -> Steps[None]:
    """Do the same as `ask`, but log a StateError instead of raising it.

    For use after an answer has come, which a failing state must not lose. The ledger stays on the safe side, because an
    unsettled slot counts longest.
    """
    try:
        yield from ask(state, work, *args, **named)
    except StateError as error:
        logger.warning("%s", error)
