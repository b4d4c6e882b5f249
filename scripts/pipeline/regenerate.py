"""The command behind scripts/regenerate.

    regenerate                  compose, validate, generate, type-check; write what differs, all or nothing
    regenerate --check          exit 1 when anything committed differs from a fresh run; write nothing
    regenerate --from FILE      import the vendor's document and say whether it differs from openapi/upstream.yaml
    regenerate --every-python   --check once with every Python from 3.11 on that this machine has

Exit codes: 0 the same or written, 1 a difference, 2 refused.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.documents import Json, load
from pipeline.errors import PipelineError
from pipeline.install import recover
from pipeline.normalize import normalize
from pipeline.pythons import every_python
from pipeline.tree import ROOT, Tree, regenerate, upstream_text


def import_vendor(source: Path) -> tuple[Json, tuple[str, ...]]:
    """The vendor's document in normal form, and the repairs that it needed."""
    result = normalize(load(source), str(source))
    return result.document, result.repairs


def main(arguments: list[str] | None = None, tree: Tree | None = None) -> int:
    """The command; gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/regenerate", description="From the vendor's document to everything else."
    )
    parser.add_argument("--from", dest="source", metavar="FILE", help="import the vendor's document and compare it")
    parser.add_argument("--check", action="store_true", help="exit 1 when anything committed differs from a fresh run")
    parser.add_argument("--every-python", action="store_true", help="--check with every Python from 3.11 on")
    options = parser.parse_args(arguments)
    tree = tree or Tree(ROOT)
    try:
        if recover(tree.root):
            print("regenerate: an earlier run was cut short; what it had changed is put back", file=sys.stderr)
        if options.every_python:
            return every_python(tree)
        if options.source:
            document, repairs = import_vendor(Path(options.source))
            for repair in repairs:
                print(f"repaired: {repair}")
            if upstream_text(document) == tree.upstream.read_text("utf-8"):
                print("no change")
                return 0
            print(f"{options.source} differs from {tree.upstream.relative_to(tree.root)}")
            return 1
        found = regenerate(tree, options.check)
    except (PipelineError, OSError) as error:
        print(f"regenerate: {error}", file=sys.stderr)
        return 2
    if not found:
        print("regenerate: everything is as a fresh run makes it")
        return 0
    for line in found:
        print(("differs: " if options.check else "written: ") + line)
    return 1 if options.check else 0


if __name__ == "__main__":
    sys.exit(main())
