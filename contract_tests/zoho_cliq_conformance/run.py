"""Run the drivers in order, clean up, and return the result."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from .result import Result
from .sending.client import BudgetSpent, CannotRun, Client, Locked, NotGradable, Stopped

DEFECT = "the conformance kit failed; please report this defect"
Driver = Callable[[Client, Result], None]


def run(
    client: Client,
    drivers: Iterable[tuple[str, Driver]],
    *,
    clean: bool = True,
    on_clean_up: Callable[[int], None] | None = None,
) -> Result:
    """Reset the server if the profile has a reset URL, run the drivers, then clean up, also after an error or Ctrl-C.

    Raise nothing: an error that ends the run is in the result's `stopped`.

    Args:
        client: the sender of all requests.
        drivers: the drivers with their names.
        clean: whether to clean up.
        on_clean_up: called before the clean-up with the number of actions to remove.
    """
    result, learned = Result(client), True
    try:
        client.reset()
        for name, driver in drivers:
            client.scenario = name
            driver(client, result)
    except BudgetSpent as error:
        result.stopped, result.cannot = str(error), True
    except Locked as error:
        result.stopped, result.locked_for = str(error), error.seconds
    except NotGradable as error:
        result.stopped, result.cannot = str(error), True
        learned = False
    except CannotRun as error:
        result.stopped, result.cannot = str(error), True
    except Stopped as error:
        result.stopped = str(error)
    except KeyboardInterrupt:
        result.stopped, result.cannot = "interrupted", True
    except Exception as error:  # noqa: BLE001  whatever a server brought about, what was found until then is reported
        result.stopped, result.cannot = f"{DEFECT}: {_where(error)}", True
    finally:
        before = len(client.trace)
        if clean:
            try:
                if on_clean_up is not None:
                    on_clean_up(len(client.created))
                result.leftovers = client.clean_up()
            except Exception as error:  # noqa: BLE001
                result.leftovers = _cut_short(client, str(error) if isinstance(error, Stopped) else _where(error))
            except KeyboardInterrupt:
                result.leftovers = _cut_short(client, "interrupted")
        result.calls_of_clean_up = len(client.trace) - before
        if not learned:
            client.oracle.violations.clear()
            client.oracle.failed.clear()
    return result


def _cut_short(client: Client, why: str) -> list[str]:
    left = [f"action {identifier} of {user} is still on the server" for identifier, user in client.created.items()]
    return [f"clean-up ended early: {why}", *left]


def _where(error: Exception) -> str:
    """Return an unexpected error as text: its class, its message, and the file and line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {str(error)[:300]} ({Path(last.filename).name}:{last.lineno})"
