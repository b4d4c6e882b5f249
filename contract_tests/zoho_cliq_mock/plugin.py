"""A pytest plugin, registered by the wheel: the fixture `cliq_mock`, a running mock server that is reset for each test.

One server is started for each test process (each worker of pytest-xdist has its own, on its own port, in memory) when
the fixture is first used. Importing this module needs neither the extra `mock` nor anything else but pytest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from zoho_cliq_mock.server import MockServer


@pytest.fixture(scope="session")
def _cliq_mock_server() -> Iterator[MockServer]:
    try:
        from zoho_cliq_mock.server import MockServer
    except ImportError as error:
        from zoho_cliq_mock.extras import missing

        pytest.fail(f"the fixture cliq_mock cannot be used: {missing(error)}", False)
    with MockServer() as server:
        yield server


@pytest.fixture
def cliq_mock(_cliq_mock_server: MockServer) -> MockServer:
    """A running mock server with the demo seed, as a `MockServer`: `url`, `accounts_url`, `control_url`, `reset()`."""
    _cliq_mock_server.reset()
    return _cliq_mock_server
