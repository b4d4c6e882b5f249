"""What a person sees of the client's objects in a shell or a log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from cliq_fakes import LIST, LISTS, UPDATE, UPDATES, Scripted, action, enveloped
from zoho_cliq import UNSET, AsyncCliq, Cliq
from zoho_cliq.message_actions import Page


def test_unset_and_models(cliq: Cliq, server: Scripted) -> None:
    assert repr(UNSET) == "UNSET"
    server.answer(enveloped(action()))
    assert repr(cliq.message_actions.get("1")).startswith("MessageAction(")


def test_listings_fetch_nothing_to_be_shown(cliq: Cliq, server: Scripted, make_async: Callable[..., AsyncCliq]) -> None:
    pager = cliq.message_actions.list()
    assert repr(pager) == "<Pager: actions from the first page on; iterate to fetch them>"
    assert repr(pager.resume("t2")) == "<Pager: actions from the page 't2' on; iterate to fetch them>"
    client = make_async()
    assert repr(client.message_actions.list()).startswith("<AsyncPager: actions from the first page on")
    assert repr(client.message_actions.changes("t1")) == "<AsyncChanges since 't1': iterate to fetch them>"
    asyncio.run(client.close())
    assert not server.requests


def test_changes_tell_how_far_they_were_read(cliq: Cliq, server: Scripted) -> None:
    server.answer(enveloped([action()], deleted=["5", "6"], sync_token="t2"))
    changes = cliq.message_actions.changes("t1")
    assert repr(changes) == "<Changes since 't1': iterate to fetch them>"
    iterator = iter(changes)
    next(iterator)
    list(changes)
    assert repr(changes) == "<Changes since 't1': read to the end, 2 deleted, full=False, sync_token='t2'>"
    changes._latest.complete = False  # type: ignore[union-attr]
    assert repr(changes) == "<Changes since 't1': iterate to fetch them>"


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        (Page([], None, None, None, None), "Page(0 actions, next_token=None, sync_token=None)"),
        (
            Page([object()], "a", "b", ["1"], 7),  # type: ignore[list-item]
            "Page(1 action, 1 deleted, next_token='a', sync_token='b', total_count=7)",
        ),
    ],
)
def test_pages(page: Page, shown: str) -> None:
    assert repr(page) == shown


def test_thresholds_show_the_limits_without_asking_the_state(cliq: Cliq, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(type(cliq._engine.state), "budget")
    assert f"list_message_actions: {LISTS} in {LIST.window_seconds} s, " in repr(cliq.thresholds)
    assert f"update_message_action: {UPDATES} in {UPDATE.window_seconds} s" in repr(cliq.thresholds)
