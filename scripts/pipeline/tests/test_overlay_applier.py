"""The strict overlay applier: results, refusals, and the same results as redocly."""

from __future__ import annotations

import copy
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pipeline.documents import dump_yaml, load
from pipeline.errors import PipelineError
from pipeline.overlay import apply
from pipeline.tree import Tree

DOCUMENT = {
    "openapi": "3.1.1",
    "info": {"title": "Shelf", "version": "1"},
    "tags": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
    "paths": {"/books": {"get": {"deprecated": False}, "post": {"deprecated": True}}},
}


def overlay(*actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an overlay with these actions; each gets a reason."""
    return {
        "overlay": "1.0.0",
        "info": {"title": "t", "version": "1"},
        "actions": [{"description": "because", **action} for action in actions],
        **more,
    }


def applied(*actions: dict[str, Any]) -> Any:
    return apply(DOCUMENT, overlay(*actions))


def test_an_object_is_merged_deeply() -> None:
    result = applied({"target": "$.info", "update": {"version": "2", "contact": {"name": "n"}}})
    assert result["info"] == {"title": "Shelf", "version": "2", "contact": {"name": "n"}}


def test_an_array_is_appended_to() -> None:
    assert [tag["name"] for tag in applied({"target": "$.tags", "update": {"name": "d"}})["tags"]] == list("abcd")
    assert [tag["name"] for tag in applied({"target": "$", "update": {"tags": [{"name": "d"}]}})["tags"]] == list(
        "abcd"
    )


def test_every_match_is_updated() -> None:
    result = applied({"target": "$.paths.*.*", "update": {"x-seen": True}})
    assert [operation["x-seen"] for operation in result["paths"]["/books"].values()] == [True, True]


def test_items_of_an_array_are_removed_whatever_their_order() -> None:
    result = applied({"target": "$.tags[?@.name != 'b']", "remove": True})
    assert result["tags"] == [{"name": "b"}]


def test_a_node_that_a_union_selects_twice_is_touched_once() -> None:
    assert applied({"target": "$.tags[0,0]", "remove": True})["tags"] == [{"name": "b"}, {"name": "c"}]
    result = applied({"target": "$['tags','tags']", "update": {"name": "d"}})
    assert [tag["name"] for tag in result["tags"]] == list("abcd")


def test_parent_and_child_may_both_be_removed() -> None:
    assert applied({"target": "$.paths..*[?@.deprecated == true]", "remove": True})["paths"] == {
        "/books": {"get": {"deprecated": False}}
    }
    assert "paths" not in applied({"target": "$['paths', 'info']", "remove": True})


def test_actions_see_what_earlier_ones_made() -> None:
    result = applied(
        {"target": "$", "update": {"components": {"schemas": {"A": {"type": "object"}}}}},
        {"target": "$.components.schemas.A", "update": {"description": "d"}},
    )
    assert result["components"]["schemas"]["A"] == {"type": "object", "description": "d"}


def test_neither_argument_is_changed() -> None:
    before, given = copy.deepcopy(DOCUMENT), overlay({"target": "$", "update": {"tags": [{"name": "d"}]}})
    kept = copy.deepcopy(given)
    apply(DOCUMENT, given)["tags"][3]["name"] = "changed"
    assert before == DOCUMENT
    assert kept == given


REFUSED: list[tuple[str, Any]] = [
    ("matches nothing", overlay({"target": "$.paths['/films']", "update": {}})),
    ("matches nothing", overlay({"target": "$.tags[?@.name == 'z']", "remove": True})),
    ("selects a primitive value", overlay({"target": "$.info.title", "update": {"a": 1}})),
    ("selects a primitive value", overlay({"target": "$.info.title", "remove": True})),
    ("selects a primitive value", overlay({"target": "$.info.*", "update": {"a": 1}})),
    ("unknown key 'upsert'", overlay({"target": "$.info", "update": {}, "upsert": True})),
    ("unknown key 'servers'", overlay({"target": "$.info", "update": {}}, servers=[])),
    ("states no reason", overlay({"target": "$.info", "update": {}, "description": ""})),
    ("neither updates nor removes", overlay({"target": "$.info"})),
    ("neither updates nor removes", overlay({"target": "$.info", "remove": False})),
    ("both updates and removes", overlay({"target": "$.info", "update": {}, "remove": True})),
    ("remove must be true or false", overlay({"target": "$.info", "remove": "yes"})),
    ("not RFC 9535 JSONPath", overlay({"target": "$.info[", "remove": True})),
    ("not RFC 9535 JSONPath", overlay({"target": "info", "remove": True})),
    ("would remove the whole document", overlay({"target": "$", "remove": True})),
    ("can only be updated with an object", overlay({"target": "$.info", "update": "text"})),
    ("can only be updated with an object", overlay({"target": "$.info", "update": [1]})),
    ("needs a target", overlay({"target": 1, "update": {}})),
    ("version 1.0 is understood", overlay({"target": "$.info", "update": {}}, overlay="1.1.0")),
    ("has no `overlay` key", {"actions": []}),
    ("has no `overlay` key", []),
    ("a list of at least one action", overlay()),
    ("a list of at least one action", overlay(actions={})),
    ("info needs a title", overlay({"target": "$.info", "update": {}}, info={"title": "t"})),
    ("needs a target", overlay(actions=["remove everything"])),
]


@pytest.mark.parametrize(("message", "given"), REFUSED)
def test_what_is_not_exactly_right_is_refused(message: str, given: Any) -> None:
    with pytest.raises(PipelineError, match=message):
        apply(DOCUMENT, given, "the.overlay")


def test_a_refusal_names_file_action_and_target() -> None:
    with pytest.raises(PipelineError) as refused:
        apply(DOCUMENT, overlay({"target": "$", "update": {}}, {"target": "$.nowhere", "update": {}}), "the.overlay")
    assert str(refused.value).startswith("the.overlay: action 2 ($.nowhere): matches nothing; ")


def redocly_applies(redocly: Path, folder: Path, document: Any, given: Any) -> Any:
    """Return the result of `redocly bundle` for a document and an overlay."""
    (folder / "document.yaml").write_text(dump_yaml(document), "utf-8")
    (folder / "overlay.yaml").write_text(dump_yaml(given), "utf-8")
    done = subprocess.run(
        [str(redocly), "bundle", "document.yaml", "--overlay", "overlay.yaml", "--output", "out.yaml"],
        cwd=folder,
        env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = load(folder / "out.yaml")
    if not made.get("components"):
        made.pop("components", None)  # bundling adds an empty one
    return made


def as_javascript(node: Any) -> Any:
    """Return the same data with integers in the precision of JavaScript."""
    if isinstance(node, dict):
        return {key: as_javascript(value) for key, value in node.items()}
    if isinstance(node, list):
        return [as_javascript(value) for value in node]
    return float(node) if isinstance(node, int) and not isinstance(node, bool) else node


def test_redocly_makes_the_same_document(tree: Tree, redocly: Path, tmp_path: Path) -> None:
    upstream, given = load(tree.upstream), load(tree.overlay)
    assert as_javascript(redocly_applies(redocly, tmp_path, upstream, given)) == as_javascript(apply(upstream, given))


def test_redocly_agrees_on_arrays_and_removals(redocly: Path, tmp_path: Path) -> None:
    given = overlay(
        {"target": "$.tags[?@.name != 'b']", "remove": True},
        {"target": "$.tags", "update": {"name": "d"}},
        {"target": "$.paths.*.post", "remove": True},
        {"target": "$.paths.*.*", "update": {"tags": ["b"], "responses": {"200": {"description": "ok"}}}},
    )
    assert redocly_applies(redocly, tmp_path, DOCUMENT, given) == apply(DOCUMENT, given)
