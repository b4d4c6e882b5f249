"""Shared fixtures: the committed documents, copies of the tree, and the vendor's documents if they are available."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from pipeline import regenerate
from pipeline.documents import load
from pipeline.tests.made_clients import cache_clients
from pipeline.tree import ROOT, Tree

TESTS = Path(__file__).resolve().parent
REDOCLY = ROOT / "scripts" / "node" / "node_modules" / ".bin" / "redocly"


@pytest.fixture(scope="session")
def tree() -> Tree:
    """Return the checkout itself. Tests must not change it."""
    return Tree(ROOT)


@pytest.fixture(scope="session")
def composed(tree: Tree) -> Any:
    """Return the committed composed document."""
    return load(tree.composed)


@pytest.fixture(scope="session")
def vendor_shaped() -> Path:
    """Return the path of our own document, which has the structure and the faults of the vendor's."""
    return TESTS / "vendor_shaped.yml"


@pytest.fixture(scope="session")
def vendor(tree: Tree) -> Path:
    """Return the folder of the vendor's documents, which are never committed. Skip the test if it is missing."""
    folder = tree.root.parent / "shared" / "vendor"
    if not folder.is_dir():
        pytest.skip("the vendor's documents are not beside this checkout")
    return folder


@pytest.fixture
def copied(tree: Tree, tmp_path: Path) -> Tree:
    """Return a copy of the files that the pipeline reads and writes; tests may change it."""
    return copy_of(tree, tmp_path / "a tree")


@pytest.fixture(scope="session")
def untouched(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Return one copy for all tests that assert that nothing is written."""
    return copy_of(tree, tmp_path_factory.mktemp("untouched") / "a tree")


def copy_of(tree: Tree, root: Path) -> Tree:
    """Copy the files that the pipeline reads and writes to a folder."""
    shutil.copytree(tree.root / "openapi", root / "openapi")
    shutil.copytree(tree.generated, root / "generated" / tree.generated.name, ignore=shutil.ignore_patterns("__pyc*"))
    for path in (tree.changelog, tree.root / "pyproject.toml", tree.errors, tree.answers):
        (root / tree.name(path)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / tree.name(path))
    return Tree(root)


@pytest.fixture(autouse=True)
def long_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the default deadline for slow machines. Tests of the deadline set their own."""
    monkeypatch.setattr(regenerate, "SECONDS", 250.0)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the clients generated in this session; all workers share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "clients"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def cached_clients(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cache generated and type-checked clients for the session. Tests of either step must not use this."""
    cache_clients(made, monkeypatch)


@pytest.fixture(scope="session")
def redocly() -> Path:
    """Return the path of redocly. If it is missing, skip the test, or fail it in CI."""
    if not REDOCLY.exists():
        if os.environ.get("CI"):
            pytest.fail("redocly is missing: run `npm ci` in scripts/node")
        pytest.skip("redocly is missing: run `npm ci` in scripts/node")
    return REDOCLY
