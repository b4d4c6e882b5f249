"""Fixtures of the client's tests: clients that talk to a scripted server and live on a clock that jumps."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the helper modules beside the tests

from cliq_fakes import BASE_URL, TOKEN, JumpingClock, Scripted
from zoho_cliq import AsyncCliq, Cliq
from zoho_cliq._http import AsyncTransport, Transport


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def server() -> Scripted:
    return Scripted()


@pytest.fixture
def make(clock: JumpingClock, server: Scripted) -> Iterator[Callable[..., Cliq]]:
    """Makes clients that talk to the scripted server and live on the jumping clock."""
    made = []

    def make(auth: Any = TOKEN, **settings: Any) -> Cliq:
        cliq = Cliq(auth, **{"base_url": BASE_URL, "clock": clock, **settings})
        cliq._transport.close()
        cliq._transport = Transport(httpx.MockTransport(server))
        made.append(cliq)
        return cliq

    yield make
    for cliq in made:
        cliq.close()


@pytest.fixture
def make_async(clock: JumpingClock, server: Scripted) -> Callable[..., AsyncCliq]:
    """Makes asynchronous clients that talk to the scripted server; the test closes them."""

    def make(auth: Any = TOKEN, **settings: Any) -> AsyncCliq:
        cliq = AsyncCliq(auth, **{"base_url": BASE_URL, "clock": clock, **settings})
        cliq._transport = AsyncTransport(httpx.MockTransport(server))
        return cliq

    return make


@pytest.fixture
def cliq(make: Callable[..., Cliq]) -> Cliq:
    return make()
