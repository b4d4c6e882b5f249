"""`Cliq` and `AsyncCliq`: what people hold in their hands. They join engine, transport and state; no decision is made
here."""

from __future__ import annotations

import contextlib
import copy
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypedDict, Unpack, cast, overload

from zoho_cliq_api.contract import SERVERS, Threshold

from ._auth.auth import Auth, OAuth, StaticToken, checked_url, data_center_named, header_safe
from ._auth.tokens import CalledToken, FixedToken, RefreshedToken, TokenSource
from ._drivers import run, run_async
from ._engine import MAX_WAIT, Call, Engine, Options, Plan
from ._environment import setting
from ._http.headers import checked_headers
from ._http.threads import Transport
from ._operations import EMPTY, OWN, Operations
from ._planning import planned_by
from ._raw import ApiResponse, RawPlan
from ._secrecy import hides_arguments
from ._servers import server_named
from ._types import RawResponse, Request, T, Wait
from .clock import Clock, SystemClock, checked_seconds, checked_timeout
from .errors import ConfigurationError
from .message_actions import AsyncMessageActions, MessageActions
from .message_actions.calls import Calls
from .state import Budget, State, open_state

if TYPE_CHECKING:
    from ._http.brought import AsyncClientTransport, ClientTransport
    from ._http.tasks import AsyncTransport
    from .bulk import AsyncBulk, Bulk
    from .bulk.progress import Report


class Middleware(Protocol):
    """A layer around every attempt of a `Cliq`: it may look, change, answer by itself, and must send at most once.

    Requests for tokens do not pass through it, and requests that do carry no token. Where it has a method
    `around_call(operation)`, the context manager that this gives is open during the whole call.
    """

    def __call__(self, request: Request, send: Callable[[Request], RawResponse]) -> RawResponse:
        """Send `request`, or another one, and return the answer."""
        ...


class AsyncMiddleware(Protocol):
    """The same for an `AsyncCliq`."""

    async def __call__(self, request: Request, send: Callable[[Request], Awaitable[RawResponse]]) -> RawResponse:
        """Send `request`, or another one, and return the answer."""
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

    def limit(self, operation: str) -> Threshold | None:
        """Return the limit of an operation; None where none is documented."""
        return self._limits.get(operation)

    def __getitem__(self, operation: str) -> Budget:
        return self._engine.state.budget(self._engine.account, operation, self._limits[operation])

    def __iter__(self) -> Iterator[str]:
        return iter(self._limits)

    def __len__(self) -> int:
        return len(self._limits)

    def __repr__(self) -> str:
        """Show the limits, and not what is left, which may take a question to the state."""
        limits = (f"{name}: {each.limit} in {each.window_seconds} s" for name, each in self._limits.items())
        return f"Thresholds({', '.join(limits)})"


