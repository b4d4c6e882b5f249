"""`init` writes a profile that `run` reads. It asks on a terminal only, and writes secrets only with `--secrets`."""

from __future__ import annotations

import io
import stat
import sys
import tomllib
from pathlib import Path

import pytest
from served import run_command
from zoho_cliq_conformance.judge.routes import SAMPLES
from zoho_cliq_conformance.new_profile import QUESTIONS
from zoho_cliq_conformance.profile import KEYS, SCOPES, USERS, load

URL = "https://cliq.example/api/v3"
EVERYTHING = [
    "--base-url", URL, "--owner", "T_OWNER", "--colleague", "T_COLLEAGUE", "--outsider", "T_OUTSIDER",
    *(word for scope in SCOPES for word in (f"--owner-{scope.lower()}", f"T_{scope}")),
    "--teams-owner", "100001, 100002", "--teams-colleague", "100002", "--teams-outsider", "7",
    "--reset-url", "http://127.0.0.1:1/_mock/reset", "--clock-url", "http://127.0.0.1:1/_mock/clock",
    "--control-token", "T_CONTROL", "--creation-limit", "60", "--no-pace",
]  # fmt: skip


class Terminal(io.StringIO):
    """Standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def input_of_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def types(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Simulate a user who types these lines, and then Enter for each further question."""
    monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines) + "\n" * 40))


def test_there_is_a_question_for_every_key_of_a_profile() -> None:
    keys = {question.key for question in QUESTIONS}
    assert {key.partition(".")[0] for key in keys} == KEYS - (set() if SAMPLES else {"path_parameters"})
    assert keys >= {f"tokens.{user}" for user in USERS} | {f"tokens.owner_only.{scope}" for scope in SCOPES}
    assert keys >= {f"teams.{user}" for user in USERS}


def test_options_give_all_that_a_profile_may_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.toml"
    status, out, err = run_command(capsys, "init", path, *EVERYTHING)
    assert (status, err) == (0, "")
    assert f"next: zoho-cliq-conformance run --profile {path} --plan" in out
    assert "set these environment variables before a run: T_OWNER, T_COLLEAGUE, T_OUTSIDER" in out
    names = [word for word in EVERYTHING if word.startswith("T_")]
    for name in names:
        monkeypatch.setenv(name, f"1000.{name}")
    written = load(path)
    assert written.tokens == {user: f"1000.T_{user.upper()}" for user in USERS}
    assert written.owner_only == {scope: f"1000.T_{scope}" for scope in SCOPES}
    assert written.teams == {"owner": (100001, 100002), "colleague": (100002,), "outsider": (7,)}
    assert (written.creation_limit, written.pace, written.control_token) == (60, False, "1000.T_CONTROL")
    assert "1000." not in path.read_text()
    assert run_command(capsys, "run", "--profile", path, "--plan")[0] == 0


def test_only_the_base_url_is_needed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.toml"
    assert run_command(capsys, "init", path, "--base-url", URL)[0] == 0
    assert tomllib.loads(path.read_text()) == {"base_url": URL, "pace": True, "tokens": {"owner": "env:CLIQ_TOKEN"}}
    status, out, err = run_command(capsys, "init", tmp_path / "q.toml")
    assert (status, out) == (2, "")
    assert err == "zoho-cliq-conformance: init: --base-url is required, since there is no terminal to ask for it\n"
    assert not (tmp_path / "q.toml").exists()


def test_init_asks_for_missing_values_on_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.toml"
    types(monkeypatch, "cliq.example", URL, "", "T_COLLEAGUE", "none", *[""] * len(SCOPES), "1,x", "1 2", "2")
    status, _, err = run_command(capsys, "init", path, "--no-pace")
    assert status == 0
    assert "base_url is not an http or https URL: 'cliq.example'" in err
    assert "must be ids of teams, such as 100001,100002, not '1,x'" in err
    assert "does the server enforce thresholds" not in err
    assert "ids of teams that the outsider is a member of" not in err  # there is no outsider
    assert tomllib.loads(path.read_text()) == {
        "base_url": URL,
        "pace": False,
        "tokens": {"owner": "env:CLIQ_TOKEN", "colleague": "env:T_COLLEAGUE"},
        "teams": {"owner": [1, 2], "colleague": [2]},
    }


