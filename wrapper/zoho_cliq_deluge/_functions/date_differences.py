"""Functions that measure the time between two date-times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from .._values.context import Context
from .._values.conversion import as_moment
from .._values.date_formats import parse_date
from .._values.types import Value
from .._values.zones import zone_named
from ..failures import Failure
from .registry import builtin

__all__ = ["milliseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def milliseconds(moment: datetime) -> int:
    """Return the milliseconds since 1970 of a moment."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def whole(difference: timedelta, unit: timedelta) -> int:
    """Return how many whole units a difference contains, rounded towards zero."""
    count = abs(difference) // unit
    return -count if difference < timedelta() else count


def _days(start: datetime, end: datetime) -> int:
    return whole(end.replace(tzinfo=None) - start.replace(tzinfo=None), timedelta(days=1))


def _elapsed(start: datetime, end: datetime) -> timedelta:
    return end.astimezone(UTC) - start.astimezone(UTC)


def calendar_months(start: datetime, end: datetime) -> int:
    """Return the whole calendar months between two date-times; negative if the end is earlier than the start."""
    if end < start:
        return -calendar_months(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    within = (end.day, end.time()) < (start.day, start.time())
    return months - within


@builtin("daysBetween", "days360")
def days_between(context: Context, start: datetime, end: datetime) -> Value:
    """Return the whole days between two date-times."""
    return _days(start, end)


@builtin("hoursBetween")
def hours_between(context: Context, start: datetime, end: datetime) -> Value:
    """Return the whole hours between two date-times."""
    return whole(_elapsed(start, end), timedelta(hours=1))


@builtin("monthsBetween")
def months_between(context: Context, start: datetime, end: datetime) -> Value:
    """Return the months of 30 days each between two date-times."""
    days = _days(start, end)
    return days // 30 if days >= 0 else -(-days // 30)


@builtin("yearsBetween")
def years_between(context: Context, start: datetime, end: datetime) -> Value:
    """Return the years of 365 days each between two date-times."""
    days = _days(start, end)
    return days // 365 if days >= 0 else -(-days // 365)


@builtin("monthsDiff", "totalMonths", "totalMonth")
def months_diff(context: Context, start: datetime, end: datetime) -> Value:
    """Return the whole calendar months between two date-times."""
    return calendar_months(start, end)


@builtin("yearsDiff", "totalYears", "totalYear")
def years_diff(context: Context, start: datetime, end: datetime) -> Value:
    """Return the whole calendar years between two date-times."""
    months = calendar_months(start, end)
    return months // 12 if months >= 0 else -(-months // 12)


@builtin("yearFraction")
def year_fraction(context: Context, start: datetime, end: datetime) -> Value:
    """Return the time between two date-times in years of 365 days."""
    return Decimal(repr(_elapsed(start, end) / timedelta(days=365)))


@builtin("timeBetween")
def time_between(context: Context, start: datetime, end: datetime) -> Value:
    """Return the time between two date-times as ``HH:mm:ss``, or ``HH:mm`` or ``HH`` if the rest is zero.

    Raises:
        Failure: if the end is earlier than the start.
    """
    if end < start:
        raise Failure("the end must be later than the start")
    minutes, second = divmod(_elapsed(start, end) // _SECOND, 60)
    hour, minute = divmod(minutes, 60)
    if second:
        return f"{hour:02d}:{minute:02d}:{second:02d}"
    return f"{hour:02d}:{minute:02d}" if minute else f"{hour:02d}"


@builtin("unixEpoch")
def unix_epoch(context: Context, value: Value, zone: str | None = None) -> Value:
    """Return the milliseconds since 1970 of a date-time in a zone. A text without a date-time is returned unchanged."""
    where = (zone_named(zone) or UTC) if zone is not None else context.zone
    if isinstance(value, datetime):
        return milliseconds(value.replace(tzinfo=where) if zone is not None else value)
    if not isinstance(value, str):
        raise Failure("a value of type TEXT that holds a date-time is expected")
    moment = parse_date(value, where, context.policies.date_order)
    return value if moment is None else milliseconds(moment)


def moments(context: Context, values: list[Value]) -> list[datetime]:
    """Return the date-times of a list."""
    return [as_moment(context, value) for value in values]
