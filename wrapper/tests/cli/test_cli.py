"""The command `zoho-cliq` against the mock server: tables, JSON, exit codes, credentials."""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import zoho_cliq
import zoho_cliq_api
from cliq_fakes import GETS, HANDLER_UPDATES, SCHEMAS, TYPES, examples_are_complete
from cliq_runs import Run, Shell, create, piped
from zoho_cliq import OAuth, cli, errors
from zoho_cliq._auth.grants import Grant
from zoho_cliq._extras import unavailable
from zoho_cliq._operations import Operations
from zoho_cliq._types import Secret
from zoho_cliq.cli import commands, output, parser
from zoho_cliq.cli.fields import add_fields, given, parsed
from zoho_cliq_api.contract import OPERATIONS, SERVERS
from zoho_cliq_mock import MockServer


def test_everything_in_json(run: Run, tmp_path: Path) -> None:
    icon = tmp_path / "icon.png"
    icon.write_bytes(b"\x89PNG")
    made = create(
        run, "Sweep", "--scope", "team", "--team-id", "100001", "--team-id", "100002", "--message-type", TYPES[0],
        "--message-type", TYPES[1], "--image", str(icon), "--if-exists", "adopt",
    )  # fmt: skip
    assert (made["team_ids"], made["message_types"]) == ([100001, 100002], TYPES[:2])
    assert [entry["id"] for entry in json.loads(run("--json", "list", "--limit", "5")[1])] == [made["id"]]
    assert json.loads(run("--json", "get", made["id"])[1]) == made
    changed = json.loads(run("--json", "update", made["id"], "--hint", "New")[1])
    assert changed["hint"] == "New"
    assert json.loads(run("--json", "handler", made["id"])[1])["function_id"] == made["id"]
    script = tmp_path / "script.dg"
    script.write_text("return 1;")
    assert json.loads(run("--json", "handler", made["id"], "--script", str(script))[1])["script"] == "return 1;"
    assert json.loads(run("--json", "thresholds")[1])["get_message_action"]["remaining"] == GETS - 1
    assert json.loads(run("--json", "delete", made["id"], "--yes")[1]) == {"deleted": made["id"]}
    assert (tmp_path / ".local/state/zoho-cliq/state.db").exists()


BOOLEANS = [
    name for name, schema in SCHEMAS["MessageActionCreate"]["properties"].items() if schema.get("type") == "boolean"
]


@pytest.mark.parametrize("name", BOOLEANS)
def test_a_boolean_has_two_options(run: Run, name: str) -> None:
    option = name.replace("_", "-")
    made = create(run, "Yes", f"--{option}")
    assert made[name] is True
    assert json.loads(run("--json", "update", made["id"], f"--no-{option}")[1])[name] is False
    called = run(
        "call",
        "create_message_action",
        "--json",
        "--field",
        "name=Called",
        "--field",
        "hint=h",
        "--field",
        f"{name}=true",
    )
    assert json.loads(called[1])["data"][name] is True


def test_options_of_fields_are_those_of_the_document() -> None:
    known = Operations().prepared("create_message_action")
    with pytest.raises(SystemExit), redirect_stdout(io.StringIO()) as shown:
        parser().parse_args(["create", "--help"])
    for name in known.properties:
        assert f"--{name.replace('_', '-').removesuffix('s')}" in shown.getvalue(), name


def test_a_field_that_is_called_like_an_option_has_another_one() -> None:
    sub = argparse.ArgumentParser()
    sub.add_argument("--hint", help="an option of the command's own")
    add_fields(sub, "create_message_action")
    operations = Operations()
    needed = operations.rules.resolve(operations.prepared("create_message_action").body).get("required", ())
    rest = [part for name in needed if name != "hint" for part in (f"--{name.replace('_', '-')}", "other")]
    options = sub.parse_args([*rest, "--hint", "own", "--field-hint", "of the action"])
    assert (options.hint, given(options)["hint"]) == ("own", "of the action")


