"""Symptoms in how calls are answered: statuses, media types, envelopes, error bodies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from ...judge import evidence, rules
from ...judge.verdicts import Violation
from ...trace import shorten
from .traffic import BODIED, FEWEST, NOT_CONCERNED, Seen, Symptom, Traffic


def no_success(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom for operations that never succeed, if at least half of the answers have the same status."""

    def status_of(calls: list[Seen]) -> int | None:
        status, times = Counter(seen.status for seen in calls).most_common(1)[0]
        enough = len(calls) >= FEWEST and 2 * times >= len(calls)
        return status if enough and not any(seen.good for seen in calls) else None

    for label, calls, status in traffic.shared(status_of):
        numbers = {seen.number for seen in calls if seen.status == status}
        result = f"status {status}" if status else "no response"
        words = f"Every {label} gets {result}, whatever it requests."
        if len(numbers) < sum(bool(seen.operation) for seen in calls):
            words = f"No {label} succeeds; {len(numbers)} of {len(calls)} get {result}."
        yield Symptom("status", words, traffic.in_calls(numbers), anywhere=True)


def unreadable(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom for operations of which no successful answer is JSON, or none has the documented envelope."""

    def flaw_of(calls: list[Seen]) -> str | None:
        good = [seen for seen in calls if seen.good and seen.knows("body")]
        if calls[0].operation == "delete" or len(good) < 2:
            return NOT_CONCERNED
        found = {_flaw(seen) for seen in good}
        return found.pop() if len(found) == 1 else None

    for label, calls, flaw in traffic.shared(flaw_of):
        effect = ", so nothing can be listed" if label == "list call" else ""
        about_bodies = traffic.where(lambda v, seen: v.fact.endswith(("protocol.body", ".shape", ".envelope")))
        explains = about_bodies & traffic.in_calls({seen.number for seen in calls if seen.good})
        yield Symptom("unreadable", f"The response to every {label} is {flaw}{effect}.", explains, anywhere=True)


def _flaw(seen: Seen) -> str | None:
    if seen.shown is None:
        return "not JSON"
    enveloped = isinstance(seen.shown, dict) and "data" in seen.shown
    return None if enveloped else "JSON without the envelope of url, type and data"


def media_type(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom for operations whose answers all have the same wrong Content-Type, or none."""

    def kind_of(calls: list[Seen]) -> str | None:
        given = [seen.exchange.answer for seen in calls if seen.knows("headers")]
        kinds = {(answer.header("content-type") or "").lower() for answer in given if answer and answer.body}
        plain = {kind.split(";")[0].strip() for kind in kinds}
        if not plain:
            return NOT_CONCERNED
        return plain.pop() if len(plain) == 1 and plain != {"application/json"} else None

    for label, calls, kind in traffic.shared(kind_of):
        numbers = {seen.number for seen in calls}
        words = f"Content-Type is {shorten(kind, 60)}" if kind else "Content-Type is missing"
        explains = _of_fact(traffic, "protocol.json") & traffic.in_calls(numbers)
        yield Symptom("media type", f"{words} in the response to every {label}.", explains, anywhere=True)


def _of_fact(traffic: Traffic, *facts: str) -> frozenset[int]:
    return traffic.where(lambda violation, seen: violation.fact in facts)


def errors_as_success(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom if no answer has a status of an error, but some have the body of an error."""
    failed = {number for number, seen in traffic.seen.items() if seen.is_error()}
    if len(failed) < FEWEST or any(seen.status >= 400 for seen in traffic.seen.values()):
        return
    # The oracle takes a delete with a success status for done, even if the body of the answer is an error.
    after = _of_fact(traffic, "delete.gone", "list.deleted", "sync.deleted")
    misled = traffic.where(lambda violation, seen: not failed.isdisjoint(violation.chain)) & after
    explains = traffic.in_calls(failed) | misled
    yield Symptom("refusals", "Errors have a success status.", explains)


def one_status(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom if all refusals have one status, or if bodies that have to be refused crash the server."""

    def status_of(calls: list[Seen]) -> int | str | None:
        refused = {seen.status for seen in calls if not seen.good}
        if not refused:
            return NOT_CONCERNED
        succeeds = any(seen.good for seen in calls)
        wrong = any(not seen.good and seen.number in traffic.faulty_numbers for seen in calls)
        return refused.pop() if len(refused) == 1 and succeeds and wrong else None

    def crash_of(calls: list[Seen]) -> int | str | None:
        if calls[0].operation not in BODIED:
            return NOT_CONCERNED
        crashed = [seen.status for seen in calls if seen.status >= 500]
        refused = any(seen.status in rules.MALFORMED for seen in calls)
        succeeds = any(seen.good for seen in calls)
        return crashed[0] if len(crashed) >= FEWEST and succeeds and not refused else None

    for of, which in ((status_of, "refused {}"), (crash_of, "{} whose body must be refused")):
        for label, calls, status in traffic.shared(of):
            here = traffic.in_calls({seen.number for seen in calls if seen.status == status})
            refusals = traffic.where(lambda violation, seen: evidence.is_of_refusal(violation.fact))
            explains = here if status >= 500 else here & refusals
            yield Symptom("refusals", f"Every {which.format(label)} gets status {status}.", explains)


def by_header(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom for each value of Accept or Content-Type with which every call fails with the same status."""
    groups = [
        ("call", [*traffic.seen.values()]),
        *((f"{name} call", c) for name, c in traffic.calls.items() if name),
    ]
    for name in ("Accept", "Content-Type"):
        for label, among in groups:
            by_value: dict[str | None, list[Seen]] = defaultdict(list)
            for seen in among:
                by_value[seen.exchange.header(name.lower())].append(seen)
            refused = {value: _wrong_status(traffic, calls) for value, calls in by_value.items()}
            for status in dict.fromkeys(status for status in refused.values() if status):
                values = [value for value in refused if refused[value] == status]
                numbers = {seen.number for value in values for seen in by_value[value] if seen.status == status}
                given = " or ".join(f"{name}: {shorten(value, 60)}" if value else f"no {name}" for value in values)
                words = f"Every {label} with {given} gets status {status}."
                yield Symptom("header", words, traffic.in_calls(numbers), anywhere=True)


def _wrong_status(traffic: Traffic, calls: Sequence[Seen]) -> int:
    """Return the common status of the calls with a violation, if most calls have one and no call succeeds; else 0."""
    wrong = [seen.status for seen in calls if seen.number in traffic.faulty_numbers]
    enough = len(wrong) >= FEWEST and 2 * len(wrong) > len(calls) and not any(seen.good for seen in calls)
    return wrong[0] if enough and len(set(wrong)) == 1 else 0


def no_code(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom if no error answer has a code, or if none is a JSON object."""
    refused = [s for s in traffic.seen.values() if 400 <= s.status < 500 and s.place and s.knows("body")]
    if len(refused) < FEWEST or any(seen.code is not None for seen in refused):
        return
    empty = not any(isinstance(seen.shown, dict) for seen in refused)

    def fits(violation: Violation, seen: Seen) -> bool:
        if violation.fact in ("errors.body", "thresholds.answer"):
            return empty
        to_refuse = evidence.is_of_refusal(violation.fact) or " with code " in violation.expected
        if to_refuse and seen.status in rules.NOT_FOUND:
            return True
        return any(seen.status in condition.statuses for condition in rules.read(seen.exchange).conditions)

    words = "Error responses are not JSON objects." if empty else "No error response has a code."
    explains = traffic.where(fits) & traffic.in_calls({seen.number for seen in refused})
    yield Symptom("errors", words, explains)


def same_answers(traffic: Traffic) -> Iterator[Symptom]:
    """Yield a symptom for each set of facts that are broken by exactly the same answers."""
    answers: dict[str, set[int]] = defaultdict(set)
    for violation in traffic.violations:
        answers[violation.fact].add(violation.exchange)
    together: dict[frozenset[int], list[str]] = defaultdict(list)
    for fact, numbers in answers.items():
        together[frozenset(numbers)].append(fact)
    for same, facts in together.items():
        many = f"{len(same)} responses break" if len(same) > 1 else "response breaks"
        words = f"The same {many} {len(facts)} facts: {', '.join(facts)}."
        yield Symptom("answers", words, _of_fact(traffic, *facts), fewest=2)
