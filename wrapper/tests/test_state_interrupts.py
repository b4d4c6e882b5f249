"""An interrupt at any line of a state comes out as it is; nothing stays locked, and no slot stays taken."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from cliq_interrupts import Interrupt, interrupted
from zoho_cliq import errors
from zoho_cliq._types import Busy, Do, Secret, Steps
from zoho_cliq.clock import SystemClock
from zoho_cliq.state import Permit, State, StoredToken, open_state, sqlite
from zoho_cliq.state.guard import Guard
from zoho_cliq.state.held import Held, HeldSlot
from zoho_cliq.testing import FakeClock
from zoho_cliq_api.contract import Threshold

ACCOUNT, OPERATION, LEASE = "https://cliq.test/api/v3 me", "get_message_action", "https://cliq.test lease"
LIMIT = Threshold(5, 60, 300)
TOKEN_OF_TEST = StoredToken(Secret("1000.kept"), 4e9)
STATES = str(Path(sqlite.__file__).parent)
THROWN: list[Callable[[], BaseException]] = [
    Interrupt,
    KeyboardInterrupt,
    partial(SystemExit, 3),
    partial(TimeoutError, "too long"),
    partial(RuntimeError, "of a handler"),
]


def in_states(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(STATES)


@dataclass
class World:
    """A state, and how to look at it from outside."""

    state: State
    where: Path | str | None
    closing: Callable[[], None]
    taken: list[Permit] = field(default_factory=list)

    def reserved(self) -> Permit:
        outcome = self.state.reserve(ACCOUNT, OPERATION, LIMIT, 30.0)
        assert isinstance(outcome, Permit)
        return outcome

    def used(self) -> int:
        budget = self.state.budget(ACCOUNT, OPERATION, LIMIT)
        return budget.limit - budget.remaining


@pytest.fixture(params=["memory", "sqlite", "redis"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    where: Path | str | None = None
    if request.param == "sqlite":
        where = tmp_path / "state.db"
    elif request.param == "redis":
        where = request.getfixturevalue("redis_url")
    state = open_state(where, SystemClock() if request.param == "redis" else FakeClock(1000.0))
    yield World(state, where, state.close)
    state.close()


def reserving(state: State) -> Steps[Any]:
    """Reserve a slot as a call does it, and give it back where that is interrupted."""
    held = Held(state)
    try:
        return (yield from held.take(HeldSlot(state, ACCOUNT, OPERATION, LIMIT, 30.0)))
    except BaseException:
        yield from held.clear()
        raise


def reserve(world: World) -> None:
    world.taken.append(world.reserved())


def reserve_in_steps(world: World) -> None:
    """Reserve a slot in steps, as the driver of an event loop does."""
    steps = reserving(world.state)
    outcome: Any = None
    failure: BaseException | None = None
    while True:
        try:
            effect = steps.send(outcome) if failure is None else steps.throw(failure)
        except StopIteration as done:
            world.taken.append(done.value)
            return
        assert isinstance(effect, Do)
        outcome = failure = None
        try:
            outcome = effect.at_once(effect.work) if effect.at_once else effect.work()
        except BaseException as error:  # noqa: BLE001 - as the driver does
            failure = error


def settle(world: World) -> None:
    world.state.settle(world.taken[-1])


def release(world: World) -> None:
    world.state.release(world.taken[-1])


def lock(world: World) -> None:
    world.state.lock("https://cliq.test somebody", 5.0)


def look(world: World) -> None:
    world.state.locked_for(ACCOUNT)
    world.state.budget(ACCOUNT, OPERATION, LIMIT)


def keep_token(world: World) -> None:
    world.state.store_token(ACCOUNT, TOKEN_OF_TEST)
    assert world.state.load_token(ACCOUNT) == TOKEN_OF_TEST


def lease(world: World) -> None:
    assert world.state.acquire(LEASE, "me", 60.0)


def free(world: World) -> None:
    world.state.acquire(LEASE, "me", 60.0)
    world.state.free(LEASE, "me")


def reopen(world: World) -> None:
    world.state.close()
    world.state = open_state(world.where, FakeClock(1000.0))


def moved(world: World) -> None:
    if isinstance(world.where, Path):
        with suppress(FileNotFoundError):
            world.where.unlink()
        world.state.locked_for(ACCOUNT)


ACTS = [reserve, reserve_in_steps, settle, release, lock, look, keep_token, lease, free, reopen, moved]


# Interrupted right after it was opened, a connection has no owner yet; since 3.13 Python warns when it then closes it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("act", ACTS)
def test_an_interrupt_at_any_line_leaves_a_state_that_works(
    world: World, act: Callable[[World], None], request: pytest.FixtureRequest
) -> None:
    if act in (reopen, moved) and not isinstance(world.where, Path):
        pytest.skip("there is nothing to open")
    # Where a trace function raises in an `except` block, CPython may go on taking that exception for the current one of
    # the thread, so the thread must end with the test.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(interrupt_every_line, world, act).result()


def interrupt_every_line(world: World, act: Callable[[World], None]) -> None:
    step, reached = 0, True
    while reached:
        step += 1
        for found in world.taken:
            world.state.release(found)
        world.taken = [world.reserved(), world.reserved()]
        before, error = world.used(), THROWN[step % len(THROWN)]()
        caught: BaseException | None = None
        with interrupted(in_states, step, error) as lines:
            try:
                act(world)
            except BaseException as raised:  # noqa: BLE001 - whatever it is
                caught = raised
        reached = bool(lines.raised_in)
        place = f"{lines.raised_in}, {error!r}"
        if reached:
            assert caught is error, place
        check(world, place)
        if act in (reserve, reserve_in_steps):
            assert world.used() == before + (not reached and len(world.taken) - 2), place
        if act is settle:
            assert world.used() == before, place
        if act is release:
            begun = lines.function not in ("release", "taken", "_whatever_comes")  # before it begins, nothing is done
            assert world.used() in ([before - 1] if begun else [before - 1, before]), place
        if act is lease:
            assert world.state.acquire(LEASE, "you", 60.0) == reached, place
            world.state.free(LEASE, "you")
            world.state.free(LEASE, "me")
    assert step > 3, "lines were interrupted"


def check(world: World, place: str) -> None:
    """Assert that another thread and another process can use the state now."""

    def elsewhere() -> bool:
        world.state.lock("https://cliq.test another", 1.0)
        return True

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(elsewhere).result(5), place
    if isinstance(world.where, Path):
        descriptor = os.open(world.where, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pytest.fail(f"the file is locked: {place}")
        finally:
            os.close(descriptor)
        with sqlite3.connect(world.where) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",), place
        db.close()


def test_a_state_is_not_entered_twice_by_one_thread() -> None:
    guard = Guard()
    with pytest.raises(errors.StateError, match="signal handler"):
        guard.run(lambda: guard.run(lambda: None))
    assert guard.run(lambda: 5) == 5


def test_who_may_not_wait_is_told_that_another_thread_is_inside() -> None:
    guard, inside, leave = Guard(), threading.Event(), threading.Event()

    def stay() -> None:
        inside.set()
        leave.wait(10)

    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(guard.run, stay)
        inside.wait(10)
        with pytest.raises(Busy):
            guard.run(lambda: None, 0.0)
        leave.set()
        done.result(10)


def test_an_interrupt_while_waiting_for_the_file_comes_out(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    state = open_state(path, SystemClock())
    descriptor = os.open(path, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)

    def alarm(*_: Any) -> None:
        raise TimeoutError("a soft limit")

    previous = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(TimeoutError, match="a soft limit"):
            state.reserve(ACCOUNT, OPERATION, LIMIT, 30.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        os.close(descriptor)
    assert isinstance(state.reserve(ACCOUNT, OPERATION, LIMIT, 30.0), Permit)
    state.close()


def test_a_slot_whose_reservation_is_left_behind_is_released(tmp_path: Path) -> None:
    """The thread that fetches a permit goes on after its task was cancelled."""
    for late in (True, False):
        state = open_state(tmp_path / f"{late}.db", FakeClock())
        steps = reserving(state)
        wanted = next(steps)
        assert isinstance(wanted, Do)
        if not late:
            wanted.work()
        release = steps.throw(Interrupt())
        assert isinstance(release, Do)
        release.work()
        if late:
            wanted.work()
        with pytest.raises(Interrupt):
            next(steps)
        assert state.budget(ACCOUNT, OPERATION, LIMIT).remaining == LIMIT.limit
        state.close()


class Once:
    """Calls a function, and raises after the first call."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self._work = work
        self.calls = 0

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.calls += 1
        outcome = self._work(*arguments, **named)
        if self.calls == 1:
            raise Interrupt
        return outcome


