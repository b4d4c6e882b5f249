"""Build the composed document: upstream, corrected by the overlay, with readable names, and validated.

Overlay 1.0 can neither move nor rename a node. So the overlay states a component's readable name in `x-name`, and
composing renames the component and all references to it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import jsonschema_rs
from openapi_spec_validator import OpenAPIV31SpecValidator

from pipeline.documents import Json
from pipeline.errors import PipelineError
from pipeline.names import RESERVED_ERRORS, error_class
from pipeline.normalize import METHODS, order
from pipeline.overlay import apply
from pipeline.samples import sample

_FAMILIES = {
    "_not_found": "not_found",
    "_already_exists": "conflict",
    "_limit_exceeded": "conflict",
    "_failed": "server_error",
    "_denied": "forbidden",
    "_not_allowed": "forbidden",
}
"""The family of an error code by its last words, as the known codes of the catalogue suggest."""
_REF = "#/components/schemas/"
_DEEPEST = 30
UNDESCRIBED = "New in the vendor's document; not described here yet."


def compose(upstream: Json, overlay: Json | None, name: str = "overlay.yaml") -> Json:
    """Return the composed document: overlay applied, components renamed, keys ordered, and validated.

    Args:
        upstream: the document in normal form.
        overlay: the overlay, or None for none.
        name: the overlay's name in messages.

    Raise PipelineError if the overlay does not fit, the result is not valid OpenAPI 3.1, an example does not validate,
    or an operation has neither a threshold nor a waiver.
    """
    document = apply(upstream, overlay, name) if overlay is not None else copy.deepcopy(upstream)
    document = one_of_each_server(rename(document))
    if overlay is not None:
        document = complete_examples(complete_words(document))
    document = order(complete_catalogue(document))
    check(document)
    return document


def one_of_each_server(document: Json) -> Json:
    """Return the document with one entry for each URL of a server: vendor and overlay may both list it."""
    found: dict[str, Json] = {}
    for server in document.get("servers", []):
        found[server["url"]] = {**found.get(server["url"], {}), **server}
    return {**document, "servers": list(found.values())} if found else document


def complete_words(document: Json) -> Json:
    """Return the document with a placeholder text for every operation and schema that has no description."""
    document = copy.deepcopy(document)
    for _, _, operation in operations(document):
        operation.setdefault("summary", operation["operationId"].replace("_", " ").capitalize())
        operation.setdefault("description", UNDESCRIBED)
    for schema in document["components"]["schemas"].values():
        if isinstance(schema, dict):
            schema.setdefault("description", UNDESCRIBED)
    return document


def complete_examples(document: Json) -> Json:
    """Return the document with a sample value for each property that is now required and missing in an example."""
    document = copy.deepcopy(document)
    for example in examples(document):
        _complete(example.value, example.schema, document)
    return document


def completed(value: Json, schema: Json, document: Json) -> Json:
    """Return a copy of an example, completed as `complete_examples` does."""
    value = copy.deepcopy(value)
    _complete(value, schema, document)
    return value


def _complete(value: Json, schema: Json, document: Json, depth: int = 0) -> None:
    if depth > _DEEPEST or not isinstance(schema, dict):
        return
    if "$ref" in schema:
        found = document["components"]["schemas"].get(schema["$ref"].rpartition("/")[2], {})
        _complete(value, found, document, depth + 1)
        return
    for part in schema.get("allOf", ()):
        _complete(value, part, document, depth + 1)
    if isinstance(value, list):
        for item in value:
            _complete(item, schema.get("items", {}), document, depth + 1)
    if not isinstance(value, dict):
        return
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name in properties and name not in value:
            value[name] = sample(properties[name], document["components"]["schemas"])
    for name in value.keys() & properties.keys():
        _complete(value[name], properties[name], document, depth + 1)


def complete_catalogue(document: Json) -> Json:
    """Return the document with a class and family for every error code that has none yet.

    They are derived from the code's words.
    """
    catalogue = dict(document.get("x-error-catalogue", {}))
    taken = {meaning["class"] for meaning in catalogue.values()} | RESERVED_ERRORS
    for _, _, operation in operations(document):
        for code in operation.get("x-error-codes", []):
            if code not in catalogue:
                name = error_class(code, taken)
                family = next((family for ending, family in _FAMILIES.items() if code.endswith(ending)), "bad_request")
                catalogue[code] = {"class": name, "family": family, "x-guessed": True}
                taken.add(name)
    return {**document, "x-error-catalogue": catalogue} if catalogue else document


def operations(document: Json) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and operation of everything under `paths`, in document order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def rename(document: Json) -> Json:
    """Return the document with every component that has `x-name` renamed to it."""
    schemas = document["components"]["schemas"]
    names = {
        old: schema["x-name"] for old, schema in schemas.items() if isinstance(schema, dict) and "x-name" in schema
    }
    for old, new in names.items():
        if list(names.values()).count(new) > 1 or (new in schemas and new not in names):
            raise PipelineError(
                f"components.schemas.{old}: the name {new!r} is taken; give the other schema of that name an x-name in "
                "the overlay"
            )
    renamed = {
        names.get(old, old): {key: value for key, value in schema.items() if key != "x-name"}
        for old, schema in schemas.items()
    }
    result = {**document, "components": {**document["components"], "schemas": renamed}}
    return _follow(result, {f"{_REF}{old}": f"{_REF}{new}" for old, new in names.items()})


def _follow(node: Json, names: dict[str, str]) -> Json:
    if isinstance(node, list):
        return [_follow(value, names) for value in node]
    if isinstance(node, dict):
        return {
            key: names.get(value, value) if key == "$ref" and isinstance(value, str) else _follow(value, names)
            for key, value in node.items()
        }
    return node


def check(document: Json) -> None:
    """Raise PipelineError for the first mistake that makes the document unsound."""
    for reference in dangling(document):
        raise PipelineError(f"the overlay refers to {reference}, which the document does not have (any more)")
    places: dict[str, str] = {}
    for path, method, operation in operations(document):
        place, name = f"{method.upper()} {path}", operation["operationId"]
        if name in places:
            raise PipelineError(
                f"{place}: its id {name} is that of {places[name]}, too; give one of them another operationId in the "
                "overlay"
            )
        places[name] = place
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        where = ".".join(map(str, error.absolute_path)) or "the document"
        raise PipelineError(f"the composed document is not valid OpenAPI 3.1: {where}: {error.message[:300]}")
    for path, method, operation in operations(document):
        if "x-threshold" not in operation and "x-waiver" not in operation:
            raise PipelineError(
                f"{method.upper()} {path}: states no threshold; add x-threshold "
                "(or x-waiver with a reason) to the overlay"
            )
    for example in examples(document):
        validator = validator_for(document, example.schema)
        for problem in validator.iter_errors(example.value):
            where = "/".join(map(str, problem.instance_path))
            raise PipelineError(f"example {example.where} does not validate at /{where}: {problem.message[:300]}")


def dangling(document: Json) -> list[str]:
    """Return the references to schemas that the document does not have."""
    schemas = document["components"]["schemas"]
    found = {each for each in _references(document) if each.startswith(_REF) and each.removeprefix(_REF) not in schemas}
    return sorted(found)


def _references(node: Json) -> Iterator[str]:
    """Yield every `$ref` of a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def validator_for(document: Json, schema: Json) -> jsonschema_rs.Validator:
    """Return a Draft 2020-12 validator of `schema`, with references resolved in `document`."""
    root = {"components": {"schemas": document["components"]["schemas"]}, "allOf": [schema]}
    return jsonschema_rs.Draft202012Validator(root)


