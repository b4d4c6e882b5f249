"""`login`, `logout` and `whoami`: whose account it is, and that no secret is shown or left behind."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cliq_fakes import LISTS
from cliq_runs import Run, Terminal, piped
from zoho_cliq import OAuth
from zoho_cliq._auth.grants import Grant
from zoho_cliq._types import Secret
from zoho_cliq_api.contract import OPERATIONS, SERVERS
from zoho_cliq_mock import MockServer

SCOPES = tuple(dict.fromkeys(operation.scopes[0] for operation in OPERATIONS.values()))


@pytest.fixture
def kept(run: Run, mock: MockServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Log in at the mock; return the file of credentials."""
    monkeypatch.delenv("ZOHO_CLIQ_TOKEN")
    monkeypatch.setenv("ZOHO_CLIQ_ACCOUNTS_URL", mock.accounts_url)
    monkeypatch.setattr("sys.stdin", piped(f"1000.DEMO\ndemo-secret\n{code_of(mock)}\n".encode()))
    assert run("login")[0] == 0
    return tmp_path / ".config/zoho-cliq/credentials.json"


def code_of(mock: MockServer) -> str:
    import httpx

    headers = {"Authorization": f"Bearer {mock.control_token}"}
    asked = {"user": "owner", "client_id": "1000.DEMO"}
    found = httpx.post(f"{mock.control_url}/codes", headers=headers, json=asked).raise_for_status().json()
    return str(found["code"])


