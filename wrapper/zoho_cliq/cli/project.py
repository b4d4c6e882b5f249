"""What the commands for projects share: the folder, its environment, the client for it, and how they tell mistakes."""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import errors
from .._environment import expanded
from .account import announce, client
from .arguments import Command
from .output import cell, complain, show, tell

if TYPE_CHECKING:
    from ..project import Environment, Progress, Project


def add_folder(sub: argparse.ArgumentParser, about: str = "the project's folder (default: the current one)") -> None:
    """Add the folder and the environment."""
    sub.add_argument("folder", nargs="?", type=Path, default=Path(), metavar="DIR", help=about)
    sub.add_argument("--env", metavar="NAME", help="the environment in cliq.toml (default: its default_environment)")


def add_trust(sub: argparse.ArgumentParser) -> None:
    """Add `--trust-lock`."""
    sub.add_argument(
        "--trust-lock",
        action="store_true",
        help="do not read handlers of actions that have not changed since the lock file was written; a change to the "
        "handler alone is missed",
    )


def add_planning(sub: argparse.ArgumentParser) -> None:
    """Add what decides on a plan."""
    sub.add_argument(
        "--prune", action="store_true", help="delete actions that are in the lock file but have no file any more"
    )
    sub.add_argument("--replace", action="store_true", help="create a new action if the API cannot change the old one")
    add_trust(sub)


def folder_of(options: argparse.Namespace) -> Path:
    """Return the folder that was given."""
    return expanded("folder", options.folder)


def for_projects(run: Command) -> Command:
    """Wrap a command: print mistakes of the folder line by line (exit code 2), and report a busy folder (3)."""

    @functools.wraps(run)
    def wrapped(options: argparse.Namespace) -> int | None:
        from ..project import FolderBusy, ProjectError

        try:
            return run(options)
        except ProjectError as error:
            if options.json:
                tell(json.dumps({"error": "ProjectError", "mistakes": [each.to_dict() for each in error.mistakes]}))
            else:
                for mistake in error.mistakes:
                    tell(f"zoho-cliq: {cell(str(mistake))}")
            return 2
        except FolderBusy as error:
            complain(error, options.json)
            return 3

    return wrapped


def checked_project(folder: Path, environment: str | None) -> Project:
    """Read a folder for `plan` and `apply`. Raise ProjectError with all that `check` calls an error."""
    from ..project import ProjectError, read_checked

    try:
        project, _ = read_checked(folder, environment)
    except ProjectError as error:
        raise ProjectError([each for each in error.mistakes if each.severity == "error"]) from None
    return project


@contextlib.contextmanager
def project_client(options: argparse.Namespace, environment: Environment | None) -> Iterator[Any]:
    """Make the client for an environment. Options have precedence over `cliq.toml`, then environment variables."""
    auth: Any = None
    more: dict[str, Any] = {"on_wait": None if options.quiet or _has_bar(options) else announce}
    if environment is not None:
        auth = environment.auth()
        more["path_parameters"] = environment.path_parameters
        named = environment.base_url or environment.data_center
        if options.base_url is None and options.data_center is None and named:
            more |= {"base_url": environment.base_url, "data_center": environment.data_center}
    with client(options, tables=False, auth=auth, **more) as cliq:
        try:
            yield cliq
        except errors.CliqError as error:
            if environment is not None:  # a server may repeat what it was sent
                error.args = tuple(environment.masked(str(part)) for part in error.args)
            raise


@contextlib.contextmanager
def progress_bar(options: argparse.Namespace) -> Iterator[Callable[[Progress], None] | None]:
    """Show a bar on a terminal that says what waits, for how long, and when all is done.

    Elsewhere, and without the extra `cli`, there is none, and waits are announced line by line.
    """
    if not _has_bar(options):
        yield None
        return
    from .progress import Bar

    with Bar() as bar:
        yield bar.show


def _has_bar(options: argparse.Namespace) -> bool:
    if options.json or options.quiet or sys.stderr is None or not sys.stderr.isatty():
        return False
    return importlib.util.find_spec("rich") is not None


def show_lines(lines: Iterable[str], mask: Callable[[str], str] = str) -> None:
    """Print lines that may hold foreign text, without control characters for the terminal."""
    for line in lines:
        parts = (cell(part) for part in mask(line).split("\t"))
        show("\t".join(parts) + "\n")
