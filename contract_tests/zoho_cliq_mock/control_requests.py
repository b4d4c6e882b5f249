"""Shared by all calls below `/_mock/`: who may send them, reading their bodies, and building responses.

The control API, the trigger side and the console use it.
"""

from __future__ import annotations

import secrets
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from zoho_cliq_mock.console_access import cookie_name
from zoho_cliq_mock.nesting import LEVELS, too_deep
from zoho_cliq_mock.state import State
from zoho_cliq_mock.wire import CYCLE, ClientGone, read_body

MAX_BYTES = 16 * 1024 * 1024
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


class ControlError(Exception):
    """A control call that cannot be carried out.

    Args:
        message: the reason, for people.
        status: the HTTP status of the response. Default: 400.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


async def read_data(request: Request) -> Any:
    """Return the data of a JSON body, or None if the body is empty.

    Raise `ControlError` if the body is not valid JSON, is too long (16 MiB) or nested too deeply, or the client hung
    up.
    """
    try:
        raw = await read_body(request.scope, request.receive, MAX_BYTES)
    except ClientGone as gone:
        raise ControlError(str(gone)) from None
    if raw is None:
        raise ControlError(f"the body is longer than {MAX_BYTES} bytes", 413)
    try:
        data = orjson.loads(raw) if raw else None
    except ValueError:
        raise ControlError("the body is not valid JSON") from None
    if too_deep(data):
        raise ControlError(f"the body is nested more than {LEVELS} levels deep")
    return data


def check_token(state: State, request: Request) -> None:
    """Raise `ControlError` unless the request has the control token or comes from an open console."""
    authorization = request.headers.get("authorization")
    if authorization is None and has_session(state, request):
        check_page(request)
        return
    given = (authorization or "").removeprefix("Bearer ").strip()
    if not secrets.compare_digest(given.encode(), state.control_token.encode()):
        raise ControlError("the control token is missing or wrong; send it as Authorization: Bearer …", 401)


def has_session(state: State, request: Request) -> bool:
    """Return whether the request has the session cookie that the browser got by opening a console link."""
    session = request.cookies.get(cookie_name(request.headers.get("host", "")))
    return session is not None and state.access.has_session(session)


def check_page(request: Request) -> None:
    """Raise `ControlError` unless a request with the session cookie comes from the console's own page.

    Browsers ignore the port for `SameSite`, so they send the cookie from pages of other servers on this machine too.
    The browser states the page's origin with `Sec-Fetch-Site`, and with `Origin` in every request that can change
    something.
    """
    if not _is_local(request.headers.get("host", "")):
        raise ControlError("the control API accepts only requests from this machine to 127.0.0.1 or localhost", 403)
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    reading = request.method in ("GET", "HEAD")
    if site != "same-origin" or (origin is None and not reading):
        raise ControlError("the control API accepts the console's cookie only from the console's page", 403)
    _check_same_origin(request)


def check_origin(request: Request) -> None:
    """Raise `ControlError` for a request from another machine, to another host name, or from another web page."""
    if CYCLE not in request.scope:  # an in-process call: no other machine or browser can send it
        return
    client = request.client.host if request.client else "127.0.0.1"
    if client not in ("127.0.0.1", "::1") or not _is_local(request.headers.get("host", "")):
        raise ControlError("the control API accepts only requests from this machine to 127.0.0.1 or localhost", 403)
    _check_same_origin(request)


def _check_same_origin(request: Request) -> None:
    origin = request.headers.get("origin")
    if origin is not None and origin != f"http://{request.headers.get('host', '')}":
        raise ControlError("the control API does not accept requests from other web pages", 403)


def _is_local(host: str) -> bool:
    """Return whether a `Host` header value names this machine, with or without a port."""
    name, colon, port = host.rpartition(":")
    return host in _LOCAL_NAMES or (name in _LOCAL_NAMES and bool(colon) and port.isascii() and port.isdigit())


def answer(data: Any, status: int = 200) -> Response:
    """Return a JSON response with this data. `status` defaults to 200."""
    return Response(orjson.dumps(data), status, media_type="application/json")
