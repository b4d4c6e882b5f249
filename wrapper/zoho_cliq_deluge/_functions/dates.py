"""Functions of date-times: their parts, date arithmetic, and starts of periods."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

from .._values.context import Context
from .._values.date_formats import WEEKDAYS, sunday_first, week_of_year
from .._values.printing import MONTHS
from .._values.types import DateOnly, Value
from ..failures import Failure
from .registry import builtin

__all__ = ["moved"]


def moved(moment: datetime, **distance: float) -> datetime:
    """Return a date-time plus ``distance`` (arguments of `timedelta`), in local time of its zone."""
    try:
        return moment + timedelta(**distance)
    except OverflowError:
        raise Failure("the date lies outside the years 1 to 9999") from None


def _timed(moment: datetime) -> datetime:
    return moment.with_time() if isinstance(moment, DateOnly) else moment


def months_later(moment: datetime, months: int) -> datetime:
    """Return the same day a number of months later, or that month's last day if it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise Failure("the date lies outside the years 1 to 9999")
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))


def hours_later(moment: datetime, **distance: float) -> datetime:
    """Return a date-time plus ``distance`` of elapsed time, even across a daylight saving change."""
    try:
        return (_timed(moment).astimezone(UTC) + timedelta(**distance)).astimezone(moment.tzinfo)
    except OverflowError:
        raise Failure("the date lies outside the years 1 to 9999") from None


@builtin("addYear")
def add_year(context: Context, moment: datetime, number: int) -> Value:
    """Return the same day a number of years later."""
    return months_later(_timed(moment), number * 12)


@builtin("subYear")
def sub_year(context: Context, moment: datetime, number: int) -> Value:
    """Return the same day a number of years earlier."""
    return months_later(_timed(moment), -number * 12)


@builtin("addMonth")
def add_month(context: Context, moment: datetime, number: int) -> Value:
    """Return the same day a number of months later, or that month's last day."""
    return months_later(_timed(moment), number)


@builtin("subMonth")
def sub_month(context: Context, moment: datetime, number: int) -> Value:
    """Return the same day a number of months earlier, or that month's last day."""
    return months_later(_timed(moment), -number)


@builtin("addWeek")
def add_week(context: Context, moment: datetime, number: int) -> Value:
    """Return the date-time a number of weeks later."""
    return moved(_timed(moment), weeks=number)


@builtin("subWeek")
def sub_week(context: Context, moment: datetime, number: int) -> Value:
    """Return the date-time a number of weeks earlier."""
    return moved(_timed(moment), weeks=-number)


@builtin("addDay")
def add_day(context: Context, moment: datetime, number: int) -> Value:
    """Return the date-time a number of days later."""
    return moved(_timed(moment), days=number)


@builtin("subDay")
def sub_day(context: Context, moment: datetime, number: int) -> Value:
    """Return the date-time a number of days earlier."""
    return moved(_timed(moment), days=-number)


@builtin("addHour")
def add_hour(context: Context, moment: datetime, number: int) -> Value:
    """Return the date-time a number of hours later."""
    return hours_later(moment, hours=number)


@builtin("subHour")
def sub_hour(context: Context, moment: datetime, number: int) -> Value:
    """Return the date-time a number of hours earlier."""
    return hours_later(moment, hours=-number)


@builtin("addMinutes")
def add_minutes(context: Context, moment: datetime, number: int) -> Value:
    """Return the date-time a number of minutes later."""
    return hours_later(moment, minutes=number)


@builtin("subMinutes")
def sub_minutes(context: Context, moment: datetime, number: int) -> Value:
    """Return the date-time a number of minutes earlier."""
    return hours_later(moment, minutes=-number)


@builtin("addSeconds")
def add_seconds(context: Context, moment: datetime, number: int) -> Value:
    """Return the date-time a number of seconds later."""
    return hours_later(moment, seconds=number)


