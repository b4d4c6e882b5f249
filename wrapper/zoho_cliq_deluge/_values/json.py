"""Parse JSON as Deluge does: with exact numbers, and also without quotes around keys and values."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from ..failures import Failure
from .context import Context
from .conversion import number_of_text, shortened
from .types import MAXIMUM_NESTING, Value

__all__ = ["read_json"]

_BYTES_OF_A_PART = 150
_BARE = re.compile(r"""[^,:={}\[\]"']+""")
_BARE_VALUE = re.compile(r"""[^,{}\[\]"']+""")
_BLANKS = re.compile(r"\s*")
_WORDS = {"true": True, "false": False, "null": None}


def _integer(digits: str) -> int | Decimal:
    number = number_of_text(digits)
    if number is None:
        raise Failure("a number in the JSON text is too long")
    return number


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def read_json(context: Context, text: str, *, lists_in_braces: bool = False) -> Value:
    """Return what a JSON text holds.

    Args:
        context: The context of the run.
        text: JSON, or similar text without quotes or with single quotes: ``{company:Zoho}``, ``{Name:'Lia'}``.
        lists_in_braces: Whether ``{a,b}`` is a list. Default: false, it is an error.

    Raises:
        Failure: if the text is not JSON, or nested too deeply.
    """
    stripped = text.strip()
    if stripped[:1] not in ("{", "["):
        raise Failure(f"{shortened(text)} is not in JSON format")
    parts = stripped.count(",") + stripped.count("{") + stripped.count("[")
    context.budget.charge(parts * _BYTES_OF_A_PART + len(stripped))
    try:
        return json.loads(stripped, parse_int=_integer, parse_float=_integer, parse_constant=_constant, strict=False)
    except RecursionError:
        raise Failure("the JSON text is nested too deeply") from None
    except ValueError:
        return _Lenient(context, stripped, lists_in_braces).read()


class _Lenient:
    """Parses JSON whose keys and values may have single quotes or none."""

    def __init__(self, context: Context, text: str, lists_in_braces: bool) -> None:
        self._context = context
        self._text = text
        self._at = 0
        self._lists_in_braces = lists_in_braces

    def read(self) -> Value:
        value = self._value(0)
        self._skip()
        if self._at < len(self._text):
            self._wrong()
        return value

    def _wrong(self) -> NoReturn:
        raise Failure(f"{shortened(self._text)} is not in JSON format, from position {self._at}")

    def _skip(self) -> str:
        """Skip whitespace, and return the next character; empty at the end."""
        blanks = _BLANKS.match(self._text, self._at)
        self._at = blanks.end() if blanks is not None else self._at
        self._context.budget.work(40)
        return self._text[self._at : self._at + 1]

    def _value(self, depth: int) -> Value:
        if depth > MAXIMUM_NESTING:
            raise Failure("the JSON text is nested too deeply")
        character = self._skip()
        if character == "{":
            return self._braces(depth)
        if character == "[":
            self._at += 1
            return self._items("]", depth, [])
        if character in ('"', "'"):
            return self._quoted(character)
        return self._bare(_BARE_VALUE)

    def _quoted(self, quote: str) -> str:
        end = self._at + 1
        while True:
            end = self._text.find(quote, end)
            if end == -1:
                self._wrong()
            backslashes = end - len(self._text[self._at : end].rstrip("\\")) - self._at
            if backslashes % 2 == 0:
                break
            end += 1
        inside = self._text[self._at + 1 : end]
        if quote == "'":
            inside = inside.replace("\\'", "'").replace('"', '\\"')
        try:
            value: Any = json.loads(f'"{inside}"', strict=False)
        except ValueError:
            self._wrong()
        self._at = end + 1
        return str(value)

    def _bare(self, expression: re.Pattern[str]) -> Value:
        found = expression.match(self._text, self._at)
        word = found[0].strip() if found is not None else ""
        if not word:
            self._wrong()
        self._at = found.end() if found is not None else self._at
        if word in _WORDS:
            return _WORDS[word]
        number = number_of_text(word)
        return word if number is None else number

    def _braces(self, depth: int) -> Value:
        self._at += 1
        if self._skip() == "}":
            self._at += 1
            return {}
        if self._lists_in_braces and self._is_list():
            return self._items("}", depth, [])
        result: dict[str, Value] = {}
        while True:
            character = self._skip()
            key = self._quoted(character) if character in ('"', "'") else self._context.text(self._bare(_BARE))
            if self._skip() not in (":", "="):
                self._wrong()
            self._at += 1
            result[key] = self._value(depth + 1)
            if self._separator("}"):
                return result

    def _is_list(self) -> bool:
        """Return whether a comma or the end comes before the first colon."""
        colon, comma = self._text.find(":", self._at), self._text.find(",", self._at)
        return colon == -1 or (comma != -1 and comma < colon)

    def _items(self, end: str, depth: int, items: list[Value]) -> list[Value]:
        if self._skip() == end:
            self._at += 1
            return items
        while True:
            items.append(self._value(depth + 1))
            if self._separator(end):
                return items

    def _separator(self, end: str) -> bool:
        """Skip a comma or the end of a list or map, and return whether it was the end."""
        character = self._skip()
        if character not in (",", end):
            self._wrong()
        self._at += 1
        return character == end
