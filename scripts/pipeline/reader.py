"""Walking a document that may hold anything: every step checks what it finds, says where, and notes each repair."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from pipeline.documents import Json
from pipeline.errors import PipelineError


class Reader:
    """A document, its name for messages, and the repairs that reading it needed."""

    def __init__(self, document: dict[str, Any], name: str) -> None:
        self.document = document
        self.name = name
        self.repairs: list[str] = []

    def fail(self, where: str, what: str) -> PipelineError:
        """Return an error to raise, with the place in it."""
        return PipelineError(f"{self.name}: {where}: {what}")

    def repaired(self, where: str, what: str) -> None:
        """Note a repair."""
        self.repairs.append(f"{where}: {what}")

    def mapping(self, node: Json, where: str) -> dict[str, Any]:
        """Return the node, which must be a mapping; nothing counts as an empty one."""
        if node is None:
            return {}
        if not isinstance(node, dict):
            raise self.fail(where, "a mapping is expected here")
        return node

    def sequence(self, node: Json, where: str) -> list[Any]:
        """Return the node, which must be a list; nothing counts as an empty one."""
        if node is None:
            return []
        if not isinstance(node, list):
            raise self.fail(where, "a list is expected here")
        return node

    def pointer(self, reference: Any, where: str) -> Json:
        """Return what a `$ref` leads to; only inside the document, never to a file or the network."""
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise self.fail(
                where, f"$ref {str(reference)[:100]!r} leads out of the document; bundle the document first"
            )
        node: Json = self.document
        for part in self.parts(reference):
            if isinstance(node, list) and part.isdecimal() and int(part) < len(node):
                node = node[int(part)]
            elif isinstance(node, dict) and part in node:
                node = node[part]
            else:
                raise self.fail(where, f"$ref {reference[:100]!r} leads nowhere")
        return node

    def parts(self, reference: str) -> list[str]:
        """Return the steps of a `$ref` within the document."""
        return [unquote(part).replace("~1", "/").replace("~0", "~") for part in reference[2:].split("/")]

    def resolve(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        """Follow references to a parameter, request body, response or path."""
        for _ in range(20):
            if "$ref" not in node:
                return node
            node = self.mapping(self.pointer(node["$ref"], where), where)
        raise self.fail(
            where, f"$ref {str(node['$ref'])[:100]!r} leads in a circle, or more than 20 $ref stand in a row"
        )
