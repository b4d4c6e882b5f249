"""Functions of XML: parsing without entities and document types, a subset of XPath, and conversion from JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from .._values.context import Context
from .._values.conversion import as_map
from .._values.json import read_json
from .._values.types import Braces, Collection, Value
from ..failures import Failure
from .registry import builtin
from .xpath import Element, Node, evaluate

__all__: list[str] = []

_DEEPEST = 100
_BYTES_OF_A_NODE = 400
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_BETWEEN = "-|-"


def read_xml(context: Context, text: str) -> Element:
    """Return the document node of an XML text.

    Raises:
        Failure: if the text is not well-formed, nested too deeply, or has a document type.
    """
    document = Element("", {}, None)
    open_elements = [document]
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise Failure("an XML text with a document type is not read")

    def start(name: str, attributes: dict[str, str]) -> None:
        context.budget.charge(_BYTES_OF_A_NODE + 100 * len(attributes))
        if len(open_elements) > _DEEPEST:
            raise Failure(f"the XML text is nested more than {_DEEPEST} deep")
        element = Element(name, attributes, open_elements[-1])
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_: str) -> None:
        open_elements.pop()

    def characters(content: str) -> None:
        context.budget.charge(len(content) + 50)
        open_elements[-1].children.append(content)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as problem:
        raise Failure(f"the text is not XML: {problem}") from None
    return document


def _written(node: Node) -> Iterator[str]:
    if isinstance(node, str):
        yield escape(node)
        return
    if node.is_attribute:
        yield f"<{node.name}>{escape(node.attributes['value'])}</{node.name}>"
        return
    if node.parent is None:  # the document, which has no name
        for child in node.children:
            yield from _written(child)
        return
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in node.attributes.items())
    if not node.children:
        yield f"<{node.name}{attributes}/>"
        return
    yield f"<{node.name}{attributes}>"
    for child in node.children:
        yield from _written(child)
    yield f"</{node.name}>"


def _as_document(context: Context, text: str) -> Element:
    if text.lstrip()[:1] in ("{", "["):
        text = _xml_of(context, read_json(context, text))
    return read_xml(context, text)


@builtin("executeXPath")
def execute_xpath(context: Context, text: str, path: str) -> Value:
    """Return what an XPath selects in XML or JSON, as text; several results are separated by ``-|-``."""
    found = evaluate(context, _as_document(context, text), path)
    if not isinstance(found, list):
        return found
    parts = [node if isinstance(node, str) else "".join(_written(node)) for node in found]
    context.budget.charge(sum(map(len, parts)))
    return _BETWEEN.join(parts)


@builtin("toXmlList")
def to_xml_list(context: Context, text: str) -> Value:
    """Return the top-level elements of an XML text, which may be several, each as text."""
    if _BETWEEN in text:
        return text.split(_BETWEEN)
    if not text.lstrip().startswith("<"):
        return [text]
    elements = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    document = read_xml(context, f"<list>{elements}</list>")
    return ["".join(_written(child)) for child in document.elements()[0].elements()]


@builtin("toXml")
def to_xml(context: Context, value: Value) -> Value:
    """Return a map, or the content of a JSON text, as XML within ``<root>``."""
    if isinstance(value, str):
        if value.lstrip().startswith("<"):
            read_xml(context, value)
            return value
        value = read_json(context, value)
    return _xml_of(context, value if isinstance(value, list) else as_map(context, value))


def _xml_of(context: Context, value: Value) -> str:
    parts: list[str] = []
    _add_element(context, "root", value, parts, 0)
    return "".join(parts)


def _add_element(context: Context, name: str, value: Value, parts: list[str], depth: int) -> None:
    if depth > _DEEPEST:
        raise Failure(f"the value holds itself, or is nested more than {_DEEPEST} deep")
    if isinstance(value, Braces | Collection):
        value = {} if value.content is None else value.content
    if isinstance(value, list) and depth:
        for item in value:
            _add_element(context, name, item, parts, depth + 1)
        return
    tag = name if _NAME.fullmatch(name) else "_" + re.sub(r"[^\w.-]", "_", name)
    context.budget.charge(2 * len(tag) + 60)
    parts.append(f"<{tag}>")
    if isinstance(value, dict):
        for key, item in value.items():
            _add_element(context, key, item, parts, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _add_element(context, "element", item, parts, depth + 1)
    elif value is not None:
        content = escape(context.text(value))
        context.budget.charge(len(content))
        parts.append(content)
    parts.append(f"</{tag}>")
