"""`zoho-cliq plan`: what would make the account equal to the folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from .._environment import expanded
from .._secrecy import masked
from .arguments import Adder
from .output import show
from .project import (
    add_folder,
    add_planning,
    checked_project,
    folder_of,
    for_projects,
    progress_bar,
    project_client,
    show_lines,
)


def add(command: Adder) -> None:
    """Add the command."""
    sub = command(
        "plan",
        run,
        "show the changes that apply would make; changes nothing",
        "plan",
        "plan ~/our-actions --env production --check",
        "plan --out plan.json",
    )
    add_folder(sub)
    add_planning(sub)
    sub.add_argument("--check", action="store_true", help="exit with 1 if there is a difference")
    sub.add_argument(
        "--out", type=Path, metavar="FILE", help="write the plan, secrets included, to a file for apply FILE"
    )


@for_projects
def run(options: argparse.Namespace) -> int | None:
    """Plan."""
    from ..project import keep, plan

    project = checked_project(folder_of(options), options.env)
    with project_client(options, project.environment) as cliq, progress_bar(options) as bar:
        found = plan(
            cliq,
            project,
            prune=options.prune,
            replace=options.replace,
            trust_lock=options.trust_lock,
            on_progress=bar,
        )
    if options.out is not None:
        keep(found, project.root, expanded("out", options.out))
    if options.json:
        show(f"{json.dumps(masked(found.to_dict(), project.environment.masked), indent=2)}\n")
    else:
        show_lines(found.lines(), project.environment.masked)
    return 1 if options.check and not found.empty else 0
