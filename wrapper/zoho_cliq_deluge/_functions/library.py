"""Load all modules with built-in functions, and list the functions without a receiver."""

from __future__ import annotations

from . import (
    collections,
    conversions,
    date_differences,
    dates,
    encryption,
    files,
    lists,
    logic,
    maps,
    numbers,
    statistics,
    text,
    workdays,
    xml,
)
from .registry import FUNCTIONS, Builtin

__all__ = ["CONSTRUCTORS", "FUNCTIONS", "Builtin", "arity"]

_FILLED_BY = (
    collections,
    conversions,
    date_differences,
    dates,
    encryption,
    files,
    lists,
    logic,
    maps,
    numbers,
    statistics,
    text,
    workdays,
    xml,
)

CONSTRUCTORS: dict[str, tuple[int, int | None]] = {
    "map": (0, 1),
    "list": (0, None),
    "collection": (0, None),
    "if": (3, 3),
    "randomnumber": (0, 2),
    "geturl": (1, 3),
    "posturl": (2, 4),
    "invokeurl": (1, 5),
}
"""Functions without a receiver, in lower case, with their minimum and maximum number of arguments."""


def arity(name: str) -> tuple[int, int | None] | None:
    """Return the minimum and maximum number of arguments of ``name(…)``; None for an unknown function.

    A receiver counts as the first argument. A maximum of None means any number.
    """
    if name.lower() in CONSTRUCTORS:
        return CONSTRUCTORS[name.lower()]
    builtin = FUNCTIONS.get(name.lower())
    if builtin is None:
        return None
    least, most = builtin.arity()
    return least + 1, None if most is None else most + 1
