"""The receiver inside real frameworks, in the lines that the README shows."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.validate import validator

import django
import fastapi
import flask
import httpx
import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client as DjangoClient
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from starlette.applications import Starlette
from starlette.routing import Route
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from zoho_cliq.webhooks import Event, Receiver, text

SECRET = "a-secret-of-enough-length"
URL = f"/cliq?secret={SECRET}"
BODY = json.dumps({"name": "Create Ticket", "params": {"message": {"text": "fire"}}}).encode()

receiver = Receiver(secret=SECRET, max_body=1000)


@receiver.action("Create Ticket")
async def create_ticket(event: Event) -> Any:
    return text(f"Filed: {event.text}")


@receiver.action("Plain")
def plain(event: Event) -> Any:
    return text("Plain")


# --- Django: a view -------------------------------------------------------------------------------------------------
settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for this test",
    USE_TZ=True,
    # Django answers a wrong host or path itself; no database and no apps are needed for this.
    DATABASES={},
)
django.setup()


@csrf_exempt
def view(request: HttpRequest) -> HttpResponse:
    reply = receiver.handle(request.method, request.headers, request.body, request.META["QUERY_STRING"])
    return HttpResponse(reply.body, status=reply.status, headers=reply.headers)


urlpatterns = [path("cliq", view)]


def with_django(method: str, url: str, sent: bytes, kind: str) -> tuple[int, Any]:
    answer = DjangoClient(enforce_csrf_checks=True).generic(method, url, sent, content_type=kind)
    return answer.status_code, json.loads(answer.content)


# --- Starlette and FastAPI: a route ---------------------------------------------------------------------------------
def by_asgi(app: Any, method: str, url: str, sent: bytes, kind: str) -> tuple[int, Any]:
    async def main() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return await client.request(method, url, content=sent, headers={"Content-Type": kind})

    answer = asyncio.run(main())
    return answer.status_code, answer.json()


def with_starlette(method: str, url: str, sent: bytes, kind: str) -> tuple[int, Any]:
    return by_asgi(Starlette(routes=[Route("/cliq", receiver.asgi())]), method, url, sent, kind)


def with_fastapi(method: str, url: str, sent: bytes, kind: str) -> tuple[int, Any]:
    app = fastapi.FastAPI()
    app.add_route("/cliq", receiver.asgi())
    return by_asgi(app, method, url, sent, kind)


def with_an_endpoint(method: str, url: str, sent: bytes, kind: str) -> tuple[int, Any]:
    """As an endpoint that takes a request and returns an application, as Starlette's functions do."""
    route = Route("/cliq", receiver.asgi().__call__, methods=[method])
    return by_asgi(Starlette(routes=[route]), method, url, sent, kind)


def with_nothing(method: str, url: str, sent: bytes, kind: str) -> tuple[int, Any]:
    return by_asgi(receiver.asgi(), method, url, sent, kind)


# --- Flask: a dispatcher --------------------------------------------------------------------------------------------
def with_flask(method: str, url: str, sent: bytes, kind: str) -> tuple[int, Any]:
    app = flask.Flask("desk")
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/cliq": receiver.wsgi()})
    answer = app.test_client().open(url, method=method, data=sent, content_type=kind)
    return answer.status_code, answer.json


FRAMEWORKS = [with_starlette, with_fastapi, with_an_endpoint, with_flask, with_django, with_nothing]


@pytest.mark.parametrize("send", FRAMEWORKS)
@pytest.mark.parametrize(
    ("method", "url", "sent", "kind", "status", "answer"),
    [
        ("POST", URL, BODY, "application/json", 200, {"output": {"text": "Filed: fire"}}),
        ("POST", URL, b'{"name": "Plain"}', "application/json;charset=UTF-8", 200, {"output": {"text": "Plain"}}),
        ("POST", "/cliq", BODY, "application/json", 403, None),
        ("POST", "/cliq?secret=wrong", BODY, "application/json", 403, None),
        ("GET", URL, b"", "application/json", 405, None),
        ("POST", URL, BODY, "text/plain", 415, None),
        ("POST", URL, b" " * 1001, "application/json", 413, None),
        ("POST", URL, b"{", "application/json", 400, None),
    ],
)
def test_the_receiver_works_in(
    send: Callable[..., tuple[int, Any]], method: str, url: str, sent: bytes, kind: str, status: int, answer: Any
) -> None:
    got = send(method, url, sent, kind)
    assert got[0] == status
    assert got[1] == answer if answer else list(got[1]) == ["error"]


