"""The two-phase ledger: no window at the server ever holds more calls than the threshold, in simulated time."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import itertools
import os
import sqlite3
import stat
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cliq_fakes import Scripted, action, enveloped
from cliq_simulation import ACCOUNT, OPERATION, Attempt, forgetful, fullest_window, planted, simulate
from cliq_sockets import SocketServer
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from zoho_cliq import AsyncCliq, Cliq, errors
from zoho_cliq._drivers import run_async
from zoho_cliq._types import Busy, Do, RawResponse, Request, Secret, Steps
from zoho_cliq.clock import SystemClock
from zoho_cliq.state import GRACE, Budget, Denial, Permit, State, StoredToken, open_state
from zoho_cliq.state.file import StateFile
from zoho_cliq.state.held import HeldSlot
from zoho_cliq.state.memory import MemoryState
from zoho_cliq.state.sqlite import SQLiteState
from zoho_cliq.state.window import wait_for
from zoho_cliq.testing import FakeClock
from zoho_cliq_api.contract import Threshold

WINDOW, TIMEOUT = 60, 30.0
seconds = st.one_of(st.just(0.0), st.floats(0.0, 1.0), st.floats(0.0, TIMEOUT / 2))
attempts = st.builds(
    Attempt,
    before_sending=st.one_of(st.just(0.0), st.floats(0.0, GRACE + 3)),
    to_server=seconds,
    to_client=seconds,
    crash=st.sampled_from(["", "", "", "before", "after"]),
)
worlds = st.lists(st.lists(attempts, min_size=1, max_size=8), min_size=1, max_size=8)
limits = st.integers(1, 5)
profile = settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@dataclass
class Backend:
    """A backend under test: two openings of the same data, a way to advance time, and the resolution of its times."""

    one: State
    two: State
    move: Callable[[float], None]
    slack: float

    def wall(self) -> float:
        return time.time() if self.move is time.sleep else 1000.0


def property_of(make_state: Callable[[FakeClock], State], examples: int, *phases: Phase) -> Callable[[], None]:
    """Return the property: whatever the clients do, no window at the server holds more calls than the threshold."""

    @settings(profile, max_examples=examples, phases=phases or Phase)
    @given(worlds, limits)
    def holds(clients: list[list[Attempt]], limit: int) -> None:
        arrivals, sent = simulate(make_state, Threshold(limit, WINDOW, 300), TIMEOUT, clients)
        assert fullest_window(arrivals, WINDOW) <= limit
        wanted = sum(attempt.crash != "before" for client in clients for attempt in client)
        assert sent == wanted, "every call gets its turn"

    return holds


@pytest.mark.parametrize("examples", [60, pytest.param(300, marks=pytest.mark.heavy)])
def test_no_window_holds_more_than_the_threshold_in_memory(examples: int) -> None:
    property_of(MemoryState, examples)()


@pytest.mark.parametrize("examples", [15, pytest.param(40, marks=pytest.mark.heavy)])
def test_no_window_holds_more_than_the_threshold_in_sqlite(tmp_path: Path, examples: int) -> None:
    names = itertools.count()
    property_of(lambda clock: SQLiteState(tmp_path / f"{next(names)}.db", clock), examples)()


@pytest.mark.parametrize("fault", [planted, forgetful])
def test_planted_fault_fails_the_property(fault: Callable[[State], State]) -> None:
    found = property_of(lambda clock: fault(MemoryState(clock)), 300, Phase.generate)  # the least example is not shown
    with pytest.raises(AssertionError):
        found()


def test_wait_is_until_enough_slots_have_ended() -> None:
    """More slots than the limit are there where somebody with a higher limit has shared the ledger."""
    slots = [(end, True) for end in (60.0, 70.0, 80.0)]
    assert wait_for(slots, 1, 60.0, 30.0) == pytest.approx(50)
    assert wait_for(slots, 3, 60.0, 30.0) == pytest.approx(30)
    assert wait_for(slots, 4, 60.0, 30.0) == 0


@pytest.fixture(params=["memory", "sqlite", "redis"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    """Yield a backend, a way to advance its time, and a second one that shares its data (none in memory)."""
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        clock: Any = SystemClock()
        first, second = open_state(url, clock), open_state(url, clock)
        yield Backend(first, second, time.sleep, 0.05)
    else:
        clock = FakeClock(1000.0)
        where = None if request.param == "memory" else tmp_path / "state.db"
        first = open_state(where, clock)
        second = first if where is None else open_state(where, clock)
        yield Backend(first, second, clock.advance, 1e-6)
    first.close()
    second.close()


SHORT = Threshold(2, 1, 3)


def taken(state: State, timeout: float = 0.5) -> Permit:
    outcome = state.reserve(ACCOUNT, OPERATION, SHORT, timeout)
    assert isinstance(outcome, Permit)
    return outcome


def refused(state: State, timeout: float = 0.5) -> Denial:
    outcome = state.reserve(ACCOUNT, OPERATION, SHORT, timeout)
    assert isinstance(outcome, Denial)
    return outcome


def test_slot_counts_from_its_answer(backend: Backend) -> None:
    first, _second = taken(backend.one), taken(backend.two)
    assert refused(backend.one).reason == "threshold"
    backend.move(0.4)
    backend.one.settle(first)
    assert refused(backend.two).seconds == pytest.approx(1.0, abs=backend.slack)
    backend.move(1.0 + backend.slack)
    taken(backend.two)
    refused(backend.one)


def test_redis_keeps_its_data_until_the_longest_slot_has_ended(redis_url: str) -> None:
    state: Any = open_state(redis_url, SystemClock())
    taken(state, timeout=600)
    state.settle(taken(state, timeout=0.1))
    (key,) = state._server.scan_iter("zoho-cliq:*:slots:*")
    assert state._server.pttl(key) > 600_000
    state.close()


def test_released_slot_is_free_at_once(backend: Backend) -> None:
    taken(backend.one)
    second = taken(backend.one)
    backend.one.release(second)
    taken(backend.two)


def test_operations_and_accounts_count_apart(backend: Backend) -> None:
    taken(backend.one)
    taken(backend.one)
    assert isinstance(backend.one.reserve(ACCOUNT, "get_message_action", SHORT, 0.5), Permit)
    assert isinstance(backend.one.reserve(ACCOUNT + " else", OPERATION, SHORT, 0.5), Permit)


def test_budget_tells_what_is_left(backend: Backend) -> None:
    assert backend.one.budget(ACCOUNT, OPERATION, SHORT) == Budget(2, 2, 0.0, 0.0)
    permit = taken(backend.one)
    backend.one.settle(permit)
    budget = backend.two.budget(ACCOUNT, OPERATION, SHORT)
    assert (budget.limit, budget.remaining, budget.locked_for) == (2, 1, 0.0)
    assert budget.resets_in == pytest.approx(1.0, abs=backend.slack)


def test_lock_holds_for_all_who_share_the_account(backend: Backend) -> None:
    backend.one.lock(ACCOUNT, 0.5)
    backend.one.lock(ACCOUNT, 0.2)  # never shortened
    refusal = refused(backend.two)
    assert refusal.reason == "lock"
    assert refusal.seconds == pytest.approx(0.5, abs=backend.slack)
    assert backend.two.locked_for(ACCOUNT) == pytest.approx(0.5, abs=backend.slack)
    assert backend.two.budget(ACCOUNT, OPERATION, SHORT).locked_for == pytest.approx(0.5, abs=backend.slack)
    backend.move(0.5 + backend.slack)
    taken(backend.two)
    assert backend.two.locked_for(ACCOUNT) == 0.0


def test_tokens_are_shared_and_hidden(backend: Backend) -> None:
    assert backend.one.load_token(ACCOUNT) is None
    token = StoredToken(Secret("1000.hidden"), backend.wall() + 60)
    backend.one.store_token(ACCOUNT, token)
    assert backend.two.load_token(ACCOUNT) == token
    backend.one.store_token("another", token)
    backend.two.forget_token(ACCOUNT)
    backend.two.forget_token("unknown")
    assert backend.one.load_token(ACCOUNT) is None
    assert backend.one.load_token("another") == token
    assert "1000.hidden" not in repr(token)


def test_lease_has_one_owner_and_ends_by_itself(backend: Backend) -> None:
    assert backend.one.acquire(ACCOUNT, "me", 0.3)
    assert backend.one.acquire(ACCOUNT, "me", 0.3)
    assert not backend.two.acquire(ACCOUNT, "you", 0.3)
    backend.two.free(ACCOUNT, "you")
    assert not backend.two.acquire(ACCOUNT, "you", 0.3)
    backend.move(0.3 + backend.slack)
    assert backend.two.acquire(ACCOUNT, "you", 0.3)
    backend.two.free(ACCOUNT, "you")
    assert backend.one.acquire(ACCOUNT, "me", 0.3)


def test_slot_of_a_crashed_client_counts_to_its_last_moment(tmp_path: Path) -> None:
    clock = FakeClock()
    state = open_state(tmp_path / "state.db", clock)
    taken(state, timeout=30)
    taken(state, timeout=30)
    clock.advance(GRACE + 30 + 1 - 0.01)
    assert refused(state, timeout=30).seconds == pytest.approx(0.01, abs=1e-5)
    clock.now += 0.02
    taken(state, timeout=30)
    state.close()


def test_stamps_from_before_a_reboot_count_from_now(tmp_path: Path) -> None:
    clock = FakeClock(1_000_000.0)
    state = open_state(tmp_path / "state.db", clock)
    for permit in (taken(state), taken(state)):
        state.settle(permit)
    state.lock("other", 3.0)
    assert state.acquire("lease", "gone", 5.0)
    state.close()
    clock.now = 20.0
    state = open_state(tmp_path / "state.db", clock)
    assert refused(state).seconds == pytest.approx(1.0)
    assert state.locked_for("other") == pytest.approx(3.0)
    assert not state.acquire("lease", "me", 5.0)
    clock.now += 1.0
    taken(state)
    clock.now += 2.0
    assert state.locked_for("other") == 0
    clock.now += 2.0
    assert state.acquire("lease", "me", 5.0)
    state.close()


def test_file_is_for_its_owner_only(tmp_path: Path) -> None:
    state = open_state(tmp_path / "deep" / "state.db", FakeClock())
    state.store_token(ACCOUNT, StoredToken(Secret("x"), 1.0))
    for path in (tmp_path / "deep").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    state.close()


def test_file_that_others_may_read_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "state.db"
    path.touch(0o644)
    open_state(path, FakeClock()).close()
    assert "chmod 600" in caplog.text


def test_a_database_of_another_program_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (x)")
        db.commit()
    before = path.read_bytes()
    with pytest.raises(errors.StateError, match="another program"):
        open_state(path, FakeClock())
    assert path.read_bytes() == before


def test_file_that_breaks_while_in_use_is_told(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    state = open_state(path, FakeClock())
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE slots")
    with pytest.raises(errors.StateError, match="no such table"):
        taken(state)
    state.lock(ACCOUNT, 1.0)  # the failed transaction left nothing open
    state.close()
    state.close()


@dataclass
class Shared:
    """A file that this process uses and another one can lock, and a threshold of one call."""

    ours: SQLiteState
    path: Path

    def reserve(self) -> Permit | Denial:
        return self.ours.reserve(ACCOUNT, OPERATION, Threshold(1, WINDOW, 300), TIMEOUT)

    def budget(self) -> Budget:
        return self.ours.budget(ACCOUNT, OPERATION, Threshold(1, WINDOW, 300))

    @contextlib.contextmanager
    def kept_by_another(self) -> Iterator[None]:
        """Lock the file as another process does: through a descriptor of its own."""
        descriptor = os.open(self.path, os.O_RDWR)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(descriptor)


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    path = tmp_path / "state.db"
    found = Shared(SQLiteState(path, SystemClock()), path)
    yield found
    found.ours.close()


def test_non_blocking_state_calls_run_inline_and_are_visible_to_others(shared: Shared) -> None:
    assert isinstance(shared.ours.at_once(shared.reserve), Permit)
    assert shared.budget().remaining == 0
    assert isinstance(shared.ours.at_once(shared.reserve), Denial)


def test_state_calls_that_would_block_on_a_process_do_not_run_inline(shared: Shared) -> None:
    with shared.kept_by_another(), pytest.raises(Busy):
        shared.ours.at_once(shared.reserve)
    assert shared.budget().remaining == 1


def test_a_waiting_client_gets_the_file_when_it_is_unlocked(shared: Shared) -> None:
    with ThreadPoolExecutor(1) as thread:
        with shared.kept_by_another():
            waiting = thread.submit(shared.reserve)
            with pytest.raises(TimeoutError):
                waiting.result(0.05)
        assert isinstance(waiting.result(5), Permit)


def test_slot_whose_answer_is_lost_after_its_call_was_cancelled_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    state, threshold = MemoryState(FakeClock()), Threshold(1, WINDOW, 300)
    slot = HeldSlot(state, ACCOUNT, OPERATION, threshold, TIMEOUT)
    reserve = state.reserve

    def lost(*arguments: Any) -> Any:
        slot.give_back()  # by the task, which does not wait any more
        reserve(*arguments)
        raise errors.StateError("the connection was closed")

    monkeypatch.setattr(state, "reserve", lost)
    with pytest.raises(errors.StateError):
        slot.take()
    assert state.budget(ACCOUNT, OPERATION, threshold).remaining == 1


def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the 10 s that a state waits for other processes by a moment."""
    monkeypatch.setattr(StateFile.alone, "__defaults__", (0.01,))


