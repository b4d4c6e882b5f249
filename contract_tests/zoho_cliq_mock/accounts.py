"""The HTTP side of the accounts server: `/oauth/v2/token` and `/oauth/v2/token/revoke`. The rules are in `oauth`.

Parameters are read from the form body and from the query string, as on the real accounts server.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

import orjson

from zoho_cliq_mock.errors import body_of, status_of
from zoho_cliq_mock.faults import deliver, spoil
from zoho_cliq_mock.journal import Entry
from zoho_cliq_mock.oauth import Response
from zoho_cliq_mock.state import State
from zoho_cliq_mock.wire import Receive, Scope, Send, answer, read_body

MAX_BYTES = 64 * 1024
_JSON = b"application/json; charset=utf-8"


def make_app(state: State) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Return the accounts server of a mock's state, as an ASGI application."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        acts = {"/oauth/v2/token": ("oauth_token", state.oauth.token)}
        acts["/oauth/v2/token/revoke"] = ("oauth_revoke", state.oauth.revoke)
        found = acts.get(scope["path"].rstrip("/"))
        policies = state.policies
        if found is None:
            body = body_of("request_url_invalid", "this path does not exist", policies)
            await answer(scope, send, status_of("request_url_invalid", policies), _JSON, [], body)
            return
        operation, act = found
        if scope["method"] != "POST":
            body = body_of("request_method_invalid", "this path supports only POST", policies)
            await answer(scope, send, 405, _JSON, [(b"allow", b"POST")], body)
            return
        raw = await read_body(scope, receive, MAX_BYTES)
        rule = state.faults.pick(operation, None) if state.faults.rules else None
        if rule is not None and not rule.after:
            await rule.pause(receive)
        result: Response | None = None
        if rule is None or rule.after or rule.fault == "delay":
            result = (400, {"error": "invalid_request"}) if raw is None else act(_form(scope["query_string"], raw))
        if rule is not None and rule.after:
            await rule.pause(receive)
        done = (result[0], orjson.dumps(result[1])) if result is not None else None
        code = result[1].get("error") if result is not None else None
        now, path, fault = state.clock.now(), scope["path"], rule.fault if rule else None
        if rule is not None and rule.fault != "delay":
            spoilt = spoil(rule, operation, policies, done)
            state.journal.add(Entry(now, "POST", path, "", None, operation, spoilt.status, spoilt.code, fault, b""))
            await deliver(rule, spoilt, scope, receive, send)
        elif done is not None:
            state.journal.add(Entry(now, "POST", path, "", None, operation, done[0], code, fault, b""))
            await answer(scope, send, done[0], _JSON, [], done[1])

    return app


def _form(query: bytes, body: bytes) -> dict[str, str]:
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return dict(pairs + parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=None))
