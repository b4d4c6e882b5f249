"""`answers.json`: the schemas that validate answers, and nothing else of the document."""

from __future__ import annotations

import json
from typing import Any

from pipeline.answers import emit

WORDS = {"description": "Words.", "example": {"a": 1}, "x-extra": True}


def emitted(schemas: dict[str, Any]) -> Any:
    return json.loads(emit({"components": {"schemas": schemas}}))


def test_schemas_are_reached_through_every_keyword_and_without_words() -> None:
    def of(name: str) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/{name}"}

    names = ["Any", "All", "Then", "Item", "Property", "Other"]
    rule = {"if": {"required": ["a"], **WORDS}, "then": of("Then")}
    output = {
        **WORDS,
        "anyOf": [of("Any")],
        "allOf": [of("All"), rule],
        "items": of("Item"),
        "additionalProperties": of("Other"),
        "properties": {"description": of("Property")},
    }
    answer = {"WebhookAnswer": {"properties": {"output": output}}}
    found = emitted(answer | {name: {"type": "string", "maxLength": 5, **WORDS} for name in [*names, "Unreached"]})
    assert found == {
        "Answer": {
            "anyOf": [{"$ref": "Any"}],
            "allOf": [{"$ref": "All"}, {"if": {"required": ["a"]}, "then": {"$ref": "Then"}}],
            "items": {"$ref": "Item"},
            "additionalProperties": {"$ref": "Other"},
            "properties": {"description": {"$ref": "Property"}},
        },
        **{name: {"type": "string", "maxLength": 5} for name in names},
    }


def test_schemas_may_refer_to_each_other() -> None:
    loop = {"properties": {"again": {"$ref": "#/components/schemas/Loop"}}}
    answer = {"properties": {"output": {"$ref": "#/components/schemas/Loop"}}}
    assert emitted({"WebhookAnswer": answer, "Loop": loop}) == {
        "Answer": {"$ref": "Loop"},
        "Loop": {"properties": {"again": {"$ref": "Loop"}}},
    }


def test_a_document_without_events_takes_every_answer() -> None:
    assert emitted({}) == {"Answer": {}}
