"""The gateway between schemathesis and the server: it replaces generated values by meaningful ones.

A schema cannot express that a name is free, that an id exists, or that a token came from a listing. So the gateway puts
such values into the generated requests. It sends every second request again with one kind of value as generated, or
wrong, so that valid and invalid values are tested. Only one value is wrong at a time, so that one fault does not hide
another.

After writes, the gateway reads the action. From time to time it lists actions, and sends requests that no schema
describes. A generator alone would rarely check the effects of its requests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from zoho_cliq_api.contract import OPERATIONS

from ...judge import rules
from ...judge.document import BODIES, DEFAULT_LIMIT, LARGEST_LIMIT
from ...judge.model import Action
from ...judge.routes import ARGUMENTS, match
from ...judge.verdicts import Violation
from ...sending import bodies, rare
from ...sending.client import Client, encode
from ...trace import Answer, encodable, may_hold_surrogates
from ..table.bodies import JUNK
from ..table.protocol import nowhere, operations, wrong_authorizations
from ..table.state import neighbour

SPECIFICATION = "/openapi.json"
BASE = "/api/v3"
STATUS = "{} Answer"
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "server", "date"}
Start = Callable[[str, list[tuple[str, str]]], Any]
NOTHING = "nothing"
# The kinds of value that are left as generated, or are wrong, in a request that is sent again.
ASPECTS = ("user", "user", "token", "accept", "path", "query", "name", "hint", "teams", "url", "image", "fit")


class Gateway:
    """A WSGI application that sends requests through a client.

    schemathesis reads `document`. If the run had to stop, `stopped` is the reason, and nothing more is sent.
    """

    def __init__(self, client: Client, document: dict[str, Any]) -> None:
        self._client, self._document = client, document
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
        except Exception as stop:  # noqa: BLE001  schemathesis would continue after an error in the kit
            self.stopped, answer = stop, Answer(404, (), b"")
        self.last = self._client.oracle.violations[before:]
        return self._reply(start, answer)

    @staticmethod
    def _reply(start: Start, answer: Answer) -> list[bytes]:
        """Pass an answer to schemathesis, without headers and bodies that it could not read."""
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
            self._random.choice([self._refused, self._names, self._junk, self._unusual])()
        return answer

    def _send(self, method: str, path: str, query: str, kind: str | None, body: bytes | None) -> Answer:
        user = self._user()
        path = self._path(path)
        operation = rules.operation_of(method, path)
        if operation == "list":
            query = self._query(query, user)
        if body is not None:
            body = self._body(operation, path, body)
        headers = [("Accept", "application/xml" if self._as_is == "accept" else "application/json")]
        if kind or body is not None:
            headers.append(("Content-Type", kind or "application/json"))
        headers += self._authorization(user)
        answer = self._client.deliver(method, path + (f"?{query}" if query else ""), tuple(headers), body)
        _, values = match(path.split("/")[1:]) or (None, {})
        identifier = values.get("action_id")
        if method in ("PATCH", "DELETE") and identifier and self._random.random() < 0.6:
            self._client.send("GET", self._client.at("get", identifier))
            if "handler_type" in values:
                self._client.send("GET", self._client.at("get_handler", identifier, values["handler_type"]))
        return answer

    # --- who asks

    def _user(self) -> str:
        return self._random.choice(list(self._client.tokens)) if self._as_is == "user" else "owner"

    def _authorization(self, user: str) -> list[tuple[str, str]]:
        good = self._client.tokens[user]
        if self._as_is != "token":
            return [("Authorization", f"Bearer {good}")]
        chosen = self._random.choice(wrong_authorizations(good))
        return [] if chosen is None else [("Authorization", chosen)]

    # --- values that a schema cannot give

    def _known(self, **content: Any) -> list[Action]:
        actions = self._client.oracle.model.actions.values()
        return [a for a in actions if all(a.content.get(name) == value for name, value in content.items())]

    def _path(self, path: str) -> str:
        """Return the path with the id of an action of this run, or with an unknown id, but never with another action's.

        A parameter that no fact is about gets the profile's value.
        """
        found = match(path.split("/")[1:])
        if found is None:
            return path
        route, values = found
        given = {name: values[name] for name in ARGUMENTS if name in values} | self._client.in_paths
        if "action_id" in given:
            given["action_id"] = self._identifier(given["action_id"])
        return OPERATIONS[next(iter(route.operations.values()))].at(**given)

    def _identifier(self, given: str) -> str:
        """Return the id of an action of this run, or an unknown id, to replace the generated one in a path."""
        if given in self._client.oracle.model.actions:
            return given
        known, shown = self._known(), unquote(given)
        if known and self._as_is != "path" and re.fullmatch("[0-9]{1,19}", shown):
            return known[-1 - min(self._random.randrange(len(known)), self._random.randrange(len(known)))].id
        if re.fullmatch("[^0-9]?[0-9]+([.]0*)?[^0-9]?", shown) or sum(map(str.isdigit, shown)) > 5:
            return bodies.UNKNOWN_ID
        return given

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

    def _body(self, operation: str | None, path: str, body: bytes) -> bytes:
        try:
            given = json.loads(body)
        except (ValueError, RecursionError):
            return body
        if not isinstance(given, dict):
            return body
        random, client, as_is = self._random, self._client, self._as_is
        if operation == "update_handler":
            if isinstance(given.get("script"), str) and given["script"]:
                chosen = bodies.SCRIPT if random.random() < 0.3 else bodies.program(given["script"])
                return encode({**given, "script": chosen})
            return body
        name = given.get("name")
        if isinstance(name, str) and as_is != "name":
            given["name"] = client.name(31 if len(name) > 30 else 30 if random.random() < 0.3 else None)
        hint = given.get("hint")
        if isinstance(hint, str) and as_is != "hint":
            short = 0 < len(hint) < bodies.LONGEST["hint"] and random.random() < 0.4
            given["hint"] = random.choice(bodies.HINTS) if short else "h" * max(1, len(hint))
        teams = client.profile.teams.get("owner", ())
        if isinstance(given.get("team_ids"), list) and teams and as_is != "teams":
            count = len(given["team_ids"])
            if all(isinstance(team, int) for team in given["team_ids"]):
                given["team_ids"] = [*teams, *range(max(teams) + 1, max(teams) + 9)][:count]
        if isinstance(given.get("execution_url"), str) and as_is != "url":
            size = len(given["execution_url"])
            short = size < bodies.LONGEST["execution_url"] and random.random() < 0.25
            given["execution_url"] = bodies.URL if short else "https://hooks.example.com/cliq/".ljust(size, "a")
        if isinstance(given.get("image"), str) and as_is != "image":
            given["image"] = bodies.IMAGE
        if as_is != "fit":
            action = client.oracle.model.actions.get(rules.action_of(path))
            self._fitting(given, {} if action is None else action.content)
        if as_is == NOTHING:
            self._make_odd(given, operation)
        return encode(given)

    def _make_odd(self, given: dict[str, Any], operation: str | None) -> None:
        """Sometimes put unusual characters into a valid body; into one field only, so that no fault hides another."""
        odd = {"hint": self._random.choice(bodies.ODD_HINTS), "execution_url": bodies.ODD_URL}
        fields = sorted(odd.keys() & given)
        right = operation in BODIES and not any(rules.faults(str(operation), given))
        if fields and right and self._random.random() < 0.5:
            field = self._random.choice(fields)
            given[field] = odd[field]

    def _fitting(self, given: dict[str, Any], there: Mapping[str, Any]) -> None:
        """Remove the fields that do not fit the execution type and the scope of the body, or else of the action."""
        if given.get("execution_type", there.get("execution_type")) != "webhook":
            given.pop("execution_url", None)
        if given.get("scope", there.get("scope")) != "team":
            given.pop("team_ids", None)

    # --- checks of effects, and requests that no schema describes

    def _listing(self) -> None:
        client, random = self._client, self._random
        users: list[str] = [user for user in ("owner", "owner", "colleague", "outsider") if user in client.tokens]
        user = random.choice(users)
        limit = random.choice([None, DEFAULT_LIMIT, LARGEST_LIMIT, 7])
        limits: dict[str, Any] = {} if limit is None else {"limit": limit}
        if self._points and random.random() < 0.5:
            user, token = random.choice(self._points[-3:])
            limits["sync_token"] = token
        token = client.listing(user, **limits)
        if token:
            self._points.append((user, token))

    def _refused(self) -> None:
        """Send requests that no schema describes.

        A handler that does not fit the action, an unknown handler, an update to the same name, and one of the execution
        type.
        """
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
        self._client.ask("create", body=self._client.action(), headers=charset)

    def _own(self) -> str:
        """Return an existing action of the owner's."""
        mine = self._client.oracle.model.living("owner")
        return mine[-1].id if mine else self._client.create(scope="personal", execution_type="deluge")

    def _deluge(self) -> str:
        """Return an existing Deluge action of the owner's, which may have a script."""
        mine = self._client.oracle.model.living("owner")
        scripted = [action.id for action in mine if action.content.get("execution_type") == "deluge"]
        return scripted[-1] if scripted else self._client.create(scope="personal", execution_type="deluge")

    def _names(self) -> None:
        """Send names that other actions have, and names that are free again."""
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
        """Send bodies that are not JSON, or not JSON objects."""
        for _, raw, about in self._random.sample(JUNK, 3):
            own = self._own()
            operation = self._random.choice(["create", "update", "update_handler"])
            if about not in ("protocol.malformed", "create.object"):  # then a field of a create is wrong
                operation = "create"
            self._client.ask(operation, own, raw=raw)
        for _ in range(6):
            rare.send_one(self._client, self._random, self._deluge())

    def _unusual(self) -> None:
        """Send paths, queries and headers that no schema describes."""
        client, random = self._client, self._random
        own = self._own()
        handlers = client.at("get_handler", own).rpartition("/")[0]
        client.send("GET", random.choice([nowhere(client), handlers, client.at("get", f"{own}x")]))
        client.send("GET", client.at("get", random.choice(["9" * 26, neighbour(client, own), quote(chr(39)), "0"])))
        client.send("POST", client.at("get_handler", own), body={"script": "return 0;"})
        odd: dict[str, Any] = random.choice([{"hint": None}, {"image": "no base64!"}, {"multi_selectable": False}])
        client.update(own, **odd)
        for text in (f"{own}x", "%F0%9F%93%8E", bodies.UNKNOWN_ID):
            method, path, body = random.choice(operations(client, text)[2:])
            client.send(method, path, body=body)
        method, path, body = random.choice(operations(client, self._deluge()))
        sent = client.action() if method == "POST" else body
        client.send(method, path, body=sent, headers={"Accept": "application/xml"})
        client.ask("list", headers={"Accept": "application/json", "accept": "text/html"})
        for user in ("colleague", "outsider"):
            if user in client.tokens:
                reading = random.choice(["get", "get_handler"])
                for who, operation in (("owner", reading), (user, random.choice([reading, reading, "delete"]))):
                    client.ask(operation, own, user=who)
        client.get_handler(own, kind="welcome_handler")
        client.get_handler(bodies.UNKNOWN_ID)
        client.delete(bodies.UNKNOWN_ID)
        client.ask("list", query={"limit": random.choice(["ten", "0", "1", "-1"])})
        client.ask("list", query={random.choice(["next_token", "sync_token"]): "bm90LWEtdG9rZW4="})
        client.ask("list", headers={"Accept": random.choice(["*/*", "text/html, application/json"])})
        unsigned: dict[str, str | None] = {"Authorization": None}
        client.ask("list", query={"access_token": client.tokens["owner"]}, headers=unsigned)
