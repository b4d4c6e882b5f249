"""Accept a new document: write snapshot, overlay, composed document, client, provenance and changelog, all or none.

Afterwards the tests that the change affects are run. A failing test does not undo the acceptance; it shows what is left
to do.
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from pipeline.bounds import SECONDS, deadline
from pipeline.derived import derive
from pipeline.errors import PipelineError
from pipeline.fetch import Source
from pipeline.install import install, scratch
from pipeline.report import groups, verdict
from pipeline.review import Review
from pipeline.tree import Tree, build, differences, moves, upstream_text

_PROVENANCE = """\
# Where the facts in upstream.yaml come from. Written by scripts/regenerate when a document is accepted.
source = "the vendor's published OpenAPI document for Zoho Cliq message actions"
document = {name}
date = {date}
sha256 = "{sha256}"
"""
_UNRELEASED = "## Unreleased\n"


class Accepted(NamedTuple):
    """The names of the written files, and a line for each file that could not be renewed."""

    written: list[str]
    failed: list[str]


def provenance(source: Source, date: datetime.date) -> str:
    """Return the text of provenance.toml."""
    name = '"' + re.sub(r'[\\"\x00-\x1f\x7f]', "", source.origin) + '"'
    return _PROVENANCE.format(name=name, date=date.isoformat(), sha256=source.sha256)


def accept(tree: Tree, review: Review, version: str, date: datetime.date, seconds: float = SECONDS) -> Accepted:
    """Write a reviewed document and everything made from it to the checkout.

    Args:
        tree: the checkout.
        review: the reviewed document.
        version: the current version, for the changelog.
        date: the date for provenance.toml.
        seconds: the time limit for generating the client.

    Raise PipelineError, and write nothing, if the review refused the document or its results are not sound.
    """
    if review.refusal is not None:
        raise PipelineError(review.refusal)
    with scratch(tree.root) as name:
        fresh = Path(name)
        (fresh / "provenance.toml").write_text(provenance(review.source, date), "utf-8")
        todo = {tree.provenance: fresh / "provenance.toml"}
        written = [tree.name(tree.provenance)]
        failed: list[str] = []
        if review.composed is not None:
            with deadline(seconds, review.source.name):
                build(tree, review.composed, fresh)
            (fresh / "upstream.yaml").write_text(upstream_text(review.upstream), "utf-8")
            (fresh / "overlay.yaml").write_text(review.overlay_text, "utf-8")
            changelog = tree.changelog.read_text("utf-8")
            changed = changelog if review.same else entry(changelog, review, version)
            (fresh / "CHANGELOG.md").write_text(changed, "utf-8")
            todo |= moves(tree, fresh) | {
                tree.upstream: fresh / "upstream.yaml",
                tree.overlay: fresh / "overlay.yaml",
                tree.changelog: fresh / "CHANGELOG.md",
            }
            written += [tree.name(tree.upstream), *differences(tree, fresh)]
            if changed != changelog:
                written.append(tree.name(tree.changelog))
            if review.overlay_text != tree.overlay.read_text("utf-8"):
                written.append(tree.name(tree.overlay))
            if not review.same:
                made, failed = derive(tree, fresh)
                todo |= made
                written += map(tree.name, made)
        install(tree.root, todo)
    return Accepted(sorted(written), failed)


def entry(changelog: str, review: Review, version: str) -> str:
    """Return the changelog with an entry for the change under Unreleased.

    Raise PipelineError if the changelog has no such heading.
    """
    if _UNRELEASED not in changelog:
        raise PipelineError("CHANGELOG.md: has no heading '## Unreleased'; add one")
    lines = ["### Vendor's document", "", f"{verdict(review, version)[:1].upper()}{verdict(review, version)[1:]}.", ""]
    for heading, members in groups(review, (*review.changes, *review.unseen)):
        operation = heading.partition(" (")[0]
        lines += [f"- `{operation}`: {change.text} ({change.rating})." for change in members]
    before, _, after = changelog.partition(_UNRELEASED)
    return f"{before}{_UNRELEASED}\n" + "\n".join(lines) + "\n" + after


def touched_tests(tree: Tree, review: Review) -> list[str]:
    """Return the test files that the change can affect.

    These are the files that name what changed, and those that read the contract or the document.
    """
    changed = {change.place for change in (*review.changes, *review.unseen)} & review.names.keys()
    words = {"zoho_cliq_api", "message-actions.yaml", *(review.names[place] for place in changed)}
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words)))
    folders = ("scripts/pipeline/tests", "wrapper/tests", "contract_tests/tests")
    found = [path for folder in folders for path in sorted((tree.root / folder).rglob("test_*.py"))]
    return [tree.name(path) for path in found if pattern.search(path.read_text("utf-8"))]


def run_tests(tree: Tree, review: Review) -> int:
    """Run the affected tests in the checkout. Return 0 if all pass."""
    names = touched_tests(tree, review)
    if not names:
        return 0
    print(f"regenerate: running {len(names)} test files that the change touches", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not heavy", "--numprocesses", "2", *names]
    return subprocess.run(command, cwd=tree.root, check=False).returncode