def test_what_an_interrupt_lost_on_its_way_is_given_back(world: World) -> None:
    name = {"MemoryState": "_alone", "SQLiteState": "_transaction", "RedisState": "_run"}[type(world.state).__name__]
    real = getattr(world.state, name)
    for act in (world.reserved, partial(world.state.acquire, LEASE, "me", 60.0)):
        setattr(world.state, name, Once(real))
        with pytest.raises(Interrupt):
            act()
        setattr(world.state, name, real)
    assert world.used() == 0
    assert world.state.acquire(LEASE, "you", 60.0)


def test_what_was_interrupted_before_it_began_takes_no_time_to_give_back(tmp_path: Path) -> None:
    state = open_state(tmp_path / "state.db", FakeClock())
    calls: list[Any] = []

    def waiting(work: Any) -> Any:
        calls.append(work)
        raise Interrupt

    setattr(state, "_transaction", waiting)  # noqa: B010 - its type is not known
    for act in (
        partial(state.reserve, ACCOUNT, OPERATION, LIMIT, 30.0),
        partial(state.acquire, LEASE, "me", 60.0),
    ):
        with pytest.raises(Interrupt):
            act()
    assert len(calls) == 2
    state.close()


def test_cleaning_up_that_is_interrupted_is_done_again() -> None:
    class Cleaned(Guard):
        times = 0

        def clean(self) -> None:
            self.times += 1
            if self.times == 1:
                raise Interrupt

    guard = Cleaned()
    with pytest.raises(Interrupt):
        guard.run(lambda: 5)
    assert guard.times == 2
    assert not guard.owned()
    assert guard.run(lambda: 5) == 5
