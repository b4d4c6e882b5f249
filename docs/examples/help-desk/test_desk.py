"""Tests of the desk, without Zoho; the README says what they need."""

from contextlib import AbstractContextManager

from desk import create_app, create_receiver
from zoho_cliq import AsyncCliq, Cliq
from zoho_cliq.webhooks import new_secret
from zoho_cliq.webhooks.testing import call, event
from zoho_cliq_mock import MockServer, serving

SECRET = new_secret()


def desk(cliq: AsyncCliq) -> AbstractContextManager[str]:
    """Run the service beside the mock server."""
    return serving(lambda url: create_app(cliq, url, SECRET, response_hosts=["127.0.0.1"]))


def test_a_message_becomes_a_ticket() -> None:
    tickets = ["No paper"]
    answered = call(create_receiver(tickets, SECRET), event("Create ticket", text="Fire", user={"first_name": "Eve"}))
    assert answered.output["card"]["title"] == "Ticket 2"
    assert tickets == ["No paper", "Fire"]


def test_similar_tickets_are_shown_later() -> None:
    receiver = create_receiver(["The printer is on fire", "Need a keyboard"], SECRET)
    answered = call(receiver, event("Find similar", text="printer on fire"))
    assert (answered.kind, answered.text) == ("banner", "Searching …")
    assert answered.deferred() == {"text": "The printer is on fire"}


def test_the_service_makes_its_actions_and_mends_them(cliq: Cliq, cliq_async: AsyncCliq) -> None:
    old = cliq.message_actions.create(
        name="Create ticket", hint="Old", execution_type="webhook", execution_url="https://old.example.com"
    )
    with desk(cliq_async):
        actions = {action.name: action for action in cliq.message_actions.list()}
    assert actions.keys() == {"Create ticket", "Find similar"}
    assert (actions["Create ticket"].id, actions["Create ticket"].hint) == (old.id, "File this message")


def test_people_choose_the_actions(cliq_async: AsyncCliq, cliq_mock: MockServer) -> None:
    with desk(cliq_async):
        assert cliq_mock.trigger("Create ticket", "The printer is on fire").text == "Filed: The printer is on fire"
        assert cliq_mock.trigger("Find similar", "printer on fire", wait=5).text == "The printer is on fire"
