"""`zoho_cliq.webhooks.testing`: events, and a receiver that is called without a socket."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from zoho_cliq import Cliq
from zoho_cliq.errors import ConfigurationError
from zoho_cliq.webhooks import Event, Receiver, banner, form, form_input, schema
from zoho_cliq.webhooks.testing import call, call_async, event
from zoho_cliq_api.models import Permission, WebhookMention, WebhookUser
from zoho_cliq_mock import MockServer


@pytest.fixture
def receiver() -> Receiver:
    made = Receiver(secret="a secret of the tests")

    @made.action("Create ticket")
    def create_ticket(event: Event) -> str:
        return f"Filed for {event.user.first_name if event.user else 'somebody'}: {event.text}"

    @made.action("Greet")
    async def greet(event: Event) -> Any:
        return banner(f"Hello, {event.text}")

    @made.action("Nothing")
    def nothing(event: Event) -> None:
        return None

    @made.action("Form")
    def ask(event: Event) -> Any:
        return form("New ticket", name="ticket", function="file", inputs=[form_input("text", "a", "A")])

    @made.action("Fail")
    def fail(event: Event) -> str:
        raise ValueError("broken")

    return made


def test_a_receiver_is_called_in_one_line(receiver: Receiver) -> None:
    answered = call(receiver, event("Create ticket", text="no paper", user={"first_name": "Bob"}))
    assert (answered.status, answered.kind, answered.text) == (200, "message", "Filed for Bob: no paper")
    assert answered.output == {"text": "Filed for Bob: no paper"}
    assert call(receiver, event("Create ticket", permissions=["message"])).text.startswith("Filed for somebody")


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("Greet", "banner", "Hello, The printer is on fire"),
        ("Nothing", "nothing", ""),
        ("Form", "form", "New ticket"),
        ("Fail", "banner", "This did not work. Please try again later."),
    ],
)
def test_kinds_of_answers(receiver: Receiver, name: str, kind: str, text: str) -> None:
    answered = call(receiver, event(name))
    assert (answered.kind, answered.text) == (kind, text)
    again = asyncio.run(call_async(receiver, event(name)))
    assert (again.kind, again.text) == (kind, text)


def test_each_event_is_an_event_of_its_own(receiver: Receiver) -> None:
    """With a secret, an event that comes again gets the reply of the first time."""
    count = []

    @receiver.action("Count")
    def counted(event: Event) -> str:
        count.append(event)
        return "ok"

    moment = datetime(2030, 1, 1, tzinfo=UTC)
    receiver._now = lambda: moment.timestamp()
    for _ in range(3):
        call(receiver, event("Count", sent_at=moment))
    assert len(count) == 3
    assert call(receiver, event("Count", sent_at=datetime(2020, 1, 1, tzinfo=UTC))).status == 403


def test_events_have_the_shape_of_the_document_and_of_the_mock() -> None:
    made = event("Create ticket", attachments=[{"name": "a.pdf", "size": 1}], mentions=[WebhookMention(name="Bob")])
    assert schema.fit("WebhookEvent", made.raw) == made.raw
    with MockServer() as mock, Cliq("1000.owner", base_url=mock.url) as cliq:
        cliq.message_actions.create(name="Ticket", hint="h")
        sent = mock.trigger("Ticket", "x").event
    assert made.raw.keys() == sent.keys()
    for name in sent["params"]:
        if isinstance(sent["params"][name], dict):
            assert made.raw["params"][name].keys() <= sent["params"][name].keys(), name
    assert made.raw["params"].keys() == sent["params"].keys()


def test_what_an_event_holds() -> None:
    person = WebhookUser(id="7", first_name="Eve")
    made = event(
        "A",
        text=["one", "two"],
        user=person,
        chat={"title": "#desk"},
        location={"latitude": 1.5},
        attachments=[{"name": "a.pdf"}],
    )
    assert [message.text for message in made.messages] == ["one", "two"]
    assert made.user == person
    assert made.chat is not None
    assert made.location is not None
    assert made.access is not None
    assert (made.chat.title, made.location.latitude, made.access.user_id) == ("#desk", 1.5, "7")
    assert [file.name for file in made.attachments] == ["a.pdf"]
    bare = event("A", permissions=[], response_url=None)
    assert (bare.text, bare.user, bare.chat, bare.location, bare.message, bare.response_url) == ("", *[None] * 5)
    assert event("A", text=[], permissions=[Permission.MESSAGE]).message is None


def test_mistakes_are_named(receiver: Receiver) -> None:
    with pytest.raises(ConfigurationError, match="user: has no field 'name'; it has admin, country"):
        event("A", user={"name": "Ada"})
    with pytest.raises(ConfigurationError, match="permissions: there is no 'users'; there are attachments, chat"):
        event("A", permissions=["users"])  # type: ignore[list-item]
    with pytest.raises(ConfigurationError, match="no function for 'Other'; it has 'Create ticket', 'Fail', 'Form'"):
        call(receiver, event("Other"))

    async def main() -> None:
        with pytest.raises(ConfigurationError, match="by await call_async"):
            call(receiver, event("Greet"))
        assert call(receiver, event("Nothing")).kind == "nothing"

    asyncio.run(main())


def test_a_signature_is_given_by_the_test() -> None:
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    receiver = Receiver(public_key=key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    receiver.action("A")(lambda event: "ok")

    def sign(body: bytes) -> str:
        return base64.b64encode(key.sign(body, padding.PKCS1v15(), SHA256())).decode()

    assert call(receiver, event("A")).status == 403
    assert call(receiver, event("A"), sign=sign).text == "ok"


def test_a_deferred_answer_is_kept(receiver: Receiver) -> None:
    @receiver.action("Later")
    def later(event: Event) -> str:
        receiver.respond(event, "Done.")
        return "Working …"

    @receiver.action("Later, in a task")
    async def later_in_a_task(event: Event) -> str:
        await receiver.respond_async(event, "Done.")
        return "Working …"

    for name in ("Later", "Later, in a task"):
        assert call(receiver, event(name)).deferred() == {"text": "Done."}
    with pytest.raises(TimeoutError, match=r"no deferred answer came within 0\.01 s"):
        call(receiver, event("Nothing")).deferred(wait=0.01)
    with pytest.raises(ConfigurationError, match="without a response_url of their own"):
        call(receiver, event("Nothing", response_url="https://cliq.zoho.com/x")).deferred()
