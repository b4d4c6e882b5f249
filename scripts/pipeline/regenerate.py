"""The command behind scripts/regenerate.

    regenerate                  compose, validate, generate, type-check; write what differs, all or nothing
    regenerate --check          exit 1 when anything committed differs from a fresh run; write nothing
    regenerate --from FILE      import the vendor's document and say whether it differs from openapi/upstream.yaml
    regenerate --every-python   --check once with every Python from 3.11 on that this machine has

Exit codes: 0 the same or written, 1 a difference, 2 refused.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline import generate
from pipeline.compose import compose
from pipeline.documents import Json, dump_yaml, load
from pipeline.errors import PipelineError
from pipeline.normalize import normalize

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "zoho_cliq_api"
_COMPOSED_HEADER = "Composed from upstream.yaml and overlay.yaml by scripts/regenerate. Do not edit."
_UPSTREAM_HEADER = "The facts of the vendor's document in normal form, imported by scripts/regenerate. Do not edit."


class Tree(NamedTuple):
    """Where a checkout keeps what the pipeline reads and writes."""

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
    def generated(self) -> Path:
        return self.root / "generated" / PACKAGE


def upstream_text(document: Json) -> str:
    """The bytes of upstream.yaml for a document in normal form."""
    return dump_yaml(document, _UPSTREAM_HEADER)


def build(tree: Tree, into: Path) -> Json:
    """A fresh run into the folder `into`: the composed document, which it gives, and the generated package."""
    composed = compose(load(tree.upstream), load(tree.overlay), str(tree.overlay))
    (into / tree.composed.name).write_text(dump_yaml(composed, _COMPOSED_HEADER), "utf-8")
    generate.generate(composed, PACKAGE, into / PACKAGE)
    return composed


def files(folder: Path) -> Iterator[Path]:
    """The files below a folder that belong to it, relative to it; caches do not."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder)


def differences(tree: Tree, fresh: Path) -> list[str]:
    """What in the checkout differs from a fresh run, one line each."""
    found = []
    composed = fresh / tree.composed.name
    if not tree.composed.exists() or not filecmp.cmp(composed, tree.composed, shallow=False):
        found.append(str(tree.composed.relative_to(tree.root)))
    ours, theirs = set(files(tree.generated)), set(files(fresh / PACKAGE))
    for path in sorted(ours | theirs):
        if (
            path not in ours
            or path not in theirs
            or not filecmp.cmp(tree.generated / path, fresh / PACKAGE / path, shallow=False)
        ):
            state = "missing" if path not in ours else "not generated" if path not in theirs else "differs"
            found.append(f"{tree.generated.relative_to(tree.root) / path} ({state})")
    return found


def install(tree: Tree, fresh: Path) -> None:
    """Puts a fresh run in the place of the old one; on any failure the old one stands as before."""
    old = fresh / "old"
    had = tree.generated.exists()
    if had:
        tree.generated.rename(old)
    try:
        (fresh / PACKAGE).rename(tree.generated)
        os.replace(fresh / tree.composed.name, tree.composed)
    except BaseException:
        shutil.rmtree(tree.generated, ignore_errors=True)
        if had:
            old.rename(tree.generated)
        raise


def scratch_in(tree: Tree) -> tempfile.TemporaryDirectory[str]:
    """A scratch folder on the same file system as the target, so that installing is a rename."""
    (tree.root / "build").mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="regenerate-", dir=tree.root / "build")


def regenerate(tree: Tree, check: bool) -> list[str]:
    """Builds afresh and installs (or only compares, with `check`); gives the differences that there were."""
    with scratch_in(tree) as name:
        fresh = Path(name)
        build(tree, fresh)
        generate.type_check(fresh / PACKAGE)
        found = differences(tree, fresh)
        if found and not check:
            install(tree, fresh)
    return found


def import_vendor(source: Path) -> tuple[Json, tuple[str, ...]]:
    """The vendor's document in normal form, and the repairs that it needed."""
    result = normalize(load(source), str(source))
    return result.document, result.repairs


def pythons() -> dict[str, str]:
    """Every Python from 3.11 on that this machine has: version → path."""
    candidates = [f"python3.{minor}" for minor in range(11, 20)] + ["python3"]
    candidates += [str(path) for path in sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"))]
    found: dict[str, str] = {}
    for candidate in candidates:
        path = shutil.which(candidate)
        if path is None:
            continue
        asked = subprocess.run(
            [path, "-c", "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        version = asked.stdout.strip()
        if asked.returncode == 0 and tuple(map(int, version.split("."))) >= (3, 11):
            found.setdefault(version, path)
    return dict(sorted(found.items(), key=lambda item: int(item[0].split(".")[1])))


def every_python(tree: Tree) -> int:
    """Runs --check with each Python, in an environment of its own made from the lock; prints which."""
    failed = 0
    for version, path in pythons().items():
        venv = tree.root / "build" / "pythons" / version
        python = venv / "bin" / "python"
        if not (venv / "ready").exists():
            shutil.rmtree(venv, ignore_errors=True)
            subprocess.run([path, "-m", "venv", str(venv)], check=True)
            lock = str(tree.root / "requirements.lock")
            install = [str(python), "-m", "pip", "--quiet", "install", "--no-deps", "--require-hashes", "-r", lock]
            done = subprocess.run(install, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise PipelineError(
                    f"Python {version}: the lock cannot be installed: {done.stderr.strip().splitlines()[-1]}"
                )
            (venv / "ready").touch()
        environment = {**os.environ, "PYTHONPATH": str(tree.root / "scripts")}
        code = subprocess.run(
            [str(python), "-m", "pipeline.regenerate", "--check"], env=environment, check=False
        ).returncode
        print(f"Python {version}: {'byte-identical' if code == 0 else 'DIFFERS'}", flush=True)
        failed |= code
    return 1 if failed else 0


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
    except (PipelineError, OSError, subprocess.CalledProcessError) as error:
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
