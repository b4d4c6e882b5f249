"""Exchanges: a request and its answer.

The oracle sees nothing but exchanges. A live run and a recorded HAR file produce the same objects.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Headers = tuple[tuple[str, str], ...]
LONGEST_SHOWN = 2000


DEEPEST = 100  # arrays and objects within each other
MOST_VALUES = 300_000  # in one answer; a page of a hundred actions has some thousand


@lru_cache(maxsize=2)  # sender, oracle and report each look at an answer several times
def _parsed(body: bytes) -> Any:
    """Return the body as JSON, or None if it is invalid, nested too deep (`DEEPEST`) or too large (`MOST_VALUES`)."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MOST_VALUES:
        return None
    try:
        shown = json.loads(body, parse_float=_number, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    nested = body.count(b"[") + body.count(b"{") > DEEPEST and _is_deep(shown)
    return None if nested else shown


def _number(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


def _refuse(text: str) -> float:
    raise ValueError(f"the number {text} is out of range")


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _within(outer)]
        if not level:
            return False
    return True


def _within(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (item for item in inner if isinstance(item, dict | list))


def may_hold_surrogates(body: bytes) -> bool:
    """Return whether the JSON may hold lone surrogates, which UTF-8 cannot encode."""
    return b"\xed" in body or b"\\ud" in body.lower()


def encodable(value: Any) -> Any:
    """Return the JSON value with U+FFFD in the place of lone surrogates, which UTF-8 cannot encode."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if isinstance(value, dict):
        return {encodable(name): encodable(item) for name, item in value.items()}
    return [encodable(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, headers in the order received, body.

    `unknown` holds "headers" or "body" if a recording does not have them.
    """

    status: int
    headers: Headers
    body: bytes
    unknown: frozenset[str] = frozenset()

    def header(self, name: str) -> str | None:
        """Return the value of the first header of that name, which is given in lower case, or None."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def json(self) -> Any:
        """Return the body as JSON, or None if it is no JSON.

        The result is cached and shared between callers: do not change it.
        """
        return _parsed(self.body)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request below the base URL and its answer.

    Args:
        number: the position in the run, from 1.
        method: the HTTP method.
        target: the path below the base URL, with its query.
        headers: the request headers.
        body: the request body, or None for none.
        answer: None if none came.
        sent: when the request was sent, in seconds of the client's clock.
        received: when the answer came, in seconds of the same clock.
        about: the fact that the request was sent to test, if any.
        scenario: the scenario or driver that sent it.
        failure: why no answer came.
    """

    number: int
    method: str
    target: str
    headers: Headers
    body: bytes | None
    answer: Answer | None
    sent: float = 0.0
    received: float = 0.0
    about: str | None = None
    scenario: str = ""
    failure: str = ""

    def header(self, name: str) -> str | None:
        """Return the value of the first request header of that name, which is given in lower case, or None."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def summary(self) -> str:
        """Return one line: method, target, body, and the status or why no answer came."""
        came = self.answer.status if self.answer else self.failure
        body = f" {' '.join(shorten(self.body.decode('utf-8', 'replace'), 300).split())}" if self.body else ""
        return f"{self.method} {shorten(self.target, 120)}{body} -> {came}"


def shorten(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Return the text, or its beginning and end if it has more than `longest` characters."""
    return (
        text if len(text) <= longest else f"{text[: longest // 2]} … {text[-longest // 4 :]} ({len(text)} characters)"
    )


def variables(tokens: dict[str, str]) -> dict[str, str]:
    """Return the name of a shell variable for each token.

    Args:
        tokens: tokens by label, as `Profile.labelled_tokens` returns them.
    """
    return {token: f"TOKEN_{label.upper().replace('.', '_')}" for label, token in tokens.items()}


def find(exchanges: Sequence[Exchange], numbers: Iterable[int]) -> list[Exchange]:
    """Return the exchanges with these numbers, in order."""
    wanted = set(numbers)
    return [exchange for exchange in exchanges if exchange.number in wanted]


THROTTLE_CODE = "request_limit_exceeded"


def error_of(answer: Answer) -> tuple[str | None, str | None]:
    """Return code and message of an error answer, each None if it is missing.

    Both are read from the top of the JSON object, or from an object `error` in it.
    """
    shown = answer.json()
    if isinstance(shown, dict) and isinstance(shown.get("error"), dict):
        shown = shown["error"]
    if not isinstance(shown, dict):
        return None, None
    code, message = shown.get("code"), shown.get("message")
    return (code if isinstance(code, str) else None), (message if isinstance(message, str) else None)


def is_throttle(answer: Answer | None) -> bool:
    """Return whether the answer refuses a call for its threshold: status 429, or the error code `THROTTLE_CODE`."""
    return answer is not None and (answer.status == 429 or error_of(answer)[0] == THROTTLE_CODE)


def came(answer: Answer) -> str:
    """Return status and body as text, of the body the first 300 bytes."""
    return f"{answer.status} {answer.body[:300].decode('utf-8', 'replace')}".strip()
