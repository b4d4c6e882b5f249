"""What the tests share: committed documents, a copied tree to change, the vendor's file where there is one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from pipeline.documents import load
from pipeline.tree import ROOT, Tree

TESTS = Path(__file__).resolve().parent
REDOCLY = ROOT / "scripts" / "node" / "node_modules" / ".bin" / "redocly"


@pytest.fixture(scope="session")
def tree() -> Tree:
    """The checkout itself; tests only read it."""
    return Tree(ROOT)


@pytest.fixture(scope="session")
def composed(tree: Tree) -> Any:
    """The committed composed document."""
    return load(tree.composed)


@pytest.fixture(scope="session")
def vendor_shaped() -> Path:
    """Our own document that has the shape and the faults of the vendor's."""
    return TESTS / "vendor_shaped.yml"


@pytest.fixture(scope="session")
def vendor(tree: Tree) -> Path:
    """The folder of the vendor's real documents, which are never committed; the test is skipped without it."""
    folder = tree.root.parent / "shared" / "vendor"
    if not folder.is_dir():
        pytest.skip("the vendor's documents are not beside this checkout")
    return folder


@pytest.fixture
def copied(tree: Tree, tmp_path: Path) -> Tree:
    """A copy of what the pipeline reads and writes, to change at will."""
    root = tmp_path / "a tree"
    shutil.copytree(tree.root / "openapi", root / "openapi")
    shutil.copytree(tree.generated, root / "generated" / tree.generated.name, ignore=shutil.ignore_patterns("__pyc*"))
    for path in (tree.changelog, tree.root / "pyproject.toml", tree.errors):
        (root / tree.name(path)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / tree.name(path))
    if (tree.root / "build" / "mypy").is_dir():  # only saves time
        shutil.copytree(tree.root / "build" / "mypy", root / "build" / "mypy")
    return Tree(root)


@pytest.fixture(scope="session")
def redocly() -> Path:
    """redocly's command; the test is skipped where it is missing, and fails where CI promises it."""
    if not REDOCLY.exists():
        if os.environ.get("CI"):
            pytest.fail("redocly is missing: run `npm ci` in scripts/node")
        pytest.skip("redocly is missing: run `npm ci` in scripts/node")
    return REDOCLY
