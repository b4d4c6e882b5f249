"""Answers are read tolerantly and exactly.

What is new never stops a call, and a model never holds what its types rule out.
"""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pytest
from cliq_fakes import Scripted, action, enveloped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zoho_cliq import Cliq, DelugeHandler, MessageAction, UnreadableAction, UnsetHandler, WebhookHandler, errors
from zoho_cliq._operations import Operations
from zoho_cliq._schema.drift import Drift
from zoho_cliq._schema.reading import Note, Reader, Shapes
from zoho_cliq._schema.validation import Rules
from zoho_cliq._types import RawResponse
from zoho_cliq.message_actions.resource import Calls
from zoho_cliq_api.contract import OPERATIONS, document
from zoho_cliq_api.types import UNSET, Unset

DOCUMENT = document()
SHOWN = DOCUMENT["components"]["schemas"]["MessageAction"]["properties"]
TEXT = next(name for name in ("hint", "status", "type", "name") if SHOWN[name].get("type") == "string")
"""A field that is a text, and never null."""


def read_action(cliq: Cliq, server: Scripted, data: Any, status: int = 200, **more: Any) -> MessageAction:
    server.answer(httpx.Response(status, json={"url": "/x", "type": "messageaction", "data": data, **more}))
    return cliq.message_actions.get("5")


def test_what_is_new_is_kept(cliq: Cliq, server: Scripted) -> None:
    found = read_action(cliq, server, action(5, scope="galaxy", colour="red", message_types=["text", "poll"]), extra={})
    assert found.scope == "galaxy"
    assert found.message_types == ["text", "poll"]
    assert found["colour"] == "red"


def test_null_is_the_empty_value_or_absent(cliq: Cliq, server: Scripted) -> None:
    nulls = dict.fromkeys([TEXT, "handlers", "creator", "multi_selectable", "team_ids", "scope", "execution_url"])
    found = read_action(cliq, server, action(5, **nulls))
    assert (getattr(found, TEXT), found.handlers, found.multi_selectable, found.scope) == ("", [], False, "")
    creator = found.creator and (found.creator.id, found.creator.name)
    assert creator == (None if "anyOf" in SHOWN["creator"] else ("", ""))
    assert "creator" in found.to_dict()
    assert not found.team_ids
    assert not found.execution_url
    assert "team_ids" not in found.to_dict()


NO_ACTION: list[Any] = [None, {}, [], "text", 5, action(5, id=None), action(5, id=48210000000417001)]
NO_ACTION += [{name: value for name, value in action(5).items() if name != "id"}]


@pytest.mark.parametrize("data", NO_ACTION)
def test_an_answer_without_its_essentials_is_a_decode_error_with_the_body(
    cliq: Cliq, server: Scripted, data: Any
) -> None:
    with pytest.raises(errors.DecodeError) as caught:
        read_action(cliq, server, data)
    assert caught.value.status == 200
    assert caught.value.operation == "get_message_action"
    assert json.loads(caught.value.body)["data"] == data
    assert type(caught.value) is errors.DecodeError


ODD: list[dict[str, Any]] = [
    {"name": ["a"]},
    {"handlers": {}},
    {"handlers": [None, 5]},
    {"creator": "Ada"},
    {"message_types": [["text"]]},
    {"message_types": {}},
    {"scope": []},
    {"scope": {}},
    {"multi_selectable": "yes"},
    {"team_ids": ["a"]},
    {"id": "no number"},
]


@pytest.mark.parametrize("changes", ODD)
def test_a_value_of_the_wrong_type_is_kept_as_it_came(cliq: Cliq, server: Scripted, changes: dict[str, Any]) -> None:
    found = read_action(cliq, server, action(5, **changes))
    for name, value in changes.items():
        assert getattr(found, name) == value
    assert found.to_dict() == action(5, **changes)
    assert cliq.message_actions.get("5") == found
    assert "MessageAction(" in repr(found)


