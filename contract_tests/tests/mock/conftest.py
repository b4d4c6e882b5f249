"""A running mock server for the tests of this folder, reset before each of them, and clients of its users.

Server and clients live as long as the session, because making an httpx client costs more than most of the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from api_paths import CREATING
from zoho_cliq_api.contract import document, sample
from zoho_cliq_mock import MockServer

SCHEMAS = document()["components"]["schemas"]
CREATE = SCHEMAS["MessageActionCreate"]
NEEDED = {
    name: sample(CREATE["properties"][name], SCHEMAS)
    for name in CREATE.get("required", ())
    if name not in ("name", "hint")
}
"""What a create has come to require since the tests were written: today nothing."""


@pytest.fixture(autouse=True)
def needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill in what a create has come to require since the tests were written."""
    if not NEEDED:
        return
    request = httpx.Client.request

    def filled(self: httpx.Client, method: str, url: Any, *, json: Any = None, **more: Any) -> httpx.Response:
        if method == "POST" and str(url).endswith(CREATING) and isinstance(json, dict):
            json = {**NEEDED, **json}
        return request(self, method, url, json=json, **more)

    monkeypatch.setattr(httpx.Client, "request", filled)


@pytest.fixture(scope="session")
def running() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


@pytest.fixture(scope="session")
def clients(running: MockServer) -> Iterator[dict[str, httpx.Client]]:
    opened = {
        user: httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer 1000.{user}"})
        for user in ("owner", "colleague", "outsider")
    }
    headers = {"Authorization": f"Bearer {running.control_token}"}
    opened["control"] = httpx.Client(base_url=running.control_url, headers=headers)
    opened["nobody"] = httpx.Client(base_url=running.accounts_url)
    yield opened
    for client in opened.values():
        client.close()


@pytest.fixture
def mock(running: MockServer) -> MockServer:
    running.reset()
    return running


@pytest.fixture
def owner(mock: MockServer, clients: dict[str, httpx.Client]) -> httpx.Client:
    return clients["owner"]


@pytest.fixture
def colleague(mock: MockServer, clients: dict[str, httpx.Client]) -> httpx.Client:
    return clients["colleague"]


@pytest.fixture
def outsider(mock: MockServer, clients: dict[str, httpx.Client]) -> httpx.Client:
    return clients["outsider"]


@pytest.fixture
def control(mock: MockServer, clients: dict[str, httpx.Client]) -> httpx.Client:
    return clients["control"]


@pytest.fixture
def nobody(mock: MockServer, clients: dict[str, httpx.Client]) -> httpx.Client:
    """Return a client without a token, whose base URL is the server's root."""
    return clients["nobody"]
