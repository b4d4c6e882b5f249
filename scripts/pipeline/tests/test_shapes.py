"""The emitted functions accept exactly what the closed schemas allow, and return the same as the models."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pipeline.schema_changes import RETYPING_FORMATS
from pipeline.shapes import emit, models
from pipeline.tree import ROOT
from zoho_cliq_api import contract
from zoho_cliq_api import models as generated
from zoho_cliq_api.shapes import EXACT

MODELS = models(ROOT / "generated" / "zoho_cliq_api" / "models")


all_fast = pytest.mark.skipif(
    any(
        part.get("format") in RETYPING_FORMATS
        for name in EXACT
        for part in contract.document()["components"]["schemas"][name].get("properties", {}).values()
    ),
    reason="values that models convert, such as dates, are read by the schema walk",
)


def closed(document: Any) -> Any:
    """Return the component schemas, closed.

    They have no unknown fields, no unknown values, and no rules except types.
    """
    schemas = copy.deepcopy(document["components"]["schemas"])
    for schema in schemas.values():
        if schema.get("type") == "object" and "properties" in schema:
            schema["additionalProperties"] = False
        schema.pop("allOf", None)
        schema.pop("pattern", None)
        for part in [*schema.get("properties", {}).values()]:
            for node in (part, part.get("items", {})):
                node.pop("pattern", None)
                if len(node.get("anyOf", ())) == 2 and node["anyOf"][1] == {"type": "string"}:
                    del node["anyOf"][1]
    return schemas


@pytest.fixture(scope="module")
def validators(composed: Any) -> dict[str, Any]:
    """Return an independent JSON Schema validator for every schema that has an emitted function."""
    schemas = closed(composed)
    return {
        name: jsonschema.Draft202012Validator(
            {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        )
        for name in EXACT
    }


def examples(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield schema name and example for every successful response."""
    for item in document["paths"].values():
        for method, operation in item.items():
            content = operation["responses"].get("200", {}).get("content") if method != "parameters" else None
            if content:
                media = content["application/json"]
                name = media["schema"]["$ref"].rpartition("/")[2]
                yield from ((name, example["value"]) for example in media.get("examples", {}).values())


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every part of a value."""
    yield path
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, part in parts:
        yield from places(part, (*path, key))


OTHER = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False).filter(lambda number: not number.is_integer()),
    st.text(max_size=3),
    st.sampled_from(("deluge", "text", "execution_handler", "team", "chat")),
    st.lists(st.sampled_from(("text", "chat", 1, None, {})), max_size=2),
    st.dictionaries(st.sampled_from(("id", "name", "type", "function_id", "script")), st.text(max_size=2), max_size=3),
)


def changed(draw: Any, value: Any) -> Any:
    """Return the value with one part replaced or removed, or with a field added."""
    value = copy.deepcopy(value)
    path = draw(st.sampled_from(list(places(value))))
    if not path:
        return draw(OTHER)
    node = value
    for step in path[:-1]:
        node = node[step]
    match draw(st.sampled_from(("replace", "remove", "add"))):
        case "replace":
            node[path[-1]] = draw(OTHER)
        case "remove":
            del node[path[-1]]
        case "add" if isinstance(node, dict):
            node[draw(st.sampled_from(("colour", "execution_url", "team_ids", "deleted", "total_count")))] = draw(OTHER)
    return value


@all_fast
def test_every_example_is_read_at_once_as_its_model_reads_it(composed: Any) -> None:
    found = list(examples(composed))
    assert {name for name, _ in found} == {"MessageActionList", "MessageActionResponse", "HandlerResponse"}
    for name, example in found:
        assert EXACT[name](example) is not None, json.dumps(example)
        assert EXACT[name](example) == getattr(generated, name).from_dict(example)


@all_fast
@settings(max_examples=1500, derandomize=True, database=None, deadline=None)
@given(data=st.data())
def test_what_is_read_at_once_agrees_with_a_validator(
    composed: Any, validators: dict[str, Any], data: st.DataObject
) -> None:
    name, example = data.draw(st.sampled_from(list(examples(composed))))
    value = changed(data.draw, example)
    if data.draw(st.booleans()):
        value = changed(data.draw, value)
    read = EXACT[name](value)
    assert (read is not None) == validators[name].is_valid(value), json.dumps(value)
    if read is not None:
        assert read == getattr(generated, name).from_dict(value)
        assert read.to_dict() == value


def emitted(schema: Any, **others: Any) -> Any:
    """Return the function that is emitted if a schema replaces Creator, whose model has the fields `id` and `name`."""
    reference = {"$ref": "#/components/schemas/Creator"}
    answer = {"content": {"application/json": {"schema": reference}}}
    document = {
        "components": {"schemas": {"Creator": schema, **others}},
        "paths": {"/thing": {"get": {"responses": {"200": answer}}}},
    }
    namespace: dict[str, Any] = {"__name__": "zoho_cliq_api.emitted", "__package__": "zoho_cliq_api"}
    exec(emit(document, MODELS), namespace)
    return namespace["EXACT"]["Creator"]


def creator(**changed: Any) -> Any:
    text = {"type": "string"}
    return {"type": "object", "required": ["id", "name"], "properties": {"id": text, "name": text}, **changed}


def test_schemas_that_comparisons_can_express_use_the_fast_reader() -> None:
    read = emitted(creator())
    assert read({"id": "5", "name": "Ada"}) == generated.Creator("5", "Ada")
    assert read([]) is None
    named = {"type": ["string", "null"], "format": "uri"}
    read = emitted(creator(properties={"id": {"type": "string"}, "name": named}))
    assert read({"id": "5", "name": None}) == generated.Creator.from_dict({"id": "5", "name": None})
    assert read({"id": "5", "name": "https://a"}) == generated.Creator("5", "https://a")
    assert read({"id": None, "name": "Ada"}) is read({"id": "5", "name": 7}) is None


@pytest.mark.parametrize(
    "schema",
    [
        creator(properties={"id": {"type": "string"}, "name": {"type": "number"}}),
        creator(properties={"id": {"type": "string"}, "name": {"type": "string", "format": "date"}}),
        creator(properties={"id": {"type": "string"}, "name": {"type": "string", "enum": ["Ada"]}}),
        creator(properties={"id": {"type": "string"}, "name": {"anyOf": [{"type": "string"}, {"type": "null"}]}}),
        creator(properties={"id": {"type": "string"}, "name": {"type": "array", "items": {"type": "number"}}}),
        creator(properties={"id": {"type": "string"}, "name": True}),
        creator(properties={"name": {"type": "string"}, "id": {"type": "string"}}),
        creator(properties={"id": {"type": "string"}}),
        creator(required=["id", "name", "colour"]),
        creator(required=[], properties={}),
    ],
)
def test_schemas_that_comparisons_cannot_express_do_not_use_it(schema: Any) -> None:
    read = emitted(schema)
    assert read({"id": "5", "name": "Ada"}) is None
    assert read({"name": "Ada", "id": "5"}) is None
    assert read({}) is None
