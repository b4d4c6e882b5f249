"""Random histories, recorded against the unchanged mock and replayed against its mutants, to find equivalent mutants.

A history is a list of requests with the answers of the unchanged mock. The clock, the secrets and the requests depend
on a seed only, so an equivalent mutant returns the same bytes. The requests have two sources: the kit's machine, which
sends what usual clients send, and random requests that no usual client sends.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any
from unittest import mock
from urllib.parse import quote

from api_paths import BASE_PATH, CREATING, LISTING, action_path, handler_path
from harness import CONTROL, profile
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_conformance.drivers.machine import run_machine
from zoho_cliq_conformance.run import run
from zoho_cliq_conformance.sending import bodies
from zoho_cliq_conformance.sending.asgi import http_scope
from zoho_cliq_conformance.sending.client import Client
from zoho_cliq_conformance.sending.pacer import Clock
from zoho_cliq_conformance.trace import Answer, Headers, error_of

LIST, CREATE = f"{BASE_PATH}{LISTING}", f"{BASE_PATH}{CREATING}"
ESCAPED = f"{BASE_PATH}/%{ord(LISTING[1]):02x}{LISTING[2:]}"  # the same path as LIST
_thresholds = [each.threshold for each in OPERATIONS.values() if each.threshold]
WINDOW, LOCK = _thresholds[0].window_seconds, _thresholds[0].lock_seconds
SECONDS_PER_REQUEST = 0.03
LARGEST_BODY = 2 * 1024 * 1024

Request = tuple[str, str, Headers, bytes | None]


@dataclass(frozen=True)
class Step:
    """A request, and the answer of the unchanged mock; the answer is None if the mock fails to answer."""

    request: Request
    answer: Answer | None


class Server:
    """A transport to a mock in this process whose answers depend on the requests only. `steps` records both."""

    def __init__(self, package: Any, policies: Mapping[str, object], *, thresholds: bool) -> None:
        self._now = 1_800_000_000.0
        with mock.patch.object(secrets, "token_bytes", lambda length: b"k" * length):
            self._app = package.create_app(
                ":memory:", control_token=CONTROL, policies=policies, thresholds=thresholds, clock=lambda: self._now
            )
        self._loop = asyncio.new_event_loop()
        self.steps: list[Step] = []

    def now(self) -> float:
        """Return the time of the server in seconds, without the time by which its clock was advanced."""
        return self._now

    def __call__(self, method: str, target: str, headers: Headers, body: bytes | None) -> Answer:
        answer = self.ask((method, target, headers, body))
        self.steps.append(Step((method, target, headers, body), answer))
        assert answer is not None
        return answer

    def ask(self, request: Request) -> Answer | None:
        """Return the answer to a request, or None if the program raises an exception instead."""
        self._now += SECONDS_PER_REQUEST
        try:
            return self._loop.run_until_complete(self._ask(*request))
        except Exception:  # noqa: BLE001  any exception of a broken program means: no answer
            return None

    async def _ask(self, method: str, target: str, headers: Headers, body: bytes | None) -> Answer:
        content = body or b""
        cuts = [0, len(content) // 2, len(content)] if len(content) > 1 else [0, len(content)]
        incoming = [
            {"type": "http.request", "body": content[start:end], "more_body": end < len(content)}
            for start, end in pairwise(cuts)
        ]
        scope = http_scope(method, target, headers)
        messages: list[Any] = []

        async def receive() -> Any:
            return incoming.pop(0) if incoming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            messages.append(message)

        await self._app(scope, receive, send)
        shown = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in messages[0].get("headers", ()))
        return Answer(messages[0]["status"], shown, b"".join(m.get("body", b"") for m in messages[1:]))

    def close(self) -> None:
        """Close the database and the event loop."""
        self._loop.close()
        self._app.state.close()


@contextmanager
def serving(package: Any, policies: Mapping[str, object], *, thresholds: bool) -> Iterator[Server]:
    server = Server(package, policies, thresholds=thresholds)
    try:
        yield server
    finally:
        server.close()


def record(policies: Mapping[str, object], seed: int) -> tuple[Step, ...]:
    """Return a new history of the unchanged mock with these policies."""
    import zoho_cliq_mock

    with serving(zoho_cliq_mock, policies, thresholds=True) as server:
        client = Client(profile(), server, seed=seed)
        client.clock = Clock(advance=client.advance, now=server.now)
        client.pacer.clock = client.clock
        run(client, [("machine", lambda c, r: run_machine(c, r, examples=5, shrink=False, strict=False))], clean=False)
        assert not client.oracle.violations, client.oracle.violations[:3]
        _Strange(server, Random(seed)).run(1200)
        return tuple(server.steps)


@cache
def recorded(policies: tuple[tuple[str, object], ...], seed: int) -> tuple[Step, ...]:
    """Return the history that `record` returns, recorded once per process."""
    return record(dict(policies), seed)


# How much two answers differ, in ascending order: not at all; in the message, the code or the status of an error; or in
# anything else, which changes the behaviour of a client.
DISTANCES = ("same", "message", "code", "status", "behaviour")


@dataclass(frozen=True)
class Difference:
    """How much a program differs from the unchanged mock: one of `DISTANCES`, and the first request that shows it."""

    distance: str
    example: str


SAME = Difference("same", "")


def difference(package: Any, policies: Mapping[str, object], history: tuple[Step, ...]) -> Difference:
    """Return the greatest difference between a program's answers and the recorded ones.

    The replay ends at the first difference in behaviour.

    Args:
        package: the mock, which may be changed.
        policies: the policies of the history.
        history: the recorded requests and answers.
    """
    widest = SAME
    with serving(package, policies, thresholds=True) as server:
        for step in history:
            answer = server.ask(step.request)
            distance = _distance(step.answer, answer)
            if DISTANCES.index(distance) > DISTANCES.index(widest.distance):
                method, target, headers, body = step.request
                sent = f"{method} {target[:200]} {dict(headers)} {(body or b'')[:200]!r}"
                widest = Difference(distance, f"{sent}: {_shown(step.answer)} became {_shown(answer)}")
            if distance == "behaviour":
                break
    return widest


def _distance(before: Answer | None, after: Answer | None) -> str:
    if before == after:
        return "same"
    if before is None or after is None or not 400 <= before.status < 500 > after.status >= 400:
        return "behaviour"
    if before.headers and after.headers and before.header("content-type") != after.header("content-type"):
        return "behaviour"
    if before.status != after.status:
        return "status"
    return "code" if error_of(before)[0] != error_of(after)[0] else "message"


def _shown(answer: Answer | None) -> str:
    return "no answer" if answer is None else f"{answer.status} {dict(answer.headers)} {answer.body[:400]!r}"


TOKENS = ("owner", "owner-create", "owner-read", "owner-update", "owner-delete", "colleague", "outsider", "nobody", "")
SCHEMES = ("Bearer {}", "Zoho-oauthtoken {}", "bearer {}", "BEARER  {} ", "Basic {}", "{}", "Bearer{}", "Token {}", " ")
ACCEPTS = (
    *("*/*", "application/*", "application/json;q=0", "application/json; q=0.5", "text/html", "", " ", "TEXT/HTML;q=x"),
    *(
        "application/json;q=x",
        "text/html, */*;q=0",
        "*/*;q=0, application/json",
        "application/*;q=0,*/*",
        "APPLICATION/JSON",
    ),
    *("application/json;q=0, */*", "application/json;level=1;q=0.001", "image/*", ",", "*/*;q=0.0, text/plain"),
)
TYPES = (
    *(
        "application/json; charset=utf-8",
        'application/json; charset="UTF-8"',
        "application/json;charset=latin-1",
        "text/plain",
    ),
    *(
        "application/json; a=b",
        "Application/JSON",
        "application/json ;charset=utf8",
        "application/x-www-form-urlencoded",
        "",
    ),
    *(
        "application/jsonp",
        "application/json;charset=utf-16; charset=utf-8",
        "application/json;;",
        "multipart/form-data",
    ),
)
IDS = (
    "0",
    "1",
    "-1",
    "007",
    "9" * 17,
    "9" * 19,
    "9" * 20,
    str(2**63 - 1),
    str(2**63),
    "٣",
    "ten",
    "1e3",
    " 1",
    "1.0",
    "+1",
    "null",
)
ODD = (
    *(
        None,
        "",
        "x",
        " ",
        0,
        1,
        -1,
        1.0,
        1.5,
        True,
        [],
        {},
        [None],
        ["text"],
        [["text"]],
        {"a": 1},
        "null",
        "é" * 30,
        "\u0000",
    ),
    *(
        "a\u0000b",
        "\ud800",
        "n" * 30,
        "n" * 31,
        "h" * 128,
        "h" * 129,
        10**30,
        [100001],
        [100001.0],
        [100002, 100002],
        [100009],
    ),
    *([1, 2, 3, 4], [1, 2, 3, 4, 5], [9_007_199_254_740_993], ["link", "link"], ["text", "link", "attachment", "text"]),
    *(
        "organization",
        "team",
        "personal",
        "deluge",
        "webhook",
        "http://a.example",
        "ftp://a.example",
        "https:",
        "u" * 225,
    ),
    *(
        bodies.url(225),
        bodies.url(226),
        bodies.IMAGE,
        "not base64!",
        "aGk=",
        "aGk",
        ["chat"],
        ["chat", "chat"],
        ["user", "wallet"],
    ),
)
FIELDS = (
    *(
        "name",
        "hint",
        "scope",
        "execution_type",
        "execution_url",
        "multi_selectable",
        "message_types",
        "team_ids",
        "image",
    ),
    *("script", "permissions", "colour", "status", "creator", "id", ""),
)
ODD_OF: dict[str, tuple[Any, ...]] = {
    "execution_url": (
        "ftp://a.example",
        "a.example",
        "http://a.example",
        "https:",
        bodies.url(225),
        "HTTPS://A.EXAMPLE",
        "",
    ),
    "team_ids": ([100009], [100001, 100009], [100004], [100001, 100001], [100001.0], [200001], []),
    "message_types": (["text", "text"], ["link", "link", "link"], [], ["attachment"]),
    "permissions": (["chat", "chat"], [], ["user", "user", "chat"]),
    "image": ("", bodies.IMAGE, "aGk=", "not base64!"),
    "scope": ("team", "personal", "organization"),
    "execution_type": ("webhook", "deluge"),
}
KINDS = (
    *("create", "create", "create", "get", "update", "update", "update", "delete"),
    *("list", "list", "list", "handler", "handler", "other"),
)
NAMES = ("One", "one", "ONE", "Straße", "STRASSE", "strasse", "Two", "two ", " two", "Three", "É", "é", "e\u0301")


class _Strange:
    """Sends requests that no usual client sends, and usual ones between them."""

    def __init__(self, server: Server, random: Random) -> None:
        self._server, self._random = server, random
        self._ids: list[str] = []
        self._tokens: list[str] = []

    def run(self, count: int) -> None:
        """Send `count` random requests, after some of the greatest sizes."""
        for size in (LARGEST_BODY - 1, LARGEST_BODY, LARGEST_BODY + 1):
            self._send("POST", CREATE, json.dumps(self._valid_create()).encode().ljust(size))
        for size in (255_999, 256_000, 256_001):
            identifier = self._create(execution_type="deluge", execution_url=...)
            for script in (
                "s" * size,
                "é" * (size // 2) + "s" * (size % 2),
                "\U0001f4ce" * (size // 4) + "s" * (size % 4),
            ):
                path = f"{BASE_PATH}{handler_path(identifier)}"
                self._send("PATCH", path, json.dumps({"script": script}).encode())
        for number in range(count):
            self._step(number)

    def _step(self, number: int) -> None:
        random = self._random
        if number % 20 == 19:
            seconds = random.choice([1, *range(WINDOW - 1, WINDOW + 2), *range(LOCK - 1, LOCK + 2), 100_001])
            self._server(
                "POST", "/_mock/clock", (("Authorization", f"Bearer {CONTROL}"),), b'{"advance": %d}' % seconds
            )
        kind = random.choice(KINDS)
        identifier = self._identifier()
        item, handler = f"{BASE_PATH}{action_path(identifier)}", f"{BASE_PATH}{handler_path(identifier)}"
        if kind == "create":
            self._create()
        elif kind == "list":
            self._send("GET", LIST + self._query(), None)
        elif kind == "get":
            self._send("GET", item + ("?a=1" if random.random() < 0.1 else ""), None)
        elif kind == "update":
            self._send("PATCH", item, self._body(self._update()))
        elif kind == "delete":
            self._send("DELETE", item, None)
        elif kind == "handler":
            type_ = random.choice(
                ["execution_handler"] * 6 + ["execution%5Fhandler", "welcome_handler", "", "EXECUTION_HANDLER"]
            )
            target = f"{BASE_PATH}{handler_path(identifier, type_)}"
            if random.random() < 0.4:
                self._send("GET", target, None)
            else:
                self._send("PATCH", target, self._body(self._handler()))
        else:
            method = random.choice(["HEAD", "OPTIONS", "PUT", "POST", "DELETE", "GET", "PATCH", "get", "BREW"])
            target = random.choice(
                [
                    *("/", "/api", "/api/v3", "/api/v3/", CREATE, f"{CREATE}/", f"/{CREATE}", item),
                    *(f"/api/v4{CREATING}", f"{item}/", f"{item}/handlers"),
                    *(handler, ESCAPED, f"{handler}/x"),
                    *("/apix/v3", "/oauth/", "/_mock"),
                ]
            )
            self._send(method, target, b"{}" if random.random() < 0.3 else None)

    def _send(self, method: str, target: str, body: bytes | None) -> Answer:
        random = self._random
        user = "owner" if random.random() < 0.75 else random.choice(TOKENS)
        headers = []
        if random.random() < 0.98:
            scheme = SCHEMES[0] if random.random() < 0.95 else random.choice(SCHEMES)
            headers.append(("Authorization", scheme.format(f"1000.{user}")))
        if random.random() < 0.07:
            headers += [("Accept", random.choice(ACCEPTS)) for _ in range(random.choice([1, 1, 2]))]
        if body is not None and random.random() < 0.98:
            headers.append(("Content-Type", "application/json" if random.random() < 0.93 else random.choice(TYPES)))
        answer = self._server(method, target, tuple(headers), body)
        shown = answer.json()
        if isinstance(shown, dict):
            data = shown.get("data")
            if method == "POST" and isinstance(data, dict) and answer.status == 200:
                self._ids.append(str(data.get("id")))
            self._tokens += [shown[name] for name in ("next_token", "sync_token") if name in shown]
        return answer

    def _identifier(self) -> str:
        random = self._random
        if not self._ids or random.random() < 0.07:
            odd = random.choice(IDS)
            if self._ids and random.random() < 0.3:
                odd = random.choice(["0", "", "+"]) + random.choice(self._ids) + random.choice(["", "0", " ", "\n"])
            return quote(odd, safe="")
        known = random.choice(self._ids[-25:])
        return known if random.random() < 0.95 else known.replace("4", "%34")

    def _create(self, **changes: Any) -> str:
        body = {**self._valid_create(), **changes}
        body = {name: value for name, value in body.items() if value is not ...}
        before = len(self._ids)
        self._send("POST", CREATE, json.dumps(body).encode() if changes else self._body(body))
        return self._ids[-1] if len(self._ids) > before else "1"

    def _valid_create(self) -> dict[str, Any]:
        return {"name": self._name(), **bodies.create(self._random, (100001, 100002, 100003, 100004))}

    def _name(self) -> str:
        random = self._random
        return random.choice(NAMES) if random.random() < 0.5 else f"n{random.randrange(10**9)}"

    def _update(self) -> dict[str, Any]:
        random = self._random
        body = bodies.update(random, (100001, 100002, 100003, 100004), random.random() < 0.4, random.random() < 0.4)
        if random.random() < 0.3:
            body["name"] = self._name()
        if random.random() < 0.2:
            body["team_ids"] = random.choice([[100001], [100002, 100001], [100001, 100001], [100003.0]])
        return body if random.random() < 0.93 else {}

    def _handler(self) -> dict[str, Any]:
        random = self._random
        if random.random() < 0.5:
            return {"script": random.choice(["return 1;", "", "s" * 300, "\r\n", "é"])}
        return {"permissions": random.choice([["chat"], ["user", "chat", "user"], [], list(bodies.PERMISSIONS)])}

    def _body(self, body: dict[str, Any]) -> bytes:
        random = self._random
        changed = dict(body)
        for _ in range(random.choice([0, 0, 0, 0, 0, 0, 1, 1, 2])):
            name = random.choice(FIELDS)
            if random.random() < 0.2:
                changed.pop(name, None)
            else:
                changed[name] = random.choice(ODD_OF.get(name, ()) if random.random() < 0.6 and name in ODD_OF else ODD)
        raw = json.dumps(changed, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
        draw = random.random()
        if draw < 0.02:
            return random.choice(
                [b"", b" ", b"null", b"[]", b"7", b"[" * 5000, b'"a"', b"{}", b'{"name": NaN}', b"\xef\xbb\xbf{}"]
            )
        if draw < 0.05:
            return raw[:-1] + b', "hint": "again", "hint": "twice"}'
        if draw < 0.08:
            return raw[:-1] + b', "n\\u0000": "a", "image": "a\\u0000"}'
        if draw < 0.1:
            return raw[: random.randrange(len(raw))]
        if draw < 0.12:
            return raw.replace(b"e", b"\\u0065")
        return raw

    def _query(self) -> str:
        random = self._random
        pairs: list[tuple[str, str]] = []
        if random.random() < 0.5:
            limits = [
                "1",
                "2",
                "3",
                "5",
                "20",
                "99",
                "100",
                "101",
                "0",
                "-1",
                "",
                "null",
                "ten",
                "1.0",
                " 5",
                "+5",
                "٣",
                "9" * 18,
            ]
            pairs.append(("limit", random.choice([*limits, "9" * 19, "007", "1e1", "-" + "9" * 18])))
        for name in ("next_token", "sync_token"):
            if self._tokens and random.random() < 0.4:
                token = random.choice(self._tokens[-12:])
                draw = random.random()
                if draw < 0.2:
                    token = random.choice(
                        ["null", "", "abc", "YWJj", "é", "====", token[:-1], f"{token}=", f"{token}\n"]
                    )
                elif draw < 0.26:
                    at = random.randrange(len(token))
                    token = token[:at] + random.choice("AQgw-_+/=z") + token[at + 1 :]
                pairs.append((name, token))
        if random.random() < 0.06:
            pairs.append(
                random.choice(
                    [("limit", "2"), ("sort", "name"), ("", "x"), ("next_token", ""), ("a", "&"), ("LIMIT", "1")]
                )
            )
        text = "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)
        if random.random() < 0.1:
            text = random.choice(
                [text + "&", "&" + text, text.replace("_", "%5F"), text.replace("limit=", "limit=+"), "limit", "="]
            )
        return f"?{text}" if text or random.random() < 0.1 else ""
