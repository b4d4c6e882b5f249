"""Verdicts on one exchange: which facts held and which did not, and what led to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..trace import Exchange, shorten
from .facts import KNOWN
from .model import Action, Model, in_order
from .rules import Condition, Request


@dataclass(frozen=True, slots=True)
class Violation:
    """What may not have happened: the fact it breaks, what was expected, what came, and how it came to it.

    `exchange` is the number of the exchange that shows it, `chain` holds those that repeat it.
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
    """What one exchange says of a fact: that it held, or the violation that shows that it did not."""

    fact: str
    violation: Violation | None = None


@dataclass(slots=True)
class Judgement:
    """The verdicts on one exchange, in the order in which they are reached.

    `request` is the exchange's request as `rules` reads it, `model` what is known of the server, `related` the numbers
    of other exchanges that led to this one, such as earlier pages of a listing.
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
        """Add that the fact held, in an exchange in which its condition occurred."""
        self.verdicts.append(Verdict(fact))

    def fails(self, fact: str, expected: str, got: str, action: Action | None = None) -> None:
        """Add a violation of the fact; `action` is the one that it is about, if any."""
        number = self.exchange.number
        chain = tuple(sorted({*self._leading_to(fact, action), *self.related, number}))
        state = describe(self.model, action)
        violation = Violation(fact, expected, shorten(got), state, number, chain, self.exchange.scenario)
        self.verdicts.append(Verdict(fact, violation))

    def holds(
        self, fact: str, good: bool, expected: str, got: object, action: Action | None = None, *, named: str = ""
    ) -> bool:
        """Assert the fact and return `good`; where it does not hold, the fact `named` is reported, if one is."""
        if good:
            self.passes(fact)
        else:
            self.fails(named or fact, expected, str(got), action)
        return good

    def denies(self, fact: str, bad: bool, expected: str, got: object, action: Action | None = None) -> None:
        """Report the fact where it does not hold; that it does is shown by other exchanges."""
        if bad:
            self.fails(fact, expected, str(got), action)

    def _leading_to(self, fact: str, action: Action | None) -> Sequence[int]:
        """Return the exchanges without which the last one would not show this: those of the action that it is about;
        for a list, or a name that is taken, all that wrote."""
        if action is None and self.request.place in ("item", "handler"):
            action = self.model.actions.get(self.request.identifier)
            if action is None:
                return ()
        if action is not None:
            return action.exchanges
        return () if self.request.operation == "create" and "name" not in fact else self.model.writes

    def chosen(self, musts: list[Condition]) -> str:
        """Return the fact to report: what the sender wanted to learn, if it is of the same kind as one of the
        conditions."""
        about = self.about("")
        kinds = {condition.fact.rpartition(".")[0] for condition in musts}
        return about if about and about.rpartition(".")[0] in kinds else musts[0].fact

    def about(self, fact: str) -> str:
        """Return the fact to report: what the sender wanted to learn, if the document says so, else this one."""
        about = self.exchange.about
        return about if about is not None and about in KNOWN else fact

    def about_state(self, fact: str) -> str:
        """Return the fact to report where a list shows an action otherwise than it is: that nothing changed, if the
        list was sent to see that."""
        return self.about(fact) if self.exchange.about in ("errors.change-nothing", "delete.keeps-others") else fact

    def wrote(self, action: Action) -> None:
        """Remember that the exchange changed the action."""
        self.model.wrote(action, self.exchange.number)


def describe(model: Model, action: Action | None) -> str:
    """Return the state of an action in words, or that of the server where there is none."""
    if action is not None:
        handler = f", script {shorten(action.script, 60)!r}" if action.script is not None else ""
        handler += f", permissions {in_order(action.permissions)}" if action.permissions is not None else ""
        content = {name: in_order(value) for name, value in action.content.items()}
        there = "there" if action.alive else "deleted"
        return f"action {action.id} of {action.creator}, {there}: {content}{handler}"
    living = model.living()
    return f"{len(living)} actions of this run are there" + "".join(
        f"; {a.id}: {a.content.get('name')!r}, {a.content.get('scope')}, of {a.creator}" for a in living[:5]
    )
