"""The command line and a mock server: in this process, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cliq_fakes import IN_PATHS
from cliq_runs import Run, Shell, one_parser
from zoho_cliq import cli
from zoho_cliq_mock import MockServer


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer(thresholds=False) as server:
        yield server


@pytest.fixture
def run(mock: MockServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; return exit code, output and complaints."""
    mock.reset()
    for name in list(os.environ):
        if name.startswith(("ZOHO_CLIQ_", "XDG_")) and name not in IN_PATHS:
            monkeypatch.delenv(name)
    monkeypatch.setenv("ZOHO_CLIQ_TOKEN", "1000.owner")
    monkeypatch.setenv("ZOHO_CLIQ_BASE_URL", mock.url)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(cli, "parser", one_parser)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def shell(mock: MockServer, tmp_path: Path) -> Shell:
    """Run the command in a process of its own, without a terminal, where its standard streams can be anything."""
    mock.reset()

    def shell(arguments: str, **variables: str) -> tuple[int, str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZOHO_CLIQ_", "XDG_"))}
        kept |= {"ZOHO_CLIQ_TOKEN": "1000.owner", "ZOHO_CLIQ_BASE_URL": mock.url, "HOME": str(tmp_path), **IN_PATHS}
        script = f'cliq() {{ "{sys.executable}" -m zoho_cliq.cli "$@"; }}\ncliq {arguments}'
        done = subprocess.run(
            ["sh", "-c", script],
            env={**kept, "LC_ALL": "C.UTF-8", **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            start_new_session=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return shell
