"""Tell what a run will send before it sends anything: calls per user and operation, and minutes.

`plan.json` holds the calls of each scenario, recorded in runs against a conforming server with each kind of profile.
Tests compare it with what runs send.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from zoho_cliq_api.contract import OPERATIONS

from ..drivers.table import SCENARIOS, run_table
from ..drivers.thresholds import calls_of_a_run, waits_on_a_real_clock
from ..judge.document import LONG
from ..profile import Profile
from ..result import Result, missing
from ..sending.client import Client
from ..sending.pacer import minutes

DELETE = LONG["delete"]


@dataclass(frozen=True)
class Plan:
    """What a run will send.

    Attributes:
        calls: user and operation of each call that is paced, in order. A plan of the drivers `machine` or `fuzz` does
            not contain their calls; see `unbounded`.
        others: the number of all other calls: those without a valid token, to other paths, and those of the thresholds
            driver, which does its own pacing.
        left: for each action that the clean-up has to delete, its creator.
        skipped: each scenario or driver that is skipped, and what the profile lacks for it.
        waits: minutes that the thresholds driver waits; 0 with a clock URL.
        unbounded: the drivers whose number of calls is not known before the run.
    """

    calls: tuple[tuple[str, str], ...]
    others: int
    left: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    waits: float
    unbounded: tuple[str, ...]

    @property
    def total(self) -> int:
        """The number of all calls before the clean-up."""
        return len(self.calls) + self.others

    def minutes(self, profile: Profile) -> tuple[float, float]:
        """Return how many minutes the calls take at least because of the thresholds, and how many the clean-up does."""
        if not profile.pace or profile.clock_url:
            return 0.0, 0.0
        run = minutes(self.calls)
        if profile.reset_url:
            return run + self.waits, 0.0
        both = minutes([*self.calls, *((user, DELETE) for user in self.left)])
        return run + self.waits, both - run


# The optional keys of a profile on which the calls of scenarios depend, each with a short name. A key may also change
# the calls of a scenario that does not use it, since it decides which actions the earlier scenarios leave behind.
PARTS = {
    "colleague": "tokens.colleague",
    "outsider": "tokens.outsider",
    "scopes": "tokens.owner_only.CREATE",
    "teams": "teams.owner",
}


def recorded(profile: Profile) -> dict[str, Any]:
    """Return the recorded calls of each scenario, for profiles that give the same `PARTS`.

    A profile that gives a part incompletely, such as the token of one scope only, sends a few calls more or less. The
    format is `{name: {"calls": [[user, operation], …], "others": number, "left": {user: number}}}`.
    """
    parts = ",".join(name for name, need in PARTS.items() if profile.has(need))
    known = json.loads(files("zoho_cliq_conformance").joinpath("reporting/plan.json").read_text("utf-8"))
    return {name: entry["sent"] for name, entries in known.items() for entry in entries if parts in entry["parts"]}


def record(client: Client) -> dict[str, Any]:
    """Run the table's scenarios and return their calls, in the format of `recorded`.

    `client` has to be one of a conforming server. A scenario that needs more than its profile gives sends nothing.
    """
    found: dict[str, Any] = {}
    for scenario in SCENARIOS:
        before, trace, created = len(client.sequence), len(client.trace), dict(client.created)
        run_table(client, Result(client), scenarios=[scenario])
        calls = client.sequence[before:]
        left = Counter(client.created.values())
        left.subtract(Counter(created.values()))
        found[scenario.name] = {
            "calls": [list(call) for call in calls],
            "others": len(client.trace) - trace - len(calls),
            "left": dict(left),
        }
    return found


def make(profile: Profile, drivers: Sequence[str]) -> Plan:
    """Return the plan of a run with this profile and these drivers."""
    calls: list[tuple[str, str]] = []
    others, left, skipped, waits = 0, Counter[str](), [], 0.0
    if "table" in drivers:
        known = recorded(profile)
        for scenario in SCENARIOS:
            lack = profile.lacks(scenario.needs)
            if lack:
                skipped.append((scenario.name, lack))
                continue
            entry = known[scenario.name]
            calls += [(user, operation) for user, operation in entry["calls"]]
            others += entry["others"]
            left.update(entry["left"])
    lacks = {driver: missing(driver, profile) for driver in drivers}
    skipped += [(driver, lack) for driver, lack in lacks.items() if lack]
    if "thresholds" in drivers and profile.pace:
        number, remain = calls_of_a_run(profile)
        others += number
        left.update(remain)
        waits += 0.0 if profile.clock_url else waits_on_a_real_clock(len(profile.tokens) > 1) / 60
    if "creation-limit" in drivers and profile.creation_limit:
        calls += [("owner", LONG["create"])] * (profile.creation_limit + 2)
        left["owner"] += profile.creation_limit
        if profile.reset_url:  # nobody else uses the server, so more can be tested while the organization is full
            calls += [(user, LONG["create"]) for user in ("colleague", "outsider") if user in profile.tokens]
            calls.append(("owner", DELETE))
    owners = tuple(user for user, count in left.items() for _ in range(max(0, count)))
    unbounded = tuple(driver for driver in drivers if driver in ("machine", "fuzz"))
    return Plan(tuple(calls), others, owners, tuple(skipped), waits, unbounded)


def lines(plan: Plan, profile: Profile) -> Iterator[str]:
    """Yield the lines of the plan, for a terminal."""
    counts = Counter(plan.calls)
    yield f"{'user':10} {'operation':32} {'calls':>6} {'per minute':>10} {'minutes at least':>17}"
    for (user, operation), count in sorted(counts.items()):
        threshold = OPERATIONS[operation].threshold
        limit = threshold.limit if threshold else 0
        least = max(0, (count - 1) // limit) if limit and profile.pace and not profile.clock_url else 0
        yield f"{user:10} {operation:32} {count:>6} {limit or '':>10} {least:>17}"
    run, cleaning = plan.minutes(profile)
    yield f"{plan.others} other calls (without a valid token, to other paths, in bursts)"
    yield f"total: {plan.total} calls, {run:.1f} minutes under the thresholds"
    if profile.reset_url:
        yield "clean-up: one call of reset_url"
    else:
        yield f"clean-up: {len(plan.left)} deletes, {cleaning:.1f} minutes"
    for name, reason in plan.skipped:
        yield f"skipped: {name}: {reason}"
    for driver in plan.unbounded:
        yield f"{driver}: as many calls as its examples need, limited by --budget and --max-minutes"
