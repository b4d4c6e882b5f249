"""`with_raw_response`: what came, and by `parse()` what the method returns; every method, in threads and in tasks."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cliq_fakes import TOKEN, Scripted, action, enveloped, refused
from zoho_cliq import ApiResponse, AsyncCliq, Cliq, RawResponse, Request, errors
from zoho_cliq.client import AsyncCliqWithRawResponse, CliqWithRawResponse
from zoho_cliq.message_actions.resource import (
    AsyncMessageActions,
    AsyncMessageActionsWithRawResponse,
    MessageActions,
    MessageActionsWithRawResponse,
)
from zoho_cliq.testing import FakeClock

HANDLER = {"type": "execution_handler", "script": "x"}
ONE, GONE, HANDLED = enveloped(action(5)), httpx.Response(204), enveloped(HANDLER)
WORK: dict[str, tuple[httpx.Response, Callable[[Any], Any]]] = {
    "create": (ONE, lambda raw: raw.create(name="a", hint="b")),
    "adopt": (ONE, lambda raw: raw.create(name="a", hint="b", if_exists="adopt")),
    "get": (ONE, lambda raw: raw.get("5")),
    "update": (ONE, lambda raw: raw.update("5", hint="b")),
    "delete": (GONE, lambda raw: raw.delete("5")),
    "get_handler": (HANDLED, lambda raw: raw.get_handler("5")),
    "update_handler": (HANDLED, lambda raw: raw.update_handler("5", script="x")),
}


def public(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


@pytest.mark.parametrize("name", WORK)
def test_every_method_gives_the_answer_and_its_result(
    make: Callable[..., Cliq], make_async: Callable[..., AsyncCliq], server: Scripted, name: str
) -> None:
    answer, work = WORK[name]
    server.answer(answer)
    cliq = make()
    plain = work(cliq.message_actions)

    async def main() -> tuple[Any, Any]:
        async with make_async() as cliq:
            return await work(cliq.message_actions.with_raw_response), await work(cliq.message_actions)

    raw_async, plain_async = asyncio.run(main())
    server.requests.clear()
    for raw in (work(cliq.message_actions.with_raw_response), work(cliq.with_raw_response.message_actions), raw_async):
        assert isinstance(raw, ApiResponse)
        assert (raw.status_code, raw.content, raw.text) == (answer.status_code, answer.content, answer.text)
        assert raw.parse() == plain == plain_async
        assert raw.retries_taken == 0
    assert len(server.requests) == 2, "nothing is sent to parse"


def test_answer_is_told_as_users_of_httpx_know_it(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock
) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        clock.now += 1.5
        return httpx.Response(200, headers={"X-Trace": "t1"}, json={"data": action(5), "type": "x", "url": "/x"})

    server.answer(refused(503), slow)
    raw = make().message_actions.with_raw_response.get("5")
    assert raw.headers["x-trace"] == raw.headers["X-TRACE"] == "t1"
    assert raw.headers.get("nothing") is None
    assert set(raw.headers) == {"x-trace", "content-length", "content-type"}
    assert len(raw.headers) == 3
    assert raw.json()["data"]["id"] == "5"
    assert raw.elapsed == timedelta(seconds=1.5), "without the attempt before and the wait between"
    assert raw.retries_taken == 1
    assert raw.operation == "get_message_action"
    assert raw.parse() is raw.parse()


def test_new_token_after_a_refusal_is_no_retry(make: Callable[..., Cliq], server: Scripted) -> None:
    tokens = iter(["1000.first", "1000.second"])
    server.answer(refused(401), ONE)
    raw = make(lambda: next(tokens), account="a").message_actions.with_raw_response.get("5")
    assert raw.retries_taken == 0


def test_answer_that_cannot_be_read_is_shown_and_fails_when_parsed(cliq: Cliq, server: Scripted) -> None:
    server.answer(httpx.Response(200, content=b"<html>\xff"))
    raw = cliq.message_actions.with_raw_response.get("5")
    assert raw.text == "<html>\ufffd"
    for read in (raw.json, raw.parse):
        with pytest.raises((ValueError, errors.DecodeError)):
            read()


def test_strict_raw_responses_fail_when_parsed(make: Callable[..., Cliq], server: Scripted) -> None:
    server.answer(enveloped(action(5, colour="red")))
    raw = make(strict=True).message_actions.with_raw_response.get("5")
    assert raw.json()["data"]["colour"] == "red"
    with pytest.raises(errors.DecodeError, match="colour"):
        raw.parse()


def test_raw_responses_raise_refusals(cliq: Cliq, server: Scripted) -> None:
    server.answer(refused(404, "msgaction_not_found"))
    with pytest.raises(errors.MessageActionNotFound):
        cliq.message_actions.with_raw_response.get("5")


def test_delete_that_was_lost_and_then_not_found_shows_what_came(cliq: Cliq, server: Scripted) -> None:
    server.answer(httpx.ReadError("reset"), refused(404, "msgaction_not_found"))
    raw = cliq.message_actions.with_raw_response.delete("5")
    assert (raw.status_code, raw.retries_taken, raw.parse()) == (404, 1, None)


def test_adopted_action_comes_with_the_answer_that_had_it(cliq: Cliq, server: Scripted) -> None:
    same = action(9, name="a", hint="b")
    server.answer(httpx.ReadError("reset"), enveloped([same]))
    raw = cliq.message_actions.with_raw_response.create(name="a", hint="b", if_exists="adopt")
    assert raw.operation == "list_message_actions"
    assert raw.parse().id == "9"


PAGES = (enveloped([action(1)], next_token="n"), enveloped([action(2)], sync_token="s"))


def queries(server: Scripted) -> list[dict[str, str]]:
    return [
        {name: value for name, value in request.url.params.items() if name != "limit"} for request in server.requests
    ]


def test_list_begins_with_the_page_that_came(cliq: Cliq, server: Scripted) -> None:
    server.answer(*PAGES)
    raw = cliq.message_actions.with_raw_response.list(limit=1)
    assert len(server.requests) == 1
    assert raw.json()["next_token"] == "n"
    assert [found.id for found in raw.parse()] == ["1", "2"]
    assert queries(server) == [{}, {"next_token": "n"}]
    first = raw.parse().first()
    assert first is not None
    assert first.id == "1"
    assert len(server.requests) == 2, "the first page is not fetched again"


def test_changes_begin_with_the_page_that_came(cliq: Cliq, server: Scripted) -> None:
    server.answer(*PAGES)
    changes = cliq.message_actions.with_raw_response.changes("old").parse()
    assert [found.id for found in changes] == ["1", "2"]
    assert (changes.full, changes.sync_token) == (False, "s")
    assert queries(server) == [{"sync_token": "old"}, {"next_token": "n", "sync_token": "old"}]


def test_changes_are_everything_where_the_token_is_refused(
    cliq: Cliq, make_async: Callable[..., AsyncCliq], server: Scripted
) -> None:
    server.answer(refused(410), PAGES[1])
    raw = cliq.message_actions.with_raw_response.changes(since="old")
    changes = raw.parse()
    assert raw.status_code == 200
    assert [found.id for found in changes] == ["2"]
    assert changes.full
    assert queries(server) == [{"sync_token": "old"}, {}]
    server.answer(refused(403))
    with pytest.raises(errors.Forbidden):
        cliq.message_actions.with_raw_response.changes(since="old")


def test_tasks_list_the_same(make_async: Callable[..., AsyncCliq], server: Scripted) -> None:
    async def main() -> None:
        async with make_async() as cliq:
            raw = cliq.message_actions.with_raw_response
            server.answer(*PAGES)
            assert [found.id async for found in (await raw.list(limit=1)).parse()] == ["1", "2"]
            server.answer(*PAGES)
            changes = (await raw.changes("old")).parse()
            assert [found.id async for found in changes] == ["1", "2"]
            assert (changes.full, changes.sync_token) == (False, "s")

    asyncio.run(main())
    assert queries(server) == [{}, {"next_token": "n"}, {"sync_token": "old"}, {"next_token": "n", "sync_token": "old"}]


def test_any_operation_can_be_called(cliq: Cliq, make_async: Callable[..., AsyncCliq], server: Scripted) -> None:
    async def main() -> Any:
        async with make_async() as cliq:
            return await cliq.with_raw_response.call("get_message_action", action_id="5")

    server.answer(ONE)
    for raw in (cliq.with_raw_response.call("get_message_action", action_id="5"), asyncio.run(main())):
        assert raw.status_code == 200
        assert raw.parse().data.id == "5"


def test_options_hold_and_the_callback_is_called(make: Callable[..., Cliq], server: Scripted) -> None:
    seen: list[RawResponse] = []
    passed: list[Request] = []

    def layer(request: Request, send: Any) -> Any:
        passed.append(request)
        return send(request)

    server.answer(refused(503), ONE)
    cliq = make(on_response=seen.append, middleware=[layer])
    raw = cliq.with_options(timeout=5).message_actions.with_raw_response.get("5")
    assert [response.status for response in seen] == [503, raw.status_code]
    assert [request.timeout for request in passed] == [5, 5]


@pytest.mark.parametrize("form", [TOKEN, json.dumps(TOKEN).replace("c", "\\u0063"), TOKEN.upper()])
def test_no_token_is_shown(cliq: Cliq, server: Scripted, form: str) -> None:
    body = json.dumps({"url": "/x", "type": "y", "data": action(5, hint="?")}).replace('"?"', json.dumps(form))
    server.answer(httpx.Response(200, headers={"x-echo": "Bearer " + TOKEN}, content=body.encode()))
    raw = cliq.message_actions.with_raw_response.get("5")
    shown = f"{raw!r} {raw.text} {dict(raw.headers)} {raw.headers!r} {raw.parse()}".lower()
    assert TOKEN not in shown
    assert repr(raw) == "ApiResponse(operation='get_message_action', status_code=200)"
    assert "[token]" in raw.headers["x-echo"]


def test_both_kinds_have_every_method_with_the_same_arguments(cliq: Cliq, make_async: Callable[..., AsyncCliq]) -> None:
    raw, raw_async = cliq.message_actions.with_raw_response, make_async().message_actions.with_raw_response
    assert public(raw) == public(MessageActions) - {"with_raw_response"}
    assert public(raw_async) == public(AsyncMessageActions) - {"with_raw_response"}
    for name in public(raw):
        parameters = inspect.signature(getattr(cliq.message_actions, name)).parameters
        assert inspect.signature(getattr(raw, name)).parameters == parameters
        assert inspect.signature(getattr(raw_async, name)).parameters == parameters
        assert inspect.iscoroutinefunction(getattr(raw_async, name))
    for kind, twin in ((CliqWithRawResponse, AsyncCliqWithRawResponse),):
        assert inspect.signature(kind.call).parameters == inspect.signature(twin.call).parameters
    assert isinstance(cliq.with_raw_response.message_actions, MessageActionsWithRawResponse)
    assert isinstance(make_async().with_raw_response.message_actions, AsyncMessageActionsWithRawResponse)


def test_ensure_has_the_answer_to_its_last_call(cliq: Cliq, server: Scripted) -> None:
    server.answer(enveloped([action(5, name="Note", hint="Keep it")]), enveloped(action(5, name="Note", hint="New")))
    answer = cliq.message_actions.with_raw_response.ensure(name="Note", hint="New")
    assert (answer.operation, answer.status_code) == ("update_message_action", 200)
    assert answer.parse().updated == ("hint",)
