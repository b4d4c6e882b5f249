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
from cliq_fakes import examples_are_complete
from zoho_cliq_api.params import CreateMessageActionBody

ROOT = Path(__file__).parents[2]
GOOD = """
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import assert_type
from wsgiref.simple_server import make_server

from fastapi import FastAPI
from starlette.routing import Route
from zoho_cliq import (
    ApiResponse, AsyncChanges, AsyncCliq, AsyncPager, Changes, Cliq, DelugeHandler, Ensured, MessageAction, OAuth, Page,
    Pager, RawResponse, Request, Scope, UnsetHandler, WebhookHandler, errors,
)
from zoho_cliq.state import Budget
from zoho_cliq.testing import FakeClock
from zoho_cliq.webhooks import Receiver
from zoho_cliq.webhooks.testing import Answered, call, event


def middleware(request: Request, send: object) -> RawResponse:
    raise NotImplementedError


def use() -> None:
    with Cliq(OAuth.from_env(), state=Path("s.db"), on_wait=lambda wait: print(wait.seconds)) as cliq:
        made = cliq.message_actions.create(name="a", hint="b", message_types=["text"], if_exists="adopt")
        assert_type(made, MessageAction)
        assert_type(made.name, str)
        done = cliq.message_actions.ensure(name="a", hint="b", handler={"script": "return {};"})
        assert_type(done, Ensured)
        for action in cliq.message_actions.list(limit=5):
            assert_type(action, MessageAction)
        for page in cliq.message_actions.list().pages():
            assert_type(page, Page)
        assert_type(cliq.message_actions.list().first(), MessageAction | None)
        changes = cliq.message_actions.changes("t")
        assert_type(changes.deleted, list[str])
        cliq.message_actions.update_handler("1", script=Path("s.dg"))
        cliq.message_actions.update("1", scope=Scope.TEAM, team_ids=(1, 2), image=b"...")
        cliq.call("get_message_action", action_id="1").data.anything
        cliq.call("a_package", "operation", body={"name": "a"})
        assert_type(cliq.message_actions.get_handler("1"), DelugeHandler | WebhookHandler | UnsetHandler)
        assert_type(cliq.thresholds["get_message_action"], Budget)
        assert_type(cliq.with_options(max_wait=0, max_retries=0), Cliq)
        raw = cliq.message_actions.with_raw_response
        assert_type(raw.get("1"), ApiResponse[MessageAction])
        assert_type(raw.create(name="a", hint="b", if_exists="adopt").parse(), MessageAction)
        assert_type(raw.update("1", hint="b").headers["Content-Type"], str)
        assert_type(raw.get_handler("1").parse(), DelugeHandler | WebhookHandler | UnsetHandler)
        assert_type(raw.update_handler("1", script="x").elapsed, timedelta)
        assert_type(raw.delete("1"), ApiResponse[None])
        assert_type(raw.list(limit=5), ApiResponse[Pager])
        assert_type(raw.changes(since="t").parse(), Changes)
        assert_type(cliq.with_raw_response.message_actions.get("1").retries_taken, int)
        assert_type(cliq.with_raw_response.call("get_message_action", action_id="1").status_code, int)
        job = cliq.bulk([partial(cliq.message_actions.get, "1")], progress=lambda done: print(done.seconds_left))
        assert_type(job.run().results, list[MessageAction | None])
        assert_type(Cliq.from_env(max_wait=5, clock=FakeClock(), state=None), Cliq)
        try:
            cliq.message_actions.delete("1")
        except errors.MessageActionNotFound as error:
            assert_type(error.status, int)
        except errors.RateLimited as error:
            assert_type(error.retry_after, float)


def receive(app: FastAPI, receiver: Receiver) -> None:
    app.add_route("/cliq", receiver.asgi())
    app.mount("/", receiver.asgi())
    app.router.routes.append(Route("/cliq", receiver.asgi()))
    make_server("127.0.0.1", 0, receiver.wsgi())
    receiver.defer(event("A"), lambda: "text")
    receiver.defer(event("A", permissions=["message"]), later)
    assert_type(call(receiver, event("A")), Answered)


async def later() -> str:
    return "text"


async def use_async() -> None:
    async with AsyncCliq("token") as cliq:
        assert_type(await cliq.message_actions.get("1"), MessageAction)
        job = await cliq.bulk([partial(cliq.message_actions.get, "1")]).run()
        assert_type(job.results, list[MessageAction | None])
        async for action in cliq.message_actions.list():
            assert_type(action, MessageAction)
        raw = cliq.message_actions.with_raw_response
        assert_type(await raw.get("1"), ApiResponse[MessageAction])
        assert_type((await raw.update("1", hint="b")).parse(), MessageAction)
        assert_type(await raw.delete("1"), ApiResponse[None])
        assert_type((await raw.list()).parse(), AsyncPager)
        assert_type((await raw.changes(limit=5)).parse(), AsyncChanges)
        assert_type((await cliq.with_raw_response.call("get_message_action", action_id="1")).content, bytes)
"""
BAD = """
import zoho_cliq.testing
from zoho_cliq import Cliq, errors

cliq = Cliq("token", timeout="soon")
cliq.message_actions.create(name="a")
cliq.message_actions.create(name="a", hint="b", scope="persnal")
cliq.message_actions.create(name="a", hint="b", message_types=["txt"])
cliq.message_actions.create(name="a", hint="b", colour="red")
cliq.message_actions.update("1", name=None)
cliq.message_actions.update_handler("1", script=5)
cliq.message_actions.changes(since=5)
cliq.message_actions.ensure(name="a", hint="b", handler={"scrpt": ""})
cliq.call(5)
cliq = Cliq.from_env(max_weit=5)
cliq = Cliq.from_env(max_wait="soon")
zoho_cliq.Clik
zoho_cliq.testing.RealClock
cliq.message_actions.create(name="a", hint=None)
cliq.message_actions.update("1", execution_type="webhook")
cliq.message_actions.get(1)
cliq.message_actions.get("1").colour
cliq.message_actions.with_raw_response.create(name="a")
cliq.message_actions.with_raw_response.create(name="a", hint="b", scope="persnal")
cliq.message_actions.with_raw_response.update("1", colour="red")
cliq.message_actions.with_raw_response.get(1)
cliq.message_actions.with_raw_response.get("1").name
cliq.message_actions.with_raw_response.get("1").parse().colour
cliq.message_actions.with_raw_response.list(limit="all")
cliq.with_options(max_retries="all")
errors.NoSuchError
"""


def lines(text: str) -> set[int]:
    return {
        number for number, line in enumerate(text.splitlines(), 1) if line.startswith(("cliq", "errors.", "zoho_cliq."))
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text(BAD)
    return tmp_path


@pytest.mark.heavy
@examples_are_complete
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


@examples_are_complete
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


@pytest.mark.heavy
def test_editors_complete_the_fields(folder: Path) -> None:
    server = installed("pyright-langserver", folder)
    text = 'from zoho_cliq import Cliq\n\ncliq = Cliq("token")\ncliq.message_actions.create('
    offered = completions(server, folder, text)
    assert {f"{name}=" for name in (*CreateMessageActionBody.__annotations__, "if_exists")} <= offered
    assert {'"team"', '"personal"'} <= completions(server, folder, text + "scope=")
