"""The documented statements follow the composed document."""

from __future__ import annotations

from typing import Any

import pytest
from api_paths import LISTING
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_conformance.judge import facts
from zoho_cliq_conformance.judge.document import BODIES, LARGEST_LIMIT, SCHEMAS, SMALLEST_LIMIT, resolved
from zoho_cliq_conformance.judge.facts import FACTS
from zoho_cliq_conformance.judge.model import Directory
from zoho_cliq_conformance.judge.oracle import Oracle
from zoho_cliq_conformance.judge.rules import SCRIPT_REFUSED_BYTES, faults
from zoho_cliq_conformance.profile import Profile
from zoho_cliq_conformance.trace import Answer, Exchange


def test_limits_types_and_required_fields_are_those_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    create = SCHEMAS["MessageActionCreate"]
    monkeypatch.setitem(create["properties"], "name", {"type": "boolean"})
    monkeypatch.setitem(create["properties"]["hint"], "maxLength", 40)
    monkeypatch.setitem(create, "required", ["name"])
    changed = facts._load()
    assert changed["create.name.type"].statement == "A name is a boolean."
    assert changed["create.hint.max"].statement == "A hint has at most 40 characters."
    assert changed["update.hint.max"] == FACTS["update.hint.max"]
    assert FACTS.keys() - changed.keys() == {"create.hint.required", "create.name.max"}
    assert changed.keys() <= FACTS.keys()


@pytest.mark.parametrize(
    ("schema", "wrong"),
    [
        ({"type": ["string", "null"], "maxLength": 3}, {"nick.type": 7, "nick.max": "four"}),
        ({"type": ["string", "integer", "null"]}, {}),
        ({"anyOf": [{"$ref": "#/components/schemas/Scope"}, {"type": "null"}]}, {}),
    ],
)
def test_null_is_no_fault_of_a_field_that_takes_it(
    monkeypatch: pytest.MonkeyPatch, schema: dict[str, Any], wrong: dict[str, Any]
) -> None:
    monkeypatch.setitem(SCHEMAS["MessageActionCreate"]["properties"], "nick", schema)
    monkeypatch.setitem(SCHEMAS["MessageActionCreate"]["properties"], "image", {"type": "string"})
    action = {"name": "a name", "hint": "a hint"}
    assert list(faults("create", {**action, "nick": None})) == []
    for fact, value in wrong.items():
        assert [fault[0] for fault in faults("create", {**action, "nick": value})] == [fact]
    assert [fault[0] for fault in faults("create", {**action, "image": None})] == ["null"]


@pytest.mark.parametrize(
    ("fact", "statement"),
    [
        ("create.scope", "Creating requires the scope CREATE and no other."),
        ("delete.success", f"A delete gets status {OPERATIONS['delete_message_action'].success}."),
        ("update_handler.script.max", f"A script has at most {SCRIPT_REFUSED_BYTES // 1024} KB."),
        ("list.limit", f"A page has `limit` actions, from {SMALLEST_LIMIT} to {LARGEST_LIMIT}, unless it is the last."),
        ("update.team_ids.type", "New team ids are an array of integers."),
        (
            "update_handler.execution_handler_not_found",
            "Any handler type except execution_handler is refused with this code.",
        ),
    ],
)
def test_statements_read_well(fact: str, statement: str) -> None:
    assert FACTS[fact].statement == statement


def test_a_threshold_is_that_of_the_document() -> None:
    threshold = OPERATIONS["update_message_action_handler"].threshold
    assert threshold is not None
    assert FACTS["thresholds.update_handler"].statement.startswith(
        f"A user may send {threshold.limit} updates of handlers"
    )


def test_what_a_profile_must_give_is_said_of_facts_and_of_what_a_profile_has() -> None:
    assert facts._NEEDS.keys() <= FACTS.keys()
    empty = Profile("https://cliq.example/api/v3", {})
    for fact in FACTS.values():
        assert all(not empty.has(need) for need in fact.needs), fact.id
        assert empty.lacks(fact.needs).startswith("needs t") == bool(fact.needs), fact.id


@pytest.mark.parametrize("fact", [fact for fact in FACTS if fact.endswith(".values")])
def test_statements_about_values_name_all_of_the_document(fact: str) -> None:
    operation, field, _ = fact.split(".")
    schema = resolved(SCHEMAS[BODIES[operation]]["properties"][field])
    values = schema.get("enum") or resolved(schema["items"])["enum"]
    words = FACTS[fact].statement.rstrip(".").replace(",", "").split()
    assert set(values) <= set(words)


def test_what_a_driver_asks_about_and_no_fact_states_is_reported_as_another_fact() -> None:
    answer = Answer(418, (("Content-Type", "application/json"),), b'{"message": "no"}')
    token = (("Authorization", "Bearer somebody"),)
    oracle = Oracle(Directory({}, {}, complete=False))
    shown = oracle.observe(Exchange(1, "GET", LISTING, token, None, answer, about="list.page.gone"))
    assert [violation.fact for violation in shown] == ["list.accepts"]
