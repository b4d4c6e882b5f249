"""Convert receivers and arguments to the type that a function accepts."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from ..failures import Failure
from .context import Context
from .date_formats import parse_date
from .types import Braces, Caught, Collection, File, Value, type_name

__all__ = [
    "INTEGER_LIMIT",
    "as_boolean",
    "as_collection",
    "as_integer",
    "as_list",
    "as_map",
    "as_moment",
    "as_number",
    "as_text",
    "magnitude",
    "number_of_text",
]

INTEGER_LIMIT = 2**63
_LONGEST_NUMBER = 400
_NUMERIC = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def mismatch(value: Value, wanted: str) -> Failure:
    """Return the failure for a value that does not have the wanted type."""
    if value is None:
        return Failure(f"a value of type {wanted} is expected, but the value is null")
    return Failure(f"a value of type {wanted} is expected, but this one is of type {type_name(value)}")


def number_of_text(text: str) -> int | Decimal | None:
    """Return the number that a text holds, ignoring whitespace around it; None if it holds none."""
    stripped = text.strip() if len(text) < 4 * _LONGEST_NUMBER else text
    if len(stripped) > _LONGEST_NUMBER or not _NUMERIC.fullmatch(stripped):
        return None
    if stripped.lstrip("+-").isdigit():
        number = int(stripped)
        if -INTEGER_LIMIT <= number < INTEGER_LIMIT:
            return number
    return Decimal(stripped)


def magnitude(number: int | Decimal) -> int | Decimal:
    """Return the absolute value of a number, not rounded."""
    return abs(number) if isinstance(number, int) else number.copy_abs()


def as_text(context: Context, value: Value) -> str:
    """Return a text, or the text of a number, boolean, date-time or file."""
    if type(value) is str:
        return value
    if isinstance(value, bool | int | Decimal | datetime | File | Caught):
        return context.text(value)
    raise mismatch(value, "TEXT")


def as_number(context: Context, value: Value) -> int | Decimal:
    """Return a number as it is, or the number that a text holds."""
    if type(value) is int or type(value) is Decimal:
        return value
    if isinstance(value, str):
        number = number_of_text(value)
        if number is not None:
            return number
    raise mismatch(value, "NUMBER")


def as_integer(context: Context, value: Value) -> int:
    """Return a number without its fraction."""
    if type(value) is int:
        return value
    number = as_number(context, value)
    if not -INTEGER_LIMIT <= number < INTEGER_LIMIT:
        raise Failure("the number does not fit in 64 bits")
    return int(number)


def as_boolean(context: Context, value: Value) -> bool:
    """Return a boolean as it is, or the boolean that a text names."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise mismatch(value, "BOOLEAN")


def as_moment(context: Context, value: Value) -> datetime:
    """Return a date-time as it is, or the date-time of a text in an accepted format."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        moment = parse_date(value, context.zone, context.policies.date_order)
        if moment is None:
            raise Failure(f"{shortened(value)} is not a date-time in a format that Deluge reads")
        return moment
    raise mismatch(value, "DATE-TIME")


def as_list(context: Context, value: Value) -> list[Value]:
    """Return a list as it is, or the elements of a collection."""
    if isinstance(value, list):
        return value
    if isinstance(value, Braces) and not isinstance(value.content, dict):
        return value.settle([])  # type: ignore[return-value]
    if isinstance(value, Collection) and not isinstance(value.content, dict):
        return value.content or []
    raise mismatch(value, "LIST")


def as_map(context: Context, value: Value) -> dict[str, Value]:
    """Return a map as it is, or the keys and values of a collection."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Braces) and not isinstance(value.content, list):
        return value.settle({})  # type: ignore[return-value]
    if isinstance(value, Collection) and not isinstance(value.content, list):
        return value.content or {}
    raise mismatch(value, "KEY-VALUE")


def as_collection(context: Context, value: Value) -> Collection:
    """Return a collection as it is, or one that shares the content of a list or map."""
    if isinstance(value, Collection):
        return value
    if isinstance(value, list | dict):
        collection = Collection()
        collection.content = value
        return collection
    if isinstance(value, Braces):
        return _BracesAsCollection(value)
    raise mismatch(value, "COLLECTION")


class _BracesAsCollection(Collection):
    """``{}`` as the receiver of a collection function. The function decides whether it becomes a list or a map."""

    __slots__ = ("_braces",)

    def __init__(self, braces: Braces) -> None:
        self._braces = braces

    @property
    def content(self) -> list[Value] | dict[str, Value] | None:
        return self._braces.content

    @content.setter
    def content(  # pyright: ignore[reportIncompatibleVariableOverride]
        self, content: list[Value] | dict[str, Value] | None
    ) -> None:
        self._braces.content = content


def shortened(text: str) -> str:
    """Return a text in quotes for a message, shortened if it is long."""
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}…"'
