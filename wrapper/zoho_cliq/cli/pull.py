"""`zoho-cliq pull`: write the account into a folder."""

from __future__ import annotations

import argparse
import json

from .._extras import unavailable
from .arguments import Adder
from .output import cell, show, tell
from .project import add_folder, add_trust, folder_of, for_projects, progress_bar, project_client


def add(command: Adder) -> None:
    """Add the command."""
    about = "write the account's actions into a folder; other files in it stay"
    sub = command("pull", run, about, "pull ~/our-actions", "pull --env production --overwrite")
    add_folder(sub)
    sub.add_argument("--overwrite", action="store_true", help="replace local changes by the account's values")
    add_trust(sub)


@for_projects
def run(options: argparse.Namespace) -> int | None:
    """Pull."""
    try:
        import tomlkit  # noqa: F401
    except ImportError as error:
        raise unavailable("pull needs", "tomlkit", "cli", error) from error
    from ..project import pull
    from ..project.configuration import FILE, read_configuration

    folder = folder_of(options)
    environment = None
    if (folder / FILE).exists():
        environment = read_configuration(folder).environment(options.env)
    elif options.env not in (None, "default"):
        environment = read_configuration(folder).environment(options.env)  # says that there is no cliq.toml
    with project_client(options, environment) as cliq, progress_bar(options) as bar:
        done = pull(
            cliq,
            folder,
            environment.name if environment else None,
            overwrite=options.overwrite,
            trust_lock=options.trust_lock,
            on_progress=bar,
        )
    options.changed = bool(done.written)
    mask = environment.masked if environment else str
    if options.json:
        show(f"{json.dumps({'written': done.written, 'left': [mask(line) for line in done.left]}, indent=2)}\n")
        return None
    for name in () if options.quiet else done.written:
        show(f"wrote  {cell(name)}\n")
    for line in done.left:
        tell(f"left   {cell(mask(line))}")
    if not (done.written or options.quiet):
        show("Nothing to write: the folder is up to date.\n" if not done.left else "Nothing was written.\n")
    return None
