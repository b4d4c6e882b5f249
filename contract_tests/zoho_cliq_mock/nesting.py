"""The limit for nested JSON in bodies of control calls and in answers to events."""

from __future__ import annotations

from typing import Any

LEVELS = 100
"""How many levels deep such JSON may be nested. Deluge has the same limit."""


def too_deep(data: Any) -> bool:
    """Return whether JSON data is nested more than `LEVELS` levels deep. What wraps it in a record adds some more."""
    level = [data]
    for _ in range(LEVELS + 1):
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True
