"""Functions that convert values from one type to another."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from .._values.context import Context
from .._values.conversion import (
    as_integer,
    as_list,
    as_map,
    as_moment,
    as_number,
    as_text,
    number_of_text,
    shortened,
)
from .._values.date_formats import format_date, parse_by_pattern
from .._values.json import read_json
from .._values.types import Braces, Caught, Collection, DateOnly, File, Value
from .._values.zones import zone_named
from ..failures import Failure
from .collections import insert_all
from .date_differences import milliseconds
from .dates import hours_later
from .number_formats import format_number, is_number_format
from .registry import builtin

__all__ = ["list_of", "media_type"]

_SLOT = 100


def _of_milliseconds(context: Context, number: int | Decimal) -> datetime:
    start = datetime(1970, 1, 1, tzinfo=UTC).astimezone(context.zone)
    return hours_later(start, milliseconds=int(number))


def _written(context: Context, moment: datetime, pattern: str, zone: str | None) -> str | None:
    if zone is not None:
        moment = moment.astimezone(zone_named(zone) or UTC)
    return format_date(moment, pattern)


@builtin("toString", "toText")
def to_string(context: Context, value: Value, pattern: str | None = None, zone: str | None = None) -> Value:
    """Return the text of a value.

    Args:
        context: The context of the run.
        value: The value to convert.
        pattern: For a list, the separator between its items. For a number, a pattern such as ``0.00``. For a
            date-time, a number of milliseconds, or a text that holds a date-time, a date pattern with Java's letters.
            Default: the text that Deluge prints.
        zone: The time zone in which a date-time is written. Default: that of the date-time.

    Raises:
        Failure: if the value is null.
    """
    if value is None:
        raise Failure("Value is empty and 'toString' function cannot be applied")
    if pattern is None:
        return context.text(value)
    if isinstance(value, Braces | Collection):
        value = [] if value.content is None else value.content
    if isinstance(value, list):
        return context.printer.items(value, pattern)
    if isinstance(value, datetime):
        return _written(context, value, pattern, zone)
    if type(value) is Decimal or (type(value) is int and is_number_format(pattern)):
        return format_number(value, pattern)
    if type(value) is int:
        return _written(context, _of_milliseconds(context, value), pattern, zone)
    if isinstance(value, str | Caught):
        return _written(context, as_moment(context, as_text(context, value)), pattern, zone)
    return context.text(value)


@builtin("text")
def text(context: Context, value: Value, pattern: str) -> Value:
    """Return a number or a date-time, or one that a text holds, formatted by a pattern."""
    if isinstance(value, str):
        number = number_of_text(value)
        value = as_moment(context, value) if number is None else number
    if isinstance(value, datetime):
        return format_date(value, pattern)
    return format_number(as_number(context, value), pattern)


@builtin("toDateTimeString")
def to_date_time_string(context: Context, value: Value, pattern: str, zone: str | None = None) -> Value:
    """Return a date-time, or a number of milliseconds since 1970, formatted by a pattern in a time zone."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = _of_milliseconds(context, value)
    return _written(context, as_moment(context, value), pattern, zone)


@builtin("toLong", "toNumber")
def to_long(context: Context, value: Value) -> Value:
    """Return a number without its fraction, the one that a text holds, or a date-time in milliseconds since 1970."""
    if isinstance(value, datetime):
        return milliseconds(value)
    if isinstance(value, str) and value[:2].lower() == "0x":
        try:
            return as_integer(context, int(value[2:18], 16)) if len(value) <= 18 else _no_number(value)
        except ValueError:
            _no_number(value)
    if isinstance(value, str) and number_of_text(value) is None:
        _no_number(value)
    if isinstance(value, bool):
        return int(value)
    return as_integer(context, value)


def _no_number(value: str) -> Value:
    raise Failure(f"{shortened(value)} is not a number")


@builtin("toDecimal")
def to_decimal(context: Context, value: Value) -> Value:
    """Return a number, or the one that a text holds, as a decimal."""
    if isinstance(value, str) and number_of_text(value) is None:
        _no_number(value)
    return Decimal(as_number(context, value))


