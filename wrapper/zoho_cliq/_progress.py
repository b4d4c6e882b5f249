"""The options of a call, and its state while it is under way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._types import RawResponse, Sleep, Steps, Wait
from .errors import WouldWait
from .state import LONGEST_WINDOW
from .state.held import Held

logger = logging.getLogger("zoho_cliq")

LONGEST_DEFAULT = 300.0


def default_wait(window: float) -> float:
    """Return the default of `max_wait` for thresholds whose longest window is `window` seconds.

    It is the window, and 30 s for tokens and retries. Few callers expect a call to block for longer than five minutes,
    which is the documented lock; with longer windows, a call by default raises WouldWait instead.
    """
    return min(window, LONGEST_DEFAULT) + 30.0


MAX_WAIT = default_wait(LONGEST_WINDOW)


@dataclass(frozen=True, slots=True)
class Options:
    """Options that may differ between calls. `Cliq` documents them."""

    timeout: float = 30.0
    max_wait: float = MAX_WAIT
    max_retries: int = 2
    strict: bool = False
    on_wait: Callable[[Wait], None] | None = None
    on_response: Callable[[RawResponse], None] | None = None
    middleware: tuple[Any, ...] = ()


@dataclass(slots=True)
class Waited:
    """The seconds waited so far, shared by all calls of one method."""

    seconds: float = 0.0


@dataclass(slots=True)
class Progress:
    """The state of one call: attempts, waits, and what it holds in the ledger.

    `renewals` counts attempts with a new token after a 401, `expired` slots that expired before sending.
    """

    operation: str
    options: Options
    waited: Waited
    held: Held
    attempts: int = 0
    renewals: int = 0
    expired: int = 0

    @property
    def retries(self) -> int:
        """How often an attempt was repeated so far. The attempt with a new token after a 401 is not counted."""
        return self.attempts - 1 - self.renewals

    def allows(self, seconds: float) -> bool:
        """Return whether `max_wait` allows another `seconds` of waiting."""
        return self.waited.seconds + seconds <= self.options.max_wait

    def would_wait(self, seconds: float, reason: str, purpose: str) -> WouldWait:
        """Return the exception for a wait that `max_wait` does not allow. `purpose` says what the wait is for."""
        waited, most = self.waited.seconds, self.options.max_wait
        return WouldWait(
            f"would wait {seconds:.1f} s {purpose}, but max_wait ({most:g} s) allows only "
            f"{max(0.0, most - waited):.1f} s more after {waited:.1f} s of waiting; "
            f"{'nothing was sent' if self.attempts == 0 else 'it was not sent again'}",
            seconds=seconds,
            reason=reason,
            waited=waited,
            max_wait=most,
        )

    def wait(self, seconds: float, reason: str, purpose: str = "") -> Steps[None]:
        """Log the wait, call `on_wait`, and wait. Raise WouldWait if `max_wait` does not allow it."""
        if not self.allows(seconds):
            raise self.would_wait(seconds, reason, purpose or f"for the {reason}")
        logger.info("%s waits %.2f s (%s)", self.operation, seconds, reason)
        if self.options.on_wait:
            self.options.on_wait(Wait(self.operation, seconds, reason))
        yield Sleep(seconds)
        self.waited.seconds += seconds
