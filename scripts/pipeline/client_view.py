"""The composed document, adapted for the generator so that the client does what the document says.

The generator ignores some features of OpenAPI and crashes on a few more (measured on 0.29.1). Only this module works
around that, on a copy. The document that people and the mock server read stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from pipeline.compose import operations
from pipeline.documents import Json
from pipeline.names import module, slug
from pipeline.schema_changes import resolve

_SERIALIZED = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
_ENUM_TYPES = (str, int)


def client_view(document: Json) -> Json:
    """Return a copy of the document, adapted for the generator."""
    view = copy.deepcopy(document)
    schemas = view["components"]["schemas"]
    for schema in [*schemas.values(), *_inline(view)]:
        for node in _nodes(schema):
            _drop_unsupported(node)
    for _, _, operation in operations(view):
        operation["parameters"] = [
            bent for parameter in operation.get("parameters", []) for bent in _parameter(parameter, view)
        ]
        if "requestBody" in operation:
            operation["requestBody"]["content"] = _request(operation["requestBody"]["content"], view)
        for response in operation["responses"].values():
            if "content" in response:
                response["content"] = _response(response["content"])
    _no_binary_in_json(view)
    _break_array_circles(schemas)
    return view


def content_types(document: Json) -> dict[str, str]:
    """Return {media type: `application/octet-stream`} for the media types that the generator does not know."""
    found: dict[str, str] = {}
    for _, _, operation in operations(document):
        contents = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media in (media for content in contents for media in content.get("content", {})):
            if not _known(media):
                found[media] = "application/octet-stream"
    return found


def _known(media: str) -> bool:
    plain = media.partition(";")[0].strip().lower()
    return _is_json(plain) or plain in {"application/octet-stream", *_SERIALIZED} or plain.startswith("text/")


def _inline(view: Json) -> Iterator[Json]:
    """Yield the schemas that stand in operations and not among the components."""
    for _, _, operation in operations(view):
        for parameter in operation.get("parameters", []):
            yield parameter["schema"]
        for holder in [operation.get("requestBody", {}), *operation["responses"].values()]:
            for media in holder.get("content", {}).values():
                yield media["schema"]


def _nodes(schema: Json) -> Iterator[dict[str, Any]]:
    """Yield a schema and every schema inside it, without following references."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key in ("items", "additionalProperties"):
        yield from _nodes(schema.get(key))
    for inner in schema.get("properties", {}).values():
        yield from _nodes(inner)
    for key in ("allOf", "anyOf", "oneOf"):
        for inner in schema.get(key, []):
            yield from _nodes(inner)


def _drop_unsupported(node: dict[str, Any]) -> None:
    """Remove what the generator handles wrongly: defaults (it always sends them) and enumerations of mixed types."""
    node.pop("default", None)
    if "enum" in node:
        kinds = {type(value) for value in node["enum"]}
        if len(kinds) > 1 or not kinds <= set(_ENUM_TYPES) or bool in kinds:
            del node["enum"]
        elif str in kinds:
            names = _member_names(node["enum"])
            if names is not None:
                node["x-enum-varnames"] = names
    if node.get("const", ...) is None:
        del node["const"]
        node["type"] = "null"
    if isinstance(node.get("const"), (bool, float)):
        node.setdefault("type", "boolean" if isinstance(node["const"], bool) else "number")
        del node["const"]


def _member_names(values: list[str]) -> list[str] | None:
    """Return names for an enumeration's members if the generator's own names would clash or be empty; else None."""
    own = [module(value) if value[:1].isalpha() else f"value{index}" for index, value in enumerate(values)]
    if len(set(own)) == len(own) and all(value.isascii() for value in own):
        return None
    found: list[str] = []
    for value in values:
        words = slug(value.replace("+", " plus ").replace("-", " minus " if value[:1] == "-" else " ")) or "value"
        stem = f"value_{words}" if not words[0].isalpha() else words
        name, count = stem, 2
        while name.upper() in found:
            name, count = f"{stem}_{count}", count + 1
        found.append(name.upper())
    return found


