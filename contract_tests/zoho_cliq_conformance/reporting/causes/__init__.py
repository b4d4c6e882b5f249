"""Why facts were broken: groups of faults with one cause, computed from what was sent and what came back.

`traffic` holds a run's exchanges, `answers` and `contents` have the symptoms that many of them may share, `grouping`
puts each fault under one cause.
"""

from .grouping import Cause, calls_of, group
from .traffic import Traffic

__all__ = ["Cause", "Traffic", "calls_of", "group"]
