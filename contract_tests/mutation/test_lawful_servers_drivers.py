"""Machine and fuzzer have no false positives on the mock under every policy, the second server and its variants."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest
from driver_gates import only_by_seed, recording
from harness import mock_transport, profile, reference_transport, share_clock
from recorded_fuzz import replay
from test_lawful_servers import DEPARTURES, LOCKED_OUT, describe, lawful_policies, policy_values
from variants import VARIANTS
from zoho_cliq_conformance.result import Result
from zoho_cliq_conformance.run import run
from zoho_cliq_conformance.sending.client import Client
from zoho_cliq_conformance.sending.transport import Transport

EXAMPLES = 12


def machine(make: Callable[[bool], Transport], seed: int, *, pace: bool = True, examples: int = EXAMPLES) -> Result:
    """Return the result of the machine against the server that `make` returns.

    The server enforces thresholds, and the client paces its calls, if `pace` is true.
    """
    from zoho_cliq_conformance.drivers.machine import run_machine

    client = Client(profile(pace=pace), make(pace), seed=seed)
    share_clock(client)
    with closing(client), only_by_seed():
        return run(client, [("machine", lambda c, r: run_machine(c, r, examples=examples, shrink=False))])


def fuzz(make: Callable[[bool], Transport], seed: int, examples: int = 30) -> Result:
    """Return the result of the requests that are recorded for this seed, sent to the server that `make` returns."""
    client = Client(profile(pace=False), make(False), seed=seed)
    share_clock(client)
    with closing(client):
        return replay(client, recording(seed, examples))


def false_positives(*results: Result) -> list[str]:
    return [line for result in results for line in [*describe(result), *([result.stopped] if result.stopped else [])]]


def mock(thresholds: bool) -> Transport:
    return mock_transport(thresholds=thresholds)


def reference(thresholds: bool) -> Transport:
    return reference_transport(thresholds=thresholds)


# Each value is graded with another seed, so that all twenty seeds are used.
LAWFUL = [pair for pair in policy_values() if pair not in DEPARTURES and pair != LOCKED_OUT]
SERVERS = pytest.mark.parametrize("make", [mock, reference])


@SERVERS
def test_no_false_positive_on_a_conforming_server(make: Callable[[bool], Transport]) -> None:
    assert false_positives(machine(make, 1, examples=4), fuzz(make, 1, 4)) == []


@pytest.mark.heavy
@SERVERS
def test_no_false_positive_on_a_conforming_server_on_20_seeds(make: Callable[[bool], Transport]) -> None:
    for seed in range(20):
        assert false_positives(machine(make, seed), fuzz(make, seed % 3 + 1)) == []


@pytest.mark.heavy
@pytest.mark.parametrize(("name", "value"), LAWFUL, ids=lambda part: part)
def test_no_false_positive_on_the_mock_under_a_policy(name: str, value: str) -> None:
    def make(thresholds: bool) -> Transport:
        return mock_transport({name: value}, thresholds=thresholds)

    seed, of_time = LAWFUL.index((name, value)) % 20, name.startswith(("threshold", "lock"))
    assert false_positives(machine(make, seed, pace=of_time), fuzz(make, seed % 3 + 1)) == []


@pytest.mark.heavy
def test_no_false_positive_on_the_mock_under_many_policies() -> None:
    for seed in range(12):
        chosen = lawful_policies(seed)

        def make(thresholds: bool, chosen: dict[str, object] = chosen) -> Transport:
            return mock_transport(chosen, thresholds=thresholds)

        assert false_positives(machine(make, seed, pace=False), fuzz(make, seed % 3 + 1)) == []


@pytest.mark.heavy
@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_no_false_positive_on_a_lawful_variant(name: str) -> None:
    def make(thresholds: bool) -> Transport:
        return reference_transport(VARIANTS[name], thresholds=thresholds)

    seed = sorted(VARIANTS).index(name) % 20
    assert false_positives(machine(make, seed, pace=False), fuzz(make, seed % 3 + 1)) == []
