"""What is wrong with the values of one action, wherever they come from: the files of a folder, or the account."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .contract_fields import create_fields, field_faults, handler_faults, handler_fields
from .toml_files import CONFLICT, conflict_line

TYPE = "deluge"
"""The execution type of an action whose file does not set one, as the vendor documents."""
FITTING = {"script": "deluge", "permissions": "webhook", "execution_url": "webhook"}
"""The execution type that each of these keys belongs to."""


def action_faults(given: Mapping[str, Any], unknown: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield each mistake once, as (key of the file, description).

    Args:
        given: the values by the key of the file; `script` and `image` are the contents of their files.
        unknown: keys whose value is not known. They count as given and are not checked.
    """
    wrong = set(unknown)
    for name, fault in _contract_faults(given):
        if name not in unknown:
            wrong.add(name)
            yield name, fault
    kind = given.get("execution_type", TYPE)
    for name, fitting in FITTING.items() if "execution_type" not in wrong else ():
        if name in given and kind != fitting:
            yield name, f"is only for {fitting} actions, and this one is {kind}"
    if "team_ids" in given and "scope" not in wrong and given.get("scope") != "team":
        yield "team_ids", 'is only for actions with scope = "team"'
    if "script" in given and "script" not in wrong and conflict_line(given["script"]):
        yield "script", CONFLICT


def _contract_faults(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from field_faults({name: value for name, value in given.items() if name in create_fields()})
    for name in handler_fields():
        if name in given:
            yield from handler_faults({name: given[name]})