@pytest.mark.parametrize("name", [name for name in action(5) if name != "id"])
def test_a_missing_field_is_unset(cliq: Cliq, server: Scripted, name: str, caplog: pytest.LogCaptureFixture) -> None:
    data = {key: value for key, value in action(5).items() if key != name}
    for _ in range(2):
        found = read_action(cliq, server, data)
        value = getattr(found, "type_" if name == "type" else name)
        assert value is UNSET
        assert (repr(value), bool(value), Unset() is value) == ("UNSET", False, True)
        assert found.to_dict() == data
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == [f"an answer has no {name}, at $.components.schemas.MessageAction of the document"]


@pytest.mark.parametrize("name", ["url", "type"])
def test_an_envelope_is_read_if_it_has_data(cliq: Cliq, server: Scripted, name: str) -> None:
    envelope = {"url": "/x", "type": "m", "data": action(5)}
    del envelope[name]
    server.answer(httpx.Response(200, json=envelope))
    assert cliq.message_actions.get("5").id == "5"
    server.answer(httpx.Response(200, json={**envelope, "data": [action(5)]}))
    assert [entry.id for entry in cliq.message_actions.list()] == ["5"]


@pytest.mark.parametrize("data", ["missing", None, {}, "text", 5])
def test_a_listing_needs_a_list(cliq: Cliq, server: Scripted, data: Any) -> None:
    envelope = {"url": "/x", "type": "m", "data": data}
    if data == "missing":
        del envelope["data"]
    server.answer(httpx.Response(200, json=envelope))
    with pytest.raises(errors.DecodeError, match="data is "):
        list(cliq.message_actions.list())


def test_an_entry_that_cannot_be_read_stays_in_its_page(
    cliq: Cliq, server: Scripted, make: Callable[..., Cliq]
) -> None:
    broken: list[Any] = [None, 5, "text", ["a"], {"name": "No id", "colour": "red"}, action(7, id=7)]
    server.answer(enveloped([action(1), *broken, action(2)]))
    found = list(cliq.message_actions.list())
    assert [entry.id for entry in (found[0], found[-1])] == ["1", "2"]
    entries = found[1:-1]
    assert all(isinstance(entry, UnreadableAction) for entry in entries)
    assert [entry.raw for entry in entries if isinstance(entry, UnreadableAction)] == broken
    assert (entries[4].name, entries[4].id, entries[4]["colour"]) == ("No id", UNSET, "red")
    assert entries[5].id == 7
    assert repr(entries[0]) == "UnreadableAction(None)"
    assert copy.deepcopy(entries) == pickle.loads(pickle.dumps(entries)) == entries
    assert entries[0] != entries[1]
    with pytest.raises(errors.DecodeError):
        list(make(strict=True).message_actions.list())


def test_what_says_whether_another_page_follows_is_never_lost(cliq: Cliq, server: Scripted) -> None:
    server.answer(enveloped([action(1)], next_token=17), enveloped([action(2)], next_token=None, total_count="two"))
    assert [entry.id for entry in cliq.message_actions.list()] == ["1", "2"]
    assert server.requests[-1].url.params["next_token"] == "17"
    server.answer(enveloped([action(1)], next_token={"a": 1}))
    with pytest.raises(errors.DecodeError, match="next_token"):
        list(cliq.message_actions.list())


def test_an_answer_without_content_is_an_empty_listing(cliq: Cliq, server: Scripted) -> None:
    server.answer(httpx.Response(204))
    assert list(cliq.message_actions.list()) == []


@pytest.mark.parametrize("content", [b"<html>", b"{}", b'{"data": 5}', b'{"data": {"name": "no id"}}'])
def test_an_unreadable_answer_to_a_change_says_that_the_change_happened(
    cliq: Cliq, server: Scripted, content: bytes
) -> None:
    changes: list[Callable[[], object]] = [
        lambda: cliq.message_actions.create(name="a", hint="b"),
        lambda: cliq.message_actions.update("5", name="a"),
    ]
    for change in changes:
        server.answer(httpx.Response(200, content=content))
        with pytest.raises(errors.DecodeError, match="the server has carried out the change"):
            change()
    server.answer(httpx.Response(200, content=content))
    with pytest.raises(errors.DecodeError) as caught:
        cliq.message_actions.get("5")
    assert "carried out" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/json"),
        (b"<html>", "text/html"),
        (b'{"data": [', "application/json"),
        (b"\xff", "application/json"),
        (b"null", "application/json"),
        (b"[" * 200_000, "application/json"),
        (b'{"a":' * 200_000, "application/json"),
        (b'{"url": 1' + b"0" * 5000 + b"}", "application/json"),
    ],
)
def test_a_body_that_is_not_json_is_a_decode_error(cliq: Cliq, server: Scripted, content: bytes, kind: str) -> None:
    server.answer(httpx.Response(200, content=content, headers={"content-type": kind}))
    for work in (lambda: cliq.message_actions.get("5"), lambda: list(cliq.message_actions.list())):
        with pytest.raises(errors.DecodeError) as caught:
            work()
        assert caught.value.body == content