def _parameter(parameter: Json, view: Json) -> Iterator[Json]:
    """Yield the parameter, or several in its place, so that the generator sends it as the document says."""
    schema = resolve(parameter["schema"], view)
    kind = schema.get("type")
    plain = {key: value for key, value in parameter.items() if key not in ("style", "explode")}
    style, place = parameter.get("style"), parameter["in"]
    if place == "query" and style == "deepObject" and "properties" in schema:
        for name, inner in schema["properties"].items():
            yield {
                **plain,
                "name": f"{parameter['name']}[{name}]",
                "required": parameter["required"] and name in schema.get("required", []),
                "schema": inner,
            }
    elif kind == "array" and (
        place != "query" or parameter.get("explode") is False or style in ("spaceDelimited", "pipeDelimited")
    ):
        yield {**plain, "schema": {"type": "string"}, "description": "Values, joined as the document says."}
    elif place == "query" and parameter["required"] and "const" in schema:
        yield {
            **plain,
            "schema": {**schema, "default": schema["const"]},
        }  # a constant: the generator sends it without an argument
    elif place != "query" and (kind == "object" or "properties" in schema or not _scalar(schema, view)):
        yield {**plain, "schema": {"type": "string"}}
    else:
        yield plain


def _scalar(schema: dict[str, Any], view: Json) -> bool:
    """Return whether the generator can write all values of the schema into a path, a header or a cookie."""
    return "enum" in schema or schema.get("type") in ("string", "integer", "number", "boolean")


def _request(content: Json, view: Json) -> Json:
    bent = {}
    for media, entry in content.items():
        schema, plain = entry["schema"], media.partition(";")[0].strip().lower()
        target = resolve(schema, view)
        if plain in ("*/*", "application/*"):
            media = plain = "application/json" if "properties" in target else "application/octet-stream"
        if plain.startswith("text/") or not _known(media) or plain == "application/octet-stream":
            schema = dict(_BINARY)
        elif plain in _SERIALIZED and "properties" not in target and "allOf" not in target:
            schema = {"type": "object"}
        bent[media] = {"schema": schema}
    return bent


def _response(content: Json) -> Json:
    """Return the one media type that the generator is to read: JSON if there is one, else text, else bytes."""
    plain = {media: media.partition(";")[0].strip().lower() for media in content}
    media = min(content, key=lambda media: (not _is_json(plain[media]), not plain[media].startswith("text/"), media))
    schema = content[media]["schema"]
    if plain[media].startswith("text/"):
        schema = {"type": "string"}
    elif not _is_json(plain[media]):
        schema = dict(_BINARY)
    return {media: {"schema": schema}}


def _is_json(media: str) -> bool:
    return media == "application/json" or media.endswith("+json")


def _no_binary_in_json(view: Json) -> None:
    """Remove `format: binary` from schemas that only JSON uses, since JSON cannot hold bytes."""
    kept: set[str] = set()
    for _, _, operation in operations(view):
        for media, entry in operation.get("requestBody", {}).get("content", {}).items():
            if media.partition(";")[0].strip().lower() == "multipart/form-data":
                kept |= _reached(entry["schema"], view, set())
    for name, schema in view["components"]["schemas"].items():
        if name not in kept:
            for node in _nodes(schema):
                if node.get("format") == "binary":
                    del node["format"]


def _reached(schema: Json, view: Json, seen: set[str]) -> set[str]:
    for node in _nodes(schema):
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            _reached(view["components"]["schemas"][name], view, seen)
    return seen


def _break_array_circles(schemas: dict[str, Json]) -> None:
    """Replace each array that contains itself without an object between by "anything"; the generator cannot name it."""

    def leads_back(schema: Json, start: str, seen: frozenset[str]) -> bool:
        for node in _nodes({key: value for key, value in schema.items() if key != "properties"}):
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name == start or (name and name not in seen and leads_back(schemas[name], start, seen | {name})):
                return True
        return False

    for name, schema in schemas.items():
        if schema.get("type") != "object" and "properties" not in schema and leads_back(schema, name, frozenset()):
            schemas[name] = {key: value for key, value in schema.items() if key in ("type", "description")}
            if schema.get("type") == "array":
                schemas[name]["items"] = {}
