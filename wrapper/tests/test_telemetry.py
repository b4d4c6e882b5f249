"""OpenTelemetry spans: one per call, a child per attempt, with wait and threshold, and nothing secret."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cliq_fakes import GET, GETS, TOKEN, Scripted, action, enveloped, refused
from zoho_cliq import AsyncCliq, Cliq, errors

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from zoho_cliq.telemetry import AsyncTelemetry, Telemetry

GOOD = enveloped(action(5))
BUSY = httpx.Response(503, headers={"Retry-After": "7"})


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


def check(exporter: InMemorySpanExporter) -> None:
    spans: dict[str, list[Any]] = {}
    for span in exporter.get_finished_spans():
        spans.setdefault(span.name, []).append(span)
    (call,), attempts = spans["get_message_action"], spans["get_message_action attempt"]
    assert dict(call.attributes) == {
        "zoho_cliq.operation": "get_message_action",
        "zoho_cliq.threshold.limit": GETS,
        "zoho_cliq.threshold.window_seconds": GET.window_seconds,
        "zoho_cliq.waited_seconds": 7.0,
    }
    assert [span.parent.span_id for span in attempts] == [call.context.span_id] * 2
    assert [dict(span.attributes) for span in attempts] == [
        {
            "http.request.method": "GET",
            "http.request.resend_count": number,
            "http.response.status_code": status,
            "zoho_cliq.waited_seconds": waited,
        }
        for number, status, waited in [(0, 503, 0.0), (1, 200, 7.0)]
    ]
    assert TOKEN not in "".join(span.to_json() for span in exporter.get_finished_spans())


def test_spans_of_threads(
    make: Callable[..., Cliq], server: Scripted, provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    server.answer(BUSY, GOOD)
    make(middleware=[Telemetry(provider)]).message_actions.get("5")
    check(exporter)


def test_spans_of_tasks(
    make_async: Callable[..., AsyncCliq], server: Scripted, provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    async def main() -> None:
        async with make_async(middleware=[AsyncTelemetry(provider)]) as cliq:
            await cliq.message_actions.get("5")

    server.answer(BUSY, GOOD)
    asyncio.run(main())
    check(exporter)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(refused(404, "msgaction_not_found"), "MessageActionNotFound"), (KeyboardInterrupt(), "KeyboardInterrupt")],
)
def test_failures_are_noted(
    make: Callable[..., Cliq],
    server: Scripted,
    provider: TracerProvider,
    exporter: InMemorySpanExporter,
    answer: Any,
    kind: str,
) -> None:
    server.answer(answer)
    with pytest.raises((errors.CliqError, KeyboardInterrupt)):
        make(middleware=[Telemetry(provider)]).message_actions.get("5")
    call = exporter.get_finished_spans()[-1]
    assert call.attributes is not None
    assert call.attributes["error.type"] == kind


def test_operation_without_a_threshold_has_no_such_attribute(
    provider: TracerProvider, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zoho_cliq_api.contract import OPERATIONS

    free = {name: entry._replace(threshold=None) for name, entry in OPERATIONS.items()}
    monkeypatch.setattr("zoho_cliq.telemetry.OPERATIONS", free)
    with Telemetry(provider).around_call("get_message_action"):
        pass
    assert dict(exporter.get_finished_spans()[0].attributes or {}) == {"zoho_cliq.operation": "get_message_action"}


def test_an_operation_of_another_document_has_a_span(provider: TracerProvider, exporter: InMemorySpanExporter) -> None:
    with Telemetry(provider).around_call("list_all_functions"):
        pass
    assert dict(exporter.get_finished_spans()[0].attributes or {}) == {"zoho_cliq.operation": "list_all_functions"}
