"""Group faults by their likely cause, computed from the requests and answers of a run.

`traffic` holds the exchanges of a run, `answers` and `contents` find symptoms that many exchanges share, and `grouping`
assigns each fault to one cause.
"""

from .grouping import Cause, calls_of, group
from .traffic import Traffic

__all__ = ["Cause", "Traffic", "calls_of", "group"]
