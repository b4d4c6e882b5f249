"""What scripts can use: chats, databases, requests and connections.

Also what a reset of the mock does to running scripts.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from api_paths import BASE_PATH, LISTING
from needed import NEEDED
from zoho_cliq_mock import MockServer, create_app
from zoho_cliq_mock.__main__ import main
from zoho_cliq_mock.trigger.deluge.connections import ConnectionsError, Hider, read_connections
from zoho_cliq_mock.trigger.deluge.scripts import MOST_AT_ONCE
from zoho_cliq_mock.trigger.service import Trigger, trigger_of

CHAT = "CT_1001_48210"
SECRET = "Zoho-oauthtoken 1000.s3cr3t-of-the-desk"

Run = Callable[..., Any]
Messages = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def service(mock: MockServer) -> Trigger:
    return trigger_of(mock.app.state)


@pytest.fixture
def messages(control: httpx.Client) -> Messages:
    def found(chat: str = CHAT) -> list[dict[str, Any]]:
        return list(control.get("/messages", params={"chat": chat}).json()["messages"])

    return found


# ---- chats


def test_a_post_is_a_message_in_the_chat(run: Run, messages: Messages) -> None:
    run('zoho.cliq.postToChat(chat.get("id"), "To all");', user="colleague")
    post = messages()[-1]
    assert (post["sender"], post["type"], post["text"]) == ("colleague", "post", "To all")
    assert post["shown"]["kind"] == "message"
    assert post["shown"]["output"] == {"text": "To all"}
    card = {
        "text": "A card",
        "bot": {"name": "Desk"},
        "card": {"title": "T"},
        "slides": [{"type": "text", "data": "x"}],
    }
    run(f'm = {json.dumps(card)}; zoho.cliq.postToChannel("general", m);')
    post = messages()[-1]
    assert (post["sender"], post["text"], post["shown"]["output"]) == ("Desk", "A card", card)
    run('zoho.cliq.postToChannelAsBot("General", "tazzy", "as a bot");')
    assert [messages()[-1][name] for name in ("sender", "text")] == ["tazzy", "as a bot"]
    run('zoho.cliq.postToChat(chat.get("id"), "a,b".toFile("a.csv"));')
    file = messages()[-1]["attachments"][0]
    assert (file["name"], file["size"]) == ("a.csv", 3)


def test_a_post_to_a_person_makes_the_chat_of_the_two(run: Run, control: httpx.Client, messages: Messages) -> None:
    run('zoho.cliq.postToUser("colleague@example.com", "one");')
    run('zoho.cliq.postToUser("70021946", "two");')
    run('zoho.cliq.postToUser("70021945", "back");', user="colleague")
    run('zoho.cliq.postToUser(user.get("email"), "to myself");')
    made = [chat for chat in control.get("/chats").json()["chats"] if chat["type"] == "dm"]
    assert [set(chat["members"]) for chat in made] == [{"owner", "colleague"}, {"owner"}]
    assert [(post["sender"], post["text"]) for post in messages(made[0]["id"])] == [
        ("owner", "one"),
        ("owner", "two"),
        ("colleague", "back"),
    ]


def test_a_post_to_a_bot_needs_its_chat(run: Run, control: httpx.Client, messages: Messages) -> None:
    script = 'zoho.cliq.postToBot("tazzy", "hello");'
    assert "there is no bot 'tazzy' in the organization; add one" in run(script)["shown"]["text"]
    chat = control.post("/chats", json={"type": "bot", "title": "Tazzy", "members": ["owner"]}).json()["id"]
    assert run(script)["deluge"]["errors"] == []
    assert messages(chat)[-1]["text"] == "hello"


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ('postToChat("CT_9", "x")', "there is no chat 'CT_9'"),
        ('postToChat("CT_1002_48999", "x")', "there is no chat 'CT_1002_48999'"),
        ('postToChannel("#elsewhere", "x")', "there is no channel '#elsewhere'"),
        ('postToUser("outsider@example.com", "x")', "there is no user 'outsider@example.com'"),
        (f'postToChat("{CHAT}", "")', "the message is empty"),
        (f'postToChat("{CHAT}", Map())', "the message is empty"),
        (f'postToChat("{CHAT}", {{1, 2}})', "its items are files"),
        (f'postToChat("{CHAT}", {{"text": {{1}}}})', "is not a text"),
        (f'editMessage("{CHAT}", "1", "x")', "there is no message '1'"),
    ],
)
def test_a_script_can_catch_the_error_of_a_failed_post(run: Run, messages: Messages, call: str, why: str) -> None:
    record = run(f"zoho.cliq.{call};")
    assert why in record["shown"]["text"]
    assert record["deluge"]["tasks"][0]["error"] == record["deluge"]["errors"][0]["why"]
    caught = run(f'try {{ zoho.cliq.{call}; }} catch (e) {{ info "caught"; }}')
    assert caught["deluge"]["log"] == ["caught"]
    assert not any(message["type"] == "post" for message in messages())


def test_a_script_edits_what_a_script_posted_and_nothing_else(run: Run, messages: Messages) -> None:
    run('zoho.cliq.postToChat(chat.get("id"), "before");')
    posted = messages()[-1]["id"]
    record = run(f'zoho.cliq.editMessage(chat.get("id"), "{posted}", {{"text": "after"}});')
    assert record["deluge"]["errors"] == []
    edited = next(message for message in messages() if message["id"] == posted)
    assert (edited["text"], edited["shown"]["text"], edited["shown"]["output"]) == ("after", "after", {"text": "after"})
    first = messages()[0]["id"]
    assert "no script posted a message" in run(f'zoho.cliq.editMessage("{CHAT}", "{first}", "x");')["shown"]["text"]
    assert "no script posted a message" in run(f'zoho.cliq.editMessage("CT_9", "{posted}", "x");')["shown"]["text"]


def test_no_action_is_offered_on_a_post(run: Run, messages: Messages) -> None:
    run('zoho.cliq.postToChat(chat.get("id"), "posted");')
    assert "not offered" in run("x = 1;", messages=[messages()[-1]["id"]], status=409)["message"]


def test_the_bytes_a_run_writes_are_limited(run: Run, messages: Messages) -> None:
    script = (
        'big = "x".leftpad(1000000); for each i in "".leftpad(20).toList("") { zoho.cliq.postToUser("70021946", big); }'
    )
    record = run(script)
    assert "stored more than 8,388,608 bytes" in record["shown"]["text"]


# ---- databases


RECORDS = """
a = zoho.cliq.createRecord("stock", {"name": "Bolt", "price": 1.50, "count": 9007199254740993, "tags": {"x", "y"}});
b = zoho.cliq.createRecord("stock", {"name": "Nut", "price": 0.25});
zoho.cliq.createRecord("other", {"name": "Bolt"});
zoho.cliq.updateRecord("stock", b.get("id"), {"price": 0.30, "sold": true});
info zoho.cliq.getRecords("stock", {"criteria": "price<1"}).get("list").get(0).get("sold");
info zoho.cliq.getRecordById("stock", a.get("id"));
info zoho.cliq.getRecords("stock", {"from_index": 2, "limit": 5}).get("list").size();
zoho.cliq.deleteRecord("stock", a.get("id"));
zoho.cliq.deleteRecords("other", "name==\\"Bolt\\"");
info zoho.cliq.getRecords("stock").get("list").size() + zoho.cliq.getRecords("other").get("list").size();
"""


def test_records_are_kept_with_all_their_digits(run: Run, control: httpx.Client) -> None:
    log = run(RECORDS)["deluge"]["log"]
    assert log[0] == "true"
    assert log[1].startswith('{"name":"Bolt","price":1.50,"count":9007199254740993,"tags":["x","y"],"id":')
    assert log[2:] == ["1", "1"]
    stored = control.get("/databases").json()["databases"]
    assert [record["name"] for record in stored["48210"]["stock"]] == ["Nut"]
    assert "other" not in stored["48210"]


def test_records_belong_to_an_organization_and_can_be_given(run: Run, control: httpx.Client) -> None:
    given = {"database": "stock", "record": {"name": "Bolt"}}
    control.post("/databases", json={**given, "user": "outsider"})
    identifier = control.post("/databases", json=given).json()["id"]
    record = run('info zoho.cliq.getRecords("stock").get("list").size();')
    assert record["deluge"]["log"] == ["1"]
    assert run(f'return zoho.cliq.getRecordById("stock", "{identifier}").get("name");')["shown"]["text"] == "Bolt"
    for wrong in ("1", "x", "9" * 30, "-1"):
        text = run(f'zoho.cliq.getRecordById("stock", "{wrong}");')["shown"]["text"]
        assert f'the database "stock" has no record "{wrong}"' in text
        assert "has no record" in run(f'zoho.cliq.updateRecord("stock", "{wrong}", {{"a": 1}});')["shown"]["text"]
        assert "has no record" in run(f'zoho.cliq.deleteRecord("stock", "{wrong}");')["shown"]["text"]
    assert control.post("/databases", json={"database": "", "record": {}}).status_code == 400
    assert control.post("/databases", json={"database": "d", "record": [1]}).status_code == 400


def test_properties_of_the_extension(run: Run, control: httpx.Client) -> None:
    run('zoho.cliq.extension.setProperties({"a": {"b": 1.50}, "c": "d"}, "desk");')
    read = 'info zoho.cliq.extension.getProperties("a"); info zoho.cliq.extension.getProperties("c");'
    assert run(read)["deluge"]["log"] == ['{"b":1.50}', "d"]
    run('zoho.cliq.extension.deleteProperty("c");')
    assert run(read)["deluge"]["log"] == ['{"b":1.50}', "null"]
    control.post("/reset")


COUNT = 'info zoho.cliq.getRecords("stock").get("list").size(); zoho.cliq.createRecord("stock", {"a": 1});'


def test_databases_connections_and_stubs_go_with_snapshot_restore_and_reset(
    run: Run, control: httpx.Client, service: Trigger
) -> None:
    run(COUNT)
    control.post("/connections", json={"desk": {"Authorization": SECRET}})
    control.post("/task-stubs", json={"zoho.crm.a": 1})
    control.post("/snapshot")
    assert run(COUNT)["deluge"]["log"] == ["1"]
    control.delete("/connections")
    control.delete("/task-stubs")
    assert run(COUNT)["deluge"]["log"] == ["2"]
    control.post("/restore")
    assert run(COUNT)["deluge"]["log"] == ["1"]
    assert control.get("/connections").json() == {"connections": {"desk": ["Authorization"]}}
    assert control.get("/task-stubs").json() == {"task_stubs": ["zoho.crm.a"]}
    control.post("/reset")
    assert control.get("/connections").json() == {"connections": {}}
    assert control.get("/task-stubs").json() == {"task_stubs": []}
    assert control.get("/databases").json() == {"databases": {}}


def test_databases_survive_a_restart(tmp_path: Path) -> None:
    seed = {
        "organizations": [{"id": "1"}],
        "users": [{"key": "ann", "id": "1", "name": "Ann", "organization": "1"}],
        "actions": [{**NEEDED, "creator": "ann", "name": "A", "hint": "h", "handler": {"script": COUNT}}],
    }
    for expected in ("0", "1"):
        with MockServer(str(tmp_path / "cliq.db"), seed=seed) as server:
            headers = {"Authorization": f"Bearer {server.control_token}"}
            body = {"action": "A", "text": "x"}
            record = httpx.post(f"{server.control_url}/trigger", json=body, headers=headers, timeout=30).json()
            assert record["deluge"]["log"] == [expected]


# ---- requests


def invoke(url: str, more: str = "", kind: str = "POST") -> str:
    return f'r = invokeurl [ url :"{url}" type :{kind} body:"{{}}" detailed:true {more} ]; info r; '


def resolving(service: Trigger, **hosts: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return [hosts[host.replace(".", "_")]]

    service.resolve = resolve


@pytest.fixture(autouse=True)
def _as_before(service: Trigger) -> Any:
    before = service.resolve, service.allowed_hosts
    yield
    service.resolve, service.allowed_hosts = before


def test_a_request_to_this_machine_is_sent_and_its_status_is_in_the_record(run: Run, webhook: Any) -> None:
    webhook.answer = lambda event: (418, {"Content-Type": "application/json"}, b'{"a": [1, 2]}')
    record = run(
        invoke(webhook.url, 'headers:{"X-Mine": "1", "user-agent": "mine", "Host": "other", "Connection": "x"}')
    )
    task = record["deluge"]["tasks"][0]
    assert (task["name"], task["line"], task["status"]) == ("invokeurl", 1, 418)
    assert task["result"]["responseText"] == {"a": [1, 2]}
    assert record["deluge"]["errors"] == []
    sent = webhook.headers[0]
    assert (sent["x-mine"], sent["user-agent"], sent["connection"]) == ("1", "mine", "close")
    assert sent["host"] == webhook.url.split("/")[2]


def test_a_url_is_escaped_where_it_is_not_ascii(run: Run, webhook: Any) -> None:
    run(invoke(f"{webhook.url}?q=für dich\\n&x=%20"))
    assert webhook.paths == ["/cliq?q=f%C3%BCr%20dich%0A&x=%20"]


@pytest.mark.parametrize(
    ("url", "hosts", "allowed", "why"),
    [
        ("http://api.example.com/", {"api_example_com": "93.184.216.34"}, (), "allow it with --allow-webhook-host"),
        ("http://10.0.0.1/", {"10_0_0_1": "10.0.0.1"}, (), "the url resolves to 10.0.0.1"),
        ("http://meta.example/", {"meta_example": "169.254.169.254"}, ("meta.example",), "requests are never sent"),
        ("http://six.example/", {"six_example": "::ffff:169.254.169.254"}, ("six.example",), "requests are never sent"),
        ("http://teredo.example/", {"teredo_example": "64:ff9b::7f00:1"}, (), "the url resolves to 64:ff9b::7f00:1"),
        ("ftp://localhost/", {}, (), "the url is not a plain http or https URL"),
        ("http://user@localhost/", {}, (), "the url is not a plain http or https URL"),
        ("http://für.example/", {}, ("für.example",), "the url is not a plain http or https URL"),
        ("http://localhost:99999/", {}, (), "has the port 99999"),
        ("http://127.0.0.1:9/", {"127_0_0_1": "127.0.0.1"}, (), "cannot connect to 127.0.0.1:9"),
    ],
)
def test_requests_may_reach_the_same_hosts_as_events(
    run: Run, service: Trigger, url: str, hosts: dict[str, str], allowed: tuple[str, ...], why: str
) -> None:
    resolving(service, **hosts)
    service.allowed_hosts = allowed
    record = run(invoke(url))
    assert why in record["deluge"]["errors"][0]["why"]
    assert "status" not in record["deluge"]["tasks"][0]


def test_a_named_host_is_reached_at_the_address_that_was_checked(run: Run, service: Trigger, webhook: Any) -> None:
    resolving(service, desk_example="127.0.0.1")
    service.allowed_hosts = ("desk.example",)
    record = run(invoke(webhook.url.replace("127.0.0.1", "desk.example")))
    assert record["deluge"]["tasks"][0]["status"] == 200
    assert webhook.headers[0]["host"].startswith("desk.example:")


def test_a_redirect_inward_is_not_followed(run: Run, service: Trigger, webhook: Any, mock: MockServer) -> None:
    target = f"{mock.control_url}/health"
    webhook.answer = lambda event: (302, {"Location": target, "Content-Type": "text/plain"}, b"elsewhere")
    record = run(invoke(webhook.url))
    assert record["deluge"]["tasks"][0]["status"] == 302
    assert record["deluge"]["tasks"][0]["result"]["responseText"] == "elsewhere"
    assert len(webhook.got) == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"garbage\r\n\r\n", "the response is not complete, valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "the response is not complete, valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6000000\r\n\r\n" + b"x" * 6_000_000, "is longer than 5242880 bytes"),
    ],
)
def test_an_answer_that_cannot_be_read_fails_the_task(run: Run, webhook: Any, answer: bytes, why: str) -> None:
    webhook.answer = lambda event: answer
    assert why in run(invoke(webhook.url))["deluge"]["errors"][0]["why"]


def test_an_odd_header_fails_the_task(run: Run, webhook: Any) -> None:
    assert "is not valid HTTP" in run(invoke(webhook.url, 'headers:{"A b": "x"}'))["deluge"]["errors"][0]["why"]
    assert "is not valid HTTP" in run(invoke(webhook.url, 'headers:{"A": "x\\r\\nB: y"}'))["deluge"]["errors"][0]["why"]
    assert webhook.got == []


def test_invokeapi_reaches_the_mock_itself(run: Run, control: httpx.Client) -> None:
    control.post("/connections", json={"cliq": {"Authorization": "Bearer 1000.owner"}})
    path = f"{BASE_PATH}{LISTING}".removeprefix("/")
    call = f'r = invokeapi [ service :ZohoCliq path :"{path}" type :GET connection:"cliq" ];'
    record = run(f'{call} return {{"text": r.get("data").get(0).get("name")}};')
    assert record["shown"]["text"] == "Script"


# ---- connections


def test_the_secret_of_a_connection_reaches_the_server_and_nobody_else(
    mock: MockServer,
    run: Run,
    webhook: Any,
    control: httpx.Client,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    secret = SECRET.partition(" ")[2]
    shown = control.post("/connections", json={"desk": {"Authorization": SECRET, "X-Team": "1"}})
    assert shown.json() == {"connections": {"desk": ["Authorization", "X-Team"]}}
    webhook.answer = lambda event: (
        200,
        {"Content-Type": "application/json", "X-Echo": SECRET},
        json.dumps({"sent": webhook.headers[-1]["authorization"], secret: 1}).encode(),
    )
    script = f"""
{invoke(webhook.url, 'headers:{"authorization": "overridden"} connection:"desk"')}
echo = r.get("responseText").get("sent");
zoho.cliq.postToChat(chat.get("id"), "got " + echo);
zoho.cliq.postToChat(chat.get("id"), {{"text": "x", "card": {{"title": echo}}}});
zoho.cliq.createRecord("stolen", {{"a": echo, echo: 1}});
zoho.cliq.extension.setProperties({{"a": echo}});
info echo;
END
"""
    run(script.replace("END", 'return {"text": echo, "card": {"title": echo}};'))
    assert webhook.headers[-1]["authorization"] == SECRET
    run(script.replace("END", "throw echo;"))
    run(script.replace("END", "x = null; return x.get(echo);"))
    command = ["trigger", "--action", "Script", "--text", "x", "--url", mock.url, f"--token={mock.control_token}"]
    assert main(command) == 1
    everything = [caplog.text, *capfd.readouterr(), *mock.app.state.connection.iterdump()]
    paths = ("deliveries", "messages", "journal", "state", "databases", "connections", "chats")
    everything += [control.get(f"/{path}").text for path in paths]
    assert len(webhook.got) == 4
    assert not any(secret in text for text in everything)
    assert any("***" in text for text in everything)


def test_a_missing_connection_is_an_error_that_says_how_to_add_it(run: Run, webhook: Any) -> None:
    why = run(invoke(webhook.url, 'connection:"desk"'))["deluge"]["errors"][0]["why"]
    assert why.startswith('there is no connection "desk"; give the mock its headers with --connections or POST')
    assert webhook.got == []


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ([], "must be a JSON object"),
        ({"": {"A": "b"}}, "the name of a connection"),
        ({"desk": {}}, "'desk': must be an object with headers"),
        ({"desk": "Bearer s3cr3t"}, "'desk': must be an object with headers"),
        ({"desk": {"A b": "s3cr3t"}}, "'A b' is not a valid header name"),
        ({"desk": {"A": "s3cr3t\r\nB: c"}}, "the value of A must be a string of one line"),
        ({"desk": {"A": 1}}, "the value of A must be a string of one line"),
    ],
)
def test_connections_that_cannot_be_used_are_refused_without_their_values(
    control: httpx.Client, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: Any, complaint: str
) -> None:
    with pytest.raises(ConnectionsError, match=complaint):
        read_connections(given)
    answer = control.post("/connections", json=given)
    assert answer.status_code == 400
    assert complaint in answer.json()["message"]
    file = tmp_path / "connections.json"
    file.write_text(json.dumps(given))
    with pytest.raises(SystemExit) as ended:
        main(["--port", "0", "--connections", str(file)])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert "s3cr3t" not in said + answer.text
    assert said.count("\n") == 1


@pytest.mark.parametrize(("content", "complaint"), [(None, "cannot be read"), ("{", "is not JSON")])
def test_a_file_of_connections_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, complaint: str
) -> None:
    file = tmp_path / "connections.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SystemExit):
        main(["--port", "0", "--connections", str(file)])
    assert f"connections {file} {complaint}" in capsys.readouterr().err


def test_connections_are_given_at_the_start_and_come_back_with_a_reset(tmp_path: Path) -> None:
    file = tmp_path / "connections.json"
    file.write_text(json.dumps({"desk": {"Authorization": SECRET}}))
    command = [sys.executable, "-m", "zoho_cliq_mock", "--port", "0", "--control-token", "t"]
    with subprocess.Popen([*command, "--connections", str(file)], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip().removeprefix("listening on ").removesuffix("/api/v3")
            with httpx.Client(base_url=f"{url}/_mock", headers={"Authorization": "Bearer t"}) as client:
                expected = {"connections": {"desk": ["Authorization"]}}
                assert client.get("/connections").json() == expected
                assert client.delete("/connections").json() == {"connections": {}}
                client.post("/reset")
                assert client.get("/connections").json() == expected
        finally:
            server.terminate()


def test_the_hider_replaces_secrets_and_nothing_else() -> None:
    hide = Hider({"a": {"Authorization": "Bearer abcdef", "X": "abcdefgh", "Y": "short"}})
    assert hide("Bearer abcdef, abcdef, abcdefgh, short, Bearer") == "***, ***, ***, short, Bearer"


# ---- time, reset, stop


@pytest.fixture
def held(webhook: Any) -> Any:
    """Yield a webhook that sets `came` when it is called, and responds once `let_go` is set."""

    class Held:
        came, let_go = threading.Event(), threading.Event()

    def answer(event: object) -> tuple[int, dict[str, str], bytes]:
        Held.came.set()
        Held.let_go.wait(60)
        return 200, {"Content-Type": "application/json"}, b"{}"

    webhook.answer = answer
    yield Held
    Held.let_go.set()


def test_a_scripts_waits_are_limited(run: Run, control: httpx.Client, webhook: Any, held: Any) -> None:
    control.post("/policies", json={"deluge_timeout_ms": 200})
    record = run(f'try {{ {invoke(webhook.url)} }} catch (e) {{ info "caught"; }} info "went on";')
    error = record["deluge"]["errors"][0]
    assert (error["kind"], error["function"], error["why"]) == (
        "limit",
        "invokeurl",
        "the script ran for more than 0.2 s",
    )
    assert record["deluge"]["log"] == []


def test_a_wait_that_is_cut_ends_the_script_whatever_the_clock_says(
    run: Run, control: httpx.Client, webhook: Any, held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands_still = SimpleNamespace(monotonic=lambda: 100.0, thread_time=lambda: 0.0)
    monkeypatch.setattr("zoho_cliq_mock.trigger.deluge.session.time", stands_still)
    control.post("/policies", json={"deluge_timeout_ms": 50})
    record = run(f'try {{ {invoke(webhook.url)} }} catch (e) {{ info "caught"; }}')
    assert record["deluge"]["errors"][0]["why"] == "the script ran for more than 0.05 s"


def test_processor_time_of_tasks_in_the_mock_counts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    passes = SimpleNamespace(monotonic=lambda: 100.0, thread_time=lambda: next(ticks) * 0.01)
    monkeypatch.setattr("zoho_cliq_mock.trigger.deluge.session.time", passes)
    record = run('for each i in "".leftpad(100).toList("") { zoho.cliq.createRecord("d", {"a": 1}); }')
    error = record["deluge"]["errors"][0]
    assert (error["kind"], error["why"]) == ("limit", "the script computed for more than 1 s")
    # Each record reads the clock three times. The time between two readings is the mock's own work: 0.04 s in total.
    assert len(record["deluge"]["tasks"]) == pytest.approx(25, abs=2)


@pytest.mark.parametrize("how", ["reset", "restore"])
def test_a_reset_ends_a_script_that_waits_and_keeps_nothing_of_it(
    write_script: Callable[[str], None], choose: Run, control: httpx.Client, webhook: Any, held: Any, how: str
) -> None:
    write_script("x = 1;")
    control.post("/snapshot")
    write_script(
        'zoho.cliq.postToUser("colleague@example.com", "before");'
        f'try {{ {invoke(webhook.url)} }} catch (e) {{ info "caught"; }} zoho.cliq.postToChat(chat.get("id"), "after");'
        'return {"text": "answer"};'
    )
    records: list[Any] = []
    thread = threading.Thread(target=lambda: records.append(choose("Script")))
    thread.start()
    assert held.came.wait(60)
    control.post(f"/{how}")
    thread.join(60)
    assert not held.let_go.is_set()
    shown = records[0]["shown"]
    assert shown["kind"] == "unanswered"
    assert "while the script ran" in shown["text"]
    assert control.get("/deliveries").json()["deliveries"] == []
    assert {message["type"] for message in control.get("/messages").json()["messages"]} == {
        "text",
        "link",
        "attachment",
    }
    assert "deluge" not in {entry["operation"] for entry in control.get("/journal").json()["requests"]}


def test_scripts_that_wait_leave_room_for_others_and_are_bounded(
    write_script: Callable[[str], None], choose: Run, webhook: Any, held: Any, control: httpx.Client
) -> None:
    write_script(f'if(message.get("text") == "wait") {{ {invoke(webhook.url)} }} return {{"text": "done"}};')
    waiting = [threading.Thread(target=choose, args=("Script",), kwargs={"text": "wait"}) for _ in range(MOST_AT_ONCE)]
    for thread in waiting[1:]:
        thread.start()
    assert held.came.wait(60)
    assert choose("Script", text="go")["shown"]["text"] == "done"
    assert control.get("/health").json() == {"status": "ok"}
    held.let_go.set()
    for thread in waiting[1:]:
        thread.join()


def test_a_mock_stops_while_a_script_waits(webhook: Any, held: Any) -> None:
    seed = {
        "organizations": [{"id": "1"}],
        "users": [{"key": "ann", "id": "1", "name": "Ann", "organization": "1"}],
        "actions": [{**NEEDED, "creator": "ann", "name": "A", "hint": "h", "handler": {"script": invoke(webhook.url)}}],
    }
    server = MockServer(seed=seed).start()
    headers = {"Authorization": f"Bearer {server.control_token}"}
    ended: list[object] = []

    def choose() -> None:
        try:
            body = {"action": "A", "text": "x"}
            ended.append(
                httpx.post(f"{server.control_url}/trigger", json=body, headers=headers, timeout=60).status_code
            )
        except httpx.HTTPError as error:
            ended.append(error)

    thread = threading.Thread(target=choose)
    thread.start()
    assert held.came.wait(60)
    server.stop()
    thread.join(60)
    assert len(ended) == 1
    assert not held.let_go.is_set()


def test_in_process_and_in_another_event_loop_each_time(webhook: Any) -> None:
    seed = {
        "organizations": [{"id": "1"}],
        "users": [{"key": "ann", "id": "1", "name": "Ann", "organization": "1"}],
        "actions": [
            {
                **NEEDED,
                "creator": "ann",
                "name": "A",
                "hint": "h",
                "handler": {"script": invoke(webhook.url) + 'return "ok";'},
            }
        ],
    }
    app = create_app(seed=seed)

    async def choose() -> list[str]:
        service = trigger_of(app.state)
        made = (service.choose("A", base_url="http://mock", new_message={"text": "x"}) for _ in range(12))
        return [record["shown"]["text"] for record in await asyncio.gather(*made)]

    assert asyncio.run(choose()) == ["ok"] * 12
    assert asyncio.run(choose()) == ["ok"] * 12
    app.state.close()


def test_a_choice_that_is_cancelled_ends_its_script(webhook: Any, held: Any) -> None:
    script = f'try {{ {invoke(webhook.url)} }} catch (e) {{ info e; }} zoho.cliq.createRecord("d", {{"a": 1}});'
    seed = {
        "organizations": [{"id": "1"}],
        "users": [{"key": "ann", "id": "1", "name": "Ann", "organization": "1"}],
        "actions": [{**NEEDED, "creator": "ann", "name": "A", "hint": "h", "handler": {"script": script}}],
    }
    app = create_app(seed=seed)
    service = trigger_of(app.state)

    async def choose() -> None:
        choice = service.choose("A", base_url="http://mock", new_message={"text": "x"})
        task = asyncio.create_task(choice)
        await asyncio.to_thread(held.came.wait, 60)
        scripts = [thread for thread in threading.enumerate() if thread.name == "zoho-cliq-mock-deluge"]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        held.let_go.set()
        for thread in scripts:
            await asyncio.to_thread(thread.join, 60)
            assert not thread.is_alive()

    asyncio.run(choose())
    assert service.scripts.databases.shown() == {}
    app.state.close()


# ---- hostile scripts


HOSTILE = {
    "text": 's = "x"; for each i in "".leftpad(100).toList("") { s = s + s; }',
    "list": 'l = {1}; for each i in "".leftpad(100).toList("") { l.addAll(l); }',
    "map": 'm = Map(); for each i in "".leftpad(4000).toList("") { m.put("k", m.toString()); }',
    "pattern": 'info ("a".leftpad(40).replaceAll(" ", "a") + "!").matches("(a+)+b");',
    "log": 'b = "x".leftpad(1000000); for each i in "".leftpad(4000).toList("") { info b; }',
    "answer": 's = "x".leftpad(7000000); return {"text": s};',
    "posts": 'b = "x".leftpad(100000); for each i in "".leftpad(4000).toList("") { zoho.cliq.postToUser("1", b); }',
    "records": 'for each i in "".leftpad(1600).toList("") { zoho.cliq.createRecord("d", {"a": "x".leftpad(4000)});'
    ' zoho.cliq.getRecords("d", {"criteria": "a==b"}); }',
    "brackets": "x = " + "(" * 20000 + "1" + ")" * 20000 + ";",
}

GROWTH = """
import json, resource, sys
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.control_client import call

scripts = json.loads(sys.argv[1])
seed = {"organizations": [{"id": "1"}], "users": [{"key": "ann", "id": "1", "name": "Ann", "organization": "1"}],
        "actions": [{**NEEDED, "creator": "ann", "name": name, "hint": "h", "handler": {"script": script}}
                    for name, script in scripts.items()]}
with MockServer(seed=seed) as mock:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ends = {}
    for name in scripts:
        record = call(mock.url, mock.control_token, "POST", "trigger", {"action": name, "text": "x"})
        ends[name] = [error["kind"] for error in record["deluge"]["errors"]]
    print(json.dumps([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, ends]))
""".replace("**NEEDED", f"**{NEEDED!r}")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux counts the most memory in KiB")
@pytest.mark.heavy
def test_hostile_scripts_end_with_an_error_within_200_mb() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, json.dumps(HOSTILE)], capture_output=True, text=True, timeout=300, check=True
    )
    growth, ends = json.loads(done.stdout)
    assert growth < 200 * 1024
    harmless = {"pattern", "log"}  # the pattern's time is limited, and the record keeps only the start of a long log
    assert {name for name, errors in ends.items() if not errors} == harmless
    assert set(ends) == set(HOSTILE)
