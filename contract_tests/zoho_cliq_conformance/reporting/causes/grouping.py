"""Group faults by cause: repeatedly take the symptom that explains the most remaining faults.

A fault is a fact with all its violations, and is assigned to exactly one cause. It is assigned to the cause of a
symptom only if that symptom explains all of its violations, or if several chosen symptoms do so together. Each other
fault is a cause of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...judge.facts import KNOWN
from ...judge.verdicts import Violation
from . import answers, contents
from .traffic import Symptom, Traffic

ALONE = "alone"
LEADING = ("protocol.no-crash", "protocol.answered", "protocol.body", "update.applies", "delete.gone")


RULES: tuple[Callable[[Traffic], Iterator[Symptom]], ...] = (
    answers.no_success,
    contents.tokens,
    contents.visibility,
    answers.unreadable,
    contents.field,
    answers.media_type,
    answers.errors_as_success,
    answers.one_status,
    answers.by_header,
    answers.no_code,
    contents.unchecked_bodies,
    contents.no_thresholds,
    contents.updates_not_kept,
    contents.deletes_not_done,
    answers.same_answers,
)
"""Of symptoms that explain equally many faults the first is taken."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why facts were broken.

    Attributes:
        kind: the kind of the symptom, or `alone`.
        statement: the cause in words.
        facts: the ids of the facts that were broken.
        calls: the number of calls with a violation of these facts.
        decides: whether one of the facts decides the verdict.
        start: the violation to look at first.
        anywhere: whether the call of `start` alone shows the violation, without the calls before it.
    """

    kind: str
    statement: str
    facts: tuple[str, ...]
    calls: int
    decides: bool
    start: Violation
    anywhere: bool


def group(traffic: Traffic, *, strict: bool) -> list[Cause]:
    """Return the causes of all violations: first those that decide, then those with more faults that decide.

    With `strict`, inferred and guessed facts decide as well.
    """
    if not traffic.violations:
        return []
    facts: dict[str, set[int]] = defaultdict(set)
    for at, violation in enumerate(traffic.violations):
        facts[violation.fact].add(at)
    found = [
        _cause(traffic, symptom, members, strict)
        for symptom, members in _assigned(facts, [symptom for rule in RULES for symptom in rule(traffic)])
    ]
    return sorted(found, key=lambda cause: (not cause.decides, -_deciding(cause.facts, strict), -cause.calls))


def _assigned(facts: dict[str, set[int]], symptoms: Sequence[Symptom]) -> list[tuple[Symptom | None, list[str]]]:
    """Return the chosen symptoms with the facts assigned to each; then None with each remaining fact."""
    left, chosen = dict(facts), list[tuple[Symptom | None, list[str]]]()

    def whole(symptom: Symptom) -> list[str]:
        found = [fact for fact, positions in left.items() if positions <= symptom.explains]
        return found if len(found) >= symptom.fewest else []

    while left and symptoms:
        best = max(symptoms, key=lambda symptom: len(whole(symptom)))
        members = whole(best)
        if not members:
            break
        chosen.append((best, members))
        left = {fact: positions for fact, positions in left.items() if fact not in members}
    together = frozenset[int]().union(*(symptom.explains for symptom, _ in chosen if symptom))
    for fact, positions in left.items():
        if positions <= together:
            most = max(chosen, key=lambda entry: len(positions & entry[0].explains) if entry[0] else 0)
            most[1].append(fact)
        else:
            chosen.append((None, [fact]))
    return chosen


def _cause(traffic: Traffic, symptom: Symptom | None, facts: Iterable[str], strict: bool) -> Cause:
    members = sorted(facts, key=lambda fact: not _decides(fact, strict))  # stable: otherwise in the order found
    mine = [violation for violation in traffic.violations if violation.fact in members]
    start = min(
        mine,
        key=lambda v: (not _decides(v.fact, strict), _rank(v.fact), _is_odd(traffic, v), len(v.chain), v.exchange),
    )
    return Cause(
        symptom.kind if symptom else ALONE,
        symptom.statement if symptom else KNOWN[members[0]].statement,
        tuple(members),
        calls_of(mine),
        _decides(members[0], strict),
        start,
        symptom.anywhere if symptom else False,
    )


def _is_odd(traffic: Traffic, violation: Violation) -> bool:
    """Return whether the call had a body that a server may refuse, since it is not clearly a JSON object."""
    seen = traffic.seen.get(violation.exchange)
    if seen is None or seen.exchange.body is None:
        return False
    plain = (seen.exchange.header("content-type") or "").startswith("application/json")
    return not (plain and seen.exchange.body.strip().startswith(b"{"))


def _rank(fact: str) -> bool:
    """Return whether a fact tells less about a cause than the facts to look at first, such as `create.accepts`."""
    return not fact.endswith((".accepts", ".shape")) and fact not in LEADING


def _decides(fact: str, strict: bool) -> bool:
    return strict or KNOWN[fact].stated


def _deciding(facts: Iterable[str], strict: bool) -> int:
    return sum(_decides(fact, strict) for fact in facts)


def calls_of(violations: Iterable[Violation]) -> int:
    """Return the number of calls in which the violations occurred."""
    return len({violation.exchange for violation in violations})
