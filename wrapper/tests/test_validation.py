"""Arguments are checked as the composed document says: against an independent validator, and in readable words."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from cliq_fakes import CREATES, TYPES, Scripted, action, enveloped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zoho_cliq import UNSET, AsyncCliq, Cliq, ExecutionType, Scope, errors
from zoho_cliq._schema.validation import Rules
from zoho_cliq_api.contract import OPERATIONS, document

DOCUMENT = document()
SCHEMAS = DOCUMENT["components"]["schemas"]
RULES = Rules(SCHEMAS)
# What `Rules` reads. Annotations say nothing about which values are lawful.
KEYWORDS = frozenset(
    "$ref type enum const minLength maxLength pattern x-max-bytes minimum maximum minItems maxItems items "
    "required properties additionalProperties minProperties maxProperties allOf anyOf oneOf if then "
    "exclusiveMinimum exclusiveMaximum uniqueItems".split()
)
ANNOTATIONS = frozenset(
    "contentEncoding contentMediaType default deprecated description example format readOnly title "
    "unevaluatedProperties writeOnly x-default".split()
)
CHOICES = ("allOf", "anyOf", "oneOf")
LARGEST_SCRIPT = DOCUMENT["components"]["schemas"]["HandlerUpdate"]["properties"]["script"]["x-max-bytes"]
SCOPE = DOCUMENT["components"]["schemas"]["Scope"]["enum"][0]
REQUESTS = {
    f"{method} {path}": operation["requestBody"]["content"]["application/json"]["schema"]
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if isinstance(operation, dict) and "requestBody" in operation
}
PARAMETERS = {
    f"{method} {path} {parameter['name']}": parameter["schema"]
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if isinstance(operation, dict)
    for parameter in operation.get("parameters", ())
}


def keywords(schema: Any) -> set[str]:
    """Return every keyword of a schema and of those that it names."""
    schema = RULES.resolve(schema) | ({"$ref": ""} if "$ref" in schema else {})
    found = set(schema)
    for name in ("items", "if", "then"):
        if name in schema:
            found |= keywords(schema[name])
    for part in (*schema.get("properties", {}).values(), *(each for key in CHOICES for each in schema.get(key, ()))):
        found |= keywords(part)
    return found


@pytest.mark.parametrize(
    ("schema", "good", "bad", "fault"),
    [
        ({"type": ["string", "null"], "maxLength": 2}, [None, "ab"], ["abc"], "must have at most 2 characters, has 3"),
        ({"type": ["string", "null"]}, [None], [7], "must be a string or null, not int"),
        ({"exclusiveMinimum": 0, "type": "number"}, [0.5], [0, -1], "must be above 0"),
        ({"exclusiveMaximum": 1, "type": "number"}, [0.5], [1, 2], "must be below 1"),
        ({"type": "array", "uniqueItems": True}, [[1, 2], []], [[1, 1]], "must not repeat an item"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, ["x", 7], [[]], "has none of the 2 forms"),
        ({"oneOf": [{"$ref": "#/components/schemas/Scope"}, {"type": "null"}]}, [None, SCOPE], ["?"], "has none of"),
    ],
)
def test_what_a_document_may_state_some_day(schema: Any, good: list[Any], bad: list[Any], fault: str) -> None:
    assert keywords(schema) <= KEYWORDS | ANNOTATIONS
    for value in good:
        assert list(RULES.faults(value, schema)) == []
        assert peer(schema).is_valid(value)
    for value in bad:
        assert any(text.startswith(fault) for _, text in RULES.faults(value, schema)), list(RULES.faults(value, schema))
        assert not peer(schema).is_valid(value)


@pytest.mark.parametrize("schema", [*REQUESTS.values(), *PARAMETERS.values()], ids=[*REQUESTS, *PARAMETERS])
def test_every_keyword_of_the_document_is_known(schema: Any) -> None:
    assert keywords(schema) <= KEYWORDS | ANNOTATIONS


def peer(schema: Any) -> jsonschema_rs.Draft202012Validator:
    """Return a validator that has ECMA's regular expressions, where `$` is the end and nothing else."""
    return jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


