"""A Redis server that forgets, or whose clock is set: nobody sends more than the threshold allows."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cliq_simulation import ACCOUNT, OPERATION
from zoho_cliq import errors
from zoho_cliq._types import Secret
from zoho_cliq.clock import SystemClock
from zoho_cliq.state import LONGEST_WINDOW, Denial, Permit, StoredToken, open_state
from zoho_cliq.state.redis import DAY, FEW, MEMORIES, Memory
from zoho_cliq.state.shared import forget_everything
from zoho_cliq_api.contract import Threshold

LIMIT = Threshold(3, 60, 300)


class ShiftedClock(SystemClock):
    """The machine's clock, `ahead` by some seconds."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


@pytest.fixture
def server(redis_url: str) -> Iterator[Any]:
    redis = pytest.importorskip("redis")
    with redis.Redis.from_url(redis_url, decode_responses=True) as found:
        yield found


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
def state(redis_url: str, clock: ShiftedClock) -> Iterator[Any]:
    made = open_state(redis_url, clock)
    yield made
    made.close()


def reserve(state: Any) -> Permit | Denial:
    outcome: Permit | Denial = state.reserve(ACCOUNT, OPERATION, LIMIT, 30.0)
    return outcome


def stranger(url: str) -> Any:
    """Return a state of another process: it knows nothing of this one's calls."""
    forget_everything()
    return open_state(url, SystemClock())


def pauses(state: Any) -> bool:
    refusal = reserve(state)
    return isinstance(refusal, Denial) and refusal.reason == "lock" and 50 < refusal.seconds <= LONGEST_WINDOW + 1


def test_a_first_call_does_not_pause(state: Any) -> None:
    assert isinstance(reserve(state), Permit)


def test_slots_lost_by_flushall_are_detected_and_restored(state: Any, server: Any, redis_url: str) -> None:
    permit = reserve(state)
    assert isinstance(permit, Permit)
    state.settle(permit)
    reserve(state)
    server.flushall()
    assert pauses(state)
    assert state.budget(ACCOUNT, OPERATION, LIMIT).remaining == 1
    assert pauses(stranger(redis_url)), "and all the others pause too"


def test_a_client_with_an_old_epoch_pauses_after_another_started_a_new_one(
    state: Any, server: Any, redis_url: str
) -> None:
    reserve(state)
    server.flushall()
    memory = MEMORIES.of(state._clock)
    assert isinstance(reserve(stranger(redis_url)), Permit)
    assert MEMORIES.of(state._clock) is not memory
    assert pauses(state)


def test_evicted_slots_are_detected_and_restored(state: Any, server: Any) -> None:
    reserve(state)
    (key,) = server.scan_iter("zoho-cliq:*:slots:*")
    server.delete(key)
    assert pauses(state)
    assert state.budget(ACCOUNT, OPERATION, LIMIT).remaining == 2


def test_single_lost_slots_are_restored(state: Any, server: Any) -> None:
    for _ in range(3):
        assert isinstance(reserve(state), Permit)
    (key,) = server.scan_iter("zoho-cliq:*:slots:*")
    server.hdel(key, *[name for name in server.hkeys(key) if name != "epoch"])
    refusal = reserve(state)
    assert isinstance(refusal, Denial)
    assert refusal.reason == "threshold"


def test_a_different_server_with_the_same_data_causes_a_pause(state: Any, server: Any, redis_url: str) -> None:
    reserve(state)
    (key,) = server.scan_iter("zoho-cliq:*:slots:*")
    epoch = server.hget(key, "epoch").split()
    server.hset(key, "epoch", f"{epoch[0]} {'0' * 40} {epoch[2]}")
    assert pauses(stranger(redis_url))


def test_an_evicted_lock_is_restored(state: Any, server: Any) -> None:
    reserve(state)
    state.lock(ACCOUNT, 300.0)
    for key in server.scan_iter("zoho-cliq:*:lock"):
        server.delete(key)
    assert state.locked_for(ACCOUNT) > 290
    refusal = reserve(state)
    assert isinstance(refusal, Denial)
    assert refusal.seconds > 290
    assert server.keys("zoho-cliq:*:lock")


def test_a_clock_set_forward_is_noticed(state: Any, redis_url: str) -> None:
    reserve(state)
    then, server = state._memory.times
    state._memory.times = (then, server - 70.0)  # the server's clock is 70 s further than it was
    assert pauses(open_state(redis_url, state._clock)), "by a client that is new, too"


def test_a_slow_request_is_not_taken_for_a_clock_step(state: Any, clock: ShiftedClock) -> None:
    reserve(state)
    real, ran = state._run, []

    def slow(*arguments: Any, **named: Any) -> Any:
        if not ran:
            clock.ahead += 10.0
            arguments = (*arguments[:8], arguments[8] - 10.0, *arguments[9:])  # stamped before the delay
        ran.append(arguments[9])
        return real(*arguments, **named)

    state._run = slow
    assert isinstance(reserve(state), Permit)
    assert ran == [0, 1], "asked again, and no step then"


def test_a_promoted_replica_causes_one_pause(redis_url: str, server: Any) -> None:
    first = open_state(redis_url, SystemClock())
    found = first._server.info

    def promoted(section: str) -> Any:
        return found(section) | {"master_replid2": "ab" * 20}

    for number, left in ((0, LONGEST_WINDOW + 1), (1, LONGEST_WINDOW + 1 - 30)):
        first._server.info = promoted
        assert first._pause_after_promotion() == pytest.approx(left, abs=2)
        if number == 0:
            (key,) = server.scan_iter("zoho-cliq:heir:*")
            server.set(key, float(server.get(key)) - 30.0)
    first._paused_until = first._clock.monotonic() + 55
    assert pauses(first)
    first._server.info = lambda section: {"master_replid2": "0" * 40}
    assert first._pause_after_promotion() == 0
    first.close()


