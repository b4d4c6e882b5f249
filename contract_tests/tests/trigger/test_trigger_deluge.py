"""Deluge actions run their scripts: what scripts see, what chat and record show, and how failures appear."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from needed import NEEDED
from zoho_cliq import Cliq
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.__main__ import main
from zoho_cliq_mock.extras import DELUGE_PACKAGES
from zoho_cliq_mock.trigger.service import Trigger, trigger_of

ROOT = Path(__file__).resolve().parents[3]
CHAT = "CT_1001_48210"
BANNER = {"type": "banner", "status": "success", "text": "Filed"}
FORM = {
    "type": "form",
    "title": "Ticket",
    "name": "ticket",
    "inputs": [{"type": "text", "label": "Summary", "name": "summary"}],
    "action": {"type": "invoke.function", "name": "create_ticket"},
}

Run = Callable[..., Any]


@pytest.fixture
def service(mock: MockServer) -> Trigger:
    return trigger_of(mock.app.state)


def literal(value: object) -> str:
    return json.dumps(value)


def texts(control: httpx.Client, chat: str = CHAT) -> list[str]:
    return [message["text"] for message in control.get("/messages", params={"chat": chat}).json()["messages"]]


# ---- answers


@pytest.mark.parametrize(
    ("script", "kind", "text", "to"),
    [
        ('return {"text": "Hello " + user.get("first_name")};', "message", "Hello Ada", "everyone"),
        ('return "only a text";', "message", "only a text", "everyone"),
        (f"return {literal(BANNER)};", "banner", "Filed", "owner"),
        (f"return {literal(FORM)};", "form", "Ticket", "owner"),
        ("return {};", "nothing", "", "owner"),
        ("return Map();", "nothing", "", "owner"),
        ("x = 1;", "nothing", "", "owner"),
        ("return null;", "nothing", "", "owner"),
        ("return 5;", "wrong", "output: must be an object", "owner"),
        ("return {1, 2};", "wrong", "output: must be an object", "owner"),
        ('return {"text": ""};', "wrong", "output.text", "owner"),
        ('return {"type": "banner", "status": "maybe", "text": "x"};', "wrong", "output.status", "owner"),
        ('return {"type": "carousel", "text": "x"};', "wrong", "output.type", "owner"),
        ('return {"text": "x", "card": {"theme": "none of them"}};', "wrong", "output.card.theme", "owner"),
    ],
)
def test_an_answer_is_shown_as_that_of_a_webhook(
    run: Run, control: httpx.Client, script: str, kind: str, text: str, to: str
) -> None:
    before = len(texts(control))
    record = run(script)
    shown = record["shown"]
    assert (shown["kind"], shown["to"], shown["deferred"]) == (kind, to, False)
    assert text in shown["text"]
    assert record["attempts"] == []
    assert record["deluge"]["errors"] == []
    # The message that the action was chosen on, and the answer.
    assert len(texts(control)) == before + (1 if kind == "nothing" else 2)
    if kind != "nothing":
        assert texts(control)[-1] == shown["text"]


def test_the_events_data_are_free_variables_and_in_the_map_info(run: Run, control: httpx.Client) -> None:
    script = """
