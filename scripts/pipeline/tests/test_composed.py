"""The composed document is valid and complete, without warnings, and each of its examples matches its schema."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pipeline.compose import check, compose, examples, operations, validator_for
from pipeline.documents import load
from pipeline.errors import PipelineError
from pipeline.samples import sample
from pipeline.tree import Tree
from zoho_cliq_api.contract import OPERATIONS, document
from zoho_cliq_mock.operations import ACTS

LISTING, CREATING = OPERATIONS["list_message_actions"], OPERATIONS["create_message_action"]


FAMILIES = {
    "bad_request",
    "conflict",
    "forbidden",
    "method_not_allowed",
    "not_acceptable",
    "not_found",
    "rate_limited",
    "server_error",
    "unauthorized",
}


def test_redocly_finds_no_problem(tree: Tree, redocly: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(redocly), "lint", "--extends=recommended", "--format=json", str(tree.composed)],
        cwd=tmp_path,
        env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert [problem["message"] for problem in report["problems"]] == []
    assert report["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}
    assert done.returncode == 0


def test_it_is_valid_openapi_3_1(composed: Any) -> None:
    assert composed["openapi"].startswith("3.1.")
    check(composed)


def test_the_checks_find_a_planted_error(composed: Any) -> None:
    for path, value, message in (
        (("paths", LISTING.path, "get", "responses"), [], "not valid OpenAPI 3.1"),
        (("components", "schemas", "Scope", "type"), "strin", "not valid OpenAPI 3.1"),
    ):
        broken = copy.deepcopy(composed)
        node = broken
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value
        with pytest.raises(PipelineError, match=message):
            check(broken)
    broken = copy.deepcopy(composed)
    del broken["paths"][LISTING.path]["get"]["x-threshold"]
    with pytest.raises(PipelineError, match=f"GET {re.escape(LISTING.path)}: states no threshold"):
        check(broken)


def test_every_example_validates(composed: Any) -> None:
    found = list(examples(composed))
    for example in found:
        validator_for(composed, example.schema).validate(example.value)
    assert len(found) > 80


def test_a_wrong_example_is_found(composed: Any) -> None:
    name = "x" * (composed["components"]["schemas"]["MessageActionCreate"]["properties"]["name"]["maxLength"] + 1)
    for example in examples(composed):
        if example.where.startswith(f"POST {CREATING.path} request"):
            assert not validator_for(composed, example.schema).is_valid({**example.value, "name": name})


def test_both_execution_types_have_examples_everywhere(tree: Tree, composed: Any) -> None:
    overlay = tree.overlay.read_text("utf-8")
    wheres = {example.where for example in examples(composed)}
    for path, method, operation in operations(composed):
        if operation["operationId"] not in ACTS:
            continue  # a newly accepted operation has none until a person writes them
        for part in (["request"] if "requestBody" in operation else []) + [
            status for status, response in operation["responses"].items() if "content" in response
        ]:
            where = f"{method.upper()} {path} {part}"
            good = str(OPERATIONS[operation["operationId"]].success)
            if part not in ("request", good) and f"responses['{part}']" not in overlay:
                continue  # an answer that the document gained has none either
            if part in ("request", good) and operation["operationId"] != LISTING.name:
                assert {f"{where} deluge", f"{where} webhook"} <= wheres
            else:
                assert any(found.startswith(where) for found in wheres), where


def test_operation_ids_are_the_readable_ones(composed: Any) -> None:
    assert {operation["operationId"] for _, _, operation in operations(composed)} >= {
        "create_message_action",
        "delete_message_action",
        "get_message_action",
        "get_message_action_handler",
        "list_message_actions",
        "update_message_action",
        "update_message_action_handler",
    }


def test_everything_that_people_read_is_described(composed: Any) -> None:
    bare = [name for name, schema in composed["components"]["schemas"].items() if "description" not in schema]
    assert bare == []
    assert [
        op["operationId"] for _, _, op in operations(composed) if not (op.get("summary") and op["description"])
    ] == []


def test_error_codes_have_a_class_and_a_known_family(composed: Any) -> None:
    catalogue = composed["x-error-catalogue"]
    assert {meaning["family"] for meaning in catalogue.values()} <= FAMILIES
    classes = [meaning["class"] for meaning in catalogue.values()]
    assert len(set(classes)) == len(classes)
    for _, _, operation in operations(composed):
        assert set(operation["x-error-codes"]) <= set(catalogue)


def conforms(composed: Any, name: str, value: Any) -> bool:
    """Return whether a value is valid for a component schema."""
    return bool(validator_for(composed, {"$ref": f"#/components/schemas/{name}"}).is_valid(value))


CREATE = {"name": "n", "hint": "h"}
LARGEST_SCRIPT = document()["components"]["schemas"]["HandlerUpdate"]["properties"]["script"]["x-max-bytes"]


@pytest.mark.parametrize(
    ("lawful", "value"),
    [
        (True, CREATE),
        (False, {**CREATE, "execution_type": "webhook"}),
        (True, {**CREATE, "execution_type": "webhook", "execution_url": "https://example.com/"}),
        (False, {**CREATE, "execution_type": "webhook", "execution_url": "ftp://example.com/"}),
        (False, {**CREATE, "scope": "team"}),
        (False, {**CREATE, "scope": "team", "team_ids": []}),
        (True, {**CREATE, "scope": "team", "team_ids": [1]}),
        (False, {**CREATE, "scope": "team", "team_ids": [*range(1, 100)]}),
        (False, {**CREATE, "scope": "everyone"}),
        (False, {**CREATE, "message_types": []}),
        (False, {**CREATE, "field1": "x"}),
        (False, {**CREATE, "image": "not base64!"}),
        (True, {**CREATE, "image": "aGVsbG8="}),
    ],
)
def test_rules_of_a_new_action(composed: Any, lawful: bool, value: Any) -> None:
    schemas = composed["components"]["schemas"]
    create = schemas["MessageActionCreate"]
    required = create.get("required", [])
    needed = {name: sample(create["properties"][name], schemas) for name in required if name not in CREATE}
    assert conforms(composed, "MessageActionCreate", {**needed, **value}) is lawful
    for name in required:
        rest = {key: each for key, each in {**needed, **value}.items() if key != name}
        assert not conforms(composed, "MessageActionCreate", rest)


@pytest.mark.parametrize(
    ("lawful", "value"),
    [
        (True, {"script": "x"}),
        (True, {"permissions": ["chat"]}),
        (False, {}),
        (False, {"script": "x", "permissions": []}),
        (False, {"permissions": ["everything"]}),
        (False, {"script": "x" * (LARGEST_SCRIPT + 1)}),
    ],
)
def test_rules_of_a_handlers_change(composed: Any, lawful: bool, value: Any) -> None:
    assert conforms(composed, "HandlerUpdate", value) is lawful


def test_enumerations_are_closed_in_requests_and_open_in_responses(composed: Any) -> None:
    where = f"GET {OPERATIONS['get_message_action'].path} 200 deluge"
    example = next(e.value for e in examples(composed) if e.where == where)
    for field, value in (("scope", "galaxy"), ("execution_type", "quantum"), ("message_types", ["smell"])):
        assert conforms(composed, "MessageActionResponse", {**example, "data": {**example["data"], field: value}})
    assert not conforms(composed, "MessageActionResponse", {**example, "data": {**example["data"], "scope": 1}})


def test_ten_data_centres_and_the_authorization_code_flow(composed: Any) -> None:
    centers = [server for server in composed["servers"] if "x-data-center" in server]
    assert len({server["x-data-center"] for server in centers}) == len(centers) >= 10
    assert all(re.search(r"/api/v\d+$", server["url"]) and server["x-accounts-url"] for server in centers)
    assert list(composed["components"]["securitySchemes"]["Cliq_Auth"]["flows"]) == ["authorizationCode"]


def test_links_lead_to_operations_and_their_parameters(composed: Any) -> None:
    known = {operation["operationId"]: operation for _, _, operation in operations(composed)}
    links = composed["paths"][CREATING.path]["post"]["responses"][str(CREATING.success)]["links"]
    assert len(links) == 5
    for link in links.values():
        names = {parameter["name"] for parameter in known[link["operationId"]]["parameters"]}
        assert link["parameters"].keys() <= names


def test_composing_is_repeatable(tree: Tree, composed: Any) -> None:
    once = compose(load(tree.upstream), load(tree.overlay))
    assert once == composed
    assert json.dumps(once) == json.dumps(composed)


def test_a_taken_name_is_refused(tree: Tree) -> None:
    given = load(tree.overlay)
    given["actions"].append(
        {"target": "$.components.schemas.Permission", "description": "clash", "update": {"x-name": "Scope"}}
    )
    with pytest.raises(PipelineError, match=r"components\.schemas\.Permission: the name 'Scope' is taken"):
        compose(load(tree.upstream), given)
