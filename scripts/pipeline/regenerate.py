"""The command behind scripts/regenerate.

    regenerate                            compose, validate, generate, type-check; write what differs, all or nothing
    regenerate --check                    exit 1 if anything committed differs from a fresh run; write nothing
    regenerate --every-python             --check once with every Python from 3.11 on that this machine has
    regenerate --from FILE|URL            report what the vendor's document would change; write nothing
    regenerate --from FILE|URL --accept   write all that follows from it, together or not at all, and run the tests
    regenerate --from FILE|URL --package NAME --into DIR
                                          a client with contract.py for any other document of the vendor's

With --from, the work on the document may take 25 seconds (`--max-seconds N`) and each process 900 MB of memory.

Exit codes: 0 the same, written or accepted; 1 a difference, a change, or a failing test; 2 refused.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys

from pipeline.accept import accept, run_tests
from pipeline.bounds import MEMORY, SECONDS, deadline, limit_memory
from pipeline.checklist import checklist, lines
from pipeline.errors import PipelineError
from pipeline.fetch import fetch, shown_name
from pipeline.fit import unfit
from pipeline.install import recover
from pipeline.pythons import every_python
from pipeline.report import FORMATS, render
from pipeline.review import review
from pipeline.sibling import make
from pipeline.tree import ROOT, Tree, regenerate


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    made = argparse.ArgumentParser(
        prog="scripts/regenerate",
        description="Regenerate everything that is made from the vendor's OpenAPI document.",
        epilog="Exit codes: 0 the same, written or accepted; 1 a difference, a change, or a failing test; 2 refused.",
        allow_abbrev=False,
    )
    made.add_argument(
        "--from", dest="source", metavar="FILE|URL", help="report what the vendor's document would change"
    )
    made.add_argument("--accept", action="store_true", help="write everything that is made from it, and run the tests")
    made.add_argument("--no-tests", action="store_true", help="with --accept: do not run the tests")
    made.add_argument("--format", choices=FORMATS, default="text", help="format of the report (default: text)")
    made.add_argument("--verbose", action="store_true", help="with --from: list what was repaired while importing")
    made.add_argument("--package", metavar="NAME", help="generate a package of this name from another document")
    made.add_argument("--into", metavar="DIR", help="with --package: the folder to put the package into")
    made.add_argument(
        "--max-seconds",
        type=_seconds,
        default=SECONDS,
        metavar="N",
        help="with --from: time limit in seconds for the work on the document (default: %(default)g)",
    )
    made.add_argument("--check", action="store_true", help="exit 1 if anything committed differs from a fresh run")
    made.add_argument("--every-python", action="store_true", help="--check with every supported Python")
    return made


def _seconds(text: str) -> float:
    """Return a number of seconds between 0.1 and a day."""
    if not 0.1 <= (seconds := float(text)) <= 86_400:
        raise ValueError
    return seconds


def main(arguments: list[str] | None = None, tree: Tree | None = None, today: datetime.date | None = None) -> int:
    """Run the command and return the exit code. `today` is the date for provenance.toml."""
    tree = tree or Tree(ROOT)
    options = _options(arguments)
    try:
        if recover(tree.root):
            print("regenerate: an earlier run was interrupted; its changes have been undone", file=sys.stderr)
        if options.every_python:
            return every_python(tree)
        if options.package:
            with deadline(options.max_seconds, shown_name(options.source)):
                return make(fetch(options.source), options.package, options.into)
        if options.source:
            return _review(tree, options, today or datetime.date.today())
        return _regenerate(tree, options.check)
    except PipelineError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
    except RecursionError:
        return _refuse(f"{_document(options)}: schemas refer to each other in too long a chain; shorten it")
    except MemoryError:
        return _refuse(f"{_document(options)}: needs more than {MEMORY // 1_000_000} MB of memory; make it smaller")
    except KeyboardInterrupt:
        print("regenerate: interrupted; no file is partly written", file=sys.stderr)
        return 130


def _refuse(reason: str) -> int:
    print(f"regenerate: {' '.join(reason.split())}", file=sys.stderr)
    return 2


def _document(options: argparse.Namespace) -> str:
    return shown_name(options.source) if options.source else "openapi/message-actions.yaml"


def _options(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options. Exit with 2 if they cannot be combined."""
    made = parser()
    options = made.parse_args(arguments)
    if (options.package is None) != (options.into is None):
        made.error("--package NAME and --into DIR must be given together")
    for name in ("accept", "package"):
        if getattr(options, name) and not options.source:
            made.error(f"--{name} needs --from FILE|URL")
    if options.accept and options.package:
        made.error("--accept is for this checkout's own document, --package for another one")
    if options.source and (options.check or options.every_python):
        made.error("--check and --every-python compare the checkout with itself; leave out --from")
    return options


def _regenerate(tree: Tree, check: bool) -> int:
    found = regenerate(tree, check)
    if not found:
        print("regenerate: everything is up to date")
        return 0
    for line in found:
        print(("differs: " if check else "written: ") + line)
    return 1 if check else 0


def _review(tree: Tree, options: argparse.Namespace, today: datetime.date) -> int:
    with deadline(options.max_seconds, shown_name(options.source)):
        found = review(tree, fetch(options.source))
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    if found.same and not found.overlay and options.format == "text":
        print("no change")
    else:
        print(render(found, tree.version, options.format, colour, options.verbose), end="", flush=True)
    if found.refusal is not None:
        raise PipelineError(found.refusal)
    if not options.accept:
        return 0 if found.same else 1
    accepted = accept(tree, found, tree.version, today, options.max_seconds)
    for name in accepted.written:
        print(f"written: {name}", file=sys.stderr)
    broken = [] if found.same else [*unfit(tree), *accepted.failed]
    failed = bool(broken) or (not (options.no_tests or found.same) and run_tests(tree, found) != 0)
    if not found.same:
        listed = "\n".join(lines(checklist(tree, found, broken)))
        print(listed, file=sys.stderr if options.format == "json" else sys.stdout)
    return 1 if failed else 0


if __name__ == "__main__":
    limit_memory()
    sys.exit(main())