info message.get("text");
info messages.size();
info user.get("email");
info chat.get("title");
info attachments.size();
info mentions.size();
info location.get("status");
info access.get("chat_id");
info environment.get("data_center");
info info.get("message").get("text");
info zoho.loginuserid;
info zoho.adminuserid;
"""
    record = run(script, user="colleague", text="On fire")
    expected = ["On fire", "1", "colleague@example.com", "#general", "0", "0", "granted", CHAT, "US", "On fire"]
    assert record["deluge"]["log"] == [*expected, "colleague@example.com", "owner@example.com"]
    several = [message["id"] for message in control.get("/messages", params={"chat": CHAT}).json()["messages"]][:1]
    assert run("info messages.size() + attachments.size();", messages=several)["deluge"]["log"] == ["1"]


def test_a_script_finds_the_keys_that_public_scripts_read(run: Run) -> None:
    keys = 'info user.get("name") + user.get("zoho_user_id") + chat.get("name") + chat.get("channel_unique_name");'
    record = run(keys)
    assert record["deluge"]["log"] == ["Ada70021945#generalgeneral"]
    assert "name" not in record["event"]["params"]["user"]
    posted = run('zoho.cliq.postToChannel(chat.get("channel_unique_name"), "posted");')
    assert posted["deluge"]["errors"] == []


def test_attachments_are_files(run: Run) -> None:
    files = [{"name": "a.csv", "type": "text/csv", "content": "a,b"}]
    script = 'f = attachments.get(0); info f; info f.getFileType(); info f.getFileContent(); return {"text": "ok"};'
    record = run(script, type="attachment", attachments=files, text="")
    assert record["deluge"]["log"] == ["a.csv", "text/csv", "a,b"]


def test_a_script_runs_by_the_mocks_clock(run: Run, control: httpx.Client) -> None:
    control.post("/clock", json={"freeze": 1_000_000_000})
    script = 'return zoho.currenttime.toString("yyyy-MM-dd HH:mm:ss");'
    assert run(script)["shown"]["text"] == "2001-09-09 01:46:40"
    control.post("/clock", json={"advance": 86_400})
    assert run(script)["shown"]["text"] == "2001-09-10 01:46:40"
    control.post("/clock", json={"freeze": 9e10})
    assert run('return zoho.currenttime.toString("yyyy");')["shown"]["text"] == "4821"
    control.post("/clock", json={"freeze": -9.9e10})
    assert run("info zoho.currenttime;")["deluge"]["errors"] == []


# ---- the record


def test_the_record_holds_log_tasks_and_counts(run: Run, control: httpx.Client) -> None:
    record = run(
        'info "begins";\nx = zoho.cliq.createRecord("tickets", {"price": 1.50});\n'
        'info x.get("id");\nreturn {"text": "ok"};'
    )
    ran = record["deluge"]
    identifier = ran["log"][1]
    assert ran["log"][0] == "begins"
    assert ran["tasks"] == [
        {
            "name": "zoho.cliq.createRecord",
            "line": 2,
            "arguments": ["tickets", {"price": 1.5}],
            "result": {"status": "SUCCESS", "id": identifier},
        }
    ]
    assert ran["statements"] == 4
    assert ran["milliseconds"] >= 0
    assert control.get("/deliveries").json()["deliveries"][-1] == record


@pytest.mark.parametrize(
    ("script", "errors", "text"),
    [
        (
            "x = 1\nreturn {};",
            [{"kind": "syntax", "line": 1, "column": 6, "function": "", "why": "`;` is missing"}],
            "the script failed: line 1, column 6: `;` is missing",
        ),
        (
            'info "before";\nx = null;\nreturn x.get("a");',
            [{"kind": "runtime", "line": 3, "function": "get", "why": "Value is empty"}],
            "the script failed: line 3: get: Value is empty",
        ),
        ('throw "no";', [{"kind": "runtime", "line": 1, "function": "", "why": "no"}], "the script failed: line 1: no"),
        (
            'for each i in "".leftpad(6000).toList("") { x = i; }',
            [{"kind": "limit", "line": 1, "function": "", "why": "the script executes more than 5,000 statements"}],
            "more than 5,000 statements",
        ),
        (
            'return {"text": "".leftpad(2000000)};',
            [{"kind": "limit", "line": 0, "function": "return", "why": "the answer is longer than 1048576 bytes"}],
            "the answer is longer than",
        ),
        (
            'zoho.crm.getRecordById("Leads", 1);',
            [{"kind": "runtime", "line": 1, "function": "zoho.crm.getRecordById", "why": "task-stubs"}],
            "has no stub",
        ),
    ],
)
def test_a_script_that_fails(
    run: Run, control: httpx.Client, script: str, errors: list[dict[str, Any]], text: str
) -> None:
    record = run(script)
    found = record["deluge"]["errors"]
    assert [{**error, "why": ""} for error in found] == [{**error, "why": ""} for error in errors]
    assert all(wanted["why"] in error["why"] for wanted, error in zip(errors, found, strict=True))
    assert record["shown"]["kind"] == "unanswered"
    assert text in record["shown"]["text"]
    assert texts(control)[-1] == record["shown"]["text"]
    if "before" in script:
        assert record["deluge"]["log"] == ["before"]
        assert record["deluge"]["statements"] == 3


def test_the_chat_shows_three_of_many_errors(run: Run) -> None:
    record = run("if(x = 1)\n{\n}\n" * 5)
    assert [error["line"] for error in record["deluge"]["errors"]] == [1, 4, 7, 10, 13]
    assert record["shown"]["text"].count("compare with `==`") == 3
    assert record["shown"]["text"].endswith("; and 2 more")


def test_what_a_failure_shows_is_a_policy(run: Run, control: httpx.Client) -> None:
    control.post("/policies", json={"deluge_failure": "nothing"})
    record = run("x = null; x.get(1);")
    assert record["shown"]["kind"] == "nothing"
    assert len(record["deluge"]["errors"]) == 1
    control.post("/policies", json={"deluge_failure": "banner"})
    shown = run("x = null; x.get(1);")["shown"]
    assert (shown["kind"], shown["output"]["status"], shown["to"]) == ("banner", "failure", "owner")
    assert "the script failed: line 1" in shown["text"]


def test_a_script_without_an_answer_is_a_policy(run: Run, control: httpx.Client) -> None:
    assert run("x = 1;")["shown"]["kind"] == "nothing"
    control.post("/policies", json={"deluge_no_return": "failure"})
    shown = run("x = 1;")["shown"]
    assert (shown["kind"], shown["text"]) == ("unanswered", "the script failed: it returned nothing")
    assert run("return {};")["shown"]["kind"] == "nothing"


def test_scripts_can_be_switched_off(run: Run, control: httpx.Client) -> None:
    control.post("/policies", json={"deluge": "off"})
    record = run('zoho.cliq.postToChat(chat.get("id"), "posted"); return {"text": "ran"};')
    assert record["shown"]["kind"] == "not_executed"
    assert record["shown"]["text"] == "this Deluge action was not run, since the policy deluge is off"
    assert "deluge" not in record
    assert "posted" not in texts(control)


def test_a_run_is_in_the_journal(run: Run, control: httpx.Client) -> None:
    run('info "seen"; return {};')
    run('info "seen"; throw "broken";')
    first, second = [entry for entry in control.get("/journal").json()["requests"] if entry["operation"] == "deluge"]
    assert (first["user"], first["path"], first["status"], first["code"]) == ("owner", "Script", 200, None)
    assert first["body"] == "seen"
    assert (second["status"], second["code"], second["body"]) == (500, "runtime_error", "seen\nbroken")


def test_the_record_of_a_long_run_is_cut(run: Run) -> None:
    script = 'line = "x".leftpad(10000); for each i in "".leftpad(200).toList("") { info line; } return {};'
    ran = run(script)["deluge"]
    assert len(ran["log"]) + ran["left_out"]["log"] == 201
    assert 40 < len(ran["log"]) < 60
    one = run('info "x".leftpad(100000);')["deluge"]["log"][0]
    assert len(one) == 16 * 1024 + 1
    assert one.endswith("…")


def test_the_command_prints_what_the_script_did(
    mock: MockServer, run: Run, webhook: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    call = f'r = invokeurl\n[\n\turl :"{webhook.url}"\n\ttype :POST\n\tbody:"{{}}"\n];\n'
    address = ["--url", mock.url, f"--token={mock.control_token}"]
    command = ["trigger", "--action", "Script", "--text", "printer on fire", *address]
    run(f'info "hi\x1b[31m";\n{call}zoho.cliq.postToChat(chat.get("id"), "posted");\nreturn {{"text": "done"}};')
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "  info: hi\\u001b[31m\n" in out
    assert f"  line 2: invokeurl POST {webhook.url} → 200\n" in out
    assert f"  line 8: zoho.cliq.postToChat {CHAT} → done\n" in out
    assert out.endswith("\nowner sees: a message: done\n")
    run("x = null;\nx.get(1);")
    assert main(command) == 1
    assert "  error: line 2: get: Value is empty" in capsys.readouterr().out
    with_nothing = httpx.post(
        f"{mock.control_url}/policies",
        json={"deluge_failure": "nothing"},
        headers={"Authorization": f"Bearer {mock.control_token}"},
    )
    assert with_nothing.status_code == 200
    assert main(command) == 1


# ---- stubs of other tasks


def test_tasks_of_other_services_are_stubs(run: Run, control: httpx.Client, service: Trigger) -> None:
    assert control.post("/task-stubs", json={"zoho.crm.getRecordById": {"Last_Name": "Hopper"}}).json() == {
        "task_stubs": ["zoho.crm.getRecordById"]
    }
    script = 'lead = zoho.crm.getRecordById("Leads", 7); return {"text": lead.get("Last_Name")};'
    assert run(script)["shown"]["text"] == "Hopper"
    service.scripts.stubs["zoho.crm.getrecordbyid"] = None
    control.delete("/task-stubs")
    assert "has no stub" in run(script)["shown"]["text"]
    service.scripts.stubs["zoho.crm.getRecordById"] = lambda module, number: {"Last_Name": f"{module} {number}"}
    assert run(script)["shown"]["text"] == "Leads 7"
    service.scripts.stubs["zoho.crm.getRecordById"] = lambda module, number: 1 / 0
    assert "the stub of zoho.crm.getRecordById failed with ZeroDivisionError" in run(script)["shown"]["text"]
    assert control.get("/state").json()["trigger"]["task_stubs"] == ["zoho.crm.getRecordById"]
    assert control.post("/task-stubs", json=[1]).status_code == 400


# ---- the extra, and what is loaded when


WITHOUT_LARK = """
import contextlib, io, sys
sys.modules["lark"] = None
import json
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.__main__ import _hints
from zoho_cliq_mock.control_client import call

