"""The report for people and machines: lines for the terminal, JUnit XML, and one HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import Any
from xml.sax.saxutils import quoteattr

MARKS = {"passed": "✓", "failed": "✗", "skipped": "–", "unreachable": "·"}


def terminal(report: Mapping[str, Any], verbose: bool = False) -> Iterator[str]:
    """Lines for a terminal, with nothing in them that would do more there than be seen."""
    return map(line, _terminal(report, verbose))


def _terminal(report: Mapping[str, Any], verbose: bool) -> Iterator[str]:
    for number, fault in enumerate(report["faults"], 1):
        kind = "fault" if fault["decides"] else f"remark ({fault['class']})"
        yield f"{kind} {number}: {fault['statement']}  [{fault['fact']}; {fault['where']}]"
        yield f"    request   {fault['request']}   ({fault['times']} times; first in {fault['scenario']})"
        yield f"    expected  {fault['expected']}"
        yield f"    got       {fault['got']}"
        yield f"    state     {fault['state']}"
        for command in fault["curl"] if verbose else fault["curl"][-3:]:
            yield f"    $ {command}"
        if not verbose and len(fault["curl"]) > 3:
            yield f"    (the last 3 of {len(fault['curl'])} lines; the reports have them all)"
        yield ""
    if verbose:
        for fact in report["facts"]:
            reason = f" ({fact['reason']})" if fact["reason"] else ""
            yield f"{MARKS[fact['verdict']]} {fact['id']}: {fact['statement']}{reason}"
        yield ""
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


def clean(text: str) -> str:
    """The text with escapes, such as `\\x1b`, in the place of what is not printable: on which a terminal acts, which
    turns the direction of what follows, or which XML cannot hold. Tabs and line breaks stay."""
    return text if text.isprintable() else "".join(char if char in "\t\n" else _shown(char) for char in text)


def line(text: str) -> str:
    """The same on one line: tabs and line breaks are escaped, too."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode()


def junit(report: Mapping[str, Any]) -> str:
    """JUnit XML: a test case for each fact."""
    faults = {fault["fact"]: fault for fault in report["faults"]}
    facts = report["facts"]
    failed = sum(fact["id"] in faults and faults[fact["id"]]["decides"] for fact in facts)
    skipped = sum(fact["verdict"] in ("skipped", "unreachable") for fact in facts)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(
        f'<testsuite name="zoho-cliq-conformance" tests="{len(facts)}" failures="{failed}" skipped="{skipped}" '
        f'time="{report["seconds"]}">'
    )
    for fact in facts:
        group, _, name = fact["id"].partition(".")
        case = f"  <testcase classname={quoteattr(group)} name={quoteattr(name)}"
        fault = faults.get(fact["id"])
        if fault and fault["decides"]:
            text = f"expected {fault['expected']}\ngot {fault['got']}\nstate {fault['state']}\n" + "\n".join(
                fault["curl"]
            )
            lines.append(
                f"{case}><failure message={quoteattr(clean(fault['statement']))}>{escape(clean(text))}</failure>"
                "</testcase>"
            )
        elif fact["verdict"] in ("skipped", "unreachable"):
            lines.append(f"{case}><skipped message={quoteattr(clean(fact['reason']))}/></testcase>")
        else:
            lines.append(f"{case}/>")
    return "\n".join([*lines, "</testsuite>", ""])


def html(report: Mapping[str, Any]) -> str:
    """One HTML page, without scripts and without anything from elsewhere."""
    verdict = report["verdict"]
    style = files("zoho_cliq_conformance").joinpath("report.css").read_text("utf-8")
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>",
        f"<title>Conformance: {_e(verdict)}</title><style>{style}</style>",
        f"<h1>Conformance of <code>{_e(report['base_url'])}</code></h1>",
        f"<p><span class='verdict {_e(verdict.split()[0])}'>{_e(verdict)}</span></p>",
        f"<p>{', '.join(f'{count} {_e(name)}' for name, count in report['summary'].items())} of "
        f"{len(report['facts'])} facts; "
        f"{report['calls']} calls in {report['seconds']} s, {report['waited_seconds']} s of pacing; drivers "
        f"{_e(', '.join(report['drivers']))}; seed {report['seed']}; {_e(report['finished'])}.</p>",
    ]
    if report["stopped"]:
        parts.append(f"<p><strong>Stopped:</strong> {_e(report['stopped'])}</p>")
    parts += _html_faults(report)
    parts.append("<h2>Facts</h2><table><tr><th>verdict<th>fact<th>statement<th>where<th>class<th>calls</tr>")
    for fact in report["facts"]:
        reason = f" <span class='skipped'>({_e(fact['reason'])})</span>" if fact["reason"] else ""
        parts.append(
            f"<tr><td class='{fact['verdict']}'>{MARKS[fact['verdict']]} {fact['verdict']}"
            f"<td><code>{_e(fact['id'])}</code>"
            f"<td>{_e(fact['statement'])}{reason}<td>{_e(fact['where'])}<td>{fact['class']}<td>{fact['calls']}</tr>"
        )
    parts.append("</table><h2>Operations, statuses, checks</h2>")
    parts.append("<table><tr><th>operation<th>status<th>check<th>passed<th>failed<th>verdict</tr>")
    parts += [
        f"<tr><td>{row['operation']}<td>{row['status']}<td>{_e(row['check'])}<td>{row['passed']}<td>{row['failed']}"
        f"<td class='{row['verdict']}'>{row['verdict']}</tr>"
        for row in report["table"]
    ]
    parts.append("</table><h2>Calls</h2><table><tr><th>user<th>operation<th>calls<th>allowed a minute</tr>")
    parts += [
        f"<tr><td>{_e(row['user'])}<td>{_e(row['operation'])}<td>{row['calls']}"
        f"<td>{row['threshold_per_minute'] or ''}</tr>"
        for row in report["calls_per_operation"]
    ]
    parts.append("</table><h2>Left over</h2><ul>")
    parts += [f"<li>{_e(line)}</li>" for line in report["leftovers"] or ["nothing"]]
    parts.append("</ul><h2>How good is this kit?</h2><table>")
    parts += [f"<tr><td>{_e(key.replace('_', ' '))}<td>{_e(str(value))}</tr>" for key, value in report["score"].items()]
    parts.append("</table></html>\n")
    return "\n".join(parts)


def _html_faults(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2>{'Faults' if report['faults'] else 'No faults'}</h2>"
    for fault in report["faults"]:
        kind = "fault" if fault["decides"] else "fault remark"
        yield f"<div class='{kind}'><strong>{_e(fault['statement'])}</strong>"
        yield f"<code>{_e(fault['fact'])}</code>, {_e(fault['where'])}"
        yield "<dl>" + "".join(
            f"<dt>{name}<dd>{_e(str(fault[name]))}"
            for name in ("request", "expected", "got", "state", "scenario", "times", "class")
        )
        curl = "\n".join(map(_e, fault["curl"]))
        yield f"</dl><details><summary>How to see it: {len(fault['curl'])} lines of shell</summary>"
        yield f"<pre>{curl}</pre></details></div>"


def _e(text: str) -> str:
    return escape(clean(str(text)))
