"""Grade a server from Python, over HTTP or in this process. The command line and the pytest fixture do the same."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .cli import connect, decisive, drivers_for, ordered
from .extras import require
from .profile import Profile, parse
from .reporting import render, report
from .reporting.baseline import compare, load
from .run import run
from .sending.asgi import AsgiApp, AsgiTransport
from .sending.client import Client


class NotConforming(AssertionError):
    """The server has faults, or could not be graded; the message is the report for a terminal."""


def grade(
    profile: Profile | Mapping[str, Any],
    *,
    app: AsgiApp | None = None,
    drivers: Sequence[str] = ("table",),
    strict: bool = False,
    seed: int | None = None,
    examples: int = 30,
    fail_fast: bool = False,
    baseline: Path | None = None,
) -> dict[str, Any]:
    """Grade a server and return the report as JSON values (see `report.build`).

    Return a report whatever the server does. If the server cannot be graded, the verdict is "cannot run". May be called
    while an event loop runs, but blocks it: an application runs on its own event loop in a thread.

    Raise `ProfileError` or `BaselineError` if the profile or the baseline cannot be used, and `ExtraMissing` if the
    extra `conformance` is not installed.

    Args:
        profile: a `Profile`, or the values of its TOML file.
        app: an ASGI application that gets the requests in this process. Of `base_url`, `reset_url` and `clock_url` only
            the paths count then. Default: requests go to `base_url` over HTTP.
        drivers: names of drivers, as the option `--only` takes them.
        strict: whether inferred and guessed facts decide the verdict, too.
        seed: fixes the names and random choices of the run. Default: a random seed.
        examples: the number of examples of the machine and of the fuzzer.
        fail_fast: stop at the first fault that decides.
        baseline: the report.json of an earlier run. Only faults that it does not have decide the exit code then, and
            the report says which faults are new and which are mended.
    """
    earlier = load(baseline) if baseline is not None else None
    require(drivers)
    known = profile if isinstance(profile, Profile) else parse(profile)
    client = connect(known, seed=seed) if app is None else Client(known, AsgiTransport(app), seed=seed)
    names = ordered(drivers)
    if fail_fast:
        client.enough = decisive(strict, earlier)
    started = time.monotonic()
    try:
        result = run(client, drivers_for(names, examples, shrink=not fail_fast))
    finally:
        client.close()
    found = report.build(result, strict=strict, drivers=names, seconds=time.monotonic() - started)
    if earlier is not None:
        compare(found, earlier, result.exit_code_without_faults(strict))
    return found


def demand(found: Mapping[str, Any]) -> None:
    """Raise `NotConforming` unless the report says that the server conforms."""
    if found["exit_code"] != 0:
        raise NotConforming("\n".join(["", *render.terminal(found)]))
