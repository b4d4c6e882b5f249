"""The receiver: reads an event, runs the function of its action, and returns the answer.

All decisions are made here, without I/O: `handle` and `handle_async` take the parts of a request and return a `Reply`.
The gateways in `gateways` connect them to ASGI and WSGI; other frameworks can call them directly.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

from ..clock import checked_seconds
from ..errors import ConfigurationError
from . import deferred, gateways
from .answers import NO_LIMITS, Answer, AnswerLimits, banner, wire
from .errors import AnswerInvalid, EventRefused, ResponseUrlRefused
from .events import Event, check_age, parse_event
from .later import LASTING_LOOP, Deferral, Work
from .replies import Replies, Reply
from .threads import ThreadedCall
from .verification import checked_secret, read_public_key, verify_secret

Handler: TypeAlias = Callable[[Event], Answer] | Callable[[Event], Awaitable[Answer]]
_H = TypeVar("_H", bound=Handler)

REPLAY_WINDOW = 300.0
LONGEST_MEMORY = 24 * 3600.0  # seconds that a reply is kept, however long the window is
MAX_BODY = 1024 * 1024
# Tells the mock server that a function tried to defer its answer and was refused. Never needed for Cliq's own hosts.
DEFERRED_REFUSED = "X-Zoho-Cliq-Deferred-Refused"
FAILURE_TEXT = "This did not work. Please try again later."

_log = logging.getLogger(__name__)


class Receiver:
    """Receives the events of message actions and answers them.

    - `secret`: the one in the `execution_url`, at least 16 characters. Default: None, no secret is asked for.
    - `public_key`: the RSA key of `X-Cliq-Signature`, PEM or bare base64. Default: None, signatures are not looked at.
      With a secret or a key, nothing is read of a request without it.
    - `replay_window`: how many seconds old an event may be; by default 300 where there is a secret or a key, else
      unlimited, as without them anybody can forge a fresh event. With a window, an event that comes again gets the
      reply of the first time, and its function does not run again; while the function still runs it gets 503, as does
      every new event while 100,000 events or 64 MiB of replies are remembered. Nothing is remembered for longer than
      a day.
    - `max_body`: the most bytes of a request's body (1 MiB).
    - `response_hosts`: hosts besides Cliq's that deferred answers may go to, as `host` or `host:port`. Default: none.
    - `failure_text`: what a person sees when a function fails. Default: "This did not work. Please try again later."
    - `limits`: limits of answers that Zoho does not document. Default: none.
    - `now`: returns the time in seconds since 1970, for the age of events. Default: `time.time`.

    Raise ConfigurationError for an argument that cannot be used.
    """

    def __init__(
        self,
        *,
        secret: str | None = None,
        public_key: str | bytes | None = None,
        replay_window: float | None = None,
        max_body: int = MAX_BODY,
        response_hosts: Collection[str] = (),
        failure_text: str = FAILURE_TEXT,
        limits: AnswerLimits = NO_LIMITS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._handlers: dict[str, Handler] = {}
        if secret is not None:
            checked_secret(secret)
        if isinstance(response_hosts, str | bytes):
            raise ConfigurationError("response_hosts: give a list of hosts, not one text")
        if not isinstance(response_hosts, Iterable) or not all(isinstance(host, str) for host in response_hosts):
            raise ConfigurationError("response_hosts: give a list of hosts, each a text")
        if replay_window is not None and not checked_seconds("replay_window", replay_window) >= 0:
            raise ConfigurationError(f"replay_window must be a number of seconds of at least 0, not {replay_window!r}")
        if not isinstance(max_body, int) or isinstance(max_body, bool) or max_body < 1:
            raise ConfigurationError(f"max_body must be a whole number of bytes from 1, not {max_body!r}")
        if not isinstance(limits, AnswerLimits):
            raise ConfigurationError(f"limits must be an AnswerLimits, not {type(limits).__name__}")
        if not callable(now):
            raise ConfigurationError(
                f"now must be a function that returns seconds since 1970, not {type(now).__name__}"
            )
        if public_key is not None:
            read_public_key(public_key)
        verified = secret is not None or public_key is not None
        self._secret = secret
        self._public_key = public_key
        self._window = REPLAY_WINDOW if replay_window is None and verified else replay_window
        # An event may be a window old or a window early, so it could be let in during two of them.
        remembered = min(2 * self._window, LONGEST_MEMORY) if self._window is not None else None
        self._replies = None if remembered is None else Replies(remembered)
        self._now = now
        # By the identity of each event whose function runs: why its deferred answer was refused, if it was.
        self._refused_deferrals: dict[int, str | None] = {}
        self._limits = limits
        try:
            self._failure = json.dumps(wire(banner(failure_text, failure=True))).encode()
        except AnswerInvalid as error:
            raise ConfigurationError(f"failure_text cannot be shown: {error}") from None
        self.max_body = max_body
        self.response_hosts = tuple(response_hosts)

    def __repr__(self) -> str:
        return f"Receiver(actions={sorted(self._handlers)})"

    def action(self, name: str) -> Callable[[_H], _H]:
        """Register the decorated function, plain or async, for the action of this name.

        It gets the `Event` and returns an answer: a text, what the functions of `zoho_cliq.webhooks` build, a
        dictionary as Cliq has it, or None for nothing. Raise ConfigurationError for a name that is empty or taken.
        """
        if not isinstance(name, str) or not name:
            raise ConfigurationError('action: name the action, as in @receiver.action("Create Ticket")')

        def register(handler: _H) -> _H:
            if not callable(handler):
                raise ConfigurationError(f"the action {name!r} needs a function, not a {type(handler).__name__}")
            if name in self._handlers:
                raise ConfigurationError(f"the action {name!r} already has a function")
            self._handlers[name] = handler
            return handler

        return register

    def asgi(self) -> gateways.AsgiApp:
        """Return an ASGI application. Plain functions run in threads, so that they hold nothing up."""
        return gateways.AsgiApp(self)

    def wsgi(self) -> gateways.WsgiApp:
        """Return a WSGI application. Async functions run in an event loop of their own."""
        return gateways.WsgiApp(self)

    def admit(self, method: str, query: str, content_type: str, length: int | None) -> Reply | None:
        """Return the refusal of a request that can be refused before its body is read, or None."""
        if method != "POST":
            return refusal(405, "send events with POST", {"Allow": "POST"})
        if self._secret is not None:
            try:
                verify_secret(query, self._secret)
            except EventRefused as refused:
                return self._refused(refused)
        if content_type.partition(";")[0].strip().lower() != "application/json":
            return refusal(415, "send events as application/json", {"Accept": "application/json"})
        if length is not None and length > self.max_body:
            return self.too_large()
        return None

    def too_large(self) -> Reply:
        """Return the refusal of a body beyond `max_body`."""
        return refusal(413, f"the body may have at most {self.max_body} bytes", {"Connection": "close"})

    def handle(self, method: str, headers: Mapping[str, str], body: bytes, query: str = "") -> Reply:
        """Handle one request in this thread, and return the answer to it. Raise nothing that the function raises.

        Args:
            method: the HTTP method.
            headers: the headers; their names may be in any case.
            body: the body as it was sent.
            query: the query string of the URL, which holds the secret. Default: empty.
        """
        work = self._take(method, headers, body, query)
        if isinstance(work, Reply):
            return work
        known = work.claim()
        if known is not None:
            return known
        before = LASTING_LOOP.set(None)  # an async function runs in a loop that ends with it
        try:
            answer = work.run()
            if inspect.isawaitable(answer):
                answer = asyncio.run(_awaited(answer))
            return work.finish(answer)
        except Exception as raised:  # noqa: BLE001 - the person must see something whatever happens
            failure = raised  # reported below: an error of logging itself would show this one as its context
        except BaseException:
            work.release()
            raise
        finally:
            LASTING_LOOP.reset(before)
        return work.fail(failure)

    async def handle_async(self, method: str, headers: Mapping[str, str], body: bytes, query: str = "") -> Reply:
        """Handle one request in this task, as `handle` does.

        Where the task is cancelled, an async function is cancelled too and the event may come again. A plain function
        goes on in its thread: until it ends, the event is answered with 503, and then as the function says.
        """
        work = self._take(method, headers, body, query)
        if isinstance(work, Reply):
            return work
        known = work.claim()
        if known is not None:
            return known
        before = LASTING_LOOP.set(asyncio.get_running_loop())
        try:
            if not inspect.iscoroutinefunction(work.handler):
                return await ThreadedCall(work).result()
            return await self._in_task(work)
        finally:
            LASTING_LOOP.reset(before)

    async def _in_task(self, work: _Work) -> Reply:
        try:
            return work.finish(await work.run())
        except Exception as raised:  # noqa: BLE001 - the person must see something whatever happens
            failure = raised  # reported below: an error of logging itself would show this one as its context
        except BaseException:
            work.release()
            raise
        return work.fail(failure)

    def respond(self, event: Event, answer: Answer) -> None:
        """Send a deferred answer, once, to the event's `response_url`.

        Raise ResponseUrlRefused if its host is neither Cliq's nor in `response_hosts`, AnswerInvalid if Cliq could not
        show the answer, and DeferredAnswerFailed if the answer was not accepted.
        """
        deferred.post(*self._deferred(event, answer))

    def respond_async(self, event: Event, answer: Answer) -> Coroutine[Any, Any, None]:
        """Return a coroutine that sends a deferred answer as `respond` does.

        Refusals are raised by this call, not when the coroutine is awaited, so that no error is lost in a task that
        nobody awaits.
        """
        return deferred.post_async(*self._deferred(event, answer))

    def defer(self, event: Event, work: Work) -> Future[bool]:
        """Run `work` after the function has answered, and send what it returns as the deferred answer, once.

        Args:
            event: the event that is answered.
            work: a function without arguments, plain or async, that returns an answer. Under ASGI, an async function
                runs in the event loop of the server. Anything else runs in a thread of its own, and the process does
                not end before it.

        Return a future whose result is whether the answer was taken. The future holds no exception: a failure of the
        work or of the sending is logged as an error, and where the work fails or its answer cannot be shown, the
        person gets `failure_text`.
        Raise ResponseUrlRefused, before anything runs, where the host of `response_url` is neither Cliq's nor in
        `response_hosts`.
        """
        return Deferral(self, event, self._response_url(event), work).start()

    def _deferred(self, event: Event, answer: Answer) -> tuple[str, bytes]:
        return self._response_url(event), self._wired(answer)

    def _wired(self, answer: Answer) -> bytes:
        return json.dumps(wire(answer, self._limits)).encode()

    def _response_url(self, event: Event) -> str:
        try:
            return deferred.checked_response_url(event.response_url, self.response_hosts)
        except ResponseUrlRefused as refused:
            _log.error("no deferred answer to %r is sent: %s", event.name, refused)
            if id(event) in self._refused_deferrals:
                self._refused_deferrals[id(event)] = str(refused)
            raise

    def _take(self, method: str, headers: Mapping[str, str], body: bytes, query: str) -> Reply | _Work:
        given = {name.lower(): value for name, value in headers.items()}
        refused = self.admit(method, query, given.get("content-type", ""), len(body))
        if refused is not None:
            return refused
        try:
            event = parse_event(body, given, public_key=self._public_key)
            if self._window is not None:
                check_age(event, self._now(), self._window)
        except EventRefused as error:
            return self._refused(error)
        handler = self._handlers.get(event.name)
        if handler is None:
            _log.warning("no function for the action %r", event.name)
            return refusal(404, "no function for this action")
        return _Work(self, event, handler, body)

    def _refused(self, error: EventRefused) -> Reply:
        _log.warning("an event was refused: %s", error)
        return refusal(error.status, str(error))

    def _log_failure(self, event: Event, failure: Exception) -> None:
        if isinstance(failure, AnswerInvalid):
            _log.error("the answer to %r cannot be shown: %s", event.name, failure)
        else:
            _log.error("the function of %r failed:\n%s", event.name, self._redacted(event, failure))

    def _redacted(self, event: Event, failure: BaseException) -> str:
        try:
            shown = "".join(traceback.format_exception(failure))
        except Exception:  # noqa: BLE001 - an exception's own code runs here, and may fail
            return f"{type(failure).__name__}, whose traceback cannot be shown"
        for hidden in (self._secret, event.response_url):
            if hidden:
                escaped = quote(hidden, safe="", errors="surrogatepass")
                for form in (hidden, escaped, repr(hidden)[1:-1], json.dumps(hidden)[1:-1]):
                    shown = shown.replace(form, "…")
        # JSON can bring in lone surrogates, which no log could write.
        return shown.encode(errors="backslashreplace").decode()


@dataclass(frozen=True, eq=False, repr=False)  # no error may show an event
class _Work:
    """One event and its function; the claim on the event is taken by `claim` and ends with one of the last three."""

    receiver: Receiver
    event: Event
    handler: Handler
    body: bytes

    def claim(self) -> Reply | None:
        replies = self.receiver._replies
        known = None if replies is None else replies.claim(self.body)
        if known is None:
            self.receiver._refused_deferrals[id(self.event)] = None
        return known

    def run(self) -> Any:
        return self.handler(self.event)

    def finish(self, given: Answer) -> Reply:
        return self._settled(self.receiver._wired(given))

    def fail(self, error: Exception) -> Reply:
        reply = self._settled(self.receiver._failure)  # first, so that no error of logging can keep the claim
        self.receiver._log_failure(self.event, error)
        return reply

    def release(self) -> None:
        self.receiver._refused_deferrals.pop(id(self.event), None)
        if self.receiver._replies is not None:
            self.receiver._replies.release(self.body)

    def _settled(self, content: bytes) -> Reply:
        refused = self.receiver._refused_deferrals.pop(id(self.event), None)
        reply = _json(200, content, None if refused is None else {DEFERRED_REFUSED: refused[:200]})
        if self.receiver._replies is not None:
            self.receiver._replies.settle(self.body, reply)
        return reply


def refusal(status: int, why: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a refusal as JSON: `{"error": …}`."""
    return _json(status, json.dumps({"error": why}).encode(), headers)


def _json(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, body, {"Content-Type": "application/json", **(headers or {})})


async def _awaited(answer: Awaitable[Answer]) -> Answer:
    return await answer