def test_a_file_locked_for_too_long_is_a_state_error(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    brief(monkeypatch)
    with shared.kept_by_another(), pytest.raises(errors.StateError, match="other processes kept the state file"):
        shared.reserve()
    assert isinstance(shared.reserve(), Permit)


@pytest.mark.parametrize(("max_wait", "waited"), [(0, 10), (25, 20), (90, 90)])
@pytest.mark.parametrize("kind", ["threads", "tasks"])
def test_a_call_waits_for_a_locked_file_up_to_max_wait(
    make: Callable[..., Cliq],
    make_async: Callable[..., AsyncCliq],
    shared: Shared,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    max_wait: float,
    waited: float,
) -> None:
    brief(monkeypatch)

    async def main() -> None:
        async with make_async(state=shared.path, max_wait=max_wait) as cliq:
            await cliq.message_actions.get("5")

    def get() -> object:
        settings: Any = {"state": shared.path, "max_wait": max_wait}
        return asyncio.run(main()) if kind == "tasks" else make(**settings).message_actions.get("5")

    with (
        shared.kept_by_another(),
        pytest.raises(errors.WouldWait, match="other processes kept the state file") as caught,
    ):
        get()
    assert (caught.value.reason, caught.value.waited) == ("state", waited)


def test_a_call_continues_when_the_stopped_process_continues(
    make: Callable[..., Cliq], server: Scripted, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    brief(monkeypatch)
    server.answer(enveloped(action(5)))
    cliq = make(state=shared.path)
    reserve, kept = StateFile.alone, contextlib.ExitStack()
    tries: list[int] = []

    def alone(self: StateFile, *arguments: Any) -> Any:
        tries.append(1)
        if len(tries) == 4:
            kept.close()
        return reserve(self, *arguments)

    kept.enter_context(shared.kept_by_another())
    monkeypatch.setattr(StateFile, "alone", alone)
    assert cliq.message_actions.get("5").id == "5"
    budget = cliq.thresholds["get_message_action"]
    assert budget.limit - budget.remaining == len(server.requests) == 1


def test_state_calls_that_would_block_on_a_thread_do_not_run_inline(shared: Shared) -> None:
    def from_a_thread() -> str:
        with pytest.raises(Busy):
            shared.ours.at_once(shared.reserve)
        return "busy"

    file = shared.ours._file
    assert file is not None
    with ThreadPoolExecutor(1) as thread:
        assert file.alone(lambda: thread.submit(from_a_thread).result()) == "busy"
    assert shared.budget().remaining == 1


def test_a_state_file_that_must_be_opened_is_not_used_inline(shared: Shared) -> None:
    shared.path.unlink()
    with pytest.raises(Busy):
        shared.ours.at_once(shared.reserve)
    shared.ours.close()
    with pytest.raises(Busy):
        shared.ours.at_once(shared.reserve)


async def nobody(request: Request) -> RawResponse:
    raise AssertionError("nothing is to be sent")


def done(state: SQLiteState, work: Callable[[], Any]) -> Coroutine[Any, Any, Any]:
    """Return the result of a state's work, run on an event loop as the engine requests it."""

    def steps() -> Steps[Any]:
        return (yield Do(work, state.at_once))

    return run_async(steps(), nobody, nobody, SystemClock())


def test_the_event_loop_runs_non_blocking_state_calls_inline(shared: Shared) -> None:
    assert asyncio.run(done(shared.ours, threading.get_ident)) == threading.get_ident()


def test_the_event_loop_is_not_blocked_by_a_locked_file(shared: Shared) -> None:
    async def both() -> None:
        call = asyncio.create_task(done(shared.ours, shared.reserve))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not call.done()
        writing.close()
        assert isinstance(await call, Permit)

    with contextlib.ExitStack() as writing:
        writing.enter_context(shared.kept_by_another())
        asyncio.run(both())


def test_a_file_of_another_layout_version_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    open_state(path, FakeClock()).close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 1")
    before = path.read_bytes()
    with pytest.raises(errors.StateError, match=r"version 1, .* uses version 3"):
        open_state(path, FakeClock())
    assert path.read_bytes() == before


@pytest.mark.parametrize("path", ["/proc/nowhere/state.db", "/dev/null/state.db"])
def test_path_that_cannot_be_written_is_one_clear_error(path: str) -> None:
    with pytest.raises(errors.StateError, match="may write to"):
        open_state(path, FakeClock())


@pytest.mark.parametrize("content", ["a note\n", "not a database " * 200])
def test_a_text_file_is_refused_as_state(tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(content)
    path.chmod(0o644)
    with pytest.raises(errors.StateError, match=r"cannot be used \(it is not a database\); choose another file"):
        open_state(path, FakeClock())
    assert (path.read_text(), caplog.text) == (content, "")  # no advice to change the mode of such a file


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(os.devnull)])
def test_only_a_regular_file_is_taken_as_state(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "state.db")
    with pytest.raises(errors.StateError, match="choose another file"):
        open_state(tmp_path / "state.db", FakeClock())
    assert caplog.text == ""


@pytest.mark.parametrize("where", [None, "state.db"])
def test_forked_child_works_on_its_own(tmp_path: Path, where: str | None) -> None:
    state = open_state(where and tmp_path / where, SystemClock())
    taken(state)
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            taken(state)
            shared = isinstance(state.reserve(ACCOUNT, OPERATION, SHORT, 0.5), Denial)
            state.close()
            os._exit(7 if shared else 8)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    if where is None:
        taken(state)
    else:
        refused(state)
    state.close()


def test_unreachable_redis_is_one_clear_error_without_the_password() -> None:
    pytest.importorskip("redis")
    with pytest.raises(errors.StateError) as caught:
        open_state("redis://:hush-hush@127.0.0.1:1/0", SystemClock())
    assert "127.0.0.1:1" in str(caught.value)
    assert "hush-hush" not in repr(caught.value) + str(caught.value)


def test_redis_that_goes_away_is_a_state_error(redis_server: Any) -> None:
    url, process = redis_server()
    state = open_state(url, SystemClock())
    permit = taken(state)
    process.kill()
    process.wait()
    for work in (
        lambda: state.settle(permit),
        lambda: state.load_token(ACCOUNT),
        lambda: state.store_token(ACCOUNT, StoredToken(Secret("x"), 1e12)),
    ):
        with pytest.raises(errors.StateError):
            work()
    state.close()


@pytest.mark.parametrize("address", ["127.0.0.1:port/0", "127.0.0.1/0?ssl_cert_req=none"])
def test_an_invalid_redis_address_is_refused(address: str) -> None:
    pytest.importorskip("redis")
    with pytest.raises(errors.ConfigurationError, match="not the address of a Redis server"):
        open_state(f"redis://{address}", SystemClock())


def test_a_server_that_is_no_redis_is_refused(sockets: SocketServer) -> None:
    pytest.importorskip("redis")
    sockets.serve = lambda peer: peer.sendall(b"+PONG\r\n")
    with pytest.raises(errors.ConfigurationError, match="not the address of a Redis server"):
        open_state(f"redis://127.0.0.1:{sockets.port}", SystemClock())


def test_redis_without_its_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(errors.ConfigurationError, match=r"'\.\[redis\]' in a checkout"):
        open_state("redis://127.0.0.1/0", SystemClock())


def test_a_slot_that_was_refused_is_not_given_back() -> None:
    state = MemoryState(FakeClock(1000.0))
    threshold = Threshold(1, 60, 300)
    assert isinstance(HeldSlot(state, "me", "get", threshold, 30.0).take(), Permit)
    late = HeldSlot(state, "me", "get", threshold, 30.0, dropped=True)  # nobody waits for it any more
    assert isinstance(late.take(), Denial)
    assert state.budget("me", "get", threshold).remaining == 0
