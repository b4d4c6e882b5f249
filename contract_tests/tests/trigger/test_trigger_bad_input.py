"""Every input to the control calls of the trigger side is answered with a reason, never with a server error."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zoho_cliq_mock import create_app

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["owner", "outsider", "CT_1001_48210", "A", "text", "link", "attachment", "1", "\0", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
FIELDS = {
    "trigger": ["action", "user", "chat", "messages", "text", "type", "attachments", "location"],
    "chats": ["id", "title", "type", "owner", "members"],
    "messages": ["id", "chat", "sender", "type", "text", "attachments"],
}
GOOD: dict[str, dict[str, Any]] = {
    "trigger": {"action": "A", "text": "x"},
    "chats": {"members": ["owner"]},
    "messages": {"chat": "CT_1001_48210", "text": "x"},
}


@pytest.mark.parametrize("path", FIELDS)
@settings(derandomize=True, database=None, max_examples=30, deadline=None)
@given(data=st.data())
def test_no_body_makes_the_mock_fail(path: str, data: st.DataObject) -> None:
    changes = data.draw(st.dictionaries(st.sampled_from(FIELDS[path]), JSON, max_size=3))
    body = json.dumps({**GOOD[path], **changes}).encode()
    for answer in asyncio.run(_send(path, body)):
        assert answer.status_code < 500, (body, answer.text)
        if answer.status_code >= 400:
            assert answer.json()["message"]


async def _send(path: str, body: bytes) -> list[httpx.Response]:
    app = create_app(thresholds=False)
    try:
        owner = app.state.directory.users["owner"]
        app.state.store.create(owner, {"name": "A", "hint": "h", "execution_type": "deluge"})
        headers = {"Authorization": f"Bearer {app.state.control_token}"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
            sent = await client.post(f"/_mock/{path}", content=body)
            looks = [await client.get(f"/_mock/{each}") for each in ("chats", "messages", "deliveries")]
            return [sent, *looks]
    finally:
        app.state.close()


@settings(derandomize=True, database=None, max_examples=30, deadline=None)
@given(body=st.binary(max_size=60) | JSON.map(lambda value: json.dumps({"output": value}).encode()))
def test_no_deferred_answer_makes_the_mock_fail(body: bytes) -> None:
    async def main() -> httpx.Response:
        app = create_app(thresholds=False)
        try:
            owner = app.state.directory.users["owner"]
            app.state.store.create(owner, {"name": "A", "hint": "h"})
            headers = {"Authorization": f"Bearer {app.state.control_token}", "Content-Type": "application/json"}
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
                record = (await client.post("/_mock/trigger", content=json.dumps(GOOD["trigger"]))).json()
                answer = await client.post(record["event"]["response_url"], content=body)
                assert (await client.get("/_mock/messages")).status_code == 200
                return answer
        finally:
            app.state.close()

    answer = asyncio.run(main())
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize("path", ["chats", "messages", "databases", "task-stubs"])
def test_a_body_nested_deeply_is_refused(path: str) -> None:
    for nested in ("[" * 300 + "]" * 300, '{"a":' * 1000 + "1" + "}" * 1000):
        answer, *looks = asyncio.run(_send(path, f'{{"text": "x", "chat": {nested}}}'.encode()))
        assert (answer.status_code, answer.json()["message"]) == (400, "the body is nested more than 100 levels deep")
        assert {look.status_code for look in looks} == {200}


def test_a_message_needs_a_user_and_a_delivery_an_id_that_there_is() -> None:
    async def main() -> list[httpx.Response]:
        app = create_app(seed={"users": [], "tokens": [], "organizations": []}, thresholds=False)
        headers = {"Authorization": f"Bearer {app.state.control_token}"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
            posted = await client.post("/_mock/messages", json={"text": "x"})
            return [posted, await client.post(f"/_mock/deliveries/{2**64}/again")]

    assert [(answer.status_code, answer.json()["message"]) for answer in asyncio.run(main())] == [
        (404, "the seed has no users"),
        (404, f"there is no delivery {2**64}"),
    ]
