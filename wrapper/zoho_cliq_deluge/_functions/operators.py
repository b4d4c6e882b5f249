"""The operators, for values of all types."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from .._values import arithmetic
from .._values.arithmetic import Number
from .._values.budget import text_size
from .._values.context import Context
from .._values.conversion import number_of_text
from .._values.date_formats import parse_date
from .._values.types import Braces, Caught, Collection, Value, type_name
from ..failures import Failure
from .date_differences import milliseconds, whole
from .dates import hours_later, moved

__all__ = ["BINARY", "Operator", "equal", "negative", "truth"]

Operator = Callable[[Context, Value, Value], Value]


def _is_number(value: Value) -> bool:
    return type(value) is int or type(value) is Decimal


def _unfit(operator: str, left: Value, right: Value) -> Failure:
    if left is None or right is None:
        side = "left" if left is None else "right"
        return Failure(f"the {side} side of {operator} is null")
    return Failure(f"{operator} cannot be applied to {type_name(left)} and {type_name(right)}")


def _in_concatenation(context: Context, value: Value) -> str:
    if value is None:
        if context.policies.null_in_concat == "error":
            raise Failure("null cannot be joined with a text")
        return "null" if context.policies.null_in_concat == "null" else ""
    return context.text(value)


def add(context: Context, left: Value, right: Value) -> Value:
    """Return the sum of two numbers, a date-time plus a number, or the concatenation if one side is a text."""
    if type(left) is str:
        if type(right) is int:
            right = str(right)
        if type(right) is str:
            return context.budget.joined(left, right)
    if _is_number(left) and _is_number(right):
        return arithmetic.add(context, left, right)  # pyright: ignore[reportArgumentType]
    if isinstance(left, (str, Caught)) or isinstance(right, (str, Caught)):
        front, back = _in_concatenation(context, left), _in_concatenation(context, right)
        context.budget.charge(text_size(len(front) + len(back), front, back))
        return front + back
    if isinstance(left, datetime) and _is_number(right):
        return _shifted(context, left, right)  # pyright: ignore[reportArgumentType]
    if isinstance(right, datetime) and _is_number(left):
        return _shifted(context, right, left)  # pyright: ignore[reportArgumentType]
    raise _unfit("+", left, right)


def subtract(context: Context, left: Value, right: Value) -> Value:
    """Return the difference of two numbers or two date-times, or a date-time minus a number."""
    if _is_number(left) and _is_number(right):
        return arithmetic.subtract(context, left, right)
    if isinstance(left, datetime) and isinstance(right, datetime):
        if context.policies.date_difference == "milliseconds":
            return milliseconds(left) - milliseconds(right)
        return whole(left.replace(tzinfo=None) - right.replace(tzinfo=None), timedelta(days=1))
    if isinstance(left, datetime) and _is_number(right):
        return _shifted(context, left, -right)
    raise _unfit("-", left, right)


def _shifted(context: Context, moment: datetime, distance: Number) -> datetime:
    if context.policies.date_difference == "days":
        return moved(moment, days=float(distance))
    return hours_later(moment, milliseconds=int(distance))


def _of_numbers(operator: str, compute: Callable[[Context, Number, Number], Number]) -> Operator:
    def operate(context: Context, left: Value, right: Value) -> Value:
        if _is_number(left) and _is_number(right):
            return compute(context, left, right)
        raise _unfit(operator, left, right)

    return operate


def equal(context: Context, left: Value, right: Value) -> bool:
    """Return whether two values are equal. Texts are compared with case."""
    if left is right:
        return True
    if left is None or right is None:
        return False
    if isinstance(left, Caught):
        left = left.message if left.value is None else left.value
    if isinstance(right, Caught):
        right = right.message if right.value is None else right.value
    if isinstance(left, str) != isinstance(right, str):
        if context.policies.comparison_with_text == "different":
            return False
        return _equals_text(context, right, left) if isinstance(left, str) else _equals_text(context, left, right)
    if isinstance(left, list | dict | Collection | Braces) and isinstance(right, list | dict | Collection | Braces):
        context.budget.work(100)
    return context.identity(left) == context.identity(right)


def _equals_text(context: Context, value: Value, text: str) -> bool:
    if isinstance(value, bool):
        return text.lower() == ("true" if value else "false")
    if _is_number(value):
        return bool(number_of_text(text) == value)
    if isinstance(value, datetime):
        try:
            return bool(parse_date(text, context.zone, context.policies.date_order) == value)
        except Failure:
            return False
    return False


def _comparison(operator: str, holds: Callable[[int], bool]) -> Operator:
    def compare(context: Context, left: Value, right: Value) -> Value:
        return holds(_order(context, operator, left, right))

    return compare


def _order(context: Context, operator: str, left: Value, right: Value) -> int:
    """Return a negative number, 0 or a positive number if the left side is less, equal or greater."""
    pair = (left, right)
    if isinstance(left, str) != isinstance(right, str) and context.policies.comparison_with_text == "converted":
        pair = _converted(context, left, right)
    first, second = pair
    comparable = (_is_number(first) and _is_number(second)) or (
        isinstance(first, datetime) and isinstance(second, datetime)
    )
    if not comparable:
        raise _unfit(operator, left, right)
    return int(first > second) - int(first < second)


def _converted(context: Context, left: Value, right: Value) -> tuple[Value, Value]:
    """Return both sides; a text is converted to the type of the other side."""

    def like(other: Value, text: str) -> Value:
        if _is_number(other):
            return number_of_text(text)
        if isinstance(other, datetime):
            return parse_date(text, context.zone, context.policies.date_order)
        return text

    return (like(right, left), right) if isinstance(left, str) else (left, like(left, right))


def truth(context: Context, value: Value) -> bool:
    """Return whether the value of a condition is true.

    Raises:
        Failure: if the value is not a boolean, unless the policy ``condition_of_other_types`` allows others.
    """
    if value is True or value is False:
        return value
    if context.policies.condition_of_other_types == "truth":
        if isinstance(value, Braces):
            return bool(value.content)
        return bool(value)
    if value is None:
        raise Failure("a condition must be true or false, but this one is null")
    raise Failure(f"a condition must be true or false, but this one is of type {type_name(value)}")


def negative(context: Context, value: Value) -> Value:
    """Return the negative of a number."""
    if type(value) is int:
        return arithmetic.fitted(context, -value)
    if type(value) is Decimal:
        return value.copy_negate()
    raise Failure(
        "a sign cannot be applied to null" if value is None else f"a sign cannot be applied to {type_name(value)}"
    )


BINARY: dict[str, Operator] = {
    "+": add,
    "-": subtract,
    "*": _of_numbers("*", arithmetic.multiply),
    "/": _of_numbers("/", arithmetic.divide),
    "%": _of_numbers("%", arithmetic.remainder),
    "==": equal,
    "!=": lambda context, left, right: not equal(context, left, right),
    "<": _comparison("<", lambda order: order < 0),
    "<=": _comparison("<=", lambda order: order <= 0),
    ">": _comparison(">", lambda order: order > 0),
    ">=": _comparison(">=", lambda order: order >= 0),
}
