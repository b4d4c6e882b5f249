"""What the tests share: committed documents, a copied tree to change, the vendor's file where there is one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from pipeline import generate, regenerate
from pipeline.documents import Json, dump_json, load
from pipeline.tree import ROOT, Tree, files

TESTS = Path(__file__).resolve().parent
REDOCLY = ROOT / "scripts" / "node" / "node_modules" / ".bin" / "redocly"


@pytest.fixture(scope="session")
def tree() -> Tree:
    """Return the checkout itself; tests only read it."""
    return Tree(ROOT)


@pytest.fixture(scope="session")
def composed(tree: Tree) -> Any:
    """Return the committed composed document."""
    return load(tree.composed)


@pytest.fixture(scope="session")
def vendor_shaped() -> Path:
    """Return our own document that has the shape and the faults of the vendor's."""
    return TESTS / "vendor_shaped.yml"


@pytest.fixture(scope="session")
def vendor(tree: Tree) -> Path:
    """Return the folder of the vendor's real documents, which are never committed; the test is skipped without it."""
    folder = tree.root.parent / "shared" / "vendor"
    if not folder.is_dir():
        pytest.skip("the vendor's documents are not beside this checkout")
    return folder


@pytest.fixture
def copied(tree: Tree, tmp_path: Path) -> Tree:
    """Return a copy of what the pipeline reads and writes, to change at will."""
    return copy_of(tree, tmp_path / "a tree")


@pytest.fixture(scope="session")
def untouched(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Return a copy for all tests that prove that nothing is written."""
    return copy_of(tree, tmp_path_factory.mktemp("untouched") / "a tree")


def copy_of(tree: Tree, root: Path) -> Tree:
    """Copy to a folder what the pipeline reads and writes."""
    shutil.copytree(tree.root / "openapi", root / "openapi")
    shutil.copytree(tree.generated, root / "generated" / tree.generated.name, ignore=shutil.ignore_patterns("__pyc*"))
    for path in (tree.changelog, tree.root / "pyproject.toml", tree.errors, tree.answers):
        (root / tree.name(path)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / tree.name(path))
    return Tree(root)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine take its time: the tests of the deadline state one."""
    monkeypatch.setattr(regenerate, "SECONDS", 250.0)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the clients that were made in this session, shared by its workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "clients"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def made_once(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Generate and type-check the client of a document once in this session: making it takes seconds.

    A test of how a client is generated or checked must not use this. Two workers may make the same client at once; the
    first to be done keeps it.
    """
    make, check = generate.generate, generate.type_check

    def generated(document: Json, package: str, into: Path) -> None:
        kept = made / hashlib.sha256(f"{package}\n{dump_json(document)}".encode()).hexdigest()
        if not kept.exists():
            make(document, package, into)
            with tempfile.TemporaryDirectory(dir=made) as name, contextlib.suppress(OSError):
                shutil.copytree(into, Path(name) / "client")
                (Path(name) / "client").rename(kept)
        else:
            shutil.copytree(kept, into)

    def checked(package: Path, cache: Path) -> None:
        digest = hashlib.sha256(package.name.encode())
        for path in files(package):
            digest.update(b"\n%s\n" % str(path).encode())
            digest.update((package / path).read_bytes())
        passed = made / f"{digest.hexdigest()}.passed"
        if not passed.exists():
            check(package, ROOT / "build" / "mypy")  # a copied tree's own cache would be empty
            passed.touch()

    monkeypatch.setattr(generate, "generate", generated)
    monkeypatch.setattr(generate, "type_check", checked)


@pytest.fixture(scope="session")
def redocly() -> Path:
    """redocly's command; the test is skipped where it is missing, and fails where CI promises it."""
    if not REDOCLY.exists():
        if os.environ.get("CI"):
            pytest.fail("redocly is missing: run `npm ci` in scripts/node")
        pytest.skip("redocly is missing: run `npm ci` in scripts/node")
    return REDOCLY
