"""Events in a file, one JSON object per line: `{"action": name, "user": key, "event": {…}}`.

The file holds neither response URLs, which accept an answer from anyone who knows them, nor values of secret variables.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from .._secrecy import masked
from ..errors import CliqError, ConfigurationError

RENEWED = ("response_url", "timestamp")
"""Fields that the mock sets anew for each event."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a file. `user` is the key of the mock's user who chose the action; None is its first one."""

    line: int
    action: str
    event: Mapping[str, Any]
    user: str | None = None


def opened(path: Path) -> TextIO:
    """Open a file to append events to. Raise ConfigurationError if it cannot be written."""
    try:
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--record: cannot write {path}: {error.strerror}") from None


def add(file: TextIO, delivery: Mapping[str, Any], mask: Callable[[str], str]) -> None:
    """Append the event of a delivery. Raise CliqError if the file cannot be written."""
    event = {name: value for name, value in delivery["event"].items() if name not in RENEWED}
    found = {"action": delivery["action"]["name"], "user": delivery["user"], "event": masked(event, mask)}
    try:
        file.write(json.dumps(found, ensure_ascii=False) + "\n")
        file.flush()
    except OSError as error:
        raise CliqError(f"--record: cannot write {file.name}: {error.strerror}") from None


def read_events(path: Path) -> list[Event]:
    """Return the events of a file. Raise ConfigurationError if it cannot be read or a line is wrong; name the line."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except UnicodeDecodeError:
        raise ConfigurationError(f"--replay: {path} is not UTF-8 text") from None
    except OSError as error:
        raise ConfigurationError(f"--replay: cannot read {path}: {error.strerror}") from None
    found = [_event(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise ConfigurationError(f"--replay: {path} contains no events; --record writes them")
    return found


def _event(path: Path, number: int, line: str) -> Event:
    def wrong(what: str) -> ConfigurationError:
        return ConfigurationError(f'{path}:{number}: {what}; a line is {{"action": name, "event": {{"params": …}}}}')

    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        raise wrong("is not JSON") from None
    if not isinstance(given, dict):
        raise wrong("is not an object")
    action, event, user = given.get("action"), given.get("event"), given.get("user")
    if not isinstance(action, str):
        raise wrong("action must be the name of a message action")
    if not isinstance(event, dict) or not isinstance(event.get("params"), dict):
        raise wrong("event must be an object with the object params")
    if not isinstance(user, str | None):
        raise wrong("user must be the key of a user")
    return Event(number, action, event, user)
