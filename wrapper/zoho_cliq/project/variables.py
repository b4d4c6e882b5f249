"""`${VARIABLE}` in the values of an action.

It is for values that differ between environments and for secrets that must not be in git.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)\}")


class UnknownVariable(Exception):
    """A value names a variable that the environment does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def referenced(value: Any) -> list[str]:
    """Return the names of the variables in a value."""
    if isinstance(value, list):
        return [name for item in value for name in referenced(item)]
    return [found for found in _REFERENCE.findall(value) if found] if isinstance(value, str) else []


def resolved(value: Any, variables: Mapping[str, Any]) -> Any:
    """Return a value with its variables filled in. `$${` is a literal `${`.

    A text that is nothing but one reference becomes the variable's value, of whatever type: a number, a list. Raise
    UnknownVariable.
    """
    if isinstance(value, list):
        return [resolved(item, variables) for item in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole and whole.group(1) is not None:
        return _looked_up(whole.group(1), variables)
    return _REFERENCE.sub(
        lambda found: "${" if found.group(1) is None else str(_looked_up(found.group(1), variables)), value
    )


def escaped(value: Any) -> Any:
    """Return a value as a file must contain it, so that `resolved` returns the value."""
    if isinstance(value, list):
        return [escaped(item) for item in value]
    return value.replace("${", "$${") if isinstance(value, str) else value


def _looked_up(name: str, variables: Mapping[str, Any]) -> Any:
    if name not in variables:
        raise UnknownVariable(name)
    return variables[name]
