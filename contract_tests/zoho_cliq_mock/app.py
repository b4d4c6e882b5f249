"""The ASGI application: the guard chain (parse, fault, auth, scope, threshold, validate, act) and the answers.

A plain ASGI callable, because routing and request objects would cost more than the work itself. Everything under
`/_mock/` and `/oauth/` goes to applications of their own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from zoho_cliq_api.contract import Operation

from zoho_cliq_mock.bodies import MAX_BYTES, read_json
from zoho_cliq_mock.clock import Clock
from zoho_cliq_mock.directory import Grant
from zoho_cliq_mock.document import BASE_PATH, match, routes
from zoho_cliq_mock.errors import NOT_ACCEPTABLE, TOKEN_INVALID, Refusal, body_of, status_of
from zoho_cliq_mock.operations import ACTS, Call
from zoho_cliq_mock.state import State
from zoho_cliq_mock.trigger.service import Trigger

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_JSON = (b"content-type", b"application/json; charset=utf-8")


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
) -> App:
    """The mock server as an ASGI application, for use in this process.

    The arguments are those of `MockServer`. `app.state` is its state, `app.state.control_token` the control token.
    Raises `DatabaseError`, `SeedError` or `PolicyError` for arguments that cannot be used.
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
    state.parts["trigger"] = Trigger(state, webhook_hosts)
    return App(state, control=control)


class App:
    """The application over one state."""

    def __init__(self, state: State, *, control: bool = True) -> None:
        self.state = state
        self._routes = routes()
        self._prefix = f"{BASE_PATH}/".encode()
        self._with_control = control
        self._control: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await _refuse_other(scope, receive, send)
            return
        if scope["path"].startswith("/_mock/") and self._with_control:
            await self._control_app()(scope, receive, send)
            return
        status, headers, body = await self._answer(scope, receive)
        if status == 204:
            await send({"type": "http.response.start", "status": status, "headers": headers})
        else:
            length = (b"content-length", b"%d" % len(body))
            await send({"type": "http.response.start", "status": status, "headers": [_JSON, length, *headers]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _control_app(self) -> Any:
        if self._control is None:
            from zoho_cliq_mock.control import control_app

            self._control = control_app(self.state)
        return self._control

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        state = self.state
        try:
            raw_path: bytes = scope["raw_path"].partition(b"?")[0]
            if not raw_path.startswith(self._prefix):
                raise Refusal("request_url_invalid", "there is nothing at this path")
            found = match(self._routes, raw_path[len(self._prefix) :].decode("latin-1"))
            if found is None:
                raise Refusal("request_url_invalid", "there is nothing at this path")
            route, parameters = found
            operation = route.operations.get(scope["method"])
            if operation is None:
                code, text = "request_method_invalid", f"this path takes {route.allow}"
                allow = [(b"allow", route.allow.encode())]
                return status_of(code, state.policies), allow, body_of(code, text, state.policies)
            authorization = accept = content_type = None
            for name, value in scope["headers"]:
                if name == b"authorization":
                    authorization = value
                elif name == b"accept":
                    accept = value
                elif name == b"content-type":
                    content_type = value
            if accept is not None and not takes_json(accept):
                raise Refusal(NOT_ACCEPTABLE, "answers are application/json, which the Accept header rules out")
            raw = await _body(receive) if state.validators.has_body(operation.name) else b""
            grant = self._grant(authorization)
            _check_scope(operation, grant)
            state.thresholds.enter(grant.user.id, operation)
            try:
                body = self._valid(operation, parameters, content_type, raw)
                act = ACTS.get(operation.name)
                if act is None:
                    return (
                        501,
                        [],
                        body_of("operation_failed", f"the mock does not know {operation.name}", state.policies),
                    )
                answer = act(state, Call(grant.user, parameters, scope["query_string"], body))
            except Refusal:
                state.thresholds.forget_last(grant.user.id, operation)
                raise
            return operation.success, [], answer
        except Refusal as refusal:
            policies = state.policies
            return status_of(refusal.code, policies), [], body_of(refusal.code, refusal.message, policies)

    def _grant(self, authorization: bytes | None) -> Grant:
        kind, _, token = (authorization or b"").decode("latin-1").partition(" ")
        grant = self.state.directory.grants.get(token.strip())
        if kind.lower() not in ("bearer", "zoho-oauthtoken") or grant is None:
            raise Refusal(TOKEN_INVALID, "the access token is missing or not valid")
        if grant.expires is not None and grant.expires <= self.state.clock.now():
            raise Refusal(TOKEN_INVALID, "the access token has expired")
        return grant

    def _valid(self, operation: Operation, parameters: list[str], content_type: bytes | None, raw: bytes) -> Any:
        state = self.state
        if parameters and state.policies.malformed_id == "400":
            identifier = parameters[0]
            if not (identifier.isascii() and identifier.isdigit() and len(identifier) <= 19):
                raise Refusal("invalid_inputs", "the id in the path must be a number of up to 19 digits")
        if not state.validators.has_body(operation.name):
            return None
        body = read_json(content_type, raw)
        problem = state.validators.problem(operation.name, body)
        if problem is not None:
            sibling = state.policies.validation_codes == "sibling"
            raise Refusal(problem.code if sibling else "invalid_inputs", problem.message)
        return body


def _check_scope(operation: Operation, grant: Grant) -> None:
    if not any(scope.lower() in grant.scopes for scope in operation.scopes):
        raise Refusal("oauthtoken_scope_invalid", f"the access token lacks the scope {' or '.join(operation.scopes)}")


async def _body(receive: Receive) -> bytes:
    message = await receive()
    raw: bytes = message.get("body", b"")
    parts = [raw]
    size = len(raw)
    while message.get("more_body"):
        message = await receive()
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= MAX_BYTES:
            parts.append(part)
    if size > MAX_BYTES:
        raise Refusal("invalid_inputs", f"the body is longer than {MAX_BYTES} bytes")
    return b"".join(parts) if len(parts) > 1 else raw


@lru_cache(maxsize=256)
def takes_json(accept: bytes) -> bool:
    """Whether an Accept header allows application/json."""
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
    """Lifespan events are acknowledged; web sockets are closed."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
