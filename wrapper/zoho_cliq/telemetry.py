"""OpenTelemetry spans for calls, as middleware (extra `otel`): one span per call, a child for each attempt.

    cliq = Cliq(auth, middleware=[Telemetry()])

Spans name the operation, its threshold, and how long the call waited; no address parameters, no bodies, no secrets.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator

from zoho_cliq_api.contract import OPERATIONS

from ._extras import unavailable
from ._types import RawResponse, Request
from .errors import CliqError

try:
    from opentelemetry import trace
except ImportError as error:
    raise unavailable("spans need", "opentelemetry", "otel", error) from error


class _Spans:
    def __init__(self, tracer_provider: trace.TracerProvider | None = None) -> None:
        self._tracer = trace.get_tracer("zoho_cliq", tracer_provider=tracer_provider)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @contextlib.contextmanager
    def around_call(self, operation: str) -> Iterator[None]:
        """Open the span of a call. For an operation of another document it has no threshold attributes."""
        attributes: dict[str, str | int] = {"zoho_cliq.operation": operation}
        entry = OPERATIONS.get(operation)
        if entry and (threshold := entry.threshold):
            attributes["zoho_cliq.threshold.limit"] = threshold.limit
            attributes["zoho_cliq.threshold.window_seconds"] = threshold.window_seconds
        call = self._tracer.start_as_current_span(operation, attributes=attributes, record_exception=False)
        with call as span, _failures_noted(span):
            yield

    @contextlib.contextmanager
    def _attempt(self, request: Request) -> Iterator[trace.Span]:
        trace.get_current_span().set_attribute("zoho_cliq.waited_seconds", request.waited)
        attributes: dict[str, str | int | float] = {
            "http.request.method": request.method,
            "http.request.resend_count": request.attempt - 1,
            "zoho_cliq.waited_seconds": request.waited,
        }
        attempt = self._tracer.start_as_current_span(
            f"{request.operation} attempt", kind=trace.SpanKind.CLIENT, attributes=attributes, record_exception=False
        )
        with attempt as span, _failures_noted(span):
            yield span


class Telemetry(_Spans):
    """Middleware for `Cliq`. `tracer_provider` defaults to the global one."""

    def __call__(self, request: Request, send: Callable[[Request], RawResponse]) -> RawResponse:
        """Send within a span."""
        with self._attempt(request) as span:
            response = send(request)
            span.set_attribute("http.response.status_code", response.status)
            return response


class AsyncTelemetry(_Spans):
    """Middleware for `AsyncCliq`. `tracer_provider` defaults to the global one."""

    async def __call__(self, request: Request, send: Callable[[Request], Awaitable[RawResponse]]) -> RawResponse:
        """Send within a span."""
        with self._attempt(request) as span:
            response = await send(request)
            span.set_attribute("http.response.status_code", response.status)
            return response


@contextlib.contextmanager
def _failures_noted(span: trace.Span) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        span.set_attribute("error.type", type(error).__name__)
        if isinstance(error, CliqError):
            span.set_status(trace.StatusCode.ERROR, str(error))
        raise
