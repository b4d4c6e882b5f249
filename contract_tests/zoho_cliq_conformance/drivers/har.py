"""Recorded traffic: read a HAR file as exchanges for the oracle.

Without a profile, each token counts as a separate user with unknown rights, so only facts that hold for any user are
judged. Entries that do not go to the base URL, or have other path parameters than the profile, are left out.

What a recording lacks is no fault. A body or headers that it omits are not judged. If the answer or the request body is
missing, the oracle accepts either outcome of the request. An entry that cannot be read is skipped, with the reason, and
the others are judged.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from ..judge.model import Directory
from ..judge.oracle import Oracle
from ..judge.routes import NO_OTHERS, belongs
from ..profile import Profile
from ..sending.client import directory
from ..trace import Answer, Exchange, Headers

PATH = "/api/v3"
LONGEST = 3600.0  # maximum seconds between a request and its answer; a longer time in a recording is cut to this
WRITES = frozenset({"POST", "PATCH", "DELETE", "PUT"})
_METHOD = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}")
_MASKED = re.compile(
    r"redact|saniti[sz]ed|masked|filtered|removed|hidden|censored|^[^A-Za-z0-9]*$|^(.)\1*$", re.IGNORECASE
)


class HarError(ValueError):
    """The file is not a HAR file; the message says where and why."""


@dataclass
class Recording:
    """The exchanges of a file in order of time.

    Attributes:
        exchanges: the exchanges, numbered from 1.
        doubts: for each exchange with an unknown outcome, by number, why it is unknown.
        gaps: the numbers of exchanges before which a write may have happened that the recording does not show.
        skipped: a line for each entry that could not be read.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    doubts: dict[int, str] = field(default_factory=dict)
    gaps: set[int] = field(default_factory=set)
    skipped: list[str] = field(default_factory=list)

    def judge(self, oracle: Oracle) -> None:
        """Pass all exchanges to the oracle."""
        for exchange in self.exchanges:
            if exchange.number in self.gaps:
                oracle.mark_all_uncertain()
            if exchange.number in self.doubts:
                oracle.outcome_unknown(exchange)
            else:
                oracle.observe(exchange)


class _Skip(Exception):
    """An entry that cannot be read; the message says why."""


@dataclass
class _Entry:
    """One entry of the file. `doubt` says why its outcome is unknown; it is empty if the outcome is known."""

    position: int
    method: str
    target: str
    headers: Headers
    body: bytes | None
    answer: Answer | None
    doubt: str
    sent: float | None
    seconds: float


def load(path: Path, base_url: str | None = None, in_paths: Mapping[str, str] = NO_OTHERS) -> Recording:
    """Return the recording in a HAR file.

    Args:
        path: the file.
        base_url: the URL whose entries are judged; default: entries of any host with the path `/api/v3`.
        in_paths: the path parameters whose entries are judged, by argument; default: entries with any value.

    Raises:
        HarError: the file is not a HAR file, or none of its entries can be read.
    """
    try:
        document = json.loads(path.read_text("utf-8-sig"), parse_int=_whole)
    except (OSError, UnicodeDecodeError) as error:
        raise HarError(f"{path} cannot be read: {error}") from None
    except (ValueError, RecursionError) as error:
        raise HarError(f"{path} is not JSON: {error}") from None
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise HarError(f"{path} is not a HAR 1.2 file: log.entries is missing or not an array")
    recording, read, unreadable = Recording(), list[_Entry](), list[int]()
    for position, entry in enumerate(entries, 1):
        try:
            found = _read(position, entry, base_url, in_paths)
        except _Skip as reason:
            recording.skipped.append(f"skipped entry {position} of the recording: {reason}")
            unreadable.append(position)
            continue
        if found is not None:
            read.append(found)
    if unreadable and not read:
        raise HarError(f"{path} has no entry that can be read: {recording.skipped[0]}")
    _arrange(recording, read, unreadable)
    return recording


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) < 20 else None


