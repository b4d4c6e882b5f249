"""The facts: documented statements about the API, each with its source and its class (stated, inferred or guessed).

`FACTS` come from `facts.toml`. An entry there whose name has a placeholder is a template: it makes one fact for each
operation, field or property of the composed document, with the document's limits, scopes, statuses and types.
`IMPLIED` are facts about fields that the document has and `facts.toml` does not know yet. `KNOWN` holds both.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from zoho_cliq_api.contract import ERROR_CODES, OPERATIONS

from .document import BODIES, LIMIT, LONG, PATHS, SCHEMAS, resolved


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement about the API.

    Args:
        id: the name, such as `create.name.max`.
        statement: the sentence.
        where: the source, such as `page: create` or `document: MessageAction`.
        certainty: the class: stated, inferred or guessed. Only stated facts decide a verdict by default.
        needs: what the profile must give so that the fact can be shown (see `Profile.lacks`).
    """

    id: str
    statement: str
    where: str
    certainty: str
    needs: tuple[str, ...] = ()

    @property
    def stated(self) -> bool:
        """Whether the fact is stated, so that it decides a verdict."""
        return self.certainty == "stated"


_table = tomllib.loads(files("zoho_cliq_conformance").joinpath("judge/facts.toml").read_text("utf-8"))
_WORDS = _table.pop("words")
_NEEDS = {name: tuple(needs) for name, needs in _table.pop("needs").items()}
_KINDS = {"string": "a string", "boolean": "a boolean"}
_LOCKS = sorted({entry.threshold.lock_seconds // 60 for entry in OPERATIONS.values() if entry.threshold})


def _alternatives(enumeration: str) -> str:
    """Return the values of an enumeration of the document as in `a, b or c`."""
    *others, last = SCHEMAS[enumeration]["enum"]
    return f"{', '.join(others)} or {last}" if others else str(last)


# Values of the document that every statement may use as placeholders.
_NUMBERS: dict[str, Any] = {
    **{name: schema.get("properties") for name, schema in SCHEMAS.items()},
    "limit": LIMIT,
    "kilobytes_of_a_script": SCHEMAS["HandlerUpdate"]["properties"]["script"]["x-max-bytes"] // 1024,
    "lock_minutes": " or ".join(map(str, _LOCKS)),
    "execution_type": _alternatives("ExecutionType"),
    "scope": _alternatives("Scope"),
    "message_type": _alternatives("MessageType"),
    "permission": _alternatives("Permission"),
}


def _load() -> Mapping[str, Fact]:
    found = {}
    for name, entry in _table.items():
        for values in _values(name):
            identifier = name.format_map(values)
            try:
                fact = Fact(
                    identifier,
                    entry["statement"].format_map({**_NUMBERS, **values}),
                    entry["where"].format_map(values),
                    entry["class"],
                    _NEEDS.get(identifier, ()),
                )
            except KeyError:
                if "{" in name:  # the document has no such value for this operation or field
                    continue
                raise
            if fact.id == name or fact.id not in _table:
                found[fact.id] = fact
    return MappingProxyType(_in_order(found))


def _in_order(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Return the facts grouped by the first two parts of their ids, as reports show them.

    Templates make facts of all operations one after the other, which would mix the groups.
    """
    places: dict[tuple[str, ...], int] = {}
    for name in facts:
        words = tuple(name.split("."))
        places.setdefault(words[:1], len(places))
        places.setdefault(words[:2], len(places))

    def place(name: str) -> tuple[int, int]:
        words = tuple(name.split("."))
        return places[words[:1]], places[words[:2]]

    return {name: facts[name] for name in sorted(facts, key=place)}


def _values(template: str) -> Iterator[dict[str, Any]]:
    """Yield the values of the placeholders for each fact that a template makes; one empty dict if it is no template."""
    if "{field}" in template:
        for operation, words in _WORDS["fields"].items():
            for field, subject in words.items():
                yield _of_field(operation, field, subject)
    elif "{operation}" in template:
        code = template.rpartition(".")[2]
        for operation in _WORDS["operations"]:
            if operation in LONG and (code not in ERROR_CODES or code in OPERATIONS[LONG[operation]].error_codes):
                yield _of_operation(operation)
    elif "{property}" in template:
        required = SCHEMAS["MessageAction"]["required"]
        yield from (
            {"property": name, "value": words} for name, words in _WORDS["properties"].items() if name in required
        )
    else:
        yield {}


def _of_operation(operation: str) -> dict[str, Any]:
    words, known = _WORDS["operations"][operation], OPERATIONS[LONG[operation]]
    found = {
        "operation": operation,
        "page": words["page"],
        "noun": words["noun"],
        "call": _capital(words.get("call", words["noun"])),
        "doing": _capital(words["doing"]),
        "calls": words["calls"],
        "success": known.success,
        "scope": " or ".join(scope.rpartition(".")[2] for scope in known.scopes),
    }
    if known.threshold:
        found["limit"] = known.threshold.limit
    if operation in BODIES:
        found["schema"] = BODIES[operation]
    if "content" in PATHS[known.path][known.method.lower()]["responses"][str(known.success)]:
        found["answered"] = words["noun"]
    return found


def _of_field(operation: str, field: str, subject: str) -> dict[str, Any]:
    body = SCHEMAS[BODIES[operation]]
    schema = resolved(body["properties"].get(field))
    plural = schema.get("type") == "array"
    found = {
        "operation": operation,
        "page": _WORDS["operations"][operation]["page"],
        "schema": BODIES[operation],
        "field": field,
        "subject": _capital(subject),
        "is": "are" if plural else "is",
    }
    kind = schema.get("type")
    if plural:
        found["kind"] = f"an array of {resolved(schema.get('items')).get('type', 'value')}s"
    elif kind in _KINDS:
        found["kind"] = _KINDS[kind]
    if field in body.get("required", ()):
        found["needed"] = subject
    if "maxLength" in schema and "x-max-bytes" not in schema:
        found["longest"] = schema["maxLength"]
    return found


def _capital(words: str) -> str:
    """Return the words with a capital first letter, unless they begin with the name of a field."""
    return words if "_" in words.split()[0] else words[:1].upper() + words[1:]


FACTS: Mapping[str, Fact] = _load()


def new_fields(operation: str) -> dict[str, dict[str, Any]]:
    """Return the fields of an operation's body that `facts.toml` does not know, each with its schema.

    Args:
        operation: a short name out of `BODIES`.
    """
    known = _WORDS["fields"][operation]
    properties = SCHEMAS[BODIES[operation]].get("properties", {})
    return {name: resolved(schema) for name, schema in properties.items() if name not in known}


def gone_fields(operation: str) -> frozenset[str]:
    """Return the fields of an operation's body that `facts.toml` knows and that the document no longer has.

    Args:
        operation: a short name out of `BODIES`.
    """
    properties = SCHEMAS[BODIES[operation]].get("properties", {})
    return frozenset(name for name in _WORDS["fields"][operation] if name not in properties)


def _implied() -> dict[str, Fact]:
    found = {}
    for operation, name in BODIES.items():
        required = SCHEMAS[name].get("required", ())
        for field, schema in new_fields(operation).items():
            items = resolved(schema.get("items", {}))
            stated = {"type": "has the type that the document states"}
            if "enum" in schema or "enum" in items:
                stated["values"] = "is one of the document's values"
            if "maxLength" in schema or "maxItems" in schema:
                stated["max"] = "is no longer than the document allows"
            if field in required:
                stated["required"] = "is required"
            for part in (*stated, *({"characters", "min", "null", "range", "repeated"} - stated.keys())):
                words = f"{field} {stated.get(part, 'may be refused for its ' + part)}."
                certainty = "stated" if part in stated else "guessed"
                fact = Fact(f"{operation}.{field}.{part}", words, f"document: {name}.{field}", certainty)
                found[fact.id] = fact
    return found


IMPLIED: Mapping[str, Fact] = MappingProxyType(_implied())
KNOWN: Mapping[str, Fact] = MappingProxyType({**FACTS, **IMPLIED})
