"""Lists and incremental sync: pages, tokens, errors in the middle, and what is known at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cliq_fakes import Scripted, action, enveloped, refused
from zoho_cliq import AsyncCliq, Cliq, errors

THREE = [
    enveloped([action(1), action(2)], next_token="b", total_count=5),
    enveloped([action(3), action(4)], next_token="c"),
    enveloped([action(5)], sync_token="s"),
]


def tokens(server: Scripted) -> list[tuple[str | None, str | None]]:
    return [(request.url.params.get("next_token"), request.url.params.get("sync_token")) for request in server.requests]


def test_pages(cliq: Cliq, server: Scripted) -> None:
    server.answer(*THREE)
    pages = list(cliq.message_actions.list(limit=2).pages())
    assert [[found.id for found in page.items] for page in pages] == [["1", "2"], ["3", "4"], ["5"]]
    assert [(page.next_token, page.sync_token, page.total_count) for page in pages] == [
        ("b", None, 5),
        ("c", None, None),
        (None, "s", None),
    ]
    assert tokens(server) == [(None, None), ("b", None), ("c", None)]
    assert {request.url.params["limit"] for request in server.requests} == {"2"}


def test_first_needs_one_call(cliq: Cliq, server: Scripted) -> None:
    server.answer(*THREE)
    found = cliq.message_actions.list().first()
    assert found is not None
    assert found.id == "1"
    assert len(server.requests) == 1
    server.answer(enveloped([]))
    assert cliq.message_actions.list().first() is None


def test_nothing_is_fetched_before_it_is_asked_for(cliq: Cliq, server: Scripted) -> None:
    listing = cliq.message_actions.list()
    iter(listing)
    assert server.requests == []


def test_empty_token_and_null_are_the_end(cliq: Cliq, server: Scripted) -> None:
    for end in ({"next_token": ""}, {"next_token": None}, {}):
        server.answer(enveloped([action(1)], **end))
        assert len(list(cliq.message_actions.list())) == 1


@pytest.mark.parametrize("answers", [[THREE[0], THREE[0]], [THREE[0], THREE[1], THREE[0]]])
def test_token_that_comes_again_ends_the_listing(cliq: Cliq, server: Scripted, answers: list[httpx.Response]) -> None:
    server.answer(*answers)
    with pytest.raises(errors.PaginationLoop):
        list(cliq.message_actions.list())
    assert len(server.requests) == len(answers)


def test_listing_goes_on_after_an_error(cliq: Cliq, server: Scripted) -> None:
    listing, found = cliq.message_actions.list(), list[str]()
    server.answer(THREE[0], refused(406))
    with pytest.raises(errors.NotAcceptable) as caught:
        found.extend(entry.id for entry in listing)
    server.answer(*THREE[1:])
    found += [entry.id for entry in listing.resume(caught.value.resume_token)]
    assert found == ["1", "2", "3", "4", "5"]
    assert caught.value.resume_token == "b"


def test_changes(cliq: Cliq, server: Scripted) -> None:
    server.answer(
        enveloped([action(1)], next_token="n", deleted=["7"]), enveloped([action(2)], sync_token="new", deleted=["8"])
    )
    changes = cliq.message_actions.changes("old")
    for name in ("deleted", "sync_token", "full"):
        with pytest.raises(errors.IncompletePass):
            getattr(changes, name)
    assert [entry.id for entry in changes] == ["1", "2"]
    assert (changes.deleted, changes.sync_token, changes.full) == (["7", "8"], "new", False)
    assert tokens(server) == [(None, "old"), ("n", "old")]


def test_results_of_changes_need_a_complete_pass(cliq: Cliq, server: Scripted) -> None:
    server.answer(enveloped([action(1)], next_token="n"), enveloped([action(2)], sync_token="new"))
    changes = cliq.message_actions.changes("old")
    next(iter(changes))
    with pytest.raises(errors.IncompletePass):
        _ = changes.sync_token
    server.answer(enveloped([action(2)], sync_token="new"))
    list(changes)
    assert (changes.deleted, changes.sync_token) == ([], "new")


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_refused_sync_token_falls_back_to_everything(
    cliq: Cliq, server: Scripted, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer(refused(status, "odd"), THREE[0], THREE[1], THREE[2])
    changes = cliq.message_actions.changes("stale")
    assert [entry.id for entry in changes] == ["1", "2", "3", "4", "5"]
    assert (changes.full, changes.deleted, changes.sync_token) == (True, [], "s")
    assert tokens(server)[:2] == [(None, "stale"), (None, None)]
    assert "refused (odd)" in caplog.text
    assert not any("stale" in record.getMessage() for record in caplog.records if record.name == "zoho_cliq")


@pytest.mark.parametrize("answer", [refused(403), refused(400, "request_limit_exceeded"), httpx.ConnectError("x")])
def test_other_errors_do_not_fall_back(cliq: Cliq, server: Scripted, answer: Any) -> None:
    server.answer(answer)
    with pytest.raises(errors.CliqError):
        list(cliq.message_actions.changes("old"))
    assert {token for _, token in tokens(server)} == {"old"}


def test_refusal_in_the_middle_does_not_fall_back(cliq: Cliq, server: Scripted) -> None:
    server.answer(enveloped([action(1)], next_token="n"), refused(400))
    with pytest.raises(errors.BadRequest):
        list(cliq.message_actions.changes("old"))


def test_first_sync_lists_everything_and_a_refusal_is_final(cliq: Cliq, server: Scripted) -> None:
    server.answer(*THREE)
    changes = cliq.message_actions.changes()
    assert len(list(changes)) == 5
    assert (changes.full, changes.sync_token) == (True, "s")
    server.answer(refused(400))
    with pytest.raises(errors.BadRequest):
        list(cliq.message_actions.changes())


def test_asynchronous_twins(make_async: Callable[..., AsyncCliq], server: Scripted) -> None:
    async def main() -> None:
        async with make_async() as cliq:
            actions = cliq.message_actions
            server.answer(*THREE)
            assert [len(page.items) async for page in actions.list().pages()] == [2, 2, 1]
            server.answer(THREE[0], refused(406))
            with pytest.raises(errors.NotAcceptable) as caught:
                async for _ in actions.list():
                    pass
            server.answer(*THREE[1:])
            assert [entry.id async for entry in actions.list().resume(caught.value.resume_token)] == ["3", "4", "5"]
            server.answer(enveloped([]))
            assert await actions.list().first() is None
            server.answer(refused(410), THREE[2])
            changes = actions.changes("stale")
            assert [entry.id async for entry in changes] == ["5"]
            assert (changes.full, changes.sync_token, changes.deleted) == (True, "s", [])
            server.answer(refused(403))
            with pytest.raises(errors.Forbidden):
                async for _ in actions.changes("old"):
                    pass

    asyncio.run(main())
