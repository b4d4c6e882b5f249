"""The engine's decisions: what is sent again, what waits, what is given up, and what the caller is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from cliq_fakes import (
    BASE_URL,
    CREATE,
    CREATES,
    GET,
    GETS,
    LOCK,
    TOKEN,
    UPDATES,
    Scripted,
    action,
    action_path,
    enveloped,
    refused,
)
from zoho_cliq import AsyncCliq, Cliq, MessageAction, OAuth, RawResponse, Request, Wait, errors
from zoho_cliq._engine import BACKOFF_FIRST, BACKOFF_MOST
from zoho_cliq.state import GRACE, Denial, Permit
from zoho_cliq.state.memory import MemoryState
from zoho_cliq.testing import FakeClock
from zoho_cliq_api import contract
from zoho_cliq_api.contract import OPERATIONS

GOOD = enveloped(action(5))
LOST = [httpx.ReadTimeout("slow"), httpx.ReadError("reset"), httpx.RemoteProtocolError("cut"), httpx.WriteError("cut")]
UNSENT = [httpx.ConnectError("no route"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("busy")]
TRANSIENT = [refused(status) for status in (500, 502, 503, 504)]


def get(cliq: Cliq) -> MessageAction:
    return cliq.message_actions.get("5")


def create(cliq: Cliq) -> MessageAction:
    return cliq.message_actions.create(name="Note", hint="Keep it")


def update(cliq: Cliq) -> MessageAction:
    return cliq.message_actions.update("5", hint="New")


def delete(cliq: Cliq) -> None:
    cliq.message_actions.delete("5")


@pytest.mark.parametrize("fault", [*LOST, *UNSENT, *TRANSIENT])
def test_read_is_sent_again(cliq: Cliq, server: Scripted, clock: FakeClock, fault: Any) -> None:
    server.answer(fault, fault, GOOD)
    assert get(cliq).id == "5"
    assert len(server.requests) == 3
    assert 0 <= clock.slept[0] <= BACKOFF_FIRST
    assert 0 <= clock.slept[1] <= 2 * BACKOFF_FIRST


@pytest.mark.parametrize("fault", [*LOST, *UNSENT])
def test_read_gives_up_after_three_attempts(cliq: Cliq, server: Scripted, fault: Any) -> None:
    server.answer(fault)
    with pytest.raises(errors.TransportError) as caught:
        get(cliq)
    assert len(server.requests) == 3
    assert not isinstance(caught.value, errors.OutcomeUnknown)
    assert caught.value.operation == "get_message_action"


REPEATED = [
    (get, [*LOST, *UNSENT, *TRANSIENT, refused(429)]),
    (update, [*LOST, *UNSENT, *TRANSIENT, refused(429)]),
    (delete, [*LOST, *UNSENT, *TRANSIENT, refused(429)]),
    (create, [*UNSENT, refused(429)]),
]


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize(("work", "fault"), [(work, fault) for work, faults in REPEATED for fault in faults])
def test_attempt_is_repeated_as_often_as_allowed(
    make: Callable[..., Cliq], server: Scripted, work: Callable[[Cliq], object], fault: Any, retries: int
) -> None:
    """By a setting, and for one call."""
    unlike = 1 if retries == 0 else 0
    for cliq in (
        make(account="one", max_retries=retries, max_wait=5000),
        make(account="other", max_retries=unlike, max_wait=5000).with_options(max_retries=retries),
    ):
        server.requests.clear()
        server.answer(fault)
        with pytest.raises((errors.TransportError, errors.ApiError)):
            work(cliq)
        assert len(server.requests) == 1 + retries


def test_task_repeats_as_often_as_allowed(make_async: Callable[..., AsyncCliq], server: Scripted) -> None:
    async def main() -> None:
        async with make_async(max_retries=0) as cliq:
            for client, count in ((cliq, 1), (cliq.with_options(max_retries=3), 4)):
                server.requests.clear()
                server.answer(TRANSIENT[0])
                with pytest.raises(errors.ServerError):
                    await client.message_actions.get("5")
                assert len(server.requests) == count

    asyncio.run(main())


def test_repeating_without_end_waits_a_few_seconds_each_time(make: Callable[..., Cliq], server: Scripted) -> None:
    server.answer(*[TRANSIENT[0]] * 1100, GOOD)  # 2 to the power of 1,100 is no float
    seen: list[Wait] = []
    assert get(make(max_retries=2000, max_wait=1e9, on_wait=seen.append)).id == "5"
    assert max(wait.seconds for wait in seen if wait.reason == "retry") <= BACKOFF_MOST


def test_new_token_after_a_refusal_is_no_retry(make: Callable[..., Cliq], server: Scripted) -> None:
    tokens = iter(["1000.first", "1000.second"])
    server.answer(refused(401), GOOD)
    assert get(make(lambda: next(tokens), account="a", max_retries=0)).id == "5"


@pytest.mark.parametrize(("retries", "sent"), [(0, 1), (1, 2), (9, 3)])
def test_token_request_is_repeated_as_often_as_allowed(
    make: Callable[..., Cliq], server: Scripted, retries: int, sent: int
) -> None:
    server.answer(refused(503))
    with pytest.raises(errors.AuthError):
        get(make(OAuth("id", "secret", "refresh"), max_retries=retries))
    assert len(server.requests) == sent


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 409, 501, 505, 520, 302])
def test_other_refusals_are_final(cliq: Cliq, server: Scripted, status: int) -> None:
    server.answer(refused(status))
    with pytest.raises(errors.ApiError) as caught:
        get(cliq)
    assert caught.value.status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", [*LOST, *TRANSIENT])
def test_create_is_never_sent_twice_blindly(cliq: Cliq, server: Scripted, fault: Any) -> None:
    server.answer(fault, GOOD)
    expected = errors.ServerError if isinstance(fault, httpx.Response) else errors.OutcomeUnknown
    with pytest.raises(expected):
        create(cliq)
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", UNSENT)
def test_create_is_sent_again_when_nothing_went_out(cliq: Cliq, server: Scripted, fault: Any) -> None:
    server.answer(fault, GOOD)
    assert create(cliq).id == "5"
    assert cliq.thresholds["create_message_action"].remaining == CREATES - 1, (
        "an attempt that sent nothing costs nothing"
    )


@pytest.mark.parametrize("fault", [*LOST, *TRANSIENT])
def test_update_is_repeated_because_it_is_the_same_twice(cliq: Cliq, server: Scripted, fault: Any) -> None:
    server.answer(fault, GOOD)
    assert update(cliq).id == "5"
    assert server.bodies() == [{"hint": "New"}] * 2


def test_update_without_any_answer_is_unknown(cliq: Cliq, server: Scripted) -> None:
    server.answer(LOST[0])
    with pytest.raises(errors.OutcomeUnknown):
        update(cliq)
    assert len(server.requests) == 3


@pytest.mark.parametrize("second", [refused(429), httpx.ConnectError("no route")])
def test_a_lost_update_is_outcome_unknown_whatever_the_next_attempt_returns(
    make: Callable[..., Cliq], server: Scripted, second: Any
) -> None:
    server.answer(LOST[0], second)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        update(make())
    assert caught.value.operation == "update_message_action"
    server.answer(LOST[0], second)
    with pytest.raises(errors.TransportError if isinstance(second, Exception) else errors.RateLimited):
        get(make(account="another"))


def test_lost_update_stays_unknown_where_the_next_attempt_would_wait(
    make: Callable[..., Cliq], server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zoho_cliq._engine.backoff", lambda attempt: 0.0)
    server.answer(GOOD)
    cliq = make(max_wait=0)
    for _ in range(UPDATES - 1):
        update(cliq)
    server.answer(LOST[0])
    with pytest.raises(errors.OutcomeUnknown) as caught:
        update(cliq)
    assert isinstance(caught.value.__cause__, errors.WouldWait)


def test_delete_that_was_lost_and_then_not_found_is_done(cliq: Cliq, server: Scripted) -> None:
    for gone in (refused(404, "msgaction_not_found"), httpx.Response(404, content=b"<html>")):
        server.answer(LOST[1], gone)
        delete(cliq)
    assert cliq.observed_drift() == []
    server.answer(refused(404, "msgaction_not_found"))
    with pytest.raises(errors.MessageActionNotFound):
        delete(cliq)


@pytest.mark.parametrize("answer", [refused(429), refused(429, "odd"), refused(400, "request_limit_exceeded")])
def test_throttle_locks_the_account_for_all(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock, tmp_path: Any, answer: httpx.Response
) -> None:
    one, other = (make(state=tmp_path / "s.db", max_wait=GET.lock_seconds - 1) for _ in range(2))
    server.answer(answer)
    with pytest.raises(errors.RateLimited) as caught:
        get(one)
    assert caught.value.retry_after == GET.lock_seconds
    server.answer(GOOD)
    for work in (get, create, update, delete):
        with pytest.raises(errors.WouldWait) as waiting:
            work(other)
        assert (waiting.value.reason, waiting.value.seconds) == ("lock", GET.lock_seconds)
    assert len(server.requests) == 1
    assert other.thresholds["get_message_action"].locked_for == GET.lock_seconds
    clock.now += GET.lock_seconds + 0.1
    get(other)


def test_throttled_call_goes_on_after_the_lock_where_that_is_allowed(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock
) -> None:
    server.answer(refused(429), GOOD)
    assert create(make(max_wait=CREATE.lock_seconds + 100)).id == "5"
    assert CREATE.lock_seconds <= sum(clock.slept) < CREATE.lock_seconds + 1


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(make: Callable[..., Cliq], server: Scripted, clock: FakeClock, status: int) -> None:
    server.answer(httpx.Response(status, headers={"Retry-After": "7"}), GOOD)
    get(make())
    assert 7 <= sum(clock.slept) < 7.2


NOW = "Tue, 14 Nov 2023 22:30:00 GMT"
IN_20_SECONDS, EARLIER = "Tue, 14 Nov 2023 22:30:20 GMT", "Tue, 14 Nov 2023 22:29:00 GMT"
NO_TIME = [
    "",
    "soon",
    "-5",
    "0",
    "0.0",
    "nan",
    "inf",
    "1e9",
    "\u0661",
    EARLIER,
    "Fri, 99 Foo 2023 99:99:99 GMT",
    "7, 7",
]
TOO_LONG = ["1732800000", "9" * 400, "Sat, 01 Jan 9999 00:00:00 GMT", f"{GET.lock_seconds + 1}"]


@pytest.mark.parametrize(
    ("header", "lock"),
    [
        ("7", 7),
        ("1.5", 1.5),
        ("0.001", 1),
        (IN_20_SECONDS, 20),
        *((text, GET.lock_seconds) for text in NO_TIME),
        *((text, GET.lock_seconds) for text in TOO_LONG),
    ],
)
def test_lock_is_never_longer_than_the_documented_one(cliq: Cliq, server: Scripted, header: str, lock: float) -> None:
    server.answer(httpx.Response(429, headers={"Retry-After": header.encode(), "Date": NOW}))
    with pytest.raises(errors.RateLimited) as caught:
        get(cliq)
    assert caught.value.retry_after == lock
    assert cliq.thresholds["get_message_action"].locked_for == pytest.approx(lock)


@pytest.mark.parametrize("header", NO_TIME)
def test_retry_after_that_names_no_time_to_come_is_passed_over(
    cliq: Cliq, server: Scripted, clock: FakeClock, header: str
) -> None:
    server.answer(httpx.Response(503, headers={"Retry-After": header.encode(), "Date": NOW}), GOOD)
    get(cliq)
    assert sum(clock.slept) <= BACKOFF_FIRST


@pytest.mark.parametrize("header", TOO_LONG)
def test_wait_after_a_failure_is_bounded_too(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock, header: str
) -> None:
    server.answer(httpx.Response(503, headers={"Retry-After": header, "Date": NOW}), GOOD)
    get(make(max_wait=float("inf")))
    assert clock.slept == [GET.lock_seconds]


def test_date_without_a_date_of_the_answer_counts_from_now(cliq: Cliq, server: Scripted, clock: FakeClock) -> None:
    clock.now = 1_700_001_000.0
    for date in ({}, {"Date": "yesterday"}):
        server.answer(httpx.Response(503, headers={"Retry-After": "Tue, 14 Nov 2023 22:30:20 GMT", **date}), GOOD)
        get(cliq)
    assert clock.slept[0] == pytest.approx(20)


def test_threshold_is_kept_by_waiting(cliq: Cliq, server: Scripted, clock: FakeClock) -> None:
    server.answer(GOOD)
    limit = OPERATIONS["get_message_action"].threshold
    assert limit is not None
    for _ in range(limit.limit + 1):
        get(cliq)
    assert clock.slept == [pytest.approx(limit.window_seconds)]


def test_wait_beyond_max_wait_is_refused_before_sending(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock
) -> None:
    server.answer(GOOD)
    cliq = make(max_wait=GET.window_seconds - 1)
    for _ in range(GETS):
        get(cliq)
    with pytest.raises(errors.WouldWait) as caught:
        get(cliq)
    assert (caught.value.seconds, caught.value.reason, caught.value.operation) == (
        GET.window_seconds,
        "threshold",
        "get_message_action",
    )
    assert (caught.value.waited, caught.value.max_wait) == (0, GET.window_seconds - 1)
    assert str(caught.value) == (
        f"get_message_action: would wait {GET.window_seconds:.1f} s for the threshold, but max_wait "
        f"({GET.window_seconds - 1} s) allows only {GET.window_seconds - 1:.1f} s more after 0.0 s of waiting; "
        "nothing was sent"
    )
    assert (len(server.requests), clock.slept) == (GETS, [])


def test_refused_wait_tells_what_was_waited_before(make: Callable[..., Cliq], server: Scripted) -> None:
    cliq = make(max_wait=40)
    server.answer(GOOD)
    for _ in range(GETS - 1):
        get(cliq)
    server.answer(httpx.Response(503, headers={"Retry-After": "7"}), GOOD)
    with pytest.raises(errors.WouldWait) as caught:
        get(cliq)
    assert (caught.value.waited, caught.value.max_wait) == (7, 40)
    assert caught.value.seconds == pytest.approx(GET.window_seconds - 7)
    assert "max_wait (40 s) allows only 33.0 s more" in str(caught.value)
    assert "after 7.0 s of waiting; it was not sent again" in str(caught.value)


def test_max_wait_bounds_all_waits_of_a_call_together(make: Callable[..., Cliq], server: Scripted) -> None:
    server.answer(httpx.Response(503, headers={"Retry-After": "6"}))
    with pytest.raises(errors.ServerError):
        get(make(max_wait=10))
    assert len(server.requests) == 2


def test_waits_are_told_and_logged(
    make: Callable[..., Cliq], server: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "zoho_cliq")
    told: list[Wait] = []
    server.answer(httpx.Response(503, headers={"Retry-After": "7"}), GOOD)
    get(make(on_wait=told.append))
    assert told == [Wait("get_message_action", 7.0, "retry")]
    assert "get_message_action waits 7.00 s (retry)" in caplog.text


def test_middleware_is_called_once_per_attempt_and_sees_no_token(make: Callable[..., Cliq], server: Scripted) -> None:
    seen: list[str] = []

    def outer(request: Request, send: Callable[[Request], RawResponse]) -> RawResponse:
        seen.append(f"outer {request.attempt}")
        assert TOKEN not in repr(request)
        return send(request)

    def inner(request: Request, send: Callable[[Request], RawResponse]) -> RawResponse:
        seen.append(f"inner {request.attempt} {request.method} {request.url.removeprefix(BASE_URL)}")
        return send(request)

    server.answer(refused(503), GOOD)
    get(make(middleware=[outer, inner]))
    assert seen == ["outer 1", f"inner 1 GET {action_path(5)}", "outer 2", f"inner 2 GET {action_path(5)}"]


def test_middleware_that_returns_no_answer_is_named(make: Callable[..., Cliq], server: Scripted) -> None:
    server.answer(enveloped(action(5)))

    def silent(request: Request, send: Callable[[Request], RawResponse]) -> None:
        send(request)

    cliq = make(middleware=[silent])
    with pytest.raises(errors.ConfigurationError, match="the middleware returned a NoneType; it must return"):
        get(cliq)
    assert cliq.thresholds["get_message_action"].remaining == GETS - 1, "it was sent"


def test_asynchronous_middleware(make_async: Callable[..., AsyncCliq], server: Scripted) -> None:
    async def layer(request: Request, send: Callable[[Request], Awaitable[RawResponse]]) -> RawResponse:
        response = await send(request)
        return RawResponse(response.operation, response.status, response.headers, response.body.replace(b"5", b"6"))

    async def main() -> str:
        async with make_async(middleware=[layer]) as cliq:
            return (await cliq.message_actions.get("5")).id

    server.answer(GOOD)
    assert asyncio.run(main()) == "6"


def test_options_change_a_copy(make: Callable[..., Cliq], server: Scripted) -> None:
    seen: list[RawResponse] = []
    cliq = make()
    server.answer(refused(503), GOOD)
    get(cliq.with_options(on_response=seen.append, timeout=5, middleware=[]))
    assert [(response.status, response.attempts) for response in seen] == [(503, 1), (200, 2)]
    assert seen[1].waited > 0
    assert seen[1].headers["content-type"] == "application/json"
    assert server.requests[0].extensions["timeout"]["read"] == 5
    get(cliq)
    assert len(seen) == 2
    assert server.requests[-1].extensions["timeout"]["read"] == 30
    with cliq.with_options(max_wait=0) as brief:
        get(brief)
    get(cliq)


def test_refusal_carries_the_whole_answer(cliq: Cliq, server: Scripted) -> None:
    server.answer(
        httpx.Response(404, headers={"X-Request-Id": "r1"}, json={"message": "no", "code": "msgaction_not_found"})
    )
    with pytest.raises(errors.MessageActionNotFound) as caught:
        get(cliq)
    assert caught.value.response is not None
    assert caught.value.response.headers["x-request-id"] == "r1"
    assert b"msgaction_not_found" in caught.value.body


def test_token_that_a_server_echoes_is_blanked(cliq: Cliq, server: Scripted) -> None:
    server.answer(httpx.Response(400, headers={"X-Echo": f"Bearer {TOKEN}"}, json={"message": f"bad token {TOKEN}"}))
    with pytest.raises(errors.BadRequest) as caught:
        get(cliq)
    assert "bad token [token]" in str(caught.value)
    assert TOKEN not in repr(caught.value.response)


@pytest.mark.parametrize("step", ["settle", "lock"])
def test_state_that_fails_after_the_answer_does_not_lose_it(
    make: Callable[..., Cliq],
    server: Scripted,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    def broken(*arguments: object) -> None:
        raise errors.StateError("gone")

    monkeypatch.setattr(MemoryState, step, broken)
    server.answer(GOOD if step == "settle" else refused(429))
    if step == "settle":
        assert create(make()).id == "5"
    else:
        with pytest.raises(errors.RateLimited):
            create(make())
    assert "gone" in caplog.text


def test_state_that_fails_before_sending_stops_the_call(
    make: Callable[..., Cliq], server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise errors.StateError("gone")

    monkeypatch.setattr(MemoryState, "reserve", broken)
    with pytest.raises(errors.StateError):
        create(make())
    assert server.requests == []


def test_an_expired_slot_is_released(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is stopped between reserving and sending must not send on an old leave."""
    reserve, leaves = MemoryState.reserve, []

    def slow(self: MemoryState, *arguments: Any) -> Permit | Denial:
        outcome = reserve(self, *arguments)
        leaves.append(outcome)
        clock.now += GET.window_seconds if len(leaves) == 1 else 0
        return outcome

    monkeypatch.setattr(MemoryState, "reserve", slow)
    server.answer(GOOD)
    cliq = make()
    get(cliq)
    assert len(leaves) == 2
    assert cliq.thresholds["get_message_action"].remaining == GETS - 1


