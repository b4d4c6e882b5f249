"""The ASGI application: the chain of guards (parse, fault, auth, scope, threshold, validate, act) and the responses.

It is a plain ASGI callable, because routing and request objects would cost more time than the work itself. Other
applications handle the paths below `/_mock/` and `/oauth/`; they are imported when they are first needed.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from zoho_cliq_api.contract import Operation

from zoho_cliq_mock import extras
from zoho_cliq_mock.bodies import MAX_BYTES, read_json
from zoho_cliq_mock.clock import Clock
from zoho_cliq_mock.database import clear_errors
from zoho_cliq_mock.directory import Grant
from zoho_cliq_mock.document import BASE_PATH, match, routes
from zoho_cliq_mock.errors import NOT_ACCEPTABLE, TOKEN_INVALID, Refusal, body_of, status_of
from zoho_cliq_mock.faults import Rule, deliver, spoil
from zoho_cliq_mock.journal import BODY_BYTES, Entry
from zoho_cliq_mock.operations import ACTS, ApiRequest
from zoho_cliq_mock.path_parameters import ACTION_ID, check_path
from zoho_cliq_mock.state import State
from zoho_cliq_mock.trigger.service import Trigger
from zoho_cliq_mock.wire import CYCLE, ClientGone, Headers, Receive, Scope, Send, answer, read_body

_JSON = b"application/json; charset=utf-8"
_log = logging.getLogger("zoho_cliq_mock")

extras.require("starlette")  # fail at import, not at the first call of the control API

# Path prefixes, each with the module whose `make_app(state)` returns the application for it.
MOUNTS = (
    ("/oauth/", "zoho_cliq_mock.accounts"),
    ("/_mock/console", "zoho_cliq_mock.console.routes"),
    ("/_mock/", "zoho_cliq_mock.control"),
)


def create_app(
    db: str = ":memory:",
    *,
    seed: Mapping[str, Any] | None = None,
    thresholds: bool = True,
    policies: Mapping[str, object] | None = None,
    clock: Clock | Callable[[], float] | None = None,
    control: bool = True,
    control_token: str | None = None,
    durable: bool = False,
    webhook_hosts: Collection[str] = (),
    connections: Mapping[str, Mapping[str, str]] | None = None,
) -> App:
    """Return the mock server as an ASGI application, for use in this process.

    Args:
        db: the path of a database file, or `:memory:`, the default.
        seed: users, tokens and actions, as the README describes them. Default: the demo seed, or that of the database.
        thresholds: whether calls are counted and users locked. Default: True.
        policies: values of policies by name; `zoho-cliq-mock --list-policies` shows them. Default: none is changed.
        clock: a `Clock`, or a function that returns seconds since 1970. Default: the system's time.
        control: whether there is a control API, and with it the console. Default: True.
        control_token: the token of the control API. Default: None, a random one.
        durable: whether a change survives a loss of power before it is answered. Default: False.
        webhook_hosts: hosts, in addition to this machine, that events and scripts' requests may be sent to. Default:
            none.
        connections: the headers that `connection:` in a script adds: `{name: {header: value}}`. Default: none.

    `app.state` is the state of the mock, and `app.state.control_token` the control token.

    Raise `DatabaseError`, `SeedError`, `PolicyError` or `ConnectionsError` for arguments that cannot be used.
    """
    state = State(
        db,
        seed=seed,
        thresholds=thresholds,
        policies=policies,
        clock=clock,
        durable=durable,
        control_token=control_token,
    )
    try:
        with clear_errors(db):
            state.parts["trigger"] = Trigger(state, webhook_hosts, connections)
    except BaseException:
        state.close()
        raise
    return App(state, control=control)


class Response(NamedTuple):
    """A response: status, further header fields and body. `code` is the error code, or None."""

    status: int
    headers: Headers
    body: bytes
    code: str | None = None


class Request(NamedTuple):
    """A parsed request to an operation."""

    operation: Operation
    parameters: dict[str, str]
    query: bytes
    authorization: bytes | None
    content_type: bytes | None
    body: bytes


class App:
    """The ASGI application of one mock.

    Args:
        state: the mock's state.
        control: whether to serve the control API and the console. Default: True.
    """

    def __init__(self, state: State, *, control: bool = True) -> None:
        self.state = state
        self._routes = routes()
        self._prefix = f"{BASE_PATH}/".encode()
        self._mounts = [mount for mount in MOUNTS if control or not mount[0].startswith("/_mock/")]
        self._mounted: dict[str, Any] = {}

    def __repr__(self) -> str:
        """Return the class and the number of users and organizations; no token is shown."""
        users = self.state.directory.users.values()
        return f"<zoho_cliq_mock App: {len(users)} users of {len({user.organization for user in users})} organizations>"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request of the ASGI server."""
        if scope["type"] != "http":
            await _refuse_other(scope, receive, send)
            return
        if CYCLE in scope and scope[CYCLE].disconnected:
            return  # the request is incomplete and was refused by the protocol, so do not carry it out
        try:
            await self._dispatch(scope, receive, send)
        except ClientGone:
            self._note(scope, None, None, 0, None, None)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if not path.startswith("/api/"):
            for prefix, module in self._mounts:
                if path.startswith(prefix):
                    if prefix not in self._mounted:
                        self._mounted[prefix] = import_module(module).make_app(self.state)
                    await self._mounted[prefix](scope, receive, send)
                    return
        await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = self.state
        request: Request | None = None
        grant: Grant | None = None
        rule: Rule | None = None
        result: Response | None = None
        try:
            request = await self._parse(scope, receive)
            grant = self._known_grant(request.authorization)
            if state.faults.rules:
                rule = state.faults.pick(request.operation.name, grant.user.key if grant else None)
                if rule is not None and not rule.after:
                    await rule.pause(receive)
            if rule is None or rule.after or rule.fault == "delay":
                result = self._carry_out(request, grant)
        except Refusal as refusal:
            result = self._refused(refusal, scope)
        except ClientGone:
            raise
        except sqlite3.OperationalError as error:  # such as a full disk; not a bug of the mock, so log no traceback
            _log.error("the mock cannot use its database during %s %r: %s", scope["method"], scope["path"], error)
            result = self._refused(Refusal("operation_failed", "the mock server failed; see its log"), scope)
        except Exception:  # noqa: BLE001  (a server must answer 500 to any error)
            _log.exception("the mock failed during %s %r", scope["method"], scope["path"])
            result = self._refused(Refusal("operation_failed", "the mock server failed; see its log"), scope)
        user = grant.user.key if grant else None
        if rule is not None and rule.after:
            await rule.pause(receive)
        if rule is None or rule.fault == "delay":
            assert result is not None
            self._note(scope, request, user, result.status, result.code, rule)
            await answer(scope, send, result.status, _JSON, result.headers, result.body)
            return
        assert request is not None
        done = (result.status, result.body) if result is not None else None
        spoilt = spoil(rule, request.operation.name, state.policies, done)
        self._note(scope, request, user, spoilt.status, spoilt.code, rule)
        await deliver(rule, spoilt, scope, receive, send)

    async def _parse(self, scope: Scope, receive: Receive) -> Request:
        raw_path: bytes = scope["raw_path"].partition(b"?")[0]
        found = None
        if raw_path.startswith(self._prefix):
            found = match(self._routes, raw_path[len(self._prefix) :].decode("latin-1"))
        if found is None:
            raise Refusal("request_url_invalid", "this path does not exist")
        route, parameters = found
        operation = route.operations.get(scope["method"])
        if operation is None:
            raise MethodRefusal(route.allow)
        authorization = accept = content_type = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorization = value
            elif name == b"accept":
                accept = value if accept is None else accept + b"," + value
            elif name == b"content-type":
                content_type = value
        if accept is not None and not takes_json(accept):
            raise Refusal(NOT_ACCEPTABLE, "responses are application/json, which the Accept header excludes")
        body = b""
        if self.state.validators.has_body(operation.name):
            read = await read_body(scope, receive, MAX_BYTES)
            if read is None:
                raise Refusal("invalid_inputs", f"the body is longer than {MAX_BYTES} bytes")
            body = read
        return Request(operation, parameters, scope["query_string"], authorization, content_type, body)

    def _known_grant(self, authorization: bytes | None) -> Grant | None:
        kind, _, token = (authorization or b"").decode("latin-1").partition(" ")
        if kind.lower() not in ("bearer", "zoho-oauthtoken"):
            return None
        return self.state.directory.grants.get(token.strip())

    def _carry_out(self, request: Request, grant: Grant | None) -> Response:
        state, operation = self.state, request.operation
        if grant is None:
            raise Refusal(TOKEN_INVALID, "the access token is missing or not valid")
        if grant.expires is not None and grant.expires <= state.clock.now():
            raise Refusal(TOKEN_INVALID, "the access token has expired")
        if not any(scope.lower() in grant.scopes for scope in operation.scopes):
            raise Refusal(
                "oauthtoken_scope_invalid", f"the access token lacks the scope {' or '.join(operation.scopes)}"
            )
        state.thresholds.enter(grant.user.id, operation)
        try:
            body = self._valid(request)
            act = ACTS.get(operation.name)
            if act is None:
                message = f"the mock does not implement the operation {operation.name}"
                _log.warning("%s (%s %s): returned 501", message, operation.method, operation.path)
                return Response(501, [], body_of("operation_failed", message, state.policies), "operation_failed")
            done = act(state, ApiRequest(grant.user, operation, request.parameters, request.query, body))
        except Refusal:
            state.thresholds.forget_last(grant.user.id, operation)
            raise
        return Response(operation.success, [], done)

    def _valid(self, request: Request) -> Any:
        state = self.state
        if state.policies.malformed_id == "400":
            identifier = request.parameters.get(ACTION_ID, "0")
            if not (identifier.isascii() and identifier.isdigit() and len(identifier) <= 19):
                raise Refusal("invalid_inputs", "the id in the path must be a number of up to 19 digits")
        check_path(request.operation, request.parameters)
        name = request.operation.name
        if not state.validators.has_body(name):
            return None
        body = read_json(request.content_type, request.body)
        problem = state.validators.problem(name, body)
        if problem is not None:
            sibling = state.policies.validation_codes == "sibling"
            raise Refusal(problem.code if sibling else "invalid_inputs", problem.message)
        return body

    def _refused(self, refusal: Refusal, scope: Scope) -> Response:
        policies, code = self.state.policies, refusal.code
        headers = [(b"allow", refusal.allow.encode())] if isinstance(refusal, MethodRefusal) else []
        return Response(status_of(code, policies), headers, body_of(code, refusal.message, policies), code)

    def _note(
        self,
        scope: Scope,
        request: Request | None,
        user: str | None,
        status: int,
        code: str | None,
        rule: Rule | None,
    ) -> None:
        self.state.journal.add(
            Entry(
                self.state.clock.now(),
                scope["method"],
                scope["path"],
                scope["query_string"].decode("latin-1"),
                user,
                request.operation.name if request else None,
                status,
                code,
                rule.fault if rule else None,
                request.body[:BODY_BYTES] if request else b"",
            )
        )


class MethodRefusal(Refusal):
    """A request whose HTTP method the path does not have; `allow` is the value of the Allow header."""

    def __init__(self, allow: str) -> None:
        super().__init__("request_method_invalid", f"this path supports only {allow}")
        self.allow = allow


@lru_cache(maxsize=256)
def takes_json(accept: bytes) -> bool:
    """Return whether an Accept header allows application/json."""
    best: tuple[int, float] | None = None
    for entry in accept.decode("latin-1").lower().split(","):
        kind, *parameters = (part.strip() for part in entry.split(";"))
        precision = {"application/json": 2, "application/*": 1, "*/*": 0}.get(kind)
        if precision is None:
            continue
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        if best is None or precision > best[0]:
            best = precision, quality
    if not accept.strip():
        return True
    return best is not None and best[1] > 0


async def _refuse_other(scope: Scope, receive: Receive, send: Send) -> None:
    """Acknowledge lifespan events, and close WebSockets."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
