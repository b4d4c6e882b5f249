"""The typed dictionaries agree with the document about every field."""

from __future__ import annotations

import importlib
import inspect
import typing
from typing import Any, Literal, get_args, get_type_hints

import pytest
from pipeline.compose import operations
from pipeline.params import METHOD_ARGUMENTS, emit
from pipeline.schema_changes import resolve
from zoho_cliq.message_actions.resource import MessageActions
from zoho_cliq_api import params


def module_of(body: Any, schemas: dict[str, Any] | None = None, **operation: Any) -> dict[str, Any]:
    """Return the namespace of the module that is emitted for one operation with this body."""
    content = {"content": {"application/json": {"schema": body}}}
    entry = {"operationId": "make_thing", "requestBody": content, "responses": {}, **operation}
    document = {"paths": {"/things": {"post": entry}}, "components": {"schemas": schemas or {}}}
    space: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(emit(document, {}), "params.py", "exec"), space)
    return space


def hints(body: Any, schemas: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the type of each field of the body, without `Required`."""
    space = module_of(body, schemas)
    return get_type_hints(space["MakeThingBody"], space)


def test_every_field_of_the_document_has_its_type(composed: Any) -> None:
    found = 0
    for _, _, operation in operations(composed):
        if "requestBody" not in operation:
            continue
        stem = "".join(word.title() for word in operation["operationId"].split("_"))
        schema = resolve(operation["requestBody"]["content"]["application/json"]["schema"], composed)
        declared = getattr(params, f"{stem}Body")
        assert set(declared.__annotations__) == set(schema["properties"])
        required = {name for name, hint in get_type_hints(declared, include_extras=True).items() if is_required(hint)}
        assert required == set(schema.get("required", ()))
        found += 1
    assert found >= 3


def is_required(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.Required


def test_a_field_that_is_called_like_an_argument_is_none() -> None:
    body = {"type": "object", "properties": {name: {"type": "string"} for name in ("hint", "creator", "thing_id")}}
    parameter = {
        "name": "THING",
        "in": "path",
        "required": True,
        "x-argument": "thing_id",
        "schema": {"type": "string"},
    }
    space = module_of(body, operationId="create_message_action", parameters=[parameter])
    assert set(space["CreateMessageActionFields"].__annotations__) == {"hint"}
    assert set(space["CreateMessageActionBody"].__annotations__) == {"hint", "creator", "thing_id"}


def test_the_arguments_of_the_clients_methods_are_known() -> None:
    for method in (MessageActions.create, MessageActions.ensure):
        own = inspect.signature(method).parameters.keys() - {"self", "fields"}
        assert own <= METHOD_ARGUMENTS["create_message_action"]


def test_enumerations_take_their_members_and_their_values() -> None:
    members, values = get_args(get_type_hints(params.CreateMessageActionBody)["scope"])
    assert members is importlib.import_module("zoho_cliq_api.models").Scope
    assert set(get_args(values)) == {member.value for member in members}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "str"),
        ({"type": "string", "contentMediaType": "text/plain"}, "str | os.PathLike[str]"),
        ({"type": "string", "contentEncoding": "base64"}, "str | bytes | os.PathLike[str]"),
        ({"type": ["string", "null"]}, "str | None"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}, {"type": "integer"}]}, "int | None"),
        ({"type": "array", "items": {"type": "number"}}, "collections.abc.Sequence[float]"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "collections.abc.Mapping[str, bool]"),
        ({"type": "object"}, "collections.abc.Mapping[str, typing.Any]"),
        ({"enum": ["a", 1, None]}, "typing.Literal['a', 1, None]"),
        ({"const": True}, "typing.Literal[True]"),
        ({"enum": [1.5, 2.5], "type": "number"}, "float"),
        (True, "Any"),
        ({}, "Any"),
    ],
)
def test_a_schema_has_the_type_that_python_gives_it(schema: Any, expected: str) -> None:
    found = hints({"type": "object", "properties": {"field": schema}})["field"]
    assert (found.__name__ if isinstance(found, type) else str(found)).removesuffix(" | None") == expected.removesuffix(
        " | None"
    )
    assert ("None" in str(found)) == ("None" in expected)


def test_objects_have_classes_of_their_own_and_may_hold_each_other() -> None:
    children = {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
    tree = {"type": "object", "required": ["children"], "properties": {"children": children}}
    space = module_of({"type": "object", "properties": {"root": {"$ref": "#/components/schemas/Tree"}}}, {"Tree": tree})
    assert get_type_hints(space["MakeThingBody"], space)["root"] is space["TreeFields"]
    assert get_args(get_type_hints(space["TreeFields"], space)["children"]) == (space["TreeFields"],)


def test_parts_of_a_composed_body_are_put_together() -> None:
    base = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    body = {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"b": {"type": "integer"}}}]}
    assert hints(body, {"Base": base}) == {"a": str, "b": int}


@pytest.mark.parametrize("name", ["from", "a-b", "__private", "str", "Any", "Mapping", "9"])
def test_a_field_may_have_any_name(name: str) -> None:
    properties = {name: {"type": "string"}, "other": {"type": "integer"}}
    declared = module_of({"type": "object", "properties": properties, "required": [name]})["MakeThingBody"]
    assert set(declared.__annotations__) == {name, "other"}


def test_words_of_a_document_never_end_a_docstring() -> None:
    text = 'a \\ and """; raise SystemExit; """ and "'
    space = module_of({"type": "object", "properties": {"field": {"type": "string", "description": text}}})
    assert get_type_hints(space["MakeThingBody"], space) == {"field": str}


def test_a_circle_without_an_object_between_is_anything() -> None:
    ring = {"type": "array", "items": {"$ref": "#/components/schemas/Ring"}}
    body = {"type": "object", "properties": {"ring": {"$ref": "#/components/schemas/Ring"}}}
    assert get_args(hints(body, {"Ring": ring})["ring"]) == (Any,)


def test_a_query_is_a_dictionary_of_its_own() -> None:
    parameter = {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer", "maximum": 100}}
    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    space = module_of(None, parameters=[parameter, path])
    assert get_type_hints(space["MakeThingQuery"], space) == {"limit": int}


def test_operations_that_fold_to_one_name_stay_apart() -> None:
    body = {"type": "object", "properties": {"a": {"const": 1}}}
    content = {"content": {"application/json": {"schema": body}}}
    paths = {
        f"/{name}": {"post": {"operationId": name, "requestBody": content, "responses": {}}}
        for name in ("get_user", "getUser", "get-user")
    }
    space: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(emit({"paths": paths, "components": {"schemas": {}}}, {}), "params.py", "exec"), space)
    made = [space[name] for name in ("GetUserBody", "GetUser_Body", "GetUser__Body")]
    assert all(get_type_hints(declared, space)["a"] == Literal[1] for declared in made)


def test_a_method_takes_the_parameters_that_no_argument_gives() -> None:
    text = {"type": "string"}
    parameters = [
        {"in": "path", "name": "THING_ID", "required": True, "schema": text, "x-argument": "thing_id"},
        {"in": "path", "name": "VERSION", "required": True, "schema": text},
        {"in": "query", "name": "dry-run", "required": False, "schema": {"type": "boolean"}},
        {"in": "cookie", "name": "session", "required": False, "schema": text},
    ]
    body = {"type": "object", "required": ["name"], "properties": {"name": text}}
    space = module_of(body, parameters=parameters)
    types = get_type_hints(space["MakeThingFields"], space, include_extras=True)
    assert {name for name, hint in types.items() if is_required(hint)} == {"name"}  # the client may set the version
    assert set(types) == {"name", "version", "dry_run"}
    assert "MakeThingFields" not in module_of(body, parameters=parameters[1:])
