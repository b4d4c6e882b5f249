"""What all keepers of shared state have in common: their protocol, and what passes through it."""

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

GRACE = 5.0  # seconds between leave to send and sending
# A keeper that has forgotten calls pauses for so many seconds, as any of them may count for so long. The window of the
# accounts server is longer (ten minutes); it is not waited out, since a token is fetched once an hour, by one client.
LONGEST_WINDOW = float(max(found.threshold.window_seconds for found in OPERATIONS.values() if found.threshold))
EVERYBODY = ""  # in place of an account: a lock for all of them


def new_slot() -> str:
    """Return a name for a slot that no other slot has, whatever a program seeds `random` with."""
    return os.urandom(16).hex()


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
class Denial:
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


class StateBusy(StateError):
    """Others kept the state for the `waited` seconds for which it was waited for; nothing was done."""

    def __init__(self, message: str, *, waited: float) -> None:
        super().__init__(message)
        self.waited = waited


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
    ) -> Permit | Denial:
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
        """Return what is left of the threshold."""
        ...

    def locked_for(self, account: str) -> float:
        """For how many seconds nobody may send for the account."""
        ...

    def load_token(self, account: str) -> StoredToken | None:
        """Return the account's access token, if one is kept."""
        ...

    def store_token(self, account: str, token: StoredToken) -> None:
        """Keep the access token for all who share the state."""
        ...

    def forget_token(self, account: str) -> None:
        """Keep the account's access token no longer."""
        ...

    def acquire(self, lease: str, owner: str, seconds: float) -> bool:
        """Take the lease unless another owner holds it. It ends by itself after so many seconds."""
        ...

    def free(self, lease: str, owner: str) -> None:
        """Return the lease back, if `owner` still holds it."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


def ask(state: State, work: Callable[P, R], *args: P.args, **named: P.kwargs) -> Steps[R]:
    """Return the steps of calling `work`, a method of the state."""
    result: R = yield Do(partial(work, *args, **named), state.at_once)
    return result


def ask_quietly(state: State, work: Callable[P, None], *args: P.args, **named: P.kwargs) -> Steps[None]:
    """As `ask`, after an answer came: a state that fails then must not lose the answer. The ledger stays on the safe
    side, as a slot that is never settled counts for longest."""
    try:
        yield from ask(state, work, *args, **named)
    except StateError as error:
        logger.warning("%s", error)