def _read(context: Context, value: Value, pattern: str | None, zone: str | None) -> datetime:
    """Return a date-time: unchanged, from milliseconds since 1970, or from a text by a pattern and in a zone."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _of_milliseconds(context, value)
    if pattern is None:
        return as_moment(context, value)
    where = context.zone if zone is None else zone_named(zone) or context.zone
    moment = parse_by_pattern(as_text(context, value), pattern, where)
    if moment is None:
        raise Failure(f'{shortened(as_text(context, value))} is not a date-time of the format "{pattern[:40]}"')
    if zone is not None:
        has_time = not isinstance(moment, DateOnly)
        moment = moment.astimezone(context.zone) if has_time else moment
    return moment


@builtin("toDate")
def to_date(context: Context, value: Value, pattern: str | None = None, zone: str | None = None) -> Value:
    """Return a date-time, milliseconds since 1970, or the date-time that a text holds, as a date without a time."""
    return DateOnly.of(_read(context, value, pattern, zone))


@builtin("toTime", "toDateTime")
def to_time(context: Context, value: Value, pattern: str | None = None, zone: str | None = None) -> Value:
    """Return milliseconds since 1970, or the date-time that a text holds, as a date-time with a time."""
    moment = _read(context, value, pattern, zone)
    return moment.with_time() if isinstance(moment, DateOnly) else moment


@builtin("toMap")
def to_map(context: Context, value: Value) -> Value:
    """Return the map that a JSON text holds, or the content of a collection as a map."""
    if isinstance(value, str):
        read = read_json(context, value)
        if not isinstance(read, dict):
            raise Failure(f"{shortened(value)} is a list, not a map")
        return read
    if isinstance(value, Collection) and isinstance(value.content, list):
        return {str(index): each for index, each in enumerate(value.content)}
    return as_map(context, value)


@builtin("toList")
def to_list(context: Context, value: Value, separator: str | None = None) -> Value:
    """Split a text at a separator; without a separator, return the whole text as the only element."""
    if isinstance(value, Collection):
        content = value.content or []
        return list(content if isinstance(content, list) else content.values())
    if isinstance(value, list | Braces):
        return as_list(context, value)
    whole = as_text(context, value)
    if separator is None:
        return [whole]
    if not separator:
        context.budget.charge(_SLOT * len(whole))
        return ([""] if context.policies.split_by_empty_text == "leading_empty" else []) + list(whole)
    return _split(context, whole, separator)


def _split(context: Context, whole: str, separator: str) -> list[str]:
    context.budget.charge(_SLOT * (whole.count(separator) + 1))
    return whole.split(separator)


@builtin("toListString")
def to_list_string(context: Context, value: str) -> Value:
    """Split a text at its commas."""
    return _split(context, value, ",")


def list_of(context: Context, arguments: list[Value]) -> list[Value]:
    """Return the result of ``List(…)``: an empty list, the parts of one text between commas, or the arguments."""
    if len(arguments) == 1:
        if isinstance(arguments[0], str):
            return _split(context, arguments[0], ",")
        if isinstance(arguments[0], list | Braces | Collection):
            return list(as_list(context, arguments[0]))
    return list(arguments)


@builtin("toJSONList")
def to_json_list(context: Context, value: Value) -> Value:
    """Return the list that a JSON text holds. The text may also be a sequence of maps without brackets."""
    if isinstance(value, str):
        stripped = value.strip()
        read = read_json(context, f"[{stripped}]" if stripped.startswith("{") else stripped)
        return read if isinstance(read, list) else [read]
    if isinstance(value, dict):
        return [value]
    return as_list(context, value)


@builtin("toCollection")
def to_collection(context: Context, value: Value) -> Value:
    """Return a collection of the content of a list, a map, or a JSON text."""
    collection = Collection()
    if isinstance(value, str):
        value = read_json(context, value, lists_in_braces=True)
    insert_all(context, collection, value)
    return collection


@builtin("toFile")
def to_file(context: Context, value: Value, name: str) -> Value:
    """Return a file whose content is the text of a value."""
    content = as_text(context, value) if not isinstance(value, Collection) else context.text(value)
    return File(name, content.encode("utf-8", "surrogatepass"), media_type(name))


def media_type(name: str) -> str:
    """Return the media type for a file name's extension. The table is fixed, so that it is the same on all machines."""
    ending = name.rpartition(".")[2].lower()
    return _MEDIA_TYPES.get(ending, "text/plain" if "." not in name else "application/octet-stream")


_MEDIA_TYPES = {
    "txt": "text/plain",
    "csv": "text/csv",
    "html": "text/html",
    "htm": "text/html",
    "json": "application/json",
    "xml": "application/xml",
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "zip": "application/zip",
    "ics": "text/calendar",
    "md": "text/markdown",
}
