"""Which actions are offered on which messages: scope and team, message types, status, and several messages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from needed import FIELDS
from zoho_cliq import Cliq
from zoho_cliq_mock import MockServer

several = pytest.mark.skipif("multi_selectable" not in FIELDS, reason="actions are for one message")


def post(control: httpx.Client, status: int = 200, **fields: Any) -> Any:
    answer = control.post("/messages", json={"chat": "CT_1001_48210", **fields})
    assert answer.status_code == status, answer.text
    return answer.json()


def offered(control: httpx.Client, *messages: str, user: str = "owner") -> list[str]:
    answer = control.get("/menu", params={"user": user, "message": messages})
    assert answer.status_code == 200, answer.text
    return [action["name"] for action in answer.json()["actions"]]


def test_the_first_chats_have_a_message_of_each_kind(control: httpx.Client) -> None:
    chats = control.get("/chats").json()["chats"]
    assert [(chat["id"], chat["members"]) for chat in chats] == [
        ("CT_1001_48210", ["owner", "colleague"]),
        ("CT_1002_48999", ["outsider"]),
    ]
    messages = control.get("/messages", params={"chat": "CT_1001_48210"}).json()["messages"]
    assert [message["type"] for message in messages] == ["text", "link", "attachment"]
    assert " " in messages[0]["id"]


def test_visibility_follows_scope_and_team(control: httpx.Client, cliq: Cliq) -> None:
    create = cliq.message_actions.create
    create(name="All", hint="h", scope="organization")
    create(name="Mine", hint="h", scope="personal")
    create(name="Support", hint="h", scope="team", team_ids=[100001])
    create(name="Operations", hint="h", scope="team", team_ids=[100002])
    text = post(control, text="hi")["id"]
    other = control.post("/messages", json={"chat": "CT_1002_48999", "text": "hi"}).json()["id"]
    assert offered(control, text) == ["All", "Mine", "Support", "Operations"]
    assert offered(control, text, user="colleague") == ["All", "Operations"]
    assert offered(control, other, user="outsider") == []


def test_message_types_decide_what_is_offered(control: httpx.Client, cliq: Cliq) -> None:
    for kinds in (["text"], ["link"], ["attachment"], ["text", "link", "attachment"]):
        cliq.message_actions.create(name="+".join(kinds), hint="h", message_types=kinds)
    text = post(control, text="hi")["id"]
    link = post(control, type="link", text="https://example.com")["id"]
    file = post(control, type="attachment", attachments=[{"name": "a"}])["id"]
    assert offered(control, text) == ["text", "text+link+attachment"]
    assert offered(control, link) == ["link", "text+link+attachment"]
    assert offered(control, file) == ["attachment", "text+link+attachment"]


def test_an_action_that_is_not_enabled_is_not_offered(control: httpx.Client, cliq: Cliq, mock: MockServer) -> None:
    cliq.message_actions.create(name="A", hint="h")
    text = post(control, text="hi")["id"]
    assert offered(control, text) == ["A"]
    mock.app.state.connection.execute(
        "UPDATE action SET rendered = CAST(replace(CAST(rendered AS TEXT), '\"enabled\"', '\"disabled\"') AS BLOB)"
    )
    assert offered(control, text) == []


@several
def test_several_messages_need_a_multi_selectable_action(control: httpx.Client, cliq: Cliq) -> None:
    cliq.message_actions.create(name="One", hint="h")
    cliq.message_actions.create(name="Many", hint="h", multi_selectable=True)
    messages = [post(control, text="hi")["id"] for _ in range(26)]
    assert offered(control, *messages[:1]) == ["One", "Many"]
    assert offered(control, *messages[:2]) == ["Many"]
    assert offered(control, *messages[:25]) == ["Many"]
    assert offered(control, *messages) == []
    refused = control.post("/trigger", json={"action": "Many", "messages": messages})
    assert refused.status_code == 409
    assert "at most 25" in refused.json()["message"]


@several
def test_at_most_ten_files_can_be_chosen(control: httpx.Client, cliq: Cliq) -> None:
    cliq.message_actions.create(name="Many", hint="h", multi_selectable=True)
    five = [{"name": f"{number}.txt"} for number in range(5)]
    messages = [post(control, type="attachment", attachments=five)["id"] for _ in range(2)]
    assert offered(control, *messages) == ["Many"]
    messages.append(post(control, type="attachment", attachments=five[:1])["id"])
    assert offered(control, *messages) == []


@pytest.mark.parametrize(
    ("user", "messages", "status", "said"),
    [
        ("nobody", ["x"], 404, "unknown user"),
        ("owner", [], 400, "no message is selected"),
        ("owner", ["unknown"], 400, "there is no message 'unknown'"),
    ],
)
def test_an_invalid_choice_is_refused_with_a_reason(
    control: httpx.Client, user: str, messages: list[str], status: int, said: str
) -> None:
    answer = control.get("/menu", params={"user": user, "message": messages})
    assert answer.status_code == status
    assert said in answer.json()["message"]


def test_only_members_of_a_chat_choose_there(control: httpx.Client, cliq: Cliq) -> None:
    cliq.message_actions.create(name="A", hint="h")
    direct = control.post("/chats", json={"members": ["colleague"], "type": "dm", "title": "Notes"}).json()
    message = control.post("/messages", json={"chat": direct["id"], "text": "hi"}).json()["id"]
    assert offered(control, message, user="colleague") == ["A"]
    assert control.get("/menu", params={"message": message}).status_code == 403
    text = post(control, text="hi")["id"]
    mixed = control.get("/menu", params={"user": "colleague", "message": [message, text]})
    assert (mixed.status_code, "one chat" in mixed.text) == (400, True)


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/chats", {}, "members"),
        ("/chats", {"members": []}, "members"),
        ("/chats", {"members": "owner"}, "members"),
        ("/chats", {"members": ["nobody"]}, "unknown user"),
        ("/chats", {"members": ["owner", "outsider"]}, "one organization"),
        ("/chats", {"members": ["owner"], "owner": "colleague"}, "owner"),
        ("/chats", {"members": ["owner"], "id": "CT_1001_48210"}, "already"),
        ("/chats", {"members": ["owner"], "colour": "red"}, "colour"),
        ("/messages", {"chat": "CT_0", "text": "x"}, "there is no chat"),
        ("/messages", {"chat": "CT_1001_48210"}, "text"),
        ("/messages", {"chat": "CT_1001_48210", "text": 3}, "text"),
        ("/messages", {"chat": "CT_1001_48210", "text": "x", "type": "poem"}, "type"),
        ("/messages", {"chat": "CT_1001_48210", "text": "x", "sender": "outsider"}, "sender"),
        ("/messages", {"chat": "CT_1001_48210", "text": "x", "attachments": [{}]}, "attachments"),
        ("/messages", {"chat": "CT_1001_48210", "type": "attachment", "attachments": []}, "attachments"),
        ("/messages", {"chat": "CT_1001_48210", "type": "attachment", "attachments": ["a"]}, "attachments"),
        ("/trigger", [], "object"),
        ("/trigger", {"messages": ["x"]}, "action"),
        ("/trigger", {"action": "A", "messages": "x"}, "messages"),
        ("/trigger", {"action": "A", "message": "x"}, "message"),
        ("/trigger", {"action": "A", "text": "x", "location": 3}, "location"),
    ],
)
def test_an_invalid_chat_or_message_is_refused_and_nothing_is_added(
    control: httpx.Client, path: str, body: Any, said: str
) -> None:
    before = control.get("/chats").json(), control.get("/messages").json()
    answer = control.post(path, json=body)
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["message"]
    assert (control.get("/chats").json(), control.get("/messages").json()) == before


def test_a_seed_brings_its_own_chats() -> None:
    from zoho_cliq_mock.directory import SeedError
    from zoho_cliq_mock.seed import DEMO

    messages = [{"text": "hello", "sender": "colleague", "id": "7 1"}]
    seed = {**DEMO, "chats": [{"id": "CT_9", "members": ["owner", "colleague"], "messages": messages}]}
    with MockServer(seed=seed) as server:
        headers = {"Authorization": f"Bearer {server.control_token}"}
        with httpx.Client(base_url=server.control_url, headers=headers) as control:
            for _ in range(2):
                assert [chat["id"] for chat in control.get("/chats").json()["chats"]] == ["CT_9"]
                assert [message["id"] for message in control.get("/messages").json()["messages"]] == ["7 1"]
                assert control.post("/messages", json={"chat": "CT_9", "text": "x"}).status_code == 200
                server.reset()

    for wrong in ("x", ["x"], [{"members": ["nobody"]}]):
        with pytest.raises(SeedError, match="chats"):
            MockServer(seed={**DEMO, "chats": wrong})


def test_every_control_call_needs_the_token(mock: MockServer) -> None:
    with httpx.Client(base_url=mock.control_url) as anonymous:
        for method, path in (
            ("GET", "menu"),
            ("POST", "trigger"),
            ("GET", "deliveries"),
            ("GET", "chats"),
            ("POST", "chats"),
            ("GET", "messages"),
            ("POST", "messages"),
            ("GET", "signing-key"),
        ):
            assert anonymous.request(method, f"/{path}").status_code == 401, path
