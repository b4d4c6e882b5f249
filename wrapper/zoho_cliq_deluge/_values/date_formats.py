"""Parse and format date-times: in the formats that Deluge accepts without a pattern, and by patterns of Java."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from ..failures import Failure
from .printing import MONTHS
from .types import DateOnly
from .zones import offset_text, zone_named

__all__ = ["WEEKDAYS", "format_date", "parse_by_pattern", "parse_date", "sunday_first"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LETTERS = frozenset("GyYMLdDFEuaHkKhmsSzZXwW")
_LONGEST = 100

_MONTH = r"(?P<M>[A-Za-z]{3,9})"
_DAY = r"(?P<d>\d{1,2})"
_YEAR = r"(?P<y>\d{4}|\d{2})"
_GAP = r"(?:\s*[-/.,]\s*|\s+)"
_WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\s*,?\s*)?"
_TIME = (
    r"(?:(?:\s*,\s*|\s+|T)(?P<H>\d{1,2}):(?P<m>\d{1,2})(?::(?P<s>\d{1,2})(?:[.,](?P<S>\d{1,9}))?)?"
    r"(?:\s*(?P<a>[AaPp][Mm]))?)?(?:\s*(?P<zone>Z|[+-]\d{2}:?\d{2}))?"
)
_WORDED = tuple(
    re.compile(_WEEKDAY + _GAP.join(order) + _TIME, re.ASCII | re.IGNORECASE)
    for order in ((_DAY, _MONTH, _YEAR), (_MONTH, _DAY, _YEAR), (_YEAR, _MONTH, _DAY))
)
_NUMERIC = re.compile(r"(?P<one>\d{1,4})(?P<gap>[-/. ])(?P<two>\d{1,2})(?P=gap)(?P<three>\d{1,4})" + _TIME, re.ASCII)


def sunday_first(moment: datetime) -> int:
    """Return the day of the week, from Sunday = 1 to Saturday = 7."""
    return moment.isoweekday() % 7 + 1


def parse_date(text: str, zone: tzinfo, order: str) -> datetime | None:
    """Return the date-time that a text holds in one of the accepted formats; None if it has another format.

    An hour of 24 or more, or a minute or second of 60 or more, is read as 0, and so are the smaller units after it.

    Args:
        text: A date, with or without a time and an offset.
        zone: The zone of a text that names no offset, and of the result.
        order: ``day_first`` or ``month_first``, for dates that consist of numbers only.

    Raises:
        Failure: if the format is accepted but the date does not exist.
    """
    if len(text) > _LONGEST:
        return None
    text = text.strip()
    recognised = False
    for found, year, month, day in _candidates(text, order):
        if month is None:
            continue
        recognised = True
        moment = _moment(found, year, month, day, zone)
        if moment is not None:
            return moment
    if recognised:
        raise Failure(f'there is no such day as "{text}"')
    return None


def _candidates(text: str, order: str) -> Iterator[tuple[re.Match[str], str, int | None, int]]:
    for worded in _WORDED:
        found = worded.fullmatch(text)
        if found is not None:
            yield found, found["y"], _month_named(found["M"]), int(found["d"])
    found = _NUMERIC.fullmatch(text)
    if found is None:
        return
    one, two, three = found["one"], found["two"], found["three"]
    if len(one) == 4 and len(three) <= 2:
        yield found, one, int(two), int(three)
    elif len(one) <= 2 and len(three) in (2, 4):
        day_first, month_first = (found, three, int(two), int(one)), (found, three, int(one), int(two))
        yield from (day_first, month_first) if order == "day_first" else (month_first, day_first)
        if len(one) == len(three) == 2:
            yield found, one, int(two), int(three)


def _month_named(word: str) -> int | None:
    word = word.lower()
    for number, name in enumerate(MONTHS, 1):
        if word == name[:3].lower() or word == name.lower() or (number == 9 and word == "sept"):
            return number
    return None


def _full_year(digits: str) -> int:
    """Return a year; two digits mean one of the years 1947 to 2046."""
    year = int(digits)
    return year if len(digits) != 2 else year + (1900 if year > 46 else 2000)


def _moment(found: re.Match[str], year: str, month: int, day: int, zone: tzinfo) -> datetime | None:
    hour, minute, second = (int(found[letter] or 0) for letter in ("H", "m", "s"))
    if found["a"]:
        hour = hour % 12 + (12 if found["a"].lower() == "pm" else 0)
    if hour >= 24:
        hour = minute = second = 0
    elif minute >= 60:
        minute = second = 0
    elif second >= 60:
        second = 0
    offset = zone_named(found["zone"]) if found["zone"] else None
    try:
        moment = datetime(_full_year(year), month, day, hour, minute, second, tzinfo=offset or zone)
        moment = moment.astimezone(zone) if offset is not None else moment
    except (ValueError, OverflowError):
        return None
    return moment if found["H"] or found["m"] or found["s"] or offset is not None else DateOnly.of(moment)


def _tokens(pattern: str) -> list[tuple[str, int]] | None:
    """Return a pattern's letters with their run lengths and literal texts with length 0; None for other letters."""
    tokens: list[tuple[str, int]] = []
    position = 0
    while position < len(pattern):
        letter = pattern[position]
        if letter == "'":
            end = pattern.find("'", position + 1)
            while end != -1 and pattern[end : end + 2] == "''":
                end = pattern.find("'", end + 2)
            if end == -1:
                return None
            tokens.append((pattern[position + 1 : end].replace("''", "'") or "'", 0))
            position = end + 1
        elif letter in _LETTERS:
            count = len(pattern) - position - len(pattern[position:].lstrip(letter))
            tokens.append((letter, count))
            position += count
        elif letter.isalpha():
            return None
        else:
            tokens.append((letter, 0))
            position += 1
    return tokens


