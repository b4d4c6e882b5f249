"""Fixtures of the client's tests: clients that talk to a scripted server and live on a clock that jumps."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import pickle
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the helper modules beside the tests

from cliq_fakes import BASE_URL, IN_PATHS, NEEDED, PATIENT, TOKEN, Scripted
from cliq_shown import local_variables
from cliq_sockets import SocketServer
from zoho_cliq import AsyncCliq, Cliq
from zoho_cliq._operations import OWN, Operations
from zoho_cliq.cli import options
from zoho_cliq.errors import CliqError
from zoho_cliq.project import faults
from zoho_cliq.state.shared import forget_everything
from zoho_cliq.testing import FakeClock

os.environ |= IN_PATHS  # for the processes that tests start, too


@pytest.fixture(scope="session")
def redis_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., tuple[str, subprocess.Popen[bytes]]]]:
    """Start Redis servers, each on a socket file of its own.

    Skip where Redis is not installed; in CI that is a failure.
    """
    program = shutil.which("redis-server")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("redis-server is not installed")
    running = []

    def start(port: int = 0) -> tuple[str, subprocess.Popen[bytes]]:
        folder = tmp_path_factory.mktemp("redis")
        if not port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
        command = [
            program,
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--dir",
            folder,
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running.append(process)
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return f"redis://127.0.0.1:{port}/0", process
            time.sleep(0.05)
        raise RuntimeError("redis-server does not answer")

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def shared_redis(redis_server: Callable[[], tuple[str, Any]]) -> str:
    return redis_server()[0]


@pytest.fixture
def redis_url(shared_redis: str) -> Iterator[str]:
    """Yield the address of an empty Redis."""
    redis = pytest.importorskip("redis")
    yield shared_redis
    with redis.Redis.from_url(shared_redis) as server:
        server.flushall()


@pytest.fixture(autouse=True)
def fresh_ledgers() -> None:
    """Give each test empty ledgers: its server has seen no calls, even if another test used its address."""
    forget_everything()


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test pulls the plug, and a busy disk can take seconds."""
    monkeypatch.setattr("os.fsync", lambda handle: None)


@pytest.fixture(autouse=True)
def canary(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test if its marked token leaks.

    It may be in no log, in no repr, text or pickle of an error, and in no variable of a library's frame in a traceback.
    """
    made: list[CliqError] = []
    initialise = CliqError.__init__

    def noted(self: CliqError, *arguments: Any, **named: Any) -> None:
        initialise(self, *arguments, **named)
        made.append(self)

    monkeypatch.setattr(CliqError, "__init__", noted)
    levels = {name: logging.getLogger(name).level for name in ("zoho_cliq", "httpx", "httpcore", "asyncio")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    assert TOKEN not in caplog.text
    for error in made:
        assert TOKEN not in f"{error!r} {error} {vars(error)}"
        assert TOKEN.encode() not in pickle.dumps(error)
        assert TOKEN not in local_variables(error)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Fail if the token is in the report of a test, including what it printed."""
    assert TOKEN not in report.longreprtext + report.capstdout + report.capstderr + report.caplog, report.nodeid


@pytest.fixture(autouse=True)
def newly_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill in what the document has come to require since the tests were written: today nothing."""
    if not NEEDED:
        return
    call, add_fields, field_faults = Operations.call, options.add_fields, faults.field_faults

    def filled(self: Operations, name: str, fields: Mapping[str, Any], *rest: Any, **more: Any) -> Any:
        given = {**NEEDED.get(name, {}), **fields} if self.package == OWN and not more.get("body") else fields
        return call(self, name, given, *rest, **more)

    def optional(sub: argparse.ArgumentParser, operation: str, without: Collection[str] = (), **more: Any) -> None:
        add_fields(sub, operation, without, **more)
        for action in sub._actions:
            if action.dest.removeprefix("field_") in NEEDED.get(operation, {}):
                action.required = False

    def of_files(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        return field_faults({**NEEDED.get("create_message_action", {}), **fields})

    monkeypatch.setattr(Operations, "call", filled)
    monkeypatch.setattr(options, "add_fields", optional)
    monkeypatch.setattr(faults, "field_faults", of_files)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server() -> Scripted:
    return Scripted()


@pytest.fixture
def make(clock: FakeClock, server: Scripted) -> Iterator[Callable[..., Cliq]]:
    """Make clients that talk to the scripted server and live on the jumping clock."""
    made = []

    def make(auth: Any = TOKEN, **settings: Any) -> Cliq:
        http_client = httpx.Client(transport=httpx.MockTransport(server))
        settings = {"base_url": BASE_URL, "clock": clock, "http_client": http_client, "max_wait": PATIENT, **settings}
        cliq = Cliq(auth, **settings)
        made.append(cliq)
        return cliq

    yield make
    for cliq in made:
        cliq.close()


@pytest.fixture
def make_async(clock: FakeClock, server: Scripted) -> Callable[..., AsyncCliq]:
    """Make asynchronous clients that talk to the scripted server; the test closes them."""

    def make(auth: Any = TOKEN, **settings: Any) -> AsyncCliq:
        http_client = httpx.AsyncClient(transport=httpx.MockTransport(server))
        settings = {"base_url": BASE_URL, "clock": clock, "http_client": http_client, "max_wait": PATIENT, **settings}
        return AsyncCliq(auth, **settings)

    return make


@pytest.fixture
def cliq(make: Callable[..., Cliq]) -> Cliq:
    return make()


@pytest.fixture
def sockets() -> Iterator[SocketServer]:
    """Yield a server on a real socket."""
    server = SocketServer()
    yield server
    server.close()
