"""The exchanges and violations of a run, with queries for what many of them have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...judge import document, rules
from ...judge.model import Directory, Identity
from ...judge.verdicts import Violation
from ...trace import Exchange, error_of

FEWEST = 3  # the minimum number of calls for a statement about all of them
BODIED = ("create", "update", "update_handler")
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("call", tuple(document.LONG)),
    ("PATCH", ("update", "update_handler")),
    ("GET", ("list", "get", "get_handler")),
    ("handler call", ("get_handler", "update_handler")),
    ("call with a body", BODIED),
    ("call that shows actions", ("list", "create", "get", "update")),
    *((f"{short} call", (short,)) for short in document.LONG),
)
"""Operations that a server's author may have got wrong in one place, the most general first."""
PLACES: Mapping[str, Collection[str | None]] = {
    "call": (None, *document.PLACES),
    "handler call": ("handler",),
}
"""Where a group covers other methods and paths, too."""
SCHEMES = ("bearer", "zoho-oauthtoken")
NOT_CONCERNED = "not concerned"


@dataclass(frozen=True, slots=True)
class Symptom:
    """Something that is wrong in many calls.

    Attributes:
        kind: the kind of the symptom.
        statement: the symptom in words.
        explains: the positions, in the list of the run's violations, of those that the symptom explains.
        anywhere: whether each of its calls shows the symptom, without the calls before it.
        fewest: the minimum number of faults that the symptom has to explain to be a cause.
    """

    kind: str
    statement: str
    explains: frozenset[int]
    anywhere: bool = False
    fewest: int = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """An exchange, with what the symptoms need to know about it.

    Attributes:
        exchange: the exchange.
        operation: the short name of the operation; empty if the request is for none.
        place: the kind of the path: collection, item or handler; None for another path.
        status: the status of the answer; 0 if no answer came.
        identity: whose token was sent; None if it is not a token of the profile.
    """

    exchange: Exchange
    operation: str
    place: str | None
    status: int
    identity: Identity | None

    @property
    def number(self) -> int:
        return self.exchange.number

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def shown(self) -> Any:
        """Return the JSON value of the answer, or None if the answer is not JSON."""
        return self.exchange.answer.json() if self.exchange.answer else None

    @property
    def code(self) -> str | None:
        return error_of(self.exchange.answer)[0] if self.exchange.answer else None

    @property
    def token(self) -> str:
        return (self.exchange.header("authorization") or "").rpartition(" ")[2]

    def knows(self, what: str) -> bool:
        """Return whether a part of the answer, "headers" or "body", is known: a recording may omit it."""
        return self.exchange.answer is not None and what not in self.exchange.answer.unknown

    def is_error(self) -> bool:
        """Return whether the answer has a success status and the body of an error."""
        answer, shown = self.exchange.answer, self.shown
        if not self.good or answer is None or not isinstance(shown, dict) or "data" in shown:
            return False
        return any(error_of(answer))

    def actions(self) -> list[dict[str, Any]]:
        """Return the actions in a successful answer."""
        if not self.good or self.operation not in ("list", "create", "get", "update"):
            return []
        data = self.shown.get("data") if isinstance(self.shown, dict) else None
        return [item for item in (data if isinstance(data, list) else [data]) if isinstance(item, dict)]


class Traffic:
    """The exchanges and violations of a run.

    Args:
        exchanges: the exchanges.
        violations: the violations.
        directory: the users of the tokens.
        passed: how often each fact was shown to hold.
    """

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        violations: Sequence[Violation],
        directory: Directory,
        passed: Mapping[str, int],
    ) -> None:
        self.violations, self.directory, self.passed = violations, directory, passed
        self.seen = {exchange.number: self._look(exchange) for exchange in exchanges}
        self.calls: dict[str, list[Seen]] = defaultdict(list)
        for seen in self.seen.values():
            self.calls[seen.operation].append(seen)

    def _look(self, exchange: Exchange) -> Seen:
        call = rules.read(exchange)
        status = exchange.answer.status if exchange.answer else 0
        scheme, _, token = (exchange.header("authorization") or "").partition(" ")
        identity = self.directory.tokens.get(token) if scheme.lower() in SCHEMES else None
        return Seen(exchange, call.operation or "", call.place, status, identity)

    @cached_property
    def faulty(self) -> list[tuple[int, Violation, Seen]]:
        """The violations, each with its position and its exchange."""
        known = ((at, violation, self.seen.get(violation.exchange)) for at, violation in enumerate(self.violations))
        return [(at, violation, seen) for at, violation, seen in known if seen is not None]

    @cached_property
    def faulty_numbers(self) -> frozenset[int]:
        """The numbers of the exchanges that have a violation."""
        return frozenset(violation.exchange for violation in self.violations)

    def where(self, fits: Callable[[Violation, Seen], bool]) -> frozenset[int]:
        """Return the positions of the violations for which `fits` returns true."""
        return frozenset(at for at, violation, seen in self.faulty if fits(violation, seen))

    def in_calls(self, numbers: Collection[int]) -> frozenset[int]:
        """Return the positions of all violations in the exchanges with these numbers."""
        return frozenset(at for at, violation, _ in self.faulty if violation.exchange in numbers)

    def shared(self, of: Callable[[list[Seen]], object]) -> Iterator[tuple[str, list[Seen], Any]]:
        """Yield each group of operations whose calls have a property in common: its name, the calls, and the property.

        `of` returns the property of the calls of one operation. It returns None if they have none, and `NOT_CONCERNED`
        if the operation is to be disregarded.
        """
        held = {name: of(calls) for name, calls in self.calls.items() if name}
        for label, operations in GROUPS:
            called = [name for name in operations if held.get(name, NOT_CONCERNED) != NOT_CONCERNED]
            same = bool(called) and held[called[0]] is not None and all(held[n] == held[called[0]] for n in called)
            if same and len(called) > (len(operations) > 1):
                beside = [seen for seen in self.calls.get("", ()) if seen.place in PLACES.get(label, ())]
                yield label, [*(seen for name in called for seen in self.calls[name]), *beside], held[called[0]]
