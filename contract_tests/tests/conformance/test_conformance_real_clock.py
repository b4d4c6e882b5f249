"""The thresholds without a clock URL, on a clock that these tests let pass: what it finds, whom it spares, how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from harness import StepClock, profile, simulated
from mutants import MUTANTS
from reference_server import Reference
from zoho_cliq_conformance.client import BudgetSpent, Client
from zoho_cliq_conformance.plan import make
from zoho_cliq_conformance.run import Result, run, run_table
from zoho_cliq_conformance.thresholds import run_thresholds

# A minute is too long to be seen shorter on a clock that costs time; with a clock URL this one is found.
UNSEEN = "window-of-twenty-seconds"
LIVE = profile(reset_url=None, clock_url=None)


def graded(
    prepare: Callable[[Reference], Any] = lambda server: None, offset: float = 0.0, drivers: Any = None
) -> tuple[Result, Client, Reference, float]:
    """The result of the thresholds in simulated time, and for how long they waited, clean-up aside."""
    clock = StepClock()
    clock.offset += offset
    server = Reference(clock)
    handle = prepare(server) or server
    waited = []

    def thresholds(client: Client, result: Result) -> None:
        run_thresholds(client, result)
        waited.append(client.clock.waited)

    client, _ = simulated(handle, LIVE, clock=clock)
    return run(client, [("thresholds", thresholds), *(drivers or [])]), client, server, waited[0]


def fixed_minutes(server: Reference) -> None:
    """Count in whole minutes of the clock."""
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        minute = server.now() // server.window * server.window
        calls = server.calls.get((user, operation), [])
        server.calls[user, operation] = [moment for moment in calls if moment >= minute]
        original(user, operation)

    server.throttle = throttle  # type: ignore[method-assign]


def locks_anew(server: Reference) -> None:
    """A call during a lock starts it anew."""
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        if server.locked.get((user, operation), 0) > server.now():
            server.locked[user, operation] = server.now() + server.lock
        original(user, operation)

    server.throttle = throttle  # type: ignore[method-assign]


def one_for_all(server: Reference) -> None:
    """One count and one lock of a user for all operations."""
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        server.per_minute["any"] = server.per_minute[operation]
        original(user, "any")

    server.throttle = throttle  # type: ignore[method-assign]


def both(server: Reference) -> None:
    one_for_all(server)
    original = server.throttle

    def throttle(user: str, operation: str) -> None:
        if server.locked.get((user, "any"), 0) > server.now():
            server.locked[user, "any"] = server.now() + server.lock
        original(user, operation)

    server.throttle = throttle  # type: ignore[method-assign]


@pytest.mark.parametrize("prepare", [lambda server: None, fixed_minutes, locks_anew, one_for_all, both])
def test_no_lawful_server_is_accused_in_about_six_minutes(prepare: Callable[[Reference], Any]) -> None:
    result, client, server, waited = graded(prepare)
    assert result.faults() == []
    assert not result.stopped
    assert waited <= (12.5 if prepare is both else 6.5) * 60
    alive = sum(action.alive for action in server.actions.values())
    assert len([line for line in result.leftovers if "still there" in line]) == alive
    assert alive == 0 or prepare in (one_for_all, both)  # whose clean-up is refused, since it is paced by operation
    assert client.oracle.passed["thresholds.lock"] == (1 if prepare in (one_for_all, both) else 2)
    assert client.oracle.passed["thresholds.lock.end"] == (1 if prepare in (one_for_all, both) else 5)


@pytest.mark.parametrize("part", range(25))
def test_a_minute_that_begins_during_a_burst_is_no_fault(part: int) -> None:
    """A look at this clock takes 1 ms, and all bursts two thirds of a second: a minute begins at each part of it."""
    result, _, _, _ = graded(fixed_minutes, offset=58 - part * 0.03)
    assert result.faults() == []
    assert not result.stopped


@pytest.mark.parametrize("name", [m.name for m in MUTANTS.values() if m.kind == "thresholds" and m.name != UNSEEN])
def test_a_mutant_is_found_without_a_clock_url(name: str) -> None:
    result, _, _, _ = graded(MUTANTS[name].prepare)
    assert {violation.fact for violation in result.violations} & set(MUTANTS[name].facts)


def test_an_interrupted_run_waits_for_its_own_lock_and_cleans_up() -> None:
    clock = StepClock()
    server = Reference(clock)
    client, slept = simulated(server, LIVE, clock=clock)
    sleep = client.clock._sleep

    def interrupt(seconds: float) -> None:
        if any(key[1] == "update_handler" for key in server.locked):
            client.clock._sleep = sleep
            raise KeyboardInterrupt
        sleep(seconds)

    client.clock._sleep = interrupt
    result = run(client, [("thresholds", run_thresholds)])
    assert result.stopped == "interrupted"
    assert result.leftovers == []
    assert not any(action.alive for action in server.actions.values())
    assert sum(slept) > 300


def test_minutes_that_would_be_over_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = StepClock()
    client, slept = simulated(Reference(clock), LIVE, clock=clock)
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    client.deadline = 61.0
    with pytest.raises(BudgetSpent, match="minutes"):
        run_thresholds(client, Result(client))
    assert sum(slept) == 0


def test_the_table_goes_on_after_the_thresholds_without_a_refusal() -> None:
    for prepare in (lambda server: None, locks_anew):
        result, client, _, _ = graded(prepare, drivers=[("table", run_table)])
        assert result.violations == []
        assert not result.stopped
        thrown = [e for e in client.trace if e.answer and e.answer.status == 429 and e.scenario != "thresholds"]
        assert thrown == []


def test_the_plan_is_as_long_as_the_run() -> None:
    _, _, _, waited = graded()
    assert make(LIVE, ["thresholds"]).waits == pytest.approx(waited / 60, abs=0.05)
