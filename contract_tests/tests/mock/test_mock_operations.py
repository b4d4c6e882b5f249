"""The mock's seven operations over HTTP: fields, rules and errors, according to the document and the vendor's page."""

from __future__ import annotations

from typing import Any

import httpx
from api_paths import BASE_PATH, CREATING, LISTING, action_path
from needed import NEEDED
from zoho_cliq_api.contract import OPERATIONS, document

SCHEMAS = document()["components"]["schemas"]
MESSAGE_TYPES = SCHEMAS["MessageType"]["enum"]
SHOWN = {name: value for name, value in NEEDED.items() if name in SCHEMAS["MessageAction"]["properties"]}
THRESHOLD = OPERATIONS["get_message_action"].threshold
GETS, LOCK = (THRESHOLD.limit, THRESHOLD.lock_seconds) if THRESHOLD else (0, 0)


def create(client: httpx.Client, name: str = "Open incident", **fields: Any) -> dict[str, Any]:
    answer = client.post(CREATING, json={"name": name, "hint": "Start an incident", **fields})
    assert answer.is_success, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def test_a_created_action_is_shown_with_the_defaults(owner: httpx.Client) -> None:
    answer = owner.post(CREATING, json={"name": "Open incident", "hint": "Start"})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    body = answer.json()
    identifier = body["data"].pop("id")
    assert identifier.isdigit()
    assert len(identifier) == 17
    assert body == {
        "url": f"{BASE_PATH}{CREATING}",
        "type": "messageaction",
        "data": {
            **SHOWN,
            "name": "Open incident",
            "hint": "Start",
            "scope": "organization",
            "multi_selectable": False,
            "message_types": sorted(MESSAGE_TYPES),
            "handlers": [{"type": "execution_handler"}],
            "creator": {"name": "Ada", "id": "70021945"},
            "execution_type": "deluge",
            "status": "enabled",
            "type": "custom",
        },
    }
    read = owner.get(action_path(identifier)).json()
    assert read == {
        "url": f"{BASE_PATH}{action_path(identifier)}",
        "type": "messageaction",
        "data": {"id": identifier, **body["data"]},
    }


def test_pages_hold_each_action_once(owner: httpx.Client) -> None:
    made = [create(owner, f"Action {number}")["id"] for number in range(7)]
    seen: list[str] = []
    query = {"limit": "3"}
    for expected in (3, 3, 1):
        page = owner.get(LISTING, params=query).json()
        seen += [action["id"] for action in page["data"]]
        assert len(page["data"]) == expected
        query = {"limit": "3", "next_token": page.get("next_token", "")}
    assert "next_token" not in page
    assert seen == made


def test_a_sync_token_lists_changed_and_deleted_actions(owner: httpx.Client) -> None:
    first, second, third = (create(owner, name)["id"] for name in ("One", "Two", "Three"))
    token = owner.get(LISTING).json()["sync_token"]
    owner.patch(action_path(second), json={"hint": "Other"})
    owner.delete(action_path(third))
    changes = owner.get(LISTING, params={"sync_token": token}).json()
    assert [action["id"] for action in changes["data"]] == [second]
    assert changes["deleted"] == [third]
    assert owner.get(LISTING, params={"sync_token": changes["sync_token"]}).json()["data"] == []
    assert first


def test_more_calls_than_the_threshold_lock_the_user(
    owner: httpx.Client, colleague: httpx.Client, control: httpx.Client
) -> None:
    identifier = create(owner)["id"]
    path = action_path(identifier)
    assert [owner.get(path).status_code for _ in range(GETS + 1)] == [200] * GETS + [429]
    assert colleague.get(path).status_code == 200
    control.post("/clock", json={"advance": LOCK - 1})
    assert owner.get(path).json()["code"] == "request_limit_exceeded"
    control.post("/clock", json={"advance": 1.5})
    assert owner.get(path).status_code == 200
