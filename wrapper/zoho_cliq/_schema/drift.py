"""Count the differences between answers and the document, and report them as overlay actions.

A maintainer pastes the actions into `openapi/overlay.yaml` and regenerates. Each difference is logged once. Neither the
log nor the actions hold values of fields.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .reading import Note

logger = logging.getLogger("zoho_cliq")
_WORDS = {
    "missing": "has no {name}",
    "type": "has a value of the type {detail}",
    "null": "has null for {name}",
    "field": "has the unknown field {name}",
    "value": "has the unknown value {detail}",
    "status": "has the undocumented status {detail}",
}


class Drift:
    """Counts differences. Thread-safe."""

    def __init__(self) -> None:
        self._counts: Counter[Note] = Counter()
        self._mutex = threading.Lock()

    def add(self, notes: Sequence[Note]) -> None:
        """Count notes, and log those that are new.

        The log level is WARNING if a model then holds a value that its type annotations exclude, else INFO.
        """
        with self._mutex:
            new = [note for note in dict.fromkeys(notes) if note not in self._counts]
            self._counts.update(notes)
        for note in new:
            level = logging.WARNING if note.kind in ("missing", "type") else logging.INFO
            words = _WORDS[note.kind].format(
                name=note.name or "(no plain name)", detail=note.detail or "(no plain name)"
            )
            logger.log(level, "an answer %s, at %s of the document", words, note.at)

    def counts(self) -> dict[Note, int]:
        """Return a copy of the counts."""
        with self._mutex:
            return dict(self._counts)

    def actions(self, document: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the counts as actions of an OpenAPI Overlay, most frequent first.

        A difference whose name or value does not look like an identifier has no action, because it might be content.
        """
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
    """Return the part of the document at a path of the reader: names joined by dots."""
    found: Any = document
    for name in at.split(".")[1:]:
        found = found[name]
    return found
