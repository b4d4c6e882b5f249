"""A test for each documented fact, against the mock in this process or, with `--profile FILE`, against any server.

The thresholds run against the mock only, since its clock can be advanced. Table, machine and fuzzer run against any
server, and are paced below its thresholds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from harness import CONTROL, profile
from zoho_cliq_conformance.grading import demand, grade
from zoho_cliq_conformance.judge.facts import FACTS
from zoho_cliq_conformance.profile import load
from zoho_cliq_conformance.reporting.render import clean

Grade = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def grade_it(request: pytest.FixtureRequest) -> Iterator[Grade]:
    """Yield a function that grades the server under test with the given drivers and returns the report."""
    path = request.config.getoption("--profile", default=None)
    if path is not None:
        yield lambda drivers, **options: grade(load(path), drivers=[d for d in drivers if d != "thresholds"], **options)
        return

    from zoho_cliq_mock import create_app

    yield lambda drivers, **options: grade(
        profile(), app=create_app(control_token=CONTROL), drivers=drivers, seed=1, **options
    )


@pytest.fixture(scope="module")
def report(grade_it: Grade) -> dict[str, Any]:
    """Return the report of table and thresholds."""
    return grade_it(["table", "thresholds"])


@pytest.mark.parametrize("fact", FACTS)
def test_fact(fact: str, report: dict[str, Any]) -> None:
    found = next(entry for entry in report["facts"] if entry["id"] == fact)
    if found["verdict"] == "skipped" or (found["verdict"] == "not shown" and not found["asked"]):
        pytest.skip(found["reason"])
    if found["verdict"] == "not shown":
        pytest.fail(f"not shown: {found['reason']}", pytrace=False)
    fault = next((entry for entry in report["faults"] if entry["fact"] == fact and entry["decides"]), None)
    if fault is not None:
        chain = "\n".join(fault["curl"])
        text = f"{fault['statement']}\nexpected {fault['expected']}\ngot {fault['got']}\n{chain}"
        pytest.fail(clean(text), pytrace=False)


def test_the_machine(grade_it: Grade) -> None:
    demand(grade_it(["machine"], examples=6))


@pytest.mark.heavy
def test_the_fuzzer(grade_it: Grade) -> None:
    demand(grade_it(["fuzz"], examples=4))
