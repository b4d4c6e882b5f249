"""The control API under `/_mock/`, by which a test or a person changes the mock itself.

Every call must come from this machine. Every call except `health` needs the control token, as `Authorization: Bearer
…`, or the console's session cookie. Calls that a browser sends from another page are refused; the headers `Host`,
`Origin` and `Sec-Fetch-Site` show that. Responses are JSON; a refusal is `{"message": …}`. `ROUTES` lists all calls.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from zoho_cliq_mock.control_requests import ControlError, answer, check_origin, check_token, read_data
from zoho_cliq_mock.directory import SCOPES, SeedError, read_scopes
from zoho_cliq_mock.errors import Refusal
from zoho_cliq_mock.faults import FaultError
from zoho_cliq_mock.policies import PolicyError
from zoho_cliq_mock.state import State
from zoho_cliq_mock.trigger.routes import trigger_routes
from zoho_cliq_mock.wire import Receive, Scope, Send, whole

Act = Callable[[State, Any], Any]


def make_app(state: State) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Return the control API of a mock's state, as an ASGI application."""
    by_path: dict[str, dict[str, Act]] = {}
    for method, path, act in ROUTES:
        by_path.setdefault(path, {})[method] = act
    routes = [Route(f"/_mock/{path}", _endpoint(state, acts), methods=list(acts)) for path, acts in by_path.items()]
    app = Starlette(routes=routes + trigger_routes(state))

    async def control(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, whole(scope, send))

    return control


def health(state: State, _: Any) -> Any:
    """GET health: `{"status": "ok"}`, if the server runs. The only call that needs no token."""
    return {"status": "ok"}


def reset(state: State, _: Any) -> Any:
    """POST reset: return to the seed."""
    state.reset()
    return {"status": "reset"}


def snapshot(state: State, body: Any) -> Any:
    """POST snapshot: `{"name": text}`; save the state in memory. The name defaults to `default`."""
    state.snapshot(_text(_object(body or {}, "name"), "name", "default"))
    return {"status": "kept"}


def restore(state: State, body: Any) -> Any:
    """POST restore: `{"name": text}`; return to a snapshot. The name defaults to `default`."""
    name = _text(_object(body or {}, "name"), "name", "default")
    if not state.restore(name):
        raise ControlError(f"there is no snapshot {name!r}", 404)
    return {"status": "restored"}


def seed(state: State, body: Any) -> Any:
    """POST seed: reset to the seed in the body."""
    state.reseed(body)
    return {"status": "reset"}


def read_seed(state: State, _: Any) -> Any:
    """GET seed: the seed in force."""
    return state.seed


def clock(state: State, body: Any) -> Any:
    """POST clock: change the clock, and return it as GET does.

    `{"advance": s}`, `{"freeze": true}` (now) or `{"freeze": at}`, `{"run": true}`, `{"offset": s}`; see `Clock`. Times
    are in seconds.
    """
    given = _object(body, "advance", "freeze", "run", "offset")
    for name, value in given.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number and not (name in ("freeze", "run") and value is True):
            raise ControlError(f"{name}: must be a number of seconds")
    before = state.clock.saved()
    try:
        if "offset" in given:
            state.clock.shift(given["offset"])
        if "freeze" in given:
            state.clock.freeze(None if given["freeze"] is True else given["freeze"])
        if "run" in given:
            state.clock.run()
        if "advance" in given:
            state.clock.advance(given["advance"])
    except ValueError as error:
        state.clock.restore(before)
        raise ControlError(str(error)) from None
    state.keep_clock()
    return read_clock(state, None)


def read_clock(state: State, _: Any) -> Any:
    """GET clock: the time, whether the clock is frozen, and its offset from real time, in seconds."""
    return {"now": state.clock.now(), "frozen": state.clock.frozen, "offset": state.clock.offset}


def read_state(state: State, _: Any) -> Any:
    """GET state: actions, users, locks, policies, faults and clock. No tokens."""
    actions = state.connection.execute("SELECT organization, rendered, handler FROM action ORDER BY id").fetchall()
    return {
        "actions": [
            {"organization": organization, **orjson.loads(rendered), "handler": orjson.loads(handler or "null")}
            for organization, rendered, handler in actions
        ],
        "users": [
            {"key": user.key, "id": user.id, "organization": user.organization, "teams": sorted(user.teams)}
            for user in state.directory.users.values()
        ],
        "locks": state.thresholds.locks(),
        "policies": state.policies.as_dict(),
        "thresholds": state.thresholds.enabled,
        "faults": [rule.shown() for rule in state.faults.rules],
        "requests": state.journal.total,
        "clock": read_clock(state, None),
        **{name: part.shown() for name, part in state.parts.items()},
    }


