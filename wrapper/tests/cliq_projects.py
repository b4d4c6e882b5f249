"""Helpers for tests of projects: folders, and a mock server on the client's clock."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from cliq_fakes import PATIENT
from zoho_cliq import Cliq
from zoho_cliq.testing import FakeClock
from zoho_cliq_mock import MockServer

CONFIGURATION = 'default_environment = "test"\n\n[environments.test]\n'
UNSHOWN = ("id", "organization", "creator", "handlers", "status", "type")


class World:
    """A mock server and clients of it, which live on one clock that jumps."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.server = MockServer(clock=lambda: self.clock.time())
        self.server.start()
        self._http = httpx.Client(
            base_url=f"{self.server.control_url}/", headers={"Authorization": f"Bearer {self.server.control_token}"}
        )
        self._clients: list[Cliq] = []

    def begin(self, **policies: object) -> None:
        """Return to the beginning, with these policies, for another test. That takes less than another server."""
        self.close_clients()
        self.clock = FakeClock()
        self.server.reset()
        if policies:
            self.server.policies(**policies)

    def client(self, token: str = "1000.owner", **settings: Any) -> Cliq:
        """Return a client that shares the ledger with all others of the token."""
        client = Cliq(token, **{"base_url": self.server.url, "clock": self.clock, "max_wait": PATIENT, **settings})
        self._clients.append(client)
        return client

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API."""
        return self._http.request(method, path, json=body).raise_for_status().json()

    def actions(self) -> dict[str, dict[str, Any]]:
        """Return what the server holds, by name: the fields and the handler of each action."""
        return {
            action["name"]: {name: value for name, value in action.items() if name not in UNSHOWN}
            for action in self.control("GET", "state")["actions"]
        }

    def ids(self) -> dict[str, str]:
        """Return the id of each action by name."""
        return {action["name"]: action["id"] for action in self.control("GET", "state")["actions"]}

    def calls(self) -> Counter[str]:
        """Return how many calls of each operation were made since this was asked last."""
        requests = self.control("GET", "journal")["requests"]
        self.control("DELETE", "journal")
        assert not [request for request in requests if request["status"] == 429], "locked out"
        return Counter(request["operation"] for request in requests if request["operation"])

    def close_clients(self) -> None:
        """Close the clients that were made so far."""
        while self._clients:
            self._clients.pop().close()

    def close(self) -> None:
        """Stop everything."""
        self.close_clients()
        self._http.close()
        self.server.stop()


def write(root: Path, name: str, text: str) -> Path:
    """Write a file of a project."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="")
    return path


def action_file(root: Path, key: str, script: str | None = None, **fields: Any) -> Path:
    """Write the file of an action, and its script."""
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    if script is not None:
        write(root, f"actions/{key}.dg", script)
        lines.append(f'script = "{key}.dg"')
    return write(root, f"actions/{key}.toml", "\n".join(lines) + "\n")


def project(root: Path, configuration: str = CONFIGURATION) -> Path:
    """Write `cliq.toml`."""
    write(root, "cliq.toml", configuration)
    return root


def content(root: Path) -> dict[str, bytes]:
    """Return every file of a folder with what it holds."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
