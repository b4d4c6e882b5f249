"""What arrives at a server, counted by the server.

No window holds more calls than allowed, nearly all that is allowed is used, and no slot is left behind, whatever
happens to the clients. See `cliq_arrivals`, which also runs by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cliq_arrivals import TIMEOUT, Scenario, fixed, played, sliding
from zoho_cliq.state import GRACE

BEYOND = GRACE + TIMEOUT + 4 + 1  # seconds from any moment to beyond the end of every slot that there was


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("kind", "processes", "seconds", "stopped", "locked"),
    [
        ("memory", 1, 13, 0, False),
        ("sqlite", 3, 13, 0, False),
        ("sqlite", 4, 20, BEYOND, False),
        ("sqlite", 4, 24, BEYOND, True),
        ("redis", 3, 13, 0, False),
        ("redis", 4, 20, BEYOND, False),
    ],
)
def test_no_window_holds_more_than_the_threshold(
    kind: str,
    processes: int,
    seconds: int,
    stopped: float,
    locked: bool,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    state = None
    if kind != "memory":
        state = str(tmp_path / "state.db") if kind == "sqlite" else request.getfixturevalue("redis_url")
    outcome = played(Scenario(state, processes, seconds, stopped=stopped, locked=locked))
    record_property("arrivals", str(outcome))
    print(outcome)
    assert outcome.broken() == []
    assert outcome.cut, "no cancellation met a call under way"


def test_the_counting_itself_finds_one_call_too_many() -> None:
    window, limit = 4, 30
    good = [number * window / limit * 1.001 for number in range(90)]  # not on the edges, where floats round
    assert sliding(good, window) == fixed(good, window) == limit
    bad = sorted([*good, 3.01])
    assert sliding(bad, window) == fixed(bad, window) == limit + 1