def test_deeply_nested_answer_is_a_decode_error(cliq: Cliq, server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(*arguments: object) -> Any:
        raise RecursionError

    monkeypatch.setattr(Reader, "_built", deep)
    with pytest.raises(errors.DecodeError, match="nested too deeply"):
        read_action(cliq, server, action(5, colour="red"))


def test_json_with_another_content_type_is_read(cliq: Cliq, server: Scripted) -> None:
    body = json.dumps({"url": "", "type": "", "data": action(5)})
    server.answer(httpx.Response(201, content=body, headers={"content-type": "text/plain"}))
    assert cliq.message_actions.get("5").id == "5"


def test_delete_needs_no_body(cliq: Cliq, server: Scripted) -> None:
    for status, body in ((204, b""), (200, b"{}"), (202, b"")):
        server.answer(httpx.Response(status, content=body))
        cliq.message_actions.delete("5")
    assert {note.detail for note in cliq._operations.drift.counts()} == {"200", "202"}
    server.answer(httpx.Response(200, content=b"<html>"))
    with pytest.raises(errors.DecodeError):
        cliq.message_actions.delete("5")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"function_id": "1", "name": "e", "script": None}, UnsetHandler),
        ({"function_id": "1", "name": "e", "script": "x", "permissions": None}, DelugeHandler),
        ({"function_id": "1", "name": "e", "permissions": []}, WebhookHandler),
        ({"function_id": "1", "name": "e", "permissions": ["chat", "all"], "new": 1}, WebhookHandler),
        ({"function_id": "1", "name": "e"}, UnsetHandler),
    ],
)
def test_handlers(cliq: Cliq, server: Scripted, data: Any, kind: type) -> None:
    server.answer(enveloped(data))
    assert type(cliq.message_actions.get_handler("5")) is kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({}, UnsetHandler),
        ({"function_id": 1, "name": "e"}, UnsetHandler),
        ({"script": "x"}, DelugeHandler),
        ({"function_id": "1", "name": "e", "script": 5}, DelugeHandler),
        ({"permissions": 5, "name": None}, WebhookHandler),
    ],
)
def test_handlers_with_a_field_missing_or_odd(cliq: Cliq, server: Scripted, data: Any, kind: type) -> None:
    server.answer(enveloped(data))
    found = cliq.message_actions.get_handler("5")
    assert type(found) is kind
    assert found.to_dict() == {name: value for name, value in data.items() if value is not None}


@pytest.mark.parametrize("data", [None, 5, []])
def test_unreadable_handlers_are_decode_errors(cliq: Cliq, server: Scripted, data: Any) -> None:
    server.answer(enveloped(data))
    with pytest.raises(errors.DecodeError):
        cliq.message_actions.get_handler("5")


@pytest.mark.parametrize("changes", [{"scope": "galaxy"}, {"colour": "red"}, {TEXT: None}, {"team_ids": None}])
def test_strict_makes_every_difference_an_error(make: Callable[..., Cliq], server: Scripted, changes: Any) -> None:
    strict = make(strict=True)
    assert read_action(strict, server, action(5)).id == "5"
    with pytest.raises(errors.DecodeError, match="strict"):
        read_action(strict, server, action(5, **changes))
    assert read_action(strict.with_options(strict=False), server, action(5, **changes)).id == "5"