def test_init_with_yes_asks_nothing_on_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    types(monkeypatch, "T_OTHER")
    status, _, err = run_command(capsys, "init", tmp_path / "p.toml", "--base-url", URL, "--yes")
    assert (status, err) == (0, "")


@pytest.mark.parametrize("lines", [[], [URL, "no-variable"] * 3, ["x"] * 9])
def test_init_writes_nothing_after_ended_or_invalid_input(
    lines: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))
    status, out, err = run_command(capsys, "init", tmp_path / "p.toml")
    assert (status, out) == (2, "")
    assert err.endswith("nothing was written\n")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_replaced_only_with_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, linked = tmp_path / "p.toml", tmp_path / "precious"
    path.symlink_to(linked)
    for target in (path, linked):
        status, out, err = run_command(capsys, "init", path, "--base-url", URL)
        assert (status, out) == (2, "")
        assert err == f"zoho-cliq-conformance: {path} exists; give another name, or --force to replace it\n"
        target.write_text("kept")
    assert run_command(capsys, "init", path, "--base-url", URL, "--force")[0] == 0
    assert linked.read_text() == "kept"
    assert tomllib.loads(path.read_text())["base_url"] == URL
    assert sorted(tmp_path.iterdir()) == [path, linked]


def test_secrets_get_into_the_file_only_when_asked_and_nobody_else_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.toml"
    path.write_text("old")
    path.chmod(0o644)
    monkeypatch.setenv("T_OWNER", "1000.very-secret")
    command = ["init", path, "--base-url", URL, "--owner", "T_OWNER", "--secrets"]
    status, out, err = run_command(capsys, *command, "--force")
    assert (status, err) == (0, "")
    assert "1000.very-secret" not in out
    assert load(path).tokens == {"owner": "1000.very-secret"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    status, _, err = run_command(capsys, *command[:1], tmp_path / "q.toml", *command[2:], "--colleague", "T_UNSET")
    assert status == 2
    assert "tokens.colleague: the environment variable T_UNSET is not set; --secrets needs its value" in err


@pytest.mark.parametrize("option", [question.option for question in QUESTIONS if question.kind == "variable"])
def test_a_token_in_the_place_of_a_name_is_refused_and_not_repeated(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = "1000.41d9c2d1f0.8fcc125f"
    status, out, err = run_command(capsys, "init", tmp_path / "p.toml", "--base-url", URL, option, token)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert f"init: {option} must be the name of an environment variable" in err
    assert token not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--base-url", "ftp://x"], "base_url is not an http or https URL"),
        (["--base-url", "https://u:supersecret@x/api/v3"], "base_url must not hold a user or a password"),
        (["--base-url", URL, "--teams-owner", "a"], "--teams-owner must be ids of teams"),
        (["--base-url", URL, "--teams-owner", "0"], "teams.owner must be a list of team ids"),
        (["--base-url", URL, "--creation-limit", "many"], "--creation-limit must be a whole number"),
        (["--base-url", URL, "--creation-limit", "0"], "creation_limit must be a whole number from 1"),
        (["--base-url", URL, "--colleague", "CLIQ_TOKEN"], "tokens.owner and tokens.colleague are the same token"),
        (["--base-url", URL, "--reset-url", "http://a/r", "--clock-url", "http://b/c"], "must have the same scheme"),
    ],
)
def test_a_wrong_option_is_refused_in_one_line(
    options: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run_command(capsys, "init", tmp_path / "p.toml", *options)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert complaint in err
    assert "supersecret" not in err
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, force in ((tmp_path / "none" / "p.toml", []), (tmp_path, ["--force"])):
        status, _, err = run_command(capsys, "init", path, "--base-url", URL, *force)
        assert (status, err.count("\n")) == (2, 1)
        assert f"{path} cannot be written" in err
