"""Fault rules: what the client sees, whether the operation was carried out, and which calls a rule applies to."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from api_paths import BASE_PATH, CREATING, LISTING, action_path
from zoho_cliq_mock import MockServer, create_app
from zoho_cliq_mock.faults import KINDS, FaultError, Faults

BODY = {"name": "Open incident", "hint": "Start"}
BROKEN = {"truncated", "bad_chunk", "garbage", "close", "reset"}


def add(control: httpx.Client, **rule: Any) -> None:
    control.post("/faults", json=rule).raise_for_status()


def names(client: httpx.Client) -> list[str]:
    return [action["name"] for action in client.get(LISTING).json()["data"]]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", [kind for kind in KINDS if kind != "delay"])
def test_a_create_is_carried_out_only_with_when_after(
    mock: MockServer, control: httpx.Client, fault: str, when: str
) -> None:
    with httpx.Client(base_url=mock.url, headers={"Authorization": "Bearer 1000.owner"}, verify=False) as client:
        add(control, fault=fault, operation="create_message_action", when=when)
        if fault in BROKEN:
            with pytest.raises(httpx.TransportError):
                client.post(CREATING, json=BODY)
        else:
            answer = client.post(CREATING, json=BODY)
            if fault == "status":
                assert (answer.status_code, answer.json()["code"]) == (500, "operation_failed")
            elif fault == "malformed_json":
                assert answer.headers["content-type"].startswith("application/json")
                with pytest.raises(ValueError, match="Expecting"):
                    answer.json()
            else:
                assert answer.headers["content-type"].startswith("text/html")
                assert b"<!doctype html>" in answer.content
        control.delete("/faults")
        assert names(client) == ([BODY["name"]] if when == "after" else [])


@pytest.mark.parametrize("fault", [kind for kind in KINDS if kind != "delay"])
def test_a_delete_can_be_spoiled_although_it_has_no_body(
    mock: MockServer, owner: httpx.Client, control: httpx.Client, fault: str
) -> None:
    identifier = owner.post(CREATING, json=BODY).json()["data"]["id"]
    add(control, fault=fault, operation="delete_message_action", when="after")
    try:
        answer = owner.delete(action_path(identifier))
        assert fault not in BROKEN
        assert answer.status_code != 204
    except httpx.TransportError:
        assert fault in BROKEN
    assert names(owner) == []


def test_a_delay_keeps_the_answer_back(owner: httpx.Client, control: httpx.Client) -> None:
    add(control, fault="delay", delay=0.2, operation="create_message_action")
    begun = time.monotonic()
    assert owner.post(CREATING, json=BODY).is_success
    assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_client_that_hangs_up_does_not_stop_the_operation(
    mock: MockServer, owner: httpx.Client, control: httpx.Client, when: str
) -> None:
    add(control, fault="delay", delay=60, operation="create_message_action", when=when)
    with pytest.raises(httpx.ReadTimeout):
        owner.post(CREATING, json=BODY, timeout=0.2)
    control.delete("/faults")
    while not (found := names(owner)):
        pass
    assert found == [BODY["name"]]


def test_a_rule_applies_only_to_the_calls_it_names(
    owner: httpx.Client, colleague: httpx.Client, control: httpx.Client
) -> None:
    add(control, fault="status", status=503, operation="list_message_actions", user="owner", nth=[2, 4], times=1)
    assert [owner.get(LISTING).status_code for _ in range(5)] == [200, 503, 200, 200, 200]
    assert owner.get(action_path(1)).status_code == 404
    assert colleague.get(LISTING).status_code == 200
    rules = control.get("/faults").json()["rules"]
    assert [(rule["seen"], rule["applied"]) for rule in rules] == [(5, 1)]
    assert control.delete("/faults").json()["rules"] == rules
    assert control.get("/faults").json()["rules"] == []


def test_probability_with_a_seed_is_repeatable(owner: httpx.Client, control: httpx.Client) -> None:
    control.post("/thresholds", json={"enabled": False})
    runs = []
    for seed in (7, 7, 8):
        control.delete("/faults")
        add(control, fault="status", status=500, probability=0.5, seed=seed)
        runs.append([owner.get(LISTING).status_code for _ in range(32)])
    assert runs[0] == runs[1] != runs[2]
    assert 4 < runs[0].count(500) < 28


def test_the_error_of_a_rule_is_what_it_says(owner: httpx.Client, control: httpx.Client) -> None:
    add(control, fault="status", status=429, times=1, headers={"Retry-After": "7"})
    answer = owner.get(LISTING)
    assert (answer.status_code, answer.json()["code"]) == (429, "request_limit_exceeded")
    assert answer.headers["retry-after"] == "7"
    add(control, fault="status", code="msgaction_not_found", message="gone", times=1)
    answer = owner.get(LISTING)
    assert (answer.status_code, answer.json()) == (404, {"message": "gone", "code": "msgaction_not_found"})
    add(control, fault="status", status=520, body="", content_type="text/plain", times=1)
    answer = owner.get(LISTING)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (520, b"", "text/plain")


def test_faults_reach_the_accounts_server(nobody: httpx.Client, control: httpx.Client) -> None:
    form = {
        "grant_type": "refresh_token",
        "client_id": "1000.DEMO",
        "client_secret": "demo-secret",
        "refresh_token": "1000.owner-refresh",
    }
    add(control, fault="status", status=503, operation="oauth_token", times=1)
    assert nobody.post("/oauth/v2/token", data=form).status_code == 503
    add(control, fault="reset", operation="oauth_token", when="after", times=1)
    with pytest.raises(httpx.TransportError):
        nobody.post("/oauth/v2/token", data=form)
    assert "access_token" in nobody.post("/oauth/v2/token", data=form).json()
    last = control.get("/journal").json()["requests"][-3:]
    assert [(entry["operation"], entry["status"], entry["fault"]) for entry in last] == [
        ("oauth_token", 503, "status"),
        ("oauth_token", 0, "reset"),
        ("oauth_token", 200, None),
    ]


BAD_RULES: list[tuple[Any, str]] = [
    ({}, "fault: must be one of"),
    ({"fault": "explode"}, "fault: must be one of"),
    ({"fault": "status", "colour": 1}, "colour: unknown field"),
    ({"fault": "status", "nth": "1"}, "nth: has the wrong type"),
    ({"fault": "status", "nth": []}, "nth: must be a int"),
    ({"fault": "status", "nth": True}, "nth: has the wrong type"),
    ({"fault": "status", "nth": -1}, "nth: must be at least 1"),
    ({"fault": "status", "nth": [1, 0]}, "nth: must be at least 1"),
    ({"fault": "status", "times": 0}, "times: must be at least 1"),
    ({"fault": "status", "user": "nobody"}, "user: unknown user 'nobody'"),
    ({"fault": "status", "user": "owner", "operation": "oauth_token"}, "user: the accounts server does not know"),
    ({"fault": "status", "operation": "explode"}, "operation: unknown operation explode"),
    ({"fault": "status", "when": "later"}, "when: must be"),
    ({"fault": "status", "status": 99}, "status: must be"),
    ({"fault": "status", "probability": 2}, "probability: must be"),
    ({"fault": "status", "headers": {"X": "a\r\nb"}}, "headers: 'X' and its value must be printable ASCII"),
    ({"fault": "status", "content_type": "a\nb"}, "content_type: must be printable"),
    ({"fault": "delay"}, "delay: is required"),
    ({"fault": "delay", "delay": -1}, "delay: must be from 0"),
    ([1], "a rule must be an object"),
]


@pytest.mark.parametrize(("rule", "complaint"), BAD_RULES, ids=lambda value: str(value)[:40])
def test_an_invalid_rule_is_refused(control: httpx.Client, rule: Any, complaint: str) -> None:
    good = {"fault": "close"}
    answer = control.post("/faults", json=[good, *(rule if isinstance(rule, list) else [rule])])
    assert answer.status_code == 400
    assert complaint in answer.json()["message"]
    assert control.get("/faults").json()["rules"] == []


def test_a_rule_is_refused_in_python_too() -> None:
    with pytest.raises(FaultError, match="fault"):
        Faults().add({"fault": "x"})


def test_in_process_a_broken_connection_is_an_exception() -> None:
    app = create_app()
    app.state.faults.add({"fault": "close"})

    async def call() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mock") as client:
            await client.get(f"{BASE_PATH}{LISTING}", headers={"Authorization": "Bearer 1000.owner"})

    with pytest.raises(ConnectionResetError):
        asyncio.run(call())
    app.state.close()
