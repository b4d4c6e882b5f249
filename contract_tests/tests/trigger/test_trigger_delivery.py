"""Sending an event: its contents by permission; good, bad, slow and missing answers; retries."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from needed import FIELDS, NEEDED
from needed import PERMISSIONS as ALLOWED
from zoho_cliq import Cliq
from zoho_cliq.webhooks import parse_event
from zoho_cliq_api import contract
from zoho_cliq_mock import ControlFailed, MockServer, create_app
from zoho_cliq_mock.trigger import payload

DOCUMENT = contract.document()
EVENT = Draft202012Validator({**DOCUMENT, "$ref": "#/components/schemas/WebhookEvent"})
PARTS = {
    "attachments": {"attachments"},
    "chat": {"chat"},
    "location": {"location"},
    "message": {"message", "messages", "mentions"},
    "user": {"user"},
}
PERMISSIONS = [part for part in payload.PERMISSIONS if part in ALLOWED]
MOST = DOCUMENT["components"]["schemas"]["HandlerUpdate"]["properties"]["permissions"]["maxItems"]
JSON = {"Content-Type": "application/json"}


def output(data: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, JSON, json.dumps({"output": data}).encode()


def shown_in(control: httpx.Client) -> list[dict[str, Any]]:
    messages = control.get("/messages", params={"chat": "CT_1001_48210"}).json()["messages"]
    return [message for message in messages if message["type"] == "answer"]


# ---- what is sent


@pytest.mark.parametrize(
    "permissions",
    [each for count in range(min(len(PERMISSIONS), MOST) + 1) for each in combinations(PERMISSIONS, count)],
    ids=str,
)
def test_each_permission_brings_its_part_and_nothing_else(
    permissions: tuple[str, ...], webhook: Any, make: Callable[..., Any], choose: Callable[..., Any]
) -> None:
    make(webhook.url, permissions=permissions)
    choose(text="", type="attachment", attachments=[{"name": "a.pdf", "url": "https://example.com/a"}])
    (event,) = webhook.got
    always = {"environment", "access"}
    assert set(event["params"]) == always.union(*(PARTS[name] for name in permissions))
    EVENT.validate(event)
    read = parse_event(webhook.bodies[0])
    assert (read.user is not None) is ("user" in permissions)
    assert (read.chat is not None) is ("chat" in permissions)
    assert (read.location is not None) is ("location" in permissions)
    assert (len(read.messages) == 1) is ("message" in permissions)
    assert (len(read.attachments) == 1) is ("attachments" in permissions)


def test_the_event_has_the_expected_shape(
    webhook: Any, mock: MockServer, control: httpx.Client, make: Callable[..., Any], choose: Callable[..., Any]
) -> None:
    control.post("/clock", json={"freeze": 1_795_421_600})
    make(webhook.url, permissions=PERMISSIONS)
    record = choose(text="Hi", user="colleague", location={"status": "denied"})
    (event,) = webhook.got
    assert event == record["event"]
    assert {name: event[name] for name in ("name", "type", "handler", "timestamp")} == {
        "name": "Create Ticket",
        "type": "messageaction",
        "handler": {"type": "execution_handler"},
        "timestamp": 1_795_421_600_000,
    }
    assert event["response_url"].startswith(f"{mock.control_url}/responses/")
    params = event["params"]
    assert params["user"]["id"] == params["message"]["sender"]["id"] == params["access"]["user_id"] == "70021946"
    assert params["user"]["organization_id"] == params["access"]["organization"]["id"] == "48210"
    assert params["message"]["time"] == "1795421600000"
    assert params["message"]["text"] == "Hi"
    assert " " in params["message"]["id"]
    assert params["messages"] == {"count": 1, "list": [params["message"]]}
    assert params["chat"]["id"] == params["access"]["chat_id"] == "CT_1001_48210"
    assert [member["id"] for member in params["chat"]["members"]] == ["70021945", "70021946"]
    assert params["chat"]["recent_messages"][-1] == params["message"]
    assert params.get("location") == ({"status": "denied"} if "location" in PERMISSIONS else None)
    assert webhook.headers[0]["content-type"].startswith("application/json")
    assert "x-cliq-signature" not in webhook.headers[0]
    assert "authorization" not in webhook.headers[0]


@pytest.mark.skipif("multi_selectable" not in FIELDS, reason="actions are for one message")
def test_several_messages_go_together(
    webhook: Any, control: httpx.Client, make: Callable[..., Any], choose: Callable[..., Any]
) -> None:
    make(webhook.url, permissions=("message", "attachments"), multi_selectable=True)
    chat = {"chat": "CT_1001_48210"}
    files = [{"name": "a"}, {"name": "b"}]
    one = control.post("/messages", json={**chat, "text": "one"}).json()["id"]
    two = control.post("/messages", json={**chat, "type": "attachment", "attachments": files}).json()["id"]
    choose(messages=[one, two])
    params = webhook.got[0]["params"]
    assert params["messages"]["count"] == 2
    assert [message["id"] for message in params["messages"]["list"]] == [one, two]
    assert [file["name"] for file in params["attachments"]] == ["a", "b"]


@settings(derandomize=True, database=None, max_examples=60, deadline=None)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40),
    permissions=st.sets(st.sampled_from(PERMISSIONS)),
    location=st.fixed_dictionaries(
        {}, optional={"latitude": st.floats(-90, 90), "longitude": st.floats(-180, 180), "status": st.text(max_size=9)}
    ),
)
def test_whatever_is_chosen_the_event_keeps_to_the_document_and_can_be_read(
    text: str, permissions: set[str], location: dict[str, Any]
) -> None:
    app = create_app(thresholds=False)
    try:
        user = app.state.directory.users["owner"]
        body = {"name": "A", "hint": "h", "execution_type": "webhook", "execution_url": "http://127.0.0.1:1/"}
        action = json.loads(app.state.store.create(user, body))
        app.state.store.update_handler(user, action["id"], "execution_handler", {"permissions": sorted(permissions)})
        record = _choose_here(app, text, location)
    finally:
        app.state.close()
    EVENT.validate(record["event"])
    assert record["shown"]["kind"] == "unanswered"
    event = parse_event(json.dumps(record["event"]).encode())
    assert event.text == (text if "message" in permissions else "")
    assert event.location is None or event.location.status == location.get("status", event.location.status)
    assert parse_event(json.dumps(event.model.to_dict()).encode()) == type(event)(
        event.name, event.model, event.model.to_dict()
    )


def _choose_here(app: Any, text: str, location: dict[str, Any]) -> Any:
    import asyncio

    choose = app.state.parts["trigger"].choose
    return asyncio.run(
        choose("A", base_url="http://127.0.0.1", new_message={"text": text}, location=location or {"status": "granted"})
    )


def test_a_secret_in_the_url_reaches_the_webhook_and_no_record(
    webhook: Any, control: httpx.Client, make: Callable[..., Any], choose: Callable[..., Any]
) -> None:
    make(f"{webhook.url}?secret=hush-hush&a=b")
    record = choose()
    assert webhook.paths == ["/cliq?secret=hush-hush&a=b"]
    assert record["attempts"][0]["url"] == webhook.url
    assert "hush-hush" not in control.get("/deliveries").text + json.dumps(record)


def test_signatures_are_made_over_the_body_with_the_key_of_the_database(
    webhook: Any, control: httpx.Client, make: Callable[..., Any], choose: Callable[..., Any]
) -> None:
    control.post("/policies", json={"webhook_signature": "present"})
    make(webhook.url)
    choose()
    key: Any = load_pem_public_key(control.get("/signing-key").content)
    signature = base64.b64decode(webhook.headers[0]["x-cliq-signature"])
    key.verify(signature, webhook.bodies[0], padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        key.verify(signature, webhook.bodies[0] + b" ", padding.PKCS1v15(), hashes.SHA256())


def test_the_key_survives_a_restart_and_no_two_databases_share_one(tmp_path: Path) -> None:
    def key(path: Path) -> str:
        app = create_app(str(path))
        found: str = app.state.parts["trigger"].signer.public_key()
        app.state.close()
        return found

    first = key(tmp_path / "a.db")
    assert key(tmp_path / "a.db") == first
    assert key(tmp_path / "b.db") != first


# ---- what comes back


@pytest.mark.parametrize(
    ("answer", "kind", "text", "to"),
    [
        ({"text": "Filed as 4711"}, "message", "Filed as 4711", "everyone"),
        (
            {"text": "x", "card": {"title": "t", "theme": "modern-inline"}, "bot": {"name": "b"}},
            "message",
            "x",
            "everyone",
        ),
        ({"type": "banner", "status": "success", "text": "Filed"}, "banner", "Filed", "owner"),
        ({"type": "form_error", "text": "Look"}, "form_error", "Look", "owner"),
        (
            {
                "type": "form",
                "name": "n",
                "title": "Ticket",
                "inputs": [{"type": "text", "name": "a", "label": "A"}],
                "action": {"type": "invoke.function", "name": "f"},
            },
            "form",
            "Ticket",
            "owner",
        ),
    ],
)
def test_an_answer_appears_in_the_chat(
    answer: dict[str, Any], kind: str, text: str, to: str, webhook: Any, control: httpx.Client, make: Any, choose: Any
) -> None:
    webhook.answer = lambda event: output(answer)
    make(webhook.url)
    record = choose()
    assert (record["shown"]["kind"], record["shown"]["text"], record["shown"]["to"]) == (kind, text, to)
    (message,) = shown_in(control)
    assert message["sender"] == "Create Ticket"
    assert message["shown"] == record["shown"]
    assert message["shown"]["output"] == answer
    attempt = record["attempts"][0]
    assert (attempt["number"], attempt["status"], len(record["attempts"])) == (1, 200, 1)
    assert attempt["milliseconds"] > 0
    assert control.get("/deliveries").json()["deliveries"] == [record]


def test_an_empty_output_shows_nothing(webhook: Any, control: httpx.Client, make: Any, choose: Any) -> None:
    webhook.answer = lambda event: output({})
    make(webhook.url)
    assert choose()["shown"]["kind"] == "nothing"
    assert shown_in(control) == []


BAD: dict[str, tuple[tuple[int, dict[str, str], bytes] | bytes, str, str]] = {
    "no json": ((200, JSON, b"Filed"), "wrong", "not valid JSON"),
    "no content type": ((200, {}, b'{"output": {"text": "x"}}'), "wrong", "Content-Type is missing"),
    "html": ((200, {"Content-Type": "text/html"}, b"<p>"), "wrong", "text/html"),
    "empty": ((200, JSON, b""), "wrong", "not valid JSON"),
    "no output": ((200, JSON, b'{"text": "x"}'), "wrong", "`output`"),
    "a list": ((200, JSON, b"[]"), "wrong", "`output`"),
    "output is text": ((200, JSON, b'{"output": "x"}'), "wrong", "output: must be an object"),
    "unknown type": (output({"type": "poem"}), "wrong", "output.type"),
    "type is a list": (output({"type": ["banner"]}), "wrong", "output.type"),
    "no text": (output({"card": {"title": "t", "theme": "poll"}}), "wrong", "text"),
    "long text": (output({"text": "x" * 10_001}), "wrong", "output.text"),
    "bad banner": (output({"type": "banner", "status": "maybe", "text": "x"}), "wrong", "output.status"),
    "bad button": (output({"text": "x", "buttons": [{"label": "x" * 21}]}), "wrong", "output.buttons[0]"),
    "bad form": (output({"type": "form", "name": "n"}), "wrong", "title"),
    "NaN": ((200, JSON, b'{"output": {"text": NaN}}'), "wrong", "not valid JSON"),
    "deep": ((200, JSON, b'{"output":' + b"[" * 100_000), "wrong", "not valid JSON"),
    "404": ((404, JSON, b"{}"), "unanswered", "status 404"),
    "500": ((500, JSON, b"{}"), "unanswered", "status 500"),
    "204": ((204, {}, b""), "unanswered", "status 204"),
    "redirect": (
        (302, {"Location": "http://169.254.169.254/"}, b""),
        "unanswered",
        "redirect (302), which is not followed",
    ),
    "no http": (b"hello\r\n\r\n", "unanswered", "not complete, valid HTTP"),
    "nothing at all": (b"", "unanswered", "connection was lost"),
    "cut off": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "unanswered", "not complete, valid HTTP"),
    "endless head": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000, "unanswered", "not complete, valid HTTP"),
    "huge": ((200, JSON, b"x" * (1024 * 1024 + 1)), "unanswered", "longer than"),
    "huge by parts": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10000\r\n%s\r\n" % (b"x" * 65536) * 20,
        "unanswered",
        "longer than",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_shown_as_what_is_wrong_with_it(
    name: str, webhook: Any, control: httpx.Client, make: Any, choose: Any
) -> None:
    answer, kind, said = BAD[name]
    webhook.answer = lambda event: answer
    make(webhook.url)
    record = choose()
    assert record["shown"]["kind"] == kind
    assert said in record["shown"]["text"]
    assert len(record["shown"]["text"]) < 1000
    (message,) = shown_in(control)
    assert message["shown"]["to"] == "owner"
    assert message["text"] == record["shown"]["text"]
    assert len(webhook.got) == 1


def test_undocumented_limits_are_policies(webhook: Any, control: httpx.Client, make: Any, choose: Any) -> None:
    webhook.answer = lambda event: output({"type": "banner", "status": "success", "text": "x" * 51})
    make(webhook.url)
    assert choose()["shown"]["kind"] == "banner"
    control.post("/policies", json={"banner_text_limit": 50})
    assert "banner_text_limit" in choose()["shown"]["text"]
    field = {"type": "date", "name": "d", "label": "D"}
    action = {"type": "invoke.function", "name": "f"}
    form = {"type": "form", "name": "n", "title": "t", "inputs": [field, field], "action": action}
    webhook.answer = lambda event: output(form)
    for limit, kind in ((0, "form"), (2, "form"), (1, "wrong")):
        control.post("/policies", json={"form_inputs_limit": limit})
        assert choose()["shown"]["kind"] == kind


def test_an_unreachable_webhook_is_reported(make: Any, choose: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    make(f"http://127.0.0.1:{port}/")
    assert "cannot connect to" in choose()["shown"]["text"]


# ---- slow webhooks, deferred answers


def wait_for(good: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 5
    while not good():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def held(webhook: Any) -> Iterator[threading.Event]:
    """Yield an event; the webhook responds only after it is set."""
    release = threading.Event()

    def answer(event: dict[str, Any]) -> Any:
        release.wait(10)
        return output({"text": "late"})

    webhook.answer = answer
    yield release
    release.set()


def test_a_slow_webhook_times_out_and_may_answer_later(
    held: threading.Event, webhook: Any, control: httpx.Client, make: Any, choose: Any
) -> None:
    control.post("/policies", json={"webhook_timeout_ms": 50})
    make(webhook.url)
    start = time.monotonic()
    record = choose()
    assert time.monotonic() - start < 5
    assert (record["shown"]["kind"], record["shown"]["text"]) == ("unanswered", "no response within 0.05 s")
    held.set()
    answer = httpx.post(webhook.got[0]["response_url"], json={"output": {"text": "at last"}})
    assert (answer.status_code, answer.json()) == (200, {"status": "shown", "kind": "message"})
    assert [message["text"] for message in shown_in(control)] == ["no response within 0.05 s", "at last"]
    assert shown_in(control)[1]["shown"]["deferred"] is True
    assert control.get("/deliveries").json()["deliveries"][0]["deferred"]["text"] == "at last"


def test_fifteen_seconds_are_the_default(mock: MockServer) -> None:
    assert mock.app.state.policies.webhook_timeout_ms == 15_000
    assert mock.app.state.policies.webhook_retries == 0
    assert mock.app.state.policies.response_url_seconds == 600


def test_a_deferred_answer_may_come_before_the_answer(
    held: threading.Event, webhook: Any, control: httpx.Client, make: Any, choose: Any
) -> None:
    make(webhook.url)
    records: list[Any] = []
    chooser = threading.Thread(target=lambda: records.append(choose()))
    chooser.start()
    wait_for(lambda: webhook.got)
    assert httpx.post(webhook.got[0]["response_url"], json={"output": {"text": "early"}}).status_code == 200
    held.set()
    chooser.join()
    assert [message["text"] for message in shown_in(control)] == ["early", "late"]
    (record,) = control.get("/deliveries").json()["deliveries"]
    assert (record["deferred"]["text"], record["shown"]["text"]) == ("early", "late")
    assert records == [record]


def test_nothing_of_a_delivery_is_left_after_a_reset_in_the_middle_of_it(
    held: threading.Event, mock: MockServer, webhook: Any, control: httpx.Client, make: Any, choose: Any
) -> None:
    make(webhook.url)
    records: list[Any] = []
    chooser = threading.Thread(target=lambda: records.append(choose()))
    chooser.start()
    wait_for(lambda: webhook.got)
    mock.reset()
    held.set()
    chooser.join()
    assert "shown" not in records[0]
    assert shown_in(control) == []
    assert control.get("/deliveries").json()["deliveries"] == []
    assert httpx.post(webhook.got[0]["response_url"], json={"output": {}}).status_code == 404
    webhook.answer = lambda event: output({"text": "new"})
    make(webhook.url)
    assert choose()["id"] > records[0]["id"]


def test_a_response_url_is_good_once_and_for_ten_minutes(
    webhook: Any, control: httpx.Client, make: Any, choose: Any
) -> None:
    control.post("/clock", json={"freeze": 1_795_421_600})
    make(webhook.url)
    answer = {"output": {"type": "banner", "status": "success", "text": "x"}}
    for advance, status, said in ((599, 200, "banner"), (0, 410, "used")):
        if status == 200:
            choose()
        control.post("/clock", json={"advance": advance})
        reply = httpx.post(webhook.got[0]["response_url"], json=answer)
        assert (reply.status_code, said in reply.text) == (status, True)
    choose()
    control.post("/clock", json={"advance": 600})
    reply = httpx.post(webhook.got[1]["response_url"], json=answer)
    assert (reply.status_code, "expired" in reply.text) == (410, True)
    unknown = webhook.got[1]["response_url"].rpartition("/")[0] + "/nonsense"
    assert httpx.post(unknown, json=answer).status_code == 404
    assert httpx.get(webhook.got[1]["response_url"]).status_code == 405
    control.post("/policies", json={"response_url_seconds": 5})
    choose()
    control.post("/clock", json={"advance": 5})
    assert httpx.post(webhook.got[2]["response_url"], json=answer).status_code == 410


def test_only_one_of_many_concurrent_deferred_answers_is_accepted(
    webhook: Any, control: httpx.Client, make: Any, choose: Any
) -> None:
    make(webhook.url)
    url = choose()["event"]["response_url"]
    statuses: list[int] = []

    def answer() -> None:
        statuses.append(httpx.post(url, json={"output": {"text": "me"}}).status_code)

    threads = [threading.Thread(target=answer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [410] * 7
    assert [message["text"] for message in shown_in(control)] == ["ok", "me"]


def test_a_bad_deferred_answer_is_reported_to_both_sides(
    webhook: Any, control: httpx.Client, make: Any, choose: Any
) -> None:
    make(webhook.url)
    for sent, headers in ((b'{"output": {"text": ""}}', JSON), (b"{", JSON), (b'{"output": {}}', {})):
        url = choose()["event"]["response_url"]
        reply = httpx.post(url, content=sent, headers=headers)
        assert reply.status_code == 400
        assert reply.json()["problems"]
        assert shown_in(control)[-1]["shown"]["kind"] == "wrong"
    assert httpx.post(choose()["event"]["response_url"], content=b"x" * 1_048_577, headers=JSON).status_code == 413


# ---- events without a choice


def test_an_event_is_sent_to_an_action_without_a_choice(
    mock: MockServer, webhook: Any, control: httpx.Client, make: Any
) -> None:
    make(webhook.url)
    place = control.post("/chats", json={"members": ["owner"], "title": "#desk"}).json()["id"]
    event = {"name": "Create Ticket", "response_url": "old", "timestamp": 1, "params": {"access": {"chat_id": place}}}
    delivery = mock.send_event("Create Ticket", event)
    assert (delivery.text, delivery.user, delivery.chat, delivery.messages) == ("ok", "owner", place, ())
    [got] = webhook.got
    assert got == {**event, "response_url": got["response_url"], "timestamp": got["timestamp"]}
    assert got["response_url"].startswith(f"{mock.control_url}/responses/")
    assert got["timestamp"] > 1
    assert [message.text for message in mock.messages(place)] == ["ok"]
    for access in ({"chat_id": "CT_unknown"}, {"chat_id": ["x"]}, None):
        other = mock.send_event("Create Ticket", {"params": {"access": access}}, user="colleague")
        assert (other.user, other.chat) == ("colleague", mock.chats()[0].id)


def test_an_event_is_given_to_a_script(mock: MockServer, write_script: Any) -> None:
    write_script('return {"text":"of " + message.get("text")};')
    params = {"message": {"text": "fire"}}
    assert mock.send_event("Script", {"params": params}).text == "of fire"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"action": "Create Ticket"}, 400, "action and event: must be the name or id of a message action"),
        ({"action": 1, "event": {}}, 400, "action and event"),
        ({"action": "Create Ticket", "event": {"params": {}}, "user": 1}, 400, "action and event"),
        ({"action": "Create Ticket", "event": {}}, 400, "event: must have the object params"),
        ({"action": "Other", "event": {"params": {}}}, 404, "owner sees no message action 'Other'"),
        ({"action": "Create Ticket", "event": {"params": {}}, "user": "nobody"}, 404, "unknown user 'nobody'"),
        ({"action": "Create Ticket", "event": {"params": {}}, "more": 1}, 400, "the body may have action, event, user"),
    ],
    ids=str,
)
def test_an_event_that_cannot_be_sent(
    control: httpx.Client, webhook: Any, make: Any, body: dict[str, Any], status: int, message: str
) -> None:
    make(webhook.url)
    answer = control.post("/deliveries", json=body)
    assert (answer.status_code, webhook.got) == (status, [])
    assert message in answer.json()["message"]


def test_a_user_without_a_chat_cannot_send_an_event() -> None:
    with MockServer(thresholds=False) as mock:
        mock.reseed({**mock.seed(), "chats": [], "actions": [{**NEEDED, "creator": "owner", "name": "A", "hint": "h"}]})
        with pytest.raises(ControlFailed, match="owner is not a member of any chat"):
            mock.send_event("A", {"params": {}})


def test_deliveries_after_one_are_asked_for_and_a_reset_is_told(
    mock: MockServer, webhook: Any, control: httpx.Client, make: Any
) -> None:
    make(webhook.url)
    first, second = (mock.send_event("Create Ticket", {"params": {}}) for _ in range(2))
    assert mock.deliveries(after=first.id) == [second]
    assert mock.deliveries(after=second.id) == []
    for wrong in ("-1", "x", "1" * 19):
        assert control.get(f"/deliveries?after={wrong}").status_code == 400
    before = control.get("/deliveries").json()["epoch"]
    mock.reset()
    assert control.get("/deliveries").json()["epoch"] != before
    mock.snapshot()
    before = control.get("/deliveries").json()["epoch"]
    mock.restore()
    assert control.get("/deliveries").json()["epoch"] != before


# ---- again


def test_a_retry_is_sent_exactly_when_the_mocks_clock_says(
    webhook: Any, control: httpx.Client, make: Any, choose: Any
) -> None:
    control.post("/policies", json={"webhook_retries": 2, "webhook_retry_seconds": 60})
    control.post("/clock", json={"freeze": True})
    answers = iter([(500, JSON, b"{}"), (503, JSON, b"{}"), output({"text": "third time lucky"})])
    webhook.answer = lambda event: next(answers)
    make(webhook.url)
    record = choose()
    assert "shown" not in record
    assert record["attempts"][0]["retry_at"] == pytest.approx(control.get("/clock").json()["now"] + 60)
    for attempts in (2, 3):
        control.post("/clock", json={"advance": 59.9})
        time.sleep(0.12)  # longer than two polls of the clock
        assert len(webhook.got) == attempts - 1
        control.post("/clock", json={"advance": 0.2})
        record = until(control, lambda found, wanted=attempts: len(found["attempts"]) == wanted)
    assert record["shown"]["text"] == "third time lucky"
    assert webhook.bodies == [webhook.bodies[0]] * 3
    assert [attempt["status"] for attempt in record["attempts"]] == [500, 503, 200]
    assert len(shown_in(control)) == 1


def until(control: httpx.Client, good: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        (record,) = control.get("/deliveries").json()["deliveries"]
        if good(record):
            return record
        time.sleep(0.01)
    raise AssertionError(f"it did not happen: {record}")


def test_a_slow_retry_does_not_hold_up_others(webhook: Any, control: httpx.Client, make: Any, choose: Any) -> None:
    release = threading.Event()
    first: set[str] = set()

    def answer(event: dict[str, Any]) -> Any:
        if event["name"] not in first:
            first.add(event["name"])
            return 500, JSON, b"{}"
        if event["name"] == "Slow":
            release.wait(10)
        return output({"text": event["name"]})

    control.post("/policies", json={"webhook_retries": 1, "webhook_retry_seconds": 60})
    webhook.answer = answer
    for name in ("Slow", "Quick"):
        make(webhook.url, name=name)
        choose(name)
    control.post("/clock", json={"advance": 61})
    wait_for(lambda: shown_in(control))
    assert [message["text"] for message in shown_in(control)] == ["Quick"]
    release.set()
    wait_for(lambda: len(shown_in(control)) == 2)


def test_a_refused_address_or_a_4xx_is_not_retried(webhook: Any, control: httpx.Client, make: Any, choose: Any) -> None:
    control.post("/policies", json={"webhook_retries": 2, "webhook_retry_seconds": 0})
    webhook.answer = lambda event: (404, JSON, b"{}")
    make(webhook.url)
    make("http://169.254.169.254/", name="Elsewhere")
    assert len(choose()["attempts"]) == 1
    assert len(choose("Elsewhere")["attempts"]) == 1
    time.sleep(0.12)
    assert len(webhook.got) == 1


def test_the_event_of_a_deleted_action_is_not_sent_again(
    webhook: Any, control: httpx.Client, cliq: Cliq, make: Any, choose: Any
) -> None:
    control.post("/policies", json={"webhook_retries": 1, "webhook_retry_seconds": 0})
    control.post("/clock", json={"freeze": True})
    control.post("/policies", json={"webhook_retry_seconds": 60})
    webhook.answer = lambda event: (500, JSON, b"{}")
    action = make(webhook.url)
    choose()
    cliq.message_actions.delete(action.id)
    control.post("/clock", json={"advance": 61})
    assert "was deleted" in until(control, lambda found: "shown" in found)["shown"]["text"]
    assert len(webhook.got) == 1


def test_a_retry_survives_a_restart(tmp_path: Path, webhook: Any) -> None:
    policies = {"webhook_retries": 1, "webhook_retry_seconds": 1}
    webhook.answer = lambda event: (500, JSON, b"{}") if len(webhook.got) == 1 else output({"text": "ok"})
    now = 1_795_421_600.0
    with MockServer(str(tmp_path / "mock.db"), policies=policies, clock=lambda: now) as server:
        with Cliq("1000.owner", base_url=server.url) as cliq:
            cliq.message_actions.create(name="A", hint="h", execution_type="webhook", execution_url=webhook.url)
        with _control(server) as control:
            assert "shown" not in control.post("/trigger", json={"action": "A", "text": "x"}).json()
    again = MockServer(str(tmp_path / "mock.db"), policies=policies, clock=lambda: now + 2)
    with again as server, _control(server) as control:
        record = until(control, lambda found: "shown" in found)
    assert record["shown"]["text"] == "ok"
    assert webhook.bodies[0] == webhook.bodies[1]


def _control(server: MockServer) -> httpx.Client:
    return httpx.Client(base_url=server.control_url, headers={"Authorization": f"Bearer {server.control_token}"})


# ---- what is not a webhook, and not there


def test_a_stub_takes_precedence_over_the_script_of_a_deluge_action(
    mock: MockServer, control: httpx.Client, cliq: Cliq, choose: Any
) -> None:
    action = cliq.message_actions.create(name="Script", hint="h")
    record = choose("Script")
    assert record["shown"]["kind"] == "not_executed"
    assert record["shown"]["text"] == "this Deluge action has no script yet"
    assert record["attempts"] == []
    cliq.message_actions.update_handler(action.id, script='return {"text": "from the script"};')
    assert choose("Script")["shown"]["text"] == "from the script"
    stubs = mock.app.state.parts["trigger"].stubs
    stubs["Script"] = lambda event: {"output": {"text": f"Filed: {event['params']['message']['text']}"}}
    assert choose("Script")["shown"]["text"] == "Filed: printer on fire"
    assert control.get("/state").json()["trigger"]["stubs"] == ["Script"]
    stubs["Script"] = lambda event: {"text": "wrong"}
    assert choose("Script")["shown"]["kind"] == "wrong"
    stubs["Script"] = lambda event: 1 / 0
    assert "ZeroDivisionError" in choose("Script")["shown"]["text"]
    mock.reset()
    assert stubs == {}


def test_only_what_is_offered_can_be_chosen(webhook: Any, make: Any, choose: Any) -> None:
    make(webhook.url, message_types=["link"])
    assert "not offered" in choose(status=409)["message"]
    assert "sees no message action" in choose("Another", status=404)["message"]
    assert "sees no message action" in choose(user="outsider", status=404)["message"]
    assert webhook.got == []
