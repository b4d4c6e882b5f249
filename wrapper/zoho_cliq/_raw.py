"""Raw answers together with the parsed result: `with_raw_response` of the clients.

The methods are those of the resources, with a runner that returns an `ApiResponse` instead of the result. The return
types of all methods change in the same way; `raw` and `raw_async` declare that to the type checker.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache, partial
from typing import Any, Generic, ParamSpec, TypeVar, cast

from ._engine import AsyncRunner, Call, Engine, Plan, Runner
from ._progress import Options
from ._types import RawResponse, Steps, T

P = ParamSpec("P")
R = TypeVar("R")


class Headers(Mapping[str, str]):
    """The headers of an answer. Names are case-insensitive."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> str:
        return self._headers[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)

    def __repr__(self) -> str:
        return f"Headers({', '.join(self._headers)})"


class ApiResponse(Generic[T]):
    """The raw answer; `parse()` returns what the method would have returned.

    A token that the server repeats is blanked. If a method makes several calls, as a create with `if_exists="adopt"`
    may, this is the answer to the last one.
    """

    __slots__ = ("_parse", "_response")

    def __init__(self, response: RawResponse, parse: Callable[[], T]) -> None:
        self._response = response
        self._parse = cache(parse)

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Headers:
        """The headers. Names are case-insensitive."""
        return Headers(self._response.headers)

    @property
    def content(self) -> bytes:
        """The body; empty if there was none."""
        return self._response.body

    @property
    def text(self) -> str:
        """The body decoded as UTF-8. Invalid bytes are replaced."""
        return self._response.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body as JSON. Raise ValueError if it is not JSON."""
        return json.loads(self._response.body)

    @property
    def elapsed(self) -> timedelta:
        """The duration of the last attempt, from the host look-up to the last byte."""
        return timedelta(seconds=self._response.elapsed)

    @property
    def retries_taken(self) -> int:
        """How often an attempt was repeated; see `max_retries` of `Cliq`."""
        return self._response.retries

    @property
    def operation(self) -> str:
        """The operation's id."""
        return self._response.operation

    def parse(self) -> T:
        """Return what the method would return; the same object at each call.

        Raise DecodeError if the answer cannot be read.
        """
        return self._parse()

    def then(self, make: Callable[[T], R]) -> ApiResponse[R]:
        """Return an `ApiResponse` for the same answer, with `make` applied to the parsed result."""
        return ApiResponse(self._response, lambda: make(self._parse()))

    def __repr__(self) -> str:
        return f"ApiResponse(operation={self.operation!r}, status_code={self.status_code})"


@dataclass(frozen=True, slots=True)
class RawPlan(Generic[T]):
    """A plan whose result is the last answer of `plan` as an `ApiResponse`."""

    plan: Plan[T]

    @property
    def name(self) -> str:
        """The operation's id."""
        return self.plan.name

    def steps(self, engine: Engine, options: Options) -> Steps[ApiResponse[T]]:
        """Return the steps. The answer to a single call is read only when `parse()` is called."""
        seen: list[RawResponse] = []

        def note(response: RawResponse) -> None:
            seen.append(response)
            if options.on_response:
                options.on_response(response)

        noting = replace(options, on_response=note)
        if isinstance(self.plan, Call):
            parse = yield from engine.call(unread(self.plan), noting)
            return ApiResponse(seen[-1], parse)
        result = yield from self.plan.steps(engine, noting)
        return ApiResponse(seen[-1], lambda: result)


def unread(call: Call[T]) -> Call[Callable[[], T]]:
    """Return the same call, whose result is a function that reads the answer."""

    def read(response: RawResponse, strict: bool) -> Callable[[], T]:
        return partial(call.read, response, strict)

    return Call(call.operation, call.path, read, call.params, call.content, call.headers)


def raw_runner(run: Runner) -> Runner:
    """Return a runner that returns an `ApiResponse` of the result."""

    def run_raw(plan: Plan[Any], /) -> Any:
        return run(RawPlan(plan))

    return run_raw


def raw_async_runner(run: AsyncRunner) -> AsyncRunner:
    """Return a runner for tasks that returns an `ApiResponse` of the result."""

    async def run_raw(plan: Plan[Any], /) -> Any:
        return await run(RawPlan(plan))

    return run_raw


def raw(method: Callable[P, T]) -> Callable[P, ApiResponse[T]]:
    """Return `method` unchanged, typed as returning an `ApiResponse`. Its runner must be one of `raw_runner`."""
    return cast("Any", method)  # type: ignore[no-any-return]


def raw_async(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, ApiResponse[T]]]:
    """Return `method` unchanged, typed as returning an `ApiResponse`. Its runner must be one of `raw_async_runner`."""
    return cast("Any", method)  # type: ignore[no-any-return]
