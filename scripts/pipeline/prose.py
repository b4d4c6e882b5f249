"""Facts that the vendor states only in the HTML of descriptions.

For operations: thresholds, lock periods and error codes. For values: maximum, default and size. Only numbers and
identifiers are taken; no sentence leaves this module.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

from pipeline.errors import PipelineError

MAX_HTML = 65_536
"""The most characters of a description that are parsed. The time for tags that are never closed is quadratic."""
_MAX_DIGITS = 15
_HERE = "scripts/pipeline/prose.py"
_UNITS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "day": 86400}
_UNIT = r"(seconds?|secs?|minutes?|mins?|hours?|days?)"
_THRESHOLD = re.compile(
    r"Threshold\s+limit\s*:\s*(\d+)\s+(?:API\s+)?(?:requests?|calls?)\s*(?:per\s+user\s*)?"
    rf"(?:per|/|in)\s*(?:(?:a|an|one|every)\s+)?(?:(\d+)\s*)?{_UNIT}\b",
    re.I,
)
_LOCK = re.compile(rf"Lock\s+period\s*:\s*(\d+)\s*{_UNIT}\b", re.I)
_MENTIONS_THRESHOLD = re.compile(r"Threshold\s+limit|Lock\s+period", re.I)
_CODE = re.compile(r"^[A-Za-z][A-Za-z0-9]*(?:[_.-][A-Za-z0-9]+)*$")
_MAXIMUM = re.compile(r"Maximum\s+limit\s*:\s*([\d,]+)", re.I)
_DEFAULT = re.compile(r"Default\s*:\s*([\d,]+)\b", re.I)
_SIZE = re.compile(r"Maximum\s+size\s*(?::|is)\s*([\d,]+)\s*KB", re.I)
_LENGTH = re.compile(r"Maximum\s+length\s*:\s*([\d,]+)\s*characters", re.I)


class Threshold(NamedTuple):
    """How many calls a user may make in a window, and how long the user is locked after exceeding that."""

    limit: int
    window_seconds: int
    lock_seconds: int


class OperationFacts(NamedTuple):
    """What an operation's description states as numbers and identifiers."""

    threshold: Threshold | None
    error_codes: tuple[str, ...]
    errors_carry_code: bool


class ValueFacts(NamedTuple):
    """What a parameter's or property's description states as numbers."""

    maximum: int | None
    default: int | None
    max_bytes: int | None
    max_length: int | None


class _Reader(HTMLParser):
    """Collects the text, and the rows of every table."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._hidden += 1
        elif tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._cell = []
        self.text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)
        elif tag in ("td", "th") and self._cell is not None:
            if self.tables and self.tables[-1]:
                self.tables[-1][-1].append(_fold("".join(self._cell)))
            self._cell = None
        self.text.append(" ")

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.text.append(data)
        if self._cell is not None:
            self._cell.append(data)


def _fold(text: str) -> str:
    return " ".join(text.split())


def _read(html: str, where: str) -> _Reader:
    if len(html) > MAX_HTML:
        raise PipelineError(
            f"{where}: a description of {len(html):,} characters; at most {MAX_HTML:,} are read; shorten it"
        )
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def plain(html: str, where: str) -> str:
    """Return the text of a piece of HTML with white space collapsed. `where` is the place for messages."""
    return _fold("".join(_read(html, where).text))


def _seconds(count: str | None, unit: str) -> int:
    return int(count or 1) * _UNITS[unit.lower().rstrip("s")]


def _too_long(match: re.Match[str] | None) -> bool:
    """Return whether a number has more digits than any number of this API."""
    return match is not None and any(len(group or "") > _MAX_DIGITS for group in match.groups())


def operation_facts(html: str, where: str, complaints: list[str] | None = None) -> OperationFacts:
    """Return the threshold and error codes from an operation's description.

    Text that is not understood is never guessed, because a wrong threshold would lock users out. It is added to
    `complaints`; without that list, PipelineError is raised.
    """

    def complain(what: str) -> None:
        if complaints is None:
            raise PipelineError(f"{where}: {what}")
        complaints.append(what)

    reader = _read(html, where)
    text = _fold("".join(reader.text))
    threshold = None
    limit, lock = _THRESHOLD.search(text), _LOCK.search(text)
    if _too_long(limit) or _too_long(lock):
        complain(f"states a threshold in a figure of more than {_MAX_DIGITS} digits; correct it")
    elif limit and lock:
        threshold = Threshold(
            int(limit.group(1)), _seconds(limit.group(2), limit.group(3)), _seconds(lock.group(1), lock.group(2))
        )
    elif _MENTIONS_THRESHOLD.search(text):
        complain(f"mentions a threshold in words that are not understood; extend {_HERE}")
    codes: list[str] = []
    for table in reader.tables:
        if not table or not table[0] or table[0][0].lower() != "error code":
            continue
        for row in table[1:]:
            if row and row[0]:
                if _CODE.match(row[0]):
                    codes.append(row[0])
                else:
                    complain(f"{row[0][:60]!r} is found where an error code is expected; if it is one, extend {_HERE}")
    carry_code = bool(codes) or re.search(r'"code"\s*:', text) is not None
    return OperationFacts(threshold, tuple(dict.fromkeys(codes)), carry_code)


def value_facts(html: str, where: str) -> ValueFacts:
    """Return maximum, default, size (1 KB is read as 1,024 bytes) and length from a value's description.

    Raise PipelineError, which names `where`, for an implausibly long number.
    """
    text = plain(html, where)

    def number(pattern: re.Pattern[str]) -> int | None:
        match = pattern.search(text)
        if _too_long(match):
            raise PipelineError(f"{where}: states a figure of more than {_MAX_DIGITS} digits; correct it")
        digits = match.group(1).replace(",", "") if match else ""
        return int(digits) if digits else None

    kilobytes = number(_SIZE)
    return ValueFacts(
        maximum=number(_MAXIMUM),
        default=number(_DEFAULT),
        max_bytes=None if kilobytes is None else kilobytes * 1024,
        max_length=number(_LENGTH),
    )
