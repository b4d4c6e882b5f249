"""A whole run: drivers in order, then clean-up, then the verdicts."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from zoho_cliq_api.contract import document

from .client import BudgetSpent, CannotRun, Client, Locked, NotGradable, Stopped
from .facts import FACTS
from .profile import Profile
from .rules import SHORT
from .table import SCENARIOS, Scenario
from .verdicts import Violation

CONFORMS, FAULTS, CANNOT_RUN, LOCKED = 0, 1, 2, 3
DEFECT = "the kit itself failed, please report it"


def unmodelled() -> list[str]:
    """Operations of the document that no fact is about, and that nobody waived with `x-unmodelled` in the overlay.

    A new operation of the vendor's is one until somebody states its facts; until then no server with it conforms.
    """
    known = {fact.partition(".")[0] for fact in FACTS}
    found = [name for name, short in SHORT.items() if short not in known]
    if not found:
        return []
    operations = [operation for path in document()["paths"].values() for operation in path.values()]
    waived = {operation["operationId"] for operation in operations if operation.get("x-unmodelled")}
    return [name for name in found if name not in waived]


def missing(driver: str, profile: Profile) -> str:
    """What the profile lacks for the whole of this driver; empty where it can run."""
    if driver == "thresholds" and not profile.pace:
        return "needs a server that enforces thresholds (pace is false)"
    return "needs creation_limit" if driver == "creation-limit" and profile.creation_limit is None else ""


@dataclass
class Result:
    """What a run found. `skipped` holds scenario or driver names with the reason."""

    client: Client
    skipped: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    stopped: str = ""
    locked_for: float = 0.0
    cannot: bool = False
    leftovers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    calls_of_clean_up: int = 0
    unmodelled: list[str] = field(default_factory=unmodelled)

    @property
    def violations(self) -> list[Violation]:
        return self.client.oracle.violations

    def faults(self, strict: bool = False) -> list[Violation]:
        """The violations that decide: of stated facts, with `strict` of all."""
        return [violation for violation in self.violations if strict or FACTS[violation.fact].stated]

    def ungraded(self, strict: bool = False) -> str:
        """Why the run says nothing about the server: no fact that decides was seen to hold. Empty where one was."""
        if any(count and (strict or FACTS[fact].stated) for fact, count in self.client.oracle.passed.items()):
            return ""
        reasons = [f"{name} {reason}" for name, reason in self.skipped.items()]
        if self.client.trace or not reasons:
            reasons.append(f"{len(self.client.trace)} calls showed no fact that decides")
        return f"nothing could be graded: {'; '.join(reasons)}"

    def exit_code(self, strict: bool = False) -> int:
        """0 conforms, 1 faults, 2 cannot run, 3 locked."""
        if self.faults(strict):
            return FAULTS
        if self.locked_for:
            return LOCKED
        return CANNOT_RUN if self.cannot or self.unmodelled or self.ungraded(strict) else CONFORMS


def run_table(
    client: Client,
    result: Result,
    *,
    scenarios: Iterable[Scenario] = SCENARIOS,
    on_scenario: Callable[[str], None] | None = None,
    until: Callable[[], bool] | None = None,
) -> None:
    """Run the table's scenarios; stops early where `until` says so. Raises `Stopped` where the run cannot go on."""
    for scenario in scenarios:
        needs = [need for need in scenario.needs if not client.profile.has(need)]
        if needs:
            result.skipped[scenario.name] = f"needs {', '.join(needs)}"
            continue
        if on_scenario is not None:
            on_scenario(scenario.name)
        client.scenario = scenario.name
        scenario.run(client)
        result.ran.append(scenario.name)
        if until is not None and until():
            return


Driver = Callable[[Client, Result], None]


def run(
    client: Client,
    drivers: Iterable[tuple[str, Driver]],
    *,
    clean: bool = True,
    on_clean_up: Callable[[int], None] | None = None,
) -> Result:
    """Run drivers, then clean up whatever happened, Ctrl-C included. `on_clean_up` hears how many actions are there."""
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
    left = [f"action {identifier} of {user} is still there" for identifier, user in client.created.items()]
    return [f"clean-up was cut short: {why}", *left]


def _where(error: Exception) -> str:
    """An unexpected error in words, with the place in the code that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {str(error)[:300]} ({Path(last.filename).name}:{last.lineno})"
