"""A second, small server of the Message Actions API, written without the mock's code, to test the conformance kit.

It uses the standard library only. An instance of `Reference` is a server: call it with (method, target, headers, body),
and it returns (status, headers, body). `serve` runs it behind `http.server`. Its rules are small methods and
attributes. A test replaces one of them to make a faulty server (`mutants/`) or a lawful variant (`variants.py`).
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from api_paths import BASE_PATH, CREATING, LISTING, action_path, handler_path
from zoho_cliq_api.contract import OPERATIONS, document

Headers = list[tuple[str, str]]
Reply = tuple[int, Headers, bytes]
Handle = Callable[[str, str, Headers, "bytes | None"], Reply]

BASE = BASE_PATH
SCHEMAS = document()["components"]["schemas"]
NAMES = {
    "create": "create_message_action",
    "list": "list_message_actions",
    "get": "get_message_action",
    "update": "update_message_action",
    "delete": "delete_message_action",
    "get_handler": "get_message_action_handler",
    "update_handler": "update_message_action_handler",
}
LIMITS = {short: threshold.limit for short, name in NAMES.items() if (threshold := OPERATIONS[name].threshold)}
"""Calls in a window."""
_thresholds = [threshold for name in NAMES.values() if (threshold := OPERATIONS[name].threshold)]
WINDOW = float(max(each.window_seconds for each in _thresholds))
LOCK = float(max(each.lock_seconds for each in _thresholds))
NEEDS = {short: OPERATIONS[name].scopes[0].rpartition(".")[2].lower() for short, name in NAMES.items()}
SCOPES = frozenset({"create", "read", "update", "delete", *NEEDS.values()})
_PARTS = {"action_id": "(?P<action_id>[^/]+)", "handler_type": "(?P<handler_type>[^/]+)"}
PLACES = {
    re.compile(BASE + OPERATIONS[NAMES[short]].at(**_PARTS)): place
    for short, place in (("create", "collection"), ("list", "collection"), ("get", "item"), ("get_handler", "handler"))
}
"""The place that a path is of."""
ORGANIZATION_OF = {"owner": "one", "colleague": "one", "outsider": "two"}
TEAMS_OF = {"owner": {100001, 100002, 100003, 100004}, "colleague": {100002}, "outsider": set()}
TOKENS = {
    "1000.owner": ("owner", SCOPES),
    **{f"1000.owner-{scope}": ("owner", frozenset({scope})) for scope in SCOPES},
    "1000.colleague": ("colleague", SCOPES),
    "1000.outsider": ("outsider", SCOPES),
}
CREATOR = {
    "owner": {"name": "Ada", "id": "7001"},
    "colleague": {"name": "Bob", "id": "7002"},
    "outsider": {"name": "Eve", "id": "9001"},
}


class Refusal(Exception):
    """Raised to answer a request with an error."""

    def __init__(self, status: int, code: str | None, message: str, headers: Headers | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or []


class Action:
    """A message action with its history."""

    def __init__(self, identifier: str, creator: str) -> None:
        self.id, self.creator = identifier, creator
        self.fields: dict[str, Any] = {}
        self.script: str | None = None
        self.permissions: list[str] = []
        self.alive = True
        self.log: list[tuple[int, bool, str, frozenset[int]]] = []  # (sequence, alive, scope, teams)
        self.changed = 0


class Reference:
    """The state and the rules of the server. `clock` returns the time in seconds."""

    def __init__(self, clock: Callable[[], float] | None = None, thresholds: bool = True) -> None:
        self.offset = 0.0
        self.clock = clock or (lambda: 1_800_000_000.0)
        self.throttled = thresholds
        fields = SCHEMAS["MessageActionCreate"]["properties"]
        self.limits = {
            **{name: fields[name]["maxLength"] for name in ("name", "hint", "execution_url")},
            "team_ids": fields["team_ids"]["maxItems"],
            "script": 256_000,
            "page": 100,
        }
        self.required = {"create": list(SCHEMAS["MessageActionCreate"]["required"])}
        self.values = {
            "execution_type": SCHEMAS["ExecutionType"]["enum"],
            "scope": SCHEMAS["Scope"]["enum"],
            "message_types": list(SCHEMAS["MessageType"]["enum"]),
            "permissions": list(SCHEMAS["Permission"]["enum"]),
        }
        self.kinds: dict[str, tuple[type, ...]] = {
            **dict.fromkeys(("name", "hint", "execution_url", "image", "execution_type", "scope", "script"), (str,)),
            **dict.fromkeys(("team_ids", "message_types", "permissions"), (list,)),
            "multi_selectable": (bool,),
        }
        self.defaults: dict[str, Any] = {
            "execution_type": "deluge",
            "scope": "organization",
            "multi_selectable": False,
            "message_types": list(SCHEMAS["MessageType"]["enum"]),
        }
        self.page_size = 20
        self.per_minute = dict(LIMITS)
        self.window, self.lock = WINDOW, LOCK
        self.creation_limit: int | None = None
        self.tokens = dict(TOKENS)
        self.needs = dict(NEEDS)
        self.success = dict.fromkeys(self.per_minute, 200) | {"delete": 204}
        self.order_newest_first = False
        self.reset()

    def reset(self) -> None:
        self.actions: dict[str, Action] = {}
        self.numbers = itertools.count(48_210_000_000_417_001)
        self.sequence = 0
        self.calls: dict[tuple[str, str], list[float]] = {}
        self.locked: dict[tuple[str, str], float] = {}

    def now(self) -> float:
        return self.clock() + self.offset

    # --- from request to reply

    def __call__(self, method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        if target.startswith("/_mock/"):
            return self.control(target, body)
        try:
            return self.answer(method, target, headers, body)
        except Refusal as refusal:
            return self.error(refusal)

    def control(self, target: str, body: bytes | None) -> Reply:
        if target == "/_mock/reset":
            self.reset()
        elif target == "/_mock/clock":
            self.offset += json.loads(body or b"{}").get("advance", 0)
        return 200, [("Content-Type", "application/json")], b"{}"

    def answer(self, method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        split = urlsplit(target)
        operation, identifier, handler = self.route(method, split.path)
        user, scopes = self.authenticate(headers)
        self.accept(headers)
        if self.needs[operation] not in scopes:
            self.lacks_scope(operation)
        self.throttle(user, operation)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        given: dict[str, Any] = self.parse(headers, body) if operation in ("create", "update", "update_handler") else {}
        result = getattr(self, operation)(user, identifier, handler, given, query)
        status = self.success[operation]
        return status, *self.body(result, operation)

    def body(self, result: Any, operation: str) -> tuple[Headers, bytes]:
        if result is None:
            return [], b""
        return [("Content-Type", "application/json;charset=UTF-8")], json.dumps(result).encode()

    def error(self, refusal: Refusal) -> Reply:
        shown = {"message": refusal.message}
        if refusal.code is not None:
            shown["code"] = refusal.code
        headers = [("Content-Type", "application/json;charset=UTF-8"), *refusal.headers]
        return refusal.status, headers, json.dumps(shown).encode()

    def route(self, method: str, path: str) -> tuple[str, str, str]:
        found = next((found for pattern in PLACES if (found := pattern.fullmatch(path))), None)
        if not found:
            raise Refusal(404, None, "There is nothing here.")
        here = self.methods(PLACES[found.re])
        if method not in here:
            raise Refusal(405, None, "This method does not fit.", [("Allow", ", ".join(here))])
        parts = {name: unquote(text) for name, text in found.groupdict().items()}
        return here[method], parts.get("action_id", ""), parts.get("handler_type", "")

    def methods(self, place: str) -> dict[str, str]:
        return {
            "collection": {"GET": "list", "POST": "create"},
            "item": {"GET": "get", "PATCH": "update", "DELETE": "delete"},
            "handler": {"GET": "get_handler", "PATCH": "update_handler"},
        }[place]

    def authenticate(self, headers: Headers) -> tuple[str, frozenset[str]]:
        given = next((value for name, value in headers if name.lower() == "authorization"), "")
        scheme, _, token = given.partition(" ")
        if scheme.lower() not in ("bearer", "zoho-oauthtoken") or token not in self.tokens:
            raise Refusal(401, None, "The token is not valid.")
        return self.tokens[token]

    def accept(self, headers: Headers) -> None:
        given = next((value for name, value in headers if name.lower() == "accept"), "*/*")
        ranges = {part.split(";")[0].strip().lower() for part in given.split(",")}
        if not ranges & {"*/*", "application/*", "application/json", ""}:
            raise Refusal(406, None, "Only JSON is given.")

    def lacks_scope(self, operation: str) -> NoReturn:
        raise Refusal(403, "oauthtoken_scope_invalid", "The token lacks the scope.")

    def throttle(self, user: str, operation: str) -> None:
        if not self.throttled:
            return
        key, now = (user, operation), self.now()
        if self.locked.get(key, 0) > now:
            self.too_many()
        recent = [moment for moment in self.calls.get(key, []) if moment > now - self.window]
        if len(recent) >= self.per_minute[operation]:
            self.locked[key] = now + self.lock
            self.too_many()
        self.calls[key] = [*recent, now]

    def too_many(self) -> NoReturn:
        raise Refusal(429, "request_limit_exceeded", "Too many requests.")

    # --- bodies

    def parse(self, headers: Headers, body: bytes | None) -> dict[str, Any]:
        kind = next((value for name, value in headers if name.lower() == "content-type"), "application/json")
        if kind.split(";")[0].strip().lower() != "application/json":
            raise Refusal(400, "invalid_inputs", "The body must be JSON.")
        try:
            given = json.loads((body or b"").decode(), parse_constant=self.not_a_number)
        except (ValueError, RecursionError):
            raise Refusal(400, "invalid_inputs", "The body is no JSON.") from None
        if not isinstance(given, dict):
            self.invalid("The body is no object.")
        return given

    @staticmethod
    def not_a_number(text: str) -> NoReturn:
        raise ValueError(text)

    def invalid(self, message: str) -> NoReturn:
        raise Refusal(400, "invalid_inputs", message)

    def check(self, operation: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
        for name in self.required.get(operation, []):
            if name not in given:
                self.invalid(f"{name} is missing")
        for name, value in given.items():
            if name not in known:
                self.unknown(name)
                continue
            if not isinstance(value, self.kinds[name]):
                self.invalid(f"{name} has the wrong type")
            self.check_value(operation, name, value)

    def unknown(self, name: str) -> None:
        self.invalid(f"{name} is not known")

    def check_value(self, operation: str, name: str, value: Any) -> None:
        if name in ("name", "hint", "execution_url") and not 1 <= self.length(value) <= self.limits[name]:
            self.invalid(f"{name} is too short or too long")
        if isinstance(value, str) and re.search("[\x00\ud800-\udfff]", value):
            self.invalid(f"{name} has a character that cannot be kept")
        if name == "execution_url" and not re.match("https?://.", value):
            self.invalid("execution_url is no URL")
        if name == "script" and len(value.encode("utf-8")) > self.limits["script"]:
            self.invalid("script is too big")
        if name == "image" and not re.fullmatch(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", value):
            self.invalid("image is not base64")
        if name in self.values:
            for item in value if isinstance(value, list) else [value]:
                if item not in self.values[name]:
                    self.invalid(f"{name}: {item!r} is not a value")
        if name == "message_types" and not value:
            self.invalid("message_types is empty")
        if name == "team_ids":
            if any(type(item) is not int or item < 1 for item in value):
                self.invalid("team_ids are numbers")
            if len(value) > self.limits["team_ids"]:
                self.invalid("too many team_ids")

    def length(self, value: str) -> int:
        return len(value)

    # --- visibility and permissions

    def sees(self, user: str, creator: str, scope: str, teams: frozenset[int]) -> bool:
        if user == creator:
            return True
        if ORGANIZATION_OF[user] != ORGANIZATION_OF[creator]:
            return False
        return scope == "organization" or (scope == "team" and bool(teams & TEAMS_OF[user]))

    def visible(self, user: str, action: Action) -> bool:
        teams = frozenset(action.fields.get("team_ids", ()))
        return action.alive and self.sees(user, action.creator, action.fields["scope"], teams)

    def may_change(self, user: str, action: Action) -> bool:
        return user == action.creator

    def find(self, user: str, identifier: str) -> Action:
        action = self.actions.get(identifier)
        if action is None or not self.visible(user, action):
            self.not_found()
        return action

    def find_to_change(self, user: str, identifier: str) -> Action:
        action = self.find(user, identifier)
        if not self.may_change(user, action):
            raise Refusal(403, None, "Only the creator may change it.")
        return action

    def not_found(self) -> NoReturn:
        raise Refusal(404, "msgaction_not_found", "There is no such action.")

    def taken(self, user: str, name: str, but: Action | None = None) -> bool:
        return any(
            action.alive
            and action is not but
            and ORGANIZATION_OF[action.creator] == ORGANIZATION_OF[user]
            and action.fields["name"] == name
            for action in self.actions.values()
        )

    def name_exists(self) -> NoReturn:
        raise Refusal(400, "msgaction_name_already_exists", "The name is taken.")

    # --- operations

    BODY = ("name", "hint", "scope", "team_ids", "multi_selectable", "image", "message_types", "execution_url")

    def create(self, user: str, _id: str, _handler: str, given: dict[str, Any], _query: dict[str, str]) -> Any:
        self.check("create", given, (*self.BODY, "execution_type"))
        kind = given.get("execution_type", self.defaults["execution_type"])
        self.check_rules(given, kind, given.get("scope", self.defaults["scope"]), ())
        if self.taken(user, given["name"]):
            self.name_exists()
        mine = sum(a.alive and ORGANIZATION_OF[a.creator] == ORGANIZATION_OF[user] for a in self.actions.values())
        if self.creation_limit is not None and mine >= self.creation_limit:
            raise Refusal(400, "msgaction_creation_limit_exceeded", "The organization is full.")
        action = Action(self.new_id(), user)
        self.set(action, {"hint": "", **self.defaults, **given})  # a document may make the hint optional
        self.actions[action.id] = action
        self.record(action)
        return self.envelope("create", action)

    def new_id(self) -> str:
        return str(next(self.numbers))

    def check_rules(self, given: dict[str, Any], kind: str, scope: str, teams: tuple[int, ...]) -> None:
        if kind == "webhook" and "execution_type" in given and "execution_url" not in given:
            self.invalid("a webhook action needs execution_url")
        if kind == "deluge" and "execution_url" in given:
            self.invalid("execution_url is for webhook actions")
        if scope == "team" and not given.get("team_ids", teams):
            self.invalid("scope team needs team_ids")
        if scope != "team" and given.get("team_ids"):
            self.invalid("team_ids is for scope team")

    def set(self, action: Action, given: dict[str, Any]) -> None:
        action.fields.update({name: value for name, value in given.items() if name != "image"})
        if action.fields["scope"] != "team":
            action.fields.pop("team_ids", None)

    def record(self, action: Action, changed: bool = True) -> None:
        self.sequence += 1
        if changed:
            action.changed = self.sequence
        teams = frozenset(action.fields.get("team_ids", ()))
        action.log.append((self.sequence, action.alive, action.fields["scope"], teams))

    def update(self, user: str, identifier: str, _handler: str, given: dict[str, Any], _query: dict[str, str]) -> Any:
        action = self.find_to_change(user, identifier)
        self.check("update", given, self.BODY)
        scope = given.get("scope", action.fields["scope"])
        self.check_rules(given, action.fields["execution_type"], scope, tuple(action.fields.get("team_ids", ())))
        if "name" in given and self.taken(user, given["name"], action):
            self.name_exists()
        self.set(action, given)
        self.record(action)
        return self.envelope("update", action)

    def get(self, user: str, identifier: str, *_: Any) -> Any:
        return self.envelope("get", self.find(user, identifier))

    def delete(self, user: str, identifier: str, *_: Any) -> Any:
        action = self.find_to_change(user, identifier)
        action.alive = False
        self.record(action)

    def list(self, user: str, _id: str, _handler: str, _given: dict[str, Any], query: dict[str, str]) -> Any:
        limit = self.limit(query)
        since = self.read_token("sync", user, query.get("sync_token"))
        resumed = self.read_token("next", user, query.get("next_token"))
        start, since_then, after = resumed if resumed else (self.sequence, since[0] if since else None, 0)
        rows = [action for action in self.ordered() if self.listed(user, action, since_then)]
        rows = [action for action in rows if self.beyond(action, after)]
        page = rows[:limit]
        shown: dict[str, Any] = {"url": f"{BASE}{LISTING}", "type": "messageaction"}
        shown["data"] = [self.show(action) for action in page]
        if len(rows) > limit:
            shown["next_token"] = self.token("next", user, start, since_then, int(page[-1].id))
        else:
            shown["sync_token"] = self.token("sync", user, start)
            if since_then is not None:
                shown["deleted"] = self.gone(user, since_then)
        return shown

    def ordered(self) -> Any:
        return sorted(self.actions.values(), key=lambda action: int(action.id), reverse=self.order_newest_first)

    def beyond(self, action: Action, after: int) -> bool:
        return not after or (int(action.id) < after if self.order_newest_first else int(action.id) > after)

    def listed(self, user: str, action: Action, since: int | None) -> bool:
        return self.visible(user, action) and (since is None or action.changed > since)

    def gone(self, user: str, since: int) -> Any:
        found = []
        for action in self.actions.values():
            before = [entry for entry in action.log if entry[0] <= since][-1:]
            seen = any(
                alive and self.sees(user, action.creator, scope, teams)
                for number, alive, scope, teams in [*before, *(e for e in action.log if e[0] > since)]
            )
            if seen and not self.visible(user, action):
                found.append(action.id)
        return found

    def limit(self, query: dict[str, str]) -> int:
        if "limit" not in query:
            return self.page_size
        if not re.fullmatch("[0-9]{1,9}", query["limit"]) or not 1 <= int(query["limit"]) <= self.limits["page"]:
            raise Refusal(400, "invalid_inputs", "limit is a number from 1 to 100")
        return int(query["limit"])

    def token(self, kind: str, user: str, *parts: int | None) -> str:
        text = json.dumps([kind, user, *parts])
        return base64.b64encode(f"{hashlib.sha256(text.encode()).hexdigest()[:12]}{text}".encode()).decode()

    def read_token(self, kind: str, user: str, text: str | None) -> Any:
        if text in (None, "", "null"):
            return None
        try:
            inner = base64.b64decode(text or "", validate=True).decode()
            found = json.loads(inner[12:])
            genuine = hashlib.sha256(inner[12:].encode()).hexdigest()[:12] == inner[:12]
        except (ValueError, UnicodeDecodeError):
            genuine = False
        if not genuine or found[:2] != [kind, user]:
            raise Refusal(400, "invalid_inputs", "The token is not valid.")
        return found[2:]

    def get_handler(self, user: str, identifier: str, handler: str, *_: Any) -> Any:
        if handler != "execution_handler":
            self.no_handler()
        return self.handler_envelope(self.find_for_handler(user, identifier))

    def find_for_handler(self, user: str, identifier: str) -> Action:
        return self.find(user, identifier)

    def no_handler(self) -> NoReturn:
        raise Refusal(404, "execution_handler_not_found", "There is no such handler.")

    def update_handler(
        self, user: str, identifier: str, handler: str, given: dict[str, Any], _query: dict[str, str]
    ) -> Any:
        if handler != "execution_handler":
            self.no_handler()
        action = self.find_to_change(user, identifier)
        self.check("update_handler", given, ("script", "permissions"))
        if len(given) != 1:
            self.invalid("script or permissions, one of them")
        self.check_fit(action, given)
        self.set_handler(action, given)
        return self.handler_envelope(action)

    def check_fit(self, action: Action, given: dict[str, Any]) -> None:
        fit = "script" if action.fields["execution_type"] == "deluge" else "permissions"
        if fit not in given:
            raise Refusal(400, "execution_handler_update_failed", f"This action's handler has {fit}.")

    def set_handler(self, action: Action, given: dict[str, Any]) -> None:
        action.script = given.get("script", action.script)
        action.permissions = given.get("permissions", action.permissions)

    # --- contents of answers

    def show(self, action: Action) -> dict[str, Any]:
        shown = {
            "id": action.id,
            **{name: value for name, value in action.fields.items() if name != "team_ids" or value},
            "handlers": [{"type": "execution_handler"}],
            "creator": CREATOR[action.creator],
            "status": "enabled",
            "type": "custom",
        }
        if shown["execution_type"] != "webhook":
            shown.pop("execution_url", None)
        return shown

    def envelope(self, operation: str, action: Action) -> Any:
        path = BASE + (action_path(action.id) if operation == "update" else CREATING)
        return {"url": path, "type": "messageaction", "data": self.show(action)}

    def handler_envelope(self, action: Action) -> Any:
        shown: dict[str, Any] = {"name": "execution_handler", "function_id": action.id}
        if action.fields["execution_type"] == "webhook":
            shown["permissions"] = action.permissions
        elif action.script is not None:
            shown["script"] = action.script
        path = f"{BASE}{handler_path(action.id)}"
        return {"url": path, "type": "execution_handler", "data": shown}


@contextmanager
def serve(handle: Handle) -> Iterator[str]:
    """Serve `handle` on a free port of 127.0.0.1 inside the `with` block, and yield the URL of the server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for headers and body: a second one would wait for an acknowledgement

        def reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            status, headers, content = handle(self.command, self.path, list(self.headers.items()), body)
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):  # for every HTTP method
                return self.reply
            raise AttributeError(name)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
