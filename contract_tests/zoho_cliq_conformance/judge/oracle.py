"""The oracle: one exchange in, a list of verdicts out.

It sends nothing and assumes nothing about who drives: the table, the machine, the fuzzer and recorded traffic all pass
through `Oracle.observe`. `Oracle.judge` reads the request (`rules`), finds out who sent it (`senders`), gathers the
conditions under which an error must or may come (`conditions`), and compares the answer with them and with the model
(`answers`, `shown`, `handlers`, `listing`). What it learned is in `model`; what it found is counted in the oracle.
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

KEPT = 3  # exchanges that show a fact; more tell nothing new


class Oracle:
    """Judges the exchanges of a run, and counts what they said of each fact.

    `creation_limit` is how many actions an organization may have, None where that is not known; `exclusive` says that
    nobody else uses the server.

    `passed`, `failed` and `asked` count verdicts, and calls about a fact; `evidence` holds the first exchanges that
    show a fact, `calls` all that have a verdict on it; `matrix` counts good and bad verdicts by operation, status and
    group of facts.
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
        """Start with an empty server again; what was counted stays."""
        self.model = Model(self.directory)
        self._senders, self._lists = Senders(self.directory), Lists()
        self._related: dict[int, tuple[int, ...]] = {}  # earlier pages of a listing, by number of an exchange

    # --- one exchange

    def observe(self, exchange: Exchange) -> list[Violation]:
        """Judge one exchange, learn from it and count its verdicts; return the violations that it shows."""
        if exchange.about:
            self.asked[exchange.about] += 1
        return self.count(exchange, self.judge(exchange))

    def judge(self, exchange: Exchange) -> list[Verdict]:
        """Return the verdicts on one exchange, and learn from it."""
        judgement, answer = Judgement(exchange, rules.read(exchange), self.model), exchange.answer
        request = judgement.request
        if answer is None:
            judgement.fails("protocol.answered", "an answer", exchange.failure)
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
        """Return who sends a request, and all conditions under which it must or may be refused."""
        identity, found = self._senders.identify(exchange, request.operation)
        found = [*request.conditions, *found]
        if identity is not None and request.operation is not None:
            limit = self.creation_limit if self.exclusive else None
            found += of_state(exchange, request, identity, self.model, self._lists, limit)
        return identity, found

    def judgement(self, exchange: Exchange) -> Judgement:
        """Return an empty judgement on an exchange that was observed, for what its driver alone can tell."""
        return Judgement(exchange, rules.read(exchange), self.model, self._related.get(exchange.number, ()))

    def count(self, exchange: Exchange, verdicts: Sequence[Verdict]) -> list[Violation]:
        """Count verdicts on an exchange; return the violations among them."""
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
        """Learn that the outcome of a request is unknown for a reason that is not the server's."""
        outcome_unknown(rules.read(exchange), self.model)

    def mark_all_uncertain(self) -> None:
        """Learn that somebody may have written what no exchange shows."""
        for action in self.model.actions.values():
            action.uncertain = True

    def adopt(self, identifier: str, creator: str, now: float) -> None:
        """Learn that an action is there, of a create whose answer never came; nothing else is known of it."""
        if identifier not in self.model.actions:
            self.model.create(identifier, creator, {}, now).uncertain = True
