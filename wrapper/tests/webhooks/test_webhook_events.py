"""Events are read tolerantly: what is there is given, what is broken is left out, nothing but a name is needed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zoho_cliq.webhooks import UnreadableEvent, parse_event
from zoho_cliq_api import contract

EXAMPLE: dict[str, Any] = contract.document()["webhooks"]["message_action"]["post"]["requestBody"]["content"][
    "application/json"
]["examples"]["text"]["value"]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def body(**changes: Any) -> bytes:
    return json.dumps({**EXAMPLE, **changes}).encode()


def test_an_event_gives_what_came() -> None:
    event = parse_event(body())
    assert event.name == "Send to desk"
    assert event.user is not None
    assert event.user.email == "ada@example.com"
    assert event.message is not None
    assert event.message.sender.last_name == "Byron"
    assert event.text == "The printer is on fire"
    assert len(event.messages) == 1
    assert event.access is not None
    assert event.access.chat_id == "CT_1001_48210"
    assert event.environment is not None
    assert event.environment.tld == ".com"
    assert event.sent_at is not None
    assert event.sent_at.timestamp() * 1000 == EXAMPLE["timestamp"]
    assert (event.chat, event.location, list(event.attachments), list(event.mentions)) == (None, None, [], [])
    assert event.raw == EXAMPLE


def test_several_messages_and_files_are_given() -> None:
    params = {
        "messages": {"count": 2, "list": [{"text": "one", "id": "1 2"}, {"text": "two"}]},
        "attachments": [{"id": "9", "name": "a.pdf", "url": "https://cliq.zoho.com/a"}],
        "location": {"latitude": 1, "longitude": -2.5, "accuracy": 30, "status": "granted"},
        "chat": {"id": "CD_1", "members": [{"id": "7"}]},
    }
    event = parse_event(body(params=params))
    assert [message.text for message in event.messages] == ["one", "two"]
    assert event.text == "one"
    assert event.attachments[0].name == "a.pdf"
    assert event.location is not None
    assert event.location.longitude == -2.5
    assert event.chat is not None
    assert event.chat.members[0].id == "7"


@pytest.mark.parametrize(
    "changes",
    [
        {"params": None},
        {"params": []},
        {"handler": None},
        {"handler": {"type": None}},
        {"type": 3},
        {"timestamp": "soon"},
        {"timestamp": 10**30},
        {"response_url": None},
        {"params": {"message": None, "messages": None, "user": "ada", "chat": 3}},
        {"params": {"messages": {"count": "many", "list": [None, "x", {"text": "kept"}]}}},
        {"params": {"message": {"sender": None, "time": 1493707283711, "text": None}}},
        {"params": {"new": {"deeply": ["unknown"]}}, "also": "unknown"},
    ],
)
def test_what_cannot_be_read_is_left_out(changes: dict[str, Any]) -> None:
    event = parse_event(body(**changes))
    assert event.name == "Send to desk"
    assert event.user is None or event.user.email == "ada@example.com"
    assert isinstance(event.text, str)
    assert event.sent_at is None or event.sent_at.year > 2000


def test_numbers_and_texts_are_taken_for_each_other() -> None:
    params = {"user": {"id": 70021945}, "message": {"time": 1493707283711}}
    event = parse_event(body(params=params, timestamp="1795421600000"))
    assert event.user is not None
    assert event.user.id == "70021945"
    assert event.message is not None
    assert event.message.time == "1493707283711"
    assert event.sent_at is not None


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ({"first_name": "Ada", "last_name": "Byron"}, "Ada Byron"),
        ({"first_name": "Ada"}, "Ada"),
        ({"first_name": "", "last_name": "Byron"}, "Byron"),
        ({"id": "1"}, ""),
        (None, ""),
    ],
)
def test_the_name_of_a_person_is_what_there_is_of_it(user: Any, name: str) -> None:
    assert parse_event(body(params={"user": user})).user_name == name


@pytest.mark.parametrize(("sent", "read"), [("48.2", 48.2), ("-16", -16), (48.2, 48.2), ("1e5", None), ("north", None)])
def test_a_place_is_read_from_numbers_and_from_decimal_texts(sent: Any, read: float | None) -> None:
    location = parse_event(body(params={"location": {"latitude": sent, "status": "granted"}})).location
    assert location is not None
    assert location.status == "granted"
    assert (location.latitude or None) == read


@pytest.mark.parametrize(("sent", "read"), [(2048.0, 2048), ("2048", 2048), (2048.5, None), ("2048.5", None)])
def test_whole_numbers_come_as_int_however_they_are_written(sent: Any, read: int | None) -> None:
    (attachment,) = parse_event(body(params={"attachments": [{"name": "a.pdf", "size": sent}]})).attachments
    assert attachment.name == "a.pdf"
    assert (attachment.size or None) == read
    assert isinstance(attachment.size, int) is (read is not None)


@pytest.mark.parametrize(
    "unreadable",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"name": ""}',
        b'{"name": null}',
        b'{"name": ["x"]}',
        b"[" * 100_000,
        b"9" * 5000,
    ],
)
def test_a_body_that_is_not_an_event_is_unreadable(unreadable: bytes) -> None:
    with pytest.raises(UnreadableEvent):
        parse_event(unreadable)


def test_the_representation_shows_no_person_text_or_address() -> None:
    event = parse_event(body())
    assert repr(event) == "Event(name='Send to desk')"


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inner for found in _paths(item, (*path, key)))]


@settings(derandomize=True, database=None, max_examples=150, deadline=None)
@given(st.sampled_from(_paths(EXAMPLE)[1:]), JSON, st.booleans())
def test_no_change_anywhere_in_an_event_raises_anything_but_unreadable(
    path: tuple[Any, ...], value: Any, remove: bool
) -> None:
    changed = json.loads(json.dumps(EXAMPLE))
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    if remove:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    try:
        event = parse_event(json.dumps(changed).encode())
    except UnreadableEvent:
        assert path == ("name",)
        return
    for part in ("user", "chat", "location", "message", "messages", "mentions", "attachments", "access", "sent_at"):
        getattr(event, part)
    assert isinstance(event.text, str)
    json.dumps(event.model.to_dict())


def test_what_should_be_a_list_and_is_not_is_left_out() -> None:
    event = parse_event(body(params={"mentions": "everybody", "messages": {"count": 1, "list": {"text": "no list"}}}))
    assert list(event.messages) == []
