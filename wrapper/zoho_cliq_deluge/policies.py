"""What no public source of Deluge settles, as named choices with defaults."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, get_args, get_type_hints
from zoneinfo import ZoneInfo

__all__ = ["Policies"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """How the interpreter decides what the vendor's documentation leaves open, and the limits of a run.

    Attributes:
        null_in_concat: What ``"a" + null`` gives: the word ``"null"`` (default), nothing (``"empty"``), or an
            ``"error"``.
        integer_division: What ``10 / 4`` gives: a ``"decimal"`` 2.5 (default; whole results stay integers), or the
            integer 2 (``"truncate"``).
        integer_overflow: What happens to a result beyond 64 bits: an ``"error"`` (default), a ``"decimal"``, or what
            remains of it in 64 bits (``"wrap"``).
        split_by_empty_text: What ``"abc".toList("")`` gives: one element more than characters, with an empty text in
            front (``"leading_empty"``, default), or just the ``"characters"``.
        list_sort: Whether ``list.sort()`` returns a sorted ``"copy"`` (default) or sorts ``"in_place"``, too.
        if_null_of_empty_text: Whether ``ifNull("", x)`` keeps the ``"value"`` (default) or gives the ``"replacement"``.
        condition_of_other_types: What a condition that is not a boolean does: an ``"error"`` (default), or null, empty
            text, 0 and empty containers count as false (``"truth"``).
        short_circuit: Whether ``&&`` and ``||`` leave out the right side once the left decides. Default: true.
        suffix_without_match: What ``getSuffix`` gives without a match: ``"null"`` (default), the ``"empty"`` text, or
            the whole ``"text"``.
        empty_braces: What ``{}`` is: ``"undecided"`` until it is used as a list or a map (default), a ``"list"`` or a
            ``"map"``.
        map_order: Order of a map's keys: as put in (``"insertion"``, default) or ``"sorted"``.
        assignment: Whether a list, map or collection given to a second name is the same one (``"reference"``, default)
            or a ``"copy"``.
        decimal_text: How a decimal prints: as it was computed, ``5.0`` (``"as_is"``, default), or without zeros at the
            end, ``5`` (``"shortest"``).
        nested_list_text: How a list in a list prints: as ``"json"`` (default) or in ``"braces"`` (``{a,b}``).
        date_difference: What ``date - date`` gives, and what ``date + number`` adds: ``"milliseconds"`` (default) or
            ``"days"``.
        date_order: How ``01/02/2020`` is read where both are possible: ``"month_first"`` (default) or
            ``"day_first"``.
        timezone: The organization's time zone, an IANA name. Default: ``"UTC"``.
        caught_value: What ``catch (e)`` holds after ``throw x``: an ``"error"`` with the attributes ``message`` and
            ``lineNo`` (default), or the thrown ``"value"`` itself.
        text_of_null: What ``info null`` prints, and null in a list. Default: ``"null"``.
        limit_can_be_caught: Whether ``try`` catches the statement limit. Default: false.
        comparison_with_text: Whether ``5 == "5"`` is true because the text is ``"converted"`` to a number, boolean or
            date-time (default), or false because the types are ``"different"``.
        loop_over_map: What ``for each x in map`` visits: the ``"keys"`` (default) or the ``"values"``.
        statement_limit: Statements that one run may execute; 0 lifts the limit. Default: 5,000.
        call_limit: Calls of functions that the script defines, in one run; 0 lifts the limit. Default: 75.
        call_depth: Nested calls of functions that the script defines. Default: 32.
        memory: Bytes that the values of a run may take. Default: 64 MiB.
        computing_seconds: Seconds of processor time that a run may take, without the time that tasks wait; 0 lifts
            the limit. Default: 1.0 for every 200,000 statements that the statement limit allows, at least 1.0.
        request_seconds: Seconds that one request of a task may take. Default: 40.
        response_bytes: Bytes that one answer to a request may have. Default: 5 MiB.

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
        """Return the policies with ``choices``, by name, over the defaults.

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
    """Return the types of the policies by name; finding them out takes longer than a short script runs."""
    return get_type_hints(Policies)
