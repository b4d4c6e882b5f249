"""The fast path of reading returns what the walk through the schemas returns, without differences."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from typing import Any

import pytest
from cliq_fakes import BASE_PATH, LISTING, action
from hypothesis import given, settings
from hypothesis import strategies as st
from zoho_cliq._schema import reading
from zoho_cliq._schema.reading import Note, Reader, Shapes, Undecodable
from zoho_cliq._schema.validation import Rules
from zoho_cliq._types import RawResponse
from zoho_cliq.errors import DecodeError
from zoho_cliq_api import models
from zoho_cliq_api.contract import document
from zoho_cliq_api.shapes import ENUMS, EXACT, MODELS
from zoho_cliq_api.types import UNSET

RULES = Rules(document()["components"]["schemas"])
SHAPES = Shapes(EXACT, MODELS, ENUMS, UNSET)
READER = Reader(RULES, SHAPES)


CONVERTED = any(
    part.get("format") in ("date", "date-time", "uuid", "binary")
    for name in EXACT
    for part in document()["components"]["schemas"][name].get("properties", {}).values()
)
all_fast = pytest.mark.skipif(CONVERTED, reason="values that models convert, such as dates, take the schema walk")


def without_orjson() -> Reader:
    """Return a reader as it is where orjson is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "QUICK", None)
        return Reader(RULES, SHAPES)


ENVELOPE = {"url": f"{BASE_PATH}{LISTING}", "type": "messageaction"}
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
    """Return the result of the walk through the schemas for an answer, or None if it cannot be read."""
    notes: list[Note] = []
    try:
        return READER._built(value, {"$ref": f"#/components/schemas/{name}"}, "$", "", notes), notes
    except reading._Unreadable:
        return None


@settings(max_examples=600, derandomize=True, database=None, deadline=None)
@given(data=st.data())
def test_the_fast_reader_agrees_with_the_schema_walk(data: st.DataObject) -> None:
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
        assert walked(name, value) == (read, [])
        assert read == getattr(models, name).from_dict(value)


def unwanted(*arguments: Any) -> Any:
    raise AssertionError("this takes the long way")


@all_fast
@pytest.mark.parametrize("reader", [READER, without_orjson()], ids=["orjson", "json"])
def test_every_documented_answer_uses_the_fast_reader_and_reads_the_same(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, answer in ANSWERS:
        model = getattr(models, name).from_dict(answer)
        response = RawResponse("get_message_action", 200, {}, json.dumps(answer).encode())
        for strict in (False, True):
            monkeypatch.setattr(reader, "_built", unwanted)
            assert reader.read(response, {"$ref": f"#/components/schemas/{name}"}, strict) == (model, [])


@all_fast
def test_orjson_reads_what_is_exact_and_json_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "parsed_json", unwanted)
    for name, answer in ANSWERS:
        response = RawResponse("get_message_action", 200, {}, json.dumps(answer).encode())
        READER.read(response, {"$ref": f"#/components/schemas/{name}"}, True)


# Texts on which readers of JSON differ: numbers beyond 64 bits, what is no number, halves of pairs, repeated keys,
# other encodings, what is no UTF-8, and depths.
ODD = [b"1e5", b"-0", b"1.0", b"1e999", b"NaN", b"-Infinity", b"18446744073709551615", b"18446744073709551616"]
ODD += [b"1" * 40, b"[100001, 340282366920938463463374607431768211456]", b"[100001, 1.0]", b"[true]", b'"\\ud800"']
ODD += [b'"\\ud83d\\ude00"', b'"\xff"', b'"\x00"', b'"\\u0000"', b'"a", "hint": "b"', b'"a", "data": {}', b"[" * 2000]
ODD += [b"[" * 600 + b"]" * 600, b"null", b"5", b'"text"', b"{}", b"[]", b"1 2", b""]
AROUND: list[Any] = [
    *(lambda body: b"\xef\xbb\xbf" + body, lambda body: body + b"\n\t ", lambda body: body[:-1]),
    *(lambda body: body.decode("utf-8", "replace").encode("utf-16"), lambda body: body + b"\x00"),
]


def came_of(reader: Reader, body: bytes, name: str, strict: bool) -> object:
    """Return a reader's result for a body: the model and the notes, or the text of the error."""
    response = RawResponse("get_message_action", 200, {}, body)
    try:
        value, notes = reader.read(response, {"$ref": f"#/components/schemas/{name}"}, strict)
    except (DecodeError, Undecodable) as error:
        return str(error)
    return repr(value), notes


@settings(max_examples=1500, derandomize=True, database=None, deadline=None)
@given(data=st.data())
def test_results_do_not_depend_on_orjson(data: st.DataObject) -> None:
    name, answer = data.draw(st.sampled_from(ANSWERS))
    answer = copy.deepcopy(answer)
    places = [(answer, key) for key in (*answer, "total_count", "colour")]
    inner = answer["data"][0] if isinstance(answer["data"], list) and answer["data"] else answer["data"]
    places += [(inner, key) for key in (*inner, "team_ids", "colour")] if isinstance(inner, dict) else []
    node, key = data.draw(st.sampled_from(places))
    node[key] = "HERE"
    body = json.dumps(answer).encode().replace(b'"HERE"', data.draw(st.sampled_from(ODD)))
    if data.draw(st.integers(0, 3)) == 0:
        body = data.draw(st.sampled_from(AROUND))(body)
    strict = data.draw(st.booleans())
    assert came_of(READER, body, name, strict) == came_of(without_orjson(), body, name, strict)


def test_without_orjson_installed_answers_are_read_all_the_same() -> None:
    code = (
        "import sys; sys.modules['orjson'] = None\n"
        "from zoho_cliq import Cliq\nfrom zoho_cliq._schema import reading\n"
        "Cliq('token').close()\n"
        "assert reading.QUICK is None\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_integer_of_more_than_64_bits_stays_one() -> None:
    answer = {**ENVELOPE, "data": action(5, scope="team", team_ids=[2**70]), "total_count": 2**80}
    response = RawResponse("list_message_actions", 200, {}, json.dumps({**answer, "data": [answer["data"]]}).encode())
    page, notes = READER.read(response, {"$ref": "#/components/schemas/MessageActionList"}, True)
    assert (page.total_count, page.data[0].team_ids, notes) == (2**80, [2**70], [])


def test_other_answers_use_the_schema_walk() -> None:
    schema = {"$ref": "#/components/schemas/MessageActionResponse"}
    for change, kind in (({"colour": "red"}, "field"), ({"scope": "galaxy"}, "value"), ({"handlers": None}, "null")):
        answer = {**ENVELOPE, "data": action(5, **change)}
        response = RawResponse("get_message_action", 200, {}, json.dumps(answer).encode())
        value, notes = READER.read(response, schema, False)
        assert value.data.to_dict().keys() == answer["data"].keys()
        assert [note.kind for note in notes] == [kind]
    broken = RawResponse("get_message_action", 200, {}, json.dumps({**ENVELOPE, "data": action(5, id=7)}).encode())
    with pytest.raises(Undecodable, match="id is integer and should be string"):
        READER.read(broken, schema, False)
