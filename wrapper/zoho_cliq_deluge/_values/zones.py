"""Time zones by the names that scripts use: IANA names, ``GMT+5:30`` and Java's three-letter ids."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

__all__ = ["offset_text", "zone_named"]

# Java's three-letter ids: three of them are fixed offsets, the others are places.
_FIXED = {"EST": -5, "MST": -7, "HST": -10, "GMT": 0, "UTC": 0, "UT": 0, "Z": 0}
_PLACES = {
    "ACT": "Australia/Darwin",
    "AET": "Australia/Sydney",
    "AGT": "America/Argentina/Buenos_Aires",
    "ART": "Africa/Cairo",
    "AST": "America/Anchorage",
    "BET": "America/Sao_Paulo",
    "BST": "Asia/Dhaka",
    "CAT": "Africa/Harare",
    "CNT": "America/St_Johns",
    "CST": "America/Chicago",
    "CTT": "Asia/Shanghai",
    "EAT": "Africa/Addis_Ababa",
    "ECT": "Europe/Paris",
    "IET": "America/Indiana/Indianapolis",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "MIT": "Pacific/Apia",
    "NET": "Asia/Yerevan",
    "NST": "Pacific/Auckland",
    "PLT": "Asia/Karachi",
    "PNT": "America/Phoenix",
    "PRT": "America/Puerto_Rico",
    "PST": "America/Los_Angeles",
    "SST": "Pacific/Guadalcanal",
    "VST": "Asia/Ho_Chi_Minh",
}
_OFFSET = re.compile(r"(?:GMT)?([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}", re.ASCII)


@lru_cache(maxsize=256)
def zone_named(name: str) -> tzinfo | None:
    """Return the zone with a name; None if there is no such zone (``UTC+8`` is not a zone name, as in Java)."""
    if name in _FIXED:
        return timezone(timedelta(hours=_FIXED[name]), name) if _FIXED[name] else UTC
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        sign, hours, minutes = offset.groups()
        if int(hours) > 23 or int(minutes or 0) > 59:
            return None
        distance = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-distance if sign == "-" else distance)
    if len(name) > 64 or not _NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(_PLACES.get(name, name))
    except (OSError, ValueError, KeyError):
        return None


def offset_text(offset: timedelta, colon: bool = False) -> str:
    """Return an offset as ``+0530``, or as ``+05:30``."""
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}{':' if colon else ''}{rest:02d}"