class Example(NamedTuple):
    """An example in the document, and the schema that it must match."""

    where: str
    schema: Json
    value: Json


def examples_below(media: Json, update: Json) -> Iterator[tuple[tuple[str, ...], Json, Json]]:
    """Yield place, schema and value of each example that an overlay's update adds to a parameter or media type."""
    if isinstance(media, dict) and isinstance(update, dict) and "schema" in media:
        if "example" in update:
            yield ("example",), media["schema"], update["example"]
        for key, example in update.get("examples", {}).items():
            yield ("examples", key, "value"), media["schema"], example["value"]


def examples(document: Json) -> Iterator[Example]:
    """Yield every example of a parameter, request body, response or webhook."""
    items = {**document["paths"], **document.get("webhooks", {})}
    for path, item in items.items():
        for method in METHODS:
            if method not in item:
                continue
            operation, where = item[method], f"{method.upper()} {path}"
            for parameter in operation.get("parameters", []):
                if "example" in parameter:
                    yield Example(f"{where} {parameter['name']}", parameter["schema"], parameter["example"])
            bodies = {"request": operation.get("requestBody", {}), **operation.get("responses", {})}
            for part, body in bodies.items():
                for media in body.get("content", {}).values():
                    if "example" in media:
                        yield Example(f"{where} {part}", media["schema"], media["example"])
                    for key, example in media.get("examples", {}).items():
                        if "value" in example:
                            yield Example(f"{where} {part} {key}", media["schema"], example["value"])
