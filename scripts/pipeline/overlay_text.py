"""Cut nodes out of a YAML text without changing its other lines, comments or layout.

The cuts use PyYAML's positions. The result is parsed again and compared with the expected data, so a layout that is not
understood is refused instead of damaged.
"""

from __future__ import annotations

import copy
from typing import Any

import yaml

from pipeline.documents import Json, parse
from pipeline.errors import PipelineError

Path = tuple[str | int, ...]


def without(text: str, paths: set[Path], name: str) -> str:
    """Return `text` without the nodes at `paths`, and without the parents that become empty.

    Raise PipelineError if the layout of the text does not allow a safe cut.
    """
    if not paths:
        return text
    expected = parse(text.encode(), name)
    wanted = outermost(with_emptied(expected, paths))
    root = yaml_nodes(text)
    spans: list[tuple[int, int]] = []
    for parent in {path[:-1] for path in wanted}:
        spans += _spans(text, _node(root, parent), {path[-1] for path in wanted if path[:-1] == parent})
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    for path in sorted(wanted, key=_order, reverse=True):
        _delete(expected, path)
    if parse(text.encode(), name) != expected:
        shown = ", ".join(sorted(map(_shown, wanted)))
        raise PipelineError(
            f"{name}: {shown} is no longer needed but cannot be removed automatically; remove it by hand"
        )
    return text


def yaml_nodes(text: str) -> yaml.Node | None:
    """Return the nodes of a YAML text, with their positions. The C code gives the same ones as PyYAML's own, sooner."""
    found: yaml.Node | None = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found


def outermost(paths: set[Path]) -> set[Path]:
    """Return the paths that are not below another one."""
    return {path for path in paths if not any(path[:length] in paths for length in range(len(path)))}


def with_emptied(data: Json, paths: set[Path]) -> set[Path]:
    """Return `paths` and every parent that would become empty."""
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


def _node(root: yaml.Node | None, path: Path) -> yaml.CollectionNode:
    node: Any = root
    for part in path:
        node = _children(node)[part][1]
    if not isinstance(node, yaml.CollectionNode):
        raise PipelineError(f"{_shown(path)} is neither a list nor a mapping")
    return node


def _spans(text: str, parent: yaml.CollectionNode, gone: set[str | int]) -> list[tuple[int, int]]:
    """Return the ranges of characters to cut so that these entries of a list or mapping disappear."""
    children = _children(parent)
    entries = list(children.values())
    indexes = [index for index, key in enumerate(children) if key in gone]
    if not parent.flow_style:
        starts = [0]
        for line in text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        spans = [
            (starts[entries[index][0].start_mark.line], starts[_last_line(entries[index][1]) + 1]) for index in indexes
        ]
        kept = next((index for index in range(len(entries)) if index not in indexes), None)
        if kept and isinstance(parent, yaml.MappingNode):
            first, then = entries[0][0].start_mark, entries[kept][0].start_mark
            if text[starts[first.line] : first.index].strip():  # the dash of the list that holds the mapping stays
                spans = [(first.index, then.index), *spans[kept:]]
        return spans
    last = len(entries) - 1
    tail = next((index for index in range(len(entries)) if set(range(index, last + 1)) <= set(indexes)), None)
    spans = [
        (entries[index][0].start_mark.index, entries[index + 1][0].start_mark.index)
        for index in indexes
        if tail is None or index < tail
    ]
    if tail is not None:
        start = entries[tail - 1][1].end_mark.index if tail else entries[0][0].start_mark.index
        spans.append((start, entries[last][1].end_mark.index))
    return spans


def _children(node: yaml.Node) -> dict[str | int, tuple[yaml.Node, yaml.Node]]:
    """Return {key or index: (the node where the entry starts, the node where it ends)}."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: (key, value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return {index: (value, value) for index, value in enumerate(node.value)}
    return {}


def _last_line(node: yaml.Node) -> int:
    """Return the last line of a node's content. A block's own end mark comes after any comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        return _last_line(list(_children(node).values())[-1][1])
    end = node.end_mark
    return int(end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line)
