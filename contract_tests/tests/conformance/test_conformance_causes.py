"""Faults are grouped by cause: a server has as many causes as mistakes, and each fault belongs to one of them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from faulty import CODELESS, FAULTY, PATCH_405, answers, both, checks_no_field, of, without
from harness import grade, mock_transport, profile, reference_transport
from mutants import MUTANTS, Prepare
from zoho_cliq_conformance.judge.facts import FACTS
from zoho_cliq_conformance.judge.model import Directory
from zoho_cliq_conformance.judge.verdicts import Violation
from zoho_cliq_conformance.reporting import report
from zoho_cliq_conformance.reporting.causes import Traffic, group
from zoho_cliq_conformance.result import Result
from zoho_cliq_conformance.trace import Answer, Exchange

ALIKE = {
    *("update is 501", "list is 500", "delete is 503", "create is 500", "no media type"),
    *("no id", "errors are 400", "errors are 500", "scopes are not looked at", "deletes do nothing"),
    *("type-is-system", "update-loses-message-types", "changes-letters-of-hint", "accept-wildcard-is-406-in-get"),
    *("405-without-allow", "taken-names-accepted", "no-scope-shown", "creator-is-a-string", "anyone-may-get-by-id"),
    *("lists-show-only-ones-own", "get is 404", "errors are empty"),
}
"""Servers whose faults are grouped by the same rule as those of another server here: they are heavy."""


@pytest.fixture(autouse=True)
def no_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write no lines of shell, which takes longer than grading a server and is tested elsewhere."""
    monkeypatch.setattr(report.shell, "chain", lambda *_: ["curl"])


def heavy(name: str, *values: object) -> Any:
    """Return the parameters of a test of a server; it is heavy if another server is grouped by the same rule."""
    return pytest.param(name, *values, marks=pytest.mark.heavy) if name in ALIKE else pytest.param(name, *values)


def graded(prepare: Prepare | None, *, thresholds: bool = False) -> dict[str, Any]:
    """Return the report of the table, and of the thresholds driver if `thresholds` is true, on a server."""
    transport = reference_transport(prepare, thresholds=thresholds)
    result = grade(transport, thresholds=thresholds, graded=profile(pace=thresholds))
    return whole(result)


def whole(result: Result) -> dict[str, Any]:
    """Return the report of a run. Assert that each fault belongs to one cause, and that no count exceeds the calls."""
    found = report.build(result, strict=False, drivers=["table"], seconds=0)
    broken = {violation.fact for violation in result.violations}
    under = [fact for cause in found["causes"] for fact in cause["fact_ids"]]
    assert sorted(under) == sorted(broken) == sorted(fault["fact"] for fault in found["faults"])
    causes = {cause["id"]: cause for cause in found["causes"]}
    for fault in found["faults"]:
        assert fault["fact"] in causes[fault["cause"]]["fact_ids"]
        assert 0 < fault["times"] <= causes[fault["cause"]]["calls"] <= found["calls"]
    for fact in found["facts"]:
        assert fact["failed"] <= fact["calls"] <= found["calls"]
    return found


def statements(found: dict[str, Any], *, least: int = 1) -> list[str]:
    """Return the statements of the causes that explain at least `least` faults."""
    return [cause["what"] for cause in found["causes"] if len(cause["fact_ids"]) >= least]


@pytest.mark.parametrize("name", [heavy(name) for name in FAULTY])
def test_a_server_that_is_wrong_for_one_reason_has_one_cause(name: str) -> None:
    prepare, statement = FAULTY[name]
    found = graded(prepare)
    assert statements(found) == [statement]
    assert found["start_here"]["what"] == statement
    assert found["start_here"]["fact"] in found["causes"][0]["fact_ids"]


def test_the_heavy_servers_are_servers_of_these_tests() -> None:
    assert set(FAULTY) | set(MUTANTS) >= ALIKE


def test_a_server_that_checks_no_field_has_one_cause_for_it() -> None:
    found = graded(checks_no_field)
    assert found["causes"][0]["what"].endswith("is refused because of a field of its body.")
    assert len(found["causes"][0]["fact_ids"]) > 40


def test_a_server_without_thresholds_has_one_cause() -> None:
    result = grade(reference_transport(thresholds=False), thresholds=True)
    found = whole(result)
    assert statements(found) == ["No threshold is enforced: no call got status 429."]
    assert len(found["faults"]) > 5


