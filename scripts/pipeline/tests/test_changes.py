"""The report's ratings for the corpus of seeded changes, compared with redocly's diff."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pipeline.changes import Change, bump, compare, highest, next_version
from pipeline.compose import check, operations
from pipeline.documents import dump_yaml, load
from pipeline.tests import vendor_changes as vendor
from pipeline.tests.seeds import SEEDS, Seed
from pipeline.tree import Tree

BASE = Path(__file__).resolve().parent / "seeds.yml"


@pytest.fixture(scope="module")
def base() -> Any:
    return load(BASE)


def changed(base: Any, seed: Seed) -> Any:
    """Return the document after a seed's change."""
    document = copy.deepcopy(base)
    seed.change(document)
    return document


def test_the_corpus_is_large_and_its_names_differ() -> None:
    assert len(SEEDS) >= 60
    assert len({seed.name for seed in SEEDS}) == len(SEEDS)
    assert {seed.rating for seed in SEEDS} == {None, "breaking", "feature", "fix"}


def test_the_base_is_sound(base: Any) -> None:
    check(base)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_each_seeded_change_is_rated_and_told_in_words(base: Any, seed: Seed) -> None:
    changes = compare(base, changed(base, seed))
    assert highest(changes) == seed.rating, changes
    if seed.text:
        assert any(seed.text in change.text and change.rating == seed.rating for change in changes), changes
    else:
        assert changes == []


@pytest.mark.parametrize("seed", [seed for seed in SEEDS if seed.rating], ids=lambda seed: seed.name)
def test_turning_a_change_back_is_a_change_too(base: Any, seed: Seed) -> None:
    assert compare(changed(base, seed), base) != []


@pytest.mark.parametrize("key", ["anyOf", "oneOf"])
def test_an_object_that_may_be_null_keeps_its_fields(base: Any, key: str) -> None:
    after = copy.deepcopy(base)
    book = after["components"]["schemas"]["Book"]["properties"]
    book["author"] = {key: [book["author"], {"type": "null"}]}
    found = compare(base, after)
    assert len(found) == 4
    assert all(change.text.endswith("author: type an object → an object or null") for change in found)
    after["components"]["schemas"]["Author"]["properties"]["died"] = {"type": "integer"}
    assert any("property died added" in change.text for change in compare(base, after))


def test_several_changes_are_all_told(base: Any) -> None:
    document = copy.deepcopy(base)
    seeds = [seed for seed in SEEDS if seed.name in ("threshold raised", "request value removed", "error code added")]
    for seed in seeds:
        seed.change(document)
    changes = compare(base, document)
    for seed in seeds:
        assert any(seed.text in change.text for change in changes)
    assert highest(changes) == "breaking"


def test_a_shared_schema_is_told_at_every_operation_that_uses_it(base: Any) -> None:
    seed = next(seed for seed in SEEDS if seed.name == "nested response property removed")
    places = {change.place for change in compare(base, changed(base, seed))}
    assert places == {"GET /books", "POST /books", "GET /books/{BOOK_ID}", "PATCH /books/{BOOK_ID}"}


def test_one_schema_is_rated_by_the_direction_it_is_used_in(base: Any) -> None:
    """Use the same enumeration only in a request, and then in both directions."""
    document = copy.deepcopy(base)
    document["components"]["schemas"]["Book"]["properties"]["kind"] = {"$ref": "#/components/schemas/Kind"}
    wider = copy.deepcopy(document)
    wider["components"]["schemas"]["NewBook"]["properties"]["title"]["maxLength"] = 60
    wider["components"]["schemas"]["Book"]["properties"]["title"]["type"] = ["string", "null"]
    ratings = {change.text: change.rating for change in compare(document, wider)}
    assert ratings["request body: title: maxLength 30 → 60"] == "feature"
    assert ratings["response 200: title: type a string → a string or null"] == "breaking"


def test_changes_come_grouped_and_in_a_fixed_order(base: Any) -> None:
    document = copy.deepcopy(base)
    for seed in SEEDS:
        if seed.rating == "feature" and seed.name not in ("operation deprecated", "threshold gone"):
            seed.change(document)
    changes = compare(base, document)
    assert changes == compare(base, document)
    assert [change.place for change in changes] == sorted(change.place for change in changes)


@pytest.mark.parametrize(
    ("version", "rating", "expected"),
    [
        ("0.1.0", "breaking", "0.2.0"),
        ("0.1.4", "feature", "0.2.0"),
        ("0.1.4", "fix", "0.1.5"),
        ("1.2.3", "breaking", "2.0.0"),
        ("1.2.3", "feature", "1.3.0"),
        ("1.2.3", "fix", "1.2.4"),
    ],
)
def test_versions(version: str, rating: Any, expected: str) -> None:
    assert next_version(version, rating) == expected


def test_bumps() -> None:
    assert [bump(rating) for rating in ("breaking", "feature", "fix")] == ["major", "minor", "patch"]
    assert highest([]) is None
    assert highest([Change("", "k", "t", "fix"), Change("", "k", "t", "feature")]) == "feature"


def test_a_parameter_in_the_middle_of_a_path_renames_no_other(tree: Tree) -> None:
    upstream = load(tree.upstream)
    moved = copy.deepcopy(upstream)
    vendor.path_parameter_inside(moved)
    texts = [change.text for change in compare(upstream, moved) if change.kind != "moved"]
    assert texts == ["required path parameter NETWORK_ID added"] * 2


def test_a_parameter_that_an_argument_gives_may_be_called_otherwise(composed: Any) -> None:
    renamed = copy.deepcopy(composed)
    vendor.parameter_renamed(renamed)
    ratings = {change.rating for change in compare(composed, renamed) if change.kind == "parameter-renamed"}
    assert ratings == {"fix"}
    without = [copy.deepcopy(document) for document in (composed, renamed)]
    for document in without:
        for _, _, operation in operations(document):
            for parameter in operation.get("parameters", ()):
                parameter.pop("x-argument", None)
    ratings = {change.rating for change in compare(*without) if change.kind == "parameter-renamed"}
    assert ratings == {"breaking"}


@pytest.mark.heavy
@pytest.mark.parametrize("seed", [seed for seed in SEEDS if seed.rating], ids=lambda seed: seed.name)
def test_redocly_agrees_or_a_reason_is_given(base: Any, seed: Seed, redocly: Path, tmp_path: Path) -> None:
    for name, document in (("base.yaml", base), ("revision.yaml", changed(base, seed))):
        (tmp_path / name).write_text(dump_yaml(document), "utf-8")
    done = subprocess.run(
        [
            str(redocly),
            "diff",
            "base.yaml",
            "revision.yaml",
            "--format",
            "json",
            "--output",
            "diff.json",
            "--fail-on=none",
        ],
        cwd=tmp_path,
        env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    theirs = json.loads((tmp_path / "diff.json").read_text("utf-8")).get("bump") == "major"
    ours = seed.rating == "breaking"
    if seed.redocly:
        assert theirs != ours, "they agree by now: drop the reason"
    else:
        assert theirs == ours
