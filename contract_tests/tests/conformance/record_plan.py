"""Records `plan.json` anew: run it after a change to the table's scenarios."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from harness import StepClock, profile
from reference_server import Reference
from zoho_cliq_conformance.client import Client
from zoho_cliq_conformance.pacer import Clock
from zoho_cliq_conformance.plan import record
from zoho_cliq_conformance.transport import CallTransport


def recorded_now() -> dict[str, Any]:
    """The calls of the table against the reference server, as a live server would see them: without a reset."""
    client = Client(
        profile(reset_url=None, pace=False), CallTransport(Reference(StepClock(), thresholds=False)), seed=1
    )
    client.clock = Clock(advance=client.advance)
    return record(client)


if __name__ == "__main__":
    target = Path(str(files("zoho_cliq_conformance").joinpath("plan.json")))
    target.write_text(json.dumps(recorded_now(), separators=(",", ":")).replace('},"', '},\n"') + "\n")