@pytest.mark.parametrize(
    ("mutant", "expected"),
    [
        heavy("no-scope-shown", ["scope is missing in every response that shows actions."]),
        heavy("creator-is-a-string", ["creator is wrong in every response that shows actions."]),
        heavy("type-is-system", ["type is wrong in every response that shows actions."]),
        heavy("update-loses-message-types", ["message_types is not always shown as it was set."]),
        heavy("changes-letters-of-hint", ["hint is not always shown as it was set."]),
        ("changes-pluses-of-scripts", ["script is not always shown as it was set."]),
        heavy("accept-wildcard-is-406-in-get", ["Every get call with Accept: */* gets status 406."]),
        heavy("anyone-may-get-by-id", ["Actions are shown to users who may not see them, by get."]),
        ("missing-token-is-403", ["Every call without a valid token gets status 403."]),
        ("deleted-actions-stay-in-lists", [FACTS["list.deleted"].statement]),
        (
            "update-handler-without-url",
            ["The same responses break 2 facts: update_handler.shape, update_handler.envelope."],
        ),
        heavy("405-without-allow", [FACTS["protocol.allow"].statement]),
        heavy("taken-names-accepted", [FACTS["create.msgaction_name_already_exists"].statement]),
        ("handlers-are-shared", None),
        heavy("lists-show-only-ones-own", None),
    ],
)
def test_named_mutants_have_the_cause_that_they_were_given(mutant: str, expected: list[str] | None) -> None:
    found = graded(MUTANTS[mutant].prepare)
    if expected is None:  # the faults have only the source code in common, which the report cannot see
        assert {cause["kind"] for cause in found["causes"]} == {"alone"}
        assert len(found["causes"]) == len(found["faults"]) == 3
    else:
        assert [re.sub(r"same \d+ responses", "same responses", each) for each in statements(found)] == expected


def test_two_reasons_are_two_causes_the_bigger_first() -> None:
    found = graded(both(CODELESS, PATCH_405))
    assert statements(found) == [FAULTY["every PATCH is 405"][1], "No error response has a code."]
    sizes = [len(cause["fact_ids"]) for cause in found["causes"]]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.heavy
def test_three_reasons_are_three_causes() -> None:
    found = graded(both(without("hint"), answers(404, of("get_handler")), answers(503, of("delete"))))
    assert sorted(statements(found)) == [
        "Every delete call gets status 503, whatever it requests.",
        "Every get_handler call gets status 404, whatever it requests.",
        "hint is missing in every response that shows actions.",
    ]


@pytest.mark.parametrize("server", [pytest.param("reference", marks=pytest.mark.heavy), "mock"])
def test_a_conforming_server_has_no_cause_and_no_start(server: str) -> None:
    transport = mock_transport(thresholds=False) if server == "mock" else reference_transport(thresholds=False)
    found = whole(grade(transport, thresholds=False, graded=profile(pace=False)))
    assert (found["causes"], found["start_here"], found["faults"]) == ([], None, [])


def exchange(number: int, method: str, target: str, status: int, body: bytes = b'{"message": "x"}') -> Exchange:
    headers = (("Authorization", "Bearer t"),)
    answer = Answer(status, (("Content-Type", "application/json"),), body)
    return Exchange(number, method, target, headers, b"{}" if method == "PATCH" else None, answer)


def violation(fact: str, number: int) -> Violation:
    return Violation(fact, "200", "405", "", number, (number,))


def causes_of(exchanges: list[Exchange], violations: list[Violation]) -> list[tuple[str, tuple[str, ...]]]:
    directory = Directory({}, {}, complete=False)
    found = group(Traffic(exchanges, violations, directory, {}), strict=False)
    return [(cause.kind, cause.facts) for cause in found]


PATCHES = [exchange(number, "PATCH", f"/messageactions/{number}", 405) for number in range(1, 5)]
READ = exchange(9, "GET", "/messageactions/1", 200, b'{"data": {}}')


def test_a_fault_that_was_seen_elsewhere_too_stands_alone() -> None:
    violations = [violation("update.accepts", 1), violation("auth.missing", 2), violation("update.keeps", 3)]
    assert causes_of([*PATCHES, READ], violations) == [
        ("status", ("update.accepts", "auth.missing", "update.keeps")),
    ]
    assert causes_of([*PATCHES, READ], [*violations, violation("auth.missing", 9)]) == [
        ("status", ("update.accepts", "update.keeps")),
        ("alone", ("auth.missing",)),
    ]


def test_no_cause_claims_all_calls_after_two_calls_or_a_success() -> None:
    few = causes_of(PATCHES[:2], [violation("update.accepts", 1), violation("update.keeps", 2)])
    assert {kind for kind, _ in few} == {"alone"}
    good = exchange(5, "PATCH", "/messageactions/5", 200, b'{"data": {}}')
    mixed = causes_of([*PATCHES, good], [violation("update.accepts", 1), violation("update.keeps", 2)])
    assert {kind for kind, _ in mixed} == {"alone"}
