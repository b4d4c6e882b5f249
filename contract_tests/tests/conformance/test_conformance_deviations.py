"""Each request of a driver has at most one departure, since two of them would hide each other (see `deviations`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from api_paths import CREATING
from deviations import watch
from harness import profile, reference_transport, share_clock
from zoho_cliq_conformance.drivers.fuzz.gateway import Gateway
from zoho_cliq_conformance.drivers.machine import run_machine
from zoho_cliq_conformance.drivers.table import run_table
from zoho_cliq_conformance.drivers.thresholds import run_thresholds
from zoho_cliq_conformance.judge import rules
from zoho_cliq_conformance.run import run
from zoho_cliq_conformance.sending import bodies
from zoho_cliq_conformance.sending.client import Client

# Pairs of departures that cannot be separated, with the reason.
BELONG_TOGETHER = {
    frozenset(
        {"content-type", "malformed"}
    ): "a form says that it is no JSON; its body and its type are also sent alone",
    frozenset({"auth", "query"}): "a token in the query instead of the header is what this is about",
    frozenset({"one-field", "field script"}): "a script beside permissions; a script alone is also sent to a webhook",
}
# Departures of the state, which random histories do not control. They may occur together with another departure.
MAY_COINCIDE = {"unset", "gone", "visibility", "msgaction_not_found"}


def departures(
    driver: Callable[..., Any], *, thresholds: bool = False, seed: int = 1
) -> list[tuple[str, frozenset[str]]]:
    """Return the summary and the departures of each call that a driver sends."""
    client = Client(profile(pace=thresholds), reference_transport(thresholds=thresholds), seed=seed)
    share_clock(client)
    found = watch(client)
    result = run(client, [("driver", driver)], clean=False)
    assert result.violations == []
    assert not result.stopped
    return [(exchange.summary(), found[exchange.number]) for exchange in client.trace]


def hiding(calls: list[tuple[str, frozenset[str]]], but: frozenset[str] = frozenset()) -> list[tuple[str, list[str]]]:
    """Return the calls with more than one departure, except for those in `but` and for pairs that belong together."""
    return [
        (call, sorted(found)) for call, found in calls if len(found - but) > 1 and found - but not in BELONG_TOGETHER
    ]


def test_each_call_of_the_table_departs_in_one_way_at_most() -> None:
    calls = departures(run_table)
    assert hiding(calls) == []
    assert {found for _, found in calls} >= set(BELONG_TOGETHER), "a reason that no call needs"
    assert sum(len(found) == 1 for _, found in calls) > 200


def test_fields_that_belong_together_are_also_sent_separately() -> None:
    alone = {next(iter(found)) for _, found in departures(run_table) if len(found) == 1}
    assert alone >= {"content-type", "malformed", "auth", "field script"}


def test_each_call_of_the_thresholds_driver_departs_in_one_way_at_most() -> None:
    assert hiding(departures(run_thresholds, thresholds=True)) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_each_call_of_the_machine_departs_in_one_way_but_for_the_state(seed: int) -> None:
    calls = departures(lambda c, r: run_machine(c, r, examples=3, shrink=False), seed=seed)
    assert hiding(calls, frozenset(MAY_COINCIDE)) == []


def test_a_body_has_odd_characters_in_one_field_at_most() -> None:
    """This holds for random bodies and for those of the gateway, which does not change a body that is wrong already."""
    client = Client(profile(pace=False), reference_transport(thresholds=False), seed=1)
    share_clock(client)
    gateway = Gateway(client, {})
    hook = {"name": "n", "hint": "a hint", "execution_type": "webhook", "execution_url": bodies.URL}
    wrong = {**hook, "message_types": []}
    seen = set()
    for _ in range(300):
        drawn = bodies.create(client.random, [100001])
        sent = json.loads(gateway._body("create", CREATING, json.dumps(hook).encode()))
        for body in (drawn, sent):
            faults = [fact for fact, *_ in rules.faults("create", {"name": "n", **body})]
            assert len(faults) <= 1, body
            seen |= set(faults)
        still = json.loads(gateway._body("create", CREATING, json.dumps(wrong).encode()))
        assert [fact for fact, *_ in rules.faults("create", still)] == ["message_types.min"]
    assert seen == {"hint.characters", "execution_url.characters"}
