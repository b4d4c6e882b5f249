"""A mock server, a client, and webhooks on real sockets."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import httpx
import pytest
from api_paths import CREATING, handler_path
from needed import NEEDED
from zoho_cliq import Cliq, MessageAction
from zoho_cliq._operations import Operations
from zoho_cliq_mock import MockServer


class Webhook(ThreadingHTTPServer):
    """A webhook that records the requests it receives.

    `answer` returns (status, headers, body), or the bytes of the whole response.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.answer: Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes] | bytes] = lambda event: output(
            {"text": "ok"}
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/cliq"


class _Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.paths.append(self.path)
        self.server.bodies.append(body)
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        event = json.loads(body)
        self.server.got.append(event)
        answer = self.server.answer(event)
        if isinstance(answer, bytes):
            self.wfile.write(answer)
            self.close_connection = True
            return
        status, headers, sent = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # the mock disconnects when a response is too long
            super().handle()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def output(data: Any) -> tuple[int, dict[str, str], bytes]:
    """Return the response of a working webhook."""
    return 200, {"Content-Type": "application/json"}, json.dumps({"output": data}).encode()


@pytest.fixture(scope="module")
def running() -> Iterator[MockServer]:
    with MockServer(thresholds=False) as server:
        yield server


@pytest.fixture
def mock(running: MockServer) -> MockServer:
    running.reset()
    return running


@pytest.fixture
def control(mock: MockServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {mock.control_token}"}
    with httpx.Client(base_url=mock.control_url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
def cliq(mock: MockServer) -> Iterator[Cliq]:
    """Yield a client with its own count of calls.

    The tests share a server, so with a common count they would wait for each other's threshold.
    """
    with Cliq("1000.owner", base_url=mock.url, account=uuid4().hex) as client:
        yield client


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def newly_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill in what a create has come to require since the tests were written: today nothing."""
    if not NEEDED:
        return
    call, request = Operations.call, httpx.Client.request

    def called(self: Operations, name: str, fields: Mapping[str, Any], *rest: Any, **more: Any) -> Any:
        given = {**NEEDED, **fields} if name == "create_message_action" else fields
        return call(self, name, given, *rest, **more)

    def requested(self: httpx.Client, method: str, url: Any, *, json: Any = None, **more: Any) -> httpx.Response:
        if method == "POST" and str(url).endswith(CREATING) and isinstance(json, dict):
            json = {**NEEDED, **json}
        return request(self, method, url, json=json, **more)

    monkeypatch.setattr(Operations, "call", called)
    monkeypatch.setattr(httpx.Client, "request", requested)


@pytest.fixture
def make(cliq: Cliq) -> Callable[..., MessageAction]:
    """Return a function that creates a webhook action with permissions."""

    def create(url: str, name: str = "Create Ticket", permissions: tuple[str, ...] = (), **more: Any) -> MessageAction:
        action = cliq.message_actions.create(
            name=name, hint="File it", execution_type="webhook", execution_url=url, **more
        )
        if permissions:
            cliq.message_actions.update_handler(action.id, permissions=list(permissions))
        return action

    return create


@pytest.fixture
def choose(control: httpx.Client) -> Callable[..., Any]:
    """Return a function that chooses an action and returns the record of its delivery."""

    def trigger(action: str = "Create Ticket", status: int = 200, **fields: Any) -> Any:
        if "messages" not in fields:
            fields.setdefault("text", "printer on fire")
        answer = control.post("/trigger", json={"action": action, **fields})
        assert answer.status_code == status, answer.text
        return answer.json()

    return trigger


@pytest.fixture
def write_script(mock: MockServer) -> Callable[[str], None]:
    """Return a function that sets the script of the Deluge action "Script"; its first call creates the action.

    It calls the API without the client, because the client's thresholds would make many tests wait.
    """
    headers = {"Authorization": "Bearer 1000.owner"}
    made: list[str] = []

    def write(script: str) -> None:
        with httpx.Client(base_url=mock.url, headers=headers, timeout=30) as client:
            if not made:
                body = {"name": "Script", "hint": "h"}
                made.append(client.post(CREATING, json=body).raise_for_status().json()["data"]["id"])
            path = handler_path(made[0])
            client.patch(path, json={"script": script}).raise_for_status()

    return write


@pytest.fixture
def run(write_script: Callable[[str], None], choose: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that sets a script, chooses its action, and returns the record of the delivery."""

    def go(script: str, **fields: Any) -> Any:
        write_script(script)
        return choose("Script", **fields)

    return go
