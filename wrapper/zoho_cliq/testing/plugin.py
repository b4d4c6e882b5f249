"""A pytest plugin, registered by the wheel: the fixtures `cliq` and `cliq_async`, clients of the mock server.

Both belong to the first user of the mock's seed, have all scopes, and live on the mock's clock, so that waiting for a
threshold or a lock takes no time, and the mock's minutes pass with it. They need the extra `mock`; the marker
`cliq_mock` sets the mock up. Importing this module loads nothing of the client but its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .. import AsyncCliq, Cliq


@pytest.fixture
def cliq(cliq_mock: Any) -> Iterator[Cliq]:
    """Yield a `Cliq` whose server is the fixture `cliq_mock`; it is closed after the test."""
    from .. import Cliq

    with Cliq(cliq_mock.add_token(), base_url=cliq_mock.url, clock=cliq_mock.clock) as client:
        yield client


@pytest.fixture
def cliq_async(cliq_mock: Any) -> AsyncCliq:
    """Return an `AsyncCliq` whose server is the fixture `cliq_mock`.

    The test closes it: `async with cliq_async as cliq`.
    """
    from .. import AsyncCliq

    return AsyncCliq(cliq_mock.add_token(), base_url=cliq_mock.url, clock=cliq_mock.clock)
