"""What bounds an attempt: its timeout, whatever takes the time, and the moment until which it may be sent."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cliq_fakes import TOKEN, Scripted, action, enveloped
from cliq_sockets import BODY, SocketServer, request_to, send
from zoho_cliq import AsyncCliq, Cliq, OAuth, errors
from zoho_cliq._http import dialing
from zoho_cliq._http.failures import Attempt
from zoho_cliq._http.routes import Router
from zoho_cliq._http.tasks import AsyncTransport
from zoho_cliq._http.threads import Transport
from zoho_cliq._http.user_client import AsyncClientTransport, ClientTransport
from zoho_cliq._http.wire import Connection
from zoho_cliq._types import RawResponse, Request, Secret
from zoho_cliq.testing import FakeClock

KINDS = ("threads", "tasks")


@contextlib.contextmanager
def silent(*hosts: str) -> Iterator[int]:
    """Fill a port at each of the hosts, so that connections to it get no answer."""
    with contextlib.ExitStack() as opened:
        port = 0
        for host in hosts:
            listener = opened.enter_context(socket.socket())
            listener.bind((host, port))
            listener.listen(0)
            port = listener.getsockname()[1]
            for _ in range(3):
                caller = opened.enter_context(socket.socket())
                caller.setblocking(False)
                caller.connect_ex((host, port))
        yield port


def resolve(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Give `several.test` these addresses."""
    real = socket.getaddrinfo

    def look(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host != "several.test":
            return real(host, port, *rest, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in hosts]

    monkeypatch.setattr(socket, "getaddrinfo", look)


def bounded(kind: str, request: Request, *, sent: bool, words: str) -> None:
    """Assert that the attempt ends within its timeout and reports whether it was sent."""
    started = time.monotonic()
    with pytest.raises(errors.TransportError, match=words) as caught:
        send(kind, request)
    assert caught.value.sent == sent
    assert time.monotonic() - started < request.timeout + 1


@pytest.mark.parametrize("kind", KINDS)
def test_addresses_that_do_not_answer_share_the_timeout(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = [f"127.0.0.{number}" for number in range(2, 10)]
    monkeypatch.setattr(dialing, "STAGGER", 0.02)
    resolve(monkeypatch, *hosts)
    with silent(*hosts) as port:
        request = Request("x", "POST", f"http://several.test:{port}/", timeout=0.4)
        bounded(kind, request, sent=False, words=rf"no connection to several\.test:{port} within 0\.4 s")


@pytest.mark.parametrize("kind", KINDS)
def test_next_address_is_tried_where_one_is_silent_or_refuses(
    sockets: SocketServer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialing, "STAGGER", 0.02)
    resolve(monkeypatch, "127.0.0.2", "127.0.0.3", "127.0.0.1")
    with socket.socket() as full, contextlib.ExitStack() as opened:
        full.bind(("127.0.0.2", sockets.port))
        full.listen(0)
        for _ in range(3):
            caller = opened.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        request = Request("x", "GET", f"http://several.test:{sockets.port}/", timeout=5)
        assert send(kind, request).body == BODY


@pytest.mark.parametrize("kind", KINDS)
def test_address_that_refuses_does_not_end_the_wait_for_another(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialing, "STAGGER", 0.02)
    resolve(monkeypatch, "127.0.0.2", "127.0.0.3")
    with silent("127.0.0.2") as port:
        request = Request("x", "GET", f"http://several.test:{port}/", timeout=0.2)
        bounded(kind, request, sent=False, words=r"within 0\.2 s")


@pytest.mark.parametrize("kind", KINDS)
def test_last_failure_is_told_where_all_addresses_refuse(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    request = Request("x", "GET", f"http://several.test:{port}/", timeout=5)
    resolve(monkeypatch, "127.0.0.1", "127.0.0.2")
    bounded(kind, request, sent=False, words=rf"no connection to several\.test:{port} \(ConnectionRefusedError: ")
    resolve(monkeypatch)
    bounded(kind, request, sent=False, words="the host name has no address")


@pytest.mark.parametrize("kind", KINDS)
def test_address_family_that_the_machine_lacks_is_skipped(
    sockets: SocketServer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = dialing._socket

    def made(address: Any) -> socket.socket:
        if address[4][0] == "127.0.0.2":
            raise OSError("Address family not supported by protocol")
        return real(address)

    monkeypatch.setattr(dialing, "_socket", made)
    resolve(monkeypatch, "127.0.0.2", "127.0.0.1")
    assert send(kind, Request("x", "GET", f"http://several.test:{sockets.port}/", timeout=5)).body == BODY


def test_address_that_cannot_be_reached_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, "255.255.255.255")
    bounded("threads", Request("x", "GET", "http://several.test:1/", timeout=5), sent=False, words="no connection to")


@pytest.mark.parametrize("kind", KINDS)
def test_slow_lookup_of_a_name_is_not_waited_for(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def look(*_: Any, **__: Any) -> Any:
        over.wait(10)
        raise socket.gaierror("too late")

    monkeypatch.setattr(socket, "getaddrinfo", look)
    bounded(kind, Request("x", "GET", "http://slow.test/", timeout=0.2), sent=False, words=r"within 0\.2 s")
    over.set()


def test_lookup_without_threads_is_made_here(sockets: SocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end of a program no thread can be started."""

    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    with contextlib.closing(Transport()) as transport, monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        found = dialing.lookup("localhost", sockets.port).result(0)
        assert found
        patched.undo()
        assert transport.send(Request("x", "GET", f"http://localhost:{sockets.port}/", timeout=5)).body == BODY


def test_lookup_that_nobody_waits_for_any_more_is_not_begun() -> None:
    real, made = threading.Thread, []

    class Late(real):  # type: ignore[misc,valid-type]
        def start(self) -> None:
            made.append(self)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(dialing.threading, "Thread", Late)
        found = dialing.lookup("slow.test", 1)
        patched.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("it was looked up"))
        found.cancel()
        made[0].run()
    assert found.cancelled()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", ["a..test", f"{'a' * 64}.test"])
def test_name_that_cannot_be_looked_up_is_no_connection(kind: str, host: str) -> None:
    bounded(kind, Request("x", "GET", f"http://{host}/", timeout=5), sent=False, words="the host name is invalid")


def test_interrupt_while_the_addresses_are_stored_passes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(dialing.Future):  # type: ignore[misc,type-arg]
        def set_result(self, result: object) -> None:
            super().set_result(result)
            raise KeyboardInterrupt

    monkeypatch.setattr(dialing, "Future", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        dialing.lookup("127.0.0.1", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_server_that_reads_slowly_does_not_hold_the_attempt(sockets: SocketServer, kind: str) -> None:
    stop = threading.Event()
    sockets.serve = lambda peer: stop.wait(10) and None
    request = replace(request_to(sockets, timeout=0.3, content=b"x" * 12_000_000), method="POST")
    bounded(kind, request, sent=True, words=r"no response within 0\.3 s")
    stop.set()


@pytest.mark.parametrize("kind", KINDS)
def test_server_that_does_not_speak_tls_does_not_hold_the_attempt(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        request = Request("x", "GET", f"https://127.0.0.1:{mute.getsockname()[1]}/", timeout=0.2)
        bounded(kind, request, sent=False, words=r"within 0\.2 s")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("kind", KINDS)
def test_proxy_that_does_not_answer_does_not_hold_the_attempt(
    kind: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{mute.getsockname()[1]}")
        request = Request("x", "GET", "https://cliq.test/", timeout=0.2)
        bounded(kind, request, sent=False, words=r"no connection to the proxy 127\.0\.0\.1:\d+ within 0\.2 s")


@pytest.mark.parametrize("content", [b"{}", b"x" * 8_000_000])
@pytest.mark.parametrize("raised", [TimeoutError("mine"), RuntimeError("mine"), KeyboardInterrupt()])
def test_what_a_signal_handler_raises_comes_out_unchanged(
    sockets: SocketServer, raised: BaseException, content: bytes
) -> None:
    stop = threading.Event()
    sockets.serve = lambda peer: stop.wait(10) and None

    def handler(*_: Any) -> None:
        raise raised

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(type(raised)) as caught, contextlib.closing(Transport()) as transport:
            transport.send(Request("x", "POST", sockets.url, content=content, authorization=Secret(TOKEN), timeout=10))
    finally:
        signal.signal(signal.SIGALRM, before)
        stop.set()
    assert caught.value is raised
    assert_no_token(raised)


@pytest.mark.parametrize("kind", KINDS)
def test_interrupted_write_leaves_no_token_in_the_frames_of_its_traceback(
    sockets: SocketServer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(socket.socket):
        def sendall(self, *_: Any) -> None:
            raise RuntimeError("mine")

    async def interrupted(*_: Any) -> None:
        raise RuntimeError("mine")

    monkeypatch.setattr(dialing.socket, "socket", Interrupted)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_sendall", interrupted)
    with pytest.raises(RuntimeError, match="mine") as caught:
        send(kind, request_to(sockets, authorization=Secret(TOKEN)))
    assert_no_token(caught.value)


def test_failure_to_write_leaves_no_token_in_the_frames_of_its_traceback() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        route, target = Router().find("http://cliq.test/")
        attempt = Attempt.starting(route, 5)
        request = Request("x", "GET", "http://cliq.test/", authorization=Secret(TOKEN))
        talk = Connection(ours, route).exchange(request, target, attempt, time.monotonic)
        assert TOKEN.encode() in (next(talk) or b"")
        with pytest.raises(TimeoutError) as caught:
            talk.throw(TimeoutError())
    assert_no_token(caught.value)


def test_what_is_thrown_into_a_task_comes_out_unchanged(sockets: SocketServer) -> None:
    stop = threading.Event()
    sockets.serve = lambda peer: stop.wait(10) and None

    async def main() -> None:
        transport = AsyncTransport()
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.05):
                await transport.send(replace(request_to(sockets), timeout=10))
        assert not isinstance(caught.value, errors.CliqError)
        await transport.aclose()

    asyncio.run(main())
    stop.set()


def test_what_a_step_of_a_task_raises_of_its_own_comes_out_unchanged(
    sockets: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> None:
        raise TimeoutError("mine")

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_recv", fail)
    with pytest.raises(TimeoutError, match="mine"):
        send("tasks", replace(request_to(sockets), timeout=10))


def test_broken_connection_leaves_no_token_in_the_frames_of_its_traceback(sockets: SocketServer) -> None:
    sockets.serve = lambda peer: peer.close()
    for kind, content in itertools.product(KINDS, (b"{}", b"x" * 8_000_000)):
        sockets.requests.clear()
        with pytest.raises(errors.TransportError) as caught:
            send(kind, request_to(sockets, authorization=Secret(TOKEN), content=content))
        assert TOKEN.encode() in sockets.requests[0]
        assert_no_token(caught.value)


def test_invalid_header_is_not_sent_and_leaves_no_token(sockets: SocketServer) -> None:
    for kind in KINDS:
        for value in ("a\r\nb", "\ud800"):
            with pytest.raises(errors.TransportError, match="that HTTP does not allow") as caught:
                send(kind, request_to(sockets, authorization=Secret(TOKEN), headers={"X-Name": value}))
            assert not caught.value.sent
            assert_no_token(caught.value)
    assert not sockets.requests


def assert_no_token(error: BaseException | None) -> None:
    """Assert that the token is in no frame of this error, its causes and contexts, except those of the tests."""
    while error is not None:
        frame = error.__traceback__
        while frame is not None:
            if not frame.tb_frame.f_code.co_filename.startswith(str(Path(__file__).parent)):
                for value in frame.tb_frame.f_locals.values():
                    assert TOKEN not in repr(value)
            frame = frame.tb_next
        error = error.__cause__ or error.__context__


class Held:
    """Middleware that delays each call, for the first few times."""

    def __init__(self, clock: FakeClock, seconds: float, times: int) -> None:
        self.clock, self.seconds, self.times, self.calls = clock, seconds, times, 0

    def __call__(self, request: Request, send: Callable[[Request], Any]) -> Any:
        self.calls += 1
        if self.times:
            self.times -= 1
            self.clock.now += self.seconds
        return send(request)


class AsyncHeld(Held):
    async def __call__(self, request: Request, send: Callable[[Request], Any]) -> Any:
        return await super().__call__(request, send)


def test_delayed_call_reserves_another_slot(make: Callable[..., Cliq], server: Scripted, clock: FakeClock) -> None:
    server.answer(enveloped(action(5)))
    seen: list[RawResponse] = []
    cliq = make(middleware=[Held(clock, 70, 2)], on_response=seen.append)
    assert cliq.message_actions.get("5").id == "5"
    assert len(server.requests) == 1
    assert seen[0].attempts == 1, "one that was not sent is no attempt"
    budget = cliq.thresholds["get_message_action"]
    assert budget.limit - budget.remaining == 1


@pytest.mark.parametrize("seconds", [5.1, 70, 1e6])
def test_call_that_is_delayed_each_time_raises_slot_expired(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock, seconds: float
) -> None:
    cliq = make(middleware=[Held(clock, seconds, 99)])
    with pytest.raises(errors.SlotExpired, match=r"create_message_action: the call was delayed") as caught:
        cliq.message_actions.create(name="a", hint="b")
    assert not caught.value.sent
    assert not server.requests
    budget = cliq.thresholds["create_message_action"]
    assert budget.remaining == budget.limit


class Racing(FakeClock):
    """A clock that advances by `step` seconds at each reading, as on a very slow machine."""

    step = 6.0

    def monotonic(self) -> float:
        self.now += self.step
        return self.now


@pytest.mark.parametrize("auth", [TOKEN, OAuth("id", "secret", "refresh")], ids=["token", "oauth"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shared", [False, True])
def test_a_machine_too_slow_for_any_slot_raises_slot_expired(
    make: Callable[..., Cliq],
    make_async: Callable[..., AsyncCliq],
    server: Scripted,
    tmp_path: Path,
    auth: Any,
    kind: str,
    shared: bool,
) -> None:
    clock = Racing()
    settings: dict[str, Any] = {"clock": clock, "state": tmp_path / "s.db" if shared else None}
    server.answer(enveloped(action(5)))

    async def main() -> None:
        async with make_async(auth, **settings) as cliq:
            await cliq.message_actions.get("5")

    with pytest.raises(errors.SlotExpired, match="delayed") as caught:
        asyncio.run(main()) if kind == "tasks" else make(auth, **settings).message_actions.get("5")
    assert caught.value.operation == "get_message_action"
    assert not caught.value.sent
    assert not server.requests
    clock.step = 0.0
    cliq = make(auth, **settings)
    assert all(budget.remaining == budget.limit for budget in cliq.thresholds.values())
    if auth != TOKEN:
        server.answer(httpx.Response(200, json={"access_token": "1000.fresh"}), enveloped(action(5)))
    assert cliq.message_actions.get("5").id == "5", "neither slot nor lease was left behind"
    assert clock.now < FakeClock().now + 60 * Racing.step, "a handful of tries, whatever max_wait is"


def test_delayed_task_reserves_another_slot(
    make_async: Callable[..., AsyncCliq], server: Scripted, clock: FakeClock
) -> None:
    server.answer(enveloped(action(5)))

    held = AsyncHeld(clock, 70, 1)

    async def main() -> str:
        async with make_async(middleware=[held]) as cliq:
            return (await cliq.message_actions.get("5")).id

    assert asyncio.run(main()) == "5"
    assert len(server.requests) == 1
    assert held.calls == 2


def test_outcome_of_the_first_attempt_is_raised_if_the_second_is_delayed(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock
) -> None:
    held = Held(clock, 70, 0)

    def lost(request: httpx.Request) -> httpx.Response:
        held.times = 99
        raise httpx.ReadError("reset")

    server.answer(lost)
    with pytest.raises(errors.OutcomeUnknown):
        make(middleware=[held]).message_actions.update("5", hint="b")


def test_delayed_token_request_is_not_sent(
    make: Callable[..., Cliq], server: Scripted, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = ClientTransport.send

    def held(self: ClientTransport, request: Request) -> RawResponse:
        clock.now += 6
        return sending(self, request)

    monkeypatch.setattr(ClientTransport, "send", held)
    with pytest.raises(errors.TransportError, match="delayed"):
        make(OAuth("id", "secret", "refresh")).message_actions.get("5")
    assert not server.requests


@pytest.mark.parametrize("reuse", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_slot_expiry_is_checked_after_connecting_and_the_connection_is_kept(
    sockets: SocketServer, kind: str, reuse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time may run out while the name is looked up, the connection opened, or a handshake made."""
    clock = FakeClock()
    real = dialing._socket

    def slow(address: Any) -> socket.socket:
        clock.now += 6
        return real(address)

    monkeypatch.setattr(dialing, "_socket", slow)
    begun = clock.now
    late = request_to(sockets, send_by=begun + (0 if reuse else 5))
    good = request_to(sockets)

    def sync() -> None:
        with contextlib.closing(Transport(clock)) as transport:
            if reuse:
                transport.send(good)
            with pytest.raises(errors.SlotExpired):
                transport.send(late)
            transport.send(good)

    async def main() -> None:
        transport = AsyncTransport(clock)
        if reuse:
            await transport.send(good)
        with pytest.raises(errors.SlotExpired):
            await transport.send(late)
        await transport.send(good)
        await transport.aclose()

    sync() if kind == "threads" else asyncio.run(main())
    assert clock.now == begun + 6, "one connection was opened"
    assert len(sockets.requests) == 1 + reuse


@pytest.mark.parametrize("kind", KINDS)
def test_slot_expiry_is_checked_again_before_httpx_writes(sockets: SocketServer, kind: str) -> None:
    """A hook of the user's client, or its connecting, may take longer than the slot lasts."""
    clock = FakeClock()
    late = request_to(sockets, send_by=clock.now + 5)

    def hook(request: httpx.Request) -> None:
        clock.now += 6

    async def async_hook(request: httpx.Request) -> None:
        clock.now += 6

    async def main() -> None:
        async with httpx.AsyncClient(event_hooks={"request": [async_hook]}) as client:
            await AsyncClientTransport(client, clock).send(late)

    def sync() -> None:
        with httpx.Client(event_hooks={"request": [hook]}) as client:
            ClientTransport(client, clock).send(late)

    with pytest.raises(errors.SlotExpired):
        asyncio.run(main()) if kind == "tasks" else sync()
    assert not sockets.requests