@pytest.fixture
def granted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answer codes without a server, with the scopes and the accounts server that are returned."""
    found: dict[str, Any] = {"scopes": None}

    def trade(home: OAuth, *_: Any) -> tuple[Secret, Grant]:
        found["asked"] = home.accounts_url
        return Secret("1000.refresh"), Grant(Secret("-"), None, 60.0, None, found["scopes"])

    monkeypatch.setattr("zoho_cliq._auth.grants.exchange_code", trade)
    return found


# --- login ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("center", list(SERVERS))
def test_login_says_where_the_code_goes_and_which_scopes_it_needs(
    run: Run, granted: dict[str, Any], monkeypatch: pytest.MonkeyPatch, center: str
) -> None:
    monkeypatch.delenv("ZOHO_CLIQ_BASE_URL")
    monkeypatch.setenv("ZOHO_CLIQ_DATA_CENTER", center)
    typed = iter(["secret", "code"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    monkeypatch.setattr("sys.stdin", Terminal("id\n"))
    monkeypatch.setattr("webbrowser.open", lambda *_: pytest.fail("nothing is opened"))
    code, out, err = run("login")
    accounts = SERVERS[center].accounts_url
    assert (code, granted["asked"]) == (0, accounts)
    assert f"The code goes to {accounts}: data center {center}; choose another one with --data-center.\n" in err
    console = accounts.replace("accounts.", "api-console.")
    assert f"Create it at {console}: Self Client, Generate Code, with the scopes\n  {','.join(SCOPES)}\n" in err
    assert out.startswith(f"Logged in ({center}); credentials stored in ")


def test_login_at_another_accounts_server_names_it(
    run: Run, granted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZOHO_CLIQ_BASE_URL")
    monkeypatch.setenv("ZOHO_CLIQ_ACCOUNTS_URL", "https://accounts.example.com/")
    typed = iter(["secret", "code"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    monkeypatch.setattr("sys.stdin", Terminal("id\n"))
    code, out, err = run("login")
    assert (code, granted["asked"]) == (0, "https://accounts.example.com")
    api = SERVERS["us"].base_url
    assert out.startswith(f"Logged in at https://accounts.example.com, for calls to {api}; credentials stored in ")
    assert f"The code goes to https://accounts.example.com.\nIt must have the scopes\n  {','.join(SCOPES)}\n" in err


def test_login_names_the_server_that_is_none_of_zohos(
    run: Run, mock: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOHO_CLIQ_ACCOUNTS_URL", mock.accounts_url)
    for options in ((), ("--base-url", mock.url)):
        monkeypatch.setattr("sys.stdin", piped(f"1000.DEMO\ndemo-secret\n{code_of(mock)}\n".encode()))
        code, out, _ = run("login", *options)
        assert code == 0
        assert out.startswith(f"Logged in at {mock.accounts_url}, for calls to {mock.url}; credentials stored in ")
    monkeypatch.setattr("sys.stdin", piped(f"1000.DEMO\ndemo-secret\n{code_of(mock)}\n".encode()))
    found = json.loads(run("login", "--json")[1])
    assert (found["data_center"], found["accounts_url"], found["server"]) == (None, mock.accounts_url, mock.url)


def test_login_at_zoho_names_another_server_for_the_calls(
    run: Run, granted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", piped(b"id\nsecret\ncode\n"))
    code, out, _ = run("login", "--base-url", "https://gateway.example.com/api/v3")
    assert (code, granted["asked"]) == (0, SERVERS["us"].accounts_url)
    server = "https://gateway.example.com/api/v3"
    assert out.startswith(f"Logged in at {SERVERS['us'].accounts_url}, for calls to {server}; credentials stored in ")


@pytest.mark.parametrize(
    ("variables", "options", "message"),
    [
        ({}, ("--base-url", "gateway.example.com"), "--base-url must be an http or https address"),
        ({"ZOHO_CLIQ_BASE_URL": "ftp://x"}, (), "ZOHO_CLIQ_BASE_URL: it must be an http or https address"),
        (
            {"ZOHO_CLIQ_ACCOUNTS_URL": "https://accounts.zoho.com"},
            ("--data-center", "eu"),
            "--accounts-url belongs to the data center us, but --data-center is eu; give only one",
        ),
        ({"ZOHO_CLIQ_DATA_CENTER": "mars"}, (), "ZOHO_CLIQ_DATA_CENTER: unknown data center 'mars'"),
        ({"ZOHO_CLIQ_DATA_CENTER": "eu\r"}, (), "ZOHO_CLIQ_DATA_CENTER begins or ends with white space"),
        ({"ZOHO_CLIQ_ACCOUNTS_URL": "ftp://x"}, (), "ZOHO_CLIQ_ACCOUNTS_URL: it must be an http or https address"),
    ],
)
def test_login_checks_server_settings_before_it_asks(
    run: Run,
    granted: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    options: tuple[str, ...],
    message: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", piped(b"id\nsecret\ncode\n"))
    code, out, err = run("login", *options)
    assert (code, out) == (2, "")
    assert err.startswith(f"zoho-cliq: {message}")
    assert "asked" not in granted


def test_login_says_which_scopes_the_code_lacked(
    run: Run, granted: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = str(tmp_path / "c.json")
    for scopes, lacking in ((SCOPES[:1], SCOPES[1:]), (tuple(each.lower() for each in SCOPES), ())):
        granted["scopes"] = scopes
        monkeypatch.setattr("sys.stdin", piped(b"id\nsecret\ncode\n"))
        code, out, err = run("login", "--credentials", path, "--json")
        assert (code, json.loads(out)["scopes"]) == (0, list(scopes))
        told = f"zoho-cliq: the code lacks {', '.join(lacking)}; commands that need it will be refused\n"
        assert (told in err) is bool(lacking)
    assert json.loads(run("whoami", "--credentials", path, "--json")[1])["scopes"] == list(scopes)
    assert ", ".join(scopes) in run("whoami", "--credentials", path)[1]


def test_login_reports_a_variable_that_takes_precedence(
    run: Run, granted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", piped(b"id\nsecret\ncode\n"))
    assert "zoho-cliq: ZOHO_CLIQ_TOKEN is set and takes precedence" in run("login")[2]


def test_a_dry_login_shows_where_the_code_would_go(
    run: Run, granted: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    code, out, err = run("login", "--data-center", "in", "--dry-run")
    assert (code, err) == (0, "zoho-cliq: dry run: nothing was sent\n")
    assert out == (
        "POST https://accounts.zoho.in/oauth/v2/token\nContent-Type: application/x-www-form-urlencoded\n\n"
        "grant_type=authorization_code&client_id=(hidden)&client_secret=(hidden)&code=(hidden)\n"
    )
    assert not (tmp_path / ".config").exists()


# --- whoami -----------------------------------------------------------------------------------------------------------


def test_whoami_tells_what_is_known_and_no_secret(run: Run, mock: MockServer, kept: Path, tmp_path: Path) -> None:
    found = json.loads(run("whoami", "--json")[1])
    state = str(tmp_path / ".local/state/zoho-cliq/state.db")
    assert found | {"account": "", "thresholds": {}} == {
        "server": mock.url,
        "data_center": None,
        "credentials": str(kept),
        "account": "",
        "client_id": "1000.DEMO",
        "accounts_url": mock.accounts_url,
        "scopes": None,
        "access_token_ends_in": None,
        "state": state,
        "thresholds": {},
    }
    assert re.fullmatch("[0-9a-f]{16}", found["account"])
    assert set(found["thresholds"]) == set(OPERATIONS)
    assert "access token      none stored; the next call fetches one" in "".join(
        f"{' '.join(line.split()[:2])}      {' '.join(line.split()[2:])}\n" for line in run("whoami")[1].splitlines()
    )
    run("list", "--json")
    assert 0 < json.loads(run("whoami", "--json")[1])["access_token_ends_in"] <= 3600
    shown = run("whoami")[1]
    assert re.search(r"access token +valid for \d+ s more\n", shown)
    assert re.search(rf"left of list_message_actions +{LISTS - 1} of {LISTS} calls in \d+ s\n", shown)
    secrets = json.loads(kept.read_text())
    for name in ("client_secret", "refresh_token"):
        assert secrets[name] not in shown + json.dumps(found)


@pytest.mark.parametrize("center", list(SERVERS))
def test_whoami_knows_the_data_center(run: Run, monkeypatch: pytest.MonkeyPatch, center: str) -> None:
    monkeypatch.delenv("ZOHO_CLIQ_BASE_URL")
    found = json.loads(run("whoami", "--json", "--data-center", center)[1])
    assert (found["data_center"], found["server"]) == (center, SERVERS[center].base_url)
    assert found["credentials"] == "ZOHO_CLIQ_TOKEN"


def test_whoami_sends_nothing_and_shows_no_token(run: Run, mock: MockServer) -> None:
    code, out, err = run("whoami")
    assert (code, err) == (0, "")
    assert "1000.owner" not in out
    assert "as given; it is never refreshed" in out
    assert mock.journal() == []


def test_a_lock_is_shown_with_its_seconds(run: Run, mock: MockServer) -> None:
    mock.fail_next("get_message_action", status=429, times=1)
    run("get", "5", "--max-wait", "0")
    assert re.search(r"left of get_message_action +\d+ of \d+ calls in \d+ s; locked for \d+\.\d s\n", run("whoami")[1])
    assert re.search(r"\nget_message_action +\d+ of \d+ calls in \d+ s +\d+\.\d s +\d+\.\d s\n", run("thresholds")[1])


def test_the_password_of_a_state_is_not_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from zoho_cliq.state.memory import MemoryState

    monkeypatch.setattr("zoho_cliq.client.open_state", lambda where, clock: MemoryState(clock))
    shown = run("whoami", "--json", "--state", "redis://me:s3cret@host:6379/0?password=s3cret")[1]
    assert json.loads(shown)["state"] == "redis://host:6379/0"


def test_where_the_state_is(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for given, home in (("relative", tmp_path / ".local/state"), (str(tmp_path / "here"), tmp_path / "here")):
        monkeypatch.setenv("XDG_STATE_HOME", given)
        assert json.loads(run("whoami", "--json")[1])["state"] == str(home / "zoho-cliq/state.db")
    monkeypatch.setenv("ZOHO_CLIQ_STATE", f"{tmp_path}/state.db\r")
    told = "zoho-cliq: ZOHO_CLIQ_STATE begins or ends with white space, or contains a control character\n"
    assert run("whoami") == (2, "", told)


# --- logout -----------------------------------------------------------------------------------------------------------


def bytes_of(state: Path) -> bytes:
    return b"".join(path.read_bytes() for path in state.parent.iterdir())


def test_logout_forgets_every_token(run: Run, mock: MockServer, kept: Path, tmp_path: Path) -> None:
    state = tmp_path / ".local/state/zoho-cliq/state.db"
    run("list", "--json")
    import sqlite3

    with sqlite3.connect(state) as db:
        ((token,),) = db.execute("SELECT token FROM tokens")
    db.close()
    assert token.encode() in bytes_of(state)
    assert run("logout") == (0, f"Logged out; removed {kept}\n", "")
    assert not kept.exists()
    assert token.encode() not in bytes_of(state)
    assert run("logout") == (2, "", f"zoho-cliq: not logged in: there is no {kept}\n")


def test_logout_keeps_the_counts(run: Run, kept: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.json"
    copy.write_bytes(kept.read_bytes())
    run("list", "--json")
    run("logout")
    left = json.loads(run("thresholds", "--json", "--credentials", str(copy))[1])
    assert left["list_message_actions"]["remaining"] == LISTS - 1


def test_logout_with_credentials_in_variables(
    run: Run, mock: MockServer, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = json.loads(kept.read_text())
    for name in ("client_id", "client_secret", "refresh_token"):
        monkeypatch.setenv(f"ZOHO_CLIQ_{name.upper()}", secrets[name])
    assert "ZOHO_CLIQ_CLIENT_ID is still set, and commands use it" in run("logout")[2]
    run("list", "--json")
    assert json.loads(run("whoami", "--json")[1])["access_token_ends_in"] is not None
    told = "Deleted the access token; ZOHO_CLIQ_CLIENT_ID and the other variables are still set\n"
    assert run("logout") == (0, told, "")
    assert json.loads(run("whoami", "--json")[1])["access_token_ends_in"] is None


def test_logout_removes_credentials_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_text("{")
    code, out, _ = run("--credentials", str(path), "logout")
    assert (code, out) == (0, f"Logged out; removed {path}\n")
    assert not path.exists()


def test_logout_says_that_a_state_cannot_be_used(run: Run, kept: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"SQLite format 3\0" + bytes(84))
    code, out, err = run("logout", "--state", str(tmp_path / "state"))
    assert (code, out) == (1, f"Logged out; removed {kept}\n")
    assert err.startswith("zoho-cliq: the access token could not be deleted: ")
    assert not kept.exists()
