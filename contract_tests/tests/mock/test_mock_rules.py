"""The rules of the seven operations: limits, conditions, visibility, ownership, and each documented error code."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from api_paths import BASE_PATH, CREATING, LISTING, action_path, handler_path
from zoho_cliq_api.contract import ERROR_CODES, OPERATIONS, document
from zoho_cliq_mock import MockServer, actions
from zoho_cliq_mock.actions import Action
from zoho_cliq_mock.document import match, routes
from zoho_cliq_mock.schemas import properties_of

SCHEMAS = document()["components"]["schemas"]
_fields = SCHEMAS["MessageActionCreate"]["properties"]
NAME, HINT, URL = (_fields[name]["maxLength"] for name in ("name", "hint", "execution_url"))
TEAMS, TYPES = _fields["team_ids"]["maxItems"], SCHEMAS["MessageType"]["enum"]
WINDOW = max(each.threshold.window_seconds for each in OPERATIONS.values() if each.threshold)
DELUGE = {"name": "Open incident", "hint": "Start"}
LARGEST_SCRIPT = document()["components"]["schemas"]["HandlerUpdate"]["properties"]["script"]["x-max-bytes"]
REQUIRED = {*document()["components"]["schemas"]["MessageActionCreate"].get("required", ())}
WEBHOOK = {
    "name": "Send to desk",
    "hint": "File",
    "execution_type": "webhook",
    "execution_url": "https://desk.example/x",
}
TEAM = {"name": "Sweep", "hint": "File", "scope": "team", "team_ids": [100001, 100002]}


def create(client: httpx.Client, body: dict[str, Any] = DELUGE, **fields: Any) -> str:
    answer = client.post(CREATING, json={**body, **fields})
    assert answer.is_success, answer.text
    identifier: str = answer.json()["data"]["id"]
    return identifier


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert set(answer.json()) == {"message", "code"}
    assert answer.json()["message"]
    return answer.status_code, answer.json()["code"]


GOOD = [
    {"name": "n" * NAME},
    {"hint": "h" * HINT},
    {"name": "\U0001f600" * NAME},
    {"execution_type": "webhook", "execution_url": "https://".ljust(URL, "x")},
    {"scope": "team", "team_ids": [100001, 100002, 100003, 100004][:TEAMS]},
    {"scope": "team", "team_ids": [100001.0]},
    {"message_types": TYPES[: _fields["message_types"]["maxItems"]]},
    {"multi_selectable": True},
    {"image": "aGVsbG8="},
    {"scope": "personal"},
]
GOOD = [fields for fields in GOOD if fields.keys() <= _fields.keys()]
BAD = [
    ({"name": "n" * (NAME + 1)}, "name"),
    ({"name": ""}, "name"),
    ({"name": None}, "name"),
    ({"name": 7}, "name"),
    ({"hint": "h" * (HINT + 1)}, "hint"),
    ({"execution_type": "webhook"}, "execution_url"),
    ({"execution_type": "webhook", "execution_url": "https://".ljust(URL + 1, "x")}, "execution_url"),
    ({"execution_type": "webhook", "execution_url": "ftp://x"}, "execution_url"),
    ({"execution_url": "https://x.example"}, "execution_url"),
    ({"execution_type": "java"}, "execution_type"),
    ({"scope": "team"}, "team_ids"),
    ({"scope": "team", "team_ids": []}, "team_ids"),
    ({"scope": "team", "team_ids": [*range(TEAMS + 1)]}, "team_ids"),
    ({"scope": "team", "team_ids": ["100001"]}, "team_ids"),
    ({"scope": "team", "team_ids": [100009]}, "team_ids"),
    ({"team_ids": [100001]}, "team_ids"),
    ({"scope": "galaxy"}, "scope"),
    ({"message_types": []}, "message_types"),
    ({"message_types": [*TYPES, TYPES[0]]}, "message_types"),
    ({"message_types": ["smell"]}, "message_types"),
    ({"multi_selectable": "yes"}, "multi_selectable"),
    ({"image": "not base64!"}, "image"),
    ({"field1": "value1"}, "field1"),
    ({"name": "a\0b"}, "null character"),
]


@pytest.mark.parametrize("fields", GOOD, ids=lambda fields: str(fields)[:40])
def test_a_body_within_the_limits_is_accepted(owner: httpx.Client, fields: dict[str, Any]) -> None:
    identifier = create(owner, **fields)
    data = owner.get(action_path(identifier)).json()["data"]
    for name, value in fields.items():
        if name != "image":
            assert data[name] == value
    assert "image" not in data


@pytest.mark.parametrize(("fields", "field"), BAD, ids=lambda value: str(value)[:40])
def test_a_body_outside_the_limits_is_refused_by_field(owner: httpx.Client, fields: dict[str, Any], field: str) -> None:
    answer = owner.post(CREATING, json={**DELUGE, **fields})
    assert refusal(answer) == (400, "invalid_inputs")
    assert field in answer.json()["message"]
    assert owner.get(LISTING).json()["data"] == []


@pytest.mark.parametrize("missing", sorted(DELUGE.keys() & REQUIRED))
def test_what_the_document_requires_is_required(owner: httpx.Client, missing: str) -> None:
    body = {key: value for key, value in DELUGE.items() if key != missing}
    assert refusal(owner.post(CREATING, json=body)) == (400, "invalid_inputs")


def test_an_update_changes_the_given_fields_alone(owner: httpx.Client, control: httpx.Client) -> None:
    identifier = create(owner, TEAM)
    before = owner.get(action_path(identifier)).json()["data"]
    assert before["team_ids"] == [100001, 100002]
    for body in (
        {"hint": "Other"},
        {"multi_selectable": True},
        {"message_types": TYPES[:1]},
        {"team_ids": [100003]},
        {},
    ):
        if not body.keys() <= _fields.keys():
            continue
        # Start a new window before each call, so that the threshold never refuses one.
        control.post("/clock", json={"advance": WINDOW + 1}).raise_for_status()
        after = owner.patch(action_path(identifier), json=body).json()
        before = {**before, **body}
        assert after == {"url": f"{BASE_PATH}{action_path(identifier)}", "type": "messageaction", "data": before}
    moved = owner.patch(action_path(identifier), json={"scope": "organization"}).json()["data"]
    assert "team_ids" not in moved
    assert owner.get(action_path(identifier)).json()["data"] == moved


def test_the_execution_type_cannot_be_updated(owner: httpx.Client) -> None:
    identifier = create(owner)
    answer = owner.patch(action_path(identifier), json={"execution_type": "webhook"})
    assert refusal(answer) == (400, "invalid_inputs")
    webhook = create(owner, WEBHOOK)
    url = "https://desk.example/other"
    assert owner.patch(action_path(webhook), json={"execution_url": url}).json()["data"]["execution_url"] == url
    answer = owner.patch(action_path(identifier), json={"execution_url": url})
    assert refusal(answer) == (400, "invalid_inputs")


def test_names_are_unique_in_the_organization(owner: httpx.Client, colleague: httpx.Client, mock: MockServer) -> None:
    first = create(owner)
    taken = (400, "msgaction_name_already_exists")
    assert refusal(owner.post(CREATING, json=DELUGE)) == taken
    assert refusal(colleague.post(CREATING, json={**DELUGE, "scope": "personal"})) == taken
    second = create(owner, name="Another")
    assert refusal(owner.patch(action_path(second), json={"name": DELUGE["name"]})) == taken
    assert owner.patch(action_path(first), json={"name": DELUGE["name"]}).is_success
    create(owner, name=DELUGE["name"].upper())
    with httpx.Client(base_url=mock.url, headers={"Authorization": "Bearer 1000.outsider"}) as outsider:
        create(outsider)
    owner.delete(action_path(first))
    create(owner)


def test_ids_are_never_given_out_twice(owner: httpx.Client, mock: MockServer) -> None:
    first = create(owner)
    owner.delete(action_path(first))
    second = create(owner)
    mock.reset()
    third = create(owner)
    assert int(first) < int(second) < int(third)


def test_a_deleted_action_is_not_found(owner: httpx.Client) -> None:
    identifier = create(owner)
    answer = owner.delete(action_path(identifier))
    assert (answer.status_code, answer.content) == (204, b"")
    path = action_path(identifier)
    gone = (404, "msgaction_not_found")
    assert refusal(owner.get(path)) == gone
    assert refusal(owner.patch(path, json={"hint": "x"})) == gone
    assert refusal(owner.delete(path)) == gone
    assert refusal(owner.get(handler_path(identifier))) == (404, "execution_handler_not_found")
    assert owner.get(LISTING).json()["data"] == []


@pytest.mark.parametrize("identifier", ["abc", "%20", "..%2F", "0", "9" * 19, "9" * 40, "048210000000417001", "\u0661"])
def test_an_unknown_id_is_not_found(owner: httpx.Client, identifier: str) -> None:
    assert refusal(owner.get(action_path(identifier))) == (404, "msgaction_not_found")


def test_a_deluge_handler_takes_a_script(owner: httpx.Client) -> None:
    path = handler_path(create(owner))
    unset = owner.get(path).json()
    function = unset["data"]["function_id"]
    assert unset["data"] == {"name": "execution_handler", "function_id": function}
    script = "\u00e9" * (LARGEST_SCRIPT // 2)
    changed = owner.patch(path, json={"script": script})
    assert changed.json() == {
        "url": f"/api/v3{path}",
        "type": "execution_handler",
        "data": {"name": "execution_handler", "function_id": function, "script": script},
    }
    assert owner.get(path).json() == changed.json()
    assert refusal(owner.patch(path, json={"script": "\u00e9" * 128_001})) == (400, "invalid_inputs")
    assert refusal(owner.patch(path, json={"permissions": ["chat"]})) == (400, "execution_handler_update_failed")
    assert refusal(owner.patch(path, json={})) == (400, "invalid_inputs")
    assert refusal(owner.patch(path, json={"script": "x", "permissions": []})) == (400, "invalid_inputs")
    assert owner.get(path).json() == changed.json()


def test_a_webhook_handler_takes_permissions(owner: httpx.Client) -> None:
    path = handler_path(create(owner, WEBHOOK))
    everything = sorted(SCHEMAS["Permission"]["enum"])[
        : SCHEMAS["HandlerUpdate"]["properties"]["permissions"]["maxItems"]
    ]
    assert owner.patch(path, json={"permissions": everything}).json()["data"]["permissions"] == everything
    assert refusal(owner.patch(path, json={"permissions": everything * 2})) == (400, "invalid_inputs")
    assert refusal(owner.patch(path, json={"permissions": ["camera"]})) == (400, "invalid_inputs")
    assert refusal(owner.patch(path, json={"script": "x"})) == (400, "execution_handler_update_failed")
    assert owner.get(path).json()["data"]["permissions"] == everything


def test_there_is_one_kind_of_handler(owner: httpx.Client) -> None:
    path = handler_path(create(owner), "other_handler")
    assert refusal(owner.get(path)) == (404, "execution_handler_not_found")
    assert refusal(owner.patch(path, json={"script": "x"})) == (404, "execution_handler_not_found")


def test_scopes_decide_who_sees_an_action(owner: httpx.Client, colleague: httpx.Client, mock: MockServer) -> None:
    everyone = create(owner, name="Everyone")
    shared = create(owner, TEAM, name="Shared team", team_ids=[100002])
    other = create(owner, TEAM, name="Other team", team_ids=[100001])
    personal = create(owner, name="Mine", scope="personal")
    with httpx.Client(base_url=mock.url, headers={"Authorization": "Bearer 1000.outsider"}) as outsider:
        for client, sees in (
            (owner, {everyone, shared, other, personal}),
            (colleague, {everyone, shared}),
            (outsider, set[str]()),
        ):
            assert {action["id"] for action in client.get(LISTING).json()["data"]} == sees
            for identifier in (everyone, shared, other, personal):
                answer = client.get(action_path(identifier))
                assert answer.status_code == (200 if identifier in sees else 404)


def test_only_the_creator_changes_an_action(owner: httpx.Client, colleague: httpx.Client) -> None:
    identifier = create(owner)
    path = action_path(identifier)
    denied = (403, "access_denied")
    assert refusal(colleague.patch(path, json={"hint": "x"})) == denied
    assert refusal(colleague.patch(handler_path(identifier), json={"script": "x"})) == denied
    assert refusal(colleague.delete(path)) == denied
    assert owner.get(path).json()["data"]["hint"] == DELUGE["hint"]


def test_a_collaborator_sees_a_personal_action(
    owner: httpx.Client, colleague: httpx.Client, control: httpx.Client
) -> None:
    identifier = create(owner, scope="personal")
    token = colleague.get(LISTING).json()["sync_token"]
    control.post("/collaborators", json={"action": identifier, "users": ["colleague"]}).raise_for_status()
    assert colleague.get(action_path(identifier)).status_code == 200
    changes = colleague.get(LISTING, params={"sync_token": token}).json()
    assert [action["id"] for action in changes["data"]] == [identifier]
    control.post("/collaborators", json={"action": identifier, "users": []}).raise_for_status()
    changes = colleague.get(LISTING, params={"sync_token": changes["sync_token"]}).json()
    assert (changes["data"], changes["deleted"]) == ([], [identifier])


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.name)
def test_a_token_allows_exactly_what_its_scope_allows(mock: MockServer, operation: Any) -> None:
    needed = operation.scopes[0].rsplit(".", 1)[1].lower()
    path = operation.at(action_id="1")
    for scope in ("create", "read", "update", "delete"):
        headers = {"Authorization": f"Bearer 1000.owner-{scope}"}
        body = {} if operation.method in ("POST", "PATCH") else None
        answer = httpx.request(operation.method, mock.url + path, headers=headers, json=body)
        if scope == needed:
            assert answer.json().get("code") != "oauthtoken_scope_invalid"
        else:
            assert refusal(answer) == (403, "oauthtoken_scope_invalid")


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer nobody", "Basic 1000.owner", "1000.owner", "Bearer \x80"]
)
def test_a_call_without_a_valid_token_is_refused(mock: MockServer, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    answer = httpx.get(f"{mock.url}{LISTING}", headers=headers)  # type: ignore[arg-type]
    assert refusal(answer) == (401, "oauthtoken_invalid")


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "Zoho-oauthtoken", "ZOHO-OAUTHTOKEN"])
def test_both_authorization_schemes_are_accepted(mock: MockServer, kind: str) -> None:
    answer = httpx.get(f"{mock.url}{LISTING}", headers={"Authorization": f"{kind} 1000.owner"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", [LISTING, action_path(1), handler_path(1)], ids=["collection", "action", "handler"])
def test_an_unknown_method_is_refused_with_the_allowed_ones(owner: httpx.Client, path: str) -> None:
    taken = {each.method for each in OPERATIONS.values() if each.at(action_id="1") == path}
    allow = ", ".join(sorted(taken))
    for method in ("PUT", "OPTIONS", "TRACE"):
        answer = owner.request(method, path)
        assert refusal(answer) == (405, "request_method_invalid")
        assert answer.headers["allow"] == allow
    head = owner.head(path)
    assert (head.status_code, head.content, head.headers["allow"]) == (405, b"", allow)


@pytest.mark.parametrize("path", ["/", CREATING[:-1], f"{CREATING}/", f"{action_path(1)}/more", "//", "/%"])
def test_another_path_is_refused(owner: httpx.Client, path: str) -> None:
    code = refusal(owner.get(path))
    assert code in {(404, "request_url_invalid"), (404, "msgaction_not_found")}


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 200),
        ("application/*", 200),
        ("text/html, application/json;q=0.5", 200),
        ("", 200),
        ("text/html", 406),
        ("application/json;q=0, */*", 406),
        ("application/json;q=x", 406),
    ],
)
def test_accept_is_honoured(owner: httpx.Client, accept: str, status: int) -> None:
    answer = owner.get(LISTING, headers={"Accept": accept})
    assert answer.status_code == status
    if status == 406:
        assert refusal(answer) == (406, "response_type_invalid")


def test_every_documented_error_code_is_returned_by_some_call(
    owner: httpx.Client, control: httpx.Client, mock: MockServer
) -> None:
    met = set()
    identifier = create(owner)
    rule = {
        "fault": "status",
        "operation": "get_message_action_handler",
        "code": "execution_handler_get_failed",
        "times": 1,
    }
    handler = handler_path(identifier)
    control.post("/faults", json=rule).raise_for_status()
    met.add(owner.get(handler).json()["code"])
    control.post("/policies", json={"creation_limit": 1}).raise_for_status()
    met.add(owner.post(CREATING, json={**DELUGE, "name": "Second"}).json()["code"])
    control.post("/policies", json={"creation_limit": 0}).raise_for_status()
    met.add(owner.post(CREATING, json=DELUGE).json()["code"])
    met.add(owner.post(CREATING, json={}).json()["code"])
    met.add(owner.get(action_path(1)).json()["code"])
    met.add(owner.get(handler_path(1)).json()["code"])
    met.add(owner.patch(handler, json={"permissions": []}).json()["code"])
    catalogue = document()["x-error-catalogue"]  # for an error code that is new in the document, only the name is known
    assert met >= {
        code for code in ERROR_CODES if ERROR_CODES[code].documented and not catalogue[code].get("x-guessed")
    }
    assert mock.url


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1.5", "ten", "1e2", "\u0661", "9" * 5000, ""])
def test_a_limit_out_of_bounds_is_refused(owner: httpx.Client, limit: str) -> None:
    assert refusal(owner.get(LISTING, params={"limit": limit})) == (400, "invalid_inputs")


def test_a_parameter_given_twice_is_refused_and_an_unknown_one_ignored(owner: httpx.Client) -> None:
    assert refusal(owner.get(f"{LISTING}?limit=1&limit=2")) == (400, "invalid_inputs")
    assert owner.get(f"{LISTING}?colour=red").status_code == 200


MADE = Action("n", "h", "personal", "deluge", False, ["text"], "7", "Ada", image="QUJD")


def test_an_unmodelled_field_is_stored_and_shown_if_responses_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    action = replace(MADE, more={"unheard_of": "Ctrl+1", "inner_unheard_of": {"a": [1]}})
    for shown in ({"unheard_of"}, {"unheard_of", "inner_unheard_of"}, set[str]()):
        monkeypatch.setattr(actions, "_SHOWN", properties_of("MessageAction") | shown)
        rendered = actions.render(5, action)
        assert json.loads(rendered).keys() & {"unheard_of", "inner_unheard_of"} == shown
        assert actions.read_action(rendered, actions.render_hidden(action)) == action


@pytest.mark.parametrize("name", sorted(properties_of("MessageAction") - {"id", "type", "handlers"}))
def test_a_field_removed_from_the_document_is_stored_and_not_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(actions, "_SHOWN", properties_of("MessageAction") - {name})
    action = replace(MADE, scope="team", team_ids=(100001,), execution_type="webhook", execution_url="https://x")
    rendered = actions.render(5, action)
    assert name not in json.loads(rendered)
    assert actions.read_action(rendered, actions.render_hidden(action)) == action


def test_a_fixed_segment_goes_before_a_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = OPERATIONS["list_message_actions"]._replace(name="list_kinds", path=f"{CREATING}/kinds", parameters=())
    monkeypatch.setattr("zoho_cliq_mock.document.OPERATIONS", {**OPERATIONS, "list_kinds": listed})
    table = routes()
    found = match(table, f"{CREATING}/kinds"[1:])
    assert found is not None
    assert found[0].operations["GET"].name == "list_kinds"
    found = match(table, action_path(5)[1:])
    assert found is not None
    assert found[1]["action_id"] == "5"
