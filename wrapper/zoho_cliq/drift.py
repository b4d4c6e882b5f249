"""What answers had that the document does not know, counted, and told as overlay actions. No values, no secrets.

A maintainer pastes the actions into `openapi/overlay.yaml` and regenerates.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .reading import Note

Schemas = Mapping[str, Any]


class Drift:
    """Counts notes. Safe across threads."""

    def __init__(self) -> None:
        self._counts: Counter[Note] = Counter()
        self._mutex = threading.Lock()

    def add(self, notes: Iterable[Note]) -> None:
        """Counts each note once more."""
        with self._mutex:
            self._counts.update(notes)

    def counts(self) -> dict[Note, int]:
        """A copy of the counts."""
        with self._mutex:
            return dict(self._counts)

    def actions(self, document: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The counts as actions of an OpenAPI Overlay, most frequent first. What has no safe name has no action."""
        found = sorted(self.counts().items(), key=lambda item: (-item[1], item[0]))
        return [action for note, count in found for action in _actions(note, count, document)]


def _actions(note: Note, count: int, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    times = "once" if count == 1 else f"{count} times"
    match note.kind:
        case "field" if note.name:
            schema: dict[str, Any] = {} if note.detail == "null" else {"type": note.detail}
            if note.detail == "array":
                schema["items"] = {}
            why = f"Answers had the field {note.name}, {times}."
            return [_action(note.at, why, update={"properties": {note.name: schema}})]
        case "value" if note.detail:
            why = f"Answers had the value {note.detail}, {times}."
            return [_action(f"{note.at}.enum", why, update=note.detail)]
        case "null":
            inner = _found(document, f"{note.at}.properties.{note.name}")
            why = f"Answers had null for {note.name}, {times}."
            kinds = {"anyOf": [inner, {"type": "null"}]}
            return [
                _action(f"{note.at}.properties.{note.name}", why, remove=True),
                _action(note.at, why, update={"properties": {note.name: kinds}}),
            ]
        case "missing":
            left = [name for name in _found(document, note.at)["required"] if name != note.name]
            why = f"Answers had no {note.name}, {times}."
            return [_action(f"{note.at}.required", why, remove=True), _action(note.at, why, update={"required": left})]
        case "type":
            why = f"Answers had the type {note.detail} here, {times}."
            return [_action(note.at, why, update={"type": note.detail})]
        case "status":
            why = f"The server answered {note.detail}, {times}."
            return [_action(note.at, why, update={note.detail: {"description": "Seen in the field."}})]
    return []


def _action(target: str, description: str, **what: Any) -> dict[str, Any]:
    return {"target": target, "description": description, **what}


def _found(document: Mapping[str, Any], at: str) -> Any:
    """The part of the document at a path that the reader made: names joined by dots."""
    found: Any = document
    for name in at.split(".")[1:]:
        found = found[name]
    return found
