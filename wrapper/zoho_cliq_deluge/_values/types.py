"""The types of a script's values: Python's own types, and those that Python lacks.

Text is ``str``, a number ``int``, a decimal ``Decimal``, a boolean ``bool``, a list ``list``, a map ``dict`` with texts
as keys, null ``None``, and a date-time an aware ``datetime``; a date that was written without a time is a `DateOnly`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

__all__ = ["Braces", "Caught", "Collection", "DateOnly", "File", "Value", "from_python", "to_python", "type_name"]

Value = Any
"""A value of a script."""

MAXIMUM_NESTING = 100


class DateOnly(datetime):
    """A date that was written without a time: midnight in its zone, printed as the date alone."""

    @classmethod
    def of(cls, moment: datetime) -> DateOnly:
        """Return the date of ``moment`` in its own zone."""
        return cls(moment.year, moment.month, moment.day, tzinfo=moment.tzinfo)

    def with_time(self) -> datetime:
        """Return the same moment as a date-time that prints its time."""
        return datetime(self.year, self.month, self.day, tzinfo=self.tzinfo)


class Collection:
    """A collection: either elements in an order, or values under keys, never both.

    Args:
        content: A list of elements or a map of values. Default: None, the collection is undecided.

    Attributes:
        content: The list or the dict that holds the values; None while the collection is empty and undecided.
    """

    __slots__ = ("content",)

    def __init__(self, content: Iterable[Value] | Mapping[str, Value] | None = None) -> None:
        self.content: list[Value] | dict[str, Value] | None
        if content is None:
            self.content = None
        elif isinstance(content, Mapping):
            self.content = dict(content)
        else:
            self.content = list(content)

    def __len__(self) -> int:
        return len(self.content) if self.content is not None else 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Collection):
            return NotImplemented
        return (self.content or None) == (other.content or None)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Collection({self.content!r})" if self.content is not None else "Collection()"


class File:
    """A file: a name, a media type and bytes.

    Args:
        name: The file's name; a file prints as its name.
        content: The bytes, or a text, which is encoded with ``charset``. Default: empty.
        type: The media type. Default: ``text/plain`` for text, else ``application/octet-stream``.
        charset: The encoding of the content as text. Default: ``UTF-8``.

    Attributes:
        param_name: The name of the form field under which an upload carries the file; None until a script sets it.
    """

    __slots__ = ("charset", "content", "name", "param_name", "type")

    def __init__(self, name: str, content: bytes | str = b"", type: str | None = None, charset: str = "UTF-8") -> None:  # noqa: A002
        self.name = name
        self.type = type or ("text/plain" if isinstance(content, str) else "application/octet-stream")
        self.content = content.encode(charset) if isinstance(content, str) else content
        self.charset = charset
        self.param_name: str | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, File):
            return NotImplemented
        return (self.name, self.type, self.content) == (other.name, other.type, other.content)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"File({self.name!r}, type={self.type!r}, {len(self.content)} bytes)"


class Braces:
    """``{}``: a list or a map. The first use decides which; ``content`` is None until then."""

    __slots__ = ("content",)

    def __init__(self) -> None:
        self.content: list[Value] | dict[str, Value] | None = None

    def settle(self, empty: list[Value] | dict[str, Value]) -> list[Value] | dict[str, Value]:
        """Return the content. The first call sets it to ``empty``."""
        if self.content is None:
            self.content = empty
        return self.content


class Caught:
    """The error in ``catch (e)``: ``e.message``, ``e.lineNo``, and the value of ``throw``, if there was one."""

    __slots__ = ("line", "message", "value")

    def __init__(self, message: str, line: int, value: Value = None) -> None:
        self.message = message
        self.line = line
        self.value = value


_TYPE_NAMES: dict[type, str] = {
    str: "TEXT",
    bool: "BOOLEAN",
    int: "NUMBER",
    Decimal: "DECIMAL",
    datetime: "DATE-TIME",
    DateOnly: "DATE-TIME",
    list: "LIST",
    dict: "KEY-VALUE",
    Collection: "COLLECTION",
    File: "FILE",
    Braces: "LIST",
    Caught: "TEXT",
    type(None): "NULL",
}


def type_name(value: Value) -> str:
    """Return the vendor's name for the type of a value."""
    return _TYPE_NAMES[type(value)]


def from_python(value: object, zone: tzinfo = UTC, key_text: Callable[[object], str] = str) -> Value:
    """Convert a Python value to a value of a script. Containers are copied, so that a script changes only its own.

    Args:
        value: A value of the types that this module lists, or a float, date, tuple, bytes, or mapping.
        zone: The zone of dates, and of date-times without a zone. Default: UTC.
        key_text: Converts a key that is not a text to a text. Default: `str`.

    Raises:
        TypeError: if the value has a type that scripts do not have.
        ValueError: if a number is not finite, or containers are nested more than 100 levels deep or contain themselves.
    """
    return _imported(value, zone, key_text, 0)


def _imported(value: object, zone: tzinfo, key_text: Callable[[object], str], depth: int) -> Value:
    if depth > MAXIMUM_NESTING:
        raise ValueError(f"a value holds itself, or is nested more than {MAXIMUM_NESTING} deep")
    if value is None or type(value) in (str, bool, File):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise ValueError("an integer beyond 64 bits is not a number of Deluge")
        return int(value)
    if isinstance(value, float | Decimal):
        number = Decimal(repr(value)) if isinstance(value, float) else value
        if not number.is_finite():
            raise ValueError(f"{value!r} is not a number of Deluge")
        return number
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return DateOnly.combine(value, time(), tzinfo=zone)
    if isinstance(value, Mapping):
        return {
            key if type(key) is str else key_text(key): _imported(item, zone, key_text, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_imported(item, zone, key_text, depth + 1) for item in value]
    if isinstance(value, Collection):
        copy = Collection()
        copy.content = _imported(value.content, zone, key_text, depth + 1)
        return copy
    if isinstance(value, bytes):
        return File("file", value)
    raise TypeError(f"a script cannot hold a value of Python's type {type(value).__name__}")


def to_python(value: Value) -> Any:
    """Convert a value of a script to a Python value. Containers are copied; an undecided ``{}`` becomes an empty dict.

    Raises:
        ValueError: if containers are nested more than 100 levels deep or contain themselves.
    """
    return _exported(value, 0)


def _exported(value: Value, depth: int) -> Any:
    if depth > MAXIMUM_NESTING:
        raise ValueError(f"the value holds itself, or is nested more than {MAXIMUM_NESTING} deep")
    if isinstance(value, list):
        return [_exported(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {key: _exported(item, depth + 1) for key, item in value.items()}
    if isinstance(value, Collection):
        copy = Collection()
        copy.content = _exported(value.content, depth + 1)
        return copy
    if isinstance(value, Braces):
        return {} if value.content is None else _exported(value.content, depth + 1)
    if isinstance(value, Caught):
        return value.message if value.value is None else _exported(value.value, depth + 1)
    return value
