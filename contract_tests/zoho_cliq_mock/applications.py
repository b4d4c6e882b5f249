"""Run an ASGI application beside the mock, such as the service whose webhooks the mock calls."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, TypeAlias

import uvicorn

from zoho_cliq_mock.server import Server, listen

AsgiApp: TypeAlias = Callable[[Any, Any, Any], Any]


@contextmanager
def serving(make: Callable[[str], AsgiApp]) -> Iterator[str]:
    """Run an ASGI application on a free port of 127.0.0.1 while a `with` block runs, and yield its URL.

    The application runs in a thread and an event loop of its own, including its lifespan start-up. It is shut down at
    the end of the block; requests in progress get two seconds to finish.

    Args:
        make: returns the application; it is called with the URL, such as `http://127.0.0.1:50123`.

    Raise RuntimeError if the application does not start or fails to shut down, caused by the exception that the
    application raised.
    """
    with closing(listen("127.0.0.1", 0)) as sock:
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        app = make(url)
        failures: list[BaseException] = []

        async def watched(scope: Any, receive: Any, send: Any) -> None:
            try:
                await app(scope, receive, send)
            except BaseException as error:
                if scope["type"] == "lifespan":
                    failures.append(error)
                raise

        ready = threading.Event()
        config = uvicorn.Config(watched, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=2)
        server = Server(config, ready.set, lambda: None)

        def run() -> None:
            try:
                # uvicorn raises SystemExit if the application fails to start.
                with suppress(SystemExit), asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
                    runner.run(server.serve(sockets=[sock]))
            finally:
                ready.set()

        thread = threading.Thread(target=run, name="zoho-cliq-mock-serving", daemon=True)
        thread.start()
        try:
            ready.wait()
            if not server.started:
                raise RuntimeError("the application did not start") from next(iter(failures), None)
            yield url
        finally:
            server.should_exit = True
            thread.join()
        if getattr(server.lifespan, "shutdown_failed", False):
            raise RuntimeError("the application failed to shut down") from next(iter(failures), None)
