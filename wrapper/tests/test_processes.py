"""Several real processes on one state, against the mock server: nobody is locked out, and tokens are fetched once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cliq_fakes import GETS
from zoho_cliq import Cliq, OAuth
from zoho_cliq._types import Secret
from zoho_cliq.clock import SystemClock
from zoho_cliq.state import StoredToken, open_state
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_mock import MockServer

WORKER = Path(__file__).with_name("cliq_worker.py")
PROCESSES = 6


def run_all(settings: dict[str, Any], processes: int = PROCESSES) -> tuple[list[dict[str, Any]], float]:
    """Run so many processes, all beginning at once; return what each saw, and when they began."""
    command = [sys.executable, str(WORKER), json.dumps(settings | {"processes": processes})]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as worker:
        worker.stdout.readline()  # type: ignore[union-attr]
        began = time.time()
        out, told = worker.communicate(b"\n", timeout=300)
    ended = json.loads(out or '{"codes": null}')
    assert ended["codes"] == [-signal.SIGKILL if settings.get("crash") else 0] * processes, told.decode()
    return ended["seen"], began


@pytest.fixture(params=["sqlite", "redis"])
def state_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "state.db") if request.param == "sqlite" else str(request.getfixturevalue("redis_url"))


def bearer(mock: MockServer) -> dict[str, str]:
    return {"Authorization": f"Bearer {mock.control_token}"}


def control(mock: MockServer, path: str) -> Any:
    return httpx.get(mock.control_url + path, headers=bearer(mock)).raise_for_status().json()


def test_six_processes_with_one_expired_token_refresh_it_once(state_address: str) -> None:
    with MockServer() as mock:
        state = open_state(state_address, SystemClock())
        # The key under which a client with these settings keeps its token, from one that is made the same way.
        auth = OAuth("1000.DEMO", "demo-secret", "1000.owner-refresh", accounts_url=mock.accounts_url)
        with Cliq(auth, base_url=mock.url) as cliq:
            account = cliq._engine.account
        state.store_token(account, StoredToken(Secret("1000.dead"), time.time() + 3600))
        state.close()
        settings = {"url": mock.url, "accounts_url": mock.accounts_url, "state": state_address, "calls": 1}
        settings["listing"] = True
        # Answers come late, so that all have sent their call before the first one hears that its token is dead.
        rule = {"fault": "delay", "operation": "list_message_actions", "delay": 1.5, "times": PROCESSES}
        httpx.post(f"{mock.control_url}/faults", headers=bearer(mock), json=rule).raise_for_status()
        seen, _ = run_all(settings)
        assert [entry["done"] for entry in seen] == [1] * PROCESSES
        entries = control(mock, "/journal")["requests"]
        paths = [entry["path"] for entry in entries]
        assert paths.count("/oauth/v2/token") == 1
        refused = [entry for entry in entries if entry["status"] == 401]
        assert len(refused) == PROCESSES, "every process had used the dead token"


def crowd(state_address: str, window: int, calls: int, processes: int) -> tuple[float, float]:
    """Run processes and calls on one state, and assert that none is locked out.

    Return the seconds taken and the ideal.
    """
    threshold = OPERATIONS["get_message_action"].threshold
    assert threshold is not None
    began, speed = time.time(), threshold.window_seconds / window
    with MockServer(clock=lambda: began + (time.time() - began) * speed) as mock:
        settings = {"url": mock.url, "token": "1000.owner", "state": state_address, "window": window, "calls": calls}
        seen, start = run_all(settings, processes)
        assert not control(mock, "/state")["locks"]
    assert sum(entry["refused"] for entry in seen) == 0
    assert sum(entry["done"] for entry in seen) == calls * processes
    return max(entry["ended"] for entry in seen) - start, calls * processes / threshold.limit * window


def test_two_processes_share_a_threshold(state_address: str) -> None:
    crowd(state_address, window=1, calls=11, processes=2)


@pytest.mark.heavy
def test_six_processes_are_never_locked_out_and_lose_no_time(
    state_address: str, record_property: Callable[[str, object], None]
) -> None:
    taken, ideal = crowd(state_address, window=2, calls=15, processes=PROCESSES)
    record_property("taken_to_ideal", taken / ideal)
    print(f"{taken:.2f} s taken, {ideal:.2f} s ideal, {taken / ideal:.3f}")
    assert taken <= 1.15 * ideal


def test_process_that_is_killed_in_a_call_leaves_a_usable_state(tmp_path: Path) -> None:
    where = tmp_path / "state.db"
    with MockServer() as mock:
        settings = {"url": mock.url, "token": "1000.owner", "state": str(where), "calls": 1}
        run_all(settings | {"crash": True}, 1)
        assert run_all(settings, 1)[0][0]["done"] == 1
        with Cliq("1000.owner", base_url=mock.url, state=where) as cliq:
            assert cliq.thresholds["get_message_action"].remaining == GETS - 2, (
                "the killed call counts until its last moment"
            )
