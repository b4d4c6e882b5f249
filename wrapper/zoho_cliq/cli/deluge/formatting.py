"""`zoho-cliq deluge format`."""

from __future__ import annotations

import argparse
import difflib
import json
from typing import Any

from ... import errors
from ..output import printable, show, tell
from .checking import described, syntax_errors
from .files import Source, language, replace, sources


def lay_out(options: argparse.Namespace) -> int:
    """Format scripts. Return 1 if one is not valid Deluge, or would change while nothing is written."""
    deluge = language()
    if options.json and options.diff:
        raise errors.ConfigurationError(
            "--diff and --json cannot be combined; --json lists the files that would change"
        )
    files = sources(options.files)
    only_looks = options.check or options.diff
    if options.json and not only_looks and any(file.path is None for file in files):
        raise errors.ConfigurationError("--json lists the files that changed; it cannot be used for standard input")
    changed: list[tuple[Source, str]] = []
    wrong: dict[str, list[Any]] = {}
    for file in files:
        try:
            text = deluge.format(file.text)
        except deluge.DelugeSyntaxError:
            wrong[file.name] = syntax_errors(deluge, file)
            continue
        if text != file.text:
            changed.append((file, text))
        if file.path is None and not only_looks:
            show(text)
    if options.diff:
        show("".join(_difference(file, *deluge.hide_secrets(file.text, text)) for file, text in changed))
    for file, text in [] if only_looks else changed:
        if file.path is not None:
            replace(file, text)
            options.changed = True
    _report(options, [file.name for file, _ in changed if file.path is not None or only_looks], wrong)
    return 1 if wrong or (only_looks and changed) else 0


def _report(options: argparse.Namespace, changed: list[str], wrong: dict[str, list[Any]]) -> None:
    if options.json:
        unreadable = {name: [finding.to_dict() for finding in found] for name, found in wrong.items()}
        show(f"{json.dumps({'changed': changed, 'unreadable': unreadable}, indent=2)}\n")
        return
    for name, found in wrong.items():
        for finding in found:
            tell(printable(described(name, finding)))
    if not options.diff:
        word = "would change" if options.check else "changed"
        show("".join(f"{word}: {printable(name)}\n" for name in changed))


def _difference(file: Source, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        f"{file.name} (now)",
        f"{file.name} (formatted)",
    )
    return printable("".join(line if line.endswith("\n") else f"{line}\n" for line in lines))