def change_policies(state: State, body: Any) -> Any:
    """POST policies: `{name: value}`; change these policies, and return all."""
    if not isinstance(body, dict):
        raise ControlError("the body must be an object with policies")
    state.set_policies(state.policies.changed(body))
    return state.policies.as_dict()


def read_policies(state: State, _: Any) -> Any:
    """GET policies: the policies in force."""
    return state.policies.as_dict()


def change_thresholds(state: State, body: Any) -> Any:
    """POST thresholds: `{"enabled": bool}` switches them on or off; `{"clear": true}` forgets all counts and locks."""
    given = _object(body, "enabled", "clear")
    if not all(isinstance(value, bool) for value in given.values()):
        raise ControlError("enabled and clear must be true or false")
    if "enabled" in given:
        state.set_thresholds(enabled=given["enabled"])
    if given.get("clear"):
        state.thresholds.clear()
    return read_thresholds(state, None)


def read_thresholds(state: State, _: Any) -> Any:
    """GET thresholds: whether they are enabled, and when each lock ends."""
    return {"enabled": state.thresholds.enabled, "locks": state.thresholds.locks()}


def add_faults(state: State, body: Any) -> Any:
    """POST faults: add a rule, or a list of rules. If one cannot be used, none is added."""
    given = body if isinstance(body, list) else [body]
    kept = list(state.faults.rules)
    try:
        rules = [state.faults.add(each) for each in given]
    except FaultError:
        state.faults.rules[:] = kept
        raise
    return {"rules": [rule.shown() for rule in rules]}


def read_faults(state: State, _: Any) -> Any:
    """GET faults: the rules, with how many calls each has matched and spoiled."""
    return {"rules": [rule.shown() for rule in state.faults.rules]}


def clear_faults(state: State, _: Any) -> Any:
    """DELETE faults: remove all rules, and return them with their counts."""
    shown = read_faults(state, None)
    state.faults.clear()
    return shown


def add_token(state: State, body: Any) -> Any:
    """POST tokens: `{"user": key, "scopes": ["READ"], "expires_in": s}`; return a new token, `{"token": …}`.

    All fields are optional. Defaults: the first user of the seed, all scopes, no expiry.
    """
    given = {"user": next(iter(state.directory.users), ""), **_object(body or {}, "user", "scopes", "expires_in")}
    key, scopes, seconds = _user_key(state, given), _scopes(given), given.get("expires_in")
    if seconds is not None and (not isinstance(seconds, (int, float)) or isinstance(seconds, bool)):
        raise ControlError("expires_in: must be a number of seconds")
    return {"token": state.oauth.mint(key, scopes, seconds)}


def add_code(state: State, body: Any) -> Any:
    """POST codes: `{"user": key, "client_id": id, "scopes": […]}`; return a new code, `{"code": …}`.

    The code is valid for ten minutes. `scopes` defaults to all.
    """
    given = _object(body, "user", "client_id", "scopes")
    client = _text(given, "client_id")
    if client not in state.directory.clients:
        raise ControlError("client_id: unknown client")
    return {"code": state.oauth.mint_code(_user_key(state, given), client, _scopes(given))}


def revoke_token(state: State, body: Any) -> Any:
    """DELETE tokens: `{"token": text}`; revoke an access token or a refresh token."""
    status = state.oauth.revoke({"token": _text(_object(body, "token"), "token")})[1]
    if "error" in status:
        raise ControlError("token: unknown token", 404)
    return {"status": "revoked"}


def change_collaborators(state: State, body: Any) -> Any:
    """POST collaborators: `{"action": id, "users": [key]}`; make exactly these users the collaborators of an action.

    Collaborators see the action whatever its scope.
    """
    given = _object(body, "action", "users")
    keys = given.get("users")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ControlError("users: must be a list of users' keys")
    unknown = [key for key in keys if key not in state.directory.users]
    if unknown:
        raise ControlError(f"users: unknown user {unknown[0]!r}")
    state.store.share(_text(given, "action"), tuple(state.directory.users[key].id for key in keys))
    return {"status": "shared"}


def change_teams(state: State, body: Any) -> Any:
    """POST teams: `{"user": key, "teams": [number], "create": bool}`; make the user a member of exactly these teams.

    `create` creates missing teams. Default: false.
    """
    given = _object(body, "user", "teams", "create")
    teams, create = given.get("teams"), given.get("create", False)
    if not isinstance(create, bool):
        raise ControlError("create: must be true or false")
    if not isinstance(teams, list) or not all(isinstance(team, int) and not isinstance(team, bool) for team in teams):
        raise ControlError("teams: must be a list of numbers")
    user = state.change_teams(_text(given, "user"), frozenset(teams), create=create)
    return {"user": user.key, "teams": sorted(user.teams)}


