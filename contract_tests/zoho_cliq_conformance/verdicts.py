"""What the oracle says: which facts held and which did not, and what led to it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from . import rules
from .model import Action, Directory, Model, in_order
from .rules import Call, Condition
from .trace import Exchange, shorten


@dataclass(frozen=True, slots=True)
class Violation:
    """What may not have happened: the fact it breaks, what was expected, what came, and how it came to it."""

    fact: str
    expected: str
    got: str
    state: str
    exchange: int
    chain: tuple[int, ...]
    scenario: str = ""


@cache
def _group(fact: str) -> str:
    return fact.partition(".")[0]


class Verdicts:
    """Verdicts on exchanges: `exchange` and `call` are the one that is judged, `related` others that led to it."""

    exchange: Exchange
    call: Call
    related: tuple[int, ...]

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.violations: list[Violation] = []
        self.passed: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.calls: dict[str, set[int]] = defaultdict(set)
        self.matrix: dict[tuple[str, int, str], list[int]] = defaultdict(lambda: [0, 0])
        self.forget()

    def forget(self) -> None:
        """Start with an empty server again; verdicts stay."""
        self.model = Model(self.directory)
        self._writes: list[int] = []

    def judge(self, exchange: Exchange, related: Sequence[int] = ()) -> Call:
        """What is said from now on is about this exchange."""
        self.exchange, self.related = exchange, tuple(related)
        self.call = rules.read(exchange)
        self._operation = self.call.operation or ""
        self._status = exchange.answer.status if exchange.answer else 0
        return self.call

    def passes(self, fact: str) -> None:
        """Count an assertion of the fact that held."""
        self.passed[fact] += 1
        self.calls[fact].add(self.exchange.number)
        if self._operation:
            self.matrix[self._operation, self._status, _group(fact)][0] += 1

    def fails(self, fact: str, expected: str, got: str, action: Action | None = None) -> None:
        """Record a violation."""
        self.failed[fact] += 1
        self.calls[fact].add(self.exchange.number)
        if self._operation:
            self.matrix[self._operation, self._status, _group(fact)][1] += 1
        numbers = tuple(sorted({*self._leading_to(fact, action), *self.related, self.exchange.number}))
        state = self._state(action)
        self.violations.append(
            Violation(fact, expected, shorten(got), state, self.exchange.number, numbers, self.exchange.scenario)
        )

    def _leading_to(self, fact: str, action: Action | None) -> Sequence[int]:
        """The exchanges without which the last one would not show this: those of the action that it is about; for a
        list, or a name that is taken, all that wrote."""
        if action is None and self.call.place in ("item", "handler"):
            action = self.model.actions.get(self.call.identifier)
            if action is None:
                return ()
        if action is not None:
            return action.exchanges
        return () if self.call.operation == "create" and "name" not in fact else self._writes

    def holds(self, fact: str, good: bool, expected: str, got: object, action: Action | None = None) -> bool:
        """Assert the fact."""
        if good:
            self.passes(fact)
        else:
            self.fails(fact, expected, str(got), action)
        return good

    def _state(self, action: Action | None) -> str:
        if action is not None:
            handler = f", script {shorten(action.script, 60)!r}" if action.script is not None else ""
            handler += f", permissions {in_order(action.permissions)}" if action.permissions is not None else ""
            content = {name: in_order(value) for name, value in action.content.items()}
            there = "there" if action.alive else "deleted"
            return f"action {action.id} of {action.creator}, {there}: {content}{handler}"
        living = self.model.living()
        return f"{len(living)} actions of this run are there" + "".join(
            f"; {a.id}: {a.content.get('name')!r}, {a.content.get('scope')}, of {a.creator}" for a in living[:5]
        )

    def chosen(self, musts: list[Condition]) -> str:
        """The fact to report: what the sender wanted to learn, if it is of the same kind as one of the conditions."""
        about = self.exchange.about or ""
        kinds = {condition.fact.rpartition(".")[0] for condition in musts}
        return about if about.rpartition(".")[0] in kinds and about else musts[0].fact

    def about(self, fact: str) -> str:
        """The fact to report: what the sender wanted to learn, else this one."""
        return self.exchange.about or fact

    def about_state(self, fact: str) -> str:
        """The fact to report where a list shows an action otherwise than it is: that nothing changed, if the list was
        sent to see that."""
        return self.about(fact) if self.exchange.about in ("errors.change-nothing", "delete.keeps-others") else fact

    def wrote(self, action: Action) -> None:
        """Remember that the exchange changed the action."""
        action.exchanges.append(self.exchange.number)
        self._writes.append(self.exchange.number)
