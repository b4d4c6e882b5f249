"""Assemble the pages of the documentation site and build it with MkDocs.

A warning of MkDocs, a page missing from the navigation, or a dead link fails the build; the old site is then kept.
"""

from __future__ import annotations

import io
import logging
import shutil
import tomllib
from pathlib import Path

from mkdocs.commands.build import build as build_site
from mkdocs.config import load_config
from mkdocs.exceptions import MkDocsException
from zoho_cliq.cli import parser as client_command
from zoho_cliq_conformance.cli import parser as conformance_command
from zoho_cliq_mock.__main__ import parser as mock_command
from zoho_cliq_mock.trigger.command import parser as trigger_command

from pipeline.docs import commands, errors, examples, operations
from pipeline.docs.links import dead_links, led
from pipeline.documents import load
from pipeline.errors import PipelineError
from pipeline.install import scratch, swap
from pipeline.tree import Tree

__all__ = ["build"]

STATES = ("menu", "answer", "form", "log", "script")
"""What the pictures of the mock's console show."""
SHOWN = {
    "README.md": "overview.md",
    "wrapper/README.md": "guides/client.md",
    "wrapper/zoho_cliq/webhooks/README.md": "guides/webhooks.md",
    "wrapper/zoho_cliq_deluge/README.md": "guides/deluge.md",
    "contract_tests/zoho_cliq_mock/README.md": "guides/mock.md",
    "contract_tests/zoho_cliq_mock/trigger/README.md": "guides/trigger.md",
    "contract_tests/zoho_cliq_conformance/README.md": "guides/conformance.md",
    "docs/examples/help-desk/README.md": "guides/help-desk.md",
    "openapi/README.md": "guides/regenerate.md",
    "scripts/benchmarks/README.md": "guides/benchmarks.md",
    "scripts/benchmarks/results/thresholds.svg": "guides/thresholds.svg",
    **{f"docs/screenshots/{state}.webp": f"screenshots/{state}.webp" for state in STATES},
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
"""The place in the site of every file of the repository that it shows."""
WRITTEN = {"docs/errors.toml": "reference/errors.md", "openapi/message-actions.yaml": "reference/operations.md"}
"""The pages that are written from a file, to which links to that file lead."""
EXAMPLES = ("docs/examples/help-desk/README.md",)
"""Those whose page shows the files that they link to, too."""


def build(tree: Tree) -> Path:
    """Build the site into ``build/docs`` and return that folder.

    Raise PipelineError for a warning of MkDocs or a dead link.
    """
    target = tree.root / "build" / "docs"
    with scratch(tree.root) as name:
        source, pages = Path(name) / "source", Path(name) / "docs"
        _gather(tree, source)
        _mkdocs(tree, source, pages)
        dead = list(dead_links(pages))
        if dead:
            raise PipelineError(f"the site has {len(dead)} dead links, the first: {dead[0]}")
        swap(pages, target, Path(name) / "old")
    return target


def _gather(tree: Tree, source: Path) -> None:
    """Write the sources of all pages into a folder."""
    shutil.copytree(tree.root / "docs", source, ignore=shutil.ignore_patterns("*.yml", "*.toml", "examples"))
    own = {str(Path("docs", page)): page for page in (str(at.relative_to(source)) for at in source.rglob("*.md"))}
    places = SHOWN | WRITTEN | own
    for readme in EXAMPLES:
        places |= examples.places(readme, SHOWN[readme], tree.root)
    for file, page in (SHOWN | own).items():
        (source / page).parent.mkdir(parents=True, exist_ok=True)
        if file.endswith(".md"):
            text = led((tree.root / file).read_text("utf-8"), file, page, places, tree.root)
            text += examples.sections(file, tree.root) if file in EXAMPLES else ""
            (source / page).write_text(text, "utf-8")
        else:
            shutil.copyfile(tree.root / file, source / page)
    document = load(tree.composed)
    explained = tomllib.loads((tree.root / "docs" / "errors.toml").read_text("utf-8"))
    parsers = [make() for make in (client_command, mock_command, trigger_command, conformance_command)]
    written = {
        "operations": operations.page(document),
        "errors": errors.page(document, explained),
        "commands": commands.page(parsers),
    }
    (source / "reference").mkdir(exist_ok=True)
    for name, text in written.items():
        (source / "reference" / f"{name}.md").write_text(text, "utf-8")


def _mkdocs(tree: Tree, source: Path, pages: Path) -> None:
    """Run MkDocs to build the site."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setLevel(logging.WARNING)
    logging.getLogger("mkdocs").addHandler(handler)
    try:
        config = load_config(
            str(tree.root / "docs" / "mkdocs.yml"), docs_dir=str(source), site_dir=str(pages), strict=True
        )
        build_site(config)
    except MkDocsException as error:
        first = (log.getvalue().splitlines() or [str(error)])[0]
        raise PipelineError(f"MkDocs: {first}") from error
    finally:
        logging.getLogger("mkdocs").removeHandler(handler)
