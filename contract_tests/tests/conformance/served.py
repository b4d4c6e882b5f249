"""Run a reference server over HTTP, and the command against it in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import CONTROL, StepClock
from mutants import Prepare
from reference_server import Reference, serve
from zoho_cliq_conformance.cli import main

TOKENS = ["1000.owner", "1000.colleague", "1000.outsider", CONTROL]
TOML = """
base_url = "{url}/api/v3"
reset_url = "{url}/_mock/reset"
clock_url = "{url}/_mock/clock"
control_token = "{control}"
pace = {pace}
[tokens]
owner = "1000.owner"
colleague = "1000.colleague"
outsider = "1000.outsider"
[teams]
owner = [100001, 100002, 100003, 100004]
colleague = [100002]
"""


@contextmanager
def served(directory: Path, prepare: Prepare | None = None, pace: bool = False) -> Iterator[Path]:
    """Run a reference server over HTTP inside the `with` block, and yield the path of its profile.

    Args:
        directory: where the profile is written.
        prepare: changes the server; default: a conforming server.
        pace: whether the server enforces thresholds.
    """
    server = Reference(StepClock(), thresholds=pace)
    handle = prepare(server) if prepare is not None else None
    with serve(handle or server) as url:
        path = directory / "profile.toml"
        path.write_text(TOML.format(url=url, control=CONTROL, pace=str(pace).lower()))
        yield path


def run_command(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err
