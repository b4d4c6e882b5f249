"""`cliq.lock.toml`: which action of the account belongs to which file, for each environment. It is meant for git."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .files import path_fault, write_whole
from .mistakes import Mistake, ProjectError
from .model import Entry, Lock
from .toml_files import Table, read_table

FILE = "cliq.lock.toml"
LAYOUT = 1
_FILE_NAME = re.compile(r"[^/\\\x00]+")
"""The pattern of a key: a file name without `.toml` and without separators, so that a pull writes in its folder
only."""
_DAMAGED = "is damaged; take it from git, or delete it and pull"
_HEAD = (
    "Which action of the account belongs to which file. Written by zoho-cliq; commit it.",
    "Beside the ids there are digests of what the account had when it was last read or written.",
)


def read_locks(root: Path) -> dict[str, Lock]:
    """Return the lock of every environment. Raise ProjectError if the file is damaged or of another version."""
    path = root / FILE
    if not path.exists() and not path.is_symlink():
        return {}
    if fault := path_fault(root, path):
        raise ProjectError([Mistake(FILE, 1, fault)])
    table = read_table(path, FILE)
    if isinstance(table, Mistake):
        raise ProjectError([table])
    layout = table.data.get("layout")
    if isinstance(layout, int) and layout > LAYOUT:
        message = f"layout {layout} is newer than this zoho-cliq, which knows {LAYOUT}; install a newer zoho-cliq"
        raise ProjectError([table.mistake(message, "layout")])
    if layout != LAYOUT or isinstance(layout, bool):
        raise ProjectError([table.mistake("is not a lock file of zoho-cliq: it needs layout = 1", "layout")])
    environments = table.data.get("environments", {})
    if not isinstance(environments, dict):
        raise ProjectError([table.mistake("environments must be a table", "environments")])
    mistakes: list[Mistake] = []
    locks = {name: _lock(table, mistakes, name, given) for name, given in environments.items()}
    if mistakes:
        raise ProjectError(mistakes)
    return locks


def write_locks(root: Path, locks: Mapping[str, Lock]) -> bool:
    """Write the lock of every environment; return whether the file changed."""
    text = _text(locks)
    path = root / FILE
    if path.exists() and path.read_bytes() == text.encode():
        return False
    write_whole(path, text)
    return True


def _lock(table: Table, mistakes: list[Mistake], name: str, given: Any) -> Lock:
    path = ("environments", name)
    actions = given.get("actions", {}) if isinstance(given, dict) else None
    token = given.get("sync_token") if isinstance(given, dict) else None
    if not isinstance(actions, dict) or not (token is None or isinstance(token, str)):
        mistakes.append(table.mistake(_DAMAGED, *path))
        return Lock()
    entries: dict[str, Entry] = {}
    owners: dict[str, str] = {}
    for key, each in actions.items():
        entry = _entry(each)
        if entry is None or not _FILE_NAME.fullmatch(key):
            mistakes.append(table.mistake(_DAMAGED, *path, "actions", key))
            continue
        if (owner := owners.setdefault(entry.id, key)) != key:
            message = f"{key!r} has the same id as {owner!r}, {entry.id}; remove the wrong one"
            mistakes.append(table.mistake(message, *path, "actions", key, "id"))
        entries[key] = entry
    return Lock(entries, token)


def _entry(given: Any) -> Entry | None:
    """Return an entry, or None if it is damaged."""
    fields = given.get("fields", {}) if isinstance(given, dict) else None
    texts = {name: given.get(name) for name in ("id", "handler", "replacement")} if isinstance(given, dict) else {}
    sound = isinstance(fields, dict) and all(isinstance(value, str) for value in fields.values())
    if not sound or not texts.get("id") or any(not isinstance(text, (str, type(None))) for text in texts.values()):
        return None
    return Entry(str(texts["id"]), dict(fields or {}), texts["handler"], texts["replacement"])


def _text(locks: Mapping[str, Lock]) -> str:
    """Return the text of the file. It is written after each step of an apply, so it must not take long."""
    lines = [*(f"# {line}" for line in _HEAD), f"layout = {LAYOUT}"]
    for name, lock in sorted(locks.items()):
        lines += ["", f"[environments.{_key(name)}]"]
        if lock.sync_token is not None:
            lines.append(f"sync_token = {_text_value(lock.sync_token)}")
        for key, entry in sorted(lock.entries.items()):
            lines += ["", f"[environments.{_key(name)}.actions.{_key(key)}]", f"id = {_text_value(entry.id)}"]
            fields = ", ".join(f"{_key(field)} = {_text_value(value)}" for field, value in sorted(entry.fields.items()))
            lines.append(f"fields = {{ {fields} }}" if fields else "fields = {}")
            for more in ("handler", "replacement"):
                if (value := getattr(entry, more)) is not None:
                    lines.append(f"{more} = {_text_value(value)}")
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text_value(name)


def _text_value(text: str) -> str:
    """Return a text as a TOML string: a JSON string with one more escape."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
