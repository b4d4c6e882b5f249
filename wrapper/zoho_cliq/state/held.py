"""What a call holds in the shared state, so that it is given back however the call ends.

A slot or a lease is entered in the call's `Held` before the state is asked for it, and leaves when it has been given
back. So an exception that is raised at any point in between, by a cancellation, a signal handler or a generator that is
closed, finds it there. A thread that asks the state may go on after the task that waits for it was cancelled; then it
gives back what it took, because nobody else can.
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
        """Ask the state for it."""
        ...

    def give_back(self) -> None:
        """Give it back. May be called more than once, and while `take` runs in another thread."""
        ...


# In both classes `take` stores what it gets before it looks whether nobody waits any more, and `give_back` notes that
# nobody waits before it looks what was got: whichever comes second gives it back. What the state returns is stored by
# the statement that asks, so that no signal handler runs between the two.


@dataclass(slots=True)
class HeldSlot:
    """A slot of the ledger, under a name of its own, so that it can be released where its permit was lost on the way.

    `sent` says whether any byte of its call may have been sent, `answered` whether its answer came.
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
        """Whether the state gave leave to send."""
        return isinstance(self.outcome, Permit)

    @property
    def send_by(self) -> float:
        """Until when the call must be begun, on the monotonic clock; the leave to send is void afterwards."""
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
        """Settle the slot where its call may have been sent, and release it where not.

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
        """Acquire the lease, or begin its time anew; False where another owner holds it."""
        try:
            self.taken = self.state.acquire(self.name, self.owner, self.seconds)
        finally:
            if self.dropped:
                self.give_back()
        return self.taken

    def give_back(self) -> None:
        """Free the lease, if this owner holds it."""
        self.dropped = True
        self.state.free(self.name, self.owner)


class Held:
    """What one call holds."""

    __slots__ = ("_entries", "_state")

    def __init__(self, state: State) -> None:
        self._state = state
        self._entries: list[Holdable[object]] = []

    def take(self, entry: Holdable[T_co]) -> Steps[T_co]:
        """Return the steps of taking `entry`. Where the state refuses it, nothing is held."""
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
        """Return the steps of taking `entry`, which is held, once more."""
        outcome: T_co = yield Do(entry.take, self._state.at_once)
        return outcome

    def give_back(self, entry: Holdable[object]) -> Steps[None]:
        """Return the steps of giving `entry` back. A state that fails then is only logged: an answer must not get
        lost, and the ledger stays on the safe side, as a slot that is never settled counts for longest."""
        try:
            yield Do(entry.give_back, self._state.at_once)
        except StateError as error:
            logger.warning("%s", error)
        self._entries.remove(entry)

    def give_back_all(self) -> None:
        """Give everything back now."""
        for entry in self._entries:
            try:
                entry.give_back()
            except StateError as error:
                logger.warning("%s", error)

    def clear(self) -> Steps[None]:
        """Return the steps of giving everything back."""
        if self._entries:
            try:
                yield Do(self.give_back_all, self._state.at_once)
            except GeneratorExit:
                self.give_back_all()  # here and now: nobody carries out steps any more
                raise
