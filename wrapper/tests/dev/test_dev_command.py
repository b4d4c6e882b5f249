"""The command `zoho-cliq dev`: its options, what it refuses, and how it prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from zoho_cliq import cli
from zoho_cliq.dev import session
from zoho_cliq.dev.settings import Settings


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Replace the loop by one that tells two things and ends; return the settings of each."""
    found: list[Settings] = []

    class Told:
        def __init__(self, settings: Settings, tell: Callable[[str, str, dict[str, Any]], None]) -> None:
            found.append(settings)
            self._tell = tell

        def run(self) -> int:
            self._tell("started", "Page\tp\nAPI\x1b", {"page": "p"})
            self._tell("carried", "done", {"changes": []})
            return 0

    monkeypatch.setattr(session, "Session", Told)
    return found


def test_settings_come_from_the_options(asked: list[Settings], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dev"]) == 0
    assert asked[0] == Settings()
    assert capsys.readouterr().out == "Page\tp\nAPI\N{REPLACEMENT CHARACTER}\ndone\n"
    options = ["dev", "~/a", "--env", "e", "--port", "0", "--receiver", "desk:app", "--record", "~/r", "--timeout", "5"]
    assert cli.main(options) == 0
    home = Path("~").expanduser()
    assert asked[1] == Settings(home / "a", "e", 0, "desk:app", home / "r", timeout=5.0)
    assert cli.main(["dev", "--replay", "f"]) == 0
    assert asked[2] == Settings(replay=Path("f"))


def test_the_page_is_opened_where_there_is_a_terminal(asked: list[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    cli.main(["dev"])
    cli.main(["dev", "--no-open"])
    assert [settings.open_page for settings in asked] == [True, False]


def test_json_is_an_object_a_line(asked: list[Settings], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dev", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [{"event": "started", "page": "p"}, {"event": "carried", "changes": []}]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--base-url", "https://a/api/v3", "--state", "x"], "leave out --base-url, --state"),
        (["--data-center", "eu"], "leave out --data-center"),
        (["--credentials", "f"], "dev starts its own mock server; leave out --credentials"),
        (["--port", "-2"], "--port must be from"),
        (["nowhere"], "nowhere:1: is not a folder"),
    ],
    ids=str,
)
def test_what_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["dev", *options]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert message in captured.err
