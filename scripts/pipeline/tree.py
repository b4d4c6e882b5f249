"""The paths of a checkout that the pipeline reads and writes, and comparing them with a fresh run."""

from __future__ import annotations

import filecmp
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline import answers, error_classes, generate
from pipeline.compose import compose
from pipeline.documents import Json, dump_yaml, load
from pipeline.install import install, scratch

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "zoho_cliq_api"
_COMPOSED_HEADER = "Composed from upstream.yaml and overlay.yaml by scripts/regenerate. Do not edit."
_UPSTREAM_HEADER = "The facts of the vendor's document in normal form, imported by scripts/regenerate. Do not edit."


class Tree(NamedTuple):
    """A checkout, by its root."""

    root: Path

    @property
    def upstream(self) -> Path:
        return self.root / "openapi" / "upstream.yaml"

    @property
    def overlay(self) -> Path:
        return self.root / "openapi" / "overlay.yaml"

    @property
    def composed(self) -> Path:
        return self.root / "openapi" / "message-actions.yaml"

    @property
    def provenance(self) -> Path:
        return self.root / "openapi" / "provenance.toml"

    @property
    def changelog(self) -> Path:
        return self.root / "CHANGELOG.md"

    @property
    def generated(self) -> Path:
        return self.root / "generated" / PACKAGE

    @property
    def errors(self) -> Path:
        """The module of the client's exceptions, whose marked part is generated."""
        return self.root / "wrapper" / "zoho_cliq" / "errors.py"

    @property
    def answers(self) -> Path:
        """The schemas of answers, used by the script checker."""
        return self.root / "wrapper" / "zoho_cliq_deluge" / "_checker" / "answers.json"

    @property
    def version(self) -> str:
        """The version that pyproject.toml states."""
        project = tomllib.loads((self.root / "pyproject.toml").read_text("utf-8"))["project"]
        return str(project["version"])

    def name(self, path: Path) -> str:
        """Return a path relative to the checkout."""
        return str(path.relative_to(self.root))


def upstream_text(document: Json) -> str:
    """Return the text of upstream.yaml for a document in normal form."""
    return dump_yaml(document, _UPSTREAM_HEADER)


def composed_text(document: Json) -> str:
    """Return the text of message-actions.yaml for a composed document."""
    return dump_yaml(document, _COMPOSED_HEADER)


def build(tree: Tree, composed: Json, into: Path) -> None:
    """Write everything that is made from a composed document into the folder `into`.

    That is the document, the client's exceptions, the schemas of answers, and the type-checked package.
    """
    (into / tree.composed.name).write_text(composed_text(composed), "utf-8")
    exceptions = error_classes.replaced(tree.errors.read_text("utf-8"), composed, tree.name(tree.errors))
    (into / tree.errors.name).write_text(exceptions, "utf-8")
    (into / tree.answers.name).write_text(answers.emit(composed), "utf-8")
    generate.generate(composed, PACKAGE, into / PACKAGE)
    generate.type_check(into / PACKAGE, tree.root / "build" / "mypy")


def regenerate(tree: Tree, check: bool) -> list[str]:
    """Build everything afresh and install it, or only compare it if `check` is true. Return the differences found.

    Raise PipelineError before anything is written if the overlay, the document or the generated code is not sound.
    """
    with scratch(tree.root) as name:
        fresh = Path(name)
        build(
            tree,
            compose(load(tree.upstream), load(tree.overlay), tree.name(tree.overlay)),
            fresh,
        )
        found = differences(tree, fresh)
        if found and not check:
            install(tree.root, moves(tree, fresh))
    return found


def moves(tree: Tree, fresh: Path) -> dict[Path, Path]:
    """Return the moves with which `install` puts a fresh run in place."""
    return {tree.generated: fresh / PACKAGE, **{target: fresh / target.name for target in _single(tree)}}


def _single(tree: Tree) -> tuple[Path, ...]:
    """Return the single files that a run writes."""
    return tree.composed, tree.errors, tree.answers


def files(folder: Path) -> Iterator[Path]:
    """Yield the relative paths of a folder's files, without caches."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder)


def differences(tree: Tree, fresh: Path) -> list[str]:
    """Return one line for each difference between the checkout and a fresh run."""
    found = [
        tree.name(target)
        for target in _single(tree)
        if not target.exists() or not filecmp.cmp(fresh / target.name, target, shallow=False)
    ]
    ours, theirs = set(files(tree.generated)), set(files(fresh / PACKAGE))
    for path in sorted(ours | theirs):
        if path not in ours:
            state = "missing"
        elif path not in theirs:
            state = "not generated"
        elif not filecmp.cmp(tree.generated / path, fresh / PACKAGE / path, shallow=False):
            state = "differs"
        else:
            continue
        found.append(f"{tree.name(tree.generated / path)} ({state})")
    return found
