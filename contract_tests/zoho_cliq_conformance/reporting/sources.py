"""The sources of facts: the section that a fact's `where` names.

If it is in the composed OpenAPI document, an excerpt comes with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from zoho_cliq_api.contract import OPERATIONS, document

from ..judge.document import LONG

CLASSES = {
    "stated": "The vendor's page or OpenAPI document, or an RFC, says so. Such a fact decides the verdict.",
    "inferred": "It follows from the vendor's samples, or was seen on the live service. It decides with --strict only.",
    "guessed": "The documents do not say; most servers do it. It decides with --strict only.",
}
KINDS = {
    "page": "The vendor's page of the Message Actions API",
    "document": "The composed OpenAPI document, openapi/message-actions.yaml: the vendor's, corrected by an overlay",
    "RFC 9110": "HTTP Semantics",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A section of a document.

    Attributes:
        name: the name of the section, such as `page: create`.
        what: which document it is, in words.
        link: the URL of a section of an RFC; otherwise empty.
        pointer: the JSON pointer into the composed document; empty if there is none.
        excerpt: what the composed document says there, as JSON; empty without a pointer.
    """

    name: str
    what: str
    link: str = ""
    pointer: str = ""
    excerpt: str = ""

    @property
    def anchor(self) -> str:
        return "source-" + re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


@cache
def of(where: str) -> Source:
    """Return the section that a fact's `where` names, such as `document: MessageAction` or `page: create`."""
    if rfc := re.fullmatch(r"(RFC (\d+)), ([\d.]+)", where):
        link = f"https://www.rfc-editor.org/rfc/rfc{rfc[2]}#section-{rfc[3]}"
        return Source(where, KINDS.get(rfc[1], rfc[1]), link=link)
    kind, _, section = where.partition(": ")
    head = section.partition(",")[0].partition(".")[0].partition(";")[0]
    operation = OPERATIONS.get(LONG.get(head.replace(" ", "_"), ""))
    name, what = f"{kind}: {head}" if head else kind, KINDS.get(kind, kind)
    if kind == "document" and head in document()["components"]["schemas"]:
        pointer = f"#/components/schemas/{head}"
        return Source(name, what, pointer=pointer, excerpt=_text(document()["components"]["schemas"][head]))
    if operation is None:
        return Source(name, what)
    found = document()["paths"][operation.path][operation.method.lower()]
    escaped = operation.path.replace("~", "~0").replace("/", "~1")
    pointer = f"#/paths/{escaped}/{operation.method.lower()}"
    return Source(name, f"{what}: {operation.method} {operation.path}", pointer=pointer, excerpt=_text(_brief(found)))


def _brief(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of an operation that facts are about."""
    kept = ("operationId", "summary", "description", "parameters", "responses", "security")
    found = {name: operation[name] for name in kept if name in operation}
    return found | {name: value for name, value in operation.items() if name.startswith("x-")}


def _text(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
