"""Find the action that a command is about, by id or by name; a name takes one listing."""

from __future__ import annotations

import argparse
import difflib
import re
from typing import Any, NamedTuple

from .. import errors
from .arguments import WrongUsage
from .output import cell

STAND_IN = "0" * 19
"""A placeholder for an id that only a listing could find."""


class AmbiguousName(errors.ConfigurationError):
    """Several actions have the name; `ids` are theirs."""

    def __init__(self, message: str, ids: list[str]) -> None:
        super().__init__(message)
        self.ids = ids


class UnknownName(errors.CliqError):
    """No action that the account can see has the name."""


class Chosen(NamedTuple):
    """The action that was asked for: by its id, or by its name."""

    id: str | None
    name: str | None

    def find(self, cliq: Any) -> str:
        """Return the id. Raise UnknownName or AmbiguousName."""
        return self.id if self.id is not None else _found(cliq, str(self.name))

    def __str__(self) -> str:
        return cell(self.id if self.name is None else repr(self.name))


def add_action(sub: argparse.ArgumentParser) -> None:
    """Add the two ways to choose an action."""
    sub.add_argument("id", nargs="?", metavar="ACTION", help="its id, or its name if that is not a number")
    sub.add_argument("--name", help="its exact name, instead of ACTION; takes one listing")


def chosen(options: argparse.Namespace) -> Chosen:
    """Return the chosen action. Raise WrongUsage unless exactly one of id and name is given."""
    if options.id is not None and options.name is not None:
        more = "; --new-name gives it another name" if hasattr(options, "field_name") else ""
        raise WrongUsage(f"give the action's id or its --name, not both{more}")
    given = options.id if options.name is None else options.name
    if not given:
        raise WrongUsage("give the action's id, or its --name")
    return Chosen(given, None) if options.name is None and _is_id(given) else Chosen(None, given)


def _is_id(text: str) -> bool:
    from .._operations import Operations

    operations = Operations()
    known = operations.prepared("get_message_action").parameters
    schema = next(operations.rules.resolve(each.schema) for each in known if each.field == "action_id")
    return re.search(schema.get("pattern", ""), text) is not None


def _found(cliq: Any, name: str) -> str:
    """Return the id of the action with exactly this name."""
    actions = cliq.message_actions.list()
    known = [action for action in actions if isinstance(action.name, str) and isinstance(action.id, str)]
    ids: list[str] = [action.id for action in known if action.name == name]
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise AmbiguousName(f"{len(ids)} actions are named {name!r}: {', '.join(ids)}; give the id of one", ids)
    close = difflib.get_close_matches(name, [action.name for action in known], n=1)
    hint = f"did you mean {close[0]!r}?" if close else "zoho-cliq list shows all"
    raise UnknownName(f"no action is named {name!r}; {hint}")
