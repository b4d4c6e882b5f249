"""`Cliq` and `AsyncCliq`, the public clients. They connect engine, transport and state, and make no decisions."""

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
from ._engine import Call, Engine, Plan
from ._environment import setting
from ._http.headers import checked_headers
from ._http.threads import Transport
from ._operations import EMPTY, OWN, Operations
from ._planning import planned_by
from ._progress import MAX_WAIT, Options
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
    from ._http.tasks import AsyncTransport
    from ._http.user_client import AsyncClientTransport, ClientTransport
    from .bulk import AsyncBulk, Bulk
    from .bulk.progress import Report


class Middleware(Protocol):
    """A layer around every attempt of a `Cliq`. It may inspect or replace requests and answers, or answer by itself.

    It must send at most once. Token requests bypass it, and the requests that it sees hold no token. If it has a method
    `around_call(operation)`, the returned context manager is open during the whole call.
    """

    def __call__(self, request: Request, send: Callable[[Request], RawResponse]) -> RawResponse:
        """Send `request`, or another one, and return the answer.

        Args:
            request: the attempt.
            send: sends a request through the inner layers; raises TransportError.
        """
        ...


class AsyncMiddleware(Protocol):
    """A layer around every attempt of an `AsyncCliq`; see `Middleware`."""

    async def __call__(self, request: Request, send: Callable[[Request], Awaitable[RawResponse]]) -> RawResponse:
        """Send `request`, or another one, and return the answer."""
        ...


class HttpClient(Protocol):
    """An `httpx.Client`, for a `Cliq`, or an `httpx.AsyncClient`, for an `AsyncCliq`."""

    @property
    def is_closed(self) -> bool:
        """Whether it is closed."""
        ...

    def build_request(self, method: str, url: str) -> Any:
        """Return a request."""
        ...

    def send(self, request: Any) -> Any:
        """Send a request."""
        ...


