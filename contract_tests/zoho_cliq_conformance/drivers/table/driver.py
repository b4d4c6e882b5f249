"""Run the table's scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...result import Result
from ...sending.client import Client
from . import access, bodies, lists, protocol, state
from .scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = (
    *bodies.SCENARIOS,
    *protocol.SCENARIOS,
    *state.SCENARIOS,
    *access.SCENARIOS,
    *lists.SCENARIOS,
)


def run_table(
    client: Client,
    result: Result,
    *,
    scenarios: Iterable[Scenario] = SCENARIOS,
    on_scenario: Callable[[str], None] | None = None,
    until: Callable[[], bool] | None = None,
) -> None:
    """Run the table's scenarios. A scenario that needs more than the profile gives is skipped.

    Args:
        client: the client of the run.
        result: where skipped scenarios are recorded.
        scenarios: the scenarios to run, in order; default: all.
        on_scenario: called with the name of each scenario before it runs.
        until: when this returns true after a scenario, the rest is not run.

    Raises:
        Stopped: the run cannot continue; the subclass says why.
    """
    for scenario in scenarios:
        lack = client.profile.lacks(scenario.needs)
        if lack:
            result.skipped[scenario.name] = lack
            continue
        if on_scenario is not None:
            on_scenario(scenario.name)
        client.scenario = scenario.name
        scenario.run(client)
        if until is not None and until():
            return
