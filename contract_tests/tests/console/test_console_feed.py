"""The events that an open console receives: first everything, then each change, whatever its cause."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import httpx
import pytest
from api_paths import CREATING, action_path
from zoho_cliq_mock import ControlFailed, MockServer, create_app
from zoho_cliq_mock.console import rows
from zoho_cliq_mock.console.feed import MOST_REMOVED, Feed
from zoho_cliq_mock.state import State
from zoho_cliq_mock.trigger.service import trigger_of

from .conftest import Watcher

OWNER = {"Authorization": "Bearer 1000.owner"}


def create(mock: MockServer, **fields: Any) -> str:
    answer = httpx.post(f"{mock.url}{CREATING}", json={"name": "A", "hint": "h", **fields}, headers=OWNER)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["id"])


def test_the_first_event_has_everything(mock: MockServer, watcher: Watcher) -> None:
    name, data = watcher.last
    assert name == "all"
    assert [chat["title"] for chat in data["chats"].values()] == ["#general", "#general"]
    assert {message["type"] for message in data["messages"].values()} == {"text", "link", "attachment"}
    assert data["actions"] == data["deliveries"] == {}
    world = data["world"]["world"]
    assert [user["key"] for user in world["users"]] == ["owner", "colleague", "outsider"]
    assert world["policies"]["deluge"] == "run"
    assert {policy["name"] for policy in data["catalogue"]["policies"]} == world["policies"].keys()
    assert mock.control_token not in str(data)
    assert "1000." not in str(data)


def test_events_report_what_clients_do(mock: MockServer, watcher: Watcher) -> None:
    action = create(mock, image="aWNvbg==")
    [told] = watcher.read_until("actions", 1)
    assert (told["id"], told["name"], told["organization"], told["image"]) == (action, "A", "48210", "aWNvbg==")
    [request] = watcher.read_until("requests", 1)
    assert (request["operation"], request["status"], request["user"]) == ("create_message_action", 200, "owner")
    httpx.delete(f"{mock.url}{action_path(action)}", headers=OWNER)
    watcher.read_until("actions", 0)
    assert watcher.entries["actions"] == {action: None}


def test_events_report_a_project_until_it_is_hidden(mock: MockServer, watcher: Watcher) -> None:
    mistake = {"file": "actions/a.dg", "line": 3, "severity": "error", "message": "no"}
    mock.show_project("our-actions (test)", "Not applied.", [mistake])
    [told] = watcher.read_until("project", 1)
    assert told == {"title": "our-actions (test)", "text": "Not applied.", "mistakes": [mistake]}
    mock.reset()  # must not hide the project: the folder still exists
    create(mock)
    watcher.read_until("actions", 1)
    assert watcher.entries["project"]["project"] == told
    mock.hide_project()
    watcher.read_until("project", 0)


@pytest.mark.parametrize(
    "wrong",
    [{"line": True}, {"line": "3"}, {"severity": "fatal"}, {"message": None}, {"more": 1}],
    ids=str,
)
def test_a_mistake_of_a_folder_has_its_four_fields(mock: MockServer, wrong: dict[str, Any]) -> None:
    mistake = {"file": "a", "line": 3, "severity": "error", "message": "no", **wrong}
    with pytest.raises(ControlFailed, match="objects with file, line, severity, message"):
        mock.show_project("t", "t", [mistake])


def test_events_report_what_the_user_does(mock: MockServer, watcher: Watcher, browser: httpx.Client) -> None:
    create(mock)
    watcher.read_until("actions", 1)
    message = {"chat": "CT_1001_48210", "text": "hello"}
    posted = browser.post("/_mock/messages", json=message).json()
    assert browser.post("/_mock/trigger", json={"action": "A", "messages": [posted["id"]]}).status_code == 200
    [delivery] = watcher.read_until("deliveries", 1)
    assert delivery["shown"]["kind"] == "not_executed"
    assert [each for each in watcher.entries["messages"].values() if each["type"] == "answer"]
    watcher.entries["world"] = {}
    browser.post("/_mock/policies", json={"deluge": "off"})
    [world] = watcher.read_until("world", 1)
    assert world["policies"]["deluge"] == "off"


def test_events_contain_only_what_changed(mock: MockServer, watcher: Watcher, browser: httpx.Client) -> None:
    browser.post("/_mock/messages", json={"chat": "CT_1001_48210", "text": "hello"})
    data = watcher.read()
    assert watcher.last[0] == "some"
    assert [message["text"] for message in data["messages"].values()] == ["hello"]
    assert data.keys() == {"messages"}


def test_events_report_resets_and_snapshots(mock: MockServer, watcher: Watcher, browser: httpx.Client) -> None:
    browser.post("/_mock/snapshot", json={"name": "early"})
    create(mock)
    watcher.read_until("actions", 1)
    assert watcher.entries["world"]["world"]["snapshots"] == ["early"]
    browser.post("/_mock/restore", json={"name": "early"})
    watcher.read_until("actions", 0)
    create(mock)
    watcher.read_until("actions", 1)
    mock.reset()
    watcher.read_until("actions", 0)
    watcher.read_until("requests", 0)


def test_events_report_the_calls_left_by_thresholds() -> None:
    with MockServer() as mock, httpx.Client(base_url=mock.accounts_url) as browser:
        browser.get(mock.console_url)
        browser.post("/_mock/clock", json={"freeze": 1000}, headers={"Origin": mock.accounts_url})
        with browser.stream("GET", "/_mock/console/events") as answer:
            watcher = Watcher(answer.iter_lines())
            watcher.read()
            assert watcher.entries["world"]["world"]["thresholds"] == {"enabled": True, "used": []}
            create(mock)
            watcher.read_until("requests", 1)
            [used] = watcher.entries["world"]["world"]["thresholds"]["used"]
            assert (used["operation"], used["limit"] - used["left"], used["locked_until"]) == (
                "create_message_action",
                1,
                None,
            )
            for number in range(used["limit"]):
                httpx.post(f"{mock.url}{CREATING}", json={"name": f"B{number}", "hint": "h"}, headers=OWNER)
            watcher.read_until("requests", used["limit"] + 1)
            [used] = watcher.entries["world"]["world"]["thresholds"]["used"]
            assert (used["left"], used["locked_until"]) == (0, 1300)


def test_two_browsers_see_the_same(mock: MockServer, watcher: Watcher, browser: httpx.Client) -> None:
    with browser.stream("GET", "/_mock/console/events") as answer:
        other = Watcher(answer.iter_lines())
        other.read()
        create(mock)
        assert watcher.read_until("actions", 1) == other.read_until("actions", 1)


def test_the_stream_needs_a_session(mock: MockServer, browser: httpx.Client) -> None:
    assert httpx.get(f"{mock.control_url}/console/events").status_code == 401
    headers = {"Sec-Fetch-Site": "same-site"}
    assert browser.get("/_mock/console/events", headers=headers).status_code == 403


def test_a_server_that_stops_does_not_wait_for_its_watchers(caplog: pytest.LogCaptureFixture) -> None:
    with MockServer() as mock, httpx.Client(base_url=mock.accounts_url) as browser:
        browser.get(mock.console_url)
        with browser.stream("GET", "/_mock/console/events") as answer:
            lines = answer.iter_lines()
            next(lines)
            with caplog.at_level(logging.WARNING):
                mock.stop()
            assert list(lines)[-1] == ""  # the stream ended regularly and was not cut off
    assert not caplog.records


def test_the_state_is_not_compared_without_watchers(mock: MockServer, browser: httpx.Client) -> None:
    with browser.stream("GET", "/_mock/console/events") as answer:
        next(answer.iter_lines())
    deadline = time.monotonic() + 10
    while (running := mock._in_thread(_watching)) and time.monotonic() < deadline:
        pass
    assert not running


def _watching() -> bool:
    return any("Feed._watch" in repr(task) for task in asyncio.all_tasks())


def test_a_watcher_that_missed_removals_gets_everything() -> None:
    state = State()
    try:
        from zoho_cliq_mock.trigger.service import Trigger

        state.parts["trigger"] = Trigger(state)
        feed = Feed(state)
        feed._look()
        told = feed._number
        for number in range(MOST_REMOVED + 1):
            feed._removed["messages", str(number)] = told
        trigger = state.parts["trigger"]
        trigger.chats.clear()
        feed._look()
        assert told < feed._forgotten
        assert not feed._removed
    finally:
        state.close()


def test_only_the_latest_of_many_entries_are_sent(
    mock: MockServer, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MOST_BYTES", 5000)
    for number in range(8):
        text = f"{number} " + "x" * 1000
        browser.post("/_mock/messages", json={"chat": "CT_1001_48210", "text": text})
    with browser.stream("GET", "/_mock/console/events") as answer:
        watcher = Watcher(answer.iter_lines())
        watcher.read()
        told = [message["text"][0] for message in watcher.entries["messages"].values() if message]
    assert sorted(told) == ["4", "5", "6", "7"]


def test_changes_during_an_event_are_in_the_next_event() -> None:
    app = create_app()
    feed = Feed(app.state)
    app.state.closing.append(feed.close)

    async def read() -> bytes:
        stream = feed.stream()
        await anext(stream)
        trigger_of(app.state).post_message("CT_1001_48210", {"text": "meanwhile"})
        feed._look()
        async with asyncio.timeout(5):
            event = await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        return event

    try:
        assert b"meanwhile" in asyncio.run(read())
    finally:
        app.state.close()
