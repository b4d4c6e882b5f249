"""Running the mock: as a command, in a thread, in process, and by the pytest plugin; files, seeds and bad input."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_paths import CREATING, LISTING, action_path
from needed import NEEDED
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_mock import MockServer, create_app
from zoho_cliq_mock.__main__ import main
from zoho_cliq_mock.clock import Clock
from zoho_cliq_mock.database import DatabaseError
from zoho_cliq_mock.directory import SeedError
from zoho_cliq_mock.operations import ACTS
from zoho_cliq_mock.seed import DEMO, read_seed

CREATED = OPERATIONS["create_message_action"].success

pytest_plugins = ["pytester"]
BODY = {**NEEDED, "name": "Open incident", "hint": "Start"}
OWNER = {"Authorization": "Bearer 1000.owner"}
THRESHOLD = OPERATIONS["get_message_action"].threshold
GETS, LOCK = (THRESHOLD.limit, THRESHOLD.lock_seconds) if THRESHOLD else (0, 0)


@pytest.fixture
def command() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "zoho_cliq_mock", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:"), process.communicate()
    assert line.endswith("/api/v3\n")
    return line.removeprefix("listening on ").strip()


def test_the_command_says_where_it_listens_and_what_to_export(command: Any) -> None:
    process = command("--control-token", "control", "--verbose", "--policy", "default_scope=personal")
    url = first_line(process)
    data = httpx.post(f"{url}{CREATING}", json=BODY, headers=OWNER).json()["data"]
    assert data["scope"] == "personal"
    httpx.get(f"{url}{action_path(1)}", headers=OWNER)
    root = url.removesuffix("/api/v3")
    reset = httpx.post(f"{root}/_mock/reset", headers={"Authorization": "Bearer control"})
    assert reset.status_code == 200
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    assert process.stdout
    assert process.stderr
    out, err = process.stdout.read(), process.stderr.read()
    assert f"export ZOHO_CLIQ_BASE_URL={url}" in out
    assert f"export ZOHO_CLIQ_ACCOUNTS_URL={root}" in out
    assert "export ZOHO_CLIQ_TOKEN=1000.owner\n" in out
    assert "export ZOHO_CLIQ_MOCK_CONTROL=control" in out
    lines = [line.split()[1:] for line in err.splitlines()]
    assert lines == [
        ["owner", "create_message_action", str(CREATED)],
        ["owner", "get_message_action", "404", "msgaction_not_found"],
    ]


def test_quiet_prints_one_line(command: Any) -> None:
    process = command("--quiet", "--no-control")
    url = first_line(process)
    assert httpx.get(url.replace("/api/v3", "/_mock/health")).status_code == 404
    process.terminate()
    assert process.wait(timeout=10) == 0
    assert process.stdout
    assert process.stderr
    assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_a_file_keeps_everything(tmp_path: Path, command: Any) -> None:
    path = str(tmp_path / "a folder" / "mock.db")
    Path(path).parent.mkdir()
    process = command("--db", path, "--quiet", "--durable")
    url = first_line(process)
    made = httpx.post(f"{url}{CREATING}", json=BODY, headers=OWNER).json()["data"]
    page = httpx.get(f"{url}{LISTING}", headers=OWNER).json()
    process.kill()
    process.communicate()
    with MockServer(path) as server, httpx.Client(base_url=server.url, headers=OWNER) as client:
        assert client.get(LISTING).json()["data"] == [made]
        changes = client.get(LISTING, params={"sync_token": page["sync_token"]}).json()
        assert (changes["data"], changes["deleted"]) == ([], [])
        client.delete(action_path(made["id"]))
    with MockServer(path) as server, httpx.Client(base_url=server.url, headers=OWNER) as client:
        assert client.get(LISTING, params={"sync_token": page["sync_token"]}).json()["deleted"] == [made["id"]]
        assert client.post(CREATING, json=BODY).json()["data"]["id"] > made["id"]


def test_ids_used_after_a_snapshot_are_not_reused_after_its_restore(tmp_path: Path) -> None:
    path = str(tmp_path / "mock.db")
    app = create_app(path)
    owner = app.state.directory.users["owner"]
    app.state.snapshot("before")
    undone = json.loads(app.state.store.create(owner, BODY))["id"]
    app.state.restore("before")
    app.state.close()
    app = create_app(path)
    assert int(json.loads(app.state.store.create(owner, BODY))["id"]) > int(undone)
    app.state.close()


def test_a_lock_survives_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "mock.db")
    now = [1_800_000_000.0]
    with MockServer(path, clock=lambda: now[0]) as server, httpx.Client(base_url=server.url, headers=OWNER) as client:
        assert [client.get(action_path(1)).status_code for _ in range(GETS + 1)] == [404] * GETS + [429]
    now[0] += LOCK - 1
    with MockServer(path, clock=lambda: now[0]) as server, httpx.Client(base_url=server.url, headers=OWNER) as client:
        assert client.get(action_path(1)).status_code == 429
        assert client.get(LISTING).status_code == 200
        colleague = {"Authorization": "Bearer 1000.colleague"}
        assert client.get(action_path(1), headers=colleague).status_code == 404
        now[0] += 1
        assert client.get(action_path(1)).status_code == 404


def test_thresholds_can_be_switched_off() -> None:
    with MockServer(thresholds=False) as server, httpx.Client(base_url=server.url, headers=OWNER) as client:
        assert {client.get(action_path(1)).status_code for _ in range(40)} == {404}


def test_a_frozen_clock_is_frozen_again_after_a_reset() -> None:
    clock = Clock(lambda: 5000.0)
    clock.freeze(1000.0)
    app = create_app(clock=clock)
    clock.advance(50)
    app.state.reset()
    assert (clock.now(), clock.frozen) == (1000.0, True)
    app.state.close()


def test_in_process_it_is_an_asgi_application() -> None:
    app = create_app()

    async def use() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock/api/v3", headers=OWNER) as client:
            made = (await client.post(CREATING, json=BODY)).json()["data"]
            assert (await client.get(action_path(made["id"]))).json()["data"] == made
            assert (await client.delete(action_path(made["id"]))).status_code == 204
            too_long = await client.post(CREATING, content=b" " * 3_000_000)
            assert too_long.status_code == 400
            control = {"Authorization": f"Bearer {app.state.control_token}"}
            assert (await client.post("http://mock/_mock/reset", headers=control)).status_code == 200
            assert (await client.post("http://mock/oauth/v2/token")).json() == {"error": "invalid_client"}

    asyncio.run(use())
    app.state.close()


def test_a_failure_of_the_mock_is_a_500_in_the_form_of_the_api(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with MockServer() as server:
        monkeypatch.setattr(server.app.state.store, "page", lambda *_, **__: 1 / 0)
        answer = httpx.get(f"{server.url}{LISTING}", headers=OWNER)
        assert (answer.status_code, answer.json()["code"]) == (500, "operation_failed")
    assert "ZeroDivisionError" in caplog.text
    assert "1000.owner" not in caplog.text


def test_an_operation_that_the_document_gained_is_not_implemented(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delitem(ACTS, "list_message_actions")
    with MockServer() as server:
        answer = httpx.get(f"{server.url}{LISTING}", headers=OWNER)
    assert (answer.status_code, answer.json()["code"]) == (501, "operation_failed")
    assert "list_message_actions" in answer.json()["message"]
    path = OPERATIONS["list_message_actions"].path
    assert [record.getMessage() for record in caplog.records if record.name == "zoho_cliq_mock"][-1:] == [
        f"the mock does not implement the operation list_message_actions (GET {path}): returned 501"
    ]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    out, err = capsys.readouterr()
    assert ended.value.code == 2
    assert out == ""
    return str(err)


def test_bad_arguments_end_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE t (x)").connection.close()
    text = tmp_path / "notes.txt"
    text.write_text("notes")
    broken = tmp_path / "seed.json"
    broken.write_text("{")
    shape = tmp_path / "shape.json"
    shape.write_text("[]")
    actions = tmp_path / "actions.json"
    actions.write_text(json.dumps({**DEMO, "actions": [{**NEEDED, "creator": "owner", "name": "", "hint": "h"}]}))
    new = tmp_path / "new.db"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for arguments, complaint in (
            (["--port", port], f"port {port} cannot be used"),
            (["--port", "99999"], "--port must be from 0"),
            (["--port", "0", "--db", str(other)], "is not a database of this mock server; give another file"),
            (["--port", "0", "--db", str(text)], "is not a database of this mock server; give another file"),
            (["--port", "0", "--db", str(tmp_path)], "cannot be opened"),
            (["--port", "0", "--db", str(tmp_path / "no" / "x.db")], "cannot be opened"),
            (["--port", "0", "--seed", str(tmp_path / "none.json")], "cannot be read (No such file"),
            (["--port", "0", "--seed", str(broken)], "is not JSON"),
            (["--port", "0", "--seed", str(shape)], "must be a JSON object"),
            (["--port", "0", "--db", str(new), "--seed", str(actions)], "actions[0]: name:"),
            (["--port", "0", "--policy", "colour=red"], "unknown policy 'colour'"),
            (["--port", "0", "--policy", "colour"], "--policy must be name=value"),
        ):
            message = refused(capsys, *arguments)
            assert complaint in message
            assert message.count("\n") == 1
            assert message.startswith("zoho-cliq-mock: ")
    assert text.read_text() == "notes"
    assert not new.exists()


def test_a_database_belongs_to_one_server(tmp_path: Path) -> None:
    path = str(tmp_path / "mock.db")
    with MockServer(path), pytest.raises(DatabaseError, match="in use by another server"):
        MockServer(path)


def test_a_database_of_another_layout_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "mock.db")
    create_app(path).state.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DatabaseError, match="has schema version 99"):
        create_app(path)


def test_a_database_keeps_its_seed(tmp_path: Path) -> None:
    path = str(tmp_path / "mock.db")
    seed = {**DEMO, "actions": [{"creator": "owner", **BODY, "scope": "personal", "collaborators": ["colleague"]}]}
    create_app(path, seed=seed).state.close()
    for again in (None, seed):
        app = create_app(path, seed=again)
        colleague = app.state.directory.users["colleague"]
        assert len(app.state.store.page(colleague, last=0, limit=9).items) == 1
        app.state.close()
    with pytest.raises(SeedError, match="created with another seed"):
        create_app(path, seed=DEMO)


def test_an_interrupted_first_start_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "mock.db")
    seed = {**DEMO, "actions": [{**NEEDED, "creator": "owner", "name": name, "hint": "h"} for name in ("One", "Two")]}
    app = create_app(path, seed=seed)
    app.state.connection.execute("DELETE FROM meta WHERE name = 'seed'")
    app.state.close()
    app = create_app(path, seed=seed)
    page = app.state.store.page(app.state.directory.users["owner"], last=0, limit=9)
    assert [json.loads(item)["name"] for item in page.items] == ["One", "Two"]
    app.state.close()


ORGANIZATION = {"organizations": [{"id": "1"}]}
ANN = {**ORGANIZATION, "users": [{"key": "ann", "id": "11", "name": "Ann", "organization": "1"}]}

CLIENT = {"clients": [{"client_id": "x", "client_secret": "s"}]}
NESTED: list[Any] = []
for _ in range(2000):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    ("seed", "complaint"),
    [
        ([], "the seed must be an object"),
        ({"people": []}, "people: unknown section; known sections: organizations"),
        ({"users": {}}, "users: must be a list"),
        ({"users": [1]}, r"users\[0\]: must be an object"),
        ({"users": [{"key": "ann"}]}, r"users\[0\].id: is missing"),
        ({"organizations": [{"id": 1}]}, r"organizations\[0\].id: must be a string"),
        ({"organizations": [{"id": "1"}, {"id": "1"}]}, r"organizations\[1\].id: 1 is given twice"),
        ({"organizations": [{"id": "1", "colour": "red"}]}, r"organizations\[0\].colour: unknown field"),
        ({"users": ANN["users"]}, r"users\[0\].organization: 1 is not in organizations"),
        ({**ANN, "users": ANN["users"] * 2}, r"users\[1\].key: ann is given twice"),
        ({**ANN, "teams": [{"id": "7", "organization": "1"}]}, r"teams\[0\].id: must be a whole number"),
        ({**ANN, "teams": [{"id": 1.5, "organization": "1"}]}, r"teams\[0\].id: must be a whole number"),
        ({**ANN, "teams": [{"id": 10**23, "organization": "1"}]}, r"teams\[0\].id: must fit in 64 bits"),
        ({"users": [{**ANN["users"][0], "name": "\ud800"}]}, r"users\[0\].name: has half of a surrogate pair"),
        ({**ANN, "actions": [{"name": "\ud800"}]}, r"actions\[0\].name: has half of a surrogate pair"),
        ({**ANN, "actions": [{"\ud800": 1}]}, r"actions\[0\]: the field name '\\ud800' is not a string"),
        ({**ANN, "actions": [{1: 1}]}, r"actions\[0\]: the field name 1 is not a string"),
        ({**ANN, "actions": [{"name": {1}}]}, r"actions\[0\].name: a set is not a JSON value"),
        ({**ANN, "actions": NESTED}, "actions: is nested too deeply"),
        ({**ANN, "tokens": [{"token": "t", "user": "ann", "expires": float("nan")}]}, "expires: must be a finite"),
        ({**ANN, "tokens": [{"token": "t", "user": "ann"}] * 2}, r"tokens\[1\].token: is given twice"),
        ({**ANN, "tokens": [{"token": "t", "user": "ann", "scopes": ["REED"]}]}, r"tokens\[0\].scopes: unknown scope"),
        (
            {**ANN, "tokens": [{"token": "t", "user": "ann", "scopes": ["ZohoCliq.MessageActions.REED"]}]},
            r"tokens\[0\].scopes: unknown scope ZohoCliq.MessageActions.REED; known scopes: [A-Z]",
        ),
        (
            {**ANN, **CLIENT, "refresh_tokens": [{"token": "t", "client_id": "x", "user": "ann"}] * 2},
            r"refresh_tokens\[1\].token: is given twice",
        ),
        (
            {**ANN, **CLIENT, "codes": [{"code": "c", "client_id": "x", "user": "ann"}] * 2},
            r"codes\[1\].code: is given twice",
        ),
        ({**ANN, "teams": [{"id": 7, "organization": "2"}]}, r"teams\[0\].organization: 2 is not in organizations"),
        ({**ANN, "teams": [{"id": 7, "organization": "1"}] * 2}, r"teams\[1\].id: 7 is given twice"),
        ({**ANN, "teams": [{"id": 7, "organization": "1", "members": ["bob"]}]}, "the member bob is not in users"),
        ({**ANN, "tokens": [{"token": "t", "user": "bob"}]}, r"tokens\[0\].user: bob is not in users"),
        ({**ANN, "codes": [{"code": "c", "client_id": "x", "user": "ann"}]}, r"codes\[0\].client_id: x is not in"),
    ],
)
def test_a_mistake_in_a_seed_is_named(seed: Any, complaint: str) -> None:
    with pytest.raises(SeedError, match=complaint):
        read_seed(seed)


@pytest.mark.parametrize("people", [5, None, "ann", {"ann": 1}, [["ann"]]])
def test_collaborators_of_a_seed_are_a_list_of_users(people: Any) -> None:
    seed = {**ANN, "actions": [{"creator": "ann", **BODY, "collaborators": people}]}
    with pytest.raises(SeedError, match=r"actions\[0\]: collaborators: "):
        create_app(seed=seed)


@pytest.mark.parametrize("seed", ["f.json", "", [], 5])
def test_a_seed_of_another_type_is_refused(seed: Any) -> None:
    with pytest.raises(SeedError, match=f"the seed must be an object, not a {type(seed).__name__}"):
        MockServer(seed=seed)


def test_a_token_may_have_scopes_of_other_apis() -> None:
    token = {"token": "t", "user": "ann", "scopes": ["ZohoCliq.Channels.READ", "read"]}
    grant = read_seed({**ANN, "tokens": [token]}).grants["t"]
    assert grant.scopes == {"zohocliq.channels.read", "zohocliq.messageactions.read"}


def test_list_policies_ends_quietly_if_the_reader_leaves() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "zoho_cliq_mock", "--list-policies"],
            stdout=gone,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs Linux's /dev/full")
@pytest.mark.parametrize("option", ["--list-policies", "--version"])
def test_a_full_standard_output_is_reported_in_one_line(option: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "zoho_cliq_mock", option],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            text=True,
        )
    said = "zoho-cliq-mock: standard output cannot be written (No space left on device)\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_a_team_has_members_of_its_own_organization_only() -> None:
    seed = {**ANN, "organizations": [{"id": "1"}, {"id": "2"}]}
    with pytest.raises(SeedError, match="of another organization"):
        read_seed({**seed, "teams": [{"id": 7, "organization": "2", "members": ["ann"]}]})


def test_help_policies_and_version_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "examples:" in text
    assert "listening on" in text
    assert main(["--list-policies"]) == 0
    assert "scope_status=403" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"zoho-cliq-mock {version('zoho-cliq')}\n"


def test_the_wheel_registers_the_plugin() -> None:
    (found,) = entry_points(group="pytest11", name="zoho_cliq_mock")
    assert found.load().cliq_mock


@pytest.mark.heavy
def test_the_fixture_is_reset_for_each_test_and_for_each_worker(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the other installed plugins take seconds to load
    pytester.makepyfile(
        """
        import httpx, pytest
        from api_paths import CREATING, LISTING

        @pytest.mark.parametrize("number", range(4))
        def test_it(cliq_mock, number):
            client = httpx.Client(base_url=cliq_mock.url, headers={"Authorization": "Bearer 1000.owner"}, verify=False)
            with client:
                assert client.get(LISTING).json()["data"] == []
                assert client.post(CREATING, json={"name": "Same", "hint": "h"}).is_success
        """
    )
    result = pytester.runpytest_subprocess(
        "-p", "xdist", "-p", "zoho_cliq_mock.plugin", "-n", "2", "-p", "no:cacheprovider"
    )
    result.assert_outcomes(passed=4)


MARKED = """
import pytest

