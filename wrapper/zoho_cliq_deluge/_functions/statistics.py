"""Functions of lists and collections of numbers."""

from __future__ import annotations

from decimal import Decimal

from .._values.arithmetic import DECIMALS, Number, divide
from .._values.context import Context
from .._values.conversion import as_number
from .._values.types import Collection, Value
from ..failures import Failure
from .registry import builtin

__all__: list[str] = []


def _numbers(context: Context, collection: Collection) -> list[Number]:
    """Return the numbers of a list or collection; texts that hold numbers are converted."""
    content = collection.content or []
    values = content if isinstance(content, list) else list(content.values())
    try:
        numbers = [as_number(context, value) for value in values]
    except Failure:
        raise Failure(
            "List contains invalid(TEXT) entries hence' can not be cast to 'valid list and perform desired operations"
        ) from None
    if not numbers:
        raise Failure("the list is empty")
    context.budget.charge(len(numbers) * 16)
    return numbers


@builtin("average")
def average(context: Context, values: Collection) -> Value:
    """Return the mean."""
    numbers = _numbers(context, values)
    total = Decimal(0)
    for number in numbers:
        total = DECIMALS.add(total, number)
    mean = divide(context, total, len(numbers))
    return Decimal(mean)


@builtin("median")
def median(context: Context, values: Collection) -> Value:
    """Return the median: the number in the middle, or the mean of the two in the middle."""
    numbers = sorted(_numbers(context, values))
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return divide(context, DECIMALS.add(numbers[middle - 1], numbers[middle]), 2)


@builtin("largest")
def largest(context: Context, values: Collection) -> Value:
    """Return the largest number."""
    return max(_numbers(context, values))


@builtin("smallest")
def smallest(context: Context, values: Collection) -> Value:
    """Return the smallest number."""
    return min(_numbers(context, values))


def _nth(numbers: list[Number], position: int) -> Number:
    if not 1 <= position <= len(numbers):
        raise Failure(f"the position, {position}, must lie between 1 and the number of elements, {len(numbers)}")
    return numbers[position - 1]


@builtin("nthLargest")
def nth_largest(context: Context, values: Collection, position: int) -> Value:
    """Return the n-th largest number, counted from 1."""
    return _nth(sorted(_numbers(context, values), reverse=True), position)


@builtin("nthSmallest")
def nth_smallest(context: Context, values: Collection, position: int) -> Value:
    """Return the n-th smallest number, counted from 1."""
    return _nth(sorted(_numbers(context, values)), position)


@builtin("rank")
def rank(context: Context, values: Collection, number: int | Decimal, order: str = "desc") -> Value:
    """Return the rank of a number, counted from 1: in descending order (default), or ascending for ``asc``."""
    numbers = _numbers(context, values)
    if number not in numbers:
        raise Failure(
            "List contains invalid(TEXT) entries hence' can not be cast to 'valid list and perform desired operations"
        )
    if order.lower() not in {"asc", "desc"}:
        raise Failure('the order must be "asc" or "desc"')
    ascending = order.lower() == "asc"
    return 1 + sum(each < number if ascending else each > number for each in numbers)


@builtin("percentile")
def percentile(context: Context, values: Collection, percent: int | Decimal) -> Value:
    """Return the percentile (``percent`` from 0 to 100), interpolated linearly between two numbers."""
    if not 0 <= percent <= 100:
        raise Failure("the percentage must lie between 0 and 100")
    numbers = sorted(_numbers(context, values))
    place = divide(context, DECIMALS.multiply(Decimal(percent), len(numbers) - 1), Decimal(100))
    below = int(place)
    share = DECIMALS.subtract(Decimal(place), below)
    if not share:
        return numbers[below]
    step = DECIMALS.subtract(Decimal(numbers[below + 1]), numbers[below])
    return DECIMALS.add(Decimal(numbers[below]), DECIMALS.multiply(step, share))
