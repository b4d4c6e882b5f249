"""`Cliq` and `AsyncCliq`: what people hold in their hands. They join engine, transport and state; no decision is made
here."""

from __future__ import annotations

import contextlib
import copy
import os
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from zoho_cliq_api.contract import OPERATIONS, SERVERS

from ._http import AsyncTransport, Transport
from .auth import Auth, OAuth, StaticToken, checked_url, data_center_named
from .calls import Calls
from .clock import Clock, SystemClock, checked_seconds, checked_timeout
from .drivers import run, run_async
from .engine import Engine, Options, Plan
from .errors import ConfigurationError
from .exchange import RawResponse, Request, T, Wait
from .message_actions import AsyncMessageActions, MessageActions
from .servers import server_named
from .state import Budget, State, open_state
from .tokens import CalledToken, FixedToken, RefreshedToken, TokenSource


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


class Thresholds(Mapping[str, Budget]):
    """What is left of each operation's threshold, by operation id, as far as those who share the state have used it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._limits = {name: entry.threshold for name, entry in OPERATIONS.items() if entry.threshold}

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
    ) -> None:
        """Makes a client; sends nothing.

        `auth` is an access token, a `StaticToken`, an `OAuth`, or a callable that gives access tokens; a callable needs
        `account`, a name for the user whose calls count together. `data_center` comes from `auth`, else it is us;
        `base_url`, with `/api/v3`, replaces it. `state` is None (every client of this process), a path (SQLite: every
        process of the machine) or `redis://…` (every machine). `timeout` bounds an attempt and `max_wait` all waiting
        of a call, both in seconds. `strict` makes every difference between answer and document a DecodeError. `on_wait`
        is called before a wait, `on_response` with every answer, `middleware` around every attempt. Raises
        ConfigurationError, StateError.
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
        self._open()  # before the state: it leaves nothing open where it fails
        self._calls = Calls()
        self._state = open_state(state, self._clock)
        key = f"{server_named(url)} {account}"
        tokens = _tokens(auth, key, None if base_url else center, self._state, self._clock)
        self._engine = Engine(base_url=url, account=key, tokens=tokens, state=self._state, clock=self._clock)
        self.thresholds = Thresholds(self._engine)
        self._attach()

    @classmethod
    def from_env(cls, **settings: Any) -> Self:
        """A client from the environment: ZOHO_CLIQ_TOKEN, or _CLIENT_ID, _CLIENT_SECRET and _REFRESH_TOKEN (the token
        is used where both are set), and, if set, _BASE_URL, _ACCOUNTS_URL, _DATA_CENTER and _STATE. `settings`
        win."""
        names = {name: f"ZOHO_CLIQ_{name.upper()}" for name in ("base_url", "data_center", "state")}
        found = {name: os.environ[variable] for name, variable in names.items() if os.environ.get(variable)}
        auth: Auth = os.environ.get("ZOHO_CLIQ_TOKEN") or OAuth.from_env(settings.get("data_center"))
        return cls(auth, **{**found, **settings})

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
    def _open(self) -> None:
        """Makes the transport."""

    @abstractmethod
    def _attach(self) -> None:
        """Makes the resources, bound to this client and its options."""

    def observed_drift(self) -> list[dict[str, Any]]:
        """What answers had so far that the document does not know, as actions for its overlay; no values, no
        secrets."""
        return self._calls.drift.actions(self._calls.document)

    def _around(self, operation: str) -> contextlib.ExitStack:
        stack = contextlib.ExitStack()
        for layer in self._options.middleware:
            if hasattr(layer, "around_call"):
                stack.enter_context(layer.around_call(operation))
        return stack

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._engine.base_url!r})"


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

    def _open(self) -> None:
        self._transport = Transport()

    def _attach(self) -> None:
        self.message_actions = MessageActions(self._run, self._calls)

    def _run(self, plan: Plan[T], /) -> T:
        first = self._transport.send
        send = reduce(lambda inner, layer: partial(layer, send=inner), reversed(self._options.middleware), first)
        with self._around(plan.name):
            return run(plan.steps(self._engine, self._options), send, first, self._clock)

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

    def _open(self) -> None:
        self._transport = AsyncTransport()

    def _attach(self) -> None:
        self.message_actions = AsyncMessageActions(self._run, self._calls)

    async def _run(self, plan: Plan[T], /) -> T:
        first = self._transport.send
        send = reduce(lambda inner, layer: partial(layer, send=inner), reversed(self._options.middleware), first)
        with self._around(plan.name):
            return await run_async(plan.steps(self._engine, self._options), send, first, self._clock)

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