texts = st.one_of(
    st.text(max_size=6),
    st.integers(0, 300).map(lambda size: "é" * size),
    st.sampled_from(
        ["organization", "team", "personal", "webhook", "deluge", "text", "link", "chat", "user", "5", "0" * 20]
    ),
    st.sampled_from(
        ["https://example.com/a", "http://x", "ftp://x", "https://", "https://a b", "https://a\n", "HTTPS://A"]
    ),
    st.sampled_from(
        ["QUJD", "QQ==", "QQ=", "Q Q=", "QUJD\n", "-_-_", "=", "https://e/" + "a" * 215, "https://e/" + "a" * 216]
    ),
)
whole_numbers = st.one_of(st.integers(-2, 102), st.sampled_from([2**63 - 1, 2**63, 0, 1, 100001, 4.0, 4.5, True]))
values = st.one_of(
    texts,
    whole_numbers,
    st.none(),
    st.booleans(),
    st.lists(st.one_of(texts, whole_numbers, st.none()), max_size=6),
    st.just({}),
)
CREATE = SCHEMAS["MessageActionCreate"]["properties"]
NAME, TEAMS = CREATE["name"]["maxLength"], CREATE["team_ids"]["maxItems"]
SCOPES = SCHEMAS["Scope"]["enum"]
LARGEST = PARAMETERS[f"get {OPERATIONS['list_message_actions'].path} limit"]["maximum"]
FIELDS = sorted({name for schema in REQUESTS.values() for name in RULES.resolve(schema)["properties"]})
fitting: dict[str, Any] = {
    "name": st.text(min_size=1, max_size=32),
    "hint": st.text(min_size=1, max_size=130),
    "scope": st.sampled_from(SCOPES),
    "execution_type": st.sampled_from(["webhook", "deluge"]),
    "execution_url": st.sampled_from(["https://example.com/a", "http://x.example"]),
    "message_types": st.lists(st.sampled_from(SCHEMAS["MessageType"]["enum"]), max_size=4),
    "multi_selectable": st.booleans(),
    "team_ids": st.lists(st.integers(1, 100005), max_size=5),
    "image": st.binary(min_size=1, max_size=9).map(lambda raw: base64.b64encode(raw).decode()),
    "script": st.text(max_size=9),
    "permissions": st.lists(st.sampled_from(SCHEMAS["Permission"]["enum"]), max_size=6),
}
bodies = st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.just(None), max_size=5).flatmap(
    lambda names: st.fixed_dictionaries(
        {name: st.one_of(fitting[name], fitting[name], values) if name in fitting else values for name in names}
    )
)
complete = st.fixed_dictionaries(
    {"name": fitting["name"], "hint": fitting["hint"]},
    optional={name: fitting.get(name, values) for name in FIELDS if name not in ("name", "hint")},
)


