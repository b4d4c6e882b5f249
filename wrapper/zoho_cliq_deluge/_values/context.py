"""The context of a run, which all built-in functions receive."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from ..policies import Policies
from .budget import Budget
from .printing import Printer
from .types import Braces, Collection, File, Value

__all__ = ["Context"]


@dataclass(slots=True)
class Context:
    """The policies and resources of one run.

    Attributes:
        policies: The choices where the vendor's documentation is silent.
        clock: Returns the current time as an aware datetime.
        random: The source of random numbers.
        budget: The memory and time of the run.
        zone: The time zone of the policies.
        printer: Prints values by the policies.
    """

    policies: Policies
    clock: Callable[[], datetime]
    random: random.Random
    budget: Budget
    zone: tzinfo = field(init=False)
    printer: Printer = field(init=False)
    _canonical: Printer = field(init=False)

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.policies.timezone)
        self.printer = Printer(self.policies, self.budget)
        self._canonical = Printer(replace(self.policies, map_order="sorted", decimal_text="shortest"), self.budget)

    def now(self) -> datetime:
        """Return the current time in the run's zone, in whole seconds."""
        return self.clock().astimezone(self.zone).replace(microsecond=0)

    def text(self, value: Value) -> str:
        """Return the text of a value, as Deluge prints it."""
        return self.printer.text(value)

    def identity(self, value: Value) -> tuple[str, object]:
        """Return a key (type and value) that is equal for values which lists and collections treat as the same."""
        self.budget.work(40)
        if isinstance(value, str):
            return ("text", value)
        if isinstance(value, bool):
            return ("boolean", value)
        if isinstance(value, int | Decimal):
            return ("number", value)
        if isinstance(value, datetime):
            return ("date-time", value)
        if isinstance(value, File):
            return ("file", (value.name, value.type, value.content))
        if isinstance(value, Braces | Collection):
            value = {} if value.content is None else value.content
        if isinstance(value, list | dict):
            return ("container", self._canonical.json(value) if value else "")
        return ("other", value)
