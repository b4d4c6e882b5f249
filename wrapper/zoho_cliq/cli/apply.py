"""`zoho-cliq apply`: make the account equal to the folder, or carry out a plan that was kept."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from .. import errors
from .._secrecy import masked
from .arguments import Adder, add_dry_run
from .input import asked, may_ask
from .output import cell, show, tell
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

if TYPE_CHECKING:
    from pathlib import Path

    from ..project import Applied, Environment, Plan


def add(command: Adder) -> None:
    """Add the command."""
    sub = command(
        "apply",
        run,
        "make the account equal to the folder; shows the plan and asks first",
        "apply",
        "apply ~/our-actions --env production --yes",
        "apply plan.json --yes",
    )
    add_folder(sub, "the project's folder (default: the current one), or a plan that plan --out wrote")
    add_planning(sub)
    sub.add_argument("--yes", action="store_true", help="do not ask; required without a terminal")
    add_dry_run(sub, "read the account and show the plan; change nothing")


@for_projects
def run(options: argparse.Namespace) -> int | None:
    """Apply."""
    if not (options.yes or options.dry_run or may_ask()):
        raise errors.ConfigurationError("apply asks before it changes anything; without a terminal give --yes")
    given = folder_of(options)
    return _kept(options, given) if given.is_file() else _planned(options, given)


def _planned(options: argparse.Namespace, folder: Path) -> int:
    from ..project import plan

    project = checked_project(folder, options.env)
    with project_client(options, project.environment) as cliq:
        with progress_bar(options) as bar:
            found = plan(
                cliq,
                project,
                prune=options.prune,
                replace=options.replace,
                trust_lock=options.trust_lock,
                on_progress=bar,
            )
        return _carried_out(options, found, project.root, project.environment, cliq, kept=False)


def _kept(options: argparse.Namespace, path: Path) -> int:
    from ..project import kept_plan
    from ..project.configuration import read_configuration

    if options.prune or options.replace or options.trust_lock or options.env:
        raise errors.ConfigurationError(
            "a stored plan is applied as it is; leave out --env, --prune, --replace and --trust-lock"
        )
    found, root = kept_plan(path)
    environment = read_configuration(root).environment(found.environment)
    with project_client(options, environment) as cliq:
        return _carried_out(options, found, root, environment, cliq, kept=True)


def _carried_out(
    options: argparse.Namespace, found: Plan, root: Path, environment: Environment, cliq: Any, *, kept: bool
) -> int:
    from ..project import Incomplete, apply

    asks = bool(found.steps) and not (options.yes or options.dry_run)
    if not options.json and (asks or not options.quiet or options.dry_run):
        show_lines(["This plan has no steps."] if kept and found.empty else found.lines(), environment.masked)
    if options.dry_run:
        _told(options, found, environment, None, [])
        return 0
    if asks:
        question = f"Apply these {len(found.steps)} steps to {cell(found.environment)}? [y/N]"
        if asked(question, secret=False).lower() not in ("y", "yes"):
            raise errors.CliqError("not applied; nothing was changed")
    blocked: list[str] = []
    with progress_bar(options) as bar:
        try:
            done = apply(cliq, root, found, recheck=kept or asks, recheck_handlers=kept, on_progress=bar)
        except Incomplete as error:
            done, blocked = error.applied, list(error.blocked)
    _told(options, found, environment, done, blocked)
    return 1 if blocked else 0


def _told(
    options: argparse.Namespace, found: Plan, environment: Environment, done: Applied | None, blocked: list[str]
) -> None:
    """Tell what was done; None is nothing, in a dry run."""
    if options.json:
        report = {
            "plan": masked(found.to_dict(), environment.masked),
            "dry_run": done is None,
            "steps_done": 0 if done is None else done.steps,
            "changed_meanwhile": [] if done is None else list(done.changed_meanwhile),
            "blocked": [environment.masked(line) for line in blocked],
        }
        show(f"{json.dumps(report, indent=2)}\n")
        return
    if done is None:
        if not options.quiet:
            tell("zoho-cliq: dry run: nothing was changed")
        return
    if done.steps and not options.quiet:
        show(f"Done: {done.steps} step{'s' if done.steps > 1 else ''}.\n")
    for line in done.changed_meanwhile:
        tell(f"zoho-cliq: changed in the account meanwhile by somebody else: {cell(environment.masked(line))}")
    for line in blocked:
        tell(f"zoho-cliq: {cell(environment.masked(line))}")