SEED = {"organizations": [{"id": "1", "name": "Example"}], "users": [{"key": "ann", "id": "11", "name": "Ann",
        "organization": "1"}], "actions": [{**NEEDED, "creator": "ann", "name": "File", "hint": "File it"}]}


@pytest.mark.cliq_mock(policies={"throttle_status": "400"})
class TestMarked:
    @pytest.mark.cliq_mock(seed=SEED)
    @pytest.mark.parametrize("number", range(2))
    def test_seed_and_policies(self, cliq_mock, number):
        assert [action["name"] for action in cliq_mock.state()["actions"]] == ["File"]
        assert cliq_mock.policies()["throttle_status"] == "400"
        cliq_mock.policies(throttle_status="429")
        cliq_mock.advance(60)

    def test_policies(self, cliq_mock):
        assert cliq_mock.state()["actions"] == []
        assert cliq_mock.policies()["throttle_status"] == "400"


def test_without(cliq_mock, cliq_mock_async):
    assert cliq_mock.policies()["throttle_status"] == "429"
    assert cliq_mock_async.url == cliq_mock.url
    assert cliq_mock_async.clock is cliq_mock.clock


@pytest.mark.cliq_mock(sed={})
def test_misspelt(cliq_mock):
    pass


@pytest.mark.cliq_mock(policies={"trottle_status": "400"})
def test_unknown_policy(cliq_mock):
    pass