def test_an_operation_without_a_threshold_waits_for_the_lock(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = {name: entry._replace(threshold=None) for name, entry in OPERATIONS.items()}
    cliq = make(max_wait=LOCK - 1)
    monkeypatch.setattr(cliq._operations, "table", free)
    server.answer(GOOD)
    for _ in range(50):
        get(cliq)
    assert clock.slept == []
    server.answer(httpx.Response(429, headers={"Retry-After": "5"}), GOOD)
    get(cliq)
    assert 5 <= sum(clock.slept) < 5.2
    server.answer(refused(429), GOOD)
    with pytest.raises(errors.RateLimited):
        get(cliq)
    with pytest.raises(errors.WouldWait):
        get(cliq)
    get(cliq.with_options(max_wait=LOCK + 100))
    server.answer(LOST[0])
    with pytest.raises(errors.TransportError):
        get(cliq)


def test_thresholds_are_those_of_the_contract(cliq: Cliq) -> None:
    assert set(cliq.thresholds) == {name for name, operation in contract.OPERATIONS.items() if operation.threshold}
    assert len(cliq.thresholds) == len(set(cliq.thresholds))
    for name, budget in cliq.thresholds.items():
        threshold = OPERATIONS[name].threshold
        assert threshold is not None
        assert (budget.limit, budget.remaining, budget.resets_in) == (threshold.limit, threshold.limit, 0)


def test_interrupt_settles_the_slot(cliq: Cliq, server: Scripted, clock: FakeClock) -> None:
    server.answer(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        get(cliq)
    assert cliq.thresholds["get_message_action"].remaining == GETS - 1
    clock.now += GET.window_seconds + 0.1 + GRACE  # a call that was cut off may reach the server a little later
    assert cliq.thresholds["get_message_action"].remaining == GETS


def test_cancelled_task_settles_the_slot(
    make_async: Callable[..., AsyncCliq], server: Scripted, clock: FakeClock
) -> None:
    async def main() -> None:
        started = asyncio.Event()

        async def stuck(request: Request, send: Any) -> RawResponse:
            started.set()
            await asyncio.Event().wait()
            raise AssertionError

        async with make_async(middleware=[stuck]) as cliq:
            task = asyncio.create_task(cliq.message_actions.get("5"))
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert cliq.thresholds["get_message_action"].remaining == GETS - 1
            clock.now += GET.window_seconds + 0.1 + GRACE
            assert cliq.thresholds["get_message_action"].remaining == GETS

    asyncio.run(main())
