"""From creating an action to the answer in the chat, over real sockets.

The parts are client, mock, and a receiver in a web framework.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import flask
import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server
from zoho_cliq import Cliq
from zoho_cliq.webhooks import DeferredAnswerFailed, Event, Receiver, banner, card, execution_url, new_secret, text
from zoho_cliq_mock import MockServer

SECRET = new_secret()


@contextmanager
def starlette_on_uvicorn(receiver: Receiver) -> Iterator[str]:
    app = Starlette(routes=[Route("/cliq", receiver.asgi())])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/cliq"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def flask_on_its_server(receiver: Receiver) -> Iterator[str]:
    app = flask.Flask("desk")
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/cliq": receiver.wsgi()})
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/cliq"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


SERVERS = [starlette_on_uvicorn, flask_on_its_server]


@pytest.fixture(autouse=True)
def _quiet_servers() -> Iterator[None]:
    logger = logging.getLogger("werkzeug")
    before = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(before)


def chat_of(control: httpx.Client) -> list[tuple[str, str]]:
    messages = control.get("/messages", params={"chat": "CT_1001_48210"}).json()["messages"]
    return [(message["shown"]["kind"], message["text"]) for message in messages if message["type"] == "answer"]


@pytest.mark.parametrize("serve", SERVERS)
def test_create_set_permissions_choose_receive_answer_and_see_it(
    serve: Callable[..., Any], mock: MockServer, control: httpx.Client, cliq: Cliq, choose: Callable[..., Any]
) -> None:
    control.post("/policies", json={"webhook_signature": "present"})
    receiver = Receiver(
        secret=SECRET, public_key=control.get("/signing-key").text, response_hosts=[httpx.URL(mock.url).netloc.decode()]
    )
    events: list[Event] = []

    @receiver.action("Create Ticket")
    def create_ticket(event: Event) -> Any:
        events.append(event)
        assert event.user is not None
        return card("Ticket 1", text=f"Filed for {event.user.first_name}", sections={"Message": {"Text": event.text}})

    @receiver.action("Translate")
    async def translate(event: Event) -> Any:
        await asyncio.sleep(0)
        await receiver.respond_async(event, f"translated: {event.text}")
        return banner("Working on it")

    @receiver.action("Break")
    def break_down(event: Event) -> Any:
        raise ValueError("the disk is full")

    with serve(receiver) as url:
        for name in ("Create Ticket", "Translate", "Break"):
            action = cliq.message_actions.create(
                name=name, hint="h", execution_type="webhook", execution_url=execution_url(url, SECRET)
            )
            cliq.message_actions.update_handler(action.id, permissions=["message", "user"])
        record = choose()
        assert record["shown"]["text"] == "Filed for Ada"
        assert record["shown"]["output"]["card"]["sections"] == [
            {"title": "Message", "fields": [{"title": "Text", "value": "printer on fire"}]}
        ]
        (event,) = events
        assert (event.chat, event.location, list(event.attachments)) == (None, None, [])
        choose("Translate", text="hallo")
        choose("Break")
        receiver.respond(event, text("Done at last"))
        with pytest.raises(DeferredAnswerFailed, match="410"):
            receiver.respond(event, text("and again"))
    assert chat_of(control) == [
        ("message", "Filed for Ada"),
        ("message", "translated: hallo"),
        ("banner", "Working on it"),
        ("banner", "This did not work. Please try again later."),
        ("message", "Done at last"),
    ]


@pytest.mark.parametrize("serve", SERVERS)
def test_unverified_events_are_refused_by_the_receiver(
    serve: Callable[..., Any], control: httpx.Client, cliq: Cliq, choose: Callable[..., Any]
) -> None:
    receiver = Receiver(secret=SECRET)
    called: list[Event] = []
    receiver.action("A")(lambda event: called.append(event) or "x")
    with serve(receiver) as url:
        for name, target in (("A", url), ("B", execution_url(url, new_secret()))):
            cliq.message_actions.create(name=name, hint="h", execution_type="webhook", execution_url=target)
            assert choose(name)["shown"]["text"] == "the webhook returned status 403"
        cliq.message_actions.create(
            name="C", hint="h", execution_type="webhook", execution_url=execution_url(url, SECRET)
        )
        assert choose("C")["shown"]["text"] == "the webhook returned status 404"
        receiver.action("C")(lambda event: called.append(event) or "x")
        control.post("/clock", json={"advance": 301})
        assert choose("C")["shown"]["text"] == "the webhook returned status 403"
        control.post("/clock", json={"offset": 0})
        assert choose("C")["shown"]["text"] == "x"
    assert len(called) == 1


@pytest.mark.parametrize("number", [100, pytest.param(1000, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("serve", SERVERS)
def test_many_deliveries_none_lost_none_doubled(
    serve: Callable[..., Any], number: int, mock: MockServer, control: httpx.Client, cliq: Cliq
) -> None:
    """Eight people at once; a fifth of the deliveries fails at first and is sent again."""
    seen: Counter[str] = Counter()
    failed: set[str] = set()
    lock = threading.Lock()
    receiver = Receiver(secret=SECRET)

    @receiver.action("Create Ticket")
    def create_ticket(event: Event) -> str:
        with lock:
            seen[event.text] += 1
        return f"Filed: {event.text}"

    control.post("/policies", json={"webhook_retries": 1, "webhook_retry_seconds": 0})
    real = receiver.handle, receiver.handle_async

    def fails_at_first(body: bytes) -> bool:
        name = json.loads(body)["params"]["message"]["text"]
        with lock:
            first = name not in failed and int(name) % 5 == 0
            failed.add(name)
        return first

    def handle(method: str, headers: Any, body: bytes, query: str = "") -> Any:
        reply = real[0](method, headers, body, query)
        return reply.__class__(503) if fails_at_first(body) else reply

    async def handle_async(method: str, headers: Any, body: bytes, query: str = "") -> Any:
        reply = await real[1](method, headers, body, query)
        return reply.__class__(503) if fails_at_first(body) else reply

    receiver.handle, receiver.handle_async = handle, handle_async
    with serve(receiver) as url:
        action = cliq.message_actions.create(
            name="Create Ticket", hint="h", execution_type="webhook", execution_url=execution_url(url, SECRET)
        )
        cliq.message_actions.update_handler(action.id, permissions=["message"])

        def choose(each: int) -> int:
            return control.post("/trigger", json={"action": "Create Ticket", "text": str(each)}).status_code

        with ThreadPoolExecutor(8) as people:
            assert set(people.map(choose, range(number))) == {200}
        records: list[Any] = []
        for _ in range(500):
            records = control.get("/deliveries").json()["deliveries"]
            if all("shown" in record for record in records):
                break
            threading.Event().wait(0.02)
    assert seen == Counter({str(each): 1 for each in range(number)})
    assert Counter(chat_of(control)) == Counter({("message", f"Filed: {each}"): 1 for each in range(number)})
    attempts = Counter(len(record["attempts"]) for record in records)
    assert attempts == {1: number * 4 // 5, 2: number // 5}


def test_an_event_that_is_sent_again_while_it_is_handled_is_handled_once(
    mock: MockServer, control: httpx.Client, cliq: Cliq, choose: Callable[..., Any]
) -> None:
    """The mock times out after 50 ms and sends the event again until it is answered in time."""
    receiver = Receiver(secret=SECRET)
    calls: list[Event] = []
    release = threading.Event()

    @receiver.action("Slow")
    def slow(event: Event) -> str:
        calls.append(event)
        assert release.wait(10)
        return "done"

    control.post("/policies", json={"webhook_timeout_ms": 50, "webhook_retries": 1000, "webhook_retry_seconds": 0})
    with starlette_on_uvicorn(receiver) as url:
        cliq.message_actions.create(
            name="Slow", hint="h", execution_type="webhook", execution_url=execution_url(url, SECRET)
        )
        record = choose("Slow")
        for _ in range(1000):
            if any(attempt.get("status") == 503 for attempt in record["attempts"]):
                release.set()
            if "shown" in record:
                break
            threading.Event().wait(0.01)
            (record,) = control.get("/deliveries").json()["deliveries"]
    assert record["shown"]["text"] == "done"
    assert len(calls) == 1
    assert chat_of(control) == [("message", "done")]


def test_the_command_shows_event_answer_and_what_the_person_sees() -> None:
    receiver = Receiver()
    receiver.action("Create Ticket")(lambda event: banner(f"Filed: {event.text}"))
    receiver.action("Bad")(lambda event: {"text": ""})
    command = [sys.executable, "-m", "zoho_cliq_mock"]
    server = subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        printed = [next(server.stdout)]
        while "ZOHO_CLIQ_MOCK_CONTROL=" not in printed[-1]:
            printed.append(next(server.stdout))
        base_url = printed[0].removeprefix("listening on ").strip()
        token = printed[-1].rpartition("=")[2].strip()
        with flask_on_its_server(receiver) as url, Cliq("1000.owner", base_url=base_url) as cliq:
            for name, target in (("Create Ticket", url), ("Gone", "http://127.0.0.1:1/")):
                action = cliq.message_actions.create(
                    name=name, hint="h", execution_type="webhook", execution_url=target
                )
                cliq.message_actions.update_handler(action.id, permissions=["message"])

            def run(*arguments: str, token: str = token) -> tuple[int, str, str]:
                done = subprocess.run(
                    [*command, "trigger", *arguments, "--url", base_url],
                    capture_output=True,
                    text=True,
                    env={"ZOHO_CLIQ_MOCK_CONTROL": token, "http_proxy": "http://127.0.0.1:1"},
                )
                return done.returncode, done.stdout, done.stderr

            code, out, err = run("--action", "Create Ticket", "--text", "printer on fire\x1b[31m")
            assert (code, err) == (0, "")
            event = json.loads(re.search(r"^\{.*?^\}", out, re.S | re.M)[0])
            assert event["params"]["message"]["text"] == "printer on fire\x1b[31m"
            assert f"POST {url}" in out
            assert "200\n" in out
            assert out.endswith("owner sees: a success banner: Filed: printer on fire\ufffd[31m\n")
            code, out, err = run("--action", "Gone", "--text", "x", "--user", "colleague")
            assert (code, err) == (1, "")
            assert "colleague sees: cannot connect to" in out
            for arguments, said in (
                (["--action", "Create Ticket"], "--text"),
                (["--action", "Nothing", "--text", "x"], "sees no message action 'Nothing'"),
                (["--action", "Create Ticket", "--message", "1"], "there is no message '1'"),
            ):
                code, out, err = run(*arguments)
                assert (code, out, err.count("\n")) == (2, "", 1)
                assert said in err
            assert "token" in run("--action", "Create Ticket", "--text", "x", token="")[2]
            assert "token is missing or wrong" in run("--action", "Create Ticket", "--text", "x", token="wrong")[2]
    finally:
        server.terminate()
        server.communicate()
    code, _, err = run("--action", "Create Ticket", "--text", "x")
    assert code == 2
    assert "no mock server at" in err


@pytest.mark.parametrize("hosts", [["127.0.0.1"], []])
def test_deferred_work_shows_at_the_mock(mock: MockServer, make: Callable[..., Any], hosts: list[str]) -> None:
    receiver = Receiver(response_hosts=hosts)

    @receiver.action("Create Ticket")
    def later(event: Event) -> str:
        receiver.defer(event, lambda: "Filed.")
        return "Filing …"

    with starlette_on_uvicorn(receiver) as url:
        make(url)
        delivery = mock.trigger("Create Ticket", "printer on fire", wait=10)
    assert delivery.deferred is not None
    if hosts:
        assert (delivery.ok, delivery.text) == (True, "Filed.")
    else:
        assert (delivery.ok, delivery.deferred.kind) == (False, "refused")
        assert "response_hosts" in delivery.text