seed = {"organizations": [{"id": "1"}], "users": [{"key": "ann", "id": "1", "name": "Ann", "organization": "1"}],
        "actions": [{**NEEDED, "creator": "ann", "name": "A", "hint": "h", "handler": {"script": "return {};"}}]}
with MockServer(seed=seed) as mock:
    record = call(mock.url, mock.control_token, "POST", "trigger", {"action": "A", "text": "x"})
    print(json.dumps([record["shown"], "deluge" in record, _hints("http://x", "/y", mock.app.state, control=False)]))
""".replace("**NEEDED", f"**{NEEDED!r}")


def test_without_the_interpreters_packages_one_line_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_LARK], capture_output=True, text=True, check=True
    )
    shown, ran, hints = json.loads(done.stdout)
    line = (
        "Deluge actions need lark and regex: pip install '.[mock]' in a checkout of zoho-cliq (No module named 'lark')"
    )
    assert (shown["kind"], shown["text"], ran) == ("not_executed", line, False)
    assert hints.splitlines()[-1] == line


LOADED = """
import sys
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.control_client import call
with MockServer() as mock:
    call(mock.url, mock.control_token, "GET", "state")
    print([name for name in ("zoho_cliq_deluge", "lark", "regex") if name in sys.modules])
"""


def test_a_mock_that_runs_no_script_loads_no_interpreter() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_extra_mock_has_all_that_the_interpreter_needs() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(extras["deluge"]) <= set(extras["mock"])
    assert set(DELUGE_PACKAGES) <= {requirement.partition(">")[0] for requirement in extras["deluge"]}


# ---- together, and while others work


def test_twenty_scripts_run_at_once(
    mock: MockServer, write_script: Callable[[str], None], webhook: Any, control: httpx.Client
) -> None:
    script = f"""