def _arrange(recording: Recording, read: list[_Entry], unreadable: list[int]) -> None:
    """Add the entries to the recording in order of time. An entry without a time follows its predecessor in the file.

    `unreadable` holds the positions of the entries that were skipped.
    """
    latest = 0.0
    for entry in read:
        latest = entry.sent = latest if entry.sent is None else entry.sent
    places = {entry.position: number for number, entry in enumerate(sorted(read, key=_when), 1)}
    for entry in read:
        number, sent = places[entry.position], entry.sent or 0.0
        recording.exchanges.append(
            Exchange(
                number,
                entry.method,
                entry.target,
                entry.headers,
                entry.body,
                entry.answer,
                sent,
                sent + entry.seconds,
                scenario="recorded",
                failure="" if entry.answer else "the recording has no response",
            )
        )
        if entry.doubt:
            recording.doubts[number] = entry.doubt
    recording.exchanges.sort(key=lambda exchange: exchange.number)
    _overlaps(recording)
    for position in unreadable:
        # It is unknown when this entry was sent. Files are nearly always in order of time, so use its position.
        recording.gaps.update([places[entry.position] for entry in read if entry.position > position][:1])


def _when(entry: _Entry) -> tuple[float, int]:
    return (entry.sent or 0.0, entry.position)


def _overlaps(recording: Recording) -> None:
    """Mark exchanges that were pending at the same time as a write as doubtful, since their order is unknown."""
    active: list[Exchange] = []
    for exchange in recording.exchanges:
        active = [other for other in active if other.received > exchange.sent]
        for other in active:
            if (
                other.sent == exchange.sent
            ):  # the recorder writes no time, or a coarse one: the order of the file counts
                continue
            if other.method in WRITES or exchange.method in WRITES:
                for each in (other, exchange):
                    recording.doubts.setdefault(each.number, "requests overlap, and one of them is a write")
        active.append(exchange)


def _read(position: int, entry: Any, base_url: str | None, in_paths: Mapping[str, str]) -> _Entry | None:
    """Return one entry, or None if it does not go to this API. Raise `_Skip` if the entry cannot be read."""
    request = _object(_object(entry, "the entry").get("request"), "its request")
    url = request.get("url")
    if not isinstance(url, str):
        raise _Skip("its URL is not a string")
    try:
        target = _target(url, base_url, in_paths)
    except ValueError as error:
        raise _Skip(f"its URL cannot be read: {error}") from None
    if target is None:
        return None
    method = request.get("method")
    if not isinstance(method, str) or not _METHOD.fullmatch(method):
        raise _Skip("its method is not an HTTP method")
    headers, _ = _headers(request.get("headers"))
    body, known = _sent_body(request, headers)
    answer, doubt = _answer(entry, method.upper(), headers)
    if not known and method.upper() in WRITES:
        doubt = doubt or "the recording has no request body"
    headers = tuple(pair for pair in headers if pair[0].lower() != "authorization" or not _is_masked(pair[1]))
    return _Entry(
        position, method.upper(), target, headers, body, answer, doubt, _time(entry), _seconds(entry.get("time"))
    )


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Skip(f"{name} is not an object")
    return value


def _target(url: str, base_url: str | None, in_paths: Mapping[str, str]) -> str | None:
    split = urlsplit(url)
    base = urlsplit(base_url) if base_url else None
    if base is not None and split.netloc != base.netloc:
        return None
    prefix = base.path.rstrip("/") if base is not None else PATH
    path = split.path.removeprefix(prefix)
    if not split.path.startswith(f"{prefix}/") or not belongs([*map(unquote, path.split("/")[1:])], in_paths):
        return None
    target = path + (f"?{split.query}" if split.query else "")
    return quote(target, safe="".join(map(chr, range(0x21, 0x7F))), errors="surrogatepass")


def _headers(given: Any) -> tuple[Headers, bool]:
    """Return the readable headers without pseudo-headers such as `:method`, and whether any header was readable."""
    items = given if isinstance(given, list) else []
    pairs = [(item.get("name"), item.get("value")) for item in items if isinstance(item, dict)]
    good = [(name, value) for name, value in pairs if isinstance(name, str) and isinstance(value, str)]
    return tuple((name, value) for name, value in good if name and not name.startswith(":")), bool(good)


def _header(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "").strip()


def _is_masked(authorization: str) -> bool:
    """Return whether the recorder replaced the token by a placeholder."""
    credentials = authorization.split()[-1:] or [""]
    return _MASKED.search(credentials[0]) is not None


