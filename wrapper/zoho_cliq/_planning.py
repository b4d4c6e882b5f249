"""Find out which call a function would make, without sending it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

from ._engine import Plan
from .errors import CliqError, ConfigurationError

_MISUSED = "bulk: each call must be one call of this client, as in functools.partial(cliq.message_actions.get, id)"
_RESULT = object()

_taker: ContextVar[Callable[[Any, Plan[Any]], Any] | None] = ContextVar("zoho_cliq_bulk", default=None)


class Planned(NamedTuple):
    """A call that has not been sent, and the client (with its options) that would send it."""

    client: Any
    plan: Plan[Any]


def planned_by(client: Any, plan: Plan[Any]) -> Any:
    """Record a plan instead of running it, if `planned` is collecting plans. Return None if it is not."""
    take = _taker.get()
    return None if take is None else take(client, plan)


def planned(call: Callable[[], Any], engine: object) -> Planned:
    """Return the one call that `call` makes through a client with this engine.

    Raise ConfigurationError if it makes no call, several, or one of another client. Exceptions raised while the call is
    prepared, such as ValidationError, pass through.
    """
    found: list[Planned] = []

    def take(client: Any, plan: Plan[Any]) -> Any:
        found.append(Planned(client, plan))
        return _RESULT

    before = _taker.set(take)
    try:
        given = call()
        if inspect.iscoroutine(given):
            _finish(given)
    except CliqError:
        raise
    except Exception as error:
        raise ConfigurationError(_MISUSED) from error
    finally:
        _taker.reset(before)
    if len(found) != 1 or found[0].client._engine is not engine:
        raise ConfigurationError(_MISUSED)
    return found[0]


def _finish(coroutine: Any) -> None:
    """Run a coroutine that never suspends to its end. Raise ConfigurationError if it suspends."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise ConfigurationError(_MISUSED)
