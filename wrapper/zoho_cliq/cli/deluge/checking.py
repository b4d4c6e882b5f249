"""`zoho-cliq deluge check` and `explain`."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ... import errors
from ..output import printable, show
from .files import Source, language, sources


def check(options: argparse.Namespace) -> int:
    """Print the mistakes in scripts. Return 1 if there are errors."""
    deluge = language()
    if options.github and options.json:
        raise errors.ConfigurationError("--github and --json are both output formats; give only one")
    files = sources(options.files)
    try:
        found = [
            (file.name, finding)
            for file in files
            for finding in deluge.check(
                file.text, handler=options.handler, variables=options.variable, disable=options.disable
            )
        ]
    except ValueError as error:
        raise errors.ConfigurationError(str(error)) from None
    failed = sum(finding.severity == "error" for _, finding in found)
    if options.json:
        show(f"{json.dumps([{'file': name, **finding.to_dict()} for name, finding in found], indent=2)}\n")
    elif options.github:
        show("".join(f"{_annotation(name, finding)}\n" for name, finding in found))
    else:
        shown = "".join(f"{printable(described(name, finding))}\n" for name, finding in found)
        counts = f"{_counted(failed, 'error')}, {_counted(len(found) - failed, 'warning')}"
        show(f"{shown}{_counted(len(files), 'script')}: {counts}\n")
    return 1 if failed else 0


def syntax_errors(deluge: Any, file: Source) -> list[Any]:
    """Return the findings that are syntax errors."""
    return [finding for finding in deluge.check(file.text) if finding.rule == "syntax-error"]


def described(name: str, finding: Any) -> str:
    """Return a finding with its file, followed by the line of the script and a mark below the place."""
    _, _, line = str(finding).partition("\n")
    at = f"{name}:{finding.line}:{finding.column}"
    return f"{at}: {finding.severity}: {finding.message} [{finding.rule}]\n{line}"


def _annotation(name: str, finding: Any) -> str:
    """Return a finding as a workflow command of GitHub Actions."""
    places = {
        "file": name,
        "line": finding.line,
        "endLine": finding.end_line,
        "col": finding.column,
        "endColumn": max(finding.column, finding.end_column - 1),
        "title": finding.rule,
    }
    if finding.line != finding.end_line:
        del places["col"], places["endColumn"]  # GitHub takes columns within one line only
    properties = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in places.items())
    return f"::{finding.severity} {properties}::{_escaped(finding.message)}"


def _escaped(text: str, more: str = "") -> str:
    for letter in f"%\r\n{more}":
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def explain(options: argparse.Namespace) -> int:
    """Print the explanation of a rule, or the list of all rules."""
    deluge = language()
    fields = ("name", "severity", "summary", "explanation", "wrong", "right")
    if options.rule is None:
        rules = list(deluge.RULES.values())
    elif options.rule in deluge.RULES:
        rules = [deluge.RULES[options.rule]]
    else:
        raise errors.ConfigurationError(f"there is no rule {options.rule[:40]!r}; zoho-cliq deluge explain lists all")
    if options.json:
        entries = [{field: getattr(rule, field) for field in fields} for rule in rules]
        show(f"{json.dumps(entries if options.rule is None else entries[0], indent=2)}\n")
    elif options.rule is None:
        width = max(len(rule.name) for rule in rules)
        show("".join(f"{rule.name:{width}}  {rule.severity:7}  {rule.summary}\n" for rule in rules))
    else:
        show(f"{deluge.explain(options.rule)}\n")
    return 0
