"""The table: deterministic scenarios that between them assert every documented fact that can be provoked.

A scenario is a function that sends requests through the client; the oracle judges each of them. Scenarios run in the
order of `SCENARIOS`; later ones build on actions that earlier ones left, so that few calls are needed.
"""

from .driver import SCENARIOS, run_table
from .scenario import Scenario

__all__ = ["SCENARIOS", "Scenario", "run_table"]
