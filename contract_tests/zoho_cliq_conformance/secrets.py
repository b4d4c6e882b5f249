"""Replace tokens, cookies and passwords by shell variables in everything that a run prints or writes.

`Secrets` knows the tokens of the profile, and learns the values that headers, queries and bodies of exchanges have
under names such as Authorization, Cookie or `refresh_token`. It also finds a secret that is escaped (`%41`, `\\u0041`),
in other case, or cut: any `GRAM` characters of a secret in a row are replaced.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

from zoho_cliq_api.contract import document

from .trace import Exchange

GRAM = 8  # characters of a secret in a row that are enough to hide them
SHORTEST = 6  # characters of a value that an exchange carries; "1" as a session would hide every 1 of a report
SCHEMES = frozenset({"bearer", "basic", "digest", "zoho-oauthtoken", "token", "apikey", "negotiate", "hmac"})
PUBLIC_NAMES = frozenset({"next_token", "sync_token", "www-authenticate", "proxy-authenticate"})
_NAME = r"auth(?!ors?\b)|cookie|token|secret|signature|api[-_]?key|session|passw|csrf|xsrf|credential"
_SECRET_NAME = re.compile(_NAME, re.IGNORECASE)
_IN_TEXT = re.compile(
    rf"""(?:{_NAME})[\w-]{{0,40}}\\?["']?\s{{0,9}}[:=]\s{{0,9}}\\?["']?([^\s"'&,;<>\\]+)""", re.IGNORECASE
)
# Parts of these names. A body has to be searched only if it holds one in whatever case, which takes a fifth of the time
# to see. None has an `i`: IGNORECASE lets a dotless one stand for it, and `casefold` does not.
_PARTS = ("auth", "cook", "token", "secret", "gnature", "key", "sess", "passw", "csrf", "xsrf", "credent")
_ESCAPES = (
    r"\\+u(?P<u>[0-9a-f]{4})|%(?:25)*(?P<p>[0-9a-f]{2})|\\+x(?P<x>[0-9a-f]{2})|&#x(?P<h>[0-9a-f]{1,5});"
    r"|&#(?P<d>[0-9]{1,6});|\\"
)
_ESCAPE = re.compile(_ESCAPES, re.IGNORECASE)
_UNIT = re.compile(f"{_ESCAPES}|.", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Variable:
    """A shell variable in the place of a secret."""

    name: str


class Secrets:
    """All secrets of a run.

    Args:
        labels: tokens, with the names of the shell variables that stand for them. These are hidden however short.
    """

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._grams: dict[str, str] = {}
        self._short: dict[str, str] = {}
        self._known: set[str] = set()
        for token, variable in labels.items():
            self.add(token, variable, shortest=1)

    def add(self, value: str, variable: str = "SECRET", shortest: int = SHORTEST) -> None:
        """Hide the value from now on.

        Args:
            value: the secret.
            variable: the name of the shell variable that stands for it.
            shortest: ignore a value of fewer characters.
        """
        if len(value) < shortest or value in self._known:
            return
        self._known.add(value)
        plain = "".join(char for char, _, _ in _units(value))
        if len(plain) < GRAM:
            self._short.setdefault(plain, variable)
            return
        for gram in _grams(plain):
            if gram not in self._grams and not (shortest > 1 and _is_common(gram)):
                self._grams[gram] = variable

    def learn(self, exchange: Exchange) -> None:
        """Hide every value of the exchange that has the name of a secret, in request and answer."""
        answer = exchange.answer
        for name, value in (*exchange.headers, *(answer.headers if answer else ())):
            if is_secret(name):
                for secret in _of_header(name.lower(), value):
                    self.add(secret, _variable(name))
        query = exchange.target.partition("?")[2]
        for name, value in parse_qsl(query, errors="replace") if query else ():
            if is_secret(name) or name == "code":
                self.add(value)
        for body in (exchange.body, answer.body if answer else None):
            for secret in _of_body(body) if body else ():
                self.add(secret)

    def split(self, text: str) -> list[str | Variable]:
        """Return the text in pieces: plain text, and a `Variable` in the place of each secret."""
        plain = _ESCAPE.sub(_unescaped, text).lower()
        if not any(part in plain for part in (*self._grams, *self._short)):
            return [text]
        units = _units(text)
        plain = "".join(char for char, _, _ in units)
        hidden: list[str] = [""] * len(plain)
        for start in range(len(plain) - GRAM + 1):
            variable = self._grams.get(plain[start : start + GRAM])
            if variable is not None:
                for at in range(start, start + GRAM):
                    hidden[at] = hidden[at] or variable
        for short, variable in self._short.items():
            start = plain.find(short)
            while start >= 0:
                hidden[start : start + len(short)] = [variable] * len(short)
                start = plain.find(short, start + len(short))
        if not any(hidden):
            return [text]
        pieces: list[str | Variable] = []
        at = done = 0
        while at < len(hidden):
            end = at
            while end < len(hidden) and bool(hidden[end]) == bool(hidden[at]):
                end += 1
            if hidden[at]:
                pieces.append(Variable(hidden[at]))
                done = units[end - 1][2]
            else:
                pieces.append(text[done : units[end][1] if end < len(units) else len(text)])
            at = end
        return [*pieces, *([text[done:]] if hidden[-1] and done < len(text) else [])]

    def hide(self, text: str) -> str:
        """Return the text with `$VARIABLE` in the place of each secret."""
        return "".join(piece if isinstance(piece, str) else f"${piece.name}" for piece in self.split(text))


def is_secret(name: str) -> bool:
    """Return whether a header, parameter or field of that name carries a secret."""
    lower = name.lower()
    return (
        _SECRET_NAME.search(name) is not None and lower not in PUBLIC_NAMES and not lower.startswith("access-control-")
    )


def _variable(name: str) -> str:
    if "authorization" in name.lower():
        return "TOKEN"
    return "COOKIE" if "cookie" in name.lower() else "SECRET"


def _units(text: str) -> list[tuple[str, int, int]]:
    """Return the characters of a text with escapes decoded, in lower case, each with its start and end in the text."""
    if "\\" not in text and "%" not in text and "&#" not in text:
        lower = text.lower()
        if len(lower) == len(text):
            return [(char, at, at + 1) for at, char in enumerate(lower)]
        return [(char.lower()[:1], at, at + 1) for at, char in enumerate(text)]
    meant = ((_unescaped(match), match) for match in _UNIT.finditer(text))
    return [(char.lower()[:1], match.start(), match.end()) for char, match in meant if char]


def _unescaped(match: re.Match[str]) -> str:
    """Return the character that a match of `_UNIT` stands for, or an empty text for a backslash by itself."""
    digits = match["u"] or match["p"] or match["x"] or match["h"]
    if digits or match["d"]:
        number = int(digits, 16) if digits else int(match["d"])
        return chr(number) if number < 0x110000 else "\ufffd"
    return "" if match[0] == "\\" else match[0]


def _grams(text: str) -> Iterator[str]:
    return (text[start : start + GRAM] for start in range(len(text) - GRAM + 1))


@cache
def _is_common(gram: str) -> bool:
    """Return whether a part of a secret is also part of the document's own text, which must stay readable."""
    return not any(map(str.isdigit, gram)) and gram in _vocabulary()


@cache
def _vocabulary() -> str:
    return json.dumps(document()).lower() + " application/json text/html charset=utf-8 zoho-oauthtoken "


def _of_header(name: str, value: str) -> Iterator[str]:
    if "cookie" in name:
        pairs = value.split(";")[:1] if name == "set-cookie" else value.split(";")
        yield from (pair.partition("=")[2].strip().strip('"') or pair.strip() for pair in pairs)
        return
    parts = value.split()
    if len(parts) > 1 and parts[0].lower() in SCHEMES:
        parts = parts[1:]
    for part in parts:
        yield part
        yield from _of_basic(part)


def _of_basic(text: str) -> Iterator[str]:
    """Yield user and password of Basic credentials."""
    try:
        plain = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return
    if ":" in plain:
        yield plain
        yield plain.partition(":")[2]


def _of_body(body: bytes) -> Iterator[str]:
    text = body.decode("utf-8", "replace")
    folded = text.casefold()
    if not any(part in folded for part in _PARTS):
        return
    for match in _IN_TEXT.finditer(text):
        before = text[max(0, match.start() - 5) : match.start()].lower()
        if not (match[0].lower().startswith("token") and before.endswith(("next_", "sync_"))):
            yield match[1]
