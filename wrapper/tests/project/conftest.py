"""A world for the tests: a mock server and clients on one clock. Each test begins with it as new."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cliq_projects import World


@pytest.fixture(scope="session")
def shared_world() -> Iterator[World]:
    found = World()
    yield found
    found.close()


@pytest.fixture
def world(shared_world: World) -> World:
    shared_world.begin()
    return shared_world