zoho.cliq.createRecord("log", {{"text": message.get("text")}});
r = invokeurl [ url :"{webhook.url}" type :POST body:message.get("text") ];
zoho.cliq.postToChat(chat.get("id"), "posted " + message.get("text"));
return {{"text": "answer to " + message.get("text")}};
"""
    webhook.answer = lambda event: (200, {"Content-Type": "application/json"}, b"{}")
    write_script(script)
    records: list[dict[str, Any]] = []

    def choose(number: int) -> None:
        body = {"action": "Script", "text": f"{number}"}
        headers = {"Authorization": f"Bearer {mock.control_token}"}
        records.append(httpx.post(f"{mock.control_url}/trigger", json=body, headers=headers, timeout=100).json())

    threads = [threading.Thread(target=choose, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = {str(number) for number in range(20)}
    assert {record["shown"]["text"] for record in records} == {f"answer to {number}" for number in numbers}
    assert {text.removeprefix("posted ") for text in texts(control) if text.startswith("posted ")} == numbers
    stored = control.get("/databases").json()["databases"]["48210"]["log"]
    assert sorted(record["text"] for record in stored) == sorted(numbers)
    assert len({record["id"] for record in stored}) == 20


def test_the_mock_answers_while_a_script_works(run: Run, cliq: Cliq, service: Trigger) -> None:
    seen: list[str] = []

    def busy() -> str:
        # Called in the thread of the script, while it holds the lock for computing.
        seen.extend(action.name for action in cliq.message_actions.list())
        return "done"

    service.scripts.stubs["zoho.crm.busy"] = busy
    assert run('return {"text": zoho.crm.busy()};')["shown"]["text"] == "done"
    assert seen == ["Script"]