def format_date(moment: datetime, pattern: str) -> str | None:
    """Return a date-time formatted by a pattern of Java; None if the pattern has other letters outside quotes."""
    tokens = _tokens(pattern) if len(pattern) <= _LONGEST else None
    if tokens is None:
        return None
    return "".join(_formatted(moment, letter, count) if count else letter for letter, count in tokens)


def _formatted(moment: datetime, letter: str, count: int) -> str:
    if letter in "yY":
        year = moment.year if letter == "y" else _week_year(moment)
        return f"{year % 100:02d}" if count == 2 else str(year).zfill(count)
    if letter in "ML" and count >= 3:
        name = MONTHS[moment.month - 1]
        return name if count >= 4 else name[:3]
    if letter == "E":
        name = WEEKDAYS[moment.weekday()]
        return name if count >= 4 else name[:3]
    if letter == "G":
        return "AD"
    if letter == "a":
        return "AM" if moment.hour < 12 else "PM"
    if letter == "S":
        return str(moment.microsecond // 1000).zfill(count)
    if letter in "zZX":
        return _zone_text(moment, letter, count)
    numbers = {
        "M": moment.month,
        "L": moment.month,
        "d": moment.day,
        "D": moment.timetuple().tm_yday,
        "F": (moment.day - 1) // 7 + 1,
        "u": moment.isoweekday(),
        "H": moment.hour,
        "k": moment.hour or 24,
        "K": moment.hour % 12,
        "h": moment.hour % 12 or 12,
        "m": moment.minute,
        "s": moment.second,
        "w": week_of_year(moment, 7),
        "W": (moment.day + sunday_first(moment.replace(day=1)) - 2) // 7 + 1,
    }
    return str(numbers[letter]).zfill(count)


def _zone_text(moment: datetime, letter: str, count: int) -> str:
    offset = moment.utcoffset() or timedelta()
    if letter == "Z":
        return offset_text(offset)
    if letter == "X":
        if not offset:
            return "Z"
        text = offset_text(offset, colon=count >= 3)
        return text[:3] if count == 1 else text
    name = moment.tzname() or ""
    return name if name.isalpha() else f"GMT{offset_text(offset, colon=True)}"


def week_of_year(moment: datetime, first_day: int) -> int:
    """Return the week of the year of a day. The week of 1 January is the first.

    Args:
        moment: The day.
        first_day: The day on which weeks begin, from Monday = 1 to Sunday = 7.
    """
    into_week = (moment.isoweekday() - first_day) % 7
    if (moment.month, moment.day + 6 - into_week) > (12, 31):
        return 1
    before = moment.timetuple().tm_yday - 1 - into_week
    return (before + 6) // 7 + 1


def _week_year(moment: datetime) -> int:
    """Return the year that the week of a day belongs to: the last days of December may be in week 1 of the next."""
    return moment.year + (moment.month == 12 and week_of_year(moment, 7) == 1)


_PARSED = {
    "y": r"(?P<y>\d{1,4})",
    "Y": r"(?P<y>\d{1,4})",
    "M": r"(?P<M>\d{1,2})",
    "L": r"(?P<M>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "E": r"[A-Za-z]{3,9}",
    "a": r"(?P<a>[AaPp][Mm])",
    "H": r"(?P<H>\d{1,2})",
    "k": r"(?P<H>\d{1,2})",
    "h": r"(?P<H>\d{1,2})",
    "K": r"(?P<H>\d{1,2})",
    "m": r"(?P<m>\d{1,2})",
    "s": r"(?P<s>\d{1,2})",
    "S": r"(?P<S>\d{1,9})",
    "z": r"(?P<zone>[A-Za-z][A-Za-z0-9_/+:-]*)",
    "Z": r"(?P<zone>Z|[+-]\d{2}:?\d{2})",
    "X": r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)",
}


_OF_TIME = frozenset({"H", "m", "s", "S", "a", "zone"})


@lru_cache(maxsize=64)
def _reader(pattern: str) -> re.Pattern[str] | None:
    """Return a regular expression for a pattern; None for other letters, and for a part that is repeated."""
    tokens = _tokens(pattern)
    if tokens is None:
        return None
    parts: list[str] = []
    groups: set[str] = set()
    for letter, count in tokens:
        if not count:
            parts.append(r"\s+" if letter.isspace() else re.escape(letter))
            continue
        part = r"(?P<M>[A-Za-z]{3,9})" if letter in "ML" and count >= 3 else _PARSED.get(letter)
        if part is None:
            return None
        name = re.match(r"\(\?P<(\w+)>", part)
        if name is not None:
            if name[1] in groups:
                return None
            groups.add(name[1])
        parts.append(part)
    names = ("y", "M", "d", *sorted(_OF_TIME)) if groups & _OF_TIME else ("y", "M", "d")
    parts += [f"(?P<{name}>(?!))?" for name in names if name not in groups]
    if not groups & _OF_TIME:
        parts.append(_TIME)
    return re.compile("".join(parts), re.ASCII | re.IGNORECASE)


def parse_by_pattern(text: str, pattern: str, zone: tzinfo) -> datetime | None:
    """Return the date-time of a text by a pattern; None if the text does not match.

    If the pattern has no time, the text may still have one after the date.
    """
    if len(text) > _LONGEST or len(pattern) > _LONGEST:
        return None
    reader = _reader(pattern)
    found = reader.fullmatch(text.strip()) if reader is not None else None
    if found is None:
        return None
    word = found["M"] or "1"
    month = int(word) if word.isdigit() else _month_named(word)
    if month is None:
        return None
    return _moment(found, found["y"] or "1970", month, int(found["d"] or 1), zone)