@builtin("subSeconds")
def sub_seconds(context: Context, moment: datetime, number: int) -> Value:
    """Return the date-time a number of seconds earlier."""
    return hours_later(moment, seconds=-number)


@builtin("edate")
def edate(context: Context, moment: datetime, months: int) -> Value:
    """Return the day a number of months later, without a time."""
    return DateOnly.of(months_later(moment, months))


@builtin("eomonth")
def eomonth(context: Context, moment: datetime, months: int) -> Value:
    """Return the last day of the month a number of months later, without a time."""
    month = months_later(moment.replace(day=1), months)
    return DateOnly.of(month.replace(day=calendar.monthrange(month.year, month.month)[1]))


@builtin("toStartOfMonth")
def to_start_of_month(context: Context, moment: datetime) -> Value:
    """Return midnight of the first day of the month."""
    return DateOnly.of(moment.replace(day=1)).with_time()


@builtin("toStartOfWeek")
def to_start_of_week(context: Context, moment: datetime) -> Value:
    """Return midnight of the Sunday that begins the week."""
    return DateOnly.of(moved(moment, days=1 - sunday_first(moment))).with_time()


def weekday_named(name: str) -> int:
    """Return the number of a weekday, from Monday = 1 to Sunday = 7, by its name or the first three letters."""
    for number, weekday in enumerate(WEEKDAYS, 1):
        if name.strip().lower() in {weekday.lower(), weekday[:3].lower()}:
            return number
    raise Failure(f'"{name[:20]}" is not the name of a weekday')


@builtin("nextWeekDay")
def next_week_day(context: Context, moment: datetime, weekday: str) -> Value:
    """Return the first date after the given one that falls on a weekday."""
    return DateOnly.of(moved(moment, days=(weekday_named(weekday) - moment.isoweekday() - 1) % 7 + 1))


@builtin("previousWeekDay")
def previous_week_day(context: Context, moment: datetime, weekday: str) -> Value:
    """Return the last date before the given one that falls on a weekday."""
    return DateOnly.of(moved(moment, days=-((moment.isoweekday() - weekday_named(weekday) - 1) % 7 + 1)))


@builtin("getYear", "year")
def get_year(context: Context, moment: datetime) -> Value:
    """Return the year."""
    return moment.year


@builtin("getMonth", "month")
def get_month(context: Context, moment: datetime) -> Value:
    """Return the month, 1 to 12."""
    return moment.month


@builtin("getDay", "day")
def get_day(context: Context, moment: datetime) -> Value:
    """Return the day of the month."""
    return moment.day


@builtin("getHour", "hour")
def get_hour(context: Context, moment: datetime) -> Value:
    """Return the hour, 0 to 23."""
    return moment.hour


@builtin("getMinutes", "getMinute", "minute", "minutes")
def get_minutes(context: Context, moment: datetime) -> Value:
    """Return the minute."""
    return moment.minute


@builtin("getSeconds", "getSecond", "second", "seconds")
def get_seconds(context: Context, moment: datetime) -> Value:
    """Return the second."""
    return moment.second


@builtin("getDayOfWeek", "weekday")
def get_day_of_week(context: Context, moment: datetime) -> Value:
    """Return the day of the week, Sunday = 1 to Saturday = 7."""
    return sunday_first(moment)


@builtin("getDayOfYear")
def get_day_of_year(context: Context, moment: datetime) -> Value:
    """Return the day of the year, 1 to 366."""
    return moment.timetuple().tm_yday


@builtin("getWeekOfYear")
def get_week_of_year(context: Context, moment: datetime, first_day: str = "Sunday") -> Value:
    """Return the week of the year; the week of 1 January is the first."""
    return week_of_year(moment, weekday_named(first_day))


@builtin("getDate")
def get_date(context: Context, moment: datetime) -> Value:
    """Return a text like ``17th January 2018``."""
    day = moment.day
    ending = "th" if day in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending} {MONTHS[moment.month - 1]} {moment.year}"
