"""The differences between two schemas, rated by the direction in which their values travel.

In a request, a wider schema is a feature and a narrower one is breaking. In a response it is the reverse, with two
exceptions: limits and patterns, which the client does not check, are rated `fix`; and a new value of an enumeration is
a feature. Removing a value of an enumeration is breaking in both directions, because its name disappears from the
client.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from pipeline.documents import Json

Rating = Literal["breaking", "feature", "fix"]
Direction = Literal["request", "response"]

_UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties", "x-max-bytes")
_LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
RETYPING_FORMATS = frozenset({"date", "date-time", "uuid", "binary"})
"""Formats that the client converts to a type of their own."""
_NAMES = {"null": "null", "object": "an object", "array": "a list", "integer": "an integer"}
_ALL = frozenset({"null", "boolean", "object", "array", "number", "string"})


class Finding(NamedTuple):
    """A change, without its place in the document."""

    kind: str
    text: str
    rating: Rating


class Comparison:
    """Compares schemas of two documents for one direction. It tracks the pairs being compared, so that cycles end."""

    def __init__(self, old: Json, new: Json, direction: Direction) -> None:
        self.old = old
        self.new = new
        self.direction = direction
        self.inside: set[tuple[str, str]] = set()

    def by_direction(self, wider: bool) -> Rating:
        """Return the rating of a change: breaking or feature in a request, breaking or fix in a response."""
        if self.direction == "request":
            return "feature" if wider else "breaking"
        return "breaking" if wider else "fix"

    def unchecked(self, wider: bool) -> Rating:
        """Return the rating like `by_direction`, but for a rule that the client never checks in a response."""
        return self.by_direction(wider) if self.direction == "request" else "fix"

    def schemas(self, old: Json, new: Json, where: str) -> Iterator[Finding]:
        """Yield the changes between two schemas. `where` describes in words what they are the schemas of."""
        pair = (_key(old), _key(new))
        if pair in self.inside:
            return
        self.inside.add(pair)
        yield from self._compare(_flat(old, self.old), _flat(new, self.new), where)
        self.inside.discard(pair)

    def _compare(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[Finding]:
        types = [_types(schema, document) for schema, document in ((old, self.old), (new, self.new))]
        if types[0] != types[1]:
            yield self._retyped(types[0], types[1], where)
            if not types[0] & types[1]:
                return
        yield from self._formats(old, new, where)
        yield from self._values(old, new, where)
        yield from self._limits(old, new, where)
        yield from self._properties(old, new, where)
        yield from self._rules(old, new, where)
        if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
            yield from self.schemas(old["items"], new["items"], f"{where}[]")
        for key in ("anyOf", "oneOf"):
            yield from self._variants(old.get(key, []), new.get(key, []), where)

    def _retyped(self, old: frozenset[str], new: frozenset[str], where: str) -> Finding:
        text = f"{where}: type {_names(old)} → {_names(new)}"
        if old < new:
            return Finding("type-widened", text, self.by_direction(wider=True))
        if new < old:
            return Finding("type-narrowed", text, self.by_direction(wider=False))
        return Finding("type-changed", text, "breaking")

    def _formats(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[Finding]:
        one, other = old.get("format"), new.get("format")
        if one != other:
            rating: Rating = "breaking" if RETYPING_FORMATS & {one, other} else "fix"
            yield Finding("format-changed", f"{where}: format {one or 'none'} → {other or 'none'}", rating)

    def _values(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[Finding]:
        if _closed(old) != _closed(new):
            text = f"{where}: {'only listed values' if _closed(new) else 'any value'} from now on"
            yield Finding("enumeration", text, self.by_direction(wider=_closed(old)))
        elif _closed(old):
            before, after = _enumeration(old), _enumeration(new)
            for value in sorted(after - before):
                yield Finding("value-added", f"{where}: value {value} added", "feature")
            for value in sorted(before - after):
                yield Finding("value-removed", f"{where}: value {value} removed", "breaking")
        one, other = (schema.get("default", schema.get("x-default")) for schema in (old, new))
        if one != other:
            rating: Rating = "breaking" if self.direction == "request" else "fix"
            yield Finding("default-changed", f"{where}: default {one} → {other}", rating)

    def _limits(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[Finding]:
        for key in (*_UPPER, *_LOWER):
            one, other = old.get(key), new.get(key)
            if one == other or isinstance(one, bool) or isinstance(other, bool):
                continue
            looser = other is None or (one is not None and (other > one) == (key in _UPPER))
            text = f"{where}: {key} {'none' if one is None else one} → {'none' if other is None else other}"
            kind = "limit-loosened" if looser else "limit-tightened"
            yield Finding(kind, text, self.unchecked(wider=looser))
        for key in ("pattern", "multipleOf", "uniqueItems"):
            one, other = old.get(key) or None, new.get(key) or None
            if one != other:
                kind = "limit-loosened" if other is None else "limit-tightened"
                words = "dropped" if other is None else "added" if one is None else "changed"
                yield Finding(kind, f"{where}: {key} {words}", self.unchecked(wider=other is None))

    def _properties(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[Finding]:
        was, now = old.get("properties", {}), new.get("properties", {})
        needed = [set(schema.get("required", [])) for schema in (old, new)]
        for name in sorted(was.keys() - now.keys()):
            yield Finding("property-removed", f"{where}: property {name} removed", "breaking")
        for name in sorted(now.keys() - was.keys()):
            must = name in needed[1]
            text = f"{where}: {'required' if must else 'optional'} property {name} added"
            breaks = must and self.direction == "request"
            yield Finding("property-added", text, "breaking" if breaks else "feature")
        for name in sorted(was.keys() & now.keys()):
            inner = f"{where}: {name}" if ":" not in where else f"{where}.{name}"
            if (name in needed[0]) != (name in needed[1]):
                must = name in needed[1]
                text = f"{inner} became {'required' if must else 'optional'}"
                yield Finding("property-required", text, self.by_direction(wider=not must))
            yield from deprecation(was[name], now[name], inner)
            yield from self.schemas(was[name], now[name], inner)
        extra = [schema.get("additionalProperties", True) for schema in (old, new)]
        if isinstance(extra[0], dict) and isinstance(extra[1], dict):
            yield from self.schemas(extra[0], extra[1], f"{where}: any other property")
        elif (extra[0] is False) != (extra[1] is False):
            wider = extra[0] is False
            text = f"{where}: other properties are {'allowed' if wider else 'refused'}"
            yield Finding("other-properties", text, self.unchecked(wider=wider))

    def _rules(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[Finding]:
        before, after = old.get("rules", set()), new.get("rules", set())
        for rules, wider in ((before - after, True), (after - before, False)):
            for rule in sorted(rules):
                text = f"{where}: a rule {'dropped' if wider else 'added'}: {rule}"
                kind = "rule-dropped" if wider else "rule-added"
                yield Finding(kind, text, self.unchecked(wider=wider))

    def _variants(self, old: list[Json], new: list[Json], where: str) -> Iterator[Finding]:
        if not old or not new:
            return
        was, now = ({_key(variant): variant for variant in variants} for variants in (old, new))
        gone, come = [key for key in was if key not in now], [key for key in now if key not in was]
        for key in was.keys() & now.keys():
            yield from self.schemas(was[key], now[key], where)
        for one, other in zip(gone, come, strict=False):
            yield from self.schemas(was[one], now[other], where)
        for key in come[len(gone) :]:
            yield Finding("variant-added", f"{where}: may also be {_title(now[key])}", self.by_direction(wider=True))
        for key in gone[len(come) :]:
            text = f"{where}: can no longer be {_title(was[key])}"
            yield Finding("variant-removed", text, self.by_direction(wider=False))


def deprecation(old: Json, new: Json, where: str) -> Iterator[Finding]:
    """Yield a change if something became deprecated, or is no longer deprecated."""
    was, now = bool(old.get("deprecated")), bool(new.get("deprecated"))
    if was != now:
        text = f"{where} {'is deprecated' if now else 'is no longer deprecated'}"
        yield Finding("deprecated", text, "feature" if now else "fix")


def resolve(schema: Json, document: Json) -> dict[str, Any]:
    """Return the schema that a reference leads to; return any other schema unchanged."""
    for _ in range(50):
        if not isinstance(schema, dict):
            return {} if schema is not False else {"not": {}}
        if "$ref" not in schema:
            return schema
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return {}


def _flat(schema: Json, document: Json, depth: int = 0) -> dict[str, Any]:
    """Return a schema with its `allOf` merged and a choice of one schema or null as that schema with one more type.

    Conditions become a set of `rules`.
    """
    schema = _nullable(resolve(schema, document), document, depth)
    flat = {key: value for key, value in schema.items() if key not in ("allOf", "if", "then", "else", "not")}
    rules = set(flat.pop("rules", ()))
    if "if" in schema or "not" in schema:
        rules.add(_text({key: schema[key] for key in ("if", "then", "else", "not") if key in schema}))
    for part in schema.get("allOf", []) if depth < 20 else []:
        merged = _flat(part, document, depth + 1)
        rules |= merged.pop("rules", set())
        flat["properties"] = {**flat.get("properties", {}), **merged.pop("properties", {})}
        flat["required"] = [*flat.get("required", []), *merged.pop("required", [])]
        for key, value in merged.items():
            flat.setdefault(key, value)
    if rules:
        flat["rules"] = rules
    return flat


def _nullable(schema: dict[str, Any], document: Json, depth: int) -> dict[str, Any]:
    """Return the schema; if it is a choice of one schema with a type or null, return that schema with the type null."""
    for key in ("anyOf", "oneOf"):
        others = [part for part in schema.get(key, []) if part != {"type": "null"}]
        if depth < 20 and len(others) == 1 < len(schema.get(key, [])):
            flat = _flat(others[0], document, depth + 1)
            kinds = flat.get("type", "object" if "properties" in flat else [])
            if kinds:
                rest = {name: value for name, value in schema.items() if name != key}
                return {**rest, **flat, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}
    return schema


def _types(schema: dict[str, Any], document: Json, depth: int = 0) -> frozenset[str]:
    """Return the JSON types that a flat schema allows. `integer` is listed in addition to `number` if both are."""
    stated = schema.get("type")
    if stated is not None:
        types = set(stated if isinstance(stated, list) else [stated])
    elif "properties" in schema:
        types = {"object"}
    elif "const" in schema or "enum" in schema:
        types = {_type(value) for value in ([schema["const"]] if "const" in schema else schema["enum"])}
    else:
        types = set(_ALL)
        for key in ("anyOf", "oneOf"):
            if key in schema and depth < 20:
                types &= {
                    kind for option in schema[key] for kind in _types(_flat(option, document), document, depth + 1)
                }
    return frozenset(types | {"integer"} if "number" in types else types)


def _type(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", dict: "object", list: "array", type(None): "null"}
    return names[type(value)]


def _names(types: frozenset[str]) -> str:
    if types >= _ALL:
        return "anything"
    shown = types - {"integer"} if "number" in types else types
    return " or ".join(sorted(_NAMES.get(name, f"a {name}") for name in shown)) or "nothing"


def _closed(schema: dict[str, Any]) -> bool:
    return "enum" in schema or "const" in schema


def _enumeration(schema: dict[str, Any]) -> set[str]:
    values = [schema["const"]] if "const" in schema else schema["enum"]
    return {value if isinstance(value, str) else json.dumps(value) for value in values}


def _key(schema: Json) -> str:
    return _text(schema)


def _title(schema: Json) -> str:
    if isinstance(schema, dict) and "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    return _text(schema)[:80]


def _text(data: Json) -> str:
    return json.dumps(_meaning(data), sort_keys=True)


def _meaning(data: Json) -> Json:
    """Return the data without descriptions and other text for people; a property may still have any of these names."""
    if isinstance(data, list):
        return [_meaning(value) for value in data]
    if not isinstance(data, dict):
        return data
    return {
        key: {name: _meaning(inner) for name, inner in value.items()}
        if key == "properties" and isinstance(value, dict)
        else _meaning(value)
        for key, value in data.items()
        if key not in ("description", "example", "examples", "title", "x-name")
    }
