"""`if_exists="adopt"` makes exactly one action wherever the connection is cut, or says that the outcome is unknown."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from cliq_fakes import TYPES, WINDOW, Scripted, action, enveloped, refused
from cliq_proxy import STAGES, CuttingProxy
from zoho_cliq import Cliq, MessageAction, errors
from zoho_cliq.testing import FakeClock
from zoho_cliq_mock import MockServer

SENT: dict[str, Any] = {"name": "Note", "hint": "Keep it", "message_types": TYPES[:2]}
SAME = action(9, name="Note", hint="Keep it", message_types=TYPES[1::-1])
LOST = httpx.ReadError("reset")
TAKEN = refused(400, "msgaction_name_already_exists")


def adopt(cliq: Cliq, **more: Any) -> MessageAction:
    return cliq.message_actions.create(**SENT | more, if_exists="adopt")


def methods(server: Scripted) -> list[str]:
    return [request.method for request in server.requests]


@pytest.mark.parametrize("unclear", [LOST, refused(502), httpx.Response(200, content=b"{"), TAKEN])
def test_action_that_equals_what_was_sent_is_adopted(cliq: Cliq, server: Scripted, unclear: Any) -> None:
    server.answer(unclear, enveloped([action(1)], next_token="n"), enveloped([SAME]))
    assert adopt(cliq).id == "9"
    assert methods(server) == ["POST", "GET", "GET"]


@pytest.mark.parametrize("unclear", [LOST, refused(500)])
def test_create_is_sent_again_where_the_name_is_free(cliq: Cliq, server: Scripted, unclear: Any) -> None:
    server.answer(unclear, enveloped([action(1)]), enveloped(SAME))
    assert adopt(cliq).id == "9"
    assert methods(server) == ["POST", "GET", "POST"]


def test_late_arrival_of_the_first_create_is_adopted(cliq: Cliq, server: Scripted) -> None:
    server.answer(LOST, enveloped([]), TAKEN, enveloped([SAME]))
    assert adopt(cliq).id == "9"


@pytest.mark.parametrize("different", [{"hint": "Other"}, {"message_types": TYPES[:1]}])
def test_action_that_differs_stays_unknown(cliq: Cliq, server: Scripted, different: Any) -> None:
    server.answer(LOST, enveloped([SAME | different]))
    with pytest.raises(errors.OutcomeUnknown, match="may not be the one that was sent"):
        adopt(cliq)


def test_two_equal_actions_leave_the_outcome_unknown(cliq: Cliq, server: Scripted) -> None:
    server.answer(LOST, enveloped([SAME, SAME | {"id": "10"}]))
    with pytest.raises(errors.OutcomeUnknown):
        adopt(cliq)


@pytest.mark.parametrize("listed", [[], [SAME | {"hint": "Other"}]])
def test_name_that_was_taken_before_is_an_error(cliq: Cliq, server: Scripted, listed: list[Any]) -> None:
    server.answer(TAKEN, enveloped(listed))
    with pytest.raises(errors.MessageActionNameExists):
        adopt(cliq)


def test_other_refusals_are_final(cliq: Cliq, server: Scripted) -> None:
    server.answer(refused(403))
    with pytest.raises(errors.Forbidden):
        adopt(cliq)
    assert methods(server) == ["POST"]


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_create_without_any_clear_answer_is_outcome_unknown(cliq: Cliq, server: Scripted, retries: int) -> None:
    server.answer(lambda request: refused(500) if request.method == "POST" else enveloped([]))
    with pytest.raises(errors.OutcomeUnknown, match="may still be created"):
        adopt(cliq.with_options(max_retries=retries))
    assert methods(server) == ["POST", "GET"] * (1 + retries)


@pytest.mark.parametrize("later", [refused(403), httpx.ConnectError("no route")])
def test_second_sending_that_fails_leaves_it_unknown(cliq: Cliq, server: Scripted, later: Any) -> None:
    server.answer(LOST, enveloped([]), later)
    with pytest.raises(errors.OutcomeUnknown, match="sent again"):
        adopt(cliq)


def test_listing_that_fails_leaves_it_unknown(cliq: Cliq, server: Scripted) -> None:
    server.answer(LOST, refused(403))
    with pytest.raises(errors.OutcomeUnknown, match="could not be listed"):
        adopt(cliq)
    server.answer(TAKEN, refused(403))
    with pytest.raises(errors.Forbidden):
        adopt(cliq)


def test_image_is_not_compared_and_max_wait_bounds_everything(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock
) -> None:
    server.answer(LOST, enveloped([SAME]))
    assert adopt(make(), image=b"\x89PNG").id == "9"
    busy = httpx.Response(503, headers={"Retry-After": "6"})
    server.answer(LOST, busy, busy, enveloped([SAME]))
    with pytest.raises(errors.OutcomeUnknown, match="could not be listed"):
        adopt(make(max_wait=10))
    assert sum(clock.slept) == 6


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer(thresholds=False) as server:
        yield server


@pytest.mark.parametrize("block", [0, *(pytest.param(block, marks=pytest.mark.heavy) for block in (1, 2, 3))])
def test_two_hundred_cut_creates_make_two_hundred_actions(mock: MockServer, block: int) -> None:
    """Cut creates at random stages, once to three times, and sometimes their listings; fifty seeds in each block."""
    host, _, port = mock.accounts_url.removeprefix("http://").partition(":")
    with CuttingProxy((host, int(port))) as proxy:
        address = f"http://127.0.0.1:{proxy.port}/api/v3"
        seen: list[str] = []
        with Cliq("1000.owner", base_url=address, clock=FakeClock(), timeout=10, max_wait=20 * WINDOW) as cliq:
            for seed in range(block * 50, block * 50 + 50):
                chance = random.Random(seed)
                proxy.chance = chance
                plan = [chance.choice(STAGES) for _ in range(chance.randint(1, 2))]
                listing_cuts = [chance.choice(STAGES)] if chance.random() < 0.3 else []

                def decide(request: bytes, plan: list[str] = plan, more: list[str] = listing_cuts) -> str:
                    cuts = plan if request.startswith(b"POST") else more
                    return cuts.pop(0) if cuts else ""

                proxy.decide = decide
                made = cliq.message_actions.create(
                    name=f"Cut {seed}", hint="Made once", message_types=TYPES[:2], if_exists="adopt"
                )
                assert made.name == f"Cut {seed}"
                seen.append(made.id)
            proxy.decide = lambda request: ""
            ours = {f"Cut {seed}" for seed in range(block * 50, block * 50 + 50)}
            found = [action for action in cliq.message_actions.list() if action.name in ours]
        assert sorted(action.id for action in found) == sorted(seen)
        assert len(found) == 50
        assert set(STAGES) <= set(proxy.cuts), "every stage was cut at"