class Thresholds(Mapping[str, Budget]):
    """The budget of each operation's threshold by operation id, as used by all clients that share the state.

    Operations of another package are included, as `package.operation`, after the first call of one of them.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._limits: dict[str, Threshold] = {}

    def add(self, operations: Operations) -> None:
        """Add the operations of a package."""
        named = {operations.count_as(name): entry.threshold for name, entry in operations.table.items()}
        self._limits |= {name: threshold for name, threshold in named.items() if threshold}

    def limit(self, operation: str) -> Threshold | None:
        """Return the threshold of an operation, or None if none is documented."""
        return self._limits.get(operation)

    def __getitem__(self, operation: str) -> Budget:
        return self._engine.state.budget(self._engine.account, operation, self._limits[operation])

    def __iter__(self) -> Iterator[str]:
        return iter(self._limits)

    def __len__(self) -> int:
        return len(self._limits)

    def __repr__(self) -> str:
        """Return the limits only: reading the budgets may query the state."""
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
    """The type of KEEP, which leaves an option unchanged."""


KEEP = _Keep()


class _Base(ABC):
    """The common part of both clients: the checked settings, and the engine made from them."""

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
        """Make a client. Nothing is sent.

        Args:
            auth: an access token, a `StaticToken`, an `OAuth`, or a callable that returns access tokens.
            account: a name for the user whose calls are counted together. Default: a hash of the credentials. Required
                if `auth` is a callable.
            data_center: us, eu, in, au, jp, ca, sa, uk, cn or ae. Default: that of `auth`, else us.
            base_url: the URL of another server, including `/api/v3`. Default: the URL of the data center.
            state: where thresholds, lock and token are shared: None (all clients of this process), a path (SQLite:
                every process of the machine) or `redis://…` (every machine). Default: None.
            timeout: seconds for one attempt, from the host look-up to the last byte. Default: 30.
            max_wait: seconds that one call may wait in total: for thresholds, locks, tokens and between attempts.
                Default: the longest window of the thresholds, at most five minutes, and 30 more; today 90.
            max_retries: how often an attempt may be repeated if that is safe; 0 is never. Default: 2. It is safe if
                nothing was sent, or after a throttle. For reads, updates and deletes it is also safe after a timeout, a
                broken connection and status 500, 502, 503 or 504; for a create it is not. A repetition with a new
                access token, after a 401, is not counted.
            strict: raise DecodeError at every difference between an answer and the document. Default: False.
            clock: the source of time. Default: the clock of the machine.
            on_wait: called with a `Wait` before each wait.
            on_response: called with every answer.
            middleware: layers around every attempt, the outermost first.
            http_client: an `httpx.Client` (`AsyncCliq`: an `httpx.AsyncClient`) to send through; the client does not
                close it. Default: None, connections of its own.
            headers: additional headers for every call to the API. Authorization and other headers that the client sets
                itself are refused.
            path_parameters: values by name for path parameters that the methods do not take as arguments (the current
                document has none). A value given to a call has precedence. Parameters that are missing here are
                read from the environment: ZOHO_CLIQ_PATH_ and the name in capitals.

        Raise ConfigurationError if a setting is invalid, StateError if the state cannot be used.
        """
        self._clock = clock or SystemClock()
        options = Options(timeout, max_wait, max_retries, strict, on_wait, on_response, _layers(middleware))
        self._options = _checked(options)
        auth = StaticToken(auth) if isinstance(auth, str) else auth
        if not isinstance(auth, (StaticToken, OAuth)) and not callable(auth):
            raise ConfigurationError(
                "auth must be an access token, a StaticToken, an OAuth, or a callable that returns access tokens, "
                f"not a {type(auth).__name__}"
            )
        center = data_center_named(_data_center(auth, data_center, base_url))
        url = SERVERS[center].base_url if base_url is None else checked_url("base_url", base_url)
        if account is None:
            if not isinstance(auth, (StaticToken, OAuth)):
                raise ConfigurationError("a callable that returns tokens needs account=…, a name for its user")
            account = auth.identity()
        if not isinstance(account, str) or not account:  # an empty one would be shared by different users
            raise ConfigurationError(f"account must be a text that is not empty, not {account!r}")
        extra = checked_headers(headers)
        self._operations = Operations(path_parameters=path_parameters or EMPTY)
        # Opened before the state, so that a failure leaves no state open.
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
        """Return a client with settings from the environment.

        Args:
            settings: arguments of `Cliq`; they have precedence over the environment.

        ZOHO_CLIQ_TOKEN, or ZOHO_CLIQ_CLIENT_ID, _CLIENT_SECRET and _REFRESH_TOKEN, are the credentials; if all are set,
        the token is used. ZOHO_CLIQ_BASE_URL, _ACCOUNTS_URL, _DATA_CENTER and _STATE are optional. Raise
        ConfigurationError if credentials are missing or a variable is invalid.
        """
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
        """Return a client with other options. It shares everything else with this client, which keeps its options.

        For one call: `cliq.with_options(max_wait=0).message_actions.get(…)`. The arguments are those of `Cliq`. Closing
        the returned client has no effect. Raise ConfigurationError if an option is invalid.
        """
        given = {
            "timeout": timeout,
            "max_wait": max_wait,
            "max_retries": max_retries,
            "strict": strict,
            "on_wait": on_wait,
            "on_response": on_response,
            "middleware": middleware if isinstance(middleware, _Keep) else _layers(middleware),
        }
        changes: dict[str, Any] = {name: value for name, value in given.items() if not isinstance(value, _Keep)}
        other = copy.copy(self)
        other._owner = False
        other._options = _checked(replace(self._options, **changes))
        other._attach()
        return other

    @abstractmethod
    def _open(self, http_client: HttpClient | None) -> Any:
        """Return the transport."""

    @abstractmethod
    def _attach(self) -> None:
        """Create the resources, bound to this client and its options."""

    def _prepared(self, first: ModuleType | str, second: str | None, body: Any, fields: dict[str, Any]) -> Call[Any]:
        """Return the call of an operation.

        `first` is a package if `second` is given, else an operation of the client's own document.
        """
        package, operation = (OWN, first) if second is None else (_package(first), second)
        if not isinstance(operation, str):
            raise ConfigurationError("call() takes an operation's id, or a package and an operation's id")
        if package not in self._packages:
            self._packages[package] = Operations(package)
            self.thresholds.add(self._packages[package])
        return self._packages[package].call(operation, fields, body)

    def observed_drift(self, package: ModuleType | str = OWN) -> list[dict[str, Any]]:
        """Return the differences between answers and the document so far, as actions for the overlay.

        They hold no values.

        Args:
            package: the generated package whose document is meant. Default: the client's own.
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
        raise ConfigurationError(f"max_wait must be a number of seconds of at least 0, not {options.max_wait!r}")
    retries: object = options.max_retries
    if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
        raise ConfigurationError(f"max_retries must be a whole number of at least 0, not {retries!r}")
    for name in ("on_wait", "on_response"):
        if (given := getattr(options, name)) is not None and not callable(given):
            raise ConfigurationError(f"{name} must be a function, not {type(given).__name__}")
    return options


def _layers(middleware: object) -> tuple[Any, ...]:
    if not isinstance(middleware, Iterable) or not all(map(callable, layers := tuple(middleware))):
        raise ConfigurationError("middleware must be a list of functions (request, send), the outermost first")
    return layers


def _data_center(auth: Auth, asked: str | None, base_url: str | None) -> str | None:
    own = auth.data_center if isinstance(auth, (StaticToken, OAuth)) else None
    if asked and own and asked != own and not base_url:
        raise ConfigurationError(
            f"the credentials are for the data center {own}, but data_center is {asked}; give only one"
        )
    if asked and not own and isinstance(auth, OAuth) and not base_url and auth.accounts_url != accounts_of(asked):
        raise ConfigurationError(
            f"the credentials are for {auth.accounts_url}, but data_center is {asked}; pass data_center to OAuth"
        )
    return asked or own


def accounts_of(data_center: str) -> str:
    """Return the URL of the accounts server of a data center.

    Raise ConfigurationError if there is no such data center.
    """
    return SERVERS[data_center_named(data_center)].accounts_url


