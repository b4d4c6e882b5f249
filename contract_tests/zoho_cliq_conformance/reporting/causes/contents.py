"""Symptoms in what a server keeps, shows and checks: fields, tokens, bodies, thresholds, writes without effect."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Any

from ...judge import document, rules
from ...judge.model import FIELDS, canonical
from ...judge.shown import mismatches
from ...judge.verdicts import Violation
from ...trace import is_throttle
from .traffic import BODIED, FEWEST, NOT_CONCERNED, Seen, Symptom, Traffic

AS_IT_IS, SINCE = "the current state of the action: ", "every action that changed since the sync_token"
OF_HANDLERS = ("script", "permissions")
FIELD_NAMES = (*document.SCHEMAS["MessageAction"]["properties"], *OF_HANDLERS)
CHECKS = frozenset({"required", "max", "min", "type", "values", "bytes", "fit"})
HIDING = ("visibility.personal", "visibility.team", "visibility.other-organization")
STORED = re.compile(
    r"action\..*\.shape|(get|list|get_handler)\.current|update\.keeps|update_handler\.applies|errors\.change-nothing"
)
"""Facts that break where a body that had to be refused was stored."""
NOT_KEPT = re.compile(
    r"update\..*|get\.current|list\.(current|complete)|sync\.(changes|only-changes|visibility)|visibility\..*"
    r"|errors\.change-nothing|.*\.keeps-(others|action)|action\.team_ids\.absent|protocol\.content-type"
    r"|create\.(msgaction_name_already_exists|name\.free-after-rename)"
)
"""Facts that break where updates are acknowledged and not kept."""
NOT_GONE = re.compile(r"delete\.gone|(list|sync)\.deleted|.*\.free-after-delete|action\.id\.unique|.*_already_exists")
"""Facts that break where deletes are acknowledged and not done."""
ONE_USER = re.compile(r"auth\.(missing|token|scheme)|.*\.scope|visibility\..*|action\.creator\.distinct")
"""Facts that break where every caller is the same user."""


def _of_facts(traffic: Traffic, pattern: re.Pattern[str], since: int = 0) -> frozenset[int]:
    return traffic.where(lambda v, seen: v.exchange >= since and pattern.fullmatch(v.fact) is not None)


# --- fields


def field(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom for each field that is missing or wrong in all answers that show actions, or in some of them."""
    showing = {
        number: {*chain.from_iterable(shown)} for number, seen in traffic.seen.items() if (shown := seen.actions())
    }
    differing = {at: _differing(violation) for at, violation, _ in traffic.faulty}
    for name in FIELD_NAMES:
        about = {
            at: seen
            for at, violation, seen in traffic.faulty
            if name in differing[at]
            or violation.fact.startswith(f"action.{name}.")
            or (name == "id" and violation.fact == "list.unique")
        }
        if not about:
            continue
        ids = {_identifier(traffic.violations[at], seen) for at, seen in about.items()}
        # The oracle counts changes from what an earlier listing showed. If that listing showed a wrong value of an
        # action, the oracle expects the action among the changes, and its absence there has the same cause.
        late = frozenset(at for at, v, _ in traffic.faulty if v.expected == SINCE and v.got.partition(" ")[0] in ids)
        explains = frozenset(about) | late
        missing = not any(name in names for names in showing.values())
        everywhere = missing or {seen.number for seen in about.values()} >= showing.keys()
        if everywhere and name not in OF_HANDLERS and len(showing) >= FEWEST:
            words = f"{name} is {'missing' if missing else 'wrong'} in every response that shows actions."
            yield Symptom("field", words, explains, anywhere=True)
        else:
            yield Symptom("field", f"{name} is not always shown as it was set.", explains, fewest=2)


def _differing(violation: Violation) -> frozenset[str]:
    """Return the names of the fields whose shown values differ from the expected ones."""
    name = violation.expected.partition(" ")[0]
    if name in FIELD_NAMES:
        return frozenset({name})
    if not violation.expected.startswith(AS_IT_IS):
        return frozenset()
    expected, got = _literal(violation.expected.removeprefix(AS_IT_IS)), _literal(violation.got)
    return frozenset(mismatches({key: canonical(key, value) for key, value in expected.items()}, got))


