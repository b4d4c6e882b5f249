"""Report returned values that the API document's schema of answers rejects, as far as the script determines them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from .. import tree
from .findings import Report
from .walking import bare, expressions, own_statements, statements

__all__ = ["check_answers"]

Schema = Mapping[str, Any]

_MOST_DEEP = 40
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_ARTICLES = {"array": "a list", "object": "a map", "integer": "a whole number", "boolean": "true or false"}


class Unknown:
    """A value that cannot be determined from the script."""


class OpenMap(dict[str, Any]):
    """A map that may have further, unknown keys."""


UNKNOWN = Unknown()


@cache
def _schemas() -> dict[str, Schema]:
    """Return the schemas of answers from the API document; `Answer` is the schema of a script's return value."""
    text = Path(__file__).with_name("answers.json").read_text("utf-8")
    found: dict[str, Schema] = json.loads(text)
    return found


def check_answers(script: tree.Script, report: Report) -> None:
    """Report the answers of a message action's handler that the schema certainly rejects."""
    body = own_statements(script)
    values = _Values(body)
    for statement in statements(body):
        if not isinstance(statement, tree.Return) or statement.value is None:
            continue
        answer = values.of(statement.value)
        if isinstance(answer, Unknown | str) or answer is None or (answer == {} and not isinstance(answer, OpenMap)):
            continue
        if not isinstance(answer, dict):
            report.add(
                "bad-answer", statement.value, f"the answer must be a map or a text, not {_kind(answer)}; return a map"
            )
            continue
        if answer:
            for path, fault in _faults(answer, _schemas()["Answer"], "", 0):
                where = f"`{path}` of the answer" if path else "the answer"
                report.add("bad-answer", statement.value, f"{where} {fault}")


class _Values:
    """The values of expressions, as far as the script determines them."""

    def __init__(self, body: Sequence[tree.Statement]) -> None:
        self._assigned: dict[str, list[tree.Node | None]] = {}
        self._puts: dict[str, list[tree.Call]] = {}
        self._touched: set[str] = set()
        for statement in statements(body):
            self._note(statement)

    def _note(self, statement: tree.Statement) -> None:
        match statement:
            case tree.Assign(tree.Name(name), operator, value):
                self._assigned.setdefault(name, []).append(value if operator == "=" else None)
                if isinstance(bare(value), tree.Name):
                    self._touch(value)  # another name for the same map
            case tree.Task(tree.Name(name)):
                self._assigned.setdefault(name, []).append(None)
            case tree.Assign(tree.Field() as target) | tree.Task(tree.Field() as target):
                self._touch(target)
            case tree.ForEach():
                self._assigned.setdefault(statement.variable.name, []).append(None)
        for expression in expressions(statement):
            for node in tree.walk(expression):
                if isinstance(node, tree.Call) and isinstance(node.receiver, tree.Name):
                    if node.name.lower() == "put" and len(node.arguments) == 2:
                        self._puts.setdefault(node.receiver.name, []).append(node)
                    elif node.name.lower() not in ("get", "tostring", "containskey", "containkey", "size", "isempty"):
                        self._touched.add(node.receiver.name)

    def _touch(self, node: tree.Node) -> None:
        for name in tree.walk(node):
            if isinstance(name, tree.Name):
                self._touched.add(name.name)

    def of(self, node: tree.Node, depth: int = 0, seen: frozenset[str] = frozenset()) -> Any:
        """Return the value of an expression; `UNKNOWN` if the script does not determine it."""
        node = bare(node)
        if depth > _MOST_DEEP:
            return UNKNOWN
        match node:
            case tree.Text(value) | tree.Boolean(value) | tree.Number(value):
                return value
            case tree.DecimalNumber(number):
                return float(number)
            case tree.Null():
                return None
            case tree.Empty():
                return {}
            case tree.ListLiteral(items):
                return [self.of(item, depth + 1, seen) for item in items]
            case tree.MapLiteral(entries):
                return self._map(entries, depth, seen)
            case tree.Call(None, name, arguments) if name.lower() in ("map", "list") and not arguments:
                return {} if name.lower() == "map" else []
            case tree.Binary(operator="+") if self._is_text(node):
                return Concatenation()
            case tree.Name(name):
                return self._variable(name, depth, seen)
        return UNKNOWN

    def _map(self, entries: Sequence[tree.Pair], depth: int, seen: frozenset[str]) -> dict[str, Any]:
        known: dict[str, Any] = {}
        is_open = False
        for entry in entries:
            key = self.of(entry.key, depth + 1, seen)
            if isinstance(key, str) and not isinstance(key, Concatenation):
                known[key] = self.of(entry.value, depth + 1, seen)
            else:
                is_open = True
        return OpenMap(known) if is_open else known

    def _variable(self, name: str, depth: int, seen: frozenset[str]) -> Any:
        given = self._assigned.get(name, [])
        if len(given) != 1 or given[0] is None or name in seen or name in self._touched:
            return UNKNOWN
        value = self.of(given[0], depth + 1, seen | {name})
        puts = self._puts.get(name, [])
        if not isinstance(value, dict):
            return UNKNOWN if puts else value
        if not puts:
            return value
        # A `put` may run on some paths only. Known are keys that are never put, and the value of a key if it is put.
        known = OpenMap(value) if isinstance(value, OpenMap) else dict(value)
        for put in puts:
            key = self.of(put.arguments[0], depth + 1, seen | {name})
            if isinstance(key, str) and not isinstance(key, Concatenation):
                known[key] = UNKNOWN if key in known else self.of(put.arguments[1], depth + 1, seen | {name})
            else:
                known = OpenMap(known)
        return known

    def _is_text(self, node: tree.Binary) -> bool:
        parts: list[tree.Node] = []
        rest: tree.Node = node
        while isinstance(rest, tree.Binary) and rest.operator == "+":
            parts.append(bare(rest.right))
            rest = bare(rest.left)
        return any(isinstance(part, tree.Text) for part in (*parts, rest))


