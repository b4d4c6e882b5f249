"""A running mock server for the tests of this folder, reset before each of them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from zoho_cliq_mock import MockServer


@pytest.fixture(scope="session")
def running() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


@pytest.fixture
def mock(running: MockServer) -> MockServer:
    running.reset()
    return running


@pytest.fixture
def owner(mock: MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=mock.url, headers={"Authorization": "Bearer 1000.owner"}) as client:
        yield client


@pytest.fixture
def colleague(mock: MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=mock.url, headers={"Authorization": "Bearer 1000.colleague"}) as client:
        yield client


@pytest.fixture
def control(mock: MockServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {mock.control_token}"}
    with httpx.Client(base_url=mock.control_url, headers=headers) as client:
        yield client
