"""Write `plan.json` again, or the file given as argument. Run this after a change to the table's scenarios."""

from __future__ import annotations

import json
import os
import sys
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

from api_paths import IN_PATHS
from harness import StepClock, profile
from reference_server import Reference
from zoho_cliq_conformance.profile import Profile
from zoho_cliq_conformance.reporting.plan import PARTS, record
from zoho_cliq_conformance.sending.client import Client
from zoho_cliq_conformance.sending.pacer import Clock
from zoho_cliq_conformance.sending.transport import FunctionTransport

EVERY = [",".join(some) for size in range(len(PARTS) + 1) for some in combinations(PARTS, size)]


def profile_of(parts: str, **changes: Any) -> Profile:
    """Return the profile of a live server with the owner's token and these parts, such as "colleague,teams"."""
    given, full = parts.split(","), profile()
    tokens: dict[str, Any] = {user: token for user, token in full.tokens.items() if user in ("owner", *given)}
    if "scopes" in given:
        tokens["owner_only"] = dict(full.owner_only)
    teams = {user: list(full.teams[user]) for user in full.teams if user in tokens} if "teams" in given else None
    return profile(tokens=tokens, teams=teams, **{"reset_url": None, "pace": False, **changes})


def recorded_now(parts: str) -> dict[str, Any]:
    """Return the calls of the table against the reference server, without a reset URL, as with a live server."""
    client = Client(profile_of(parts), FunctionTransport(Reference(StepClock(), thresholds=False)), seed=1)
    client.clock = Clock(advance=client.advance)
    return record(client)


def everything() -> dict[str, list[dict[str, Any]]]:
    """Return the different recordings of each scenario, each with the profiles that lead to it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for parts in EVERY:
        for name, sent in recorded_now(parts).items():
            same = next((entry for entry in found.setdefault(name, []) if entry["sent"] == sent), None)
            if same is None:
                found[name].append({"parts": [parts], "sent": sent})
            else:
                same["parts"].append(parts)
    return found


if __name__ == "__main__":
    os.environ |= IN_PATHS
    target = Path(sys.argv[1] if sys.argv[1:] else str(files("zoho_cliq_conformance").joinpath("reporting/plan.json")))
    text = json.dumps(everything(), separators=(",", ":"))
    target.write_text(text.replace('],"', '],\n"').replace('},{"parts"', '},\n{"parts"') + "\n", "utf-8")
