"""Grading from Python: one call that runs drivers against a server, over HTTP or in this process."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from . import render, report
from .asgi import AsgiApp, AsgiTransport
from .cli import connect, drivers_for, ordered
from .client import Client
from .extras import require
from .profile import Profile, parse
from .run import run


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
) -> dict[str, Any]:
    """Grade a server and give the report as JSON values (see `report.build`).

    `profile` is a `Profile` or the values of its TOML file. With `app`, an ASGI application, requests go to it in this
    process; `base_url`, `reset_url` and `clock_url` then only give paths. May be called where an event loop
    runs, which it blocks: the application runs on a loop of its own, in a thread. Whatever the server does, a report is
    given; one that cannot be graded has the verdict "cannot run".

    Raises `ProfileError` for a profile that cannot be used, `ExtraMissing` where the extra `conformance` is not
    installed.
    """
    require(drivers)
    known = profile if isinstance(profile, Profile) else parse(profile)
    client = connect(known, seed=seed) if app is None else Client(known, AsgiTransport(app), seed=seed)
    names = ordered(drivers)
    started = time.monotonic()
    try:
        result = run(client, drivers_for(names, examples))
    finally:
        client.close()
    return report.build(result, strict=strict, drivers=names, seconds=time.monotonic() - started)


def demand(found: Mapping[str, Any]) -> None:
    """Raise `NotConforming` unless the report says that the server conforms."""
    if found["exit_code"] != 0:
        raise NotConforming("\n".join(["", *render.terminal(found)]))