def _sent_body(request: dict[str, Any], headers: Headers) -> tuple[bytes | None, bool]:
    """Return the body of a request, None if there is none, and whether the recording tells what was sent."""
    post, size = request.get("postData"), request.get("bodySize")
    length = _header(headers, "content-length")
    if isinstance(post, dict) and "text" in post:
        body = _content(post.get("text"), post.get("encoding"))
        lost = body == b"" and length not in ("", "0")
        return body, body is not None and not lost
    if post is not None:
        return None, False
    return None, size == 0 or length == "0" or request.get("method", "").upper() == "DELETE"


def _answer(entry: dict[str, Any], method: str, sent: Headers) -> tuple[Answer | None, str]:
    """Return the answer, or None, and why the outcome is unknown; the reason is empty if the outcome is known."""
    response = entry.get("response")
    status = _status(response.get("status")) if isinstance(response, dict) else None
    if not isinstance(response, dict) or status is None:
        return None, "the recording has no response"
    headers, any_headers = _headers(response.get("headers"))
    unknown = set() if any_headers else {"headers"}
    body = _received(response, headers, status, method)
    if body is None:
        unknown.add("body")
    answer = Answer(status, headers, body or b"", frozenset(unknown))
    if entry.get("_fromCache") or response.get("_fetchedViaServiceWorker"):
        return answer, "the response came from a cache"
    conditional = any(name.lower() in ("if-none-match", "if-modified-since", "if-match") for name, _ in sent)
    if status in (304, 412) and (conditional or status == 304):
        return answer, "the request was conditional"
    return answer, ""


def _status(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch("[0-9]{3}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 100 <= value <= 599:
        return None
    return int(value) if value == int(value) else None


def _received(response: dict[str, Any], headers: Headers, status: int, method: str) -> bytes | None:
    """Return the body of an answer, or None if the recording omits or truncates it."""
    if status in (204, 304) or method == "HEAD":
        return b""
    content = response.get("content")
    text = content.get("text") if isinstance(content, dict) else None
    size = content.get("size") if isinstance(content, dict) else None
    length = _header(headers, "content-length")
    body = _content(text, content.get("encoding")) if isinstance(content, dict) else None
    if not body:
        empty = text == "" and size in (0, None) and length in ("", "0") and response.get("bodySize") in (0, None, -1)
        chunked = _header(headers, "transfer-encoding") != ""
        return b"" if length == "0" or (empty and not chunked) else None
    packed = _header(headers, "content-encoding").lower() not in ("", "identity")
    whole = size in (len(body), len(str(text)), None) and not packed
    return body if whole or _is_json(body) else None


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _content(text: Any, encoding: Any) -> bytes | None:
    """Return the bytes of a recorded text, or None if they cannot be decoded."""
    if not isinstance(text, str):
        return None
    if encoding in (None, ""):
        return text.encode("utf-8", "surrogatepass")
    if not isinstance(encoding, str) or encoding.lower() != "base64":
        return None
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _time(entry: dict[str, Any]) -> float | None:
    """Return the Unix time at which the request was sent, or None if it is unknown. Without a time zone it is UTC."""
    try:
        moment = datetime.fromisoformat(entry["startedDateTime"])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _seconds(value: Any) -> float:
    """Return milliseconds as seconds, from 0 to `LONGEST`; return 0 for a value that is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    return float(min(max(value, 0) / 1000, LONGEST))


def oracle_for(profile: Profile) -> Oracle:
    """Return an oracle that knows the profile's tokens and accepts that other tokens exist."""
    known = directory(profile)
    return Oracle(Directory(known.tokens, known.teams, complete=False), creation_limit=profile.creation_limit)


def notes(recording: Recording, most: int = 20) -> Iterator[str]:
    """Yield lines that say what was not judged, and why; at most `most` skipped entries have a line of their own."""
    yield from recording.skipped[:most]
    if len(recording.skipped) > most:
        yield f"skipped {len(recording.skipped) - most} more entries"
    for reason in sorted(set(recording.doubts.values())):
        numbers = [number for number, why in recording.doubts.items() if why == reason]
        yield f"{len(numbers)} exchanges are not judged: {reason}"
    for part in ("body", "headers"):
        count = sum(part in exchange.answer.unknown for exchange in recording.exchanges if exchange.answer)
        if count:
            yield f"{count} responses are judged without their {part}, which the recording does not have"
