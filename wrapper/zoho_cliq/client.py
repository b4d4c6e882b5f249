"""`Cliq` and `AsyncCliq`: what people hold in their hands. They join engine, transport and state; decisions are
elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from zoho_cliq_api.contract import SERVERS

from ._http import AsyncTransport, Transport
from .auth import StaticToken
from .calls import Calls
from .clock import Clock, SystemClock
from .drivers import run, run_async
from .engine import Call, Engine, Options
from .errors import ConfigurationError
from .exchange import T
from .message_actions import AsyncMessageActions, MessageActions
from .state.memory import MemoryState

DEFAULT_DATA_CENTER = "us"


class _Base:
    """What both clients share: the settings, checked, and the engine made from them."""

    def __init__(
        self,
        auth: str | StaticToken,
        *,
        account: str | None = None,
        data_center: str | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_wait: float = 90.0,
        strict: bool = False,
        clock: Clock | None = None,
    ) -> None:
        auth = StaticToken(auth) if isinstance(auth, str) else auth
        self._clock = clock or SystemClock()
        url = base_url or _server(data_center)
        self._options = Options(timeout=timeout, max_wait=max_wait, strict=strict)
        self._state = MemoryState(self._clock)
        self._calls = Calls()
        self._engine = Engine(
            base_url=url,
            account=f"{url} {account or auth.identity()}",
            token=lambda: auth.token,
            state=self._state,
            clock=self._clock,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._engine.base_url!r})"


def _server(data_center: str | None) -> str:
    name = data_center or DEFAULT_DATA_CENTER
    if name not in SERVERS:
        raise ConfigurationError(f"there is no data center {name!r}; known are {', '.join(SERVERS)}")
    return SERVERS[name].base_url


class Cliq(_Base):
    """A client for threads. Use it as a context manager, or close it."""

    def __init__(self, auth: str | StaticToken, **settings: Any) -> None:
        super().__init__(auth, **settings)
        self._transport = Transport()
        self.message_actions = MessageActions(self._run, self._calls)

    def _run(self, call: Call[T]) -> T:
        return run(self._engine.call(call, self._options), self._transport.send, self._clock)

    def close(self) -> None:
        """Closes connections and state."""
        self._transport.close()
        self._state.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class AsyncCliq(_Base):
    """A client for tasks. Use it as an asynchronous context manager, or close it."""

    def __init__(self, auth: str | StaticToken, **settings: Any) -> None:
        super().__init__(auth, **settings)
        self._transport = AsyncTransport()
        self.message_actions = AsyncMessageActions(self._run, self._calls)

    async def _run(self, call: Call[T]) -> T:
        return await run_async(self._engine.call(call, self._options), self._transport.send, self._clock)

    async def close(self) -> None:
        """Closes connections and state."""
        await self._transport.aclose()
        self._state.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()
