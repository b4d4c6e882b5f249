"""The transport for an ASGI application in this process, including its lifespan events.

The application runs on its own event loop in a thread. So the caller may itself run inside an event loop, and a call to
an application that never answers can be abandoned. A response is complete when its last body part is sent. Whatever the
application does after that, such as background tasks, continues while the next request is sent, as on a real server.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import unquote

from ..trace import Answer, Headers
from .transport import LARGEST, SLICE, TIMEOUT, TransportError, Watched

PART = 64 * 1024  # maximum bytes of a request body in one ASGI event, like a server that reads from a socket
SHUTDOWN = 2.0  # seconds that the application has to shut down, and that its remaining tasks have to end

Scope = MutableMapping[str, Any]
AsgiApp = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


def http_scope(method: str, target: str, headers: Iterable[tuple[str, str]]) -> Scope:
    """Return the ASGI scope of a request.

    Args:
        method: the HTTP method.
        target: the path with its query, percent-encoded.
        headers: name and value of each header.
    """
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii", "replace"),
        "query_string": query.encode("ascii", "replace"),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


class AsgiTransport(Watched):
    """A transport to an ASGI application in this process.

    Args:
        app: the application.
        timeout: seconds that the startup may take, and that each answer may take.
    """

    def __init__(self, app: AsgiApp, timeout: float = TIMEOUT) -> None:
        self._app, self._timeout = app, timeout
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="ASGI application", daemon=True)
        self._lifespan: _Lifespan | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def __call__(self, method: str, target: str, headers: Headers, body: bytes | None) -> Answer:
        if self._lifespan is None:
            self._thread.start()
            self._lifespan = _Lifespan(self._app)
            try:
                self._wait(self._lifespan.start(), "the application did not start", "its startup took")
            except BaseException:
                self._lifespan.failure = "its startup did not end in time"
                raise
        if self._lifespan.failure:
            raise TransportError(f"the application did not start: {self._lifespan.failure}")
        sent = [*headers, ("host", "in-process")]
        if body is not None:
            sent.append(("content-length", str(len(body))))
        scope = http_scope(method, target, sent)
        scope["state"] = dict(self._lifespan.state)
        answer: Answer = self._wait(
            self._ask(scope, body or b""), "the application did not respond", "its response took"
        )
        return answer

    def _wait(self, work: Any, failed: str, slow: str) -> Any:
        """Run a coroutine on the loop and return its result. Cancel it after the timeout, or when `watch` raises.

        Args:
            work: the coroutine.
            failed: the start of the error message.
            slow: what takes too long, for the error message after a timeout.

        Raises:
            TransportError: it timed out, or it raised `TimeoutError` itself.
        """
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        over = time.monotonic() + self._timeout
        try:
            while True:
                left = over - time.monotonic()
                if left <= 0:
                    raise TransportError(f"{failed}: {slow} more than {self._timeout:g} s")
                try:
                    return future.result(min(SLICE, left))
                except concurrent.futures.TimeoutError:
                    if future.done():
                        raise TransportError(f"{failed}: it raised TimeoutError") from None
                    self.look()
        except BaseException:
            future.cancel()
            raise

    async def _ask(self, scope: Scope, body: bytes) -> Answer:
        response = _Response(body)
        task = asyncio.get_running_loop().create_task(self._serve(scope, response))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await response.settled.wait()
        except asyncio.CancelledError:
            task.cancel()
            raise
        if response.problem:
            task.cancel()
            raise TransportError(response.problem)
        content = b"" if scope["method"] == "HEAD" else b"".join(response.parts)
        return Answer(response.status, response.headers, content)

    async def _serve(self, scope: Scope, response: _Response) -> None:
        problem = "the application ended without a complete response"
        try:
            await self._app(scope, response.receive, response.send)
        except (Exception, SystemExit) as error:  # noqa: BLE001  any error of the application means: no answer
            problem = f"the application raised {type(error).__name__}: {error}"
        finally:
            response.end(problem)

    def close(self) -> None:
        """Shut the application down. Abandon it if it does not shut down in time."""
        if self._closed:
            return
        self._closed = True
        if not self._thread.ident:
            self._loop.close()
            return
        with contextlib.suppress(concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
            asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result(3 * SHUTDOWN)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(1)

    async def _finish(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=SHUTDOWN)
        if self._lifespan is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._lifespan.end(), SHUTDOWN)
        # Do not log tasks of the application that ignore their cancellation.
        self._loop.set_exception_handler(lambda loop, context: None)
        for task in self._tasks:
            task.cancel()


class _Response:
    """The `receive` and `send` callables of one request. `settled` is set when the response is complete or failed."""

    def __init__(self, body: bytes) -> None:
        self._incoming = [
            {"type": "http.request", "body": body[start : start + PART], "more_body": start + PART < len(body)}
            for start in range(0, len(body) or 1, PART)
        ]
        self.settled = asyncio.Event()
        self.status = 0
        self.headers: Headers = ()
        self.parts: list[bytes] = []
        self.problem = ""
        self._size = 0

    async def receive(self) -> Any:
        """Return the next part of the request body.

        After the last part, wait for the end of the response, then return `http.disconnect`.
        """
        if self._incoming:
            return self._incoming.pop(0)
        await self.settled.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if self.settled.is_set():
            await asyncio.sleep(0)
            return
        kind = message["type"]
        if kind == "http.response.start":
            if self.status:
                raise RuntimeError("http.response.start was sent twice")
            self.headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in message.get("headers", ()))
            self.status = int(message["status"])
        elif kind == "http.response.body":
            if not self.status:
                raise RuntimeError("http.response.body was sent before http.response.start")
            self.parts.append(bytes(message.get("body", b"")))
            self._size += len(self.parts[-1])
            if self._size > LARGEST:
                self.end(f"the response has more than {LARGEST} bytes")
            elif not message.get("more_body", False):
                self.settled.set()
            else:
                await asyncio.sleep(0)  # lets an application that never awaits anything else be cancelled

    def end(self, problem: str) -> None:
        """End the response. If it is not complete yet, `problem` says why it failed."""
        if not self.settled.is_set():
            self.problem = problem
            self.settled.set()


class _Lifespan:
    """The lifespan of an application.

    An application that raises or returns at once does not support lifespan events, and is used without them.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self.state: dict[str, Any] = {}
        self.failure = ""
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._to_app: asyncio.Queue[Any] = asyncio.Queue()
        self._started, self._ended = asyncio.Event(), asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._live())
        self._to_app.put_nowait({"type": "lifespan.startup"})
        await self._started.wait()

    async def _live(self) -> None:
        scope: Scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        # ASGI: if the application raises here, the server continues without lifespan events.
        with contextlib.suppress(Exception, SystemExit):
            await self._app(scope, self._to_app.get, self._take)
        self._started.set()
        self._ended.set()

    async def _take(self, message: Any) -> None:
        if message["type"] == "lifespan.startup.failed":
            lines = str(message.get("message") or "").strip().splitlines()
            self.failure = lines[-1] if lines else "it gave no reason"
        if message["type"] in ("lifespan.startup.complete", "lifespan.startup.failed"):
            self._started.set()
        elif message["type"].startswith("lifespan.shutdown."):
            self._ended.set()

    async def end(self) -> None:
        if self._task is None or self._task.done():
            return
        try:
            if self._started.is_set() and not self.failure:
                self._to_app.put_nowait({"type": "lifespan.shutdown"})
                await self._ended.wait()
        finally:
            self._task.cancel()
