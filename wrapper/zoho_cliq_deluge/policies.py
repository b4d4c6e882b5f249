"""Choices for the behaviour that no public documentation of Deluge defines, and limits, each with a default."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, get_args, get_type_hints
from zoneinfo import ZoneInfo

__all__ = ["Policies"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What the interpreter does where the vendor's documentation is silent, and the limits of a run.

    Attributes:
        null_in_concat: The result of ``"a" + null``: the word ``"null"`` is appended (default), nothing is appended
            (``"empty"``), or it is an ``"error"``.
        integer_division: The result of ``10 / 4``: a ``"decimal"`` 2.5 (default; whole results stay integers), or the
            integer 2 (``"truncate"``).
        integer_overflow: The result beyond 64 bits: an ``"error"`` (default), a ``"decimal"``, or the lower 64 bits
            (``"wrap"``).
        split_by_empty_text: The result of ``"abc".toList("")``: an empty text followed by one element for each
            character (``"leading_empty"``, default), or only the ``"characters"``.
        list_sort: Whether ``list.sort()`` only returns a sorted ``"copy"`` (default) or also sorts ``"in_place"``.
        if_null_of_empty_text: Whether ``ifNull("", x)`` returns the ``"value"`` (default) or the ``"replacement"``.
        condition_of_other_types: A condition that is not a boolean is an ``"error"`` (default), or is false for null,
            empty text, 0 and empty containers (``"truth"``).
        short_circuit: Whether ``&&`` and ``||`` skip the right side if the left side decides the result. Default: true.
        suffix_without_match: What ``getSuffix`` returns without a match: ``"null"`` (default), the ``"empty"`` text, or
            the whole ``"text"``.
        empty_braces: What ``{}`` is: ``"undecided"`` until it is used as a list or a map (default), a ``"list"`` or a
            ``"map"``.
        map_order: The order of a map's keys: ``"insertion"`` order (default) or ``"sorted"``.
        assignment: Whether assigning a list, map or collection to a second variable shares it (``"reference"``,
            default) or makes a ``"copy"``.
        decimal_text: How a decimal prints: as it was computed, ``5.0`` (``"as_is"``, default), or without trailing
            zeros, ``5`` (``"shortest"``).
        nested_list_text: How a list in a list prints: as ``"json"`` (default) or in ``"braces"`` (``{a,b}``).
        date_difference: The unit of ``date - date`` and of the number in ``date + number``: ``"milliseconds"``
            (default) or ``"days"``.
        date_order: How a date such as ``01/02/2020``, which is ambiguous, is read: ``"month_first"`` (default) or
            ``"day_first"``.
        timezone: The organization's time zone, an IANA name. Default: ``"UTC"``.
        caught_value: What ``catch (e)`` holds after ``throw x``: an ``"error"`` with the attributes ``message`` and
            ``lineNo`` (default), or the thrown ``"value"`` itself.
        text_of_null: How ``info null`` prints, and null within a list. Default: ``"null"``.
        limit_can_be_caught: Whether ``try`` catches the statement limit; the next statement exceeds it again.
            Default: false.
        comparison_with_text: Whether ``5 == "5"`` is true because the text is ``"converted"`` to a number, boolean or
            date-time (default), or false because the types are ``"different"``.
        loop_over_map: What ``for each x in map`` visits: the ``"keys"`` (default) or the ``"values"``.
        statement_limit: Statements that one run may execute; 0 means no limit. Default: 5,000.
        call_limit: Calls, in one run, of functions that the script defines; 0 means no limit. Default: 75.
        call_depth: Nested calls of functions that the script defines. Default: 32.
        memory: Bytes that the values of a run may take. Default: 64 MiB.
        computing_seconds: Seconds of processor time that a run may take; waiting for tasks does not count. 0 means
            no limit. Default: 1.0 for every 200,000 statements that the statement limit allows, at least 1.0.
        request_seconds: Seconds that one request of a task may take. Default: 40.
        response_bytes: Bytes that one response may have. Default: 5 MiB.

    Raises:
        ValueError: if a choice is not one of those listed.
    """

    null_in_concat: Literal["null", "empty", "error"] = "null"
    integer_division: Literal["decimal", "truncate"] = "decimal"
    integer_overflow: Literal["error", "decimal", "wrap"] = "error"
    split_by_empty_text: Literal["leading_empty", "characters"] = "leading_empty"
    list_sort: Literal["copy", "in_place"] = "copy"
    if_null_of_empty_text: Literal["value", "replacement"] = "value"
    condition_of_other_types: Literal["error", "truth"] = "error"
    short_circuit: bool = True
    suffix_without_match: Literal["null", "empty", "text"] = "null"
    empty_braces: Literal["undecided", "list", "map"] = "undecided"
    map_order: Literal["insertion", "sorted"] = "insertion"
    assignment: Literal["reference", "copy"] = "reference"
    decimal_text: Literal["as_is", "shortest"] = "as_is"
    nested_list_text: Literal["json", "braces"] = "json"
    date_difference: Literal["milliseconds", "days"] = "milliseconds"
    date_order: Literal["day_first", "month_first"] = "month_first"
    timezone: str = "UTC"
    caught_value: Literal["error", "value"] = "error"
    text_of_null: str = "null"
    limit_can_be_caught: bool = False
    comparison_with_text: Literal["converted", "different"] = "converted"
    loop_over_map: Literal["keys", "values"] = "keys"
    statement_limit: int = 5000
    call_limit: int = 75
    call_depth: int = 32
    memory: int = 64 * 1024 * 1024
    computing_seconds: float | None = None
    request_seconds: float = 40.0
    response_bytes: int = 5 * 1024 * 1024

    def __post_init__(self) -> None:
        hints = _types()
        for field in fields(self):
            value: Any = getattr(self, field.name)
            choices = get_args(hints[field.name])
            if choices and isinstance(choices[0], str):
                if value not in choices:
                    listed = ", ".join(repr(choice) for choice in choices)
                    raise ValueError(f"policy {field.name} is {value!r}; choose one of {listed}")
            elif hints[field.name] is bool:
                if not isinstance(value, bool):
                    raise ValueError(f"policy {field.name} is {value!r}; choose True or False")
            elif hints[field.name] is str:
                if not isinstance(value, str):
                    raise ValueError(f"policy {field.name} is {value!r}; give a text")
            elif value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
                raise ValueError(f"policy {field.name} is {value!r}; give a number, 0 or more")
        try:
            ZoneInfo(self.timezone)
        except (OSError, ValueError, KeyError):
            raise ValueError(
                f"policy timezone is {self.timezone!r}; give an IANA name like 'Europe/Berlin' or 'UTC'"
            ) from None
        if self.call_depth > 64:
            raise ValueError(f"policy call_depth is {self.call_depth}; at most 64 nested calls are possible")

    @classmethod
    def named(cls, choices: dict[str, Any]) -> Policies:
        """Return the default policies with the given ``choices`` replaced.

        Args:
            choices: Name and value of each policy that differs from its default.

        Raises:
            ValueError: if a name is unknown, or a value is not one of its choices.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(choices) - known)
        if unknown:
            raise ValueError(f"unknown policy {unknown[0]!r}; known are {', '.join(sorted(known))}")
        return cls(**choices)

    def processor_seconds(self) -> float | None:
        """Return the processor time that a run may take, in seconds; None means no limit."""
        if self.computing_seconds is not None:
            return self.computing_seconds or None
        if not self.statement_limit:
            return None
        return max(1.0, self.statement_limit / 200_000)


@cache
def _types() -> dict[str, Any]:
    """Return the type of each policy by name. Cached: computing them takes longer than a short script runs."""
    return get_type_hints(Policies)