def test_call_reaches_every_operation(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "script.dg"
    script.write_text("return 1;")
    made = json.loads(
        run(
            "call", "create_message_action", "--json", "--field", "name=Called", "--field", "hint=5",
            "--field", f"message_types={TYPES[0]}", "--field", f"message_types={TYPES[1]}",
        )[1]
    )["data"]  # fmt: skip
    assert (made["hint"], made["message_types"]) == ("5", TYPES[:2])
    handler = ("action_id=" + made["id"], "handler_type=execution_handler", f"script=@{script}")
    changed = run(
        "--json", "call", "update_message_action_handler", *(x for text in handler for x in ("--field", text))
    )
    assert json.loads(changed[1])["data"]["script"] == "return 1;"
    listed = run("call", "list_message_actions", "--field", "limit=1", "--json")
    assert [entry["id"] for entry in json.loads(listed[1])["data"]] == [made["id"]]
    teams = ("name=Team", "hint=h", "scope=team", "team_ids=[100001, 100002]")
    team = run("call", "create_message_action", "--json", *(x for text in teams for x in ("--field", text)))
    assert json.loads(team[1])["data"]["team_ids"] == [100001, 100002]
    gone = run("call", "delete_message_action", "--field", f"action_id={made['id']}", "--json")
    assert (gone[0], json.loads(gone[1])) == (0, {"answer": None})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("list_message_action", "has no operation 'list_message_action'; did you mean list_message_actions?"),
        ("list_message_actions --field limit", "'limit' is not of the form name=value"),
        ("list_message_actions --field limit=many", "limit: 'many' is not JSON, as integer needs"),
        ("list_message_actions --field limits=5", "limits: is not a field of this operation; did you mean limit?"),
        ("list_message_actions --package json", "json was not made by"),
    ],
)
def test_a_call_that_cannot_be_made_is_one_line(run: Run, arguments: str, message: str) -> None:
    code, out, err = run("call", *arguments.split())
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_tables_for_people(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create(run, "Two\x1b[31m lines")
    code, out, err = run("list")
    assert (code, err) == (0, "")
    assert made["id"] in out
    assert "\x1b" not in out, "what a server sends does not reach the terminal's controls"
    assert "organization" in run("get", made["id"])[1]
    assert "create_message_action" in run("thresholds")[1]
    monkeypatch.setattr("sys.stdin", piped("return 2;\r\n// é".encode()))
    assert "return 2;" in run("handler", made["id"], "--script", "-")[1]
    assert json.loads(run("--json", "handler", made["id"])[1])["script"] == "return 2;\n// é"
    assert run("delete", made["id"], "--yes")[1] == f"Deleted {made['id']}\n"


def test_table_fits_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    create(run)
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    monkeypatch.setenv("COLUMNS", "60")
    _, out, _ = run("list")
    assert max(len(line) for line in out.splitlines()) < 200


def test_permissions_of_a_webhook(run: Run) -> None:
    made = create(run, "Hook", "--execution-type", "webhook", "--execution-url", "https://desk.example.com/")
    handler = json.loads(run("--json", "handler", made["id"], "--permission", "chat", "--permission", "user")[1])
    assert set(handler["permissions"]) == {"chat", "user"}
    assert json.loads(run("--json", "handler", made["id"], "--no-permissions")[1])["permissions"] == []


def test_refusals_have_exit_codes_and_one_line(run: Run) -> None:
    code, out, err = run("get", "1")
    assert (code, out) == (1, "")
    assert err.startswith("zoho-cliq: get_message_action: 404 msgaction_not_found: ")
    assert err.count("\n") == 1
    code, _, err = run("--json", "get", "1")
    assert code == 1
    assert json.loads(err) | {"message": ""} == {
        "error": "MessageActionNotFound",
        "message": "",
        "operation": "get_message_action",
        "status": 404,
        "code": "msgaction_not_found",
    }
    for _ in range(8):
        assert run("--max-wait", "0", "get", "1")[0] == 1
    code, _, err = run("--max-wait", "0", "--json", "get", "1")
    assert code == 3
    assert json.loads(err)["error"] == "WouldWait"


def test_wrong_usage_ends_with_two(run: Run) -> None:
    assert run("fly") == (2, "", "zoho-cliq: there is no command 'fly'; zoho-cliq --help lists them\n")


def test_the_version_is_that_of_the_package(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("--version")
    assert caught.value.code in (None, 0)
    assert capsys.readouterr().out == f"zoho-cliq {zoho_cliq.__version__}\n"


def test_login_keeps_credentials_that_later_runs_use(
    run: Run, mock: MockServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ZOHO_CLIQ_TOKEN")
    code, _, err = run("list")
    assert (code, err) == (2, "zoho-cliq: no credentials: run zoho-cliq login, or set ZOHO_CLIQ_TOKEN\n")
    headers = {"Authorization": f"Bearer {mock.control_token}"}
    asked = {"user": "owner", "client_id": "1000.DEMO"}
    given = httpx.post(f"{mock.control_url}/codes", headers=headers, json=asked).raise_for_status().json()
    monkeypatch.setattr("sys.stdin", piped(f"1000.DEMO\ndemo-secret\n{given['code']}\n".encode()))
    code, out, err = run("login", "--accounts-url", mock.accounts_url)
    assert (code, err) == (0, "Client ID: Client secret: Code: ")
    kept = tmp_path / ".config/zoho-cliq/credentials.json"
    assert str(kept) in out
    assert kept.stat().st_mode & 0o777 == 0o600
    assert run("--json", "list") == (0, "[]\n", "")
    assert run("--credentials", str(kept), "--json", "list") == (0, "[]\n", "")
    assert run("--credentials", "~/.config/zoho-cliq/credentials.json", "--json", "list") == (0, "[]\n", "")
    secrets = iter(["demo-secret", "spent"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(secrets))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    code, _, err = run("login", "--client-id", "1000.DEMO", "--accounts-url", mock.accounts_url)
    assert (code, "demo-secret" in err) == (1, False)

    def ended(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ended)
    code, _, err = run("login", "--client-id", "1000.DEMO", "--accounts-url", mock.accounts_url, "--quiet")
    assert (code, err) == (2, "\nzoho-cliq: Client secret: the input has ended before it was given\n")


def test_waits_are_announced(run: Run, mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoho_cliq._engine.backoff", lambda attempt: 0.01)
    rule = {"fault": "status", "status": 503, "times": 1}
    headers = {"Authorization": f"Bearer {mock.control_token}"}
    httpx.post(f"{mock.control_url}/faults", headers=headers, json=rule).raise_for_status()
    code, _, err = run("--json", "list")
    assert (code, err) == (0, "zoho-cliq: waiting 0.0 s (retry)\n")


def test_without_rich_tables_name_the_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    code, _, err = run("list")
    assert code == 2
    assert "pip install '.[cli]'" in err
    assert run("--json", "list")[0] == 0


def listed_by(monkeypatch: pytest.MonkeyPatch, act: Callable[[Any], None]) -> None:
    """Let the command `list` do something else."""
    monkeypatch.setattr(commands, "list_actions", act)
    monkeypatch.setattr(cli, "parser", parser)  # made anew, with that


@pytest.mark.parametrize(
    ("error", "code", "line"), [(KeyboardInterrupt(), 130, "interrupted"), (errors.AuthError("no"), 1, "no")]
)
def test_interrupts_and_errors(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, line: str
) -> None:
    def fail(options: Any) -> None:
        raise error

    listed_by(monkeypatch, fail)
    assert run("list") == (code, "", f"zoho-cliq: {line}\n")


def test_reader_that_goes_away_is_no_traceback(mock: MockServer, tmp_path: Path) -> None:
    variables = {"ZOHO_CLIQ_TOKEN": "1000.owner", "ZOHO_CLIQ_BASE_URL": mock.url, "HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "zoho_cliq.cli", "--json", "thresholds"],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


def test_reader_that_goes_away_in_process(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

        def fileno(self) -> int:
            return copy

    with (tmp_path / "out").open("w") as stand_in:
        copy = os.dup(stand_in.fileno())
        monkeypatch.setattr("sys.stdout", Gone())
        assert cli.main(["--json", "list"]) == 1
        os.close(copy)


def also(*values: object) -> Any:
    """Return the values of one more case, which takes the same way as another one."""
    return pytest.param(*values, marks=pytest.mark.heavy)


@examples_are_complete
@pytest.mark.parametrize(
    ("arguments", "code", "err"),
    [
        ("--json list >/dev/full", 1, "cannot write to the standard output: No space left on device"),
        also("list >/dev/full", 1, "cannot write to the standard output: No space left on device"),
        ("--help >/dev/full", 1, "cannot write to the standard output: No space left on device"),
        ("list >&-", 1, "the standard output is closed; nothing was sent"),
        also("delete 5 >&-", 1, "the standard output is closed; nothing was sent"),
        ("login <&-", 2, "Client ID: standard input is closed"),
        also("handler 5 --script - <&-", 2, "script: cannot read standard input: it is closed"),
        ("get 1 2>/dev/full", 1, ""),
        ("get 1 2>&-", 1, ""),
        also("fly 2>/dev/full", 2, ""),
    ],
)
def test_unusable_standard_streams_end_in_one_line(shell: Shell, arguments: str, code: int, err: str) -> None:
    ended, out, told = shell(arguments)
    assert (ended, out) == (code, "")
    assert "Traceback" not in told
    assert told.splitlines()[-1:] == [told.strip().splitlines()[-1]] if err else told == ""
    assert err in told


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "would wait 5.0 s, but max_wait (2 s) allows only 1.0 s",
            "would wait 5.0 s, but --max-wait (2 s) allows only 1.0 s",
        ),
        ("set data_center='eu'", "set --data-center 'eu'"),
        ("ZOHO_CLIQ_BASE_URL: it must be an address", "ZOHO_CLIQ_BASE_URL: it must be an address"),
        ('the answer says "max_wait" and x.base_url', 'the answer says "max_wait" and x.base_url'),
    ],
)
def test_errors_name_options_and_not_arguments_of_python(
    capsys: pytest.CaptureFixture[str], message: str, shown: str
) -> None:
    output.complain(errors.CliqError(message), as_json=False)
    assert capsys.readouterr().err == f"zoho-cliq: {shown}\n"


@examples_are_complete
@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ("list", False),
        also("thresholds", False),
        ("create --name Full --hint h --dry-run", False),
        also("call list_message_actions", False),
        ("create --name Full --hint h", True),
        also("call create_message_action --field name=Full --field hint=h", True),
    ],
)
def test_what_cannot_be_written_says_whether_something_was_changed(
    shell: Shell, run: Run, arguments: str, changed: bool
) -> None:
    code, _, told = shell(f"{arguments} >/dev/full")
    assert code == 1
    cannot = "zoho-cliq: cannot write to the standard output: No space left on device"
    assert told.splitlines()[-1] == cannot + ("; changes were made before that" if changed else "")
    assert bool(json.loads(run("list", "--json")[1])) is changed


def test_a_reader_that_wants_one_line_ends_it_quietly(shell: Shell, run: Run) -> None:
    for number in range(3):
        create(run, f"Note {number}")
    code, out, err = shell("list | head -1")
    assert (code, out.split()[0], err) == (0, "id", "")


def test_a_terminal_of_few_characters_shows_the_numbers_of_others(shell: Shell, run: Run) -> None:
    create(run, "Zoë ✓")
    code, out, err = shell("list", PYTHONIOENCODING="ascii")
    assert (code, err) == (0, "")
    assert r"Zo\xeb \u2713" in out
    code, out, err = shell("--help", PYTHONIOENCODING="ascii")
    assert (code, err) == (0, "")
    assert "redis://" in out


def test_a_script_that_is_no_text_is_refused_before_any_call(
    run: Run, mock: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = create(run)
    no_text, empty = "it is not UTF-8 text", "it is empty; the command before the pipe may have failed"
    for content, reason in ((b"return \xff;", no_text), (b"\xed\xa0\x80", no_text), (b" \n", empty)):
        monkeypatch.setattr("sys.stdin", piped(content))
        code, out, err = run("handler", made["id"], "--script", "-")
        assert (code, out) == (2, "")
        assert err == f"zoho-cliq: update_message_action_handler: script: cannot read standard input: {reason}\n"
    assert json.loads(run("--json", "thresholds")[1])["update_message_action_handler"]["remaining"] == HANDLER_UPDATES


def test_script_and_icon_paths_expand_the_home_directory(run: Run, tmp_path: Path) -> None:
    (tmp_path / "script.dg").write_text("return 3;")
    (tmp_path / "icon.png").write_bytes(b"\x89PNG")
    made = create(run, "Home", "--image=~/icon.png")
    assert json.loads(run("--json", "handler", made["id"], "--script=~/script.dg")[1])["script"] == "return 3;"
    code, _, err = run("update", made["id"], "--image=~nobody-has-this-name/icon.png")
    assert (code, err) == (
        2,
        "zoho-cliq: image '~nobody-has-this-name/icon.png': Could not determine home directory.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "err"),
    [
        ("login", "Client ID: the input has ended before it was given"),
        ("login --client-id x", "Client secret: the input has ended before it was given"),
        ("--credentials=~nobody-has-this-name/c.json list", "Could not determine home directory"),
    ],
)
def test_what_is_not_given_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, arguments: str, err: str) -> None:
    monkeypatch.setattr("sys.stdin", piped(b""))
    code, out, told = run(*arguments.split())
    assert (code, out, err in told) == (2, "", True), told


def test_a_script_from_an_input_that_is_closed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    code, out, err = run("handler", "5", "--script", "-")
    assert (code, out, "script: cannot read standard input: it is closed" in err) == (2, "", True)


@pytest.mark.parametrize("content", [b"\xff\n", b"id\n\xff\n"])
def test_what_is_typed_must_be_text(run: Run, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", piped(content))
    code, _, err = run("login")
    assert code == 2
    assert err.endswith(": the input is not text\n")


def test_login_checks_its_settings_before_it_sends(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("zoho_cliq._auth.grants.exchange_code", lambda *_: pytest.fail("it was sent"))
    (tmp_path / "file").touch()
    for arguments, words in (
        (("--timeout", "inf", "login"), "timeout must be a number of seconds"),
        (("--credentials", str(tmp_path), "login"), "it is a directory; nothing was sent"),
        (("--credentials", str(tmp_path / "file" / "c.json"), "login"), "cannot write"),
        (("login", "--accounts-url", ""), "--accounts-url must be"),
        (("--data-center", "mars", "login"), "invalid choice: 'mars'"),
    ):
        monkeypatch.setattr("sys.stdin", piped(b"id\nsecret\ncode\n"))
        code, _, err = run(*arguments)
        assert (code, words in err) == (2, True), err
        assert err.count("\n") == 1


def test_a_code_that_is_empty_is_not_sent(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoho_cliq._auth.grants.exchange_code", lambda *_: pytest.fail("it was sent"))
    monkeypatch.setattr("sys.stdin", piped(b"id\nsecret\n\n"))
    assert run("login")[0] == 2


def test_empty_settings_do_not_select_the_production_server(run: Run) -> None:
    code, _, err = run("--base-url", "", "list")
    assert code == 2
    assert "--base-url must be" in err


def test_credentials_that_cannot_be_looked_at_are_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ZOHO_CLIQ_TOKEN")
    exists = Path.exists

    def forbidden(path: Path, **more: Any) -> bool:
        if path.name == "credentials.json":
            raise PermissionError(13, "Permission denied")
        return exists(path, **more)

    monkeypatch.setattr(Path, "exists", forbidden)
    code, _, err = run("list")
    assert (code, "cannot use" in err, err.count("\n")) == (2, True, 1)
    code, _, err = run("--credentials", str(tmp_path / "none.json"), "list")
    assert (code, "none.json: No such file" in err) == (2, True)


def test_permissions_are_given_or_taken_not_both(run: Run) -> None:
    assert run("handler", "5", "--permission", "chat", "--no-permissions")[0] == 2


def test_what_a_server_says_does_not_reach_the_terminals_controls(run: Run, mock: MockServer) -> None:
    made = create(run)
    headers = {"Authorization": f"Bearer {mock.control_token}"}
    rule = {"fault": "status", "status": 400, "message": "a\x1b[31m\u202eb", "times": 1}
    httpx.post(f"{mock.control_url}/faults", headers=headers, json=rule).raise_for_status()
    assert "\x1b" not in run("get", made["id"])[2]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        (None, ""),
        ([1, "a"], "1, a"),
        ({"id": "7", "name": "Ada"}, "7, Ada"),
        ("a\nb\x07", "a\nb\ufffd"),
    ],
)
def test_cells(value: Any, shown: str) -> None:
    assert output.cell(value) == shown


# --- without an installation, and with a broken one -------------------------------------------------------------------


@pytest.mark.heavy
def test_the_command_runs_out_of_a_zip_file(mock: MockServer, tmp_path: Path) -> None:
    archive = tmp_path / "client.zip"
    packages = [Path(str(package.__file__)).parent for package in (zoho_cliq, zoho_cliq_api)]
    with zipfile.ZipFile(archive, "w") as made:
        for package in packages:
            for path in package.rglob("*"):
                if path.is_file() and "__pycache__" not in path.parts:
                    made.write(path, path.relative_to(package.parent))
    hidden = (
        "import importlib.metadata as m, runpy, sys\n"
        "def none(name): raise m.PackageNotFoundError(name)\n"
        "m.version = m.distribution = none\n"
        "import zoho_cliq\n"
        "assert '.zip' in zoho_cliq.__file__\n"
        "runpy.run_module('zoho_cliq', run_name='__main__', alter_sys=True)\n"
    )
    variables = {"ZOHO_CLIQ_TOKEN": "1000.owner", "ZOHO_CLIQ_BASE_URL": mock.url, "HOME": str(tmp_path)}
    for arguments, out in ((["--version"], f"zoho-cliq {zoho_cliq.__version__}\n"), (["--json", "list"], "[]\n")):
        mock.reset()
        done = subprocess.run(
            [sys.executable, "-P", "-c", hidden, *arguments],
            # Coverage is measured in the sources, of which the archive is a copy.
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
                **variables,
                "PYTHONPATH": str(archive),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, out, "")


def test_the_package_is_the_command() -> None:
    for name in ("zoho_cliq", "zoho_cliq.cli"):
        assert importlib.import_module(f"{name}.__main__").main is cli.main  # importing it runs nothing
    done = subprocess.run([sys.executable, "-m", "zoho_cliq", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"zoho-cliq {zoho_cliq.__version__}\n")


def test_the_version_is_that_of_the_distribution() -> None:
    root = Path(__file__).resolve().parents[3]
    assert tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"] == zoho_cliq.__version__


class Broken:
    """A finder that makes the import of one module fail, as a half-installed library does."""

    def __init__(self, name: str, error: ImportError) -> None:
        self.name, self.error = name, error

    def find_spec(self, name: str, *_: Any) -> None:
        if name == self.name:
            raise self.error


def test_a_broken_extra_is_not_called_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    error = ImportError("libmarkup.so: cannot open\nshared object file")
    monkeypatch.setattr("sys.meta_path", [Broken("rich.table", error), *sys.meta_path])
    code, _, err = run("list")
    assert code == 2
    assert "rich, which is installed but cannot be imported: libmarkup.so: cannot open shared object file" in err
    assert "--force-reinstall" in err
    assert err.count("\n") == 1


def test_a_finder_that_fails_means_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", ModuleType("rich"))  # has no spec, which find_spec refuses
    error = unavailable("tables need", "rich", "cli", ImportError("odd"))
    assert str(error) == "tables need the extra `cli`: pip install '.[cli]' in a checkout of zoho-cliq"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ModuleNotFoundError("No module named 'httpx'", name="httpx"), "cannot be imported: No module named 'httpx'"),
        (ImportError("undefined symbol: PyX", name="attr"), "cannot be imported: attr: undefined symbol: PyX"),
    ],
)
def test_a_failing_import_names_its_cause(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: ImportError, words: str
) -> None:
    def fail(options: Any) -> None:
        raise error

    listed_by(monkeypatch, fail)
    code, _, err = run("list")
    assert (code, err.count("\n"), words in err) == (1, 1, True), err


# --- byte order marks, devices, interrupts ----------------------------------------------------------------------------

BOM = b"\xef\xbb\xbf"


def test_a_byte_order_mark_is_no_part_of_what_is_read(
    run: Run, mock: MockServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = create(run)
    script = tmp_path / "script.dg"
    script.write_bytes(BOM + b"return 1;")
    assert json.loads(run("--json", "handler", made["id"], "--script", str(script))[1])["script"] == "return 1;"
    monkeypatch.setattr("sys.stdin", piped(BOM + b"return 2;"))
    assert json.loads(run("--json", "handler", made["id"], "--script", "-")[1])["script"] == "return 2;"
    sent: list[tuple[Any, ...]] = []

    def trade(home: Any, code: Secret, *_: Any) -> tuple[Secret, Grant]:
        sent.append((home.client_id, home.client_secret.reveal(), code.reveal()))
        return Secret("1000.refresh"), Grant(Secret("-"), None, 60.0, None)

    monkeypatch.setattr("zoho_cliq._auth.grants.exchange_code", trade)
    monkeypatch.setattr("sys.stdin", piped(BOM + b"id\nsecret\ncode\n"))
    kept = tmp_path / "kept.json"
    assert run("--credentials", str(kept), "login")[0] == 0
    assert sent == [("id", "secret", "code")]
    kept.write_bytes(BOM + kept.read_bytes())
    assert OAuth.from_file(kept).client_id == "id"


def test_a_script_in_utf_16_is_refused(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "script.dg"
    script.write_bytes("return 1;".encode("utf-16"))
    code, _, err = run("handler", "5", "--script", str(script))
    assert (code, err.count("\n")) == (2, 1)
    assert f"cannot read {script}: it is not UTF-8 text" in err


def test_login_sends_nothing_if_the_credentials_cannot_be_stored(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("zoho_cliq._auth.grants.exchange_code", lambda *_: pytest.fail("it was sent"))
    for path, reason in (
        ("/dev/full", "No space left on device"),
        ("/dev/null", "it is not a regular file"),
        (str(tmp_path), "it is a directory"),
    ):
        monkeypatch.setattr("sys.stdin", piped(b"id\nsecret\ncode\n"))
        code, _, err = run("--credentials", path, "login")
        assert (code, err) == (2, f"zoho-cliq: cannot write {path}: {reason}; nothing was sent\n")

    def full(**_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    code, _, err = run("--credentials", str(tmp_path / "c.json"), "login")
    assert (code, "c.json: No space left on device; nothing was sent" in err) == (2, True)


def test_login_goes_to_the_data_center_of_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []

    def trade(home: Any, *_: Any) -> tuple[Secret, Grant]:
        asked.append(home.accounts_url)
        return Secret("1000.refresh"), Grant(Secret("-"), None, 60.0, None)

    monkeypatch.setattr("zoho_cliq._auth.grants.exchange_code", trade)
    for variables, options in (
        ({}, ()),
        ({"ZOHO_CLIQ_DATA_CENTER": "eu"}, ()),
        ({"ZOHO_CLIQ_DATA_CENTER": "eu"}, ("--data-center", "in")),
        ({"ZOHO_CLIQ_ACCOUNTS_URL": "https://accounts.example.com"}, ()),
    ):
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.setattr("sys.stdin", piped(b"id\nsecret\ncode\n"))
            assert run(*options, "--credentials", str(tmp_path / "c.json"), "login")[0] == 0
    assert asked == [
        SERVERS["us"].accounts_url,
        SERVERS["eu"].accounts_url,
        SERVERS["in"].accounts_url,
        "https://accounts.example.com",
    ]


def test_login_says_which_scopes_the_code_needs(shell: Shell) -> None:
    code, out, _ = shell("login --help", COLUMNS="500")
    assert code == 0
    for operation in OPERATIONS.values():
        assert operation.scopes[0] in out


# --- options ----------------------------------------------------------------------------------------------------------


def test_settings_stand_before_or_after_the_command(
    run: Run, mock: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZOHO_CLIQ_BASE_URL")
    for arguments in (
        ("--json", "--base-url", mock.url, "list"),
        ("list", "--json", "--base-url", mock.url),
        ("--json", "list", "--base-url", mock.url),
    ):
        assert run(*arguments) == (0, "[]\n", "")
    code, _, err = run("update", "5", "--hint", "", "--json")
    assert (code, json.loads(err)["error"]) == (2, "ValidationError")


def test_a_listing_is_limited(run: Run) -> None:
    for number in range(4):
        create(run, f"Note {number}")
    assert len(json.loads(run("list", "--json", "--limit", "3", "--page-size", "2")[1])) == 3
    assert len(json.loads(run("list", "--json", "--page-size", "1")[1])) == 4
    assert run("list", "--page-size", "101")[0] == 2
    for text in ("0", "-1", "many", "1e3", "9" * 5000):
        assert run("list", f"--limit={text}")[0] == 2


def test_a_script_is_shown_alone(run: Run, tmp_path: Path) -> None:
    made = create(run)
    code, out, err = run("handler", made["id"], "--raw")
    assert (code, out, err) == (1, "", f"zoho-cliq: the handler of {made['id']} has no script\n")
    script = tmp_path / "script.dg"
    script.write_text('info "é";\nreturn 1;\n', "utf-8")
    run("handler", made["id"], "--script", str(script))
    assert run("handler", made["id"], "--raw") == (0, 'info "é";\nreturn 1;\n', "")
    for arguments in (("--json",), ("--script", str(script))):
        assert run("handler", made["id"], "--raw", *arguments)[0] == 2


def test_quiet_does_not_announce_waits(run: Run, mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoho_cliq._engine.backoff", lambda attempt: 0.01)
    headers = {"Authorization": f"Bearer {mock.control_token}"}
    rule = {"fault": "status", "status": 503, "times": 1}
    httpx.post(f"{mock.control_url}/faults", headers=headers, json=rule).raise_for_status()
    assert run("list", "--json", "--quiet") == (0, "[]\n", "")


def test_logout_removes_the_credentials(run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    OAuth("id", "secret", "refresh").save(kept)
    assert run("--credentials", str(kept), "logout") == (0, f"Logged out; removed {kept}\n", "")
    assert not kept.exists()
    assert run("logout", "--credentials", str(kept)) == (2, "", f"zoho-cliq: not logged in: there is no {kept}\n")
    code, _, err = run("logout", "--credentials", str(tmp_path))
    assert (code, err) == (2, f"zoho-cliq: cannot remove {tmp_path}: Is a directory\n")


def test_bytes_of_an_answer_are_not_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoho_cliq.Cliq.call", lambda *_, **__: b"abc")
    code, out, err = run("call", "list_message_actions", "--json")
    assert (code, out) == (1, "")
    assert "the answer is 3 bytes that are not JSON" in err


def test_a_field_of_any_type_is_json_or_text() -> None:
    known = Operations().prepared("list_message_actions")._replace(properties={"any": {}})
    found = parsed(known, Operations().rules, ["any=text"])
    assert (found, parsed(known, Operations().rules, ["any=[1]"])) == ({"any": "text"}, {"any": [1]})