def test_a_null_that_the_document_allows_is_no_difference() -> None:
    text = {"type": ["string", "null"]}
    either = {"anyOf": [{"$ref": "#/components/schemas/Person"}, {"type": "null"}]}
    many = {"type": ["array", "null"], "items": text}
    schema = {"type": "object", "required": ["hint"], "properties": {"hint": text, "creator": either, "tags": many}}
    reader = Reader(Rules({"Person": {"type": "object", "properties": {}}}), Shapes({}, {}, {}, UNSET))
    notes: list[Note] = []
    for value in ({"hint": None, "creator": None, "tags": None}, {"hint": "h", "tags": ["a", None]}):
        assert reader._built(value, schema, "$", "", notes) == value
    assert notes == []
    reader._built({"hint": True, "tags": 5}, schema, "$", "", notes)
    assert [(note.kind, note.detail) for note in notes] == [("type", "boolean"), ("type", "integer")]


def readable(model: Any) -> None:
    """Check that a model can be shown, compared and turned into a dictionary, whatever its fields hold."""
    repr(model)
    model.to_dict()
    for field in attrs.fields(type(model)):
        value = getattr(model, field.name)
        for part in value if isinstance(value, list) else [value]:
            if attrs.has(type(part)):
                readable(part)


scalars = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.just(10**30), st.floats(), st.text(max_size=5))
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
)
GOOD: dict[str, Any] = {
    "get": {"url": "/x", "type": "messageaction", "data": action(5, team_ids=[1], execution_url="https://x.test")},
    "list": {"url": "/x", "type": "m", "data": [action(5)], "next_token": "n", "deleted": ["1"], "total_count": 3},
    "handler": {"url": "/x", "type": "h", "data": {"function_id": "1", "name": "e", "permissions": ["chat"]}},
}
CALLS = Calls(Operations())
READS: dict[str, Callable[[RawResponse], Any]] = {
    "get": lambda response: CALLS.get("5").read(response, False),
    "list": lambda response: CALLS.list_page(limit=100).read(response, False),
    "handler": lambda response: CALLS.get_handler("5", "execution_handler").read(response, False),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every part of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, part in inner for found in places(part, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a good answer with some parts replaced, removed or added, or with its bytes cut or flipped."""
    name = draw(st.sampled_from(sorted(GOOD)))
    value = copy.deepcopy(GOOD[name])
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(value)))
        if not path:
            value = draw(st.one_of(st.just(value), st.just(value), anything))
            continue
        holder: Any = value
        for key in path[:-1]:
            holder = holder[key]
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                holder[path[-1]] = draw(anything)
            case "remove":
                del holder[path[-1]]
            case "add" if isinstance(holder, dict):
                holder[draw(st.text(max_size=8))] = draw(anything)
        if not isinstance(value, (dict, list)):
            break
    body = json.dumps(value).encode()
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(body)))
        body = draw(st.sampled_from([body[:at], body[:at] + draw(st.binary(max_size=3)) + body[at + 1 :]]))
    return name, body


def has_essentials(name: str, body: bytes) -> bool:
    """Return whether an answer has what the client promises to read."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False
    data = value.get("data") if isinstance(value, dict) else None
    if name == "list":
        token = value.get("next_token") if isinstance(value, dict) else None
        clear = not token or isinstance(token, str) or (isinstance(token, int) and not isinstance(token, bool))
        return isinstance(data, list) and clear
    return isinstance(data, dict) and (name == "handler" or isinstance(data.get("id"), str))


@settings(derandomize=True, database=None, deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_any_answer_with_its_essentials_is_read(case: tuple[str, bytes]) -> None:
    name, body = case
    try:
        result = READS[name](RawResponse("x", 200, {}, body))
    except errors.DecodeError as error:
        assert error.body == body  # noqa: PT017 - both outcomes are lawful
        assert not has_essentials(name, body)
        return
    for model in result.items if name == "list" else [result]:
        readable(model)
    if name == "list":
        assert result.next_token is None or isinstance(result.next_token, str)
        assert result.deleted is None or all(isinstance(gone, str) for gone in result.deleted)


def test_a_boolean_in_place_of_text_is_drift(cliq: Cliq, server: Scripted) -> None:
    read_action(cliq, server, action(5, **{TEXT: True}))
    (found,) = cliq.observed_drift()
    assert "boolean" in repr(found)


def test_drift_is_told_as_overlay_actions(cliq: Cliq, server: Scripted) -> None:
    for _ in range(2):
        read_action(cliq, server, action(5, colour="secret red", scope="galaxy", **{TEXT: None}))
    read_action(cliq, server, action(5, tags=["secret"], nothing=None), status=201)
    read_action(cliq, server, action(5, **{"not a name": 1}, scope="no name at all"))
    for odd in (action(5, name=5), {name: part for name, part in action(5).items() if name != "creator"}):
        read_action(cliq, server, odd)
    found = cliq.observed_drift()
    assert "secret" not in repr(found)
    schema = "$.components.schemas.MessageAction"
    by_target: dict[str, list[Any]] = {}
    for entry in found:
        by_target.setdefault(entry["target"], []).append(
            {key: entry[key] for key in entry if key in ("update", "remove")}
        )
    assert by_target["$.components.schemas.Scope.enum"] == [{"update": "galaxy"}]
    assert {"update": {"properties": {"colour": {"type": "string"}}}} in by_target[schema]
    assert {"update": {"properties": {"tags": {"type": "array", "items": {}}}}} in by_target[schema]
    assert {"update": {"properties": {"nothing": {}}}} in by_target[schema]
    assert by_target[f"{schema}.properties.{TEXT}"] == [{"remove": True}]
    assert {"update": {"properties": {TEXT: {"anyOf": [SHOWN[TEXT], {"type": "null"}]}}}} in by_target[schema]
    assert by_target[f"{schema}.required"] == [{"remove": True}]
    required = set(DOCUMENT["components"]["schemas"]["MessageAction"]["required"])
    assert any(
        set(entry.get("update", {}).get("required", ())) == required - {"creator"} for entry in by_target[schema]
    )
    assert by_target[f"{schema}.properties.name"] == [{"update": {"type": "integer"}}]
    statuses = f"$.paths['{OPERATIONS['get_message_action'].path}'].get.responses"
    assert by_target[statuses] == [{"update": {"201": {"description": "Seen in the field."}}}]
    assert found[0]["description"].endswith(("2 times.", "twice."))


def test_documented_answers_are_no_drift(cliq: Cliq, server: Scripted) -> None:
    read_action(cliq, server, action(5))
    assert cliq.observed_drift() == []


def test_drift_without_a_safe_name_has_no_action() -> None:
    drift = Drift()
    drift.add([Note("field", "$.x", "", "string"), Note("value", "$.x", "", "")])
    assert drift.actions(DOCUMENT) == []


def test_reader_passes_what_a_schema_says_nothing_about() -> None:
    reader = Reader(Rules({}), Shapes({}, {}, {}, UNSET))
    value = {"a": [1, None]}
    response = RawResponse("x", 200, {}, json.dumps(value).encode())
    assert reader.read(response, {}, True) == (value, [])
    assert reader.read(response, {"type": "object"}, True) == (value, [])


class Closed:
    """A model of an object without additional properties."""

    __slots__ = ("a", "b")
    FIELD_NAMES = {"a": "a", "b": "b"}  # noqa: RUF012 - as the generator writes it


def test_reader_makes_models_of_objects_that_take_no_other_fields() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}, "b": {}}}
    reader = Reader(Rules({"Closed": schema}), Shapes({}, {"Closed": Closed}, {}, UNSET))
    response = RawResponse("x", 200, {}, b'{"a": null, "b": 1}')
    found, notes = reader.read(response, {"$ref": "#/components/schemas/Closed"}, False)
    assert (found.a, found.b, [note.kind for note in notes]) == (UNSET, 1, ["null"])


def test_reader_takes_any_of_several_types() -> None:
    reader = Reader(Rules({}), Shapes({}, {}, {}, UNSET))
    response = RawResponse("x", 200, {}, b'"text"')
    assert reader.read(response, {"anyOf": [{"type": "integer"}, {"type": "string"}]}, True) == ("text", [])