@settings(derandomize=True, database=None, deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
@given(st.one_of(bodies, complete, values), st.sampled_from(sorted(REQUESTS)))
def test_verdict_is_that_of_an_independent_validator(value: Any, name: str) -> None:
    schema = REQUESTS[name]
    assert any(RULES.faults(value, schema)) is not peer(schema).is_valid(value)


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(values, st.sampled_from(sorted(PARAMETERS)))
def test_verdict_on_parameters_is_that_of_an_independent_validator(value: Any, name: str) -> None:
    schema = PARAMETERS[name]
    assert any(RULES.faults(value, schema)) is not peer(schema).is_valid(value)


def test_every_fault_is_found() -> None:
    body = {"name": 5, "hint": "", "scope": "team", "team_ids": [0, "a"], "other": 1}
    found = [where for where, _ in RULES.faults(body, SCHEMAS["MessageActionCreate"])]
    missing = set(SCHEMAS["MessageActionCreate"]["required"]) - body.keys()
    assert sorted(found) == sorted(["hint", "name", "other", "team_ids[0]", "team_ids[1]", *missing])


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"name": "x" * (NAME + 1)}, "name", f"must have at most {NAME} characters, has {NAME + 1}"),
        ({"name": ""}, "name", "must not be empty"),
        ({"hint": None}, "hint", "must be a string, not null (None)"),
        ({"scope": "everyone"}, "scope", f"must be one of {', '.join(sorted(SCOPES))}, not 'everyone'"),
        ({"scope": "team"}, "team_ids", "is required when scope is team"),
        ({"scope": Scope.TEAM, "team_ids": []}, "team_ids", "must have at least 1 item, has 0 when scope is team"),
        ({"team_ids": [*range(1, TEAMS + 2)]}, "team_ids", f"must have at most {TEAMS} items, has {TEAMS + 1}"),
        ({"team_ids": [1, "2"]}, "team_ids[1]", "must be an integer, not str"),
        ({"team_ids": [0]}, "team_ids[0]", "must be at least 1, not 0"),
        ({"team_ids": 5}, "team_ids", "must be a list, not int"),
        ({"execution_type": ExecutionType.WEBHOOK}, "execution_url", "is required when execution_type is webhook"),
        ({"execution_url": "ftp://x"}, "execution_url", "must match ^https?://"),
        ({"execution_url": "https://a\n"}, "execution_url", "must match"),
        ({"execution_url": "host/?secret=secretive"}, "execution_url", "must match"),
        ({"image": "QUJD\n"}, "image", "must be base64, bytes, or a file as a pathlib.Path; is 'QUJD"),
        ({"message_types": []}, "message_types", "must have at least 1 item, has 0"),
        ({"message_types": "text"}, "message_types", "must be a list, not str"),
        *[
            ({name: 1}, name, "must be true or false, not int")
            for name in CREATE
            if CREATE[name].get("type") == "boolean"
        ],
        ({"image": "?" * 80}, "image", "is '" + "?" * 56 + "…"),
        ({"image": b""}, "image", "must not be empty"),
        ({"image": Path("/nowhere/icon.png")}, "image", "cannot read /nowhere/icon.png: No such file"),
        ({"if_exists": "skip"}, "if_exists", "must be 'error' or 'adopt', not 'skip'"),
    ],
)
def test_message_names_field_and_rule(
    cliq: Cliq, server: Scripted, fields: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(errors.ValidationError) as caught:
        cliq.message_actions.create(**{"name": "a", "hint": "b", **fields})
    assert caught.value.field == field
    assert words in str(caught.value)
    assert "secretive" not in str(caught.value)
    assert str(caught.value).startswith(f"create_message_action: {field}: ")
    assert server.requests == []
    assert cliq.thresholds["create_message_action"].remaining == CREATES, "a refused call costs nothing"


@pytest.mark.parametrize(
    ("act", "field"),
    [
        (lambda actions: actions.list(limit=0), "limit"),
        (lambda actions: actions.list(limit=LARGEST + 1), "limit"),
        (lambda actions: actions.changes("t", limit=0), "limit"),
        *[(lambda actions, limit=limit: actions.list(limit=limit), "limit") for limit in (5.0, True, "5", 10**5000)],
        (lambda actions: actions.changes("t", limit=5.0), "limit"),
        (lambda actions: actions.changes("\ud800"), "sync_token"),
        (lambda actions: list(actions.list().resume("\ud800")), "next_token"),
        (lambda actions: actions.get("\ud800"), "action_id"),
        (lambda actions: actions.create(name="a\ud83d", hint="b"), "name"),
        (lambda actions: actions.create(name="a", hint="\udc00b"), "hint"),
        (lambda actions: actions.create(name="a", hint="b", execution_url="https://a/\ud800"), "execution_url"),
        (lambda actions: actions.create(name="a", hint="b", scope="team", team_ids=[1, 2.0]), "team_ids[1]"),
        (lambda actions: actions.update("5", team_ids=[True]), "team_ids[0]"),
        (lambda actions: actions.update("5", team_ids=[10**5000]), "team_ids[0]"),
        (lambda actions: actions.update_handler("5", script="return \ud800;"), "script"),
        (lambda actions: actions.update_handler("5", script=Path("a\0b")), "script"),
        (lambda actions: actions.update("5", image=Path("a\0b")), "image"),
        (lambda actions: actions.update("5"), "fields"),
        (lambda actions: actions.update_handler("5"), " or ".join(sorted(SCHEMAS["HandlerUpdate"]["properties"]))),
        (lambda actions: actions.update_handler("5", script="a", permissions=["chat"]), "script and permissions"),
        (lambda actions: actions.update_handler("5", permissions=["chat", "all"]), "permissions[1]"),
        (lambda actions: actions.update_handler("5", script="x" * (LARGEST_SCRIPT + 1)), "script"),
        (lambda actions: actions.update_handler("5", script="é" * 128_001), "script"),
        (lambda actions: actions.update_handler("5", script=Path("/nowhere.dg")), "script"),
        (lambda actions: actions.get_handler("5", handler_type="other"), "handler_type"),
    ],
)
def test_other_operations_are_checked_too(cliq: Cliq, server: Scripted, act: Callable[[Any], Any], field: str) -> None:
    with pytest.raises(errors.ValidationError) as caught:
        act(cliq.message_actions)
    assert caught.value.field == field
    assert server.requests == []


@pytest.mark.parametrize("limit", [5.0, True])
def test_a_limit_that_is_no_integer_is_refused_in_tasks_too(make_async: Callable[..., AsyncCliq], limit: Any) -> None:
    actions = make_async().message_actions
    for act in (lambda: actions.list(limit=limit), lambda: actions.changes(limit=limit)):
        with pytest.raises(errors.ValidationError, match="limit: must be an integer, not "):
            act()


def test_a_lone_surrogate_is_reported_with_its_position(cliq: Cliq) -> None:
    with pytest.raises(errors.ValidationError, match="name: must be valid Unicode; character 3 is half"):
        cliq.message_actions.create(name="ab\ud83d", hint="b")
    with pytest.raises(errors.ValidationError, match=f"must be at most {LARGEST}, not a number of thousands of digits"):
        cliq.message_actions.list(limit=10**5000)


def test_answers_may_contain_lone_surrogates_and_integral_floats(cliq: Cliq, server: Scripted) -> None:
    found = {"url": "/", "type": "messageaction", "data": action(5, name="cut \ud83d", team_ids=[7.0])}
    server.answer(httpx.Response(200, content=json.dumps(found)))  # JSON escapes a half, which UTF-8 cannot carry
    read = cliq.message_actions.get("5")
    assert (read.name, read.team_ids) == ("cut \ud83d", [7])


def test_script_of_the_largest_size_is_sent(cliq: Cliq, server: Scripted, tmp_path: Path) -> None:
    handler = enveloped({"name": "execution_handler", "function_id": "5", "script": "x"})
    server.answer(handler)
    file = tmp_path / "script.dg"
    file.write_text("é" * (LARGEST_SCRIPT // 2), "utf-8")
    cliq.message_actions.update_handler("5", script=file)
    assert server.bodies() == [{"script": "é" * (LARGEST_SCRIPT // 2)}]
    file.write_bytes(b"\xff")
    with pytest.raises(errors.ValidationError, match="not UTF-8"):
        cliq.message_actions.update_handler("5", script=file)


def test_image_is_text_bytes_or_a_file(cliq: Cliq, server: Scripted, tmp_path: Path) -> None:
    server.answer(enveloped(action(5)))
    file = tmp_path / "icon.png"
    file.write_bytes(b"\x89PNG")
    for image in ("iVBORw==", b"\x89PNG", bytearray(b"\x89PNG"), file):
        cliq.message_actions.update("5", image=image)  # type: ignore[arg-type]
    assert server.bodies() == [{"image": "iVBORw=="}] * 4


def test_what_is_unset_is_not_sent_and_enums_are_sent_as_their_values(cliq: Cliq, server: Scripted) -> None:
    found = cliq.with_options()
    server.answer(enveloped(action(5)))
    source = found.message_actions.get("5")
    found.message_actions.create(
        name="Copy",
        hint="b",
        scope=source.scope,
        team_ids=source.team_ids,
        execution_url=UNSET,
        message_types=source.message_types,
    )
    assert server.bodies()[-1] == {"name": "Copy", "hint": "b", "scope": "organization", "message_types": TYPES[-1:]}


def test_an_argument_of_the_method_is_not_given_twice(cliq: Cliq, server: Scripted) -> None:
    fields: Any = {"sync_token": "6"}
    with pytest.raises(errors.ValidationError, match="is already set by an argument of the method") as caught:
        cliq.message_actions.changes("5", **fields)
    assert caught.value.field == "sync_token"
    assert not server.requests
