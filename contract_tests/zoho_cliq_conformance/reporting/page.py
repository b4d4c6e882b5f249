"""The report as one HTML page, without scripts or external resources.

Causes, faults, facts and sources have ids, and link to each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from . import sources
from .render import BASELINE, MARKS, clean, kind_of, plural

SECTIONS = {
    "faults": "Faults",
    "facts": "Facts",
    "classes": "Stated, inferred, guessed",
    "sources": "Sources",
    "statuses": "Operations and statuses",
    "calls": "Calls",
}
Report = Mapping[str, Any]


def html(report: Report) -> str:
    """Return the report as one HTML page."""
    verdict = report["verdict"]
    style = files("zoho_cliq_conformance").joinpath("reporting/report.css").read_text("utf-8")
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>",
        f"<title>Conformance: {_e(verdict)}</title><style>{style}</style>",
        f"<h1>Conformance of <code>{_e(report['base_url'])}</code></h1>",
        f"<p><span class='verdict {_e(verdict.split()[0])}'>{_e(verdict)}</span></p>",
        f"<p>{', '.join(f'{count} {_e(name)}' for name, count in report['summary'].items())} of "
        f"{len(report['facts'])} facts; "
        f"{report['calls']} calls in {report['seconds']} s, {report['waited_seconds']} s of pacing; drivers "
        f"{_e(', '.join(report['drivers']))}; seed {report['seed']}; {_e(report['finished'])}.</p>",
        "<nav>",
        *(f"<a href='#{name}'>{title}</a>" for name, title in SECTIONS.items()),
        "</nav>",
    ]
    if report["stopped"]:
        parts.append(f"<p><strong>Stopped:</strong> {_e(report['stopped'])}</p>")
    parts += [*_start_here(report), *_baseline(report), *_faults(report), *_facts(report)]
    parts += [*_classes(), *_sources(report), *_statuses(report), *_rest(report)]
    return "\n".join(parts)


def _start_here(report: Report) -> Iterator[str]:
    start = report["start_here"]
    if start is None:
        return
    yield "<section class='start' id='start-here'><h2>Start here</h2>"
    yield f"<p><a href='#{_e(start['cause'])}'><strong>{_e(start['what'])}</strong></a></p>"
    yield f"<p>{_e(start['statement'])} {_fact_link(start['fact'])}</p>"
    yield f"<pre>{_e(start['curl'])}</pre></section>"


def _baseline(report: Report) -> Iterator[str]:
    baseline = report["baseline"]
    if baseline is None:
        return
    yield f"<h2 id='baseline'>Compared with {_e(baseline['file'])} of {_e(baseline['finished'])}</h2><ul>"
    for name, words in BASELINE.items():
        facts = ", ".join(map(_fact_link, baseline[name])) or "none"
        yield f"<li>{words}: {facts}</li>"
    yield "</ul>"


def _faults(report: Report) -> Iterator[str]:
    faults = {fault["fact"]: fault for fault in report["faults"]}
    if not faults:
        yield "<h2 id='faults'>No faults</h2>"
        return
    yield (
        f"<h2 id='faults'>{plural(len(faults), 'fault')}, {plural(len(report['causes']), 'cause')}</h2>"
        "<p>A fault is listed under a cause that explains every call in which it was seen, or else alone.</p><ol>"
    )
    for cause in report["causes"]:
        count = f"{plural(len(cause['fact_ids']), 'fault')} in {plural(cause['calls'], 'call')}"
        yield f"<li><a href='#{_e(cause['id'])}'>{_e(cause['what'])}</a> ({count})</li>"
    yield "</ol>"
    for cause in report["causes"]:
        yield from _cause(cause, faults)


def _cause(cause: Report, faults: Mapping[str, Report]) -> Iterator[str]:
    """Yield a cause: the fault to look at first, and the others in collapsed elements."""
    first, *others = sorted(cause["fact_ids"], key=lambda fact: fact != cause["start"]["fact"])
    yield f"<section class='cause' id='{_e(cause['id'])}'>"
    if others:
        links = ", ".join(f"<a href='#fault-{_e(fact)}'>{_e(fact)}</a>" for fact in others)
        yield f"<h3>{_e(cause['what'])}</h3><p>Faults: {links}</p>"
    fault = faults[first]
    yield f"<div class='{_kind(fault)}' id='fault-{_e(first)}'>{_title(fault)}"
    yield from _fault(fault)
    yield "</div>"
    for fault in (faults[fact] for fact in others):
        yield f"<details class='{_kind(fault)}' id='fault-{_e(fault['fact'])}'><summary>{_title(fault)}</summary>"
        yield from _fault(fault)
        yield "</details>"
    yield "</section>"


def _kind(fault: Report) -> str:
    return "fault" if fault["decides"] else "fault remark"


def _title(fault: Report) -> str:
    links = f"{_fact_link(fault['fact'])}, {_source_link(fault['where'])}"
    return f"<strong>{_e(fault['statement'])}</strong> {_e(kind_of(fault))}: {links}"


def _fault(fault: Report) -> Iterator[str]:
    shown = {name: _e(str(fault[name])) for name in ("request", "expected", "got", "state", "scenario")}
    shown |= {"seen": f"in {plural(fault['times'], 'call')}", "class": _class_link(fault["class"])}
    yield "<dl>" + "".join(f"<dt>{name}<dd>{value}" for name, value in shown.items())
    curl = "\n".join(map(_e, fault["curl"]))
    yield f"</dl><details><summary>How to reproduce it: {plural(len(fault['curl']), 'line')} of shell</summary>"
    yield f"<pre>{curl}</pre></details>"


def _facts(report: Report) -> Iterator[str]:
    yield "<h2 id='facts'>Facts</h2><table><tr><th>verdict<th>fact<th>statement<th>where<th>class<th>calls</tr>"
    faults = {fault["fact"] for fault in report["faults"]}
    for fact in report["facts"]:
        reason = f" <span class='skipped'>({_e(fact['reason'])})</span>" if fact["reason"] else ""
        verdict = f"{MARKS[fact['verdict']]} {fact['verdict']}"
        if fact["id"] in faults:
            verdict = f"<a href='#fault-{_e(fact['id'])}'>{verdict}</a>"
        yield (
            f"<tr id='fact-{_e(fact['id'])}'><td class='{_class(fact['verdict'])}'>{verdict}"
            f"<td><code>{_e(fact['id'])}</code><td>{_e(fact['statement'])}{reason}{_shown_by(fact)}"
            f"<td>{_source_link(fact['where'])}<td>{_class_link(fact['class'])}<td>{fact['calls']}</tr>"
        )
    yield "</table>"


def _classes() -> Iterator[str]:
    yield "<h2 id='classes'>Stated, inferred, guessed</h2><dl>"
    for name, meaning in sources.CLASSES.items():
        yield f"<dt id='class-{name}'>{name}<dd>{_e(meaning)}"
    yield "</dl>"


def _sources(report: Report) -> Iterator[str]:
    """Yield each source of the report's facts, with the facts that come from it."""
    found: dict[str, tuple[sources.Source, list[Report]]] = {}
    for fact in report["facts"]:
        source = sources.of(fact["where"])
        found.setdefault(source.anchor, (source, []))[1].append(fact)
    yield "<h2 id='sources'>Sources</h2>"
    for anchor, (source, facts) in sorted(found.items()):
        name = f"<a href='{_e(source.link)}'>{_e(source.name)}</a>" if source.link else _e(source.name)
        pointer = f" <code>{_e(source.pointer)}</code>" if source.pointer else ""
        yield f"<section id='{_e(anchor)}'><h3>{name}</h3><p>{_e(source.what)}{pointer}</p>"
        if source.excerpt:
            yield f"<details><summary>What the document says</summary><pre>{_e(source.excerpt)}</pre></details>"
        links = ", ".join(f"{_fact_link(fact['id'])} ({_e(fact['where'])})" for fact in facts)
        yield f"<p>{links}</p></section>"


