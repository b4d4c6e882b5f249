"""`zoho-cliq schema`: the JSON Schema of a project's files."""

from __future__ import annotations

import argparse

from .arguments import Adder
from .output import show


def add(command: Adder) -> None:
    """Add the command."""
    sub = command("schema", run, "print the JSON Schema of a project's files, for editors", "schema action")
    sub.add_argument("kind", choices=["action", "cliq"], help="of actions/NAME.toml, or of cliq.toml")


def run(options: argparse.Namespace) -> int | None:
    """Print it."""
    from ..project.schemas import action_schema, configuration_schema, schema_text

    show(schema_text(action_schema() if options.kind == "action" else configuration_schema()))
    return None
