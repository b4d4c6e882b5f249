"""The seven operations over a scripted server: what is sent, what comes back, and that both clients agree."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cliq_fakes import BASE_PATH, BASE_URL, CREATING, TOKEN, Scripted, action, enveloped, handler_path, refused
from zoho_cliq import AsyncCliq, Cliq, DelugeHandler, UnsetHandler, WebhookHandler, errors
from zoho_cliq.message_actions.resource import AsyncMessageActions, MessageActions

HANDLERS: dict[type, dict[str, Any]] = {
    DelugeHandler: {"name": "execution_handler", "function_id": "1", "script": "x"},
    WebhookHandler: {"name": "execution_handler", "function_id": "1", "permissions": ["chat"]},
    UnsetHandler: {"name": "execution_handler", "function_id": "1"},
}


def test_create_sends_only_what_is_given(cliq: Cliq, server: Scripted) -> None:
    server.answer(enveloped(action(5, name="Note")))
    made = cliq.message_actions.create(name="Note", hint="Keep it", message_types=("text",))
    assert (made.id, made.name) == ("5", "Note")
    request = server.requests[0]
    assert (request.method, str(request.url)) == ("POST", BASE_URL + CREATING)
    assert server.bodies() == [{"name": "Note", "hint": "Keep it", "message_types": ["text"]}]
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


def test_update_and_delete_and_get(cliq: Cliq, server: Scripted) -> None:
    server.answer(enveloped(action(5)), enveloped(action(5, hint="New")), httpx.Response(204))
    assert cliq.message_actions.get("5").hint == "Does something"
    assert cliq.message_actions.update("5", hint="New").hint == "New"
    cliq.message_actions.delete("5")
    assert [request.method for request in server.requests] == ["GET", "PATCH", "DELETE"]
    assert server.bodies() == [None, {"hint": "New"}, None]


@pytest.mark.parametrize("kind", HANDLERS)
def test_handler_is_read_as_what_it_is(cliq: Cliq, server: Scripted, kind: type) -> None:
    server.answer(enveloped(HANDLERS[kind]))
    assert type(cliq.message_actions.get_handler("5")) is kind
    assert server.requests[0].url.path == BASE_PATH + handler_path(5)


def test_update_handler_sends_one_field(cliq: Cliq, server: Scripted) -> None:
    server.answer(enveloped(HANDLERS[DelugeHandler]), enveloped(HANDLERS[WebhookHandler]))
    cliq.message_actions.update_handler("5", script="x")
    cliq.message_actions.update_handler("5", permissions=["chat"])
    assert server.bodies() == [{"script": "x"}, {"permissions": ["chat"]}]


def test_list_crosses_pages_and_starts_afresh(cliq: Cliq, server: Scripted) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        token = request.url.params.get("next_token")
        return enveloped([action(2)]) if token == "a b+/=" else enveloped([action(1)], next_token="a b+/=")

    server.answer(page)
    listing = cliq.message_actions.list()
    assert [[found.id for found in listing], [found.id for found in listing]] == [["1", "2"], ["1", "2"]]
    assert [request.url.params["limit"] for request in server.requests] == ["100"] * 4


def test_refusal_is_an_exception_with_code_and_status(cliq: Cliq, server: Scripted) -> None:
    server.answer(refused(404, "msgaction_not_found", "There is none"))
    with pytest.raises(errors.MessageActionNotFound) as caught:
        cliq.message_actions.get("5")
    error = caught.value
    assert (error.status, error.code, error.operation) == (404, "msgaction_not_found", "get_message_action")
    assert str(error) == "get_message_action: 404 msgaction_not_found: There is none"


@pytest.mark.parametrize("wrong", ["", "..", "1/2", "1" * 20, "12a", "١٢", "1\n", None, 12])
def test_ids_that_are_none_are_refused_before_sending(cliq: Cliq, server: Scripted, wrong: Any) -> None:
    with pytest.raises(errors.ValidationError) as caught:
        cliq.message_actions.delete(wrong)
    assert caught.value.field == "action_id"
    assert server.requests == []


def test_asynchronous_client_does_the_same(make_async: Callable[..., AsyncCliq], server: Scripted) -> None:
    async def everything() -> list[Any]:
        async with make_async() as cliq:
            actions = cliq.message_actions
            return [
                (await actions.create(name="Note", hint="Keep it")).id,
                [found.id async for found in actions.list()],
                (await actions.get("5")).id,
                (await actions.update("5", hint="New")).id,
                await actions.delete("5"),
                type(await actions.get_handler("5")),
                type(await actions.update_handler("5", script="x")),
            ]

    handler = enveloped(HANDLERS[DelugeHandler])
    one, listed, gone = enveloped(action(5)), enveloped([action(1)]), httpx.Response(204)
    server.answer(one, listed, one, one, gone, handler, handler)
    assert asyncio.run(everything()) == ["5", ["1"], "5", "5", None, DelugeHandler, DelugeHandler]


def test_both_resources_take_the_same() -> None:
    for name, method in inspect.getmembers(MessageActions, inspect.isfunction):
        if not name.startswith("_"):
            twin = inspect.signature(getattr(AsyncMessageActions, name))
            assert inspect.signature(method).parameters == twin.parameters, name
            summaries = {
                " ".join((inspect.getdoc(getattr(kind, name)) or "").partition("\n\n")[0].split())
                for kind in (MessageActions, AsyncMessageActions)
            }
            assert len(summaries) == 1, name
    public = [{name for name in vars(kind) if name[0] != "_"} for kind in (MessageActions, AsyncMessageActions)]
    assert public[0] == public[1]


@pytest.mark.parametrize("resource", [MessageActions, AsyncMessageActions])
def test_a_field_may_be_called_self(resource: type) -> None:
    methods = [each for _, each in inspect.getmembers(resource, inspect.isfunction)]
    taking = [each for each in methods if "fields" in inspect.signature(each).parameters]
    assert len(taking) == 9
    kinds = {inspect.signature(each).parameters["self"].kind for each in taking}
    assert kinds == {inspect.Parameter.POSITIONAL_ONLY}


def test_no_token_in_any_repr(cliq: Cliq) -> None:
    shown = [repr(cliq), repr(vars(cliq)), repr(vars(cliq._engine)), repr(vars(cliq.message_actions))]
    assert not any(TOKEN in text for text in shown)