def test_a_restart_without_data_causes_a_pause(
    redis_server: Callable[..., tuple[str, Any]],
) -> None:
    url, process = redis_server()
    state = open_state(url, SystemClock())
    assert isinstance(reserve(state), Permit)
    process.kill()
    process.wait()
    with pytest.raises(errors.StateError):
        reserve(state)
    redis_server(int(url.rpartition(":")[2].partition("/")[0]))
    assert pauses(state)
    assert state.budget(ACCOUNT, OPERATION, LIMIT).remaining == 2
    state.close()


def test_a_slot_whose_answer_was_lost_is_dropped(state: Any) -> None:
    real = state._run

    def lost(*arguments: Any, **named: Any) -> Any:
        real(*arguments, **named)
        raise errors.StateError("no answer")

    state._run = lost
    with pytest.raises(errors.StateError):
        reserve(state)
    state._run = real
    assert state.budget(ACCOUNT, OPERATION, LIMIT).remaining == 2
    assert isinstance(reserve(state), Permit)
    assert state.budget(ACCOUNT, OPERATION, LIMIT).remaining == 2


@pytest.mark.parametrize("work", ["release", "settle"])
@pytest.mark.parametrize("fails", [False, True])
def test_a_slot_given_back_while_another_is_reserved_is_not_put_back(state: Any, work: str, fails: bool) -> None:
    """A thread asks for a slot and tells what it knows; before the server hears of it, another gives a slot back."""
    first, real = reserve(state), state._run

    def overtaken(command: str, *arguments: Any, **named: Any) -> Any:
        if command == "reserve":
            state._run = real
            getattr(state, work)(first)
            state._run = broken if fails else real
        return real(command, *arguments, **named)

    def broken(*arguments: Any, **named: Any) -> Any:
        raise errors.StateError("gone")

    state._run = overtaken
    assert isinstance(reserve(state), Permit)
    state._run = real
    budget = state.budget(ACCOUNT, OPERATION, LIMIT)
    assert budget.remaining == (2 if work == "release" and not fails else 1)
    assert budget.resets_in <= 60 if work == "settle" and not fails else budget.resets_in > 60


@pytest.mark.parametrize("answer", [None, [], ["permit", "x", "e", "1"], ["permit", None, "e", "1"], 5, "OK"])
def test_an_unexpected_answer_of_redis_is_a_state_error(state: Any, answer: Any) -> None:
    state._script = lambda **_: answer
    with pytest.raises(errors.StateError, match="unexpected answer"):
        reserve(state)
    if answer != 5:
        with pytest.raises(errors.StateError, match="unexpected answer"):
            state.locked_for(ACCOUNT) if not isinstance(answer, str) else state.budget(ACCOUNT, OPERATION, LIMIT)


def test_an_exception_of_a_signal_handler_is_not_taken_for_the_servers(state: Any) -> None:
    def handler(**_: Any) -> None:
        raise TimeoutError("a soft limit")

    state._script = handler
    with pytest.raises(TimeoutError, match="a soft limit"):
        reserve(state)


def test_redis_settings_that_lose_data_are_logged_once(
    redis_server: Callable[..., tuple[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    redis = pytest.importorskip("redis")
    url, _ = redis_server()
    with redis.Redis.from_url(url) as server:
        server.config_set("maxmemory-policy", "allkeys-lru")
    for _ in range(2):
        open_state(url, SystemClock()).close()
    assert caplog.text.count("set it to noeviction") == 1
    assert caplog.text.count("appendonly no") == 1


def test_durable_redis_settings_are_not_logged(
    redis_server: Callable[..., tuple[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    redis = pytest.importorskip("redis")
    url, _ = redis_server()
    with redis.Redis.from_url(url) as server:
        server.config_set("appendonly", "yes")
    open_state(url, SystemClock()).close()
    assert url.partition("/0")[0] not in "".join(r.message for r in caplog.records if r.name == "zoho_cliq")


def test_a_server_that_shows_no_settings_is_used_all_the_same(redis_server: Callable[..., tuple[str, Any]]) -> None:
    redis = pytest.importorskip("redis")
    url, _ = redis_server()
    with redis.Redis.from_url(url) as server:
        server.execute_command("ACL", "SETUSER", "default", "-config", "-info", "-time")
    state = open_state(url, SystemClock())
    assert state._paused_until <= state._clock.monotonic()  # type: ignore[attr-defined]
    state.close()


def test_a_forked_child_does_not_restore_its_parents_slots(state: Any, server: Any) -> None:
    permit = reserve(state)
    assert isinstance(permit, Permit)
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os._exit(0 if not state._memory._known else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert state._memory._known


def test_accounts_that_nobody_uses_are_forgotten() -> None:
    memory, now = Memory(), time.monotonic()
    for number in range(3 * FEW):
        memory.of(f"account {number}", OPERATION, now + number * DAY / FEW * 2)
        memory.lock(f"account {number}", now + number * DAY / FEW * 2, 5.0)
    assert len(memory._known) + len(memory._locks) <= 2 * FEW


def test_an_unreadable_stored_token_is_a_state_error(state: Any, server: Any) -> None:
    state.store_token(ACCOUNT, StoredToken(Secret("kept"), 5e9))
    (key,) = server.scan_iter("zoho-cliq:*:token")
    server.hset(key, "expires_at", "soon")
    with pytest.raises(errors.StateError, match="unexpected answer"):
        state.load_token(ACCOUNT)
