"""The checklist for an accepted document: what works without an edit, what a person must decide, and how to verify it.

The changes say what is new; the checkout shows what has not been decided yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.changes import Change
from pipeline.compose import UNDESCRIBED, operations
from pipeline.contract import data_centers
from pipeline.documents import Json
from pipeline.params import field_name, method_arguments
from pipeline.review import Review
from pipeline.tree import Tree

_ACTS = "contract_tests/zoho_cliq_mock/operations.py"
_MEANINGS = "contract_tests/zoho_cliq_mock/actions.py"
_FACTS = "contract_tests/zoho_cliq_conformance/judge/facts.toml"
_ROUTES = "contract_tests/zoho_cliq_conformance/judge/routes.py"
_METHODS = "wrapper/zoho_cliq/message_actions/resource.py"
_OVERLAY = "openapi/overlay.yaml"
_SCRIPTS = "wrapper/zoho_cliq_deluge/_check.py"
_BODY = "contract_tests/zoho_cliq_mock/bodies.py"
_HANDWRITTEN = (
    "wrapper/zoho_cliq",
    "wrapper/tests",
    "contract_tests/zoho_cliq_mock",
    "contract_tests/zoho_cliq_conformance",
    "contract_tests/mutation",
    "contract_tests/tests",
)
_FIELD = re.compile(r"request body: (?:(optional|required) )?property (\w+) (added|removed)")
_VALUE = re.compile(r"request body: ([\w.\[\]]+): value (\S+) (added|removed)")
_TYPED = re.compile(r"(?:request body|response \d+): (?:data(?:\[\])?\.)?(\w+)")
_PARAMETER = re.compile(r"(optional|required) (path|query|header) parameter (\S+) added")
_CHECKED = frozenset(
    {"limit-tightened", "limit-loosened", "value-added", "value-removed", "type-widened", "type-narrowed"}
)
"""Kinds of change of a parameter that need no edit."""
_RENAMED = re.compile(r"path parameter (\S+) is called \S+")
_IN_PATHS = (
    "calls that leave {0} out take it from Cliq(…, path_parameters={{'{0}': …}}), from ZOHO_CLIQ_PATH_{1}, or in a "
    "project from path_parameters of the environment in cliq.toml; scripts/demo gives a sample; profiles of the suite "
    "need path_parameters.{0}"
)


class Checklist(NamedTuple):
    """Lines for people: what works now, what is left to decide (with file and line), and how to verify both."""

    works: tuple[str, ...]
    decide: tuple[str, ...]
    prove: tuple[str, ...]


def checklist(tree: Tree, review: Review, unfit: Sequence[str] = ()) -> Checklist:
    """Return the checklist for a reviewed document, in the checkout that accepted it.

    unfit: what cannot be loaded or made any more, according to `pipeline.fit` and `pipeline.derived`.
    """
    works = [line for change in review.changes for line in _works(review.names.get(change.place, ""), change)]
    decide = [*unfit, *_of_changes(tree, review), *(_of_document(tree, review.composed) if review.composed else ())]
    prove = ("scripts/test", "scripts/check", "git diff openapi/ CHANGELOG.md")
    return Checklist(tuple(dict.fromkeys(works)), tuple(dict.fromkeys(decide)), prove)


def lines(found: Checklist) -> list[str]:
    """Return the lines of a checklist, which end the report."""
    sections = (
        ("Works automatically", found.works or ("nothing that users of the client see has changed",)),
        ("To decide", found.decide or ("nothing",)),
        ("To check it", found.prove),
    )
    return [text for title, entries in sections for text in (f"{title}:", *(f"  {entry}" for entry in entries))]


def _works(operation: str, change: Change) -> Iterator[str]:
    """Yield what supports a change of an operation without an edit."""
    if change.kind == "operation-added":
        yield f'{operation}: cliq.call("{operation}", …) and `zoho-cliq call {operation} --field NAME=VALUE`'
    elif change.kind == "threshold" and change.text.endswith(" is gone"):
        yield f"{operation}: {change.text}: client, mock and suite count no calls"
    elif change.kind in ("threshold", "lock"):
        yield f"{operation}: {change.text}: the client waits accordingly, the mock enforces it, the suite tests it"
    elif match := _FIELD.fullmatch(change.text):
        _, field, how = match.groups()
        option = f"--{field.replace('_', '-')}"
        if how == "added":
            yield f"{operation}: {field} is an argument of the method, {option} of the command; the mock stores it"
        else:
            yield f"{operation}: the method, the command and the mock refuse {field}"
    elif match := _VALUE.fullmatch(change.text):
        field, value, how = match.groups()
        verb = "take" if how == "added" else "refuse"
        yield f"{operation}: client, mock and types {verb} {value} for {field}"
    elif change.kind == "moved":
        yield f"{operation}: {change.text}: client, mock and suite follow"
    elif change.kind == "parameter-renamed" and change.rating == "fix":
        yield f"{operation}: {change.text}: methods, `cliq.call` and `zoho-cliq call` keep their argument"
    elif match := _PARAMETER.fullmatch(change.text):
        field = field_name(match[3])
        yield f"{operation}: {field} is an argument of the method, and an option of the command"
        if match[2] == "path":
            yield _IN_PATHS.format(field, field.upper())
    elif change.kind == "error-code-added":
        yield f"{operation}: {change.text}, with an exception of its own in zoho_cliq.errors"
    elif change.kind == "scope-changed":
        yield f"{operation}: {change.text}: the mock demands it, and `zoho-cliq login` names it"
    elif change.text.startswith("request body: "):
        yield f"{operation}: {change.text}: client and mock check it, the suite tests its limits"
    elif change.text.startswith("response "):
        yield f"{operation}: {change.text}: the model follows"
    elif re.match(r"(path|query|header) parameter ", change.text) and change.kind in _CHECKED:
        yield f"{operation}: {change.text}: client and mock check it"
    elif change.kind == "tag":
        yield f"{operation}: {change.text}; zoho_cliq does not use that name"


def _of_changes(tree: Tree, review: Review) -> Iterator[str]:
    """Yield the decisions that the changes themselves require."""
    for change in review.changes:
        operation = review.names.get(change.place, "")
        match = _FIELD.fullmatch(change.text)
        if change.kind == "operation-added":
            yield f"{_at(tree, _ACTS, 'ACTS: ')}: the mock answers {operation} with 501; give it a function in ACTS"
            yield f"{_at(tree, _FACTS)}: the suite does not model {operation}; state its facts"
            yield f"{_at(tree, _METHODS, 'class MessageActions')}: {operation} has no method of its own"
        elif match and match[3] == "added":
            yield f"{_at(tree, _MEANINGS, '_MODELLED = ')}: the mock stores {match[2]} without using it"
            yield f"{_at(tree, _FACTS)}: the suite has no fact about {match[2]}"
            if match[1] == "required":
                yield from _examples(tree, match[2])
            if match[2] in _arguments(review, operation):
                place = _at(tree, _METHODS, f"{match[2]}:")
                yield f"{place}: {match[2]} is an argument of a method already; only cliq.call takes the field"
        elif match:
            if number := _line(tree.root / _FACTS, re.compile(rf"\.{match[2]}\b|^{match[2]} = ")):
                yield f"{_FACTS}:{number}: {operation} no longer takes {match[2]}: are there facts left that need it?"
        elif parameter := _PARAMETER.fullmatch(change.text):
            yield f"{_at(tree, _ACTS, 'ACTS: ')}: {operation}, {change.text}: nothing in the mock depends on it"
            if parameter[2] == "path":
                place, field = _at(tree, _ROUTES, "ARGUMENTS = "), field_name(parameter[3])
                yield f"{place}: {operation}.{field}: the suite sends a sample in every call"
        elif renamed := _RENAMED.fullmatch(change.text):
            if change.rating != "fix":  # no action of the overlay maps the new name to the old argument
                place = _at(tree, _OVERLAY, f"'{renamed[1]}'")
                yield f"{place}: {operation}: {change.text}: select it in the action that names its argument"
        elif "script: x-max-bytes" in change.text:
            for name, text in ((_SCRIPTS, "MAXIMUM_BYTES ="), (_BODY, "MAX_BYTES =")):
                yield f"{_at(tree, name, text)}: {operation}: {change.text}: this number is written by hand"
        elif change.kind == "type-changed" and (typed := _TYPED.match(change.text)):
            place = _at(tree, _MEANINGS, f'"{typed[1]}"')
            yield f"{place}: {operation}: {change.text}: the mock, and the facts of the suite, have the old type"
        elif change.kind == "server-moved":
            yield f"{_at(tree, _OVERLAY, 'x-accounts-url:')}: {change.text}: do the other data centers follow?"
        elif change.kind == "operation-removed":
            yield from _users(tree, review.former.get(change.place, change.place))
        elif change.rating == "breaking" and change.kind not in ("threshold", "lock"):
            yield f"README.md: {operation or 'the document'}: {change.text}: look for examples that use it"
    for change in review.unseen:
        if change.kind not in ("renamed", "server-added", "server-removed"):
            of = review.names.get(change.place, "the document")
            place = _at(tree, _OVERLAY, _part(change.text))
            yield f"{place}: {of}: {change.text}: the overlay keeps this from the client; is that still right?"
    if review.rating is not None:
        yield f"{_at(tree, 'pyproject.toml', 'version = ')}: the version, when it is released (scripts/release)"


def _arguments(review: Review, operation: str) -> set[str]:
    found = (entry for _, _, entry in operations(review.composed or {"paths": {}}) if entry["operationId"] == operation)
    return method_arguments(operation, next(found, {}).get("parameters", []))


def _part(text: str) -> str:
    """Return the text that a target in the overlay has for the part of a schema that a change names."""
    match = re.search(r": ([\w.]+)(?:\[\])*: \w+ .* → ", text)
    return f".properties.{match[1].rpartition('.')[2]}" if match else ""


def _users(tree: Tree, operation: str) -> Iterator[str]:
    """Yield a line for each package that names an operation, also by the name of its method."""
    words = {operation, operation.replace("_message_action", "")}
    named = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in sorted(words)))
    for folder in _HANDWRITTEN:
        lines = [(path, _line(path, named)) for path in sorted((tree.root / folder).rglob("*.py"))]
        found = [f"{tree.name(path)}:{number}" for path, number in lines if number is not None]
        if found:
            others = f"; so do {len(found) - 1} other files in {folder}" if len(found) > 1 else ""
            yield f"{found[0]}: uses {operation}, which is gone{others}"


def _examples(tree: Tree, field: str) -> Iterator[str]:
    """Yield the first place in each README that creates an action without a field that is now required."""
    for name in ("README.md", "wrapper/README.md", "contract_tests/zoho_cliq_mock/README.md"):
        if (number := _line(tree.root / name, re.compile(r"create\("))) is not None:
            yield f"{name}:{number}: examples create an action without {field}, which is required now"


def _of_document(tree: Tree, composed: Json) -> Iterator[str]:
    """Yield what the overlay does not state yet."""
    known = [server["url"] for server in data_centers(composed).values()]
    for server in composed.get("servers", []):
        if server["url"] not in known:
            place = _at(tree, _OVERLAY, "x-accounts-url:")
            yield f"{place}: {server['url']} has no data center, so clients cannot choose it: name it, and its accounts"
    for code, meaning in composed.get("x-error-catalogue", {}).items():
        if meaning.get("x-guessed"):
            place = _at(tree, _OVERLAY, "x-error-catalogue:")
            yield f"{place}: the class and family of {code} are guessed: {meaning['class']}, {meaning['family']}"
    for _, _, operation in operations(composed):
        if operation["description"] == UNDESCRIBED:
            yield f"{_at(tree, _OVERLAY, '# --- Operations')}: {operation['operationId']} has no description"
    for name, schema in composed["components"]["schemas"].items():
        if schema.get("description") == UNDESCRIBED:
            yield f"{_at(tree, _OVERLAY, '# --- Requests')}: the schema {name} has no description"


def _at(tree: Tree, name: str, text: str = "") -> str:
    """Return the name of a file with the number of the first line that contains `text`."""
    number = _line(tree.root / name, re.compile(re.escape(text))) if text else None
    return name if number is None else f"{name}:{number}"


def _line(path: Path, pattern: re.Pattern[str]) -> int | None:
    if not path.exists():
        return None
    found = (number for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if pattern.search(line))
    return next(found, None)
