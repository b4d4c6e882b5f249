"""Read and write OpenAPI documents as plain data.

Reading is hardened against hostile input: size, nodes, depth and digits are limited; YAML tags, duplicate keys, alias
bombs and cyclic aliases are refused; strings that look like dates stay strings. Writing is canonical: equal data gives
equal bytes.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import PipelineError

MAX_BYTES = 10_000_000
MAX_NODES = 500_000
MAX_DEPTH = 100
MAX_TEXT = 1_000_000
"""The most characters of one text."""
MAX_DIGITS = 40
"""The most digits of a whole number. The largest format, uint128, needs 39."""

Json = Any
"""Plain data of JSON types: dict, list, str, int, float, bool, None."""

_NODES_HINT = f"a document may have at most {MAX_NODES:,} values once its aliases are followed; split it"
_DEPTH_HINT = f"at most {MAX_DEPTH} levels are read; name the inner schemas and refer to them"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, line separators, changes of writing direction, and halves of surrogate pairs."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A loader for YAML 1.2's core schema: no dates, no yes/no booleans, no octal or base-60 numbers, no merge keys.

    The C code that composes nodes recurses without a limit, so `_check_events` must refuse deep nesting first.
    """


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"^(?:null|Null|NULL|~|)$", ["n", "N", "~", ""]),
    ("bool", r"^(?:true|false|True|False|TRUE|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def _check_events(text: str, name: str) -> None:
    """Raise PipelineError for too many nodes or too deep nesting, before the nodes are held in memory."""
    depth = nodes = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise PipelineError(f"{name}: line {line}: nested too deeply; {_DEPTH_HINT}")
        if nodes > MAX_NODES:
            raise PipelineError(f"{name}: too large; {_NODES_HINT}")


def _figure(text: str) -> int:
    if len(text.lstrip("+-")) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text):,} digits; at most {MAX_DIGITS} are read")
    return int(text)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: dict[Hashable, Any] = {}
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, "a key is not a plain value", key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"key {key!r} occurs twice", key_node.start_mark)
        seen[key] = None
    made: dict[Hashable, Any] = loader.construct_mapping(node, deep=True)
    return made


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    try:
        return _figure(str(node.value))
    except ValueError as error:
        raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from error


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"key {key!r} occurs twice")
        found[key] = value
    return found


class _Copier:
    """Copies plain data without sharing, which reveals an alias bomb by its size and refuses a cycle."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes = 0

    def copy(self, node: Any, depth: int = 0) -> Json:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise PipelineError(f"{self.name}: too large; {_NODES_HINT}")
        if depth > MAX_DEPTH:
            raise PipelineError(f"{self.name}: nested too deeply; {_DEPTH_HINT}")
        if isinstance(node, dict):
            copied = {self._key(key): self.copy(value, depth + 1) for key, value in node.items()}
            if len(copied) != len(node):
                raise PipelineError(f"{self.name}: a key occurs twice, once as a number and once as a string")
            return copied
        if isinstance(node, list):
            return [self.copy(value, depth + 1) for value in node]
        if isinstance(node, str) and len(node) > MAX_TEXT:
            raise PipelineError(
                f"{self.name}: a text of {len(node):,} characters, {node[:40]!r}; at most {MAX_TEXT:,} are read; cut it"
            )
        if isinstance(node, str) and _CONTROL.search(node):
            raise PipelineError(f"{self.name}: a control character in {node[:40]!r}; remove it")
        if isinstance(node, float) and not math.isfinite(node):
            raise PipelineError(f"{self.name}: {node} is not a number in JSON; remove it")
        if node is None or isinstance(node, (str, int, float, bool)):
            return node
        raise PipelineError(f"{self.name}: contains a value that JSON does not have: {type(node).__name__}")

    def _key(self, key: Any) -> str:
        if isinstance(key, bool) or not isinstance(key, (str, int)):
            raise PipelineError(f"{self.name}: the key {key!r} is not a string; put it in quotes")
        return str(self.copy(str(key)))


def parse(text: bytes, name: str) -> Json:
    """Return the plain data of JSON or YAML bytes.

    Args:
        text: the bytes.
        name: the document's name in messages.

    Raise PipelineError for anything that is not one plain document.
    """
    if len(text) > MAX_BYTES:
        raise PipelineError(f"{name}: {len(text):,} bytes; a document may have at most {MAX_BYTES:,}")
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        kind = (
            "UTF-16 or UTF-32 text" if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "not UTF-8 text"
        )
        raise PipelineError(f"{name}: {kind} (byte {error.start}); save it as UTF-8") from error
    try:
        if decoded.lstrip().startswith("{"):
            data = json.loads(decoded, object_pairs_hook=_no_duplicates, parse_int=_figure)
        else:
            _check_events(decoded, name)
            data = yaml.load(decoded, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise PipelineError(f"{name}:{where} not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise PipelineError(f"{name}: not YAML: {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise PipelineError(f"{name}: nested too deeply; {_DEPTH_HINT}") from error
    except ValueError as error:
        raise PipelineError(f"{name}: not JSON: {error}") from error
    try:
        return _Copier(name).copy(data)
    except RecursionError as error:
        raise PipelineError(f"{name}: nested too deeply; {_DEPTH_HINT}") from error


def read(path: Path) -> bytes:
    """Return the bytes of a file. Raise PipelineError if it is missing, unreadable or too large."""
    try:
        if not path.is_file():
            raise PipelineError(f"{path}: {'is not a file' if path.exists() else 'No such file'}")
        if path.stat().st_size > MAX_BYTES:
            raise PipelineError(f"{path}: {path.stat().st_size:,} bytes; a document may have at most {MAX_BYTES:,}")
        return path.read_bytes()
    except OSError as error:
        raise PipelineError(f"{path}: {error.strerror or error}") from error


def load(path: Path) -> Json:
    """Return the document in a file.

    Raise PipelineError if it is missing, unreadable, or not plain YAML or JSON.
    """
    return parse(read(path), str(path))


class _Dumper(yaml.SafeDumper):
    """Block style, no aliases, multi-line strings as literal blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _string)


def dump_yaml(data: Json, header: str = "") -> str:
    """Return canonical YAML.

    Keys are in the order of `data`, the indentation is two spaces, and lines have at most about 110 characters.
    """
    body = yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
    comment = "".join(f"# {line}".rstrip() + "\n" for line in header.splitlines())
    return comment + str(body)


def dump_json(data: Json) -> str:
    """Return canonical compact JSON with a final newline."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"
