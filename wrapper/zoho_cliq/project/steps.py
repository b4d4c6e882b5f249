"""One step of a plan: a change to carry out, and the calls that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .contract_fields import CREATE, DELETE, HANDLER, READ, READ_HANDLER, UPDATE


@dataclass(frozen=True, slots=True)
class Step:
    """One change to carry out.

    Attributes:
        action: the id of the action, or None for the action that the create of the same key makes.
        body: the fields that are sent.
        check: whether the action or handler is read first, because the step overwrites it.
        check_handler: whether a deletion also reads the handler first.
        after: the numbers of the steps that must be done before.
        group: the steps of one group follow each other without a wait if the threshold allows.
    """

    number: int
    kind: Literal["create", "update", "handler", "delete"]
    key: str
    name: str
    action: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    check: bool = False
    check_handler: bool = False
    after: tuple[int, ...] = ()
    group: int | None = None
    replaces: str | None = None
    """For a create: the id of the action that the new one takes the place of."""
    successor: str | None = None
    """For a deletion: the id of the action that takes the place of this one, if it was there before the plan."""

    @property
    def operations(self) -> tuple[str, ...]:
        """The calls that the step takes."""
        made = {"create": (CREATE,), "update": (UPDATE,), "handler": (HANDLER,), "delete": (DELETE,)}[self.kind]
        if not self.check:
            return made
        looks = (READ_HANDLER,) if self.kind == "handler" else (READ, READ_HANDLER) if self.check_handler else (READ,)
        return (*looks, *made)
