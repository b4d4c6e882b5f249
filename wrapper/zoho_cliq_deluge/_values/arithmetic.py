"""Exact arithmetic: integers of 64 bits, and decimals of 34 digits."""

from __future__ import annotations

import decimal
from decimal import Decimal

from ..failures import Failure
from .context import Context
from .conversion import INTEGER_LIMIT

__all__ = ["DECIMALS", "Number", "add", "divide", "fitted", "multiply", "of_float", "remainder", "subtract", "whole"]

Number = int | Decimal

DECIMALS = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
"""The context of decimals: 34 digits, the precision of 128-bit decimals in IEEE 754."""

_QUOTIENT = decimal.Context(prec=16, rounding=decimal.ROUND_HALF_EVEN, Emin=-6143, Emax=6144)


def fitted(context: Context, number: int) -> Number:
    """Return an integer if it fits in 64 bits; otherwise apply the policy ``integer_overflow``."""
    if -INTEGER_LIMIT <= number < INTEGER_LIMIT:
        return number
    if context.policies.integer_overflow == "error":
        raise Failure("the number does not fit in 64 bits")
    if context.policies.integer_overflow == "wrap":
        return (number + INTEGER_LIMIT) % (2 * INTEGER_LIMIT) - INTEGER_LIMIT
    return DECIMALS.create_decimal(number)


def of_float(number: float) -> Decimal:
    """Return a float, such as a result of ``math``, as a decimal with the digits of its shortest repr."""
    return Decimal(repr(number))


def whole(number: Decimal) -> Number:
    """Return a decimal without trailing zeros, or as an integer if it is whole and fits in 64 bits."""
    if -INTEGER_LIMIT <= number < INTEGER_LIMIT and number == number.to_integral_value():
        return int(number)
    return number.normalize(DECIMALS) if number.as_tuple().exponent < 0 else number  # type: ignore[operator]


def add(context: Context, left: Number, right: Number) -> Number:
    """Return the sum."""
    if isinstance(left, int) and isinstance(right, int):
        return fitted(context, left + right)
    return DECIMALS.add(left, right)


def subtract(context: Context, left: Number, right: Number) -> Number:
    """Return the difference."""
    if isinstance(left, int) and isinstance(right, int):
        return fitted(context, left - right)
    return DECIMALS.subtract(left, right)


def multiply(context: Context, left: Number, right: Number) -> Number:
    """Return the product."""
    if isinstance(left, int) and isinstance(right, int):
        return fitted(context, left * right)
    return DECIMALS.multiply(left, right)


def divide(context: Context, left: Number, right: Number) -> Number:
    """Return the quotient.

    It is an integer if two integers divide without remainder; if they do not, the policy ``integer_division`` decides.
    A quotient that needs more than 34 digits is rounded to 16.
    """
    if not right:
        raise Failure("division by zero")
    if isinstance(left, int) and isinstance(right, int):
        quotient, rest = divmod(left, right)
        if not rest:
            return fitted(context, quotient)
        if context.policies.integer_division == "truncate":
            return quotient if quotient >= 0 else quotient + 1
    own = DECIMALS.copy()
    quotient_of_decimals = own.divide(Decimal(left), Decimal(right))
    if own.flags[decimal.Inexact]:
        return _QUOTIENT.divide(Decimal(left), Decimal(right))
    return quotient_of_decimals


def remainder(context: Context, left: Number, right: Number) -> Number:
    """Return the remainder, with the sign of the left operand."""
    if not right:
        raise Failure("division by zero")
    if isinstance(left, int) and isinstance(right, int):
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    try:
        return DECIMALS.remainder(left, right)
    except decimal.InvalidOperation:
        raise Failure("the numbers are too far apart for a remainder") from None