class Settings(TypedDict, total=False):
    """The settings of a client, as `Cliq` describes them, for `from_env`."""

    account: str | None
    data_center: str | None
    base_url: str | None
    state: str | Path | None
    timeout: float
    max_wait: float
    max_retries: int
    strict: bool
    clock: Clock | None
    on_wait: Callable[[Wait], None] | None
    on_response: Callable[[RawResponse], None] | None
    middleware: Sequence[Any]
    http_client: HttpClient | None
    headers: Mapping[str, str] | None
    path_parameters: Mapping[str, Any] | None


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
        max_wait: float = MAX_WAIT,
        max_retries: int = 2,
        strict: bool = False,
        clock: Clock | None = None,
        on_wait: Callable[[Wait], None] | None = None,
        on_response: Callable[[RawResponse], None] | None = None,
        middleware: Sequence[Any] = (),
        http_client: HttpClient | None = None,
        headers: Mapping[str, str] | None = None,
        path_parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """Make a client; nothing is sent.

        Args:
            auth: an access token, a `StaticToken`, an `OAuth`, or a callable that returns access tokens.
            account: a name for the user whose calls count together; needed where `auth` is a callable.
            data_center: us, eu, in, au, jp, ca, sa, uk, cn or ae; that of `auth` by default, else us.
            base_url: another server, `/api/v3` included, in place of the data centre's.
            state: where thresholds, lock and token are shared: None (all clients of this process), a path (SQLite:
                every process of the machine) or `redis://…` (every machine).
            timeout: seconds for one attempt, from looking up the host to the last byte.
            max_wait: seconds that one call may wait in all: for thresholds, locks, tokens and between attempts. By
                default 30 more than the longest window of the thresholds, which makes 90.
            max_retries: how often an attempt is repeated where that is safe; 0 is never. Every attempt is where nothing
                was
                sent, or after a throttle. Reads, updates and deletes are, too, after a timeout, a broken connection and
                500, 502, 503, 504; a create never is. A repeat with a new access token, after a 401, is not counted.
            strict: make every difference between an answer and the document a `DecodeError`.
            clock: where time comes from; the machine's clock by default.
            on_wait: called with a `Wait` before each wait.
            on_response: called with every answer.
            middleware: layers around every attempt, the outermost first.
            http_client: an `httpx.Client` (`AsyncCliq`: an `httpx.AsyncClient`) to send through, which stays open; None
                makes connections of its own.
            headers: further headers of every call to the API. Authorization and those that the client sets itself are
                refused.
            path_parameters: values by name for parameters that paths came to require beside the methods' own arguments
                (today there are none). A call's own value wins. What is not here either is read from
                ZOHO_CLIQ_PATH_… and the name in capitals.

        Raise ConfigurationError, StateError.
        """
        self._clock = clock or SystemClock()
        options = Options(timeout, max_wait, max_retries, strict, on_wait, on_response, tuple(middleware))
        self._options = _checked(options)
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
        self._operations = Operations(path_parameters=path_parameters or EMPTY)
        # Before the state, so that nothing is left open where it fails.
        self._transport = self._open(http_client)
        for address in (url, auth.accounts_url) if isinstance(auth, OAuth) else (url,):
            self._transport.check(address)
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
    def from_env(cls, **settings: Unpack[Settings]) -> Self:
        """Return a client from the environment: ZOHO_CLIQ_TOKEN, or _CLIENT_ID, _CLIENT_SECRET and _REFRESH_TOKEN
        (the token is used where both are set), and, if set, _BASE_URL, _ACCOUNTS_URL, _DATA_CENTER and _STATE.
        `settings` win."""
        asked = settings.get("data_center")
        checks: dict[str, Callable[[str], object] | None] = {
            "base_url": partial(checked_url, "it"),
            "data_center": data_center_named,
            "state": None,
        }
        found: dict[str, Any] = {
            name: value
            for name, check in checks.items()
            if name not in settings and (value := setting(f"ZOHO_CLIQ_{name.upper()}", check))
        }
        auth: Auth = setting("ZOHO_CLIQ_TOKEN", header_safe) or OAuth.from_env(asked)
        return cls(auth, **{**found, **settings})

    def with_options(
        self,
        *,
        timeout: float | _Keep = KEEP,
        max_wait: float | _Keep = KEEP,
        max_retries: int | _Keep = KEEP,
        strict: bool | _Keep = KEEP,
        on_wait: Callable[[Wait], None] | _Keep | None = KEEP,
        on_response: Callable[[RawResponse], None] | _Keep | None = KEEP,
        middleware: Sequence[Any] | _Keep = KEEP,
    ) -> Self:
        """Return a client with other options that shares everything else with this one, which stays as it is.

        For one call, `cliq.with_options(max_wait=0).message_actions.get(…)`; for a block, give it a name. Closing it
        closes nothing.
        """
        given = {
            "timeout": timeout,
            "max_wait": max_wait,
            "max_retries": max_retries,
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
        """Make the resources, bound to this client and its options."""

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

        Args:
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
    retries: object = options.max_retries
    if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
        raise ConfigurationError(f"max_retries is a whole number and at least 0, not {retries!r}")
    return options


def _data_center(auth: Auth, asked: str | None, base_url: str | None) -> str | None:
    own = auth.data_center if isinstance(auth, (StaticToken, OAuth)) else None
    if asked and own and asked != own and not base_url:
        raise ConfigurationError(
            f"the credentials are for the data center {own}, and data_center is {asked}; give one of them"
        )
    if asked and not own and isinstance(auth, OAuth) and not base_url and auth.accounts_url != accounts_of(asked):
        raise ConfigurationError(
            f"the credentials are for {auth.accounts_url}, and data_center is {asked}; give data_center to OAuth"
        )
    return asked or own


def accounts_of(data_center: str) -> str:
    """Return the accounts host of a data centre."""
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
        if (noted := planned_by(self, plan)) is not None:
            return cast(T, noted)
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

        The arguments before the fields are the package or its name, and the operation's id: `call(package, operation)`.
        Without a package, the operation is one of the client's own document.

        Args:
            body: the whole body, in place of its fields: what JSON can say, or bytes.
            fields: the arguments; each goes where the document declares it, into path, query, headers or body. The name
                of a parameter is written in lower case with underscores.

        Return the model of the answer; bytes where it is no JSON, None where it has no content. Token, thresholds,
        locks, retries, errors and drift are those of every other call. Raise ConfigurationError where there is no such
        operation.
        """
        return self._run(self._prepared(first, second, body, fields))

    @property
    def with_raw_response(self) -> CliqWithRawResponse:
        """`message_actions` and `call` with an `ApiResponse` of each result: status, headers, body, and `parse()`."""
        return CliqWithRawResponse(self)

    def bulk(self, calls: Iterable[Callable[[], T]], *, progress: bool | Report = False) -> Bulk[T]:
        """Prepare any number of calls; `run()` of what this returns makes them.

            job = cliq.bulk(functools.partial(cliq.message_actions.update, id, hint="New") for id in ids).run()
            print(job.results, job.errors)

        Args:
            calls: functions without arguments, each of which makes one call of this client. None of them is sent yet.
            progress: True shows progress and time left on the standard error, as a bar where rich is installed; a
                function gets a `BulkProgress` after each call and before each wait.

        The calls are made in the order that finishes first under the thresholds, and wait as long as it takes, whatever
        `max_wait` is. Errors are collected, and after an interrupt `run()` goes on.
        Raise ConfigurationError where a function makes no call of this client, or several.
        """
        from .bulk import Bulk  # here, as few programs need it

        return Bulk(self, calls, progress)

    def close(self) -> None:
        """Close connections and state. A client from `with_options` leaves them open."""
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
            from ._http.tasks import AsyncTransport

            return AsyncTransport(self._clock)
        from ._http.brought import AsyncClientTransport

        return AsyncClientTransport(http_client, self._clock)

    def _attach(self) -> None:
        self.message_actions = AsyncMessageActions(self._run, self._calls)

    async def _run(self, plan: Plan[T], /) -> T:
        if (noted := planned_by(self, plan)) is not None:
            return cast(T, noted)
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

    @property
    def with_raw_response(self) -> AsyncCliqWithRawResponse:
        """`message_actions` and `call` with an `ApiResponse` of each result: status, headers, body, and `parse()`."""
        return AsyncCliqWithRawResponse(self)

    def bulk(
        self, calls: Iterable[Callable[[], Coroutine[Any, Any, T]]], *, progress: bool | Report = False
    ) -> AsyncBulk[T]:
        """Prepare any number of calls; `await run()` of what this returns makes them. See `Cliq.bulk`."""
        from .bulk import AsyncBulk

        return AsyncBulk(self, calls, progress)

    async def close(self) -> None:
        """Close connections and state. A client from `with_options` leaves them open."""
        if self._owner:
            await self._transport.aclose()
            self._state.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()


class CliqWithRawResponse:
    """What a `Cliq` does, with an `ApiResponse` of each result."""

    def __init__(self, cliq: Cliq) -> None:
        self._cliq = cliq
        self.message_actions = cliq.message_actions.with_raw_response

    def call(
        self, first: ModuleType | str, second: str | None = None, /, *, body: Any = None, **fields: Any
    ) -> ApiResponse[Any]:
        """Call any operation. See `Cliq.call`."""
        return self._cliq._run(RawPlan(self._cliq._prepared(first, second, body, fields)))


class AsyncCliqWithRawResponse:
    """What an `AsyncCliq` does, with an `ApiResponse` of each result."""

    def __init__(self, cliq: AsyncCliq) -> None:
        self._cliq = cliq
        self.message_actions = cliq.message_actions.with_raw_response

    async def call(
        self, first: ModuleType | str, second: str | None = None, /, *, body: Any = None, **fields: Any
    ) -> ApiResponse[Any]:
        """Call any operation. See `Cliq.call`."""
        return await self._cliq._run(RawPlan(self._cliq._prepared(first, second, body, fields)))
