"""Report and record the mock's deliveries, each once, and notice when the mock is reset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

from .events import add
from .mock import Mock

UNSEEN = ("wrong", "unanswered", "not_executed", "refused")
"""Kinds of answers that the user does not see."""


def failed(delivery: dict[str, Any]) -> bool:
    """Return whether the user sees no answer to a delivery, or its script failed."""
    script = delivery.get("deluge")
    answers = [delivery["shown"], *([delivery["deferred"]] if "deferred" in delivery else [])]
    return bool(script and script["errors"]) or any(answer["kind"] in UNSEEN for answer in answers)


def shown(delivery: dict[str, Any]) -> str:
    """Return the result of a delivery in one line."""
    answer = delivery["shown"]
    where = [f"line {error['line']}" for error in (delivery.get("deluge") or {}).get("errors", []) if error.get("line")]
    problems = "; ".join([*where, *map(str, answer["problems"])])
    text = " ".join(f"{answer['kind']}: {answer['text']}".split()) if answer["text"] else answer["kind"]
    return f"{text} ({problems})" if problems else text


class Deliveries:
    """The mock's deliveries, as far as they were looked at.

    Args:
        on_delivery: called with each delivery once its answer is there.
        on_reset: called when the mock was reset, or a snapshot restored.
        record: where events are added; None is nowhere.
        mask: takes secrets out of a text.
    """

    def __init__(
        self,
        mock: Mock,
        *,
        on_delivery: Callable[[dict[str, Any]], None],
        on_reset: Callable[[], None],
        record: TextIO | None,
        mask: Callable[[str], str],
    ) -> None:
        self._mock = mock
        self._on_delivery = on_delivery
        self._on_reset = on_reset
        self._record = record
        self._mask = mask
        self._epoch: int | None = None
        self._recorded = 0
        """The id of the last delivery whose event was taken."""
        self._open: set[int] = set()
        """Deliveries whose answer has not come."""

    def look(self) -> None:
        """Ask the mock what is new. Raise MockRefused."""
        after = min([self._recorded, *(identifier - 1 for identifier in self._open)])
        found = self._mock.call("GET", f"deliveries?after={after}")
        if self._epoch not in (None, found["epoch"]):
            # A snapshot brings back deliveries that were looked at, and gives out the ids after them anew.
            self._open.clear()
            known = self._mock.call("GET", "deliveries")["deliveries"]
            self._recorded = max((delivery["id"] for delivery in known if delivery), default=0)
            self._on_reset()
        self._epoch = found["epoch"]
        for delivery in filter(None, found["deliveries"]):  # one that is just being made is empty
            self._take(delivery)

    def _take(self, delivery: dict[str, Any]) -> None:
        identifier = delivery["id"]
        if identifier > self._recorded:
            self._recorded = identifier
            self._open.add(identifier)
            if self._record is not None:
                add(self._record, delivery, self._mask)
        if identifier in self._open and "shown" in delivery:
            self._open.discard(identifier)
            self._on_delivery(delivery)
