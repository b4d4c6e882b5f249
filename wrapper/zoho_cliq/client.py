"""`Cliq` and `AsyncCliq`: what people hold in their hands. They join engine, transport and state; no decision is made
here."""

from __future__ import annotations

import contextlib
import copy
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, overload

from zoho_cliq_api.contract import SERVERS, Threshold

from ._auth.auth import Auth, OAuth, StaticToken, checked_url, data_center_named, header_safe
from ._auth.tokens import CalledToken, FixedToken, RefreshedToken, TokenSource
from ._drivers import run, run_async
from ._engine import Call, Engine, Options, Plan
from ._environment import setting
from ._http import AsyncTransport, Transport
from ._http.headers import checked_headers
from ._operations import OWN, Operations
from ._secrecy import hides_arguments
from ._servers import server_named
from ._types import RawResponse, Request, T, Wait
from .clock import Clock, SystemClock, checked_seconds, checked_timeout
from .errors import ConfigurationError
from .message_actions import AsyncMessageActions, MessageActions
from .message_actions.resource import Calls
from .state import Budget, State, open_state

if TYPE_CHECKING:
    from ._http.brought import AsyncClientTransport, ClientTransport


class Middleware(Protocol):
    """A layer around every attempt of a `Cliq`: it may look, change, answer by itself, and must send at most once.

    Requests for tokens do not pass through it, and requests that do carry no token. Where it has a method
    `around_call(operation)`, the context manager that this gives is open during the whole call.
    """

    def __call__(self, request: Request, send: Callable[[Request], RawResponse]) -> RawResponse:
        """Sends `request`, or another one, and gives the answer."""
        ...


class AsyncMiddleware(Protocol):
    """The same for an `AsyncCliq`."""

    async def __call__(self, request: Request, send: Callable[[Request], Awaitable[RawResponse]]) -> RawResponse:
        """Sends `request`, or another one, and gives the answer."""
        ...


class HttpClient(Protocol):
    """An `httpx.Client`, for a `Cliq`, or an `httpx.AsyncClient`, for an `AsyncCliq`."""

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        ...

    def build_request(self, method: str, url: str) -> Any:
        """Make a request."""
        ...

    def send(self, request: Any) -> Any:
        """Send it."""
        ...


