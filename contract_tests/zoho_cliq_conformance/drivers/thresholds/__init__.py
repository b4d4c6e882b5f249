"""The thresholds, opt-in: bursts, locks and minutes of every operation and user.

`driver` says in which order, with a clock URL; `real_clock` without one. `rounds` mix operations, `buckets` fill one,
`forms` are the calls, `minute` finds where fixed minutes begin, `locks` sees them through, `reasons` explains.
"""

from .driver import calls_of_a_run, run_one, run_thresholds
from .forms import NAMES
from .real_clock import waits_on_a_real_clock

__all__ = ["NAMES", "calls_of_a_run", "run_one", "run_thresholds", "waits_on_a_real_clock"]
