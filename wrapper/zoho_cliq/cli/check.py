"""`zoho-cliq check`: everything about a folder that can be known offline."""

from __future__ import annotations

import argparse
import json

from .arguments import Adder
from .output import cell, show
from .project import add_folder, folder_of, for_projects


def add(command: Adder) -> None:
    """Add the command."""
    about = "check a folder offline, for every environment unless --env names one"
    add_folder(command("check", run, about, "check", "check ~/our-actions --json"))


@for_projects
def run(options: argparse.Namespace) -> int | None:
    """Check."""
    from ..project import check

    found = check(folder_of(options), options.env)
    wrong = any(mistake.severity == "error" for mistake in found)
    if options.json:
        show(f"{json.dumps([mistake.to_dict() for mistake in found], indent=2)}\n")
    else:
        for mistake in found:
            show(f"{cell(str(mistake))}{' (warning)' if mistake.severity == 'warning' else ''}\n")
        if not (found or options.quiet):
            show("No mistakes found.\n")
    return 2 if wrong else 0
