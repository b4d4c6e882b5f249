"""Convert values to text, as ``info``, ``toString`` and ``+`` print them, and to JSON."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import NoReturn

from ..failures import Failure, LimitReached
from ..policies import Policies
from .budget import Budget, text_size
from .types import MAXIMUM_NESTING, Braces, Caught, Collection, DateOnly, File, Value

__all__ = ["MONTHS", "Printer", "text"]

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
_SHORT_MONTHS = tuple(name[:3] for name in MONTHS)
_LONGEST_DECIMAL = 400


def text(value: Value, policies: Policies | None = None) -> str:
    """Return the text that Deluge prints for a value.

    Args:
        value: Any value that `run` accepts or returns.
        policies: The policies; those about text and printing apply. Default: ``Policies()``.

    Raises:
        ValueError: if the value is nested more than 100 levels deep, contains itself, or prints to a text that exceeds
            the policy ``memory``.
    """
    choices = policies or Policies()
    try:
        return Printer(choices, Budget(choices.memory, None)).text(value)
    except (Failure, LimitReached) as failure:
        raise ValueError(failure.why) from None


def date_text(moment: datetime) -> str:
    """Return ``dd-MMM-yyyy``, with `` HH:mm:ss`` if the value has a time."""
    day = f"{moment.day:02d}-{_SHORT_MONTHS[moment.month - 1]}-{moment.year:04d}"
    return day if isinstance(moment, DateOnly) else f"{day} {moment:%H:%M:%S}"


def decimal_text(number: Decimal, shortest: bool) -> str:
    """Return a decimal without an exponent, unless the text would have hundreds of digits."""
    if number.is_zero():
        return "0" if shortest else f"{abs(number):f}"
    if number.adjusted() > _LONGEST_DECIMAL or number.adjusted() < -_LONGEST_DECIMAL:
        return str(number)
    plain = f"{number:f}"
    if shortest and "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return plain


class Printer:
    """Prints values by the policies, and charges the budget for the texts."""

    def __init__(self, policies: Policies, budget: Budget) -> None:
        self._policies = policies
        self._budget = budget
        self._shortest = policies.decimal_text == "shortest"
        self._braces = policies.nested_list_text == "braces"

    def text(self, value: Value) -> str:
        """Return the text of a value: a list without brackets, a map as JSON."""
        if type(value) is str:
            return value
        if type(value) is int:
            return str(value)
        if isinstance(value, list | dict | Collection | Braces):
            parts: list[str] = []
            self._container(value, parts)
            printed = "".join(parts)
            self._budget.charge(text_size(len(printed), printed))
            return printed
        return self._scalar(value)

    def json(self, value: Value) -> str:
        """Return a value as JSON: maps and lists as they print within a map, texts in quotes."""
        parts: list[str] = []
        self._json(value, parts, 0)
        return "".join(parts)

    def items(self, values: list[Value], separator: str) -> str:
        """Return the texts of a list's items, joined by a separator."""
        parts: list[str] = []
        for item in values:
            if parts:
                parts.append(separator)
            self._item(item, parts, 1)
            self._budget.charge(len(separator))
        return "".join(parts)

    def key(self, value: Value) -> str:
        """Return the text that a map uses for a value as key."""
        return value if type(value) is str else self.text(value)

    def _scalar(self, value: Value) -> str:
        if value is None:
            return self._policies.text_of_null
        if value is True:
            return "true"
        if value is False:
            return "false"
        if isinstance(value, Decimal):
            return decimal_text(value, self._shortest)
        if isinstance(value, datetime):
            return date_text(value)
        if isinstance(value, File):
            return value.name
        if isinstance(value, Caught):
            return value.message
        return str(value)

    def _container(self, value: Value, parts: list[str]) -> None:
        if isinstance(value, Braces):
            value = {} if value.content is None else value.content
        elif isinstance(value, Collection):
            value = value.content or {}
        if isinstance(value, list):
            parts.append(self.items(value, ","))
        else:
            self._json(value, parts, 0)

    def _item(self, item: Value, parts: list[str], depth: int) -> None:
        if depth > MAXIMUM_NESTING:
            self._too_deep()
        if isinstance(item, Braces | Collection):
            item = {} if item.content is None else item.content
        if isinstance(item, list) and self._braces:
            parts.append("{")
            for number, inner in enumerate(item):
                if number:
                    parts.append(",")
                self._item(inner, parts, depth + 1)
            parts.append("}")
        elif isinstance(item, list | dict):
            self._json(item, parts, depth)
        else:
            printed = self.text(item)
            self._budget.charge(len(printed) + 8)
            parts.append(printed)

    def _json(self, value: Value, parts: list[str], depth: int) -> None:
        if depth > MAXIMUM_NESTING:
            self._too_deep()
        if isinstance(value, Braces | Collection):
            value = {} if value.content is None else value.content
        if isinstance(value, dict):
            parts.append("{")
            keys = sorted(value) if self._policies.map_order == "sorted" else value
            for number, key in enumerate(keys):
                quoted = json.dumps(key, ensure_ascii=False)
                self._budget.charge(len(quoted) + 16)
                parts.append(f",{quoted}:" if number else f"{quoted}:")
                self._json(value[key], parts, depth + 1)
            parts.append("}")
        elif isinstance(value, list):
            parts.append("[")
            for number, item in enumerate(value):
                self._budget.charge(16)
                if number:
                    parts.append(",")
                self._json(item, parts, depth + 1)
            parts.append("]")
        else:
            plain = value is None or isinstance(value, bool | int | Decimal)
            printed = "null" if value is None else self._scalar(value) if plain else json.dumps(
                self.text(value), ensure_ascii=False
            )  # fmt: skip
            self._budget.charge(len(printed) + 8)
            parts.append(printed)

    @staticmethod
    def _too_deep() -> NoReturn:
        raise Failure(f"the value holds itself, or is nested more than {MAXIMUM_NESTING} deep")
