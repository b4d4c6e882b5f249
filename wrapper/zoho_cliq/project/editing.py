"""Write TOML so that comments and order stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .scaffold import SCHEMAS
from .variables import escaped


def edited_text(text: str, changes: Mapping[str, Any]) -> str:
    """Return a TOML text with other values; comments and order stay."""
    import tomlkit

    document = tomlkit.parse(text)
    for name, value in changes.items():
        if value is None:
            document.pop(name, None)
        elif name in document and isinstance(value, list) and isinstance(document[name], list):
            _edit_list(document[name], escaped(value))
        else:
            document[name] = escaped(value)
    return tomlkit.dumps(document)


def _edit_list(there: Any, wanted: list[Any]) -> None:
    for index in reversed(range(len(there))):
        if there[index] not in wanted or there[index] in list(there)[:index]:
            del there[index]
    for item in wanted:
        if item not in there:
            there.append(item)


def new_text(values: Mapping[str, Any]) -> str:
    """Return the text of a new file of an action."""
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(f":schema ../{SCHEMAS}/action.schema.json"))
    for name, value in values.items():
        document.add(name, value if name == "script" else escaped(value))
    return tomlkit.dumps(document).replace("# :schema", "#:schema", 1)
