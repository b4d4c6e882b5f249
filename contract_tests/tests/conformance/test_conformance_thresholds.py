"""The thresholds with a clock URL: no false positives, how many calls they take, and when there is no verdict."""

from __future__ import annotations

from typing import Any

import pytest
from harness import StepClock, mock_transport, profile, share_clock
from mutants import MUTANTS
from reference_server import LIMITS, Headers, Reference, Refusal, Reply
from threshold_variants import THRESHOLD_VARIANTS, TOGETHER, slow
from zoho_cliq_conformance.drivers.thresholds import run_one, run_thresholds
from zoho_cliq_conformance.drivers.thresholds.forms import NAMES
from zoho_cliq_conformance.profile import Profile
from zoho_cliq_conformance.result import CONFORMS, NOT_SHOWN, Result
from zoho_cliq_conformance.run import run
from zoho_cliq_conformance.sending.client import Client
from zoho_cliq_conformance.sending.pacer import Clock
from zoho_cliq_conformance.sending.transport import FunctionTransport

OWNER = {"owner": "1000.owner"}
LONG = "minutes of the clock, later for each operation"
"""The variant that takes ten times as many calls as another."""
VARIANTS, SLOW_VARIANTS = (
    [
        pytest.param(name, marks=pytest.mark.heavy) if name == LONG or at % one_in else name
        for at, name in enumerate(THRESHOLD_VARIANTS)
    ]
    for one_in in (4, 6)
)
"""The variants as parameters: one in four is fast, and of the slow servers one in six."""


def graded(
    variant: str,
    *,
    seconds: float = 0.0,
    offset: float = 0.0,
    graded: Profile | None = None,
    driver: Any = run_thresholds,
) -> Result:
    """Return the result of a driver for a variant of the reference server.

    Args:
        variant: the name of the variant.
        seconds: how long each answer takes.
        offset: seconds to add to the clock of the server.
        graded: the profile; default: that of `profile()`.
        driver: the driver.
    """
    clock = StepClock()
    clock.offset += offset
    server = slow(seconds, THRESHOLD_VARIANTS[variant])(Reference(clock), clock)
    client = Client(graded or profile(), FunctionTransport(server), seed=1)
    client.clock = client.pacer.clock = Clock(advance=client.advance, now=clock)
    return run(client, [("thresholds", driver)])


@pytest.mark.parametrize("offset", [0.0, pytest.param(33.3, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("name", VARIANTS)
def test_no_false_positive_on_a_threshold_variant(name: str, offset: float) -> None:
    result = graded(name, offset=offset)
    assert result.faults() == []
    assert result.violations == [] or name in TOGETHER
    assert result.notes == []
    assert not result.stopped
    assert result.exit_code(strict=name not in TOGETHER) == (NOT_SHOWN if name in TOGETHER else CONFORMS)


@pytest.mark.parametrize("seconds", [0.3, pytest.param(2.0, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("name", SLOW_VARIANTS)
def test_no_false_positive_on_a_slow_server(name: str, seconds: float) -> None:
    assert graded(name, seconds=seconds).faults() == []


@pytest.mark.heavy
@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.5, 0.8, 1.1, 1.4, 5.0])
@pytest.mark.parametrize("name", THRESHOLD_VARIANTS)
def test_no_false_positive_however_slow_the_server(name: str, seconds: float) -> None:
    assert graded(name, seconds=seconds, offset=21.0).faults() == []


def test_slow_responses_are_noted() -> None:
    assert any("too slow" in note for note in graded("minutes of the clock", seconds=2.0).notes)


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        (name, tokens) if row == column else pytest.param(name, tokens, marks=pytest.mark.heavy)
        for row, name in enumerate(("as it is", "minutes of the clock, 31 s late", "calls during a lock start it anew"))
        for column, tokens in enumerate(
            (OWNER, OWNER | {"outsider": "1000.outsider"}, OWNER | {"colleague": "1000.colleague"})
        )
    ],
)
def test_fewer_tokens_are_enough(name: str, tokens: dict[str, str]) -> None:
    result = graded(name, graded=profile(tokens=tokens, teams=None))
    assert result.violations == []
    assert ("thresholds of another user" in result.skipped) == (tokens == OWNER)
    passed = result.client.oracle.passed
    silent = {fact for fact in ("user", "token", "lock", "window") if not passed[f"thresholds.{fact}"]}
    assert silent == ({"user"} if tokens == OWNER else set())


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        (name, operation) if (row + column) % 12 == 0 else pytest.param(name, operation, marks=pytest.mark.heavy)
        for row, name in enumerate(name for name in THRESHOLD_VARIANTS if name not in TOGETHER)
        for column, operation in enumerate(NAMES)
    ],
)
def test_no_false_positive_of_one_operation_alone(name: str, operation: str) -> None:
    result = graded(name, driver=lambda client, result: run_one(client, operation))
    assert result.violations == []
    assert not result.stopped


