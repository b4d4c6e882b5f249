"""Scripts that are sent: what may be wrong with them is logged, and nothing is refused."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cliq_fakes import IN_PATHS, examples_are_complete
from zoho_cliq import AsyncCliq, Cliq
from zoho_cliq_mock import MockServer

WRONG = 'token = "9f8e7d6c5b4a39281706";\nreturn {"text":usr.get("id")};'
LOGGED = [
    f"update_message_action_handler: script, {finding}"
    for finding in (
        "line 1, column 1: warning: `token` is assigned and never read; remove it, or check the spelling where it is "
        "needed [unused-variable]",
        "line 1, column 10: warning: this looks like a secret; use a connection or a database of Cliq instead, and "
        "revoke it if others saw it [secret]",
        "line 2, column 16: error: `usr` is not defined; did you mean `user`? [undefined-variable]",
    )
]


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer(thresholds=False) as server:
        yield server


@pytest.fixture
def action(mock: MockServer) -> str:
    mock.reset()
    with Cliq("1000.owner", base_url=mock.url) as cliq:
        return str(cliq.message_actions.create(name="Note", hint="Keep it").id)


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    assert {record.levelno for record in caplog.records if record.name == "zoho_cliq.deluge"} <= {logging.WARNING}
    return [record.getMessage() for record in caplog.records if record.name == "zoho_cliq.deluge"]


def test_findings_are_logged_and_the_script_is_sent(
    mock: MockServer, action: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with Cliq("1000.owner", base_url=mock.url) as cliq:
        assert cliq.message_actions.update_handler(action, script=WRONG).to_dict()["script"] == WRONG
        assert logged(caplog) == LOGGED
        assert "9f8e" not in caplog.text
        caplog.clear()
        file = tmp_path / "script.dg"
        file.write_text(WRONG)
        cliq.message_actions.update_handler(action, script=file)
        assert logged(caplog) == LOGGED
        caplog.clear()
        cliq.message_actions.update_handler(action, script='return {"text":"Filed."};')
        cliq.message_actions.update(action, hint=WRONG[:50])
        assert logged(caplog) == []


def test_ensure_logs_each_finding_once(mock: MockServer, action: str, caplog: pytest.LogCaptureFixture) -> None:
    wanted = {"name": "Ticket", "hint": "File it", "handler": {"script": WRONG}}
    with Cliq("1000.owner", base_url=mock.url) as cliq:
        for handler_set in (True, False):  # created, and equal already
            assert cliq.message_actions.ensure(**wanted).handler_set is handler_set
            assert logged(caplog) == LOGGED
            caplog.clear()
        wanted["handler"] = {"script": WRONG + "\n"}
        assert cliq.message_actions.ensure(**wanted).handler_set
    assert logged(caplog) == LOGGED


def test_the_async_client_logs_the_same(mock: MockServer, action: str, caplog: pytest.LogCaptureFixture) -> None:
    async def update() -> None:
        async with AsyncCliq("1000.owner", base_url=mock.url) as cliq:
            await cliq.message_actions.update_handler(action, script=WRONG)

    asyncio.run(update())
    assert logged(caplog) == LOGGED


def test_the_logger_switches_it_off(mock: MockServer, action: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "zoho_cliq.deluge")
    with Cliq("1000.owner", base_url=mock.url) as cliq:
        cliq.message_actions.update_handler(action, script=WRONG)
    assert logged(caplog) == []


def test_long_scripts_are_sent_unchecked(mock: MockServer, action: str, caplog: pytest.LogCaptureFixture) -> None:
    with Cliq("1000.owner", base_url=mock.url) as cliq:
        cliq.message_actions.update_handler(action, script=WRONG + " " * 50_000)
    assert logged(caplog) == []


def test_a_caller_near_the_depth_of_python_is_not_disturbed(
    mock: MockServer, action: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deep(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("zoho_cliq_deluge.check", deep)
    with Cliq("1000.owner", base_url=mock.url) as cliq:
        assert cliq.message_actions.update_handler(action, script=WRONG).to_dict()["script"] == WRONG
    assert logged(caplog) == []


def test_without_the_extra_nothing_is_logged(
    mock: MockServer, action: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zoho_cliq_deluge", None)
    with Cliq("1000.owner", base_url=mock.url) as cliq:
        cliq.message_actions.update_handler(action, script=WRONG)
    assert logged(caplog) == []


@examples_are_complete
def test_the_command_line_shows_findings_and_does_not_refuse(mock: MockServer, action: str, tmp_path: Path) -> None:
    file = tmp_path / "script.dg"
    file.write_text(WRONG)
    done = subprocess.run(
        [sys.executable, "-m", "zoho_cliq.cli", "--json", "handler", action, "--script", str(file)],
        env={"ZOHO_CLIQ_TOKEN": "1000.owner", "ZOHO_CLIQ_BASE_URL": mock.url, "HOME": str(tmp_path), **IN_PATHS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.splitlines()) == (0, LOGGED)
