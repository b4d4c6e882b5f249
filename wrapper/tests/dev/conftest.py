"""Loops whose mock is a thread of this process, whose receiver is a web server here, and whose watcher is the test."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import uvicorn
from cliq_projects import project
from zoho_cliq.dev.session import Session
from zoho_cliq.dev.settings import Settings
from zoho_cliq_mock import MockServer

CONTROL_TOKEN = "control-token-of-the-tests"
PATIENCE = 20.0


@pytest.fixture(autouse=True)
def _hangups_arrive() -> Iterator[None]:
    """Let this process and its children get SIGHUP as from a terminal, even under `nohup`, which ignores it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(autouse=True)
def _mocks_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a server of uvicorn look more often than ten times a second whether it is to end: each test ends one."""

    async def looking(server: uvicorn.Server) -> None:
        while not await server.on_tick(0):  # noqa: ASYNC110 - as uvicorn does it
            await asyncio.sleep(0.01)

    monkeypatch.setattr(uvicorn.Server, "main_loop", looking)


class Answering(BaseHTTPRequestHandler):
    """A receiver that says which application it is."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        sent = json.dumps({"output": {"text": "filed"}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *args: Any) -> None:
        pass


class FakeChild:
    """A replacement for a process: a mock server, or a web server on the receiver's port, in a thread."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        on_line: Callable[[str], None],
        on_end: Callable[[Any], None],
        environ: Mapping[str, str],
    ) -> None:
        self.name, self.arguments, self.on_line, self._on_end, self.environ = name, arguments, on_line, on_end, environ
        self.pid = 4711
        self.stopping = False
        self.running = True
        self.code: int | None = None
        self.server: MockServer | None = None
        self.web: HTTPServer | None = None

    def begin(self) -> None:
        """Start, as a process does without being told."""
        if self.name == "mock":
            self.server = MockServer(thresholds=False)
            self.server.control_token = self.environ["ZOHO_CLIQ_MOCK_CONTROL"]
            self.server.app.state.control_token = self.server.control_token
            self.server.start()
            self.on_line(f"listening on {self.server.url}")
        else:
            self.web = HTTPServer(("127.0.0.1", int(self.arguments[5])), Answering)
            threading.Thread(target=self.web.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def ending(self) -> str:
        return f"exit code {self.code}"

    def end(self, code: int) -> None:
        """End, as a process does without being told."""
        self.code = code
        self.running = False
        if self.server is not None:
            self.server.stop()
        if self.web is not None:
            self.web.shutdown()
            self.web.server_close()
        self._on_end(self)

    def stop(self) -> None:
        self.stopping = True
        if self.running:
            self.end(0)


class Loop:
    """A loop in the main thread, and a driver that watches what it tells."""

    def __init__(self, root: Path, **settings: Any) -> None:
        self.root = root
        self.children: list[FakeChild] = []
        self.told: Queue[tuple[str, str, dict[str, Any]]] = Queue()
        self.heard: list[tuple[str, str]] = []
        self.watched: list[Path] = []
        self.browsed: list[str] = []
        self.changed: Callable[[set[Path]], None] = lambda paths: None
        self.broken: BaseException | None = None
        """What telling raises."""
        self.ready = True
        """Whether children start by themselves."""
        self.session = Session(
            Settings(**{"folder": root, "port": 0, **settings}),
            self._tell,
            environ={"ZOHO_CLIQ_MOCK_CONTROL": CONTROL_TOKEN, "KEY": "k-secret"},
            spawn=self._spawn,  # type: ignore[arg-type]
            watcher=self._watch,
            browse=self.browsed.append,
        )

    @property
    def mock(self) -> MockServer:
        found = self.children[0].server
        assert found is not None
        return found

    @property
    def receiver(self) -> FakeChild:
        return self.children[-1]

    def _tell(self, kind: str, text: str, facts: dict[str, Any]) -> None:
        if self.broken is not None:
            raise self.broken
        self.heard.append((kind, text))
        self.told.put((kind, text, facts))

    def _spawn(self, *arguments: Any) -> FakeChild:
        child = FakeChild(*arguments)
        self.children.append(child)
        if self.ready:
            child.begin()
        return child

    def _watch(self, folders: Sequence[Path], on_change: Callable[[set[Path]], None], stop: threading.Event) -> None:
        self.watched = list(folders)
        self.changed = on_change
        stop.wait()

    def wait_for(self, kind: str) -> tuple[str, dict[str, Any]]:
        """Return text and facts of the next report of this kind."""
        while True:
            told, text, facts = self.told.get(timeout=PATIENCE)
            if told == kind:
                return text, facts

    def touch(self, name: str = "actions/a.toml") -> None:
        """Report a changed file."""
        self.changed({self.root / name})

    def end(self) -> None:
        """End the loop, as Ctrl-C does."""
        self.session._post(self.session._asked_to_end)

    def run(self, drive: Callable[[], None] | None = None) -> int:
        """Run the loop, with a driver in a thread; at its end the loop ends. Raise what the driver raises."""
        wrong: list[BaseException] = []

        def driven() -> None:
            try:
                assert drive is not None
                drive()
            except BaseException as error:  # noqa: BLE001 - told by the main thread
                wrong.append(error)
            finally:
                self.end()

        driver = threading.Thread(target=driven, daemon=True)
        if drive is not None:
            driver.start()
        try:
            return self.session.run()
        finally:
            if drive is not None:
                driver.join(PATIENCE)
            if wrong:
                raise wrong[0]


@pytest.fixture
def make_loop(tmp_path: Path) -> Iterator[Callable[..., Loop]]:
    """Make loops. Afterwards fail if anything of them is left."""
    made: list[Loop] = []

    def make(**settings: Any) -> Loop:
        root = tmp_path / "our-actions"
        if not root.exists():
            project(root)
        loop = Loop(root, **settings)
        made.append(loop)
        return loop

    before = set(threading.enumerate())
    yield make
    for loop in made:
        assert not [child.name for child in loop.children if child.running]
        assert not loop.session._notes.joinpath("cliq.lock.toml").exists()
    for thread in set(threading.enumerate()) - before:
        with contextlib.suppress(RuntimeError):
            thread.join(PATIENCE)
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("Thread-")]
