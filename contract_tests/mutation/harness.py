"""Helpers that grade servers in this process: the mock, the second reference server, and faulty variants of it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

from reference_server import Reference
from zoho_cliq_conformance.drivers.table import run_table
from zoho_cliq_conformance.drivers.thresholds import run_thresholds
from zoho_cliq_conformance.profile import SCOPES, Profile, parse
from zoho_cliq_conformance.result import Result
from zoho_cliq_conformance.run import run
from zoho_cliq_conformance.sending.asgi import AsgiTransport
from zoho_cliq_conformance.sending.client import Client
from zoho_cliq_conformance.sending.pacer import Clock
from zoho_cliq_conformance.sending.transport import FunctionTransport, Transport

CONTROL = "control-token-of-the-tests"


def profile(url: str = "http://in-process", **changes: Any) -> Profile:
    """Return the profile of a demo server at `url`, with `changes` to its keys."""
    values = {
        "base_url": f"{url}/api/v3",
        "reset_url": f"{url}/_mock/reset",
        "clock_url": f"{url}/_mock/clock",
        "control_token": CONTROL,
        "tokens": {
            "owner": "1000.owner",
            "colleague": "1000.colleague",
            "outsider": "1000.outsider",
            "owner_only": {scope: f"1000.owner-{scope.lower()}" for scope in SCOPES},
        },
        "teams": {"owner": [100001, 100002, 100003, 100004], "colleague": [100002]},
        **changes,
    }
    return parse({name: value for name, value in values.items() if value is not None})


class StepClock:
    """A clock for servers that moves on a little each time it is read, and by `advance`."""

    def __init__(self) -> None:
        self._steps = itertools.count()
        self.offset = 1_800_000_000.0

    def __call__(self) -> float:
        return self.offset + next(self._steps) / 1000


def mock_transport(policies: dict[str, object] | None = None, *, thresholds: bool = True) -> Transport:
    """Return a transport to the mock in this process, with these policies."""
    from zoho_cliq_mock import create_app

    return AsgiTransport(create_app(policies=policies, thresholds=thresholds, control_token=CONTROL))


def reference_transport(
    prepare: Callable[[Reference], Any] | None = None, *, thresholds: bool = True, creation_limit: int | None = None
) -> Transport:
    """Return a transport to the second reference server in this process.

    `prepare` may change the server, and may return another function that handles its requests.
    """
    clock = StepClock()
    server = Reference(clock, thresholds=thresholds)
    server.creation_limit = creation_limit
    handle = prepare(server) if prepare is not None else None
    transport = FunctionTransport(handle or server)
    CLOCKS[id(transport)] = clock
    return transport


CLOCKS: dict[int, StepClock] = {}


def share_clock(client: Client) -> None:
    """Let the client use the clock of the server, if `reference_transport` made it; otherwise the monotonic clock."""
    now = CLOCKS.pop(id(client.transport), time.monotonic)
    client.clock = Clock(advance=client.advance, now=now)
    client.pacer.clock = client.clock


def grade(
    transport: Transport,
    *,
    seed: int = 1,
    thresholds: bool = True,
    until_fault: bool = False,
    graded: Profile | None = None,
) -> Result:
    """Return the result of the table and, unless `thresholds` is false, of the thresholds driver.

    With `until_fault` the run ends at the first fault. `graded` is the profile; default: that of `profile()`.
    """
    client = Client(graded or profile(), transport, seed=seed)
    share_clock(client)

    def table(client: Client, result: Result) -> None:
        run_table(client, result, until=(lambda: bool(result.faults())) if until_fault else None)

    drivers = [("table", table)]
    if thresholds:
        drivers = [
            ("thresholds", run_thresholds),
            ("table", lambda c, r: None if until_fault and r.faults() else table(c, r)),
        ]
    try:
        return run(client, drivers)
    finally:
        transport.close()


def simulated(server: Callable[..., Any], graded: Profile, **options: Any) -> tuple[Client, list[float]]:
    """Return a client that waits on the simulated clock of the server, and the list of its waits in seconds.

    As with a live server, the client cannot advance the clock. `clock` is a required option; the others are options of
    `Client`.
    """
    clock: StepClock = options.pop("clock")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.offset += seconds

    client = Client(graded, FunctionTransport(server), seed=1, **options)
    client.clock = client.pacer.clock = Clock(now=clock, sleep=sleep)
    return client, slept


def grade_creation_limit(limit: int, prepare: Any = None) -> Result:
    """Return the result of the creation limit's driver against a reference server that allows `limit` actions."""
    from zoho_cliq_conformance.drivers.creation_limit import run_creation_limit
    from zoho_cliq_conformance.run import run
    from zoho_cliq_conformance.sending.client import Client
    from zoho_cliq_conformance.sending.transport import FunctionTransport

    server = Reference(StepClock(), thresholds=False)
    server.creation_limit = limit
    handle = prepare(server) if prepare is not None else None
    client = Client(profile(creation_limit=limit, pace=False), FunctionTransport(handle or server), seed=1)
    return run(client, [("creation-limit", run_creation_limit)])
