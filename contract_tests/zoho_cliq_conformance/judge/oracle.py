"""The oracle: takes one exchange, returns a list of verdicts.

It sends nothing and does not depend on the driver: all drivers and recordings call `Oracle.observe`. `Oracle.judge`
reads the request (`rules`), finds out who sent it (`senders`), collects the conditions under which it must or may be
refused (`rules`, `senders`, `conditions`), and compares the answer with these and with the model (`answers`, `shown`,
`handlers`, `listing`). The state of the server is in the model, the counts of verdicts are in the oracle.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from ..trace import Exchange
from . import rules
from .answers import judge_answer, outcome_unknown
from .conditions import of_state
from .listing import Lists
from .model import Directory, Identity, Model
from .rules import Condition, Request
from .senders import Senders
from .verdicts import Judgement, Verdict, Violation

KEPT = 3  # exchanges kept as evidence of each fact


class Oracle:
    """Judges the exchanges of a run, and counts the verdicts on each fact.

    Args:
        directory: the known users.
        creation_limit: how many actions an organization may have; None if that is unknown.
        exclusive: whether nobody else uses the server.

    Attributes:
        violations: all violations, in the order in which they were found.
        passed: how often each fact passed.
        failed: how often each fact failed.
        asked: how many calls were sent to test each fact.
        evidence: the numbers of the first `KEPT` exchanges in which each fact passed.
        calls: the numbers of all exchanges with a verdict on each fact.
        matrix: how many verdicts passed and failed, by operation, status (0 for no answer) and group of facts.
    """

    def __init__(self, directory: Directory, *, creation_limit: int | None = None, exclusive: bool = False) -> None:
        self.directory, self.creation_limit, self.exclusive = directory, creation_limit, exclusive
        self.violations: list[Violation] = []
        self.passed: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.evidence: dict[str, list[int]] = defaultdict(list)
        self.calls: dict[str, set[int]] = defaultdict(set)
        self.matrix: dict[tuple[str, int, str], list[int]] = defaultdict(lambda: [0, 0])
        self.forget()

    def forget(self) -> None:
        """Start again with the model of an empty server. Keep the counts."""
        self.model = Model(self.directory)
        self._senders, self._lists = Senders(self.directory), Lists()
        self._related: dict[int, tuple[int, ...]] = {}  # earlier pages of a listing, by number of an exchange

    # --- one exchange

    def observe(self, exchange: Exchange) -> list[Violation]:
        """Judge one exchange, update the model, count the verdicts, and return the violations among them."""
        if exchange.about:
            self.asked[exchange.about] += 1
        return self.count(exchange, self.judge(exchange))

    def judge(self, exchange: Exchange) -> list[Verdict]:
        """Judge one exchange, update the model, and return the verdicts without counting them."""
        judgement, answer = Judgement(exchange, rules.read(exchange), self.model), exchange.answer
        request = judgement.request
        if answer is None:
            judgement.fails("protocol.answered", "a response", exchange.failure)
            outcome_unknown(request, self.model)
            return judgement.verdicts
        judgement.passes("protocol.answered")
        if request.unmodelled:
            if exchange.method != "GET":
                self.mark_all_uncertain()
        elif exchange.method not in ("HEAD", "OPTIONS") or answer.status >= 500:
            identity, conditions = self.conditions(exchange, request)
            judge_answer(judgement, answer, identity, conditions, self._lists)
            if judgement.related:
                self._related[exchange.number] = judgement.related
        return judgement.verdicts

    def conditions(self, exchange: Exchange, request: Request) -> tuple[Identity | None, list[Condition]]:
        """Return who sent a request, or None, and all conditions under which it must or may be refused.

        Args:
            exchange: the request.
            request: the same request as `rules.read` returns it.
        """
        identity, found = self._senders.identify(exchange, request.operation)
        found = [*request.conditions, *found]
        if identity is not None and request.operation is not None:
            limit = self.creation_limit if self.exclusive else None
            found += of_state(exchange, request, identity, self.model, self._lists, limit)
        return identity, found

    def judgement(self, exchange: Exchange) -> Judgement:
        """Return an empty judgement of an observed exchange, to which its driver can add verdicts of its own."""
        return Judgement(exchange, rules.read(exchange), self.model, self._related.get(exchange.number, ()))

    def count(self, exchange: Exchange, verdicts: Sequence[Verdict]) -> list[Violation]:
        """Count verdicts on an exchange, and return the violations among them."""
        operation = rules.operation_of(exchange.method, exchange.target)
        status = exchange.answer.status if exchange.answer else 0
        for verdict in verdicts:
            fact, held = verdict.fact, verdict.violation is None
            (self.passed if held else self.failed)[fact] += 1
            if held and len(self.evidence[fact]) < KEPT:
                self.evidence[fact].append(exchange.number)
            self.calls[fact].add(exchange.number)
            if operation:
                self.matrix[operation, status, fact.partition(".")[0]][not held] += 1
        violations = [verdict.violation for verdict in verdicts if verdict.violation is not None]
        self.violations += violations
        return violations

    # --- what no exchange shows

    def outcome_unknown(self, exchange: Exchange) -> None:
        """Record that the outcome of a request is unknown, without a violation: it was cancelled or not recorded."""
        outcome_unknown(rules.read(exchange), self.model)

    def mark_all_uncertain(self) -> None:
        """Record that the state of every action is uncertain: a write may have happened that no exchange shows."""
        for action in self.model.actions.values():
            action.uncertain = True

    def adopt(self, identifier: str, creator: str, now: float) -> None:
        """Add an action whose create was not answered. Its content is unknown.

        Args:
            identifier: its id.
            creator: the user who created it.
            now: the time in seconds of the client's clock.
        """
        if identifier not in self.model.actions:
            self.model.create(identifier, creator, {}, now).uncertain = True
