"""Walk a document that may contain anything: each step checks what it finds, names the place, and records repairs."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from pipeline.documents import Json
from pipeline.errors import PipelineError


class Reader:
    """A document, its name for messages, and the repairs made while reading it."""

    def __init__(self, document: dict[str, Any], name: str) -> None:
        self.document = document
        self.name = name
        self.repairs: list[str] = []

    def fail(self, where: str, what: str) -> PipelineError:
        """Return the PipelineError to raise for a mistake at this place."""
        return PipelineError(f"{self.name}: {where}: {what}")

    def repaired(self, where: str, what: str) -> None:
        """Note a repair."""
        self.repairs.append(f"{where}: {what}")

    def mapping(self, node: Json, where: str) -> dict[str, Any]:
        """Return the node as a mapping; None becomes an empty one. Raise PipelineError for anything else."""
        if node is None:
            return {}
        if not isinstance(node, dict):
            raise self.fail(where, "a mapping is expected here")
        return node

    def sequence(self, node: Json, where: str) -> list[Any]:
        """Return the node as a list; None becomes an empty one. Raise PipelineError for anything else."""
        if node is None:
            return []
        if not isinstance(node, list):
            raise self.fail(where, "a list is expected here")
        return node

    def pointer(self, reference: Any, where: str) -> Json:
        """Return the node that a `$ref` leads to, which must be in the document; no file or URL is opened."""
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise self.fail(
                where, f"$ref {str(reference)[:100]!r} points outside the document; bundle the document first"
            )
        node: Json = self.document
        for part in self.parts(reference):
            if isinstance(node, list) and part.isdecimal() and int(part) < len(node):
                node = node[int(part)]
            elif isinstance(node, dict) and part in node:
                node = node[part]
            else:
                raise self.fail(where, f"$ref {reference[:100]!r} points to nothing")
        return node

    def parts(self, reference: str) -> list[str]:
        """Return the segments of a `$ref` within the document."""
        return [unquote(part).replace("~1", "/").replace("~0", "~") for part in reference[2:].split("/")]

    def resolve(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        """Return the parameter, request body, response or path that a node's references lead to."""
        for _ in range(20):
            if "$ref" not in node:
                return node
            node = self.mapping(self.pointer(node["$ref"], where), where)
        raise self.fail(where, f"$ref {str(node['$ref'])[:100]!r} is circular, or one of more than 20 $ref in a row")
