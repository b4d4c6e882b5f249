"""`zoho-cliq drift`: what changed in the account since the last apply or pull."""

from __future__ import annotations

import argparse
import dataclasses
import json

from .._secrecy import masked
from .arguments import Adder
from .output import show
from .project import (
    add_folder,
    add_trust,
    folder_of,
    for_projects,
    progress_bar,
    project_client,
    show_lines,
)


def add(command: Adder) -> None:
    """Add the command."""
    sub = command(
        "drift",
        run,
        "show what has changed in the account since the last apply or pull; exit with 1 if anything has",
        "drift",
        "drift ~/our-actions --env production --trust-lock",
    )
    add_folder(sub)
    add_trust(sub)


@for_projects
def run(options: argparse.Namespace) -> int | None:
    """Look for drift."""
    from ..project import drift, read

    project = read(folder_of(options), options.env)
    with project_client(options, project.environment) as cliq, progress_bar(options) as bar:
        found = drift(cliq, project, trust_lock=options.trust_lock, on_progress=bar)
    if options.json:
        show(f"{json.dumps(masked(dataclasses.asdict(found), project.environment.masked), indent=2)}\n")
    else:
        lines = [str(change) for change in found.changes]
        lines += [f"not managed: {name} ({identifier})" for identifier, name in found.unmanaged]
        if found.trusted:
            lines.append(f"Not read: {found.trusted} handlers; a change made in Cliq would be missed.")
        show_lines(lines or ["No drift: nothing has changed since the last apply or pull."], project.environment.masked)
    return 1 if found.changes else 0
