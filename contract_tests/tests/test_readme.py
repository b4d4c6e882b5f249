"""Every code block of every README is executed.

Python blocks run in a process of their own against a fresh mock server, which the environment points them to, with the
demo directory's tokens. Shell blocks run line by line, but for the commands that run the tests
themselves: of those it is asserted that continuous integration runs them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from zoho_cliq_mock import MockServer

ROOT = Path(__file__).resolve().parents[2]
READMES = sorted(
    path
    for pattern in ("README.md", "*/README.md", "*/*/README.md", "*/*/*/README.md")
    for path in ROOT.glob(pattern)
    if not {"node_modules", ".venv", "build"} & set(path.parts)
)
RUN_BY_CI = {
    "./scripts/demo": "./scripts/demo",
    "./scripts/test": "./scripts/test",
    "scripts/check": "scripts/check",
    "scripts/test --heavy": "scripts/test --heavy",
    "scripts/regenerate --check": "scripts/check",
    "scripts/coverage": "scripts/coverage",
    "scripts/docs": "scripts/docs",
}
"""Commands that a test cannot run because they run the tests, or set up the machine, and who runs them in CI."""


KINDS = ("python", "sh", "text", "toml", "json")
"""`text` is for what a program prints; `toml` and `json` must parse."""


class Block(NamedTuple):
    """A fenced code block."""

    readme: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.readme.relative_to(ROOT)}:{self.line}"


def blocks() -> Iterator[Block]:
    for readme in READMES:
        text = readme.read_text("utf-8")
        for match in re.finditer(r"(?ms)^```([^\n]*)\n(.*?)^```$", text):
            yield Block(readme, text.count("\n", 0, match.start()) + 1, match.group(1).strip(), match.group(2))


BLOCKS = list(blocks())


def test_every_block_is_of_a_kind_that_is_executed() -> None:
    assert BLOCKS
    unknown = [f"{block} ({block.language or 'no language'})" for block in BLOCKS if block.language not in KINDS]
    assert not unknown, f"a block in a language that no test executes: {unknown}"


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


def environment(server: MockServer, tmp_path: Path) -> dict[str, str]:
    """What the README says to export, for the mock."""
    scripts = Path(sys.executable).parent
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("ZOHO_CLIQ_")},
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "ZOHO_CLIQ_TOKEN": "1000.owner",
        "ZOHO_CLIQ_BASE_URL": server.url,
        "MOCK_CONTROL": server.control_token,
        "PYTHONWARNINGS": "error",
    }


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "python"], ids=str)
def test_python_block(block: Block, server: MockServer, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block.text],
        cwd=tmp_path,
        env=environment(server, tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "sh"], ids=str)
def test_shell_block(block: Block, server: MockServer, tmp_path: Path) -> None:
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    lines = [line.split("  #")[0].strip() for line in block.text.splitlines()]
    for line in filter(None, lines):
        if line in RUN_BY_CI:
            assert RUN_BY_CI[line] in ci, f"{block}: {line} is run neither here nor by .ci/run"
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=ROOT,
            env=environment(server, tmp_path),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{block}: {line}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language in ("toml", "json")], ids=str)
def test_data_block_parses(block: Block) -> None:
    if block.language == "toml":
        import tomllib

        tomllib.loads(block.text)
    else:
        import json

        json.loads(block.text)
