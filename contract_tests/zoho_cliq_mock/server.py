"""Runs the mock on a socket: `MockServer` in a thread, `make_server` for the command in the foreground."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, wait
from types import TracebackType
from typing import Any, Self, TypeVar

import uvicorn

from zoho_cliq_mock import forks
from zoho_cliq_mock.app import App, create_app
from zoho_cliq_mock.clock import Clock, SharedClock
from zoho_cliq_mock.control_client import ControlFailed
from zoho_cliq_mock.controls import RESET, Ask, AsyncMock, Called
from zoho_cliq_mock.document import BASE_PATH
from zoho_cliq_mock.trigger.service import trigger_of
from zoho_cliq_mock.wire import Protocol

T = TypeVar("T")
_LOOK_AGAIN = 0.1  # seconds between a waiting caller's checks that the server's thread still runs


class Server(uvicorn.Server):
    """A uvicorn server that calls `on_ready` when it accepts requests, and `on_stop` before it shuts down."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then call `on_ready`."""
        await super().startup(sockets)
        if not self.should_exit:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Call `on_stop`, then wait for the requests in progress."""
        self._on_stop()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Args:
        host: the address to bind to.
        port: the port; 0 for a free one.

    Raise OSError if the port cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2048)
    except OSError:
        sock.close()
        raise
    return sock


def make_server(app: App, on_ready: Callable[[], None]) -> uvicorn.Server:
    """Return a uvicorn server for the application, without the uvicorn features that the mock does not need.

    Args:
        app: the application.
        on_ready: called when the server accepts requests.
    """

    def started() -> None:
        trigger_of(app.state).resume()
        on_ready()

    def stopping() -> None:
        for close in app.state.closing:
            close()

    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        http=Protocol,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=2,
        timeout_keep_alive=75,  # longer than a client waits for the one-minute window of a threshold to pass
        backlog=2048,
    )
    return Server(config, started, stopping)


class MockServer(Called):
    """A mock server in a thread of this process; use it as a context manager.

    It has one method for each call of the control API: `trigger`, `fail_next`, `advance`, `journal` and so on.

    Args:
        db: the path of a database file, or `:memory:`, the default.
        seed: users, tokens and actions, as the README describes them. Default: the demo seed, or that of the database.
        thresholds: whether calls are counted and users locked. Default: True.
        policies: values of policies by name; `zoho-cliq-mock --list-policies` shows them. Default: none is changed.
        port: the port on 127.0.0.1. Default: 0, a free one.
        clock: a `Clock`, or a function that returns seconds since 1970. Default: the system's time.
        control: whether there is a control API, and with it the console. Default: True.
        durable: whether a change is on the disk before it is answered, so that it survives a loss of power. Default:
            False; it survives the end of the process in any case.
        webhook_hosts: hosts, in addition to this machine, that events and scripts' requests may be sent to. Default:
            none.
        connections: the headers that `connection:` in a script adds: `{name: {header: value}}`. Default: none.

    Attributes:
        url: the API's base URL.
        accounts_url: the address that has `/oauth/v2/token` below it.
        control_url: the address of the control API.
        control_token: the token of the control API.
        console_url: a new link to the console, the page that shows the mock in a browser.
        clock: the mock's time as a clock for clients (`Cliq(…, clock=mock.clock)`), on which waits take no real time;
            each reset makes a new one.

    Raises:
        DatabaseError: if the database cannot be used.
        SeedError: if the seed cannot be used.
        PolicyError: if there is no such policy or value.
        ConnectionsError: if the connections cannot be used.
        OSError: if the port is in use.
    """

    def __init__(
        self,
        db: str = ":memory:",
        *,
        seed: Mapping[str, Any] | None = None,
        thresholds: bool = True,
        policies: Mapping[str, object] | None = None,
        port: int = 0,
        clock: Clock | Callable[[], float] | None = None,
        control: bool = True,
        durable: bool = False,
        webhook_hosts: Collection[str] = (),
        connections: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._socket = listen("127.0.0.1", port)
        self._control = control
        try:
            self.app = create_app(
                db,
                seed=seed,
                thresholds=thresholds,
                policies=policies,
                clock=clock,
                control=control,
                durable=durable,
                webhook_hosts=webhook_hosts,
                connections=connections,
            )
        except BaseException:
            self._socket.close()
            raise
        self.accounts_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.url = f"{self.accounts_url}{BASE_PATH}"
        self.control_url = f"{self.accounts_url}/_mock"
        self.control_token = self.app.state.control_token
        self._owner = os.getpid()
        self._clock_of_clients = self._new_clock()
        if db != ":memory:":
            forks.keep_for_ever(self.app.state.connection)
        self._loop: asyncio.AbstractEventLoop | None = None  # known once the thread runs
        self._ready = threading.Event()
        self._server = make_server(self.app, self._ready.set)
        self._thread = threading.Thread(target=self._run, name="zoho-cliq-mock", daemon=True)

    def __repr__(self) -> str:
        """Return the class, the address and whether the server runs; the control token is not shown."""
        began, runs = self._thread.ident is not None, self._thread.is_alive()
        return f"<MockServer {self.url}, {'running' if runs else 'stopped' if began else 'not started'}>"

    def start(self) -> Self:
        """Start the server, and return when it accepts requests.

        Raise RuntimeError if it was started before, or was made in the parent process.
        """
        if self._forked():
            raise RuntimeError("this mock server belongs to the parent process; create another one in this process")
        if self._thread.ident is not None:
            raise RuntimeError("this mock server was started before; create another one")
        forks.watch(self)
        self._thread.start()
        self._ready.wait()
        if not self._server.started:
            forks.forget(self)
            raise RuntimeError("the mock server could not start")
        return self

    def stop(self) -> None:
        """Stop the server and close the database. In a forked child, do nothing: the server belongs to the parent."""
        if self._forked():
            return
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        forks.forget(self)
        self._socket.close()
        self.app.state.close()

    @property
    def clock(self) -> SharedClock:
        """The mock's time as a clock for clients (`Cliq(…, clock=mock.clock)`), on which waits take no real time.

        Each reset makes a new one.
        """
        return self._clock_of_clients

    @property
    def console_url(self) -> str:
        """A link that opens the console in a browser. It can be used once; each access returns a new one.

        Raise RuntimeError if the control API is switched off, or the server runs in the parent process.
        """
        if not self._control:
            raise RuntimeError("the console needs the control API, which is disabled")
        if self._forked():
            raise RuntimeError("this mock server runs in the parent process; create the links to its console there")
        return self.accounts_url + self._in_thread(self.app.state.access.new_link)

    def reset(self) -> None:
        """Return to the seed. It can be called from any thread; a forked child calls the parent's control API.

        Raise RuntimeError if the server does not run, or runs in the parent process without a control API.
        """
        if self._forked():
            self._ask_parent(RESET)
        else:
            self._in_thread(self.app.state.reset)
        self._clock_of_clients = self._new_clock()

    def as_async(self) -> AsyncMock:
        """Return an object with the same methods, to be awaited."""
        return AsyncMock(self)

    def call_soon(self, act: Callable[[], None]) -> bool:
        """Schedule a function in the server's thread; return whether it will be called.

        Return False if the server is not running, or if this is its thread.
        """
        if self._loop is None or not self._thread.is_alive() or threading.current_thread() is self._thread:
            return False
        try:
            self._loop.call_soon_threadsafe(act)
        except RuntimeError:  # the event loop was closed since the check above
            return False
        return True

    def file_numbers(self) -> list[int]:
        """Return the file descriptors of the server's open sockets."""
        sockets = [protocol.transport.get_extra_info("socket") for protocol in self._server.server_state.connections]
        return [sock.fileno() for sock in (self._socket, *sockets) if sock is not None and sock.fileno() >= 0]

    def _in_thread(self, act: Callable[[], T]) -> T:
        """Call a function in the server's thread, and return its result.

        Raise RuntimeError if the server is not running.
        """
        if threading.current_thread() is self._thread:
            return act()
        outcome: Future[T] = Future()

        def settle() -> None:
            try:
                outcome.set_result(act())
            except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
                outcome.set_exception(error)

        asked = self.call_soon(settle)
        while asked and not outcome.done():
            wait([outcome], timeout=_LOOK_AGAIN)
            asked = self._thread.is_alive()
        if not outcome.done():
            raise RuntimeError("the mock server is not running")
        return outcome.result()

    def _ask(self, ask: Ask[T]) -> T:
        if not self._control:
            raise ControlFailed("the control API of this mock server is disabled")
        if threading.current_thread() is self._thread:
            raise ControlFailed("the mock server cannot be called from its own thread")
        return ask.sent(self.accounts_url, self.control_token)

    def _ask_parent(self, ask: Ask[T]) -> T:
        if not self._control:
            raise RuntimeError("the mock server runs in the parent process, and its control API is disabled")
        try:
            return ask.sent(self.accounts_url, self.control_token)
        except ControlFailed as error:
            raise RuntimeError(f"the mock server of the parent process: {error}") from None

    def _new_clock(self) -> SharedClock:
        """Return a new clock for clients. They count calls separately for each clock, so the counts start again."""
        return SharedClock(self._time, self._advance)

    def _time(self) -> float:
        return self.now() if self._forked() else self.app.state.clock.now()

    def _advance(self, seconds: float) -> None:
        def act() -> None:
            self.app.state.clock.advance(seconds)
            self.app.state.keep_clock()

        if self._forked():
            self.advance(seconds)
        else:
            self._in_thread(act)

    def _forked(self) -> bool:
        return os.getpid() != self._owner

    def _run(self) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve(sockets=[self._socket])

        try:
            with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
                runner.run(main())
        finally:
            self._ready.set()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