class Thresholds(Mapping[str, Budget]):
    """What is left of each operation's threshold, by operation id, as far as those who share the state have used it.

    Operations of another package are there, as `package.operation`, once one of them has been called.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._limits: dict[str, Threshold] = {}

    def add(self, operations: Operations) -> None:
        """Add the operations of a package."""
        named = {operations.count_as(name): entry.threshold for name, entry in operations.table.items()}
        self._limits |= {name: threshold for name, threshold in named.items() if threshold}

    def __getitem__(self, operation: str) -> Budget:
        return self._engine.state.budget(self._engine.account, operation, self._limits[operation])

    def __iter__(self) -> Iterator[str]:
        return iter(self._limits)

    def __len__(self) -> int:
        return len(self._limits)


class _Keep:
    """Says that an option stays as it is."""


KEEP = _Keep()


class _Base(ABC):
    """What both clients share: the settings, checked, and the engine made from them."""

    _owner = True

    @hides_arguments
    def __init__(
        self,
        auth: Auth,
        *,
        account: str | None = None,
        data_center: str | None = None,
        base_url: str | None = None,
        state: str | Path | None = None,
        timeout: float = 30.0,
        max_wait: float = 90.0,
        strict: bool = False,
        clock: Clock | None = None,
        on_wait: Callable[[Wait], None] | None = None,
        on_response: Callable[[RawResponse], None] | None = None,
        middleware: Sequence[Any] = (),
        http_client: HttpClient | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Make a client; nothing is sent.

        auth: an access token, a `StaticToken`, an `OAuth`, or a callable that returns access tokens.
        account: a name for the user whose calls count together; needed where `auth` is a callable.
        data_center: us, eu, in, au, jp, ca, sa, uk, cn or ae; that of `auth` by default, else us.
        base_url: another server, `/api/v3` included, in place of the data centre's.
        state: where thresholds, lock and token are shared: None (all clients of this process), a path (SQLite: every
            process of the machine) or `redis://…` (every machine).
        timeout: seconds for one attempt, from looking up the host to the last byte.
        max_wait: seconds that one call may wait in all: for thresholds, locks, tokens and between attempts.
        strict: make every difference between an answer and the document a `DecodeError`.
        clock: where time comes from; the machine's clock by default.
        on_wait: called with a `Wait` before each wait.
        on_response: called with every answer.
        middleware: layers around every attempt, the outermost first.
        http_client: an `httpx.Client` (`AsyncCliq`: an `httpx.AsyncClient`) to send through, which stays open; None
            makes connections of its own.
        headers: further headers of every call to the API. Authorization and those that the client sets itself are
            refused.
        Raises ConfigurationError, StateError.
        """
        self._clock = clock or SystemClock()
        self._options = _checked(Options(timeout, max_wait, strict, on_wait, on_response, tuple(middleware)))
        auth = StaticToken(auth) if isinstance(auth, str) else auth
        if not isinstance(auth, (StaticToken, OAuth)) and not callable(auth):
            raise ConfigurationError(
                "auth is an access token, a StaticToken, an OAuth, or a callable that gives access tokens, "
                f"not a {type(auth).__name__}"
            )
        center = data_center_named(_data_center(auth, data_center, base_url))
        url = SERVERS[center].base_url if base_url is None else checked_url("base_url", base_url)
        if account is None:
            if not isinstance(auth, (StaticToken, OAuth)):
                raise ConfigurationError("a callable that gives tokens needs account=…, a name for the user behind it")
            account = auth.identity()
        extra = checked_headers(headers)
        # Before the state, so that nothing is left open where it fails.
        self._transport = self._open(http_client)
        for address in (url, auth.accounts_url) if isinstance(auth, OAuth) else (url,):
            self._transport.check(address)
        self._operations = Operations()
        self._calls = Calls(self._operations)
        self._state = open_state(state, self._clock)
        key = f"{server_named(url)} {account}"
        tokens = _tokens(auth, key, None if base_url else center, self._state, self._clock)
        self._engine = Engine(
            base_url=url, account=key, tokens=tokens, state=self._state, clock=self._clock, headers=extra
        )
        self.thresholds = Thresholds(self._engine)
        self.thresholds.add(self._operations)
        self._packages = {OWN: self._operations}
        self._attach()

    @classmethod
    @hides_arguments
    def from_env(cls, **settings: Any) -> Self:
        """A client from the environment: ZOHO_CLIQ_TOKEN, or _CLIENT_ID, _CLIENT_SECRET and _REFRESH_TOKEN (the token
        is used where both are set), and, if set, _BASE_URL, _ACCOUNTS_URL, _DATA_CENTER and _STATE. `settings`
        win."""
        asked = settings.get("data_center")
        checks: dict[str, Callable[[str], object] | None] = {
            "base_url": partial(checked_url, "it"),
            "data_center": data_center_named,
            "state": None,
        }
        for name, check in checks.items():
            if name not in settings and (value := setting(f"ZOHO_CLIQ_{name.upper()}", check)):
                settings[name] = value
        auth: Auth = setting("ZOHO_CLIQ_TOKEN", header_safe) or OAuth.from_env(asked)
        return cls(auth, **settings)

    def with_options(
        self,
        *,
        timeout: float | _Keep = KEEP,
        max_wait: float | _Keep = KEEP,
        strict: bool | _Keep = KEEP,
        on_wait: Callable[[Wait], None] | _Keep | None = KEEP,
        on_response: Callable[[RawResponse], None] | _Keep | None = KEEP,
        middleware: Sequence[Any] | _Keep = KEEP,
    ) -> Self:
        """A client with other options that shares everything else with this one, which stays as it is.

        For one call, `cliq.with_options(max_wait=0).message_actions.get(…)`; for a block, give it a name. Closing it
        closes nothing.
        """
        given = {
            "timeout": timeout,
            "max_wait": max_wait,
            "strict": strict,
            "on_wait": on_wait,
            "on_response": on_response,
            "middleware": middleware if isinstance(middleware, _Keep) else tuple(middleware),
        }
        changes: dict[str, Any] = {name: value for name, value in given.items() if not isinstance(value, _Keep)}
        other = copy.copy(self)
        other._owner = False
        other._options = _checked(replace(self._options, **changes))
        other._attach()
        return other

    @abstractmethod
    def _open(self, http_client: HttpClient | None) -> Any:
        """Make the transport."""

    @abstractmethod
    def _attach(self) -> None:
        """Makes the resources, bound to this client and its options."""

    def _prepared(self, first: ModuleType | str, second: str | None, body: Any, fields: dict[str, Any]) -> Call[Any]:
        """Return the call of an operation, whose package stands before it unless it is the client's own."""
        package, operation = (OWN, first) if second is None else (_package(first), second)
        if not isinstance(operation, str):
            raise ConfigurationError("call() takes an operation's id, or a package and an operation's id")
        if package not in self._packages:
            self._packages[package] = Operations(package)
            self.thresholds.add(self._packages[package])
        return self._packages[package].call(operation, fields, body)

    def observed_drift(self, package: ModuleType | str = OWN) -> list[dict[str, Any]]:
        """Return what answers had so far that the document does not know, as actions for its overlay; no values, no
        secrets.

        package: whose document; the client's own unless another is given.
        """
        found = self._packages.get(_package(package))
        return found.drift.actions(found.document) if found else []

    def _around(self, operation: str) -> contextlib.ExitStack:
        stack = contextlib.ExitStack()
        for layer in self._options.middleware:
            if hasattr(layer, "around_call"):
                stack.enter_context(layer.around_call(operation))
        return stack

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._engine.base_url!r})"


