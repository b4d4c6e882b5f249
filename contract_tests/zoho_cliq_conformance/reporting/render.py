"""The report as lines for the terminal and as JUnit XML."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any
from xml.sax.saxutils import quoteattr

BASELINE = {
    "new": "new",
    "mended": "fixed",
    "still": "still there",
    "unseen": "neither seen nor fixed, since this run did not show the facts",
}
"""What became of the faults since the baseline, in words."""
MARKS = {"passed": "✓", "failed": "✗", "skipped": "–", "not shown": "?"}


def terminal(report: Mapping[str, Any], verbose: bool = False) -> Iterator[str]:
    """Return the report as lines for a terminal, in which control characters are escaped.

    Args:
        report: the report.
        verbose: whether to list all facts, and to show each fault in full.
    """
    return map(line, _terminal(report, verbose))


def _terminal(report: Mapping[str, Any], verbose: bool) -> Iterator[str]:
    yield from _start_here(report)
    faults = {fault["fact"]: fault for fault in report["faults"]}
    for number, cause in enumerate(report["causes"], 1):
        yield from _cause(number, cause, [faults[fact] for fact in cause["fact_ids"]], verbose)
    if verbose:
        for fact in report["facts"]:
            reason = f" ({fact['reason']})" if fact["reason"] else ""
            yield f"{MARKS[fact['verdict']]} {fact['id']}: {fact['statement']}{reason}"
        yield ""
    for fact in report["facts"]:
        if is_missed(fact):
            yield f"not shown: {fact['id']}: {fact['reason']}"
    yield from _baseline_lines(report["baseline"])
    reasons = {fact["reason"] for fact in report["facts"] if fact["verdict"] == "skipped"}
    counts = report["summary"]
    yield ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + f" of {len(report['facts'])} facts"
    for reason in sorted(reasons):
        skipped = [fact["id"] for fact in report["facts"] if fact["reason"] == reason]
        yield f"skipped: {reason}: {', '.join(skipped)}"
    yield (
        f"{report['calls']} calls in {report['seconds']:.1f} s, {report['waited_seconds']:.0f} s of pacing; "
        f"seed {report['seed']}"
    )
    for note in (*report["notes"], *report["leftovers"]):
        yield f"note: {note}"
    if report["stopped"]:
        yield f"stopped: {report['stopped']}"
    yield f"{report['base_url']}: {report['verdict']}"


def _start_here(report: Mapping[str, Any]) -> Iterator[str]:
    start = report["start_here"]
    if start is None:
        return
    yield f"{plural(len(report['faults']), 'fault')}, {plural(len(report['causes']), 'cause')}"
    yield f"start here: {start['what']}  [{start['cause']}]"
    yield f"    fact      {start['statement']}  [{start['fact']}]"
    yield f"    $ {start['curl']}"
    yield ""


def _cause(number: int, cause: Mapping[str, Any], faults: Sequence[Mapping[str, Any]], verbose: bool) -> Iterator[str]:
    """Yield the lines of a cause: its first fault in full, and of the other faults only the facts, unless `verbose`."""
    if len(faults) > 1:
        yield f"cause {number}: {cause['what']}  ({plural(len(faults), 'fault')} in {plural(cause['calls'], 'call')})"
    first, *others = sorted(faults, key=lambda fault: fault["fact"] != cause["start"]["fact"])
    under = f"cause {number}" if others else f"cause {number}, alone"
    yield from _fault(first, under, verbose)
    if verbose:
        for fault in others:
            yield from _fault(fault, under, verbose)
    elif others:
        names = (f"{_prefix(fault)}{fault['fact']} ({plural(fault['times'], 'call')})" for fault in others)
        yield from textwrap.wrap(
            f"the same cause: {', '.join(names)}",
            width=120,
            initial_indent="    ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        yield ""


def _fault(fault: Mapping[str, Any], under: str, verbose: bool) -> Iterator[str]:
    yield f"{kind_of(fault)}: {fault['statement']}  [{fault['fact']}; {fault['where']}; {under}]"
    yield f"    request   {fault['request']}   (in {plural(fault['times'], 'call')}; first in {fault['scenario']})"
    yield f"    expected  {fault['expected']}"
    yield f"    got       {fault['got']}"
    yield f"    state     {fault['state']}"
    for command in fault["curl"] if verbose else fault["curl"][-3:]:
        yield f"    $ {command}"
    if not verbose and len(fault["curl"]) > 3:
        yield f"    (the last 3 of {len(fault['curl'])} lines; the reports have all)"
    yield ""


def kind_of(fault: Mapping[str, Any]) -> str:
    """Return the kind of a fault: `remark` if it does not decide, `known fault` if the baseline has it, or `fault`."""
    if not fault["decides"]:
        return f"remark ({fault['class']})"
    return "known fault" if fault["known"] else "fault"


def _prefix(fault: Mapping[str, Any]) -> str:
    kind = kind_of(fault)
    return "" if kind == "fault" else f"{kind} "


def plural(count: int, word: str) -> str:
    """Return a count with its noun, which has an s unless the count is 1."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _baseline_lines(baseline: Mapping[str, Any] | None) -> Iterator[str]:
    if baseline is None:
        return
    yield f"compared with {baseline['file']} of {baseline['finished']}:"
    for name, words in BASELINE.items():
        if baseline[name]:
            yield f"    {words}: {', '.join(baseline[name])}"
    if not any(baseline[name] for name in BASELINE):
        yield "    nothing changed"


