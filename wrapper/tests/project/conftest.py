"""A world for each test: a mock server and clients on one clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cliq_projects import World


@pytest.fixture
def world() -> Iterator[World]:
    found = World()
    yield found
    found.close()
