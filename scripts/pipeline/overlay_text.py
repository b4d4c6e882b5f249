"""Cutting nodes out of a YAML text without touching its other lines, comments or layout.

Relies on the positions that PyYAML gives; the result is read again and compared with what the cut should give, so a
layout that is not understood is refused and never mangled.
"""

from __future__ import annotations

import copy
from typing import Any

import yaml

from pipeline.documents import Json, parse
from pipeline.errors import PipelineError

Path = tuple[str | int, ...]


def without(text: str, paths: set[Path], name: str) -> str:
    """`text` without the nodes at `paths`; what is left empty by that goes too.

    Raises PipelineError where the text is laid out in a way that cannot be cut safely.
    """
    expected = parse(text.encode(), name)
    wanted = outermost(_with_emptied(expected, paths))
    for path in sorted(wanted, key=_order, reverse=True):
        text = _cut(text, path)
        _delete(expected, path)
        if parse(text.encode(), name) != expected:
            raise PipelineError(f"{name}: {_shown(path)} has become moot but cannot be cut out; remove it by hand")
    return text


def outermost(paths: set[Path]) -> set[Path]:
    """The paths that lie below no other."""
    return {path for path in paths if not any(path[:length] in paths for length in range(len(path)))}


def _with_emptied(data: Json, paths: set[Path]) -> set[Path]:
    """`paths`, and every parent of which nothing would be left."""
    found = set(paths)
    rest = copy.deepcopy(data)
    for path in sorted(outermost(found), key=_order, reverse=True):
        _delete(rest, path)
        while len(path) > 1 and not _at(rest, path[:-1]):
            path = path[:-1]
            _delete(rest, path)
            found.add(path)
    return found


def _order(path: Path) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, part) for part in path]


def _at(data: Json, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


def _delete(data: Json, path: Path) -> None:
    del _at(data, path[:-1])[path[-1]]


def _shown(path: Path) -> str:
    return ".".join(map(str, path))


def _cut(text: str, path: Path) -> str:
    parent = yaml.compose(text, Loader=yaml.SafeLoader)
    if parent is None:
        raise PipelineError("the text is empty")
    for part in path[:-1]:
        parent = _children(parent)[part][1]
    if not isinstance(parent, yaml.CollectionNode):
        raise PipelineError(f"{_shown(path)} stands in no list or mapping")
    entries = list(_children(parent).values())
    index = list(_children(parent)).index(path[-1])
    start, end = entries[index][0].start_mark, entries[index][1].end_mark
    if parent.flow_style:
        if index + 1 < len(entries):
            return text[: start.index] + text[entries[index + 1][0].start_mark.index :]
        if index > 0:
            return text[: entries[index - 1][1].end_mark.index] + text[end.index :]
        return text[: start.index] + text[end.index :]
    lines = text.splitlines(keepends=True)
    last = _last_line(entries[index][1])
    return "".join(lines[: start.line] + lines[last + 1 :])


def _children(node: yaml.Node) -> dict[str | int, tuple[yaml.Node, yaml.Node]]:
    """Key or index → (the node where the entry starts, the node where it ends)."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: (key, value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return {index: (value, value) for index, value in enumerate(node.value)}
    return {}


def _last_line(node: yaml.Node) -> int:
    """The line on which a node's content ends; a block's own end mark stands after the comments that follow."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        return _last_line(list(_children(node).values())[-1][1])
    end = node.end_mark
    return int(end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line)
