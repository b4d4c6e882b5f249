"""Verdicts on one exchange: which facts passed and which failed, with the exchanges that led to a failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..trace import Exchange, shorten
from .facts import KNOWN
from .model import Action, Model, in_order
from .rules import Condition, Request


@dataclass(frozen=True, slots=True)
class Violation:
    """A failed fact.

    Args:
        fact: the id of the fact.
        expected: the expected answer or value, as text.
        got: what came instead, as text, shortened if long.
        state: the state of the action or the server according to the model, as text.
        exchange: the number of the exchange that shows the violation.
        chain: the numbers of the exchanges that reproduce it, the last one included.
        scenario: the scenario or driver that sent it.
    """

    fact: str
    expected: str
    got: str
    state: str
    exchange: int
    chain: tuple[int, ...]
    scenario: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of one exchange on a fact: passed, or failed with a violation."""

    fact: str
    violation: Violation | None = None


@dataclass(slots=True)
class Judgement:
    """Collects the verdicts on one exchange.

    Args:
        exchange: the exchange.
        request: its request, as `rules.read` returns it.
        model: the model of the server.
        related: the numbers of other exchanges that led to this one, such as earlier pages of a listing.
        verdicts: the verdicts so far.
    """

    exchange: Exchange
    request: Request
    model: Model
    related: tuple[int, ...] = ()
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def violations(self) -> list[Violation]:
        """The violations among the verdicts."""
        return [verdict.violation for verdict in self.verdicts if verdict.violation is not None]

    def passes(self, fact: str) -> None:
        """Add that the fact passed. Call this only if the exchange could have violated the fact."""
        self.verdicts.append(Verdict(fact))

    def fails(self, fact: str, expected: str, got: str, action: Action | None = None) -> None:
        """Add a violation of the fact.

        Args:
            fact: the id of the fact.
            expected: the expected answer or value, as text.
            got: what came instead, as text.
            action: the action that it is about, if any: its state and its exchanges go into the violation.
        """
        number = self.exchange.number
        chain = tuple(sorted({*self._leading_to(fact, action), *self.related, number}))
        state = describe(self.model, action)
        violation = Violation(fact, expected, shorten(got), state, number, chain, self.exchange.scenario)
        self.verdicts.append(Verdict(fact, violation))

    def holds(
        self, fact: str, good: bool, expected: str, got: object, action: Action | None = None, *, named: str = ""
    ) -> bool:
        """Add that the fact passed, or a violation if `good` is false. Return `good`.

        Args:
            fact: the id of the fact.
            good: whether it holds.
            expected: the expected answer or value, as text.
            got: what came instead.
            action: the action that it is about, if any.
            named: the fact to report in the place of `fact` if it does not hold.
        """
        if good:
            self.passes(fact)
        else:
            self.fails(named or fact, expected, str(got), action)
        return good

    def denies(self, fact: str, bad: bool, expected: str, got: object, action: Action | None = None) -> None:
        """Add a violation of the fact if `bad`. Otherwise add nothing: other exchanges show that the fact holds."""
        if bad:
            self.fails(fact, expected, str(got), action)

    def _leading_to(self, fact: str, action: Action | None) -> Sequence[int]:
        """Return the earlier exchanges that are needed to reproduce a violation.

        These are the writes to the action that it is about. For a list, or a fact about names, they are all writes.
        """
        if action is None and self.request.place in ("item", "handler"):
            action = self.model.actions.get(self.request.identifier)
            if action is None:
                return ()
        if action is not None:
            return action.exchanges
        return () if self.request.operation == "create" and "name" not in fact else self.model.writes

    def chosen(self, musts: list[Condition]) -> str:
        """Return the fact to report if a request that had to be refused was not, or was refused wrongly.

        That is the fact that the request was sent to test, if it belongs to the same field as one of the conditions,
        and otherwise the fact of the first condition.
        """
        about = self.about("")
        kinds = {condition.fact.rpartition(".")[0] for condition in musts}
        return about if about and about.rpartition(".")[0] in kinds else musts[0].fact

    def about(self, fact: str) -> str:
        """Return the fact that the request was sent to test, or the given one if it was sent to test none."""
        about = self.exchange.about
        return about if about is not None and about in KNOWN else fact

    def about_state(self, fact: str) -> str:
        """Return the fact to report if a list shows a wrong state of an action.

        That is the fact that nothing changed, if the list was sent to test that, and otherwise the given one.
        """
        return self.about(fact) if self.exchange.about in ("errors.change-nothing", "delete.keeps-others") else fact

    def wrote(self, action: Action) -> None:
        """Record in the model that the exchange changed the action."""
        self.model.wrote(action, self.exchange.number)


def describe(model: Model, action: Action | None) -> str:
    """Return the state of an action as text, or without an action the first actions of the whole server."""
    if action is not None:
        handler = f", script {shorten(action.script, 60)!r}" if action.script is not None else ""
        handler += f", permissions {in_order(action.permissions)}" if action.permissions is not None else ""
        content = {name: in_order(value) for name, value in action.content.items()}
        there = "not deleted" if action.alive else "deleted"
        return f"action {action.id} of {action.creator}, {there}: {content}{handler}"
    living = model.living()
    return f"{len(living)} actions of this run exist" + "".join(
        f"; {a.id}: {a.content.get('name')!r}, {a.content.get('scope')}, of {a.creator}" for a in living[:5]
    )
