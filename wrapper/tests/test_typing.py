"""A user's file under mypy --strict and pyright: every call has its type, and mistakes are found before running."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = """
from pathlib import Path
from typing import assert_type

from zoho_cliq import (
    AsyncCliq, Cliq, DelugeHandler, MessageAction, OAuth, Page, RawResponse, Request, UnsetHandler, WebhookHandler,
    errors,
)
from zoho_cliq.state import Budget


def middleware(request: Request, send: object) -> RawResponse:
    raise NotImplementedError


def use() -> None:
    with Cliq(OAuth.from_env(), state=Path("s.db"), on_wait=lambda wait: print(wait.seconds)) as cliq:
        made = cliq.message_actions.create(name="a", hint="b", message_types=["text"], if_exists="adopt")
        assert_type(made, MessageAction)
        assert_type(made.name, str)
        for action in cliq.message_actions.list(limit=5):
            assert_type(action, MessageAction)
        for page in cliq.message_actions.list().pages():
            assert_type(page, Page)
        assert_type(cliq.message_actions.list().first(), MessageAction | None)
        changes = cliq.message_actions.sync("t")
        assert_type(changes.deleted, list[str] | None)
        assert_type(cliq.message_actions.get_handler("1"), DelugeHandler | WebhookHandler | UnsetHandler)
        assert_type(cliq.thresholds["get_message_action"], Budget)
        assert_type(cliq.with_options(max_wait=0), Cliq)
        try:
            cliq.message_actions.delete("1")
        except errors.MessageActionNotFound as error:
            assert_type(error.status, int)
        except errors.RateLimited as error:
            assert_type(error.retry_after, float)


async def use_async() -> None:
    async with AsyncCliq("token") as cliq:
        assert_type(await cliq.message_actions.get("1"), MessageAction)
        async for action in cliq.message_actions.list():
            assert_type(action, MessageAction)
"""
BAD = """
from zoho_cliq import Cliq, errors

cliq = Cliq("token", timeout="soon")
cliq.message_actions.create(name="a")
cliq.message_actions.create(name="a", hint=None)
cliq.message_actions.update("1", execution_type="webhook")
cliq.message_actions.get(1)
cliq.message_actions.get("1").colour
errors.NoSuchError
"""


def lines(text: str) -> set[int]:
    return {number for number, line in enumerate(text.splitlines(), 1) if line.startswith(("cliq", "errors."))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text(BAD)
    return tmp_path


def test_mypy(folder: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(folder / "cache")]
    paths = {**os.environ, "MYPYPATH": f"{ROOT / 'wrapper'}:{ROOT / 'generated'}"}
    found = subprocess.run([*command, "good.py", "bad.py"], cwd=folder, env=paths, capture_output=True, text=True)
    places = [line.split(":")[:2] for line in found.stdout.splitlines() if ": error:" in line]
    assert {place[0] for place in places} == {"bad.py"}, found.stdout
    assert {int(place[1]) for place in places} == lines(BAD), found.stdout


def test_pyright(folder: Path) -> None:
    pyright = ROOT / "scripts/node/node_modules/.bin/pyright"
    if not pyright.exists():
        (pytest.fail if os.environ.get("CI") and shutil.which("npm") else pytest.skip)(
            "pyright: npm ci in scripts/node"
        )
    settings = {"extraPaths": [str(ROOT / "wrapper"), str(ROOT / "generated")], "typeCheckingMode": "strict"}
    settings |= {"venvPath": str(ROOT), "venv": ".venv", "pythonVersion": "3.11"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    found = subprocess.run([pyright, "--outputjson", "-p", folder], cwd=folder, capture_output=True, text=True)
    places = [entry for entry in json.loads(found.stdout)["generalDiagnostics"] if entry["severity"] == "error"]
    assert {Path(entry["file"]).name for entry in places} == {"bad.py"}, found.stdout
    assert {entry["range"]["start"]["line"] + 1 for entry in places} >= lines(BAD), found.stdout
