"""Record the requests that schemathesis generates for a seed once, and send them to many servers.

Generating requests takes far longer than sending them. The generated requests depend on the seed and, in the stateful
phase, on earlier answers. Until a fault shows, a mutant of the second server returns the same answers as that server,
so the recording is valid up to there. The gateway, which fills in names, ids and tokens, and the oracle run again for
each server.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from harness import profile, reference_transport, share_clock
from zoho_cliq_conformance.drivers.fuzz import driver, run_fuzz
from zoho_cliq_conformance.drivers.fuzz.gateway import SPECIFICATION, Gateway
from zoho_cliq_conformance.result import Result
from zoho_cliq_conformance.run import run
from zoho_cliq_conformance.sending.client import Client


@dataclass(frozen=True)
class Request:
    """The parts of a generated request that the gateway reads."""

    environ: tuple[tuple[str, Any], ...]
    body: bytes

    def again(self) -> dict[str, Any]:
        return {**dict(self.environ), "wsgi.input": io.BytesIO(self.body)}


KEPT = ("REQUEST_METHOD", "REQUEST_URI", "PATH_INFO", "CONTENT_LENGTH", "CONTENT_TYPE")
Phases = list[list[Request]]


def record(seed: int, examples: int) -> Phases:
    """Return the requests of a fuzzer's run against the unchanged second server, in a list for each gateway."""
    phases: Phases = []

    class Recorder(Gateway):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            phases.append([])

        def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            if environ["PATH_INFO"] != SPECIFICATION:
                body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                request = Request(tuple((key, environ[key]) for key in KEPT if key in environ), body)
                phases[-1].append(request)
                environ = {**environ, **request.again()}
            return super().__call__(environ, start)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "Gateway", Recorder)
        client = Client(profile(pace=False), reference_transport(thresholds=False), seed=seed)
        share_clock(client)
        result = run(client, [("fuzz", lambda c, r: run_fuzz(c, r, examples=examples))])
    assert result.violations == []
    return phases


def replay(client: Client, phases: Phases) -> Result:
    """Send the recorded requests through new gateways until the first fault, and return the result."""

    def fuzz(client: Client, result: Result) -> None:
        client.scenario = "fuzz"
        for requests in phases:
            gateway = Gateway(client, {})
            for request in requests:
                gateway(request.again(), lambda status, headers: None)
                if gateway.stopped is not None:
                    raise gateway.stopped
                if result.violations:
                    return

    return run(client, [("fuzz", fuzz)])