""".replace("**NEEDED", f"**{NEEDED!r}")


def test_a_marker_says_how_the_server_is_made(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(MARKED)
    result = pytester.runpytest_subprocess("-p", "zoho_cliq_mock.plugin", "-p", "no:cacheprovider", "--strict-markers")
    result.assert_outcomes(passed=4, errors=2)
    result.stdout.fnmatch_lines(
        [
            "the marker cliq_mock: it takes only the keywords seed, policies, thresholds, webhook_hosts",
            "the marker cliq_mock: *trottle_status*",
        ]
    )


def test_the_plugin_is_harmless_without_the_extra(tmp_path: Path) -> None:
    """Loading the plugin imports none of the packages of the extra."""
    script = (
        "import sys, zoho_cliq_mock, zoho_cliq_mock.plugin\n"
        "print([name for name in ('uvicorn', 'starlette', 'orjson', 'jsonschema_rs', 'httpx') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("raise ModuleNotFoundError('No module named uvicorn')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    shown = subprocess.run(
        [sys.executable, "-m", "zoho_cliq_mock"], capture_output=True, text=True, env=environment, check=False
    )
    assert shown.returncode == 2
    wanted = "the mock server needs the extra `mock`: pip install '.[mock]' in a checkout of zoho-cliq"
    assert shown.stderr == f"zoho-cliq-mock: {wanted} (No module named uvicorn)\n"


def test_a_state_in_memory_need_not_be_closed() -> None:
    app = create_app()
    app.state.snapshot("kept")
    connection = app.state.connection
    del app
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
