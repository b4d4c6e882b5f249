"""A pytest plugin, registered by the wheel: the fixture `cliq_mock`, a running mock server that is reset for each test.

`cliq_mock_async` is the same server, with methods to await. The marker `cliq_mock` configures the server of a test:

    @pytest.mark.cliq_mock(seed={…}, policies={"throttle_status": "400"})

The marker takes the arguments `seed`, `policies`, `thresholds` and `webhook_hosts` of `MockServer`. If several markers
apply to a test, the one nearest to it decides each argument. A server is started when it is first needed, one for each
set of arguments in each test process; each worker of pytest-xdist has its own, on its own port, in memory. Importing
this module needs only pytest, not the extra `mock`. The fixture `deluge` runs scripts of message actions without a
server.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from zoho_cliq_mock.controls import AsyncMock
    from zoho_cliq_mock.server import MockServer
    from zoho_cliq_mock.trigger.deluge.testing import DelugeRunner

MARKER = "cliq_mock"
ARGUMENTS = ("seed", "policies", "thresholds", "webhook_hosts")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}({', '.join(f'{name}=…' for name in ARGUMENTS)}): arguments of the server of the fixture cliq_mock",
    )


@pytest.fixture(scope="session")
def _cliq_mock_server() -> Iterator[Callable[[dict[str, Any]], MockServer]]:
    try:
        from zoho_cliq_mock.server import MockServer
    except ImportError as error:
        from zoho_cliq_mock.extras import missing

        raise pytest.fail.Exception(f"the fixture cliq_mock cannot be used: {missing(error)}", pytrace=False) from None
    running: dict[str, MockServer] = {}
    with ExitStack() as stack:

        def server(arguments: dict[str, Any]) -> MockServer:
            key = json.dumps(arguments, sort_keys=True, default=repr)
            if key not in running:
                running[key] = stack.enter_context(MockServer(**arguments))
            return running[key]

        yield server


@pytest.fixture
def cliq_mock(request: pytest.FixtureRequest, _cliq_mock_server: Callable[[dict[str, Any]], MockServer]) -> MockServer:
    """Return a running mock server with the demo seed, or as configured by the marker `cliq_mock`."""
    try:
        server = _cliq_mock_server(_arguments(request.node))
    except ValueError as error:  # an unusable seed, policy or keyword of the marker
        pytest.fail(f"the marker {MARKER}: {error}", False)
    server.reset()
    return server


@pytest.fixture
def cliq_mock_async(cliq_mock: MockServer) -> AsyncMock:
    """Return the server of `cliq_mock` with methods to await.

    So the test's own event loop can answer the mock's requests meanwhile.
    """
    return cliq_mock.as_async()


@pytest.fixture
def deluge() -> DelugeRunner:
    """Return a runner for scripts of message actions: `deluge(script_or_path, "text") -> zoho_cliq_deluge.Run`."""
    try:
        from zoho_cliq_mock.trigger.deluge.testing import DelugeRunner
    except ImportError as error:
        from zoho_cliq_mock.extras import deluge_missing, missing

        words = f"the fixture deluge cannot be used: {deluge_missing() or missing(error)}"
        raise pytest.fail.Exception(words, pytrace=False) from None
    return DelugeRunner()


def _arguments(node: pytest.Item) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for mark in node.iter_markers(MARKER):  # the nearest first
        if mark.args or mark.kwargs.keys() - set(ARGUMENTS):
            raise ValueError(f"it takes only the keywords {', '.join(ARGUMENTS)}")
        found = {**mark.kwargs, **found}
    return found
