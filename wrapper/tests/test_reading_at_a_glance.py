"""What is read at a glance, the walk through the schemas leaves as it is and finds nothing in."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from cliq_fakes import action
from hypothesis import given, settings
from hypothesis import strategies as st
from zoho_cliq import reading
from zoho_cliq.errors import DecodeError
from zoho_cliq.exchange import RawResponse
from zoho_cliq.reading import Note, Reader
from zoho_cliq.validation import Rules
from zoho_cliq_api import models
from zoho_cliq_api.contract import document
from zoho_cliq_api.shapes import EXACT

READER = Reader(Rules(document()["components"]["schemas"]))
ENVELOPE = {"url": "/api/v3/messageactions", "type": "messageaction"}
HANDLER = {"name": "execution_handler", "function_id": "5"}
ANSWERS: list[tuple[str, Any]] = [
    ("MessageActionResponse", {**ENVELOPE, "data": action(5)}),
    ("MessageActionResponse", {**ENVELOPE, "data": action(5, scope="team", team_ids=[100001])}),
    ("MessageActionList", {**ENVELOPE, "data": [action(5), action(6)], "next_token": "n", "deleted": ["7"]}),
    ("MessageActionList", {**ENVELOPE, "data": [], "sync_token": "s", "total_count": 0}),
    ("HandlerResponse", {**ENVELOPE, "data": {**HANDLER, "script": "info 1;"}}),
    ("HandlerResponse", {**ENVELOPE, "data": {**HANDLER, "permissions": ["chat"]}}),
    ("HandlerResponse", {**ENVELOPE, "data": HANDLER}),
]
PARTS = st.sampled_from([None, True, 0, 5, 5.0, "", "text", "galaxy", [], ["text"], [5], {}, {"id": "5", "name": "A"}])


def walked(name: str, value: Any) -> tuple[Any, list[Note]] | None:
    """What the walk makes of an answer; None where it cannot be read."""
    notes: list[Note] = []
    try:
        return READER._shaped(value, {"$ref": f"#/components/schemas/{name}"}, "$", "", notes), notes
    except reading._Unreadable:
        return None


@settings(max_examples=600, derandomize=True, database=None, deadline=None)
@given(data=st.data())
def test_what_is_exact_at_a_glance_is_exact_on_the_long_way(data: st.DataObject) -> None:
    name, answer = data.draw(st.sampled_from(ANSWERS))
    value = copy.deepcopy(answer)
    for _ in range(data.draw(st.integers(0, 2))):
        node = value["data"] if data.draw(st.booleans()) and isinstance(value.get("data"), dict) else value
        key = data.draw(st.sampled_from([*node, "colour", "total_count", "team_ids", "permissions"]))
        if data.draw(st.booleans()):
            node.pop(key, None)
        else:
            node[key] = data.draw(PARTS)
        if not isinstance(value, dict):
            break
    read = EXACT[name](value)
    if read is not None:
        assert walked(name, value) == (value, [])
        assert read == getattr(models, name).from_dict(value)


def unwanted(value: Any) -> Any:
    raise AssertionError("this takes the long way")


def test_every_lawful_answer_takes_the_short_way_and_reads_the_same() -> None:
    for name, answer in ANSWERS:
        model = getattr(models, name).from_dict(answer)
        response = RawResponse("get_message_action", 200, {}, json.dumps(answer).encode())
        for strict in (False, True):
            assert READER.read(response, {"$ref": f"#/components/schemas/{name}"}, "$", strict, unwanted) == (model, [])


def test_what_is_not_exact_takes_the_long_way() -> None:
    schema = {"$ref": "#/components/schemas/MessageActionResponse"}
    for change, kind in (({"colour": "red"}, "field"), ({"scope": "galaxy"}, "value"), ({"hint": None}, "null")):
        answer = {**ENVELOPE, "data": action(5, **change)}
        response = RawResponse("get_message_action", 200, {}, json.dumps(answer).encode())
        value, notes = READER.read(response, schema, "$", False, dict)
        assert value["data"].keys() == answer["data"].keys()
        assert [note.kind for note in notes] == [kind]
    broken = RawResponse("get_message_action", 200, {}, json.dumps({**ENVELOPE, "data": action(5, id=7)}).encode())
    with pytest.raises(DecodeError, match="id is integer and should be string"):
        READER.read(broken, schema, "$", False, unwanted)
