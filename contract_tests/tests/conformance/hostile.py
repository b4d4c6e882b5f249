"""A server that answers like the reference server, but changes a part of its answers at random."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from harness import StepClock
from reference_server import Reference

DEEP = "[" * 300 + "]" * 300
# Values as JSON text, since a library cannot write some of them.
ODD_JSON = [
    *("null", "true", "0", "-1", "1.5", "1e999", "-1e999", "NaN", "Infinity", "9" * 400, "9" * 5000),
    *('""', '"100001"', '"²"', '"\\ud800"', '"\\u0000\\ufffe\\u202e\\u001b[31m"', '"' + "x" * 3000 + '"'),
    *('"$(touch /nowhere)`id`\'\\"!"', "[]", "{}", "[[]]", DEEP, '{"a":1,"a":2}', '{"\\udfff":"\\udfff"}'),
    '["\\ud800", null, {}, 1e308, 12345678901234567890123]',
]
ODD_BYTES = [
    *(b"", b"\xff\xfe\x00", b"\xed\xa0\x80", b"nul", b"[" * 100_000, b'"', b"{" * 99),
    b"\x1f\x8b\x08" + b"\x00" * 40,
]
ODD_HEADERS = [
    ("Content-Type", "\x1b]0;title\x07"),
    ("Content-Type", "application/json; charset=utf-16"),
    ("Allow", "\u00ff\x9b2J"),
    ("Set-Cookie", "session=ABCDEF123456"),
    ("X-" + "h" * 3000, "v" * 60_000),
]
STATUSES = [200, 201, 202, 204, 299, 302, 304, 400, 401, 403, 404, 409, 418, 422, 500, 503, 599, 999]


class Hostile:
    """Handles the requests of a `FunctionTransport`. The share `rate` of the answers, from 0 to 1, is changed."""

    def __init__(self, seed: int, rate: float) -> None:
        self._random, self._rate = Random(seed), rate
        self._server = Reference(StepClock(), thresholds=False)

    def __call__(self, method: str, target: str, headers: Any, body: bytes | None) -> Any:
        status, given, content = self._server(method, target, headers, body)
        random = self._random
        if "/_mock/" in target or random.random() > self._rate:
            return status, given, content
        match random.randrange(8):
            case 0:
                return random.choice(STATUSES), given, content
            case 1:
                return status, given, random.choice(ODD_BYTES)
            case 2:
                return status, [*(pair for pair in given if random.random() < 0.5), random.choice(ODD_HEADERS)], content
            case 3:
                raise random.choice([ConnectionResetError("\x1b[31m gone"), TimeoutError(), KeyError("\ud800")])
            case _:
                return status, given, self._changed(content)

    def _changed(self, content: bytes) -> bytes:
        """Return the JSON with unusual values in random places."""
        try:
            shown = json.loads(content)
        except ValueError:
            return content
        marks: list[str] = []
        text = json.dumps(self._marked(shown, marks))
        for number, mark in enumerate(marks):
            text = text.replace(f'"<<{number}>>"', mark)
        return text.encode()

    def _marked(self, value: Any, marks: list[str], depth: int = 0) -> Any:
        random = self._random
        if random.random() < 0.12:
            marks.append(random.choice(ODD_JSON))
            return f"<<{len(marks) - 1}>>"
        if isinstance(value, dict):
            kept = {name: self._marked(item, marks) for name, item in value.items() if random.random() > 0.04}
            return kept if random.random() > 0.05 else {**kept, random.choice(["id", "data", "\u202e", "script"]): 7}
        if isinstance(value, list):
            return [self._marked(item, marks) for item in value] * random.choice([1, 1, 1, 1, 2])
        return value
