"""The fixtures that join client and mock server, and what they cost those who do not use them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from importlib.metadata import entry_points
from typing import Any

import pytest
import zoho_cliq.testing
from cliq_fakes import LIST, LOCK, PATIENT, UPDATE
from zoho_cliq import AsyncCliq, Cliq
from zoho_cliq.errors import RateLimited
from zoho_cliq.testing import FakeClock, plugin
from zoho_cliq_mock import MockServer

cliq = plugin.cliq  # the fixture of that name in conftest has a scripted server

SEED = {
    "organizations": [{"id": "1", "name": "Example"}],
    "users": [{"key": "ann", "id": "11", "name": "Ann", "organization": "1"}],
}


def test_waiting_for_a_threshold_takes_no_time(cliq: Cliq, cliq_mock: MockServer) -> None:
    action = cliq.message_actions.create(name="a", hint="b")
    cliq = cliq.with_options(max_wait=PATIENT)
    began, at = time.monotonic(), cliq_mock.now()
    for number in range(2 * UPDATE.limit + 5):
        cliq.message_actions.update(action.id, hint=f"{number}")
    assert time.monotonic() - began < 20
    assert cliq_mock.now() - at > 2 * UPDATE.window_seconds - 1
    assert cliq_mock.clock.slept[0] > UPDATE.window_seconds - 1
    assert not cliq_mock.thresholds().locks


def test_each_test_begins_with_a_whole_minute(cliq: Cliq) -> None:
    assert cliq.thresholds["update_message_action"].remaining == UPDATE.limit


def test_waiting_for_a_lock_takes_no_time(cliq: Cliq, cliq_mock: MockServer) -> None:
    cliq_mock.fail_next(status=429)
    with pytest.raises(RateLimited):
        cliq.with_options(max_wait=LOCK - 1).message_actions.list().first()
    assert cliq.with_options(max_wait=LOCK + 100).message_actions.list().first() is None
    assert sum(cliq_mock.clock.slept) > LIST.lock_seconds - 1


@pytest.mark.cliq_mock(seed=SEED)
def test_the_client_is_the_first_user_of_the_seed(cliq: Cliq) -> None:
    assert cliq.message_actions.create(name="a", hint="b").creator.name == "Ann"


def test_tasks_share_the_clock(cliq_async: AsyncCliq, cliq_mock: MockServer) -> None:
    async def main() -> None:
        async with cliq_async.with_options(max_wait=10 * PATIENT) as cliq, cliq_async:
            action = await cliq.message_actions.create(name="a", hint="b")
            update = cliq.message_actions.update
            await asyncio.gather(*(update(action.id, hint=f"{number}") for number in range(25)))

    asyncio.run(main())
    assert not cliq_mock.thresholds().locks
    assert len([entry for entry in cliq_mock.journal() if entry.status in (200, 201)]) == 26


def test_threads_share_the_clock(cliq: Cliq, cliq_mock: MockServer) -> None:
    patient = cliq.with_options(max_wait=10 * PATIENT)
    action = patient.message_actions.create(name="a", hint="b")
    threads = [
        threading.Thread(target=patient.message_actions.update, args=(action.id,), kwargs={"hint": f"{number}"})
        for number in range(25)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not cliq_mock.thresholds().locks
    assert len([entry for entry in cliq_mock.journal() if entry.status in (200, 201)]) == 26


def test_the_shared_clock_never_goes_back() -> None:
    with MockServer() as mock:
        clock = mock.clock
        before = clock.monotonic()
        mock.freeze(1000.0)
        assert clock.time() == 1000.0
        assert clock.monotonic() == pytest.approx(before, abs=5)
        clock.sleep(60)
        assert mock.now() == 1060.0
        assert clock.monotonic() == pytest.approx(before + 60, abs=5)
        mock.reset()
        assert mock.clock is not clock


def test_a_token_expires_as_time_passes_at_the_mock(cliq_mock: MockServer) -> None:
    cliq_mock.add_token()
    token = cliq_mock.add_token(expires_in=30)
    with Cliq(token, base_url=cliq_mock.url, clock=cliq_mock.clock) as cliq:
        assert cliq.message_actions.list().first() is None
        cliq_mock.clock.sleep(31)
        with pytest.raises(Exception, match="expired"):
            cliq.message_actions.list().first()


def test_a_fake_clock_may_be_the_mocks_too() -> None:
    clock = FakeClock()
    settings: dict[str, Any] = {"clock": clock, "max_wait": PATIENT}
    with MockServer(clock=clock.time) as mock, Cliq("1000.owner", base_url=mock.url, **settings) as client:
        for _ in range(31):
            client.message_actions.list().first()
        assert mock.now() == clock.now
        assert not mock.thresholds().locks
    with pytest.raises(AttributeError, match="RealClock"):
        _ = zoho_cliq.testing.RealClock


def test_the_plugin_costs_nothing_to_those_who_do_not_use_it() -> None:
    (found,) = entry_points(group="pytest11", name="zoho_cliq")
    assert found.load().cliq
    script = (
        "import sys, pytest\nbefore = set(sys.modules)\nimport zoho_cliq.testing.plugin\n"
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('_')))"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = ["zoho_cliq", "zoho_cliq.testing", "zoho_cliq.testing.plugin"]
    assert shown.stdout == f"{loaded}\n"