def clean(text: str) -> str:
    """Return the text with each unprintable character replaced by an escape such as `\\x1b`, except tabs and newlines.

    Such characters may control a terminal, change the direction of the text after them, or be invalid in XML.
    """
    return text if text.isprintable() else "".join(char if char in "\t\n" else _shown(char) for char in text)


def line(text: str) -> str:
    """Return the text on one line: like `clean`, but tabs and newlines are escaped as well."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode()


def junit(report: Mapping[str, Any]) -> str:
    """Return JUnit XML with a test case for each fact. Facts with faults come first, grouped by cause.

    - A fault that decides is a failure; one that the baseline has is skipped.
    - A fault that does not decide (a remark) is the output of a passing test.
    - A fact that decides, and that the run tried to show in vain, is an error.
    - Another fact that was not shown is skipped.
    """
    faults = {fault["fact"]: fault for fault in report["faults"]}
    causes = {cause["id"]: cause for cause in report["causes"]}
    order = {fact: at for at, fact in enumerate(fact for cause in report["causes"] for fact in cause["fact_ids"])}
    facts = sorted(report["facts"], key=lambda fact: order.get(fact["id"], len(order)))
    failed = sum(fault["decides"] and not fault["known"] for fault in faults.values())
    errors = sum(map(is_missed, facts))
    skipped = sum(fact["verdict"] in ("skipped", "not shown") for fact in facts) - errors
    skipped += sum(fault["decides"] and fault["known"] for fault in faults.values())
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(
        f'<testsuite name="zoho-cliq-conformance" tests="{len(facts)}" failures="{failed}" errors="{errors}" '
        f'skipped="{skipped}" time="{report["seconds"]}">'
    )
    for fact in facts:
        group, _, name = fact["id"].partition(".")
        case = f"  <testcase classname={quoteattr(group)} name={quoteattr(name)}"
        fault = faults.get(fact["id"])
        if fault:
            lines.append(f"{case}>{_junit_fault(fault, causes[fault['cause']])}</testcase>")
        elif fact["verdict"] in ("skipped", "not shown"):
            kind = "error" if is_missed(fact) else "skipped"
            reason = f"{fact['verdict']}: {fact['reason']}"
            lines.append(f"{case}><{kind} message={quoteattr(clean(reason))}/></testcase>")
        else:
            lines.append(f"{case}/>")
    return "\n".join([*lines, "</testsuite>", ""])


def _junit_fault(fault: Mapping[str, Any], cause: Mapping[str, Any]) -> str:
    why = f"{cause['id']}: {cause['what']} ({plural(len(cause['fact_ids']), 'fault')})"
    shown = (f"{name} {fault[name]}" for name in ("expected", "got", "state"))
    text = "\n".join([why, *shown, f"in {plural(fault['times'], 'call')}", *fault["curl"]])
    message, inside = quoteattr(clean(fault["statement"])), escape(clean(text))
    if not fault["decides"]:
        return f"<system-out>{escape(clean(kind_of(fault)))}\n{inside}</system-out>"
    if fault["known"]:
        return (
            f"<skipped message={quoteattr(clean('known from the baseline: ' + fault['statement']))}>{inside}</skipped>"
        )
    return f"<failure type={quoteattr(cause['id'])} message={message}>{inside}</failure>"


def is_missed(fact: Mapping[str, Any]) -> bool:
    """Return whether a fact decides, and the run tried to show it in vain."""
    return bool(fact["verdict"] == "not shown" and fact["asked"] and fact["decides"])
