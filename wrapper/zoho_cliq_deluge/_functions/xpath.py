"""A subset of XPath 1.0: ``/``, ``//``, ``*``, ``@name``, ``text()``, ``.``, ``..``, conditions, ``count()``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from .._values.context import Context
from ..failures import Failure

__all__ = ["Element", "Node", "evaluate"]

_LONGEST = 1000
_STEP = re.compile(
    r"(?P<slashes>//?)?(?P<test>\.\.|\.|@?(?:[A-Za-z_][\w.:-]*|\*)(?P<call>\(\))?)(?P<conditions>(?:\[[^\[\]]*\])*)"
)
_CONDITION = re.compile(
    r"\s*(?:(?P<position>\d{1,9})|(?P<last>last\(\))|position\(\)\s*=\s*(?P<at>\d{1,9})"
    r"|(?P<what>@?[A-Za-z_][\w.:-]*|text\(\)|\.)\s*(?:(?P<operator>!?=)\s*(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"|(?P<number>-?[\d.]+)))?)\s*"
)


@dataclass(slots=True, eq=False)
class Element:
    """An element, the document (which has no name), or a selected attribute."""

    name: str
    attributes: dict[str, str]
    parent: Element | None
    children: list[Node] = field(default_factory=list)
    is_attribute: bool = False

    def elements(self) -> list[Element]:
        """Return the child elements."""
        return [child for child in self.children if isinstance(child, Element)]

    def text(self) -> str:
        """Return all text in the element."""
        if self.is_attribute:
            return self.attributes["value"]
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    def descendants(self) -> list[Element]:
        """Return the element itself and all elements below it, in the order of the text."""
        found: list[Element] = []
        waiting: list[Element] = [self]
        while waiting:
            element = waiting.pop()
            found.append(element)
            waiting.extend(reversed(element.elements()))
        return found


Node: TypeAlias = Element | str


def evaluate(context: Context, document: Element, path: str) -> list[Node] | str:
    """Return the nodes that a path selects, or the text of a function's result.

    Raises:
        Failure: if the path uses syntax that is not in this subset.
    """
    path = path.strip()
    if len(path) > _LONGEST:
        raise Failure(f"the XPath has more than {_LONGEST:,} characters")
    function = re.fullmatch(r"(count|string)\((.*)\)", path, re.DOTALL)
    if function is not None:
        nodes = _select(context, document, function[2].strip())
        if function[1] == "count":
            return str(len(nodes))
        return _text_of(nodes[0]) if nodes else ""
    return _select(context, document, path)


def _text_of(node: Node) -> str:
    return node if isinstance(node, str) else node.text()


def _select(context: Context, document: Element, path: str) -> list[Node]:
    nodes: list[Node] = [document]
    position = 0
    if not path:
        raise Failure("the XPath is empty")
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None or (position and step["slashes"] is None) or (step["call"] and step["test"] != "text()"):
            raise Failure(f"the XPath cannot be read from position {position}")
        position = step.end()
        deep = step["slashes"] == "//" or (step["slashes"] is None and step.start() == 0 and step["test"][:1] != ".")
        nodes = _step(context, nodes, step["test"], deep, re.findall(r"\[([^\]]*)\]", step["conditions"]))
    return nodes


def _step(context: Context, nodes: list[Node], test: str, deep: bool, conditions: list[str]) -> list[Node]:
    found: list[Node] = []
    seen: set[int] = set()
    origins = [node for node in nodes if isinstance(node, Element)]
    if deep:
        origins = list({id(each): each for node in origins for each in node.descendants()}.values())
    for origin in origins:
        candidates = _candidates(origin, test)
        context.budget.charge(50 + 50 * len(candidates))
        for condition in conditions:
            candidates = _filtered(candidates, condition)
        for candidate in candidates:
            if isinstance(candidate, Element):
                if id(candidate) in seen:
                    continue
                seen.add(id(candidate))
            found.append(candidate)
    return found


def _candidates(origin: Element, test: str) -> list[Node]:
    if test == ".":
        return [origin]
    if test == "..":
        return [] if origin.parent is None else [origin.parent]
    if test == "text()":
        return [child for child in origin.children if isinstance(child, str)]
    if test.startswith("@"):
        return [
            Element(name, {"value": value}, origin, is_attribute=True)
            for name, value in origin.attributes.items()
            if test in (f"@{name}", "@*") and not origin.is_attribute
        ]
    if origin.is_attribute:
        return []
    return [child for child in origin.elements() if test in (child.name, "*")]


def _filtered(candidates: list[Node], condition: str) -> list[Node]:
    read = _CONDITION.fullmatch(condition)
    if read is None:
        raise Failure(f'the condition "[{condition[:40]}]" of the XPath cannot be read')
    place = read["position"] or read["at"]
    if place is not None:
        return candidates[int(place) - 1 : int(place)] if int(place) else []
    if read["last"] is not None:
        return candidates[-1:]
    wanted = next((read[name] for name in ("single", "double", "number") if read[name] is not None), None)
    kept: list[Node] = []
    for candidate in candidates:
        values = [_text_of(each) for each in _values(candidate, read["what"])]
        if wanted is None:
            holds = bool(values)
        else:
            holds = any((value == wanted) == (read["operator"] == "=") for value in values)
        if holds:
            kept.append(candidate)
    return kept


def _values(candidate: Node, what: str) -> list[Node]:
    if what == ".":
        return [candidate]
    return _candidates(candidate, what) if isinstance(candidate, Element) else []
