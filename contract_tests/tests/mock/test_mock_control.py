"""The control API: reset, snapshots, seeds, clock, tokens, teams, journal, and who may call it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from api_paths import BASE_PATH, CREATING, LISTING, action_path, handler_path
from needed import NEEDED
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.seed import DEMO

BODY = {**NEEDED, "name": "Open incident", "hint": "Start"}


def create(client: httpx.Client, **fields: Any) -> str:
    answer = client.post(CREATING, json={**BODY, **fields})
    assert answer.is_success, answer.text
    return str(answer.json()["data"]["id"])


def sync(client: httpx.Client, token: str) -> tuple[list[str], list[str], str]:
    answer = client.get(LISTING, params={"sync_token": token}).json()
    return [action["id"] for action in answer["data"]], answer["deleted"], answer["sync_token"]


def test_health_needs_no_token_and_everything_else_does(mock: MockServer, nobody: httpx.Client) -> None:
    assert nobody.get("/_mock/health").json() == {"status": "ok"}
    for method, path in (("POST", "reset"), ("GET", "state"), ("GET", "journal"), ("POST", "tokens")):
        for headers in ({}, {"Authorization": "Bearer 1000.owner"}, {"Authorization": "Bearer "[:6]}):
            assert nobody.request(method, f"/_mock/{path}", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "cliq.zoho.com"},
        {"Host": "attacker.example:80"},
        {"Origin": "http://attacker.example"},
        {"Origin": "null"},
    ],
)
def test_a_web_page_from_elsewhere_is_refused(control: httpx.Client, headers: dict[str, str]) -> None:
    assert control.post("/reset", headers=headers).status_code == 403


def test_the_control_api_can_be_switched_off() -> None:
    with MockServer(control=False) as server:
        assert httpx.get(f"{server.control_url}/health").status_code == 404
        server.reset()


def test_reset_goes_back_to_the_start(owner: httpx.Client, control: httpx.Client, mock: MockServer) -> None:
    create(owner)
    token = owner.get(LISTING).json()["sync_token"]
    minted = control.post("/tokens", json={"user": "owner"}).json()["token"]
    control.post("/policies", json={"scope_status": "401"})
    control.post("/thresholds", json={"enabled": False})
    control.post("/clock", json={"advance": 1000})
    control.post("/faults", json={"fault": "status", "status": 500})
    control.post("/teams", json={"user": "colleague", "teams": []})
    assert control.post("/reset").json() == {"status": "reset"}
    state = control.get("/state").json()
    assert (state["actions"], state["faults"], state["locks"], state["thresholds"]) == ([], [], {}, True)
    assert state["policies"]["scope_status"] == "403"
    assert abs(state["clock"]["offset"]) < 1
    assert [user["teams"] for user in state["users"]] == [[100001, 100002, 100003, 100004], [100002], []]
    assert owner.get(LISTING, params={"sync_token": token}).status_code == 400
    assert owner.get(LISTING, headers={"Authorization": f"Bearer {minted}"}).status_code == 401


def test_a_snapshot_is_the_whole_state(owner: httpx.Client, control: httpx.Client) -> None:
    kept = create(owner)
    control.post("/policies", json={"creation_limit": 5})
    issued = control.post("/tokens", json={"user": "owner"}).json()["token"]
    control.post("/snapshot", json={"name": "a"}).raise_for_status()
    token = owner.get(LISTING).json()["sync_token"]
    owner.delete(action_path(kept))
    later = create(owner, name="Later")
    control.post("/policies", json={"creation_limit": 0})
    control.post("/clock", json={"advance": 500})
    control.request("DELETE", "/tokens", json={"token": issued}).raise_for_status()
    assert control.post("/restore", json={"name": "b"}).status_code == 404
    for _ in range(2):
        control.post("/restore", json={"name": "a"}).raise_for_status()
        state = control.get("/state").json()
        assert [action["id"] for action in state["actions"]] == [kept]
        assert state["policies"]["creation_limit"] == 5
        assert abs(state["clock"]["offset"]) < 1
        assert owner.get(LISTING, headers={"Authorization": f"Bearer {issued}"}).status_code == 200
        assert owner.get(LISTING, params={"sync_token": token}).status_code == 400
        assert int(create(owner, name="After")) > int(later)


def test_the_clock_stands_still_and_runs_on(control: httpx.Client) -> None:
    assert control.post("/clock", json={"freeze": 1000}).json() == {
        "now": 1000,
        "frozen": True,
        "offset": pytest.approx(control.get("/clock").json()["offset"], abs=5),
    }
    assert control.post("/clock", json={"advance": 1.5}).json()["now"] == 1001.5
    assert control.post("/clock", json={"run": True}).json()["frozen"] is False
    assert control.get("/clock").json()["now"] == pytest.approx(1001.5, abs=5)
    assert control.post("/clock", json={"offset": 60}).json()["offset"] == pytest.approx(60, abs=0.01)
    assert control.post("/clock", json={"freeze": True}).json()["frozen"] is True


def test_a_change_of_teams_shows_and_hides_actions(
    owner: httpx.Client, colleague: httpx.Client, control: httpx.Client
) -> None:
    one = create(owner, name="One", scope="team", team_ids=[100001])
    both = create(owner, name="Both", scope="team", team_ids=[100001, 100002])
    create(owner, name="Other", scope="team", team_ids=[100003])
    token = colleague.get(LISTING).json()["sync_token"]
    # Deleted before the colleague joins the team, so it must not appear among the colleague's deleted actions.
    owner.delete(action_path(create(owner, name="Early", scope="team", team_ids=[100001])))
    control.post("/teams", json={"user": "colleague", "teams": [100001, 100002]}).raise_for_status()
    changed, deleted, token = sync(colleague, token)
    assert (changed, deleted) == ([one], [])
    assert {action["id"] for action in colleague.get(LISTING).json()["data"]} == {one, both}
    control.post("/teams", json={"user": "colleague", "teams": []}).raise_for_status()
    changed, deleted, token = sync(colleague, token)
    assert (changed, deleted) == ([], [one, both])
    assert colleague.get(action_path(one)).status_code == 404
    assert control.post("/teams", json={"user": "colleague", "teams": [1]}).status_code == 400
    assert control.post("/teams", json={"user": "nobody", "teams": []}).status_code == 400


def test_minted_tokens_have_scopes_and_an_end(owner: httpx.Client, control: httpx.Client) -> None:
    body = {"user": "colleague", "scopes": ["read"], "expires_in": 60}
    minted = {"Authorization": f"Bearer {control.post('/tokens', json=body).json()['token']}"}
    assert owner.get(LISTING, headers=minted).status_code == 200
    assert owner.post(CREATING, json=BODY, headers=minted).status_code == 403
    control.post("/clock", json={"advance": 60})
    assert owner.get(LISTING, headers=minted).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "clock", {"advance": "5"}),
        ("POST", "clock", {"advance": True}),
        ("POST", "clock", {"advance": 1e300}),
        ("POST", "clock", {"freeze": -1}),
        ("POST", "clock", {"freeze": 1e11}),
        ("POST", "clock", {"offset": -1e10}),
        ("POST", "clock", {"freeze": 5, "advance": -6}),
        ("POST", "clock", {"back": 1}),
        ("POST", "clock", None),
        ("POST", "policies", [1]),
        ("POST", "policies", {"colour": "red"}),
        ("POST", "thresholds", {"enabled": "no"}),
        ("POST", "tokens", {"user": "nobody"}),
        ("POST", "tokens", {"user": ["owner"]}),
        ("POST", "tokens", {"user": "owner", "scopes": "READ"}),
        ("POST", "tokens", {"user": "owner", "expires_in": "1"}),
        ("POST", "tokens", {"user": "owner", "scopes": ["REED"]}),
        ("POST", "codes", {"user": "owner", "client_id": "1000.DEMO", "scopes": ["REED"]}),
        ("POST", "codes", {"user": "owner", "client_id": "x"}),
        ("POST", "codes", {"user": "nobody", "client_id": "1000.DEMO"}),
        ("POST", "collaborators", {"action": "1", "users": "owner"}),
        ("POST", "collaborators", {"action": "1", "users": ["nobody"]}),
        ("POST", "teams", {"user": "owner", "teams": ["1"]}),
        ("POST", "snapshot", {"name": 1}),
        ("POST", "seed", {"users": 1}),
        ("POST", "seed", {"actions": [{"name": "a"}]}),
        ("POST", "seed", []),
        ("POST", "seed", {**DEMO, "actions": [{"creator": "owner", **BODY, "collaborators": 5}]}),
    ],
)
def test_an_invalid_control_call_is_refused(
    control: httpx.Client, owner: httpx.Client, method: str, path: str, body: Any
) -> None:
    create(owner)
    answer = control.request(method, f"/{path}", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["message"]
    assert len(owner.get(LISTING).json()["data"]) == 1


def test_posting_a_seed_replaces_the_first(mock: MockServer, owner: httpx.Client, control: httpx.Client) -> None:
    first = control.get("/seed").json()
    seed = {
        "organizations": [{"id": "1", "name": "Example"}],
        "users": [{"key": "ann", "id": "11", "name": "Ann", "organization": "1"}],
        "tokens": [{"token": "1000.ann", "user": "ann"}],
        "actions": [{**NEEDED, "creator": "ann", "name": "File", "hint": "h", "handler": {"script": "x"}}],
    }
    try:
        control.post("/seed", json=seed).raise_for_status()
        ann = {"Authorization": "Bearer 1000.ann"}
        action = owner.get(LISTING, headers=ann).json()["data"][0]
        handler = handler_path(action["id"])
        assert owner.get(handler, headers=ann).json()["data"]["script"] == "x"
        assert owner.get(LISTING).status_code == 401
        control.post("/reset").raise_for_status()
        assert len(owner.get(LISTING, headers=ann).json()["data"]) == 1
    finally:
        control.post("/seed", json=first).raise_for_status()


def test_the_journal_has_the_requests_and_no_token(owner: httpx.Client, control: httpx.Client) -> None:
    control.delete("/journal")
    owner.post(CREATING, json=BODY)
    owner.get(f"{LISTING}?limit=0")
    owner.get("/nowhere")
    journal = control.get("/journal").json()
    assert journal["total"] == 3
    shown = [(e["method"], e["path"], e["query"], e["user"], e["status"], e["code"]) for e in journal["requests"]]
    assert shown == [
        ("POST", f"{BASE_PATH}{CREATING}", "", "owner", 200, None),
        ("GET", f"{BASE_PATH}{LISTING}", "limit=0", "owner", 400, "invalid_inputs"),
        ("GET", "/api/v3/nowhere", "", None, 404, "request_url_invalid"),
    ]
    assert '"Open incident"' in journal["requests"][0]["body"]
    assert "1000.owner" not in control.get("/journal").text + control.get("/state").text


def test_other_control_paths_and_methods(control: httpx.Client) -> None:
    assert control.get("/nothing").status_code == 404
    assert control.put("/reset").status_code == 405
    assert control.post("/policies", content=b"{").status_code == 400
