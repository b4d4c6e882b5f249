"""Functions of lists."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from .._values.budget import ITEM
from .._values.context import Context
from .._values.types import Value
from ..failures import Failure, LimitReached
from .registry import builtin

__all__ = ["sortable"]

_SLOT = 16


def checked_index(values: list[Value], index: int) -> int:
    """Return an index if it lies within a list.

    Raises:
        Failure: if the index is out of range.
    """
    if index < 0:
        raise Failure(f"Given index {index} is negative")
    if index >= len(values):
        raise Failure(f"Given index {index} is greater than the list size")
    return index


def _check_size(context: Context, size: int) -> None:
    if size > context.budget.most_items:
        raise LimitReached(f"a list has more than {context.budget.most_items:,} elements")


@builtin("add")
def add(context: Context, values: list[Value], element: Value) -> None:
    """Append an element; a list is appended as one element."""
    context.budget.charge(_SLOT)
    _check_size(context, len(values) + 1)
    values.append(element)


@builtin("addAll")
def add_all(context: Context, values: list[Value], others: list[Value]) -> None:
    """Append the elements of another list."""
    context.budget.charge(_SLOT * len(others))
    _check_size(context, len(values) + len(others))
    values.extend(others)


@builtin("get")
def get(context: Context, values: list[Value], index: int) -> Value:
    """Return the element at an index, counted from 0."""
    return values[checked_index(values, index)]


@builtin("size")
def size(context: Context, values: list[Value]) -> Value:
    """Return the number of elements."""
    return len(values)


@builtin("contains")
def contains(context: Context, values: list[Value], element: Value) -> Value:
    """Return whether the list contains an element of the same type and value."""
    return index_of(context, values, element) >= 0


@builtin("notContains")
def not_contains(context: Context, values: list[Value], element: Value) -> Value:
    """Return whether the list contains no element of the same type and value."""
    return index_of(context, values, element) < 0


@builtin("indexOf")
def index_of(context: Context, values: list[Value], element: Value) -> int:
    """Return the first index of an element, counted from 0; -1 if it is missing."""
    wanted = context.identity(element)
    return next((index for index, value in enumerate(values) if context.identity(value) == wanted), -1)


@builtin("lastIndexOf")
def last_index_of(context: Context, values: list[Value], element: Value) -> Value:
    """Return the last index of an element, counted from 0; -1 if it is missing."""
    wanted = context.identity(element)
    return next((index for index in range(len(values) - 1, -1, -1) if context.identity(values[index]) == wanted), -1)


@builtin("remove")
def remove(context: Context, values: list[Value], index: int) -> Value:
    """Remove the element at an index, and return it."""
    return values.pop(checked_index(values, index))


@builtin("removeElement")
def remove_element(context: Context, values: list[Value], element: Value) -> None:
    """Remove the first element of the same type and value, if there is one."""
    index = index_of(context, values, element)
    if index >= 0:
        del values[index]


@builtin("removeAll")
def remove_all(context: Context, values: list[Value], others: list[Value]) -> None:
    """Remove all elements that another list contains."""
    unwanted = {context.identity(value) for value in others}
    values[:] = [value for value in values if context.identity(value) not in unwanted]


@builtin("clear")
def clear(context: Context, values: list[Value]) -> None:
    """Remove all elements."""
    values.clear()


def sortable(values: list[Value]) -> bool:
    """Return whether values can be sorted: all of them texts, numbers, booleans or date-times."""
    kinds = (str, bool, int | Decimal, datetime)
    return any(
        all(isinstance(value, kind) and (kind is bool or not isinstance(value, bool)) for value in values)
        for kind in kinds
    )


@builtin("sort")
def sort(context: Context, values: list[Value], ascending: bool = True) -> Value:
    """Return the elements sorted, upper case before lower case; null if their types differ."""
    if not sortable(values):
        return None
    ordered = sorted(values, reverse=not ascending)
    if context.policies.list_sort == "in_place":
        values[:] = ordered
        return values
    return ordered


@builtin("distinct")
def distinct(context: Context, values: list[Value]) -> Value:
    """Return the elements without duplicates, which have the same type and value as an earlier element."""
    found: dict[object, Value] = {}
    for value in values:
        found.setdefault(context.identity(value), value)
    context.budget.charge(ITEM * len(found))
    return list(found.values())


@builtin("intersect")
def intersect(context: Context, values: list[Value], others: list[Value]) -> Value:
    """Return the distinct elements that another list contains, too."""
    wanted = {context.identity(value) for value in others}
    return [value for value in distinct(context, values) if context.identity(value) in wanted]


@builtin("subList")
def sub_list(context: Context, values: list[Value], start: int, end: int | None = None) -> Value:
    """Return the elements from ``start`` to before ``end``, or to the last one without ``end``."""
    last = len(values) if end is None else end
    for index in (start, last):
        if index < 0:
            raise Failure(f"Given index {index} is negative")
        if index > len(values):
            raise Failure(f"Given index {index} is greater than the list size")
    if last < start:
        raise Failure(f"end index {last} is less than start index {start}")
    return values[start:last]