class Concatenation(str):
    """A text with unknown content."""


def _resolved(schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = _schemas()[schema["$ref"]]
    return schema


def _faults(value: Any, schema: Schema, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the certain violations of a schema: the path of the value, and what is wrong with it."""
    schema = _resolved(schema)
    if isinstance(value, Unknown) or value is None or depth > _MOST_DEEP:
        return
    if value == {} and not isinstance(value, OpenMap) and schema.get("type") == "array":
        value = []  # `{}` may be a list
    kind = schema.get("type")
    if kind is not None and not _has_type(value, kind):
        yield path, f"must be {_ARTICLES.get(kind, 'a text' if kind == 'string' else 'a ' + kind)}, not {_kind(value)}"
        return
    if isinstance(value, str):
        yield from _text(value, schema, path)
    elif isinstance(value, list):
        yield from _list(value, schema, path, depth)
    elif isinstance(value, dict):
        yield from _object(value, schema, path, depth)
    elif not isinstance(value, bool):
        if value < schema.get("minimum", value):
            yield path, f"must be at least {schema['minimum']}"
        if value > schema.get("maximum", value):
            yield path, f"must be at most {schema['maximum']}"
    for part in schema.get("allOf", ()):
        yield from _faults(value, part, path, depth + 1)
    if "anyOf" in schema:
        yield from _any(value, schema["anyOf"], path, depth)
    if isinstance(value, dict) and {"if", "then"} <= schema.keys() and _fits_surely(value, schema["if"], depth):
        yield from _faults(value, schema["then"], path, depth + 1)


def _any(value: Any, options: Sequence[Schema], path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the violations of the option with the value's `type`, else of the last one; nothing if an option fits."""
    meant = [option for option in options if _is_meant(value, _resolved(option))]
    judged = [list(_faults(value, option, path, depth + 1)) for option in (meant or options)]
    if all(judged):
        yield from judged[-1]


def _is_meant(value: Any, option: Schema) -> bool:
    """Return whether a value has the `type` of an option."""
    kind = _resolved(option.get("properties", {}).get("type", {})).get("const")
    return kind is not None and isinstance(value, dict) and value.get("type") == kind


def _text(value: str, schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Concatenation):
        return
    if "enum" in schema and value not in schema["enum"]:
        yield path, f'must be one of {", ".join(map(str, schema["enum"]))}, not "{value[:40]}"'
    if "const" in schema and value != schema["const"]:
        yield path, f'must be "{schema["const"]}", not "{value[:40]}"'
    if len(value) < schema.get("minLength", 0):
        yield path, "must not be empty"
    if len(value) > schema.get("maxLength", len(value)):
        yield path, f"must have at most {schema['maxLength']} characters, and has {len(value)}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield path, f"must match {schema['pattern']}"


def _list(value: list[Any], schema: Schema, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if len(value) < schema.get("minItems", 0):
        yield path, f"must have at least {schema['minItems']} elements, and has {len(value)}"
    if len(value) > schema.get("maxItems", len(value)):
        yield path, f"must have at most {schema['maxItems']} elements, and has {len(value)}"
    if "items" in schema:
        for number, item in enumerate(value):
            yield from _faults(item, schema["items"], f"{path}[{number}]", depth + 1)


def _object(value: dict[str, Any], schema: Schema, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if not isinstance(value, OpenMap):
        for key in schema.get("required", ()):
            if key not in value:
                yield path, f"must have `{key}`"
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", {})
    for key, inner in value.items():
        part = properties.get(key, others if isinstance(others, dict) else {})
        yield from _faults(inner, part, f"{path}.{key}" if path else key, depth + 1)


def _fits_surely(value: dict[str, Any], schema: Schema, depth: int) -> bool:
    """Return whether a condition of the schema certainly holds: all that it requires is present and known."""
    schema = _resolved(schema)
    for key in schema.get("required", ()):
        if key not in value or isinstance(value[key], Unknown | Concatenation):
            return False
    return not list(_faults(value, schema, "", depth + 1))


def _has_type(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    return (
        "a text"
        if isinstance(value, str)
        else "a list"
        if isinstance(value, list)
        else ("a map" if isinstance(value, dict) else "a number")
    )