def _statuses(report: Report) -> Iterator[str]:
    yield "<h2 id='statuses'>Operations, statuses, checks</h2>"
    yield "<table><tr><th>operation<th>status<th>check<th>passed<th>failed<th>verdict</tr>"
    for row in report["table"]:
        yield (
            f"<tr><td>{row['operation']}<td>{row['status']}<td>{_e(row['check'])}<td>{row['passed']}<td>{row['failed']}"
            f"<td class='{_class(row['verdict'])}'>{row['verdict']}</tr>"
        )
    yield "</table>"


def _rest(report: Report) -> Iterator[str]:
    yield "<h2 id='calls'>Calls</h2><table><tr><th>user<th>operation<th>calls<th>allowed per minute</tr>"
    for row in report["calls_per_operation"]:
        yield (
            f"<tr><td>{_e(row['user'])}<td>{_e(row['operation'])}<td>{row['calls']}"
            f"<td>{row['threshold_per_minute'] or ''}</tr>"
        )
    yield "</table><h2>Actions left on the server</h2><ul>"
    yield from (f"<li>{_e(line)}</li>" for line in report["leftovers"] or ["nothing"])
    if report["notes"]:
        yield "</ul><h2>Notes</h2><ul>"
        yield from (f"<li>{_e(line)}</li>" for line in report["notes"])
    yield "</ul><h2>How many faults this kit finds</h2><table>"
    for key, value in report["score"].items():
        yield f"<tr><td>{_e(key.replace('_', ' '))}<td>{_e(str(value))}</tr>"
    yield "</table></html>\n"


def _fact_link(fact: str) -> str:
    return f"<a href='#fact-{_e(fact)}'><code>{_e(fact)}</code></a>"


def _source_link(where: str) -> str:
    return f"<a href='#{_e(sources.of(where).anchor)}'>{_e(where)}</a>"


def _class_link(name: str) -> str:
    return f"<a href='#class-{_e(name)}'>{_e(name)}</a>"


def _class(verdict: str) -> str:
    return verdict.replace(" ", "-")


def _shown_by(fact: Report) -> str:
    """Return the first call that showed the fact, in a collapsed element."""
    if not fact["shown_by"]:
        return ""
    return f"<details><summary>shown by</summary><code>{_e(fact['shown_by'][0])}</code></details>"


def _e(text: str) -> str:
    return escape(clean(str(text)))
