"""Functions that test values: for null, blank, empty, and for their types."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from .._values.context import Context
from .._values.conversion import as_moment, number_of_text
from .._values.types import Braces, Collection, File, Value
from .operators import equal
from .registry import builtin

__all__ = ["if_null"]


def _is_container(value: Value) -> bool:
    return isinstance(value, list | dict | Collection | Braces)


def _length(value: Value) -> int:
    if isinstance(value, Braces):
        return len(value.content or ())
    return len(value)


@builtin("isNull")
def is_null(context: Context, value: Value) -> Value:
    """Return whether a value is null; the empty text counts as null."""
    return value is None or value == ""


@builtin("isBlank")
def is_blank(context: Context, value: Value) -> Value:
    """Return whether a text has only whitespace, or a container is empty. Null is not blank."""
    if isinstance(value, str):
        return not value.strip()
    return _is_container(value) and not _length(value)


@builtin("isEmpty")
def is_empty(context: Context, value: Value) -> Value:
    """Return whether a text has only whitespace, or a container is empty; null for null and the empty text."""
    if value is None or value == "":
        return None
    return is_blank(context, value)


@builtin("ifNull")
def if_null(context: Context, value: Value, replacement: Value) -> Value:
    """Return a value, or the replacement if it is null."""
    empty = value == "" and context.policies.if_null_of_empty_text == "replacement"
    return replacement if value is None or empty else value


@builtin("isText")
def is_text(context: Context, value: Value) -> Value:
    """Return whether a value is a text that holds no number; null for containers, booleans and null."""
    if isinstance(value, str):
        return number_of_text(value) is None
    if isinstance(value, int | Decimal | datetime | File) and not isinstance(value, bool):
        return False
    return None


@builtin("isNumber")
def is_number(context: Context, value: Value) -> Value:
    """Return whether a value is a number, or a text that holds one; null for containers and null."""
    if value is None or _is_container(value):
        return None
    if isinstance(value, str):
        return number_of_text(value) is not None
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


@builtin("isDate")
def is_date(context: Context, value: Value) -> Value:
    """Return whether a value is a date-time, or a text that holds one; null for containers and null.

    Raises:
        Failure: if it is a text that holds no date-time.
    """
    if value is None or _is_container(value):
        return None
    if isinstance(value, str):
        as_moment(context, value)
        return True
    return isinstance(value, datetime)


@builtin("isFile")
def is_file(context: Context, value: Value) -> Value:
    """Return whether a value is a file."""
    return isinstance(value, File)


@builtin("isValidObject")
def is_valid_object(context: Context, value: Value) -> Value:
    """Return whether a value is neither null nor empty."""
    if value is None or value == "":
        return False
    return bool(_length(value)) if _is_container(value) else True


@builtin("equals")
def equals(context: Context, value: Value, other: Value) -> Value:
    """Return whether two values are the same, as ``==`` does."""
    return equal(context, value, other)
