"""The routes of the console, below `/_mock/console`.

GET  console?key=…        open a one-time link: set the session cookie and redirect to the page
GET  console              the page; needs the cookie
GET  console/static/NAME  a static file; contains nothing of the mock's state
GET  console/events       the state and its changes, as server-sent events
GET  console/menu         a user's actions, with the reason for each that is not offered on the chosen messages
POST console/api          a call of the API as one of the users
POST console/check        the mistakes in a Deluge script
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from zoho_cliq_mock.chats import ChatError
from zoho_cliq_mock.console import pages
from zoho_cliq_mock.console.acting import call_api, check_script, menu
from zoho_cliq_mock.console.feed import Feed
from zoho_cliq_mock.console_access import LINK_PARAMETER, cookie_name
from zoho_cliq_mock.control_requests import ControlError, answer, check_origin, check_token, has_session, read_data
from zoho_cliq_mock.state import State
from zoho_cliq_mock.trigger.service import TriggerError
from zoho_cliq_mock.wire import Receive, Scope, Send

Act = Callable[[State, Request], Awaitable[Response]]

_NO_SESSION = (
    "Open this page with a link that zoho-cliq-mock prints when it starts or MockServer.console_url returns."
    " Each link can be used once."
)


def make_app(state: State) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Return the console of a mock's state, as an ASGI application."""
    feed = Feed(state)
    state.closing.append(feed.close)

    async def events(state: State, request: Request) -> Response:
        """GET console/events: the state and its changes."""
        return StreamingResponse(feed.stream(), media_type="text/event-stream")

    guarded = (
        ("GET", "events", events),
        ("GET", "menu", _menu),
        ("POST", "api", _call),
        ("POST", "check", _check),
    )
    return Starlette(
        routes=[
            Route("/_mock/console", _endpoint(state, console)),
            Route("/_mock/console/static/{name}", _endpoint(state, static)),
            *(
                Route(f"/_mock/console/{name}", _endpoint(state, act, guarded=True), methods=[method])
                for method, name, act in guarded
            ),
        ]
    )


async def console(state: State, request: Request) -> Response:
    """GET console: the page, or with `key` the redirect of a one-time link."""
    key = request.query_params.get(LINK_PARAMETER)
    if key is not None:
        return _open(state, request, key)
    if not has_session(state, request):
        return pages.closed(_NO_SESSION, 401)
    return pages.page("index.html")


def _open(state: State, request: Request, key: str) -> Response:
    if request.method != "GET" or "prefetch" in request.headers.get("sec-purpose", ""):
        # A prefetch by the browser must not use up the link.
        return pages.closed("Open this link in a browser window; a prefetch does not count.", 503)
    session = state.access.open_session(key)
    if session is None:
        if has_session(state, request):
            return RedirectResponse("/_mock/console", 303)
        return pages.closed(f"This link was used before, or belongs to another run of the mock. {_NO_SESSION}", 403)
    found = RedirectResponse("/_mock/console", 303)
    name = cookie_name(request.headers.get("host", ""))
    found.set_cookie(name, session, path="/_mock/", httponly=True, samesite="strict")
    return found


async def static(state: State, request: Request) -> Response:
    """GET console/static/NAME: a static file."""
    name = request.path_params["name"]
    if name not in pages.file_names():
        raise ControlError("this file does not exist", 404)
    return pages.page(name)


async def _menu(state: State, request: Request) -> Response:
    """GET console/menu?user=&message=&message=: see `acting.menu`."""
    query = request.query_params
    return answer(menu(state, query.get("user", ""), query.getlist("message")))


async def _call(state: State, request: Request) -> Response:
    """POST console/api: `{user, method, path, body}`; see `acting.call_api`."""
    return answer(await call_api(state, await read_data(request)))


async def _check(state: State, request: Request) -> Response:
    """POST console/check: `{script}`; see `acting.check_script`."""
    given = await read_data(request)
    # In a thread: checking a long script takes time, and the mock must go on responding.
    return answer(await asyncio.to_thread(check_script, given))


def _endpoint(state: State, act: Act, *, guarded: bool = False) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            check_origin(request)
            if guarded:
                check_token(state, request)
            found = await act(state, request)
        except (ControlError, TriggerError) as error:
            found = answer({"message": str(error)}, error.status)
        except ChatError as error:
            found = answer({"message": str(error)}, 400)
        found.headers.update(pages.HEADERS)
        return found

    return endpoint