def _package(package: ModuleType | str) -> str:
    return package if isinstance(package, str) else package.__name__


def _checked(options: Options) -> Options:
    checked_timeout(options.timeout)
    if not checked_seconds("max_wait", options.max_wait) >= 0:
        raise ConfigurationError(f"max_wait is in seconds and at least 0, not {options.max_wait!r}")
    return options


def _data_center(auth: Auth, asked: str | None, base_url: str | None) -> str | None:
    own = auth.data_center if isinstance(auth, (StaticToken, OAuth)) else None
    if asked and own and asked != own and not base_url:
        raise ConfigurationError(f"auth is for the data center {own} and data_center is {asked}; give one of them")
    if asked and not own and isinstance(auth, OAuth) and not base_url and auth.accounts_url != accounts_of(asked):
        raise ConfigurationError(f"auth asks {auth.accounts_url} and data_center is {asked}; give data_center to OAuth")
    return asked or own


def accounts_of(data_center: str) -> str:
    """The accounts host of a data centre."""
    return SERVERS[data_center_named(data_center)].accounts_url


def _tokens(auth: Any, account: str, data_center: str | None, state: State, clock: Clock) -> TokenSource:
    if isinstance(auth, StaticToken):
        return FixedToken(auth.token)
    if isinstance(auth, OAuth):
        return RefreshedToken(auth, account, data_center, state, clock)
    return CalledToken(auth)


class Cliq(_Base):
    """A client for threads. Use it as a context manager, or close it.

    `message_actions` has the operations, `thresholds` what is left of each one's threshold.
    """

    message_actions: MessageActions

    _transport: Transport | ClientTransport

    def _open(self, http_client: HttpClient | None) -> Transport | ClientTransport:
        if http_client is None:
            return Transport(self._clock)
        from ._http.brought import ClientTransport

        return ClientTransport(http_client, self._clock)

    def _attach(self) -> None:
        self.message_actions = MessageActions(self._run, self._calls)

    def _run(self, plan: Plan[T], /) -> T:
        first = self._transport.send
        send = reduce(lambda inner, layer: partial(layer, send=inner), reversed(self._options.middleware), first)
        with self._around(plan.name):
            return run(plan.steps(self._engine, self._options), send, first, self._clock)

    @overload
    def call(self, operation: str, /, *, body: Any = None, **fields: Any) -> Any: ...

    @overload
    def call(self, package: ModuleType | str, operation: str, /, *, body: Any = None, **fields: Any) -> Any: ...

    def call(self, first: Any, second: str | None = None, /, *, body: Any = None, **fields: Any) -> Any:
        """Call any operation of the document, or of a package that `scripts/regenerate --package` made.

        package: the package or its name; left out, the client's own document.
        operation: the operation's id.
        body: the whole body, in place of its fields: what JSON can say, or bytes.
        fields: the arguments; each goes where the document declares it, into path, query, headers or body. The name of
            a parameter is written in lower case with underscores.
        Return the model of the answer; bytes where it is no JSON, None where it has no content. Token, thresholds,
        locks, retries, errors and drift are those of every other call. Raise ConfigurationError where there is no such
        operation.
        """
        return self._run(self._prepared(first, second, body, fields))

    def close(self) -> None:
        """Closes connections and state. A client from `with_options` leaves them open."""
        if self._owner:
            self._transport.close()
            self._state.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class AsyncCliq(_Base):
    """A client for tasks. Use it as an asynchronous context manager, or close it.

    Names and arguments are those of `Cliq`; methods that send are awaited, listings iterated with `async for`.
    """

    message_actions: AsyncMessageActions

    _transport: AsyncTransport | AsyncClientTransport

    def _open(self, http_client: HttpClient | None) -> AsyncTransport | AsyncClientTransport:
        if http_client is None:
            return AsyncTransport(self._clock)
        from ._http.brought import AsyncClientTransport

        return AsyncClientTransport(http_client, self._clock)

    def _attach(self) -> None:
        self.message_actions = AsyncMessageActions(self._run, self._calls)

    async def _run(self, plan: Plan[T], /) -> T:
        first = self._transport.send
        send = reduce(lambda inner, layer: partial(layer, send=inner), reversed(self._options.middleware), first)
        with self._around(plan.name):
            return await run_async(plan.steps(self._engine, self._options), send, first, self._clock)

    @overload
    async def call(self, operation: str, /, *, body: Any = None, **fields: Any) -> Any: ...

    @overload
    async def call(self, package: ModuleType | str, operation: str, /, *, body: Any = None, **fields: Any) -> Any: ...

    async def call(self, first: Any, second: str | None = None, /, *, body: Any = None, **fields: Any) -> Any:
        """Call any operation of the document, or of a package that `scripts/regenerate --package` made. See
        `Cliq.call`."""
        return await self._run(self._prepared(first, second, body, fields))

    async def close(self) -> None:
        """Closes connections and state. A client from `with_options` leaves them open."""
        if self._owner:
            await self._transport.aclose()
            self._state.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()
