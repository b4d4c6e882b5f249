"""What stands between schemathesis and the server: requests come in as generated and go out with values that mean
something.

A schema cannot say that a name is free, an id exists, or a token was given by a listing. Requests get such values in
the place of generated ones. Every other one is sent again with one kind of value left as generated, or wrong, so that
both sides of each rule are met; one alone, so that no fault hides behind another. After writes the gateway reads back,
now and then lists, and sends what no schema tells of, since a generator by itself rarely looks at what it did.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from .. import bodies
from ..client import Client, encode
from ..model import Action
from ..table.bodies import JUNK
from ..table.state import neighbour
from ..trace import Answer, encodable, may_hold_surrogates
from ..verdicts import Violation

SPECIFICATION = "/openapi.json"
BASE = "/api/v3"
STATUS = "{} Answer"
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "server", "date"}
Start = Callable[[str, list[tuple[str, str]]], Any]
NOTHING = "nothing"
# What is left as generated, or is wrong, in a request that is sent again.
ASPECTS = ("user", "user", "token", "accept", "path", "query", "name", "hint", "teams", "url", "fit")


class Gateway:
    """A WSGI application over a client. schemathesis reads `document`; `stopped` is why nothing more is sent."""

    def __init__(self, client: Client, document: dict[str, Any], stop_at_fault: bool = False) -> None:
        self._client, self._document, self._stop_at_fault = client, document, stop_at_fault
        self._random = client.random
        self._requests = 0
        self._as_is = NOTHING
        self._points: list[tuple[str, str]] = []
        self.stopped: Exception | None = None
        self.last: list[Violation] = []

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"] == SPECIFICATION:
            return self._reply(
                start, Answer(200, (("Content-Type", "application/json"),), json.dumps(self._document).encode())
            )
        if self.stopped is not None:
            return self._reply(start, Answer(404, (), b""))
        before = len(self._client.oracle.violations)
        try:
            answer = self._forward(environ)
        except Exception as stop:  # noqa: BLE001  schemathesis would go on after a defect of the kit's
            self.stopped, answer = stop, Answer(404, (), b"")
        self.last = self._client.oracle.violations[before:]
        return self._reply(start, answer)

    @staticmethod
    def _reply(start: Start, answer: Answer) -> list[bytes]:
        """Hand an answer on; what schemathesis could not read, and learns nothing from, is left out."""
        headers = [(name, value) for name, value in answer.headers if name.lower() not in HOP_BY_HOP]
        start(STATUS.format(answer.status or 502), [pair for pair in headers if "".join(pair).isprintable()])
        shown = answer.json()
        if shown is None:
            return [b""]
        return [json.dumps(encodable(shown)).encode() if may_hold_surrogates(answer.body) else answer.body]

    def _forward(self, environ: dict[str, Any]) -> Answer:
        method = environ["REQUEST_METHOD"]
        target = environ.get("REQUEST_URI") or environ["PATH_INFO"]
        path, _, query = target.removeprefix(BASE).partition("?")
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else None
        kind = environ.get("CONTENT_TYPE")
        self._as_is = NOTHING
        answer = self._send(method, path, query, kind, body)
        self._requests += 1
        if self._random.random() < 0.5:
            self._as_is = self._random.choice(ASPECTS)
            self._send(method, path, query, kind, body)
            self._as_is = NOTHING
        if self._requests % 12 == 0:
            self._listing()
        if self._requests % 10 == 5:
            self._random.choice([self._refused, self._names, self._junk, self._strange])()
        return answer

    def _send(self, method: str, path: str, query: str, kind: str | None, body: bytes | None) -> Answer:
        user = self._asker()
        path = self._path(path)
        if method == "GET" and path == "/messageactions":
            query = self._query(query, user)
        if body is not None:
            body = self._body(method, path, body)
        headers = [("Accept", "application/xml" if self._as_is == "accept" else "application/json")]
        if kind or body is not None:
            headers.append(("Content-Type", kind or "application/json"))
        headers += self._authorization(user)
        answer = self._client.deliver(method, path + (f"?{query}" if query else ""), tuple(headers), body)
        if method in ("PATCH", "DELETE") and path.count("/") >= 2 and self._random.random() < 0.6:
            self._client.send("GET", "/".join(path.split("/")[:3]))
            if "/handlers/" in path:
                self._client.send("GET", path)
        return answer

    # --- who asks

    def _asker(self) -> str:
        return self._random.choice(list(self._client.tokens)) if self._as_is == "user" else "owner"

    def _authorization(self, user: str) -> list[tuple[str, str]]:
        good = self._client.tokens[user]
        if self._as_is != "token":
            return [("Authorization", f"Bearer {good}")]
        wrong = [None, f"Basic {good}", good]
        wrong += [f"Bearer {token}" for token in (f"{good}x", good[:-1], good.swapcase(), "1000.0f00")]
        chosen = self._random.choice(wrong)
        return [] if chosen is None else [("Authorization", chosen)]

    # --- values that a schema cannot give

    def _known(self, **content: Any) -> list[Action]:
        actions = self._client.oracle.model.actions.values()
        return [a for a in actions if all(a.content.get(name) == value for name, value in content.items())]

    def _path(self, path: str) -> str:
        """The path with an action of this run in the place of any id, or with one that nobody has: never another's."""
        parts = path.split("/")
        if len(parts) < 3 or parts[1] != "messageactions" or parts[2] in self._client.oracle.model.actions:
            return path
        known, shown = self._known(), unquote(parts[2])
        if known and self._as_is != "path" and re.fullmatch("[0-9]{1,19}", shown):
            parts[2] = known[-1 - min(self._random.randrange(len(known)), self._random.randrange(len(known)))].id
        elif re.fullmatch("[^0-9]?[0-9]+([.]0*)?[^0-9]?", shown) or sum(map(str.isdigit, shown)) > 5:
            parts[2] = bodies.NOBODY
        return "/".join(parts)

    def _query(self, query: str, user: str) -> str:
        given = dict(parse_qsl(query, keep_blank_values=True, errors="replace"))
        if self._as_is != "query":
            given.pop("next_token", None)
            given.pop("sync_token", None)
            mine = [token for owner, token in self._points if owner == user]
            if mine and self._random.random() < 0.5:
                given["sync_token"] = self._random.choice(mine[-4:])
            return urlencode(given, errors="replace")
        return query

    def _body(self, method: str, path: str, body: bytes) -> bytes:
        try:
            given = json.loads(body)
        except (ValueError, RecursionError):
            return body
        if not isinstance(given, dict):
            return body
        random, client, as_is = self._random, self._client, self._as_is
        if "/handlers/" in path:
            if isinstance(given.get("script"), str) and given["script"] and len(given) == 1:
                return encode({"script": bodies.SCRIPT if random.random() < 0.3 else bodies.program(given["script"])})
            return body
        name = given.get("name")
        if isinstance(name, str) and as_is != "name":
            given["name"] = client.name(31 if len(name) > 30 else 30 if random.random() < 0.3 else None)
        hint = given.get("hint")
        if isinstance(hint, str) and as_is != "hint":
            odd = 0 < len(hint) < bodies.LONGEST["hint"] and random.random() < 0.4
            given["hint"] = random.choice([*bodies.HINTS, *bodies.ODD_HINTS]) if odd else "h" * max(1, len(hint))
        teams = client.profile.teams.get("owner", ())
        if isinstance(given.get("team_ids"), list) and teams and as_is != "teams":
            count = len(given["team_ids"])
            if all(isinstance(team, int) for team in given["team_ids"]):
                given["team_ids"] = [*teams, *range(max(teams) + 1, max(teams) + 9)][:count]
        if isinstance(given.get("execution_url"), str) and as_is != "url":
            odd = len(given["execution_url"]) < bodies.LONGEST["execution_url"] and random.random() < 0.5
            given["execution_url"] = (
                random.choice([bodies.URL, bodies.ODD_URL])
                if odd
                else "https://hooks.example.com/cliq/".ljust(len(given["execution_url"]), "a")
            )
        if method == "POST" and as_is != "fit":
            self._fitting(given)
        return encode(given)

    def _fitting(self, given: dict[str, Any]) -> None:
        if given.get("execution_type") != "webhook":
            given.pop("execution_url", None)
        if given.get("scope") != "team":
            given.pop("team_ids", None)

    # --- looking at what was done

    def _listing(self) -> None:
        client, random = self._client, self._random
        users: list[str] = [user for user in ("owner", "owner", "colleague", "outsider") if user in client.tokens]
        user = random.choice(users)
        limit = random.choice([None, 20, 100, 7])
        limits: dict[str, Any] = {} if limit is None else {"limit": limit}
        if self._points and random.random() < 0.5:
            user, token = random.choice(self._points[-3:])
            limits["sync_token"] = token
        token = client.listing(user, **limits)
        if token:
            self._points.append((user, token))

    def _refused(self) -> None:
        """What no schema can tell: misfits of handler and action, another handler, one's own name, a fixed type."""
        misfits: tuple[tuple[str, dict[str, Any]], ...] = (
            ("webhook", {"script": "return 1;"}),
            ("deluge", {"permissions": ["chat"]}),
        )
        for kind, body in misfits:
            for action in self._known(execution_type=kind)[-1:]:
                self._client.update_handler(action.id, **body)
                self._client.get_handler(action.id)
        for action in self._client.oracle.model.living("owner")[-1:]:
            self._client.update_handler(action.id, kind="welcome_handler", script="return 1;")
            self._client.update(action.id, name=action.content.get("name"), hint="the same name")
            self._client.update(action.id, execution_type="webhook")
            self._client.get(action.id)
        charset = {"Content-Type": "application/json; charset=utf-8"}
        self._client.send("POST", "/messageactions", body=self._client.action(), headers=charset)

    def _own(self) -> str:
        """An action of the owner's that is there."""
        mine = self._client.oracle.model.living("owner")
        return mine[-1].id if mine else self._client.create(scope="personal", execution_type="deluge")

    def _names(self) -> None:
        """Names that are taken, and names that are free again."""
        client, scope = self._client, self._random.choice(["organization", "personal"])
        name, other = client.name(), client.name()
        first = client.create(name=name, scope=scope)
        client.create(name=name, scope=scope)
        second = client.create(name=other, scope=scope)
        client.update(second, name=name)
        if self._random.random() < 0.5:
            client.delete(first)
            client.delete(first)
            client.get(first)
        else:
            client.update(first, name=client.name())
        client.create(name=name, scope=scope)

    def _junk(self) -> None:
        """Bodies that are no JSON, or not what JSON is for."""
        for _, raw, _ in self._random.sample(JUNK, 3):
            own = self._own()
            place = self._random.choice(["", f"/{own}", f"/{own}/handlers/execution_handler"])
            self._client.send("PATCH" if place else "POST", f"/messageactions{place}", raw=raw)

    def _strange(self) -> None:
        """Paths, queries and headers that a schema does not think of."""
        client, random = self._client, self._random
        own = self._own()
        client.send(
            "GET", random.choice(["/messageaction", f"/messageactions/{own}/handlers", f"/messageactions/{own}x"])
        )
        client.send("GET", f"/messageactions/{random.choice(['9' * 26, neighbour(client, own), quote(chr(39)), '0'])}")
        client.send("POST", f"/messageactions/{own}/handlers/execution_handler", body={"script": "return 0;"})
        odd: dict[str, Any] = random.choice([{"hint": None}, {"image": "no base64!"}, {"multi_selectable": False}])
        client.update(own, **odd)
        client.send("POST", "/messageactions", body=client.action(), headers={"Content-Type": None})
        for user in ("colleague", "outsider"):
            if user in client.tokens:
                reading = random.choice(["", "/handlers/execution_handler"])
                for who, method in (("owner", "GET"), (user, random.choice(["GET", "GET", "DELETE"]))):
                    client.send(method, f"/messageactions/{own}{reading if method == 'GET' else ''}", user=who)
        client.get_handler(own, kind="welcome_handler")
        client.get_handler(bodies.NOBODY)
        client.delete(bodies.NOBODY)
        client.send("GET", "/messageactions", query={"limit": random.choice(["ten", "0", "1"])})
        client.send("GET", "/messageactions", query={random.choice(["next_token", "sync_token"]): "bm90LWEtdG9rZW4="})
        client.send("GET", "/messageactions", headers={"Accept": random.choice(["*/*", "text/html, application/json"])})
        unsigned: dict[str, str | None] = {"Authorization": None}
        client.send("GET", "/messageactions", query={"access_token": client.tokens["owner"]}, headers=unsigned)
