"""A user's file under mypy --strict and pyright: every call has its type, and mistakes are found before running."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from zoho_cliq_api.params import CreateMessageActionBody

ROOT = Path(__file__).parents[2]
GOOD = """
from pathlib import Path
from typing import assert_type

from zoho_cliq import (
    AsyncCliq, Cliq, DelugeHandler, MessageAction, OAuth, Page, RawResponse, Request, Scope, UnsetHandler,
    WebhookHandler, errors,
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
        changes = cliq.message_actions.changes("t")
        assert_type(changes.deleted, list[str])
        cliq.message_actions.update_handler("1", script=Path("s.dg"))
        cliq.message_actions.update("1", scope=Scope.TEAM, team_ids=(1, 2), image=b"...")
        cliq.call("get_message_action", message_action_id="1").data.anything
        cliq.call("a_package", "operation", body={"name": "a"})
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
cliq.message_actions.create(name="a", hint="b", scope="persnal")
cliq.message_actions.create(name="a", hint="b", message_types=["txt"])
cliq.message_actions.create(name="a", hint="b", colour="red")
cliq.message_actions.update("1", name=None)
cliq.message_actions.update_handler("1", script=5)
cliq.message_actions.changes(since=5)
cliq.call(5)
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


def installed(program: str, folder: Path) -> Path:
    """Return a program of pyright's, set up for `folder`. Skip where it is missing; in CI that is a failure."""
    found = ROOT / "scripts/node/node_modules/.bin" / program
    if not found.exists():
        (pytest.fail if os.environ.get("CI") and shutil.which("npm") else pytest.skip)(
            "pyright: npm ci in scripts/node"
        )
    settings = {"extraPaths": [str(ROOT / "wrapper"), str(ROOT / "generated")], "typeCheckingMode": "strict"}
    settings |= {"venvPath": str(ROOT), "venv": ".venv", "pythonVersion": "3.11"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    return found


def test_pyright(folder: Path) -> None:
    pyright = installed("pyright", folder)
    found = subprocess.run([pyright, "--outputjson", "-p", folder], cwd=folder, capture_output=True, text=True)
    places = [entry for entry in json.loads(found.stdout)["generalDiagnostics"] if entry["severity"] == "error"]
    assert {Path(entry["file"]).name for entry in places} == {"bad.py"}, found.stdout
    assert {entry["range"]["start"]["line"] + 1 for entry in places} >= lines(BAD), found.stdout


def completions(server: Path, folder: Path, text: str) -> set[str]:
    """Return what pyright's language server offers at the end of `text`."""
    at = {"line": text.count("\n"), "character": len(text.rpartition("\n")[2])}
    file = {"uri": (folder / "used.py").as_uri(), "languageId": "python", "version": 1, "text": text}
    place = {"uri": folder.as_uri(), "name": folder.name}
    start = {"rootUri": folder.as_uri(), "workspaceFolders": [place], "capabilities": {}, "processId": None}
    messages: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": start},
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen", "params": {"textDocument": file}},
        {"id": 2, "method": "textDocument/completion", "params": {"textDocument": file, "position": at}},
    ]
    process = subprocess.Popen([server, "--stdio"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for message in messages:
            body = json.dumps({"jsonrpc": "2.0", **message}).encode()
            process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        process.stdin.flush()
        while True:
            length = 0
            while (line := process.stdout.readline().strip()) or not length:
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            answer = json.loads(process.stdout.read(length))
            if answer.get("id") == 2 and "method" not in answer:
                return {item["label"] for item in answer["result"]["items"]}
            if "method" in answer and "id" in answer:  # the server asks for its settings before it answers
                count = len(answer["params"].get("items", ())) if isinstance(answer.get("params"), dict) else 0
                body = json.dumps({"jsonrpc": "2.0", "id": answer["id"], "result": [None] * count or None}).encode()
                process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
                process.stdin.flush()
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_editors_complete_the_fields(folder: Path) -> None:
    server = installed("pyright-langserver", folder)
    text = 'from zoho_cliq import Cliq\n\ncliq = Cliq("token")\ncliq.message_actions.create('
    offered = completions(server, folder, text)
    assert {f"{name}=" for name in (*CreateMessageActionBody.__annotations__, "if_exists")} <= offered
    assert {'"team"', '"personal"'} <= completions(server, folder, text + "scope=")
