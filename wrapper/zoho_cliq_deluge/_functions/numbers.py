"""Functions of numbers and decimals."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from decimal import Decimal

from .._values.arithmetic import DECIMALS, Number, fitted, of_float, whole
from .._values.context import Context
from .._values.conversion import INTEGER_LIMIT, magnitude
from .._values.types import Value
from ..failures import Failure
from .number_words import in_words
from .registry import builtin

__all__: list[str] = []

_RANDOM_END = 2_000_000_000


@builtin("abs")
def absolute(context: Context, number: int | Decimal) -> Value:
    """Return the absolute value of a number."""
    return fitted(context, abs(number)) if isinstance(number, int) else number.copy_abs()


@builtin("ceil")
def ceil(context: Context, number: int | Decimal) -> Value:
    """Return a number rounded up to an integer."""
    return number if isinstance(number, int) else _integral(number, decimal.ROUND_CEILING)


@builtin("floor")
def floor(context: Context, number: int | Decimal) -> Value:
    """Return a number rounded down to an integer."""
    return number if isinstance(number, int) else _integral(number, decimal.ROUND_FLOOR)


def _integral(number: Decimal, rounding: str) -> Number:
    return whole(number.to_integral_value(rounding))


def _to_digits(number: Number, digits: int, rounding: str) -> Number:
    """Return a number rounded to ``digits`` decimal places; negative ``digits`` round to tens, hundreds and so on."""
    exact = Decimal(number)
    if -digits > exact.adjusted() + 1:
        return 0
    if digits >= -int(exact.as_tuple().exponent):
        return whole(exact)
    wide = decimal.Context(prec=exact.adjusted() + digits + 2, rounding=rounding)
    return whole(exact.quantize(Decimal((0, (1,), -digits)), context=wide))


@builtin("round")
def round_number(context: Context, number: int | Decimal, precision: int = 0) -> Value:
    """Return a number rounded to ``precision`` decimal places (default: 0), half away from zero."""
    return _to_digits(number, precision, decimal.ROUND_HALF_UP)


@builtin("truncate")
def truncate(context: Context, number: int | Decimal, precision: int = 0) -> Value:
    """Return a number truncated to ``precision`` decimal places (default: 0)."""
    return _to_digits(number, precision, decimal.ROUND_DOWN)


@builtin("frac")
def frac(context: Context, number: int | Decimal) -> Value:
    """Return the fraction of a number, with the number's sign."""
    exact = Decimal(number)
    return DECIMALS.subtract(exact, exact.to_integral_value(decimal.ROUND_DOWN)) if exact % 1 else Decimal("0.0")


@builtin("signum")
def signum(context: Context, number: int | Decimal) -> Value:
    """Return the sign of a number as 1.0, 0.0 or -1.0."""
    return Decimal("1.0") if number > 0 else Decimal("-1.0") if number < 0 else Decimal("0.0")


@builtin("power")
def power(context: Context, number: int | Decimal, exponent: int | Decimal) -> Value:
    """Return a number to the power of another; integers stay exact."""
    if isinstance(number, int) and isinstance(exponent, int) and exponent >= 0:
        if number.bit_length() > 1 and exponent * (number.bit_length() - 1) > 20_000:
            raise Failure("the number does not fit in 64 bits")
        return fitted(context, number**exponent)
    try:
        result = DECIMALS.power(Decimal(number), Decimal(exponent))
    except decimal.InvalidOperation:
        return None
    if result.is_infinite():
        raise Failure("division by zero")
    return whole(result)


def _real(number: Number) -> float:
    real = float(number)
    if math.isinf(real):
        raise Failure("the number is too large")
    return real


@builtin("sqrt")
def sqrt(context: Context, number: int | Decimal) -> Value:
    """Return the square root; null for a negative number."""
    return of_float(math.sqrt(_real(number))) if number >= 0 else None


@builtin("exp")
def exp(context: Context, number: int | Decimal) -> Value:
    """Return e to the power of a number."""
    try:
        return of_float(math.exp(_real(number)))
    except OverflowError:
        raise Failure("the result is too large") from None


@builtin("log")
def log(context: Context, number: int | Decimal) -> Value:
    """Return the natural logarithm; null for 0 and negative numbers."""
    return of_float(math.log(_real(number))) if number > 0 else None


@builtin("log10")
def log10(context: Context, number: int | Decimal) -> Value:
    """Return the logarithm to base 10; null for 0 and negative numbers."""
    return of_float(math.log10(_real(number))) if number > 0 else None


def _register(name: str, function: Callable[[float], float]) -> None:
    @builtin(name)
    def compute(context: Context, number: int | Decimal) -> Value:
        try:
            return of_float(function(_real(number)))
        except ValueError:
            return None
        except OverflowError:
            raise Failure("the result is too large") from None


for _name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"):
    _register(_name, getattr(math, _name))


@builtin("atan2")
def atan2(context: Context, y: int | Decimal, x: int | Decimal) -> Value:
    """Return the angle of the point (x, y), in radians."""
    return of_float(math.atan2(_real(y), _real(x)))


@builtin("max")
def maximum(context: Context, number: int | Decimal, other: int | Decimal) -> Value:
    """Return the larger of two numbers."""
    return other if other > number else number


@builtin("min")
def minimum(context: Context, number: int | Decimal, other: int | Decimal) -> Value:
    """Return the smaller of two numbers."""
    return other if other < number else number


@builtin("isEven")
def is_even(context: Context, number: int | Decimal) -> Value:
    """Return whether a number is even."""
    return not Decimal(number).remainder_near(2, DECIMALS) if magnitude(number) < INTEGER_LIMIT else True


@builtin("isOdd")
def is_odd(context: Context, number: int | Decimal) -> Value:
    """Return whether a number is an integer and odd."""
    return number % 2 in (1, -1) if magnitude(number) < INTEGER_LIMIT else False


@builtin("toHex")
def to_hex(context: Context, number: int | Decimal) -> Value:
    """Return a number in hexadecimal digits; a negative one in 64-bit two's complement."""
    return f"{int(number) % (2 * INTEGER_LIMIT):x}" if -INTEGER_LIMIT <= number < INTEGER_LIMIT else None


@builtin("toWords")
def to_words(context: Context, number: int | Decimal, language: str = "en-us") -> Value:
    """Return a number in words.

    Args:
        context: The context of the run.
        number: The number, below 10 to the power of 18.
        language: ``en-us`` (default), ``en-gb``, ``en-in``, ``fr``, ``de``, ``it``, ``ja``, ``ko``, ``zh`` or ``es``.
    """
    return in_words(Decimal(number), language)


def random_number(context: Context, first: int | None = None, second: int | None = None) -> Value:
    """Return a random integer from a start (default: 0) to before an end (default: 2,000,000,000)."""
    start, end = (first, second) if first is not None and second is not None else (0, first or _RANDOM_END)
    if end <= start:
        raise Failure(f"the end, {end}, must be greater than the start, {start}")
    return context.random.randrange(start, end)
