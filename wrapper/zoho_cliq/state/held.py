"""Track what a call holds in the shared state, so that it is released however the call ends.

A slot or a lease is added to the call's `Held` before the state is asked for it, and removed after its release. So an
exception at any time in between, from a cancellation, a signal handler or a closed generator, finds it there. A thread
that asks the state may continue after the waiting task was cancelled; then the thread releases what it took, because
nobody else can.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from zoho_cliq_api.contract import Threshold

from .._types import Do, Steps
from ..errors import StateError
from .base import GRACE, Denial, Permit, State, new_slot

logger = logging.getLogger("zoho_cliq")
T_co = TypeVar("T_co", covariant=True)


class Holdable(Protocol[T_co]):
    """Something that a call takes from the state and gives back."""

    @property
    def taken(self) -> bool:
        """Whether there is something to give back."""
        ...

    def take(self) -> T_co:
        """Take it from the state, and return the result."""
        ...

    def give_back(self) -> None:
        """Give it back. May be called more than once, and while `take` runs in another thread."""
        ...


# In both classes `take` stores its result before it checks `dropped`, and `give_back` sets `dropped` before it checks
# the result: whichever runs second releases it. The statement that asks the state also stores the result, so that no
# signal handler runs between the two.


@dataclass(slots=True)
class HeldSlot:
    """A slot of the ledger. Its name is chosen here, so that it can be released even if its permit was lost.

    `sent` says whether any byte of the call may have been sent, `answered` whether its answer came.
    """

    state: State
    account: str
    operation: str
    threshold: Threshold
    timeout: float
    sent: bool = False
    answered: bool = False
    outcome: Permit | Denial | None = None
    dropped: bool = False
    name: str = field(default_factory=new_slot)

    @property
    def taken(self) -> bool:
        """Whether the slot was reserved."""
        return isinstance(self.outcome, Permit)

    @property
    def send_by(self) -> float:
        """The latest time to begin the call, on the monotonic clock. The reservation is void afterwards."""
        return self.outcome.send_by if isinstance(self.outcome, Permit) else 0.0

    def take(self) -> Permit | Denial:
        """Reserve the slot."""
        try:
            self.outcome = self.state.reserve(self.account, self.operation, self.threshold, self.timeout, self.name)
        finally:
            if self.dropped:
                self.give_back()
        return self.outcome

    def give_back(self) -> None:
        """Settle the slot if its call may have been sent, otherwise release it.

        A call that was cut off may reach the server a little later, so its slot counts for `GRACE` seconds more.
        """
        self.dropped = True
        if isinstance(self.outcome, Denial):
            return
        window = float(self.threshold.window_seconds)
        permit = self.outcome or Permit(self.account, self.operation, self.name, window, 0.0)
        if not self.sent:
            self.state.release(permit)
        elif self.answered:
            self.state.settle(permit)
        else:
            self.state.settle(replace(permit, window=window + GRACE))


@dataclass(slots=True)
class HeldLease:
    """A lease for `seconds`; `owner` must be unique."""

    state: State
    name: str
    owner: str
    seconds: float
    taken: bool = False
    dropped: bool = False

    def take(self) -> bool:
        """Acquire or extend the lease. Return False if another owner holds it."""
        try:
            self.taken = self.state.acquire(self.name, self.owner, self.seconds)
        finally:
            if self.dropped:
                self.give_back()
        return self.taken

    def give_back(self) -> None:
        """Release the lease if this owner holds it."""
        self.dropped = True
        self.state.free(self.name, self.owner)


class Held:
    """The slots and leases that one call holds."""

    __slots__ = ("_entries", "_state")

    def __init__(self, state: State) -> None:
        self._state = state
        self._entries: list[Holdable[object]] = []

    def take(self, entry: Holdable[T_co]) -> Steps[T_co]:
        """Return the steps that take `entry`. If the state refuses it, nothing is held."""
        self._entries.append(entry)
        try:
            outcome: T_co = yield Do(entry.take, self._state.at_once)
        except StateError:
            self._entries.remove(entry)  # asking once more would only fail once more
            raise
        if not entry.taken:
            self._entries.remove(entry)
        return outcome

    def renew(self, entry: Holdable[T_co]) -> Steps[T_co]:
        """Return the steps that take `entry`, which is held, again."""
        outcome: T_co = yield Do(entry.take, self._state.at_once)
        return outcome

    def give_back(self, entry: Holdable[object]) -> Steps[None]:
        """Return the steps that release `entry`.

        A StateError is only logged: the answer must not be lost, and the ledger stays on the safe side, because an
        unsettled slot counts longest.
        """
        try:
            yield Do(entry.give_back, self._state.at_once)
        except StateError as error:
            logger.warning("%s", error)
        self._entries.remove(entry)

    def give_back_all(self) -> None:
        """Release everything now."""
        for entry in self._entries:
            try:
                entry.give_back()
            except StateError as error:
                logger.warning("%s", error)

    def clear(self) -> Steps[None]:
        """Return the steps that release everything."""
        if self._entries:
            try:
                yield Do(self.give_back_all, self._state.at_once)
            except GeneratorExit:
                self.give_back_all()  # at once: the generator is being closed, so no driver runs further steps
                raise
