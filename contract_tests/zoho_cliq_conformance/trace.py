"""What was sent and what came back.

An `Exchange` is all that the oracle ever sees of the world: a recorded HAR file gives the same objects as a live run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Headers = tuple[tuple[str, str], ...]
LONGEST_SHOWN = 2000


DEEPEST = 100  # arrays and objects within each other
MOST_VALUES = 300_000  # in one answer; a page of a hundred actions has some thousand


@lru_cache(maxsize=2)  # sender, oracle and report each look at an answer several times
def _parsed(body: bytes) -> Any:
    """Return the body as JSON; None where it is none, or more than anybody has to read."""
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
    raise ValueError(f"{text} is no number of JSON that can be held")


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
    """Return whether the JSON may hold lone surrogates, which no encoding has."""
    return b"\xed" in body or b"\\ud" in body.lower()


def encodable(value: Any) -> Any:
    """Return the value with U+FFFD in the place of lone surrogates, which few programs take."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if isinstance(value, dict):
        return {encodable(name): encodable(item) for name, item in value.items()}
    return [encodable(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, headers in order as received, body.

    `unknown` holds "headers" or "body" where a recording leaves them out.
    """

    status: int
    headers: Headers
    body: bytes
    unknown: frozenset[str] = frozenset()

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def json(self) -> Any:
        """Return the body as JSON, None where it is none. Everybody who asks gets the same objects, to read only."""
        return _parsed(self.body)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request below the base URL and its answer; `answer` is None where none came, and `failure` says why.

    `target` is the path below the base URL with its query. Times are seconds of one clock. `about` names the fact that
    the sender wanted to learn about, if any; `scenario` is where in the run it was sent.
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
    seen: tuple[str, ...] = field(default=(), compare=False)

    def header(self, name: str) -> str | None:
        """Return the first request header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def summary(self) -> str:
        """Return one line: method, target, what was sent, status."""
        came = self.answer.status if self.answer else self.failure
        body = f" {' '.join(shorten(self.body.decode('utf-8', 'replace'), 300).split())}" if self.body else ""
        return f"{self.method} {shorten(self.target, 120)}{body} -> {came}"


def shorten(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Return the text, its middle left out where it is longer than `longest` characters."""
    return (
        text if len(text) <= longest else f"{text[: longest // 2]} … {text[-longest // 4 :]} ({len(text)} characters)"
    )


def variables(tokens: dict[str, str]) -> dict[str, str]:
    """Return shell variables for tokens; `tokens` maps a user's label to the token."""
    return {token: f"TOKEN_{label.upper().replace('.', '_')}" for label, token in tokens.items()}


def find(exchanges: Sequence[Exchange], numbers: Iterable[int]) -> list[Exchange]:
    """Return the exchanges with these numbers, in order."""
    wanted = set(numbers)
    return [exchange for exchange in exchanges if exchange.number in wanted]


THROTTLE_CODE = "request_limit_exceeded"


def error_of(answer: Answer) -> tuple[str | None, str | None]:
    """Return code and message of an error answer, in either of the shapes that are known; None for what is missing."""
    shown = answer.json()
    if isinstance(shown, dict) and isinstance(shown.get("error"), dict):
        shown = shown["error"]
    if not isinstance(shown, dict):
        return None, None
    code, message = shown.get("code"), shown.get("message")
    return (code if isinstance(code, str) else None), (message if isinstance(message, str) else None)


def is_throttle(answer: Answer | None) -> bool:
    """Return whether the answer refuses a call for the threshold."""
    return answer is not None and (answer.status == 429 or error_of(answer)[0] == THROTTLE_CODE)


def came(answer: Answer) -> str:
    """Return status and body in words, only the beginning of a long body."""
    return f"{answer.status} {answer.body[:300].decode('utf-8', 'replace')}".strip()
