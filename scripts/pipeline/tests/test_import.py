"""Importing the vendor's document: all facts, no prose, and deterministic output."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pipeline import prose
from pipeline.documents import load, parse
from pipeline.errors import PipelineError
from pipeline.fetch import Source
from pipeline.normalize import Normalized, normalize
from pipeline.tree import Tree, upstream_text

GOLDEN = Path(__file__).resolve().parent / "golden" / "vendor_shaped.upstream.yaml"
"""The expected upstream.yaml of `vendor_shaped.yml`; both were written on the same day."""
NUMBERS = {
    ("/messageactions", "post"): (30, "CREATE"),
    ("/messageactions", "get"): (30, "READ"),
    ("/messageactions/{MESSAGE_ACTION_ID}", "get"): (10, "READ"),
    ("/messageactions/{MESSAGE_ACTION_ID}", "patch"): (10, "UPDATE"),
    ("/messageactions/{MESSAGE_ACTION_ID}", "delete"): (10, "DELETE"),
    ("/messageactions/{MESSAGE_ACTION_ID}/handlers/{HANDLER_TYPE}", "get"): (10, "READ"),
    ("/messageactions/{MESSAGE_ACTION_ID}/handlers/{HANDLER_TYPE}", "patch"): (10, "UPDATE"),
}
CODES = {
    ("/messageactions", "post"): [
        "msgaction_creation_limit_exceeded",
        "msgaction_name_already_exists",
        "invalid_inputs",
    ],
    ("/messageactions", "get"): [],
    ("/messageactions/{MESSAGE_ACTION_ID}", "get"): ["msgaction_not_found"],
    ("/messageactions/{MESSAGE_ACTION_ID}", "patch"): ["msgaction_not_found", "msgaction_name_already_exists"],
    ("/messageactions/{MESSAGE_ACTION_ID}", "delete"): ["msgaction_not_found"],
    ("/messageactions/{MESSAGE_ACTION_ID}/handlers/{HANDLER_TYPE}", "get"): [
        "execution_handler_get_failed",
        "execution_handler_not_found",
    ],
    ("/messageactions/{MESSAGE_ACTION_ID}/handlers/{HANDLER_TYPE}", "patch"): [
        "execution_handler_update_failed",
        "execution_handler_not_found",
    ],
}


def import_vendor(path: Path) -> Normalized:
    """Import a file, and return its normal form."""
    return normalize(load(path), str(path))


@pytest.fixture(scope="module")
def golden() -> str:
    return GOLDEN.read_text("utf-8")


def strings(node: Any) -> list[str]:
    """Return every string of a document, keys included."""
    if isinstance(node, dict):
        return [text for key, value in node.items() for text in [str(key), *strings(value)]]
    if isinstance(node, list):
        return [text for value in node for text in strings(value)]
    return [node] if isinstance(node, str) else []


def sentences(node: Any) -> set[str]:
    """Return the sentences of five or more words in a document's strings, without HTML."""
    found = set()
    for text in strings(node):
        for sentence in re.split(r"(?<=[.!?:])\s+|\n", prose.plain(text, "the document")):
            words = re.findall(r"\w+", sentence.lower())
            if len(words) >= 5 and len(sentence.split()) >= 5:
                found.add(" ".join(words))
    return found


def committed_words(tree: Tree, folders: tuple[str, ...]) -> str:
    """Return all words of the committed files in some folders, in order and in lower case."""
    texts = [
        path.read_text("utf-8", errors="replace")
        for folder in folders
        for path in sorted((tree.root / folder).rglob("*"))
        if path.is_file() and "node_modules" not in path.parts and path.suffix != ".pyc"
    ]
    return " ".join(re.findall(r"\w+", "\n".join(texts).lower()))


def test_the_vendors_document_gives_upstream_byte_for_byte(tree: Tree, vendor: Path) -> None:
    path = vendor / "messageactions.yml"
    if Source("", "", path.read_bytes()).sha256 != tomllib.loads(tree.provenance.read_text("utf-8"))["sha256"]:
        pytest.skip("the vendor's document beside this checkout is another one than was accepted last")
    document, _ = import_vendor(path)
    assert upstream_text(document) == tree.upstream.read_text("utf-8")


def test_the_document_of_our_own_gives_the_golden_record_byte_for_byte(vendor_shaped: Path, golden: str) -> None:
    document, _ = import_vendor(vendor_shaped)
    assert upstream_text(document) == golden


def test_every_repair_is_reported(vendor_shaped: Path) -> None:
    repairs = "\n".join(import_vendor(vendor_shaped)[1])
    for what in ("array without items", "beside $ref", "one shared schema", "cut at 30", "`code`", "flow 'implicit'"):
        assert what in repairs


@pytest.mark.parametrize("place", list(NUMBERS), ids=lambda place: f"{place[1]} {place[0]}")
def test_thresholds_locks_codes_and_scopes_come_out_of_the_document(
    vendor_shaped: Path, place: tuple[str, str]
) -> None:
    document, _ = import_vendor(vendor_shaped)
    operation = document["paths"][place[0]][place[1]]
    limit, scope = NUMBERS[place]
    assert operation["x-threshold"] == {"limit": limit, "window_seconds": 60, "lock_seconds": 300}
    assert operation["x-error-codes"] == CODES[place]
    assert operation["security"] == [{"Cliq_Auth": [f"ZohoCliq.MessageActions.{scope}"]}]