def test_exact_thresholds_need_few_calls() -> None:
    """The driver has to be cheap, since the tests of this kit run it on hundreds of servers."""
    for policies, most in (({}, 550), ({"threshold_window": "fixed"}, 650)):
        transport = mock_transport(policies)
        client = Client(profile(), transport, seed=1)
        share_clock(client)
        result = run(client, [("thresholds", run_thresholds)])
        transport.close()
        assert result.violations == []
        assert len(client.trace) <= most


def test_the_other_spelling_is_not_used_where_it_is_not_taken() -> None:
    def prepare(server: Reference) -> None:
        original = server.authenticate

        def authenticate(headers: Headers) -> tuple[str, frozenset[str]]:
            if ("Authorization", "Zoho-oauthtoken 1000.owner") in headers:
                raise Refusal(401, None, "No.")
            return original(headers)

        server.authenticate = authenticate  # type: ignore[method-assign]

    clock = StepClock()
    server = Reference(clock)
    prepare(server)
    client = Client(profile(), FunctionTransport(server), seed=1)
    client.clock = client.pacer.clock = Clock(advance=client.advance, now=clock)
    assert run(client, [("thresholds", run_thresholds)]).violations == []


def test_one_token_in_one_spelling_cannot_show_that_tokens_count_together() -> None:
    server = Reference(StepClock())
    MUTANTS["zoho-oauthtoken-refused"].prepare(server)
    clock = StepClock()
    server.clock = clock
    client = Client(profile(tokens=OWNER, teams=None), FunctionTransport(server), seed=1)
    client.clock = client.pacer.clock = Clock(advance=client.advance, now=clock)
    result = run(client, [("thresholds", run_thresholds)])
    assert result.exit_code() == CONFORMS
    assert result.lacks("thresholds.token") == "needs tokens.owner_only"
    assert not client.oracle.passed["thresholds.token"]


def test_calls_that_fail_though_they_are_right_are_no_fault_of_the_threshold() -> None:
    """If a server refuses valid calls, the oracle reports that, and the thresholds driver reports no fault."""

    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        if b'"webhook"' in (body or b"") or "sync_token" in target:
            return 400, [("Content-Type", "application/json")], b'{"message": "No."}'
        return server(method, target, headers, body)

    clock = StepClock()
    server = Reference(clock)
    client = Client(profile(), FunctionTransport(handle), seed=1)
    client.clock = client.pacer.clock = Clock(advance=client.advance, now=clock)
    result = run(client, [("thresholds", run_thresholds)])
    assert {v.fact.partition(".")[0] for v in result.violations} <= {"create", "list", "update_handler", "get_handler"}


@pytest.mark.parametrize(
    "tokens", [pytest.param(OWNER, marks=pytest.mark.heavy), OWNER | {"colleague": "1000.colleague"}]
)
def test_faults_that_only_mixed_calls_show_are_found(tokens: dict[str, str]) -> None:
    clock = StepClock()
    server = Reference(clock)
    MUTANTS["who-calls-much-may-create-more"].prepare(server)
    client = Client(profile(tokens=tokens, teams=None), FunctionTransport(server), seed=1)
    client.clock = client.pacer.clock = Clock(advance=client.advance, now=clock)
    result = run(client, [("thresholds", run_thresholds)])
    assert {violation.fact for violation in result.violations} == {"thresholds.create"}


def test_there_is_a_mutant_of_each_threshold() -> None:
    assert set(LIMITS) == set(NAMES)
    for operation in NAMES:
        assert any(f"thresholds.{operation}" in mutant.facts for mutant in MUTANTS.values())