def _tokens(auth: Any, account: str, data_center: str | None, state: State, clock: Clock) -> TokenSource:
    if isinstance(auth, StaticToken):
        return FixedToken(auth.token)
    if isinstance(auth, OAuth):
        return RefreshedToken(auth, account, data_center, state, clock)
    return CalledToken(auth)


class Cliq(_Base):
    """A client for threads. Use it as a context manager, or close it.

    `message_actions` has the operations, `thresholds` the budget of each operation's threshold. See `__init__` for the
    arguments.
    """

    message_actions: MessageActions

    _transport: Transport | ClientTransport

    def _open(self, http_client: HttpClient | None) -> Transport | ClientTransport:
        if http_client is None:
            return Transport(self._clock)
        from ._http.user_client import ClientTransport

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

        Use `call(operation, …)` for the client's own document, `call(package, operation, …)` for another package. The
        package is the module or its name, the operation its id.

        Args:
            body: the whole body, instead of its fields: JSON-like data, or bytes.
            fields: the arguments by name, in lower case with underscores. Each goes where the document declares it:
                path, query, headers or body.

        Return the model of the answer, bytes if it is not JSON, or None if it has no content. Tokens, thresholds,
        locks, retries, errors and drift work as for every other call. Raise ConfigurationError if there is no such
        operation, ValidationError if an argument is invalid.
        """
        return self._run(self._prepared(first, second, body, fields))

    @property
    def with_raw_response(self) -> CliqWithRawResponse:
        """`message_actions` and `call`, returning an `ApiResponse`: status, headers, body, and `parse()`."""
        return CliqWithRawResponse(self)

    def bulk(self, calls: Iterable[Callable[[], T]], *, progress: bool | Report = False) -> Bulk[T]:
        """Prepare any number of calls. `run()` of the returned job makes them.

            job = cliq.bulk(functools.partial(cliq.message_actions.update, id, hint="New") for id in ids).run()
            print(job.results, job.errors)

        Args:
            calls: functions without arguments, each of which makes one call of this client. None is sent yet.
            progress: True shows progress and time left on standard error, as a bar if rich is installed. A function is
                called with a `BulkProgress` after each call and before each wait. Default: False.

        The calls are made in the order that finishes first under the thresholds. They wait as long as necessary,
        whatever `max_wait` is. Errors are collected. After an interrupt, another `run()` continues. Raise
        ConfigurationError if a function makes no call of this client, or several.
        """
        from .bulk import Bulk  # here, as few programs need it

        return Bulk(self, calls, progress)

    def close(self) -> None:
        """Close connections and state. On a client from `with_options`, do nothing."""
        if self._owner:
            self._transport.close()
            self._state.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class AsyncCliq(_Base):
    """A client for tasks. Use it as an asynchronous context manager, or close it.

    Names and arguments are those of `Cliq`. Methods that send must be awaited; listings are iterated with `async for`.
    """

    message_actions: AsyncMessageActions

    _transport: AsyncTransport | AsyncClientTransport

    def _open(self, http_client: HttpClient | None) -> AsyncTransport | AsyncClientTransport:
        if http_client is None:
            from ._http.tasks import AsyncTransport

            return AsyncTransport(self._clock)
        from ._http.user_client import AsyncClientTransport

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
        """Call any operation of the document, or of a package that `scripts/regenerate --package` made.

        See `Cliq.call`.
        """
        return await self._run(self._prepared(first, second, body, fields))

    @property
    def with_raw_response(self) -> AsyncCliqWithRawResponse:
        """`message_actions` and `call`, returning an `ApiResponse`: status, headers, body, and `parse()`."""
        return AsyncCliqWithRawResponse(self)

    def bulk(
        self, calls: Iterable[Callable[[], Coroutine[Any, Any, T]]], *, progress: bool | Report = False
    ) -> AsyncBulk[T]:
        """Prepare any number of calls. `await run()` of the returned job makes them. See `Cliq.bulk`."""
        from .bulk import AsyncBulk

        return AsyncBulk(self, calls, progress)

    async def close(self) -> None:
        """Close connections and state. On a client from `with_options`, do nothing."""
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
    """The operations of a `Cliq`, returning an `ApiResponse` for each."""

    def __init__(self, cliq: Cliq) -> None:
        self._cliq = cliq
        self.message_actions = cliq.message_actions.with_raw_response

    def call(
        self, first: ModuleType | str, second: str | None = None, /, *, body: Any = None, **fields: Any
    ) -> ApiResponse[Any]:
        """Call any operation. See `Cliq.call`."""
        return self._cliq._run(RawPlan(self._cliq._prepared(first, second, body, fields)))


class AsyncCliqWithRawResponse:
    """The operations of an `AsyncCliq`, returning an `ApiResponse` for each."""

    def __init__(self, cliq: AsyncCliq) -> None:
        self._cliq = cliq
        self.message_actions = cliq.message_actions.with_raw_response

    async def call(
        self, first: ModuleType | str, second: str | None = None, /, *, body: Any = None, **fields: Any
    ) -> ApiResponse[Any]:
        """Call any operation. See `Cliq.call`."""
        return await self._cliq._run(RawPlan(self._cliq._prepared(first, second, body, fields)))
