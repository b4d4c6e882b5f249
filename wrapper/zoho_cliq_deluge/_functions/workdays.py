"""Functions of date-times that count working days and hours."""

from __future__ import annotations

from collections.abc import Collection as Sized
from datetime import date, datetime, timedelta
from decimal import Decimal

from .._values.context import Context
from .._values.conversion import as_number
from .._values.types import DateOnly, Value
from ..failures import Failure
from .date_differences import moments
from .dates import moved, weekday_named
from .registry import builtin

__all__: list[str] = []

_FARTHEST = 100_000


class _Calendar:
    """Which days are working days.

    Args:
        context: The context of the run.
        weekends: Names of the weekdays that are not working days; None means Saturday and Sunday.
        holidays: Date-times, or texts that hold date-times. These days are not working days.
    """

    def __init__(self, context: Context, weekends: list[Value] | None, holidays: list[Value] | None) -> None:
        self._context = context
        self._weekends: Sized[int] = (
            {6, 7} if weekends is None else {weekday_named(context.text(name)) for name in weekends}
        )
        self._holidays: Sized[date] = {day.date() for day in moments(context, holidays or [])}
        if len(self._weekends) == 7:
            raise Failure("all days of the week are weekends")

    def works(self, moment: datetime) -> bool:
        """Return whether a day is a working day."""
        self._context.budget.work(100)
        return moment.isoweekday() not in self._weekends and moment.date() not in self._holidays

    def step(self, moment: datetime, days: int) -> datetime:
        """Return the date-time a number of working days later, or earlier if the number is negative."""
        if abs(days) > _FARTHEST:
            raise Failure(f"at most {_FARTHEST:,} working days can be counted")
        direction = 1 if days > 0 else -1
        for _ in range(abs(days)):
            moment = moved(moment, days=direction)
            while not self.works(moment):
                moment = moved(moment, days=direction)
        return moment


@builtin("addBusinessDay")
def add_business_day(
    context: Context,
    moment: datetime,
    days: int,
    weekends: list[Value] | None = None,
    holidays: list[Value] | None = None,
) -> Value:
    """Return the date-time a number of working days later."""
    return _Calendar(context, weekends, holidays).step(moment, days)


@builtin("subBusinessDay")
def sub_business_day(
    context: Context,
    moment: datetime,
    days: int,
    weekends: list[Value] | None = None,
    holidays: list[Value] | None = None,
) -> Value:
    """Return the date-time a number of working days earlier."""
    return _Calendar(context, weekends, holidays).step(moment, -days)


@builtin("workday")
def workday(
    context: Context,
    moment: datetime,
    days: int,
    weekends: list[Value] | None = None,
    holidays: list[Value] | None = None,
) -> Value:
    """Return the date a number of working days later, without a time; a negative number has no effect."""
    return DateOnly.of(_Calendar(context, weekends, holidays).step(moment, max(days, 0)))


@builtin("workDaysList")
def work_days_list(
    context: Context,
    start: datetime,
    end: datetime,
    weekends: list[Value] | None = None,
    holidays: list[Value] | None = None,
) -> Value:
    """Return a list of the working days from a start to an end, both included."""
    days = _Calendar(context, weekends, holidays)
    current, last, found = DateOnly.of(start), DateOnly.of(end), []
    while current <= last:
        if days.works(current):
            context.budget.charge(100)
            found.append(current)
        current = DateOnly.of(moved(current, days=1))
    return found


@builtin("workDaysBetween")
def work_days_between(
    context: Context,
    start: datetime,
    end: datetime,
    weekends: list[Value] | None = None,
    holidays: list[Value] | None = None,
) -> Value:
    """Return the number of working days from a start to an end, both included; negative if the end is earlier."""
    if end < start:
        return -len(work_days_list(context, end, start, weekends, holidays))
    return len(work_days_list(context, start, end, weekends, holidays))


@builtin("addBusinessHour")
def add_business_hour(
    context: Context,
    moment: datetime,
    hours: int | Decimal,
    weekends: list[Value] | None = None,
    holidays: list[Value] | None = None,
    working_hours: dict[str, Value] | None = None,
) -> Value:
    """Return the date-time a number of working hours later.

    Args:
        context: The context of the run.
        moment: The start.
        hours: The number of working hours to add.
        weekends: Names of the weekdays that are not working days. Default: Saturday and Sunday.
        holidays: Further days that are not working days. Default: none.
        working_hours: ``start`` and ``end``, as hours of the day. Default: 9 and 18.
    """
    days = _Calendar(context, weekends, holidays)
    opens, closes = _opening(context, working_hours)
    if hours < 0 or hours > _FARTHEST:
        raise Failure(f"the number of hours must lie between 0 and {_FARTHEST:,}")
    left = timedelta(seconds=float(hours) * 3600)
    midnight = DateOnly.of(moment).with_time()
    current = midnight if isinstance(moment, DateOnly) else moment
    while True:
        if days.works(midnight):
            current = max(current, midnight + opens)
            rest = midnight + closes - current
            if left <= rest:
                return current + left
            left -= max(rest, timedelta())
        midnight = DateOnly.of(moved(midnight, days=1)).with_time()
        current = midnight


def _opening(context: Context, hours: dict[str, Value] | None) -> tuple[timedelta, timedelta]:
    given = {"start": 9, "end": 18} | (hours or {})
    opens, closes = (as_number(context, given[key]) for key in ("start", "end"))
    if not 0 <= opens < closes <= 24:
        raise Failure("working hours must begin before they end, between 0 and 24")
    return timedelta(hours=float(opens)), timedelta(hours=float(closes))
