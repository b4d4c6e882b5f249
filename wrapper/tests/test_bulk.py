"""`bulk`: many calls under the thresholds, in the order that finishes first; progress, errors, interrupts."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from cliq_fakes import GET, LIST, UPDATE, Scripted, action, enveloped, refused
from zoho_cliq import AsyncCliq, BulkProgress, Cliq, Wait, errors
from zoho_cliq.bulk.progress import duration
from zoho_cliq.testing import FakeClock
from zoho_cliq_mock import MockServer

UPDATES, GETS, LISTS = 3 * UPDATE.limit + 5, 2 * GET.limit + 5, 2 * LIST.limit + 10


def answer(request: httpx.Request) -> httpx.Response:
    if request.method == "DELETE":
        return httpx.Response(204)
    if b"NOT" in request.content:
        return refused(404, "msgaction_not_found")
    return enveloped(action())


def updates(cliq: Any, count: int) -> list[Callable[[], Any]]:
    return [partial(cliq.message_actions.update, "1", hint=f"{number}") for number in range(count)]


@pytest.mark.parametrize("kind", ["threads", "tasks"])
def test_the_calls_take_no_longer_than_those_of_the_slowest_operation(kind: str) -> None:
    """The updates take three windows; the reads and the pages go in between."""
    with MockServer() as mock:
        settings: dict[str, Any] = {"base_url": mock.url, "clock": mock.clock}

        def calls(cliq: Any, identifier: str) -> list[Callable[[], Any]]:
            reads = [partial(cliq.message_actions.get, identifier) for _ in range(GETS)]
            changes = [partial(cliq.message_actions.update, identifier, hint=f"{count}") for count in range(UPDATES)]
            return [*reads, *changes, *(partial(cliq.call, "list_message_actions") for _ in range(LISTS))]

        async def main() -> tuple[float, Any]:
            async with AsyncCliq("1000.owner", **settings) as cliq:
                made = await cliq.message_actions.create(name="a", hint="b")
                begun = mock.now()
                job = await cliq.bulk(calls(cliq, made.id)).run()
                return mock.now() - begun, job

        if kind == "tasks":
            took, job = asyncio.run(main())
        else:
            with Cliq("1000.owner", **settings) as cliq:
                made = cliq.message_actions.create(name="a", hint="b")
                begun = mock.now()
                job = cliq.bulk(calls(cliq, made.id)).run()
                took = mock.now() - begun
        assert mock.journal()[1].operation == "update_message_action", "what takes longest goes first"
        assert not mock.thresholds().locks
        assert not job.errors
        assert took == pytest.approx(3 * UPDATE.window_seconds, abs=10)
        assert (job.total, job.left) == (UPDATES + GETS + LISTS, 0)
        assert job.results[GETS].hint == "0"


def test_progress_and_time_left(cliq: Cliq, server: Scripted, clock: FakeClock) -> None:
    server.answer(answer)
    seen: list[BulkProgress] = []
    waits: list[Wait] = []
    limit, window = UPDATE.limit, UPDATE.window_seconds
    count = 2 * limit + 5
    cliq.with_options(on_wait=waits.append).bulk(updates(cliq, count), progress=seen.append).run()
    waited = [(each.done, round(each.seconds_left)) for each in seen if each.waiting]
    assert waited == [(limit, 2 * window), (2 * limit, window)]
    assert [str(each) for each in seen][-1] == f"{count} of {count} calls, 0 s left"
    assert len(seen) == count + 2
    assert [(wait.operation, round(wait.seconds)) for wait in waits] == [("bulk", window)] * 2


def test_a_lock_is_waited_for(cliq: Cliq, server: Scripted, clock: FakeClock) -> None:
    server.answer(answer)
    state, seen = cliq._engine.state, list[BulkProgress]()
    state.lock(cliq._engine.account, 300.0)
    begun = clock.now
    cliq.bulk(updates(cliq, 1), progress=seen.append).run()
    assert clock.now - begun == pytest.approx(300, abs=1)
    assert seen[0].seconds_left == pytest.approx(300, abs=1)


def test_errors_are_collected(cliq: Cliq, server: Scripted) -> None:
    server.answer(answer)
    update = cliq.message_actions.update
    calls = [partial(update, "1", hint="x" * 200), partial(update, "1", name="NOT"), partial(update, "1", hint="a")]
    seen: list[BulkProgress] = []
    job = cliq.bulk(calls, progress=seen.append)
    assert repr(job) == "<Bulk: 1 of 3 calls, 1 failed>"
    job.run()
    assert [(number, type(error)) for number, error in sorted(job.errors.items())] == [
        (0, errors.ValidationError),
        (1, errors.MessageActionNotFound),
    ]
    assert job.results[:2] == [None, None]
    assert job.results[2] is not None
    assert str(seen[-1]) == "3 of 3 calls, 2 failed, 0 s left"


def test_errors_that_affect_all_calls_are_raised_and_run_continues(cliq: Cliq, server: Scripted) -> None:
    server.answer(refused(401, "oauthtoken_invalid"), answer)
    job = cliq.bulk(updates(cliq, 2))
    with pytest.raises(errors.AuthError):
        job.run()
    assert (job.left, job.errors) == (2, {})
    assert job.run().left == 0


def interrupted(request: httpx.Request) -> httpx.Response:
    raise KeyboardInterrupt


def test_run_continues_after_an_interrupt(cliq: Cliq, server: Scripted) -> None:
    server.answer(enveloped(action()), interrupted, enveloped(action()))
    job = cliq.bulk(updates(cliq, 3))
    with pytest.raises(KeyboardInterrupt):
        job.run()
    assert (job.total, job.left, len(server.requests)) == (3, 2, 2)
    job.run()
    assert (job.left, job.errors) == (0, {})
    assert [body["hint"] for body in server.bodies()] == ["0", "1", "1", "2"]


@pytest.mark.parametrize("method", ["create", "update", "delete"])
def test_a_call_that_is_interrupted_while_it_is_sent(cliq: Cliq, server: Scripted, method: str) -> None:
    calls = {
        "create": partial(cliq.message_actions.create, name="a", hint="b"),
        "update": partial(cliq.message_actions.update, "1", hint="b"),
        "delete": partial(cliq.message_actions.delete, "1"),
    }
    job = cliq.bulk([calls[method]])
    server.answer(interrupted)
    with pytest.raises(KeyboardInterrupt):
        job.run()
    assert job.left == (0 if method == "create" else 1)
    server.answer(refused(404, "msgaction_not_found") if method == "delete" else answer)
    job.run()
    assert len(server.requests) == (1 if method == "create" else 2)
    if method == "create":
        assert isinstance(job.errors[0], errors.OutcomeUnknown)
        assert job.errors[0].operation == "create_message_action"
    else:
        assert job.errors == {}, "a deletion that was interrupted has deleted the action"


def test_an_action_that_was_never_there_is_an_error(cliq: Cliq, server: Scripted) -> None:
    server.answer(refused(404, "msgaction_not_found"))
    job = cliq.bulk([partial(cliq.message_actions.delete, "1")]).run()
    assert isinstance(job.errors[0], errors.MessageActionNotFound)


def test_options_of_the_client_of_a_call_are_kept(cliq: Cliq, server: Scripted) -> None:
    server.answer(answer)
    seen: list[int] = []
    watched = cliq.with_options(on_response=lambda response: seen.append(response.status))
    cliq.bulk([partial(watched.message_actions.get, "1"), partial(cliq.message_actions.get, "1")]).run()
    assert seen == [200]


def test_nothing_is_sent_before_run_and_nothing_for_no_calls(cliq: Cliq, server: Scripted) -> None:
    job = cliq.bulk(updates(cliq, 3))
    assert not server.requests
    assert (job.total, job.left) == (3, 3)
    assert cliq.bulk([]).run().results == []


def test_bulk_refuses_functions_that_make_no_call(
    cliq: Cliq, make: Callable[..., Cliq], make_async: Callable[..., AsyncCliq]
) -> None:
    async def several(client: AsyncCliq) -> None:
        await asyncio.sleep(0)
        await client.message_actions.get("1")

    other, tasks = make(account="other"), make_async()
    for wrong in (
        lambda: None,
        lambda: list(cliq.message_actions.list()),
        lambda: (cliq.message_actions.get("1"), cliq.message_actions.get("2")),
        partial(other.message_actions.get, "1"),
        partial(tasks.message_actions.get, "1"),
    ):
        with pytest.raises(errors.ConfigurationError, match="each call must be one call of this client"):
            cliq.bulk([wrong])
    with pytest.raises(errors.ConfigurationError, match="each call must be one call of this client"):
        tasks.bulk([partial(several, tasks)])
    asyncio.run(tasks.close())
    nothing: Any = None
    with pytest.raises(errors.ConfigurationError, match="progress must be True, False or a function, not NoneType"):
        cliq.bulk([partial(cliq.message_actions.get, "1")], progress=nothing).run()


def test_operations_without_a_threshold(cliq: Cliq, server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answer(answer)
    limits = {name: limit for name, limit in cliq.thresholds._limits.items() if name != "get_message_action"}
    monkeypatch.setattr(cliq.thresholds, "_limits", limits)
    calls = [*updates(cliq, 1), *(partial(cliq.message_actions.get, "1") for _ in range(3))]
    assert cliq.bulk(calls).run().left == 0


@pytest.mark.parametrize("rich", [True, False])
def test_progress_is_shown(
    cliq: Cliq, server: Scripted, rich: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answer(answer)
    if not rich:
        monkeypatch.setitem(sys.modules, "rich.progress", None)
    count = UPDATE.limit + 2
    cliq.bulk(updates(cliq, count), progress=True).run()
    out, err = capsys.readouterr()
    assert out == ""
    last = f"{count} of {count} calls, 0 s left"
    assert last in err
    if not rich:
        assert err == f"{UPDATE.limit} of {count} calls, {duration(UPDATE.window_seconds)} left\n{last}\n"


def test_durations() -> None:
    assert [duration(seconds) for seconds in (0, 59.4, 185, 7800)] == ["0 s", "59 s", "3 min 05 s", "2 h 10 min"]
