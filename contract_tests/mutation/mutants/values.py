"""Faults in values that are easily mishandled, such as escapes, and in updates of several fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from reference_server import Action, Reference

from .builders import add, mutant, reply_json, with_field, with_value


def texts(change: Callable[[str], str]) -> Callable[[Any], Any]:
    """Return a function that applies `change` to a text, and returns any other value unchanged."""
    return lambda value: change(value) if isinstance(value, str) else value


for _field, _name, _change in (
    ("hint", "html", lambda v: v.replace("&", "&amp;")),
    ("hint", "quotes", lambda v: v.replace("'", "''")),
    ("hint", "percents", lambda v: v.replace("%41", "A")),
    ("hint", "pluses", lambda v: v.replace("+", " ")),
    ("hint", "escapes", lambda v: v.replace("\\n", "\n")),
    ("hint", "letters", lambda v: v.encode("ascii", "replace").decode()),
    ("name", "html", lambda v: v.replace("&", "&amp;")),
    ("execution_url", "queries", lambda v: v.partition("?")[0]),
    ("execution_url", "capitals", lambda v: v.lower()),
    ("execution_url", "percents", lambda v: v.replace("%2F", "/")),
    ("execution_url", "ampersands", lambda v: v.replace("&", "&amp;")),
):
    add(
        f"changes-{_name}-of-{_field.replace('_', '-')}",
        "state",
        "create.echo update.applies get.current",
        with_field(_field, texts(_change), "create", "update"),
    )
for _name, _change in (
    ("tabs", lambda v: v.replace("\t", "    ")),
    ("spaces", lambda v: v.lstrip()),
    ("comments", lambda v: re.sub("//.*", "", v)),
    ("pluses", lambda v: v.replace("+", " ")),
    ("percents", lambda v: v.replace("%41", "A")),
    ("backslashes", lambda v: v.replace("\\\\", "\\")),
    ("quotes", lambda v: v.replace('"', '\\"')),
    ("entities", lambda v: v.replace("&amp;", "&")),
    ("letters", lambda v: v.encode("ascii", "replace").decode()),
):
    add(
        f"changes-{_name}-of-scripts",
        "state",
        "update_handler.applies get_handler.current",
        with_field("script", texts(_change), "update_handler"),
    )
for _op in ("get", "list", "update"):
    add(
        f"{_op}-escapes-what-it-shows",
        "state",
        "get.current list.current update.applies errors.change-nothing",
        reply_json(with_value("hint", lambda v: v.replace("&", "&amp;").replace('"', "&quot;")), _op),
    )

# --- updates of several fields

for _fields, _lost in (
    ("multi_selectable", "multi_selectable"),
    ("execution_url hint", "execution_url"),
    ("execution_url name", "execution_url"),
    ("image name", "name"),
    ("scope team_ids hint", "hint"),
):

    @mutant(
        f"update-of-{_fields.replace(' ', '-and-').replace('_', '-')}-loses-{_lost.replace('_', '-')}",
        "state",
        *("update.applies", "update.scope.team"),
    )
    def _(server: Reference, fields: frozenset[str] = frozenset(_fields.split()), lost: str = _lost) -> None:
        original = server.set

        def set_fields(action: Action, given: dict[str, Any]) -> None:
            falsy = lost != "multi_selectable" or given.get(lost) is False
            if action.fields and fields <= set(given) and falsy:
                given = {name: value for name, value in given.items() if name != lost}
            original(action, given)

        server.set = set_fields  # type: ignore[method-assign]
