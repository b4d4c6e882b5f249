"""Actions of the page on behalf of a user: calls of the API, menus with reasons, checked scripts, events sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import zoho_cliq_deluge
from api_paths import CREATING, LISTING, action_path
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_mock import MockServer

from ..trigger.conftest import Webhook
from ..trigger.conftest import webhook as webhook

Make = Callable[..., str]


@pytest.fixture
def act(browser: httpx.Client) -> Callable[..., Any]:
    def call(method: str, path: str, body: Any = None, user: str = "owner") -> Any:
        given = {"user": user, "method": method, "path": path, "body": body}
        answer = browser.post("/_mock/console/api", json=given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return call


def test_a_call_is_made_as_the_user_and_leaves_no_token(act: Any, mock: MockServer, browser: httpx.Client) -> None:
    grants = set(mock.app.state.directory.grants)
    made = act("POST", CREATING, {"name": "A", "hint": "h", "scope": "personal"}, user="colleague")
    assert made["status"] == 200
    assert made["body"]["data"]["creator"]["name"] == "Grace"
    assert act("GET", action_path(made["body"]["data"]["id"]))["status"] == 404
    assert act("GET", f"{LISTING}?limit=1", user="colleague")["body"]["data"][0]["name"] == "A"
    assert act("DELETE", action_path(made["body"]["data"]["id"]), user="colleague")["status"] == 204
    assert set(mock.app.state.directory.grants) == grants
    [first, *_] = browser.get("/_mock/journal").json()["requests"]
    assert (first["user"], first["operation"], first["status"]) == ("colleague", "create_message_action", 200)


def test_calls_from_the_page_follow_the_apis_rules(act: Any, browser: httpx.Client) -> None:
    refused = act("POST", CREATING, {"name": ""})
    assert (refused["status"], refused["body"]["code"]) == (400, "invalid_inputs")
    assert act("GET", "/nothing")["status"] == 404
    assert act("GET", "/../../_mock/state")["status"] == 404
    assert act("GET", f"{CREATING}/%2e%2e/x y")["status"] == 404
    browser.post("/_mock/faults", json={"fault": "malformed_json", "times": 1})
    assert isinstance(act("GET", LISTING)["body"], str)
    for fault in ("reset", "close", "garbage", "truncated", "bad_chunk"):
        browser.post("/_mock/faults", json={"fault": fault, "times": 1})
        assert act("GET", LISTING)["status"] == 0
    browser.post("/_mock/faults", json={"fault": "delay", "delay": 0.01, "times": 1})
    assert act("GET", LISTING)["status"] == 200


def test_thresholds_count_the_page_as_well() -> None:
    with MockServer() as mock, httpx.Client(base_url=mock.accounts_url) as browser:
        browser.get(mock.console_url)
        given = {"user": "owner", "method": "POST", "path": CREATING, "body": {}}
        threshold = OPERATIONS["create_message_action"].threshold
        assert threshold is not None
        limit = threshold.limit
        answers = [
            browser.post("/_mock/console/api", json=given, headers={"Origin": mock.accounts_url}).json()["status"]
            for _ in range(limit + 1)
        ]
        assert set(answers) == {400, 429}
        assert answers.index(429) == limit


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "user, method, path"),
        ([], "user, method, path"),
        ({"user": "owner", "path": "/x", "token": "t"}, "user, method, path"),
        ({"user": "nobody", "path": "/x"}, "unknown user"),
        ({"user": ["owner"], "path": "/x"}, "unknown user"),
        ({"user": "owner", "path": "x"}, "must begin with /"),
        ({"user": "owner", "path": 1}, "must begin with /"),
        ({"user": "owner", "path": "/x", "method": "TRACE"}, "method"),
        ({"user": "owner", "path": "/x", "method": {}}, "method"),
    ],
)
def test_an_invalid_call_is_refused(browser: httpx.Client, body: Any, said: str) -> None:
    answer = browser.post("/_mock/console/api", json=body)
    assert answer.status_code == 400
    assert said in answer.json()["message"]


def test_the_menu_says_why_an_action_is_not_offered(browser: httpx.Client, make: Make) -> None:
    make("Shown", image="aWNvbg==")
    make("Links", message_types=["link"])
    make("Mine", scope="personal")
    messages = browser.get("/_mock/messages").json()["messages"]
    query = {"user": "colleague", "message": messages[0]["id"]}
    found = browser.get("/_mock/console/menu", params=query).json()["actions"]
    assert [(action["name"], action["image"]) for action in found] == [
        ("Shown", "aWNvbg=="),
        ("Links", None),
        ("Mine", None),
    ]
    assert found[0]["reason"] is None
    assert found[1]["reason"] == "it is offered on link, but the message is text"
    several = {"user": "owner", "message": [message["id"] for message in messages[:2]]}
    denied = browser.get("/_mock/console/menu", params=several).json()["actions"][1]
    assert denied["reason"] == f"it is offered on link, but {messages[0]['id']!r} is text"
    assert found[2]["reason"] == "colleague does not see this action, whose scope is personal"
    for wrong in ({"user": "x"}, {"user": "owner"}, {"user": "owner", "message": "x"}, {**query, "user": "outsider"}):
        assert browser.get("/_mock/console/menu", params=wrong).status_code in (400, 403)


def test_a_script_is_checked(browser: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(script: Any) -> Any:
        return browser.post("/_mock/console/check", json={"script": script}).json()

    assert check('return {"text":"x"};') == {"findings": []}
    [finding] = [each for each in check('info "a";\nx = ;')["findings"] if each["severity"] == "error"]
    assert finding["line"] == 2
    assert finding["message"]
    assert check(1)["message"] == "script: must be a string"
    for hostile in ("x = " + "(" * 20_000, "x = \U0001f600\0;", "return [" * 5_000, "x = 1;\n" * 3_000):
        assert "findings" in check(hostile)

    class Finding:
        severity, line, column, message, rule = "warning", 3, 4, "Say it shorter.", "short"

    monkeypatch.setattr(zoho_cliq_deluge, "check", lambda script: [Finding()], raising=False)
    assert check("x")["findings"] == [
        {"severity": "warning", "line": 3, "column": 4, "message": "Say it shorter.", "rule": "short"}
    ]


def test_an_event_is_sent_again(browser: httpx.Client, api: httpx.Client, make: Make, webhook: Webhook) -> None:
    action = make("Hook", {"permissions": ["message"]}, execution_type="webhook", execution_url=webhook.url)
    record = browser.post("/_mock/trigger", json={"action": "Hook", "text": "fire"}).json()
    path = f"/_mock/deliveries/{record['id']}/again"
    again = browser.post(path).json()
    assert (again["again"], again["shown"]["kind"]) == (record["id"], "message")
    assert again["id"] != record["id"]
    assert webhook.got[1]["params"] == webhook.got[0]["params"]
    later = httpx.post(webhook.got[1]["response_url"], json={"output": {"text": "later"}})
    assert later.status_code == 200
    deliveries = {each["id"]: each for each in browser.get("/_mock/deliveries").json()["deliveries"]}
    assert "deferred" not in deliveries[record["id"]]
    assert deliveries[again["id"]]["deferred"]["text"] == "later"
    event = {**record["event"], "params": {"message": {"text": "other"}}}
    assert browser.post(path, json={"event": event}).json()["event"]["params"] == {"message": {"text": "other"}}
    assert webhook.got[2]["params"] == {"message": {"text": "other"}}
    for wrong in ({"event": 1}, {"events": {}}, [1], {"event": {"params": 1}}, {"event": {}}):
        assert browser.post(path, json=wrong).status_code == 400
    assert browser.post("/_mock/deliveries/999/again").status_code == 404
    api.delete(action_path(action)).raise_for_status()
    assert browser.post(path).status_code == 409
    assert len(webhook.got) == 3


def test_a_script_runs_again_with_another_event(browser: httpx.Client, make: Make) -> None:
    make("Script", {"script": 'return {"text": "got " + message.get("text")};'})
    record = browser.post("/_mock/trigger", json={"action": "Script", "text": "fire"}).json()
    event = record["event"]
    event["params"]["message"]["text"] = "water"
    again = browser.post(f"/_mock/deliveries/{record['id']}/again", json={"event": event}).json()
    assert again["shown"]["text"] == "got water"
    assert again["deluge"]["errors"] == []


def test_an_event_is_sent_again_by_a_method(mock: MockServer, make: Make) -> None:
    make("Script", {"script": 'return {"text": "got " + message.get("text")};'})
    first = mock.trigger("Script", "fire")
    again = mock.send_again(first.id)
    assert again.shown is not None
    assert (again.shown.text, again.id != first.id) == ("got fire", True)
    other = mock.send_again(first.id, {"params": {"message": {"text": "water"}}})
    assert other.shown is not None
    assert other.shown.text == "got water"
