"""The thresholds, opt-in: bursts, locks and minutes of every operation and user.

`driver` runs the tests with a clock URL, and `real_clock` runs them without one. `rounds` interleaves bursts of all
operations, `buckets` sends bursts of one operation, and `forms` has the single calls. `minute` finds when fixed minutes
begin, `locks` tests locks, and `reasons` finds out why a burst was refused too early or too late.
"""

from .driver import calls_of_a_run, run_one, run_thresholds
from .forms import NAMES, other_token
from .real_clock import waits_on_a_real_clock

__all__ = ["NAMES", "calls_of_a_run", "other_token", "run_one", "run_thresholds", "waits_on_a_real_clock"]