def test_all_operations_are_looked_at(vendor_shaped: Path) -> None:
    document, _ = import_vendor(vendor_shaped)
    assert {(path, method) for path, item in document["paths"].items() for method in item} == set(NUMBERS)


def test_limits_that_stand_only_in_prose_are_lifted(vendor_shaped: Path) -> None:
    document, _ = import_vendor(vendor_shaped)
    schemas = document["components"]["schemas"]
    assert schemas["MsgactionCreate"]["properties"]["name"] == {"type": "string", "maxLength": 30}
    assert schemas["ExehandlerEdit"]["properties"]["script"]["x-max-bytes"] == 250 * 1024
    limit = document["paths"]["/messageactions"]["get"]["parameters"][0]
    assert limit["schema"] == {"type": "integer", "maximum": 100, "x-default": 20}


def test_no_sentence_of_a_document_is_in_its_normal_form(vendor_shaped: Path) -> None:
    raw = load(vendor_shaped)
    assert len(sentences(raw)) > 40
    words = " ".join(re.findall(r"\w+", upstream_text(normalize(raw, "shaped").document).lower()))
    assert [sentence for sentence in sentences(raw) if sentence in words] == []


def test_no_sentence_of_the_vendors_is_committed(tree: Tree, vendor: Path) -> None:
    theirs = {sentence for path in sorted(vendor.glob("*.yml")) for sentence in sentences(load(path))}
    identifiers = {text for path in vendor.glob("*.yml") for text in strings(import_vendor(path)[0]["paths"])}
    theirs = {sentence for sentence in theirs if sentence.replace(" ", "_") not in identifiers}
    assert len(theirs) > 200
    ours = committed_words(tree, ("openapi", "generated", "scripts"))
    assert sorted(sentence for sentence in theirs if sentence in ours) == []


def shuffled(node: Any) -> Any:
    """Return the same document with reversed mappings, and reversed lists where their order has no meaning."""
    if isinstance(node, dict):
        return {
            key: list(reversed(shuffled(value)))
            if key in ("parameters", "required", "enum") and isinstance(value, list)
            else shuffled(value)
            for key, value in reversed(node.items())
        }
    return [shuffled(value) for value in node] if isinstance(node, list) else node


def test_the_order_in_the_source_does_not_matter(golden: str, vendor_shaped: Path) -> None:
    document = shuffled(load(vendor_shaped))
    assert upstream_text(normalize(document, "shuffled").document) == golden


def test_importing_what_was_imported_changes_nothing(tree: Tree) -> None:
    upstream = load(tree.upstream)
    waived = normalize(upstream, "upstream").document
    for path, item in upstream["paths"].items():
        for method, operation in item.items():
            # Thresholds and codes are read from prose, which the normal form does not have.
            for key in ("x-threshold", "x-error-codes"):
                operation.pop(key, None)
            assert waived["paths"][path][method] == operation
    assert waived["components"]["schemas"] == upstream["components"]["schemas"]


@pytest.mark.parametrize(
    ("html", "threshold"),
    [
        ("<b>Threshold limit</b>: 5 requests per 2 minutes<br><b>Lock period</b>: 1 hour", (5, 120, 3600)),
        ("Threshold limit: 7 calls / second. Lock&nbsp;period: 30 seconds.", (7, 1, 30)),
        ("Threshold limit: 9 API calls per user per minute; Lock period: 1 day", (9, 60, 86400)),
        ("<p>THRESHOLD LIMIT : 10 requests per min per user</p><p>lock period : 5 mins</p>", (10, 60, 300)),
    ],
)
def test_units_of_thresholds(html: str, threshold: tuple[int, int, int]) -> None:
    assert prose.operation_facts(html, "here").threshold == threshold


@pytest.mark.parametrize(
    "html",
    [
        "Threshold limit: many requests",
        "<b>Threshold limit</b>: 10 requests per min",
        "Lock period: 5 minutes",
        "Threshold limit: 10 requests per fortnight. Lock period: 5 minutes",
    ],
)
def test_a_threshold_in_unknown_words_is_refused(html: str) -> None:
    with pytest.raises(PipelineError, match="mentions a threshold in words that are not understood"):
        prose.operation_facts(html, "here")


def test_scripts_in_html_are_not_read() -> None:
    facts = prose.operation_facts("<script>Threshold limit: 9 requests per min Lock period: 1 min</script>", "here")
    assert facts.threshold is None


def test_something_else_in_the_table_of_codes_is_refused() -> None:
    table = "<table><tr><th>Error Code</th></tr><tr><td>not a code!</td></tr></table>"
    with pytest.raises(PipelineError, match="is found where an error code is expected"):
        prose.operation_facts(table, "here")


def test_json_and_yaml_are_read_alike(vendor_shaped: Path) -> None:
    import json

    document = load(vendor_shaped)
    assert parse(json.dumps(document).encode(), "json") == document