def read_journal(state: State, _: Any) -> Any:
    """GET journal: the last requests, the oldest first."""
    return {"total": state.journal.total, "requests": [entry.shown() for entry in state.journal.entries]}


def clear_journal(state: State, _: Any) -> Any:
    """DELETE journal: remove all requests from the journal."""
    state.journal.clear()
    return {"status": "cleared"}


def add_link(state: State, _: Any) -> Any:
    """POST links: return a new link to the console, which can be used once, as a path on the mock's address."""
    return {"path": state.access.new_link()}


_MISTAKE = {"file": str, "line": int, "severity": str, "message": str}


def show_project(state: State, body: Any) -> Any:
    """POST project: show in the console what a folder of message actions came to.

    The body is `{"title", "text", "mistakes": [{"file", "line", "severity", "message"}]}`; `mistakes` is optional.
    """
    given = _object(body, "title", "text", "mistakes")
    title, text, mistakes = _text(given, "title"), _text(given, "text"), given.get("mistakes", [])
    if not isinstance(mistakes, list) or not all(map(_is_mistake, mistakes)):
        raise ControlError(f"mistakes: must be a list of objects with {', '.join(_MISTAKE)}")
    state.project = orjson.dumps({"title": title, "text": text, "mistakes": mistakes})
    return {"status": "shown"}


def hide_project(state: State, _: Any) -> Any:
    """DELETE project: show no folder in the console any more."""
    state.project = None
    return {"status": "hidden"}


def _is_mistake(given: Any) -> bool:
    return (
        isinstance(given, dict)
        and given.keys() == _MISTAKE.keys()
        and all(type(given[name]) is kind for name, kind in _MISTAKE.items())
        and given["severity"] in ("error", "warning")
    )


ROUTES: list[tuple[str, str, Act]] = [
    ("GET", "health", health),
    ("POST", "reset", reset),
    ("POST", "snapshot", snapshot),
    ("POST", "restore", restore),
    ("POST", "seed", seed),
    ("GET", "seed", read_seed),
    ("POST", "clock", clock),
    ("GET", "clock", read_clock),
    ("GET", "state", read_state),
    ("POST", "policies", change_policies),
    ("GET", "policies", read_policies),
    ("POST", "thresholds", change_thresholds),
    ("GET", "thresholds", read_thresholds),
    ("POST", "faults", add_faults),
    ("GET", "faults", read_faults),
    ("DELETE", "faults", clear_faults),
    ("POST", "tokens", add_token),
    ("DELETE", "tokens", revoke_token),
    ("POST", "codes", add_code),
    ("POST", "collaborators", change_collaborators),
    ("POST", "teams", change_teams),
    ("GET", "journal", read_journal),
    ("DELETE", "journal", clear_journal),
    ("POST", "links", add_link),
    ("POST", "project", show_project),
    ("DELETE", "project", hide_project),
]


def _endpoint(state: State, acts: dict[str, Act]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        act = acts["GET" if request.method == "HEAD" else request.method]
        try:
            check_origin(request)
            if act is not health:
                check_token(state, request)
            return answer(act(state, await read_data(request)))
        except ControlError as error:
            return answer({"message": str(error)}, error.status)
        except (FaultError, PolicyError, SeedError) as error:
            return answer({"message": str(error)}, 400)
        except Refusal as refusal:
            return answer({"message": refusal.message, "code": refusal.code}, 404)

    return endpoint


def _object(body: Any, *names: str) -> dict[str, Any]:
    if not isinstance(body, dict) or not body.keys() <= set(names):
        raise ControlError(f"the body must be an object with {', '.join(names)}")
    return body


def _user_key(state: State, given: dict[str, Any]) -> str:
    key = _text(given, "user")
    if key not in state.directory.users:
        raise ControlError(f"user: unknown user {key!r}")
    return key


def _scopes(given: dict[str, Any]) -> frozenset[str]:
    scopes = given.get("scopes", list(SCOPES))
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise ControlError("scopes: must be a list of strings")
    try:
        return read_scopes(scopes)
    except ValueError as error:
        raise ControlError(f"scopes: {error}") from None


def _text(given: dict[str, Any], name: str, default: str | None = None) -> str:
    value = given.get(name, default)
    if not isinstance(value, str):
        raise ControlError(f"{name}: must be a string")
    return value
