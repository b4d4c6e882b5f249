"""Grading from Python: one call that runs drivers against a server, over HTTP or in this process."""

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
    """Grade a server and give the report as JSON values (see `report.build`).

    `profile` is a `Profile` or the values of its TOML file. With `app`, an ASGI application, requests go to it in this
    process; `base_url`, `reset_url` and `clock_url` then only give paths. May be called where an event loop
    runs, which it blocks: the application runs on a loop of its own, in a thread. Whatever the server does, a report is
    given; one that cannot be graded has the verdict "cannot run".

    With `fail_fast` the run stops at the first fault. `baseline` is the report.json of an earlier run: then only new
    faults decide the exit code, and the report says what is new and what is mended.

    Raise `ProfileError` for a profile that cannot be used, `BaselineError` for such a baseline, `ExtraMissing` where
    the extra `conformance` is not installed.
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
        compare(found, earlier, result.exit_code_but_for_faults(strict))
    return found


def demand(found: Mapping[str, Any]) -> None:
    """Raise `NotConforming` unless the report says that the server conforms."""
    if found["exit_code"] != 0:
        raise NotConforming("\n".join(["", *render.terminal(found)]))
