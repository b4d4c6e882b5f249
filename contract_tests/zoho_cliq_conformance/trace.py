"""What was sent and what came back, and how to show it to a person without showing a token.

An `Exchange` is all that the oracle ever sees of the world: a recorded HAR file gives the same objects as a live run.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus, urlsplit

Headers = tuple[tuple[str, str], ...]
LONGEST_SHOWN = 2000


@lru_cache(maxsize=4)  # sender, oracle and report each look at an answer several times
def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, headers in order as received, body."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def json(self) -> Any:
        """The body as JSON, None where it is none. Everybody who asks gets the same objects, to read only."""
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
        """The first request header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def summary(self) -> str:
        """One line: method, target, what was sent, status."""
        came = self.answer.status if self.answer else self.failure
        body = f" {' '.join(shorten(self.body.decode('utf-8', 'replace'), 300).split())}" if self.body else ""
        return f"{self.method} {shorten(self.target, 120)}{body} -> {came}"


def shorten(text: str, longest: int = LONGEST_SHOWN) -> str:
    """The text, its middle left out where it is longer than `longest` characters."""
    return (
        text if len(text) <= longest else f"{text[: longest // 2]} … {text[-longest // 4 :]} ({len(text)} characters)"
    )


def token_variable(authorization: str, names: dict[str, str]) -> str:
    """An Authorization header with a shell variable in the place of its token."""
    scheme, _, token = authorization.partition(" ")
    return f"{scheme} ${names[token]}" if token in names else f"{scheme} $TOKEN" if token else authorization


def chain(exchanges: Iterable[Exchange], base_url: str, names: dict[str, str]) -> list[str]:
    """Shell lines that repeat the exchanges with curl.

    `names` maps tokens to shell variables. What the server invented (ids, tokens of lists) is captured into variables
    with jq, so that the lines work on a server that invents other values.
    """
    lines: list[str] = []
    known: dict[str, str] = {}
    for exchange in exchanges:
        text = _curl(exchange, base_url, names, known)
        captured = _inventions(exchange, known)
        if captured:
            lines.append(f"answer=$({text})")
            lines += [f"{variable}=$(printf %s \"$answer\" | jq -r '{path}')" for variable, path in captured]
        else:
            lines.append(text)
    return lines


def _inventions(exchange: Exchange, known: dict[str, str]) -> list[tuple[str, str]]:
    shown = exchange.answer.json() if exchange.answer and exchange.answer.status < 300 else None
    if not isinstance(shown, dict):
        return []
    captured = []
    data = shown.get("data")
    if exchange.method == "POST" and isinstance(data, dict) and isinstance(data.get("id"), str):
        known.setdefault(data["id"], f"ID{sum(v.startswith('ID') for v in known.values()) + 1}")
        captured.append((known[data["id"]], ".data.id"))
    for key in ("next_token", "sync_token"):
        value = shown.get(key)
        if isinstance(value, str) and value and value not in known:
            known[value] = f"{key.split('_')[0].upper()}{len(known) + 1}"
            captured.append((known[value], f".{key}"))
    return captured


def _curl(exchange: Exchange, base_url: str, names: dict[str, str], known: dict[str, str]) -> str:
    target = exchange.target
    split = urlsplit(target)
    for value, variable in known.items():
        if value in split.path:
            target = target.replace(value, f"${variable}")
    words = [f"curl -sS -i -X {exchange.method} {_double(base_url + target.split('?')[0])}"]
    if "?" in target:
        words[0] = f"curl -sS -i -G -X {exchange.method} {_double(base_url + target.split('?')[0])}"
        words += [f"-d {_double(_substitute(part, known))}" for part in split.query.split("&")]
    for name, value in exchange.headers:
        if name.lower() == "authorization":
            words.append(f'-H "Authorization: {token_variable(value, names)}"')
        elif name.lower() not in ("host", "content-length", "connection", "accept-encoding"):
            words.append(f"-H {shlex.quote(f'{name}: {value}')}")
    if exchange.body is not None:
        words.append(f"--data-binary {_body(exchange.body)}")
    return " ".join(words).replace(" -i", "", 1) if _is_captured(exchange) else " ".join(words)


def _is_captured(exchange: Exchange) -> bool:
    return bool(_inventions(exchange, {}))


def _substitute(part: str, known: dict[str, str]) -> str:
    name, equals, value = part.partition("=")
    variable = known.get(unquote_plus(value))
    return f"{name}=$(jq -rn --arg t \"${variable}\" '$t|@uri')" if variable else f"{name}{equals}{value}"


def _double(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("`", "\\`")
    return f'"{escaped}"' if '"' not in escaped or "$(" in escaped else shlex.quote(text)


def _body(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return f'"$(printf %s {body[:600].hex()} | xxd -r -p)"'
    if "\x00" in text:
        return f"@<(printf %s {body[:600].hex()} | xxd -r -p)"
    return shlex.quote(text) if len(text) <= LONGEST_SHOWN else f"@<({'; '.join(_printed(text))})"


def _printed(text: str) -> Iterator[str]:
    """Shell commands that print a long text, of which no word is longer than a system takes."""
    rest = 0
    for run in re.finditer(r"(.{1,8}?)\1{199,}", text, re.DOTALL):
        if run.start() > rest:
            yield f"printf %s {shlex.quote(text[rest : run.start()])}"
        unit = run[1]
        yield f"yes {shlex.quote(unit)} | head -n {len(run[0]) // len(unit)} | tr -d '\\n'"
        rest = run.end()
    yield f"printf %s {shlex.quote(shorten(text[rest:], 100_000))}"


def variables(tokens: dict[str, str]) -> dict[str, str]:
    """Shell variables for tokens: `tokens` maps a user's label to the token."""
    return {token: f"TOKEN_{label.upper().replace('.', '_')}" for label, token in tokens.items()}


def find(exchanges: Sequence[Exchange], numbers: Iterable[int]) -> list[Exchange]:
    """The exchanges with these numbers, in order."""
    wanted = set(numbers)
    return [exchange for exchange in exchanges if exchange.number in wanted]


THROTTLE_CODE = "request_limit_exceeded"


def error_of(answer: Answer) -> tuple[str | None, str | None]:
    """Code and message of an error answer, in either of the shapes that are known; None for what is missing."""
    shown = answer.json()
    if isinstance(shown, dict) and isinstance(shown.get("error"), dict):
        shown = shown["error"]
    if not isinstance(shown, dict):
        return None, None
    code, message = shown.get("code"), shown.get("message")
    return (code if isinstance(code, str) else None), (message if isinstance(message, str) else None)


def is_throttle(answer: Answer | None) -> bool:
    """Whether the answer refuses a call for the threshold."""
    return answer is not None and (answer.status == 429 or error_of(answer)[0] == THROTTLE_CODE)


def came(answer: Answer) -> str:
    """Status and body in words, not all of a long one."""
    return f"{answer.status} {answer.body[:300].decode('utf-8', 'replace')}".strip()
