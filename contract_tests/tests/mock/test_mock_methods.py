"""The methods of `MockServer`, `MockControl` and `AsyncMock`: typed calls of the control API."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, assert_type
from urllib.request import Request, urlopen

import httpx
import pytest
import zoho_cliq_mock
from api_paths import CREATING, LISTING
from needed import NEEDED
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_mock import AsyncMock, ControlFailed, Delivery, DelugeRunner, MockControl, MockServer
from zoho_cliq_mock.clock import Clock
from zoho_cliq_mock.control import ROUTES
from zoho_cliq_mock.controls import RESET, Ask, Controls, FaultRule, T
from zoho_cliq_mock.faults import _FIELDS, KINDS
from zoho_cliq_mock.results import Attempt
from zoho_cliq_mock.trigger.routes import trigger_routes

CREATED = OPERATIONS["create_message_action"].success

ACTION = {"name": "Create ticket", "hint": "File it", "execution_type": "webhook"}


def test_every_call_of_the_control_api_has_a_method(mock: MockServer) -> None:
    asked: list[Ask[Any]] = [RESET]

    class Recorder(MockControl):
        def _ask(self, ask: Ask[T]) -> Any:
            asked.append(ask)

    recorder = Recorder("http://127.0.0.1:1", "")
    recorder.trigger("a", "b")
    recorder.menu("1")
    recorder.send_again(1)
    recorder.send_event("a", {})
    recorder.console_link()
    recorder.show_project("folder", "Applied.")
    recorder.hide_project()
    recorder.add_chat("owner")
    recorder.add_fault("status")
    recorder.advance(1)
    recorder.policies()
    recorder.policies(list_order="newest_first")
    recorder.thresholds()
    recorder.thresholds(clear=True)
    recorder.reseed({})
    recorder.revoke_token("t")
    recorder.add_code("owner", "c")
    recorder.set_collaborators("1")
    recorder.set_teams("owner")
    for name in ("deliveries", "post_message", "messages", "chats", "signing_key", "faults", "clear_faults", "now"):
        getattr(recorder, name)()
    recorder.add_connections({})
    recorder.add_task_stubs({})
    recorder.add_record("d", {})
    for name in ("connections", "clear_connections", "task_stubs", "clear_task_stubs", "databases"):
        getattr(recorder, name)()
    for name in ("journal", "clear_journal", "snapshot", "restore", "state", "seed", "add_token"):
        getattr(recorder, name)()
    routes = {(method, f"/_mock/{path}") for method, path, _ in ROUTES if path != "health"}
    routes |= {
        (method, route.path.replace("{id:int}", "1"))
        for route in trigger_routes(mock.app.state)
        for method in (route.methods or ())
        if method != "HEAD" and route.path != "/_mock/responses/{key}"
    }
    assert {(ask.method, f"/_mock/{ask.path.partition('?')[0]}") for ask in asked} == routes


def test_a_fault_rule_has_the_fields_that_the_mock_takes() -> None:
    assert FaultRule.__annotations__.keys() | {"fault", "operation", "times"} == _FIELDS.keys()
    assert set(inspect.signature(Controls.add_fault).parameters) >= {"fault", "times"}
    for kind in KINDS:
        assert f"'{kind}'" in str(inspect.signature(Controls.add_fault, eval_str=True).parameters["fault"])


def test_methods_show_their_signature_and_description(mock: MockServer) -> None:
    for method in (mock.trigger, mock.as_async().trigger):
        assert list(inspect.signature(method).parameters)[:3] == ["action", "text", "messages"]
        assert (inspect.getdoc(method) or "").startswith("Choose a message action")
    assert MockServer.trigger.__name__ == "trigger"


def test_reprs_say_what_it_is_and_show_no_secret() -> None:
    server = MockServer(connections={"crm": {"Authorization": "a-secret-of-a-connection"}})
    assert repr(server) == f"<MockServer {server.url}, not started>"
    with server:
        assert repr(server) == f"<MockServer {server.url}, running>"
        assert repr(server.as_async()) == f"<AsyncMock of {server!r}>"
        server.clock.sleep(90)
        assert repr(server.clock) == "<SharedClock: 1 waits, 90 s in all>"
        assert repr(server.app) == "<zoho_cliq_mock App: 3 users of 2 organizations>"
    assert repr(server) == f"<MockServer {server.url}, stopped>"
    control = MockControl("https://user:password@mock.example/cliq/", "a-control-token")
    assert repr(control) == "<MockControl https://mock.example/cliq/api/v3>"
    assert repr(AsyncMock(control)) == f"<AsyncMock of {control!r}>"
    clock = Clock(lambda: 5.0)
    clock.advance(60)
    assert repr(clock) == "<Clock +60 s>"
    clock.freeze(1000.0)
    assert repr(clock) == "<Clock frozen at 1000.000>"
    runner = DelugeRunner()
    runner.connections["crm"] = {"Authorization": "a-secret-of-a-connection"}
    runner.hosts.append("desk.example.com")
    assert repr(runner) == "<DelugeRunner: connections ['crm'], stubs [], hosts ['desk.example.com']>"
    assert "a-secret-of-a-cookie" not in repr(
        Attempt(1, "https://desk.example.com", 200, {"Set-Cookie": "a-secret-of-a-cookie"})
    )


def test_every_public_class_has_a_repr_of_its_own() -> None:
    public = [getattr(zoho_cliq_mock, name) for name in zoho_cliq_mock.__all__]
    plain = [kind.__name__ for kind in public if isinstance(kind, type) and kind.__repr__ is object.__repr__]
    assert plain == []


# ---- faults, time, rules, state


def test_fail_next_spoils_the_next_calls_only(mock: MockServer, owner: httpx.Client) -> None:
    mock.fail_next("list_message_actions", status=503)
    rule = mock.fail_next(times=2)
    assert (rule.fault, rule.times, rule.applied) == ("status", 2, 0)
    assert [owner.get(LISTING).status_code for _ in range(4)] == [503, 500, 500, 200]
    assert [rule.applied for rule in mock.faults()] == [1, 2]
    assert mock.clear_faults()[0].seen == 4
    assert mock.faults() == []


def test_a_fault_rule_stays(mock: MockServer, owner: httpx.Client) -> None:
    rule = mock.add_fault(
        "status", ("get_message_action", "list_message_actions"), nth=[1, 3], status=502, user="owner"
    )
    assert rule.operations == ("get_message_action", "list_message_actions")
    assert rule.nth == (1, 3)
    assert [owner.get(LISTING).status_code for _ in range(4)] == [502, 200, 502, 200]


def test_the_clock_can_be_read_advanced_frozen_and_run(mock: MockServer) -> None:
    assert mock.freeze(1000.0) == mock.now() == 1000.0
    assert mock.advance(60) == 1060.0
    assert mock.run_clock() >= 1060.0
    assert mock.freeze() == mock.now()


def test_policies_and_thresholds(mock: MockServer, owner: httpx.Client) -> None:
    assert mock.policies()["throttle_status"] == "429"
    assert mock.policies(throttle_status="400")["throttle_status"] == "400"
    for _ in range(31):
        last = owner.get(LISTING)
    assert last.status_code == 400
    assert list(mock.thresholds().locks) == ["70021945 list_message_actions"]
    assert mock.thresholds(clear=True).locks == {}
    assert not mock.thresholds(enabled=False).enabled
    with pytest.raises(ControlFailed, match="no_such_policy") as caught:
        mock.policies(no_such_policy=1)
    assert caught.value.status == 400


def test_journal_snapshot_and_seed(mock: MockServer, owner: httpx.Client) -> None:
    mock.snapshot()
    owner.post(CREATING, json={"name": "a", "hint": "b"}).raise_for_status()
    (entry,) = mock.journal()
    assert (entry.operation, entry.user, entry.status) == ("create_message_action", "owner", CREATED)
    assert json.loads(entry.body) == {**NEEDED, "name": "a", "hint": "b"}
    assert len(mock.state()["actions"]) == 1
    mock.restore()
    assert mock.state()["actions"] == []
    mock.clear_journal()
    assert mock.journal() == []
    with pytest.raises(ControlFailed, match="no snapshot 'other'"):
        mock.restore("other")


def test_seed_people_and_tokens(owner: httpx.Client) -> None:
    with MockServer() as mock:
        mock.reseed({**mock.seed(), "tokens": []})
        url = f"{mock.url}{LISTING}"

        def status(token: str) -> int:
            return httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code

        token = mock.add_token()
        assert status(token) == 200
        mock.revoke_token(token)
        assert status(token) == 401
        assert status(mock.add_token("colleague", scopes=["CREATE"])) == 403
        short = mock.add_token(expires_in=60)
        mock.advance(61)
        assert status(short) == 401
        assert mock.add_code("owner", "1000.DEMO", scopes=["READ"])
        mock.set_teams("colleague", 100001)
        mock.set_teams("colleague")
        assert teams_of(mock, "colleague") == []
        mock.reset()
        assert mock.seed()["tokens"] == []


def teams_of(mock: MockServer, key: str) -> list[int]:
    return next(list(user["teams"]) for user in mock.state()["users"] if user["key"] == key)


def test_set_teams_creates_missing_teams_if_asked(tmp_path: Path) -> None:
    path = str(tmp_path / "mock.db")
    with MockServer(path) as mock, httpx.Client(headers={"Authorization": "Bearer 1000.colleague"}) as client:
        with pytest.raises(ControlFailed, match="there is no team 4711 in the organization"):
            mock.set_teams("colleague", 4711)
        mock.set_teams("colleague", 4711, 100002, create=True)
        action = {"name": "a", "hint": "b", "scope": "team", "team_ids": [4711]}
        assert client.post(f"{mock.url}/messageactions", json=action).is_success
        with pytest.raises(ControlFailed, match="there is no team -1"):
            mock.set_teams("colleague", -1, create=True)
    with MockServer(path) as mock:
        assert teams_of(mock, "colleague") == [4711, 100002]
        mock.set_teams("owner", 4711)
        mock.reset()
        assert teams_of(mock, "colleague") == [100002]
        with pytest.raises(ControlFailed, match="there is no team 4711"):
            mock.set_teams("owner", 4711)


def test_a_link_to_the_console_is_made_by_a_call(mock: MockServer) -> None:
    link = f"{mock.accounts_url}{mock.console_link()}"
    assert [httpx.get(link).status_code for _ in range(2)] == [303, 403]


def test_collaborators(mock: MockServer, owner: httpx.Client, colleague: httpx.Client) -> None:
    made = owner.post(CREATING, json={"name": "a", "hint": "b", "scope": "personal"}).json()["data"]
    for users, seen in (((), 0), (("colleague",), 1)):
        mock.set_collaborators(made["id"], *users)
        assert len(colleague.get(LISTING).json()["data"]) == seen


def test_chats_and_messages(mock: MockServer, owner: httpx.Client) -> None:
    owner.post(CREATING, json={"name": "a", "hint": "b", "message_types": ["text"]}).raise_for_status()
    first = mock.post_message("hello")
    assert (first.sender, first.text, first.chat) == ("owner", "hello", mock.chats()[0].id)
    assert [action["name"] for action in mock.menu(first.id, user="colleague")] == ["a"]
    chat = mock.add_chat("colleague", "owner", title="#desk")
    assert (chat.owner, chat.members) == ("colleague", ("colleague", "owner"))
    file = mock.post_message(chat=chat.id, sender="owner", type="attachment", attachments=[{"name": "a.pdf"}])
    assert mock.messages(chat.id) == [file]
    assert first in mock.messages()
    assert mock.menu(file.id) == []
    with pytest.raises(ControlFailed, match="unknown user 'nobody'") as caught:
        mock.post_message("hello", sender="nobody")
    assert caught.value.status == 404


def test_the_key_of_signatures(mock: MockServer) -> None:
    assert mock.signing_key().startswith("-----BEGIN PUBLIC KEY-----")


# ---- choosing


class Desk(HTTPServer):
    """A webhook; `sooner` is called with the event before the answer is sent, `later` after it was sent."""

    def __init__(self, later: Callable[[Any], None] = lambda event: None) -> None:
        super().__init__(("127.0.0.1", 0), DeskHandler)
        self.sooner: Callable[[Any], None] = lambda event: None
        self.later = later
        threading.Thread(target=self.serve_forever, daemon=True).start()


class DeskHandler(BaseHTTPRequestHandler):
    server: Desk

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.sooner(event)
        sent = json.dumps({"output": {"text": f"Filed: {event['name']}"}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)
        threading.Thread(target=self.server.later, args=(event,)).start()

    def log_message(self, *args: Any) -> None:
        pass


def respond(event: Any) -> None:
    body = json.dumps({"output": {"text": "Done."}}).encode()
    urlopen(Request(event["response_url"], body, {"Content-Type": "application/json"})).close()


def test_trigger(mock: MockServer, owner: httpx.Client) -> None:
    with Desk() as desk:
        url = f"http://127.0.0.1:{desk.server_port}/?secret=x"
        made = owner.post(CREATING, json={**ACTION, "execution_url": url}).json()["data"]
        delivery = assert_type(mock.trigger("Create ticket", "printer on fire", user="colleague"), Delivery)
        desk.shutdown()
    assert delivery.ok
    assert delivery.text == "Filed: Create ticket"
    assert delivery.action_id == made["id"]
    assert delivery.attempts[0].status == 200
    assert delivery.attempts[0].url == f"http://127.0.0.1:{desk.server_port}/"
    assert delivery.deferred is None
    assert mock.deliveries() == [delivery]
    assert mock.trigger(made["id"], messages=delivery.messages).ok is False  # the webhook is gone
    with pytest.raises(ControlFailed, match="owner sees no message action 'Other'") as caught:
        mock.trigger("Other", "text")
    assert caught.value.status == 404


def test_trigger_waits_for_the_deferred_answer(mock: MockServer, owner: httpx.Client) -> None:
    asked = threading.Event()

    def later(event: Any) -> None:
        asked.wait(10)
        respond(event)

    with Desk(later) as desk:
        url = f"http://127.0.0.1:{desk.server_port}/"
        owner.post(CREATING, json={**ACTION, "execution_url": url}).raise_for_status()
        assert mock.trigger("Create ticket", "a").deferred is None
        asked.set()
        delivery = mock.trigger("Create ticket", "b", wait=10)
        desk.later = lambda event: None
        assert mock.trigger("Create ticket", "c", wait=0.01).deferred is None
        desk.shutdown()
    assert delivery.deferred is not None
    assert (delivery.text, delivery.ok) == ("Done.", True)
    with pytest.raises(ControlFailed, match="wait: must be a number of seconds from 0 to 3600"):
        mock.trigger("Create ticket", "a", wait=-1)


def test_the_deferred_answer_may_come_before_the_wait(mock: MockServer, owner: httpx.Client) -> None:
    with Desk() as desk:
        desk.sooner = respond
        url = f"http://127.0.0.1:{desk.server_port}/"
        owner.post(CREATING, json={**ACTION, "execution_url": url}).raise_for_status()
        delivery = mock.trigger("Create ticket", "a", wait=60)
        desk.shutdown()
    assert delivery.shown is not None
    assert (delivery.shown.text, delivery.text) == ("Filed: Create ticket", "Done.")


# ---- where they work


def test_mock_control_works_on_a_mock_in_another_process(mock: MockServer, owner: httpx.Client) -> None:
    control = MockControl(mock.url, mock.control_token)
    owner.post(CREATING, json={"name": "a", "hint": "b"}).raise_for_status()
    assert control.url == mock.url
    assert len(control.journal()) == 1
    control.reset()
    assert control.journal() == []
    with pytest.raises(ControlFailed, match="control token"):
        MockControl(mock.accounts_url, "wrong").journal()
    with pytest.raises(RuntimeError, match="in another process cannot be shared"):
        _ = AsyncMock(control).clock


def test_methods_fail_without_control_api_and_in_the_servers_thread() -> None:
    with MockServer(control=False) as server, pytest.raises(ControlFailed, match="disabled"):
        server.journal()
    with MockServer() as server, pytest.raises(ControlFailed, match="from its own thread"):
        server._in_thread(server.journal)


def test_async_methods_do_not_block_the_event_loop(mock: MockServer, owner: httpx.Client) -> None:
    """The webhook runs in the very loop that awaits the mock."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"output": {"text": "hello"}}'
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async def main() -> None:
        control = mock.as_async()
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            action = {**ACTION, "execution_url": url}
            (await asyncio.to_thread(owner.post, CREATING, json=action)).raise_for_status()
            asked: Awaitable[Delivery] = control.trigger("Create ticket", "a")
            assert (await asked).text == "hello"
        await control.reset()
        assert await control.journal() == []

    asyncio.run(main())