def test_a_body_without_a_length_is_bounded_too() -> None:
    """Read in parts: no more than one part beyond the bound is asked for."""
    asked: list[int] = []
    sent: list[Any] = []

    async def receive() -> Any:
        asked.append(1)
        return {"type": "http.request", "body": b"x" * 600, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "query_string": URL.partition("?")[2].encode()}
    scope["headers"] = [(b"content-type", b"application/json")]
    asyncio.run(receiver.asgi()(scope, receive, send))
    assert len(asked) == 2
    assert sent[0]["status"] == 413

    stream = io.BytesIO(b"x" * 5000)
    environ = {"REQUEST_METHOD": "POST", "QUERY_STRING": URL.partition("?")[2], "CONTENT_TYPE": "application/json"}
    status: list[str] = []
    for ends in (False, True):
        given = {**environ, "wsgi.input": stream, "wsgi.input_terminated": ends}
        list(receiver.wsgi()(given, lambda line, headers: status.append(line)))
    assert [line[:4] for line in status] == ["411 ", "413 "]  # the words differ from one Python to another
    assert stream.tell() == 1001


def test_nothing_is_read_of_what_is_refused_by_its_head() -> None:
    async def receive() -> Any:
        raise AssertionError("the body was asked for")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "query_string": b"", "headers": [(b"content-type", b"application/json")]}
    asyncio.run(receiver.asgi()(scope, receive, send))
    assert sent[0]["status"] == 403


def test_a_client_that_goes_away_is_not_answered() -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError("nobody is there")

    scope = {"type": "http", "method": "POST", "query_string": URL.partition("?")[2].encode()}
    scope["headers"] = [(b"content-type", b"application/json")]
    asyncio.run(receiver.asgi()(scope, receive, send))


def test_alone_under_a_server_it_starts_and_stops() -> None:
    asked = iter(["lifespan.startup", "lifespan.shutdown"])
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": next(asked)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(receiver.asgi()({"type": "lifespan"}, receive, send))
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_websockets_are_closed() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(receiver.asgi()({"type": "websocket"}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1003}]


def test_the_wsgi_application_keeps_to_the_protocol() -> None:
    environ = {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": URL.partition("?")[2],
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(BODY)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SCRIPT_NAME": "/cliq",
        "PATH_INFO": "",
        "wsgi.version": (1, 0),
        "wsgi.input": io.BytesIO(BODY),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.url_scheme": "http",
    }
    status: list[str] = []

    def start(line: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], object]:
        status.append(line)
        return lambda data: None

    result: Iterator[bytes] = validator(receiver.wsgi())(environ, start)
    assert json.loads(b"".join(result)) == {"output": {"text": "Filed: fire"}}
    result.close()
    assert status == ["200 OK"]


@pytest.mark.parametrize("length", ["1" * 5000, "9" * 20, "2000000"])
def test_a_length_beyond_reading_is_refused_as_too_large(length: str) -> None:
    made = Receiver()
    status: list[str] = []
    environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": length}
    made.wsgi()(environ, lambda line, headers: status.append(line))
    sent: list[Any] = []

    async def receive() -> Any:
        pytest.fail("nothing of the body is read")

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", length.encode())]
    asyncio.run(made.asgi()({"type": "http", "method": "POST", "headers": headers}, receive, send))
    assert (status[0][:3], sent[0]["status"]) == ("413", 413)


def test_the_receiver_needs_no_package_beyond_the_base_and_no_http_client() -> None:
    script = (
        "import sys, json\n"
        "import zoho_cliq.webhooks as webhooks\n"
        "receiver = webhooks.Receiver()\n"
        "receiver.action('A')(lambda event: webhooks.text('b'))\n"
        "receiver.asgi(), receiver.wsgi()\n"
        "reply = receiver.handle('POST', {'content-type': 'application/json'}, b'{\"name\": \"A\"}')\n"
        "assert json.loads(reply.body) == {'output': {'text': 'b'}}\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(loaded & {'httpx', 'starlette', 'flask', 'django', 'fastapi', 'cryptography', 'anyio', 'h11'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_body_that_is_cut_short_is_refused_under_wsgi_as_it_is_under_asgi() -> None:
    ran: list[int] = []
    receiver = Receiver()
    receiver.action("Create Ticket")(lambda event: ran.append(1) or "filed")
    sent = b'{"name": "Create Ticket"}'
    statuses: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(sent) + 10),
        "wsgi.input": io.BytesIO(sent),
    }
    (answer,) = receiver.wsgi()(environ, lambda line, headers: statuses.append(line))
    assert (statuses, ran) == (["400 Bad Request"], [])
    assert b"shorter" in answer
