"""A running mock server for the tests of this folder, reset before each of them, and clients of its users.

Server and clients live as long as the session, because making an httpx client costs more than most of the tests.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from zoho_cliq_mock import MockServer


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
    """A client without a token, whose base URL is the server's root."""
    return clients["nobody"]
