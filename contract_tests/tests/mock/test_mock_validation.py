"""The mock's validation agrees, for each body, with an independent implementation of JSON Schema Draft 2020-12."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zoho_cliq_api.contract import OPERATIONS, document
from zoho_cliq_mock.document import Validators
from zoho_cliq_mock.policies import Policies

DOCUMENT = document()
OURS = Validators(Policies())
SCHEMAS = {
    "create_message_action": "MessageActionCreate",
    "update_message_action": "MessageActionUpdate",
    "update_message_action_handler": "HandlerUpdate",
}


def ecma_pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[jsonschema.ValidationError]:
    """Check `pattern` as JSON Schema prescribes: `$` matches only the end, and not before a final line break."""
    ecma = pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern
    if isinstance(value, str) and not re.search(ecma, value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


Theirs = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": ecma_pattern})
THEIRS = {
    operation: Theirs({"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]})
    for operation, name in SCHEMAS.items()
}
LENGTHS = {
    name: DOCUMENT["components"]["schemas"]["MessageActionCreate"]["properties"][name]["maxLength"]
    for name in ("name", "hint", "execution_url")
}
MAX_BYTES = DOCUMENT["components"]["schemas"]["HandlerUpdate"]["properties"]["script"]["x-max-bytes"]

TEXTS = [
    "",
    "a",
    *(letter * (LENGTHS[name] + more) for name in ("name", "hint") for letter in "n\U0001f600" for more in (0, 1)),
    "e\u0301" * 15,
    "\u2028",
]
URLS = [
    "https://x",
    "http://x.example/a?b=c",
    "ftp://x",
    "https://",
    "HTTPS://x",
    "https://x".ljust(LENGTHS["execution_url"], "y"),
    "https://x y",
]
URLS += [
    "https://x".ljust(LENGTHS["execution_url"] + 1, "y"),
    "https://x\n",
    "https://\u0661",
    "https://-x",
    "https://x[",
    "https://x%zz",
]
IMAGES = ["QUJD", "QUI=", "QQ==", "Q", "QUJ", "QUJD=", "QUJD\n", "-_-_", "QUJDQUJD", "===="]
WORDS = ["organization", "team", "personal", "deluge", "webhook", "text", "link", "attachment", "chat", "Text", "team "]
NUMBERS: list[Any] = [0, 1, -1, 100001, 100001.0, 1.5, 2**63 - 1, 2**63, 10**30, 1e300, -0.0, True, False, None]
ANYTHING: list[Any] = [*TEXTS, *URLS, *IMAGES, *WORDS, *NUMBERS, [], {}, [[]], [None], {"a": 1}]

fields = {
    "name": st.sampled_from(TEXTS),
    "hint": st.sampled_from(TEXTS),
    "scope": st.sampled_from(WORDS),
    "execution_type": st.sampled_from(WORDS),
    "execution_url": st.sampled_from(URLS),
    "team_ids": st.lists(st.sampled_from(NUMBERS), max_size=5),
    "multi_selectable": st.sampled_from(NUMBERS),
    "message_types": st.lists(st.sampled_from(WORDS), max_size=4),
    "image": st.sampled_from(IMAGES),
    "script": st.sampled_from([*TEXTS, "x" * 256_000, "x" * 256_001]),
    "permissions": st.lists(st.sampled_from(WORDS), max_size=6),
    "extra": st.sampled_from(NUMBERS),
}
near = st.fixed_dictionaries({}, optional=fields)
wild = st.fixed_dictionaries({}, optional={name: st.sampled_from(ANYTHING) for name in fields})
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(list(fields)), inner, max_size=4),
    max_leaves=8,
)
bodies = near | wild | anything


def agree(operation: str, body: Any) -> None:
    ours = OURS.problem(operation, body)
    theirs = THEIRS[operation].is_valid(body)
    if theirs and isinstance(body, dict) and len(str(body.get("script", "")).encode()) > MAX_BYTES:
        theirs = False  # the only limit that JSON Schema cannot express
    assert (ours is None) == theirs, (body, ours, theirs)
    if ours is not None:
        assert ours.message
        assert len(ours.message) < 400


@pytest.mark.parametrize("operation", SCHEMAS)
def test_on_a_corpus_of_single_fields(operation: str) -> None:
    base = {"create_message_action": {"name": "n", "hint": "h"}}.get(operation, {})
    seen = set()
    for name in fields:
        for value in [*ANYTHING, *([each] for each in ANYTHING), [1] * 4, [1] * 5, ["text"] * 3, ["text"] * 4]:
            agree(operation, {**base, name: value})
            seen.add(OURS.problem(operation, {**base, name: value}) is None)
    assert seen == {True, False}


@pytest.mark.parametrize("operation", SCHEMAS)
@settings(max_examples=200, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(body=bodies)
def test_on_generated_bodies(operation: str, body: Any) -> None:
    agree(operation, body)


@pytest.mark.heavy
@pytest.mark.parametrize("operation", SCHEMAS)
@settings(max_examples=1_000, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(body=bodies)
def test_on_many_generated_bodies(operation: str, body: Any) -> None:
    agree(operation, body)


def test_the_comparison_can_fail() -> None:
    """With a policy that relaxes the mock's schemas, the two implementations disagree."""
    loose = Validators(Policies().changed({"empty_strings": "accept"}))
    body = {"name": "", "hint": "h"}
    assert loose.problem("create_message_action", body) is None
    assert not THEIRS["create_message_action"].is_valid(body)


def test_every_operation_with_a_body_is_compared() -> None:
    assert {name for name in OPERATIONS if OURS.has_body(name)} == set(SCHEMAS)


def test_every_example_of_the_document_is_accepted() -> None:
    count = 0
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            content = operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
            for example in content.get("application/json", {}).get("examples", {}).values():
                assert OURS.problem(operation["operationId"], example["value"]) is None
                count += 1
    assert count >= 7