def _literal(text: str) -> dict[str, Any]:
    """Return the dict in the text of a violation, or an empty one if the text was cut because of its length."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _identifier(violation: Violation, seen: Seen) -> str:
    """Return the id of the action that a violation is about, or an empty string if it is unknown."""
    if violation.expected.startswith(AS_IT_IS):
        return str(_literal(violation.got).get("id"))
    return str(seen.actions()[0].get("id")) if seen.actions() else ""


# --- who asks


def tokens(traffic: Traffic) -> Iterator[Symptom]:
    """Yield symptoms of tokens: always refused, not needed, without effect, or with scopes that are not checked."""
    by_token: dict[str, list[Seen]] = defaultdict(list)
    for seen in traffic.seen.values():
        if seen.operation and seen.identity is not None:
            by_token[seen.token].append(seen)
    single = {token for token, identity in traffic.directory.tokens.items() if len(identity.scopes or ()) == 1}
    refused = {token for token, calls in by_token.items() if len(calls) > 1 and all(s.status == 401 for s in calls)}
    if refused:
        whose = ", ".join(sorted({traffic.directory.tokens[token].user for token in refused}))
        kind = "single-scope " if refused <= single else ""
        numbers = {seen.number for token in refused for seen in by_token[token]}
        words = f"Every call with the {kind}tokens of {whose} gets status 401."
        yield Symptom("token", words, traffic.in_calls(numbers), anywhere=True)
    if not traffic.directory.complete:
        return
    nobody = {seen.number for seen in traffic.seen.values() if seen.operation and seen.identity is None}
    statuses = {traffic.seen[number].status for number in nobody}
    if len(nobody) >= FEWEST and statuses.isdisjoint(rules.FORBIDDEN):
        yield from _no_token_needed(traffic, nobody)
    elif len(nobody) >= FEWEST and len(statuses) == 1:
        words = f"Every call without a valid token gets status {statuses.pop()}."
        yield Symptom("token", words, traffic.in_calls(nobody), fewest=2)
    lacking = [seen for token in single for seen in by_token[token]]
    if len(lacking) >= FEWEST and not any(seen.status in rules.FORBIDDEN for seen in lacking):
        explains = traffic.where(lambda violation, seen: seen.good and violation.fact.endswith(".scope"))
        yield Symptom("scopes", "No call is refused because its token lacks a scope.", explains)


def _no_token_needed(traffic: Traffic, nobody: Collection[int]) -> Iterator[Symptom]:
    alike = not any(traffic.passed.get(fact) for fact in HIDING)
    if alike and not any(seen.status in rules.FORBIDDEN for seen in traffic.seen.values()):
        explains = traffic.in_calls(nobody) | _of_facts(traffic, ONE_USER)
        yield Symptom("token", "The token has no effect: all callers are treated as the same user.", explains)
    yield Symptom("token", "Calls without a valid token are accepted.", traffic.in_calls(nobody))


def visibility(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom if actions are shown to users of the same and of another organization who may not see them."""
    explains = traffic.where(lambda violation, seen: seen.good and violation.fact in HIDING)
    if {"visibility.personal", "visibility.other-organization"} <= {traffic.violations[at].fact for at in explains}:
        by = sorted({seen.operation for at, _, seen in traffic.faulty if at in explains})
        words = f"Actions are shown to users who may not see them, by {', '.join(by)}."
        yield Symptom("visibility", words, explains)


# --- checks and changes that are missing


def unchecked_bodies(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom for operations that check no field of a body."""

    def unchecked(calls: list[Seen]) -> bool | str | None:
        name = calls[0].operation
        if name not in BODIED:
            return NOT_CONCERNED
        failed = {v.fact for _, v, seen in traffic.faulty if seen.operation == name and _is_let_in(v, seen)}
        checked = any(count and _is_check(name, fact) for fact, count in traffic.passed.items())
        return True if len(failed) >= FEWEST and not checked else None

    for label, calls, _ in traffic.shared(unchecked):
        here = {seen.number for seen in calls}
        let_in = {v.exchange for _, v, seen in traffic.faulty if seen.number in here and _is_let_in(v, seen)}
        stored = frozenset(at for at, v, _ in traffic.faulty if not let_in.isdisjoint(v.chain))
        explains = traffic.in_calls(let_in) | (stored & _of_facts(traffic, STORED))
        yield Symptom("bodies", f"No {label} is refused because of a field of its body.", explains)


def _is_let_in(violation: Violation, seen: Seen) -> bool:
    return seen.good and _is_check(seen.operation, violation.fact)


def _is_check(operation: str, fact: str) -> bool:
    group, _, rest = fact.partition(".")
    return group == operation and rest.rpartition(".")[2] in CHECKS


def no_thresholds(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom if no threshold is enforced."""
    if not any(is_throttle(seen.exchange.answer) for seen in traffic.seen.values()):
        explains = _of_facts(traffic, re.compile(r"thresholds\..*"))
        yield Symptom("thresholds", "No threshold is enforced: no call got status 429.", explains)


def updates_not_kept(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom if updates are acknowledged, but every answer still shows the action as it was created."""
    made: dict[str, dict[str, Any]] = {}
    idle: list[int] = []
    for number, seen in traffic.seen.items():
        for action in seen.actions():
            identifier = str(action.get("id"))
            if seen.operation == "create":
                made[identifier] = action
            elif seen.operation == "update" and identifier in made:
                if _content(action) != _content(made[identifier]):
                    return
                if _asks_for_a_change(seen, action):
                    idle.append(number)
    if len(idle) >= FEWEST:
        words = "Updates succeed, but change nothing."
        yield Symptom("no effect", words, _of_facts(traffic, NOT_KEPT, since=idle[0]))


def _asks_for_a_change(seen: Seen, action: Mapping[str, Any]) -> bool:
    body = rules.read(seen.exchange).body or {}
    return any(name in body and canonical(name, body[name]) != canonical(name, action.get(name)) for name in FIELDS)


def _content(action: Mapping[str, Any]) -> dict[str, Any]:
    return {name: canonical(name, action[name]) for name in FIELDS if name in action}


def deletes_not_done(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom if deletes are acknowledged, but the actions are still shown afterwards."""
    deleted: dict[str, int] = {}
    stayed: set[str] = set()
    for number, seen in traffic.seen.items():
        stayed.update(str(action.get("id")) for action in seen.actions() if str(action.get("id")) in deleted)
        if seen.operation == "delete" and seen.good and not seen.is_error():
            deleted[seen.exchange.target.partition("?")[0].rpartition("/")[2]] = number
    if len(stayed) > 1:
        words = "Deletes succeed, but the actions remain."
        yield Symptom("no effect", words, _of_facts(traffic, NOT_GONE, since=min(deleted.values())), fewest=2)
