"""Running the mock on a socket: `MockServer` in a thread, `serve` in the foreground."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, Self

import uvicorn

from zoho_cliq_mock.app import App, create_app
from zoho_cliq_mock.clock import Clock
from zoho_cliq_mock.document import BASE_PATH
from zoho_cliq_mock.trigger.service import trigger_of
from zoho_cliq_mock.wire import Protocol


class _Server(uvicorn.Server):
    """A uvicorn server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if not self.should_exit:
            self._on_ready()


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to a free port (0) or a given one. Raises OSError where the port is in use."""
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
    """A uvicorn server for the application, with nothing that the mock does not use."""

    def started() -> None:
        trigger_of(app.state).resume()
        on_ready()

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
        timeout_keep_alive=75,  # longer than a client waits for the next minute of a threshold
        backlog=2048,
    )
    return _Server(config, started)


class MockServer:
    """A mock server in a thread of this process; use it as a context manager.

    `db` is a path or `:memory:`; `seed` a directory as in the README; `thresholds` False switches them off; `policies`
    are values by name; `port` 0 takes a free one; `clock` a `Clock` or a callable that gives seconds since 1970;
    `control` False switches the control API off. `url` is the API's base URL, `accounts_url` has `/oauth/v2/token`
    below it, `control_url` is the control API and `control_token` its token.
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
    ) -> None:
        self._socket = listen("127.0.0.1", port)
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
            )
        except BaseException:
            self._socket.close()
            raise
        self.accounts_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.url = f"{self.accounts_url}{BASE_PATH}"
        self.control_url = f"{self.accounts_url}/_mock"
        self.control_token = self.app.state.control_token
        self._loop: asyncio.AbstractEventLoop  # known once the thread runs
        self._ready = threading.Event()
        self._server = make_server(self.app, self._ready.set)
        self._thread = threading.Thread(target=self._run, name="zoho-cliq-mock", daemon=True)

    def start(self) -> Self:
        """Start, and come back when the server answers."""
        self._thread.start()
        self._ready.wait()
        if not self._server.started:
            raise RuntimeError("the mock server could not start")
        return self

    def stop(self) -> None:
        """Stop, and close the database."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self.app.state.close()

    def reset(self) -> None:
        """Back to the seed, from any thread."""
        done = threading.Event()
        failure: list[BaseException] = []

        def act() -> None:
            try:
                self.app.state.reset()
            except BaseException as error:
                failure.append(error)
                raise
            finally:
                done.set()

        self._loop.call_soon_threadsafe(act)
        done.wait()
        if failure:
            raise failure[0]

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
