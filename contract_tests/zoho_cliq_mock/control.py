"""The control API under `/_mock/`: what a test or a person does to the mock itself.

Every call but `health` carries the control token as `Authorization: Bearer …`. Answers are JSON.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from zoho_cliq_mock.policies import PolicyError
from zoho_cliq_mock.state import State
from zoho_cliq_mock.trigger.routes import trigger_routes


class ControlError(Exception):
    """A control call that cannot be carried out, with the reason."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


Act = Callable[[State, Any], Any]


def control_app(state: State) -> Starlette:
    """The control API over a state."""
    routes = [Route("/_mock/health", _endpoint(state, health, needs_token=False), methods=["GET"])]
    routes += [Route(f"/_mock/{path}", _endpoint(state, act), methods=[method]) for method, path, act in ROUTES]
    routes += trigger_routes(state.parts["trigger"], lambda request: _refusal(state, request))
    return Starlette(routes=routes)


def health(state: State, _: Any) -> Any:
    """GET health: that the server is up."""
    return {"status": "ok"}


def reset(state: State, _: Any) -> Any:
    """POST reset: back to the seed."""
    state.reset()
    return {"status": "reset"}


def clock(state: State, body: Any) -> Any:
    """POST clock: `{"advance": s}`, `{"freeze": true}` or `{"freeze": at}`, `{"run": true}`, `{"offset": s}`."""
    known = {"advance", "freeze", "run", "offset"}
    if not isinstance(body, dict) or not body.keys() <= known:
        raise ControlError(f"the body takes {', '.join(sorted(known))}")
    for name, value in body.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e11
        if not number and not (name in ("freeze", "run") and value is True):
            raise ControlError(f"{name}: must be a number of seconds")
    if "offset" in body:
        state.clock.shift(body["offset"])
    if "freeze" in body:
        state.clock.freeze(None if body["freeze"] is True else body["freeze"])
    if "run" in body:
        state.clock.run()
    if "advance" in body:
        state.clock.advance(body["advance"])
    return read_clock(state, None)


def read_clock(state: State, _: Any) -> Any:
    """GET clock: the time, whether it stands still, and how far it is ahead of real time."""
    return {"now": state.clock.now(), "frozen": state.clock.frozen, "offset": state.clock.offset}


def read_state(state: State, _: Any) -> Any:
    """GET state: actions, locks, policies and clock."""
    actions = state.connection.execute("SELECT organization, rendered, handler FROM action ORDER BY id").fetchall()
    return {
        "actions": [
            {"organization": organization, **orjson.loads(rendered), "handler": orjson.loads(handler or "null")}
            for organization, rendered, handler in actions
        ],
        "locks": state.thresholds.locks(),
        "policies": state.policies.as_dict(),
        "thresholds": state.thresholds.enabled,
        "clock": read_clock(state, None),
    }


def change_policies(state: State, body: Any) -> Any:
    """POST policies: `{name: value}`."""
    if not isinstance(body, dict):
        raise ControlError("the body must be an object of policies")
    try:
        state.set_policies(state.policies.changed(body))
    except PolicyError as error:
        raise ControlError(str(error)) from None
    return state.policies.as_dict()


def read_policies(state: State, _: Any) -> Any:
    """GET policies: those in force."""
    return state.policies.as_dict()


def change_thresholds(state: State, body: Any) -> Any:
    """POST thresholds: `{"enabled": bool}` and `{"clear": true}`."""
    if not isinstance(body, dict) or not body.keys() <= {"enabled", "clear"}:
        raise ControlError("the body takes enabled, clear")
    if "enabled" in body:
        state.thresholds.enabled = bool(body["enabled"])
    if body.get("clear"):
        state.thresholds.clear()
    return {"enabled": state.thresholds.enabled, "locks": state.thresholds.locks()}


ROUTES: list[tuple[str, str, Act]] = [
    ("POST", "reset", reset),
    ("POST", "clock", clock),
    ("GET", "clock", read_clock),
    ("GET", "state", read_state),
    ("POST", "policies", change_policies),
    ("GET", "policies", read_policies),
    ("POST", "thresholds", change_thresholds),
]


def _endpoint(state: State, act: Act, *, needs_token: bool = True) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            if needs_token:
                refused = _refusal(state, request)
                if refused is not None:
                    return refused
            raw = await request.body()
            try:
                body = orjson.loads(raw) if raw else None
            except ValueError:
                raise ControlError("the body is not valid JSON") from None
            return _json(act(state, body), 200)
        except ControlError as error:
            return _json({"message": str(error)}, error.status)

    return endpoint


def _refusal(state: State, request: Request) -> Response | None:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if secrets.compare_digest(given.encode(), state.control_token.encode()):
        return None
    return _json({"message": "the control token is missing or wrong"}, 401)


def _json(data: Any, status: int) -> Response:
    return Response(orjson.dumps(data), status, media_type="application/json")
