"""Prepare a release: set the version, date the changelog, check, test, build. Nothing is committed or published.

If a step fails, every file is restored.
"""

from __future__ import annotations

import argparse
import datetime
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from packaging.version import InvalidVersion, Version

from pipeline.errors import PipelineError
from pipeline.tree import ROOT

_PYPROJECT = "pyproject.toml"
_MODULE = "wrapper/zoho_cliq/_version.py"
_CHANGELOG = "CHANGELOG.md"
_UNRELEASED = "## Unreleased\n"


def checked(version: str, current: str) -> str:
    """Return `version` in its normal form; raise PipelineError unless it is a version above `current`."""
    try:
        wanted = Version(version)
    except InvalidVersion as error:
        raise PipelineError(f"{version!r} is not a version; give one like 1.2.3") from error
    if wanted <= Version(current):
        raise PipelineError(f"{wanted} is not above {current}, the version of {_PYPROJECT}")
    return str(wanted)


def with_version(text: str, pattern: str, version: str, name: str) -> str:
    """Return `text` with its version replaced.

    `pattern` must match exactly once, and its only group is the version.
    """
    found = list(re.finditer(pattern, text, re.M))
    if len(found) != 1:
        raise PipelineError(f"{name}: states its version {len(found)} times, not once")
    return text[: found[0].start(1)] + version + text[found[0].end(1) :]


def dated(changelog: str, version: str, date: datetime.date) -> str:
    """Return the changelog with the unreleased entries under a heading for `version`.

    An empty section of unreleased changes stands above it.
    """
    before, heading, after = changelog.partition(_UNRELEASED)
    if not heading:
        raise PipelineError(f"{_CHANGELOG}: has no heading '## Unreleased'; add one")
    entries = re.split(r"(?m)^## ", after, maxsplit=1)[0]
    if not re.search(r"(?m)^- ", entries):
        raise PipelineError(f"{_CHANGELOG}: nothing is listed under Unreleased; say what users will notice")
    return f"{before}{_UNRELEASED}\n## {version} ({date.isoformat()})\n{after}"


def prepare(root: Path, version: str, date: datetime.date, prove: Callable[[Path], None]) -> list[Path]:
    """Write version and changelog, run `prove`, build, and return the files built in `dist/`.

    Raise PipelineError, with every file restored, if a text does not fit or `prove` or the build fails.
    """
    texts = {name: (root / name).read_text("utf-8") for name in (_PYPROJECT, _MODULE, _CHANGELOG)}
    fresh = {
        _PYPROJECT: with_version(texts[_PYPROJECT], r'^version = "([^"]+)"$', version, _PYPROJECT),
        _MODULE: with_version(texts[_MODULE], r'^__version__ = "([^"]+)"$', version, _MODULE),
        _CHANGELOG: dated(texts[_CHANGELOG], version, date),
    }
    try:
        for name, text in fresh.items():
            (root / name).write_text(text, "utf-8")
        prove(root)
        return _built(root, version)
    except BaseException:
        for name, text in texts.items():
            (root / name).write_text(text, "utf-8")
        raise


def _built(root: Path, version: str) -> list[Path]:
    """Build sdist and wheel in an empty folder, and verify the wheel's metadata."""
    shutil.rmtree(root / "dist", ignore_errors=True)
    _run(root, sys.executable, "-m", "hatchling", "build", "--directory", "dist")
    built = sorted((root / "dist").iterdir())
    wheels = [path for path in built if path.suffix == ".whl"]
    if len(wheels) != 1 or len(built) != 2:
        raise PipelineError(f"dist/: one wheel and one sdist are expected, not {[path.name for path in built]}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        metadata = wheel.read(f"zoho_cliq-{version}.dist-info/METADATA").decode()
        module = wheel.read("zoho_cliq/_version.py").decode()
    if f"\nVersion: {version}\n" not in metadata or f'"{version}"' not in module:
        raise PipelineError(f"{wheels[0].name}: does not say that it is {version}")
    return built


def prove(root: Path) -> None:
    """Run the checks and the fast tests of the checkout."""
    _run(root, str(root / "scripts" / "check"))
    _run(root, str(root / "scripts" / "test"))


def _run(root: Path, *command: str) -> None:
    if subprocess.run(command, cwd=root, check=False).returncode != 0:
        raise PipelineError(f"{Path(command[0]).name} failed (see above); version and changelog are as before")


def _refuse_changes(root: Path) -> None:
    status = ["git", "status", "--porcelain"]
    changes = subprocess.run(status, cwd=root, capture_output=True, text=True, check=False)
    if changes.returncode != 0 or changes.stdout.strip():
        raise PipelineError("the checkout has changes that are not committed; commit them first")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run `release VERSION` and return the exit code."""
    made = argparse.ArgumentParser(prog="scripts/release", description="Prepare a release; publish nothing.")
    made.add_argument("version", metavar="VERSION", help="the new version, as in 1.2.3")
    options = made.parse_args(arguments)
    try:
        current = re.search(r'(?m)^version = "([^"]+)"$', (root / _PYPROJECT).read_text("utf-8"))
        version = checked(options.version, current[1] if current else "0")
        _refuse_changes(root)
        built = prepare(root, version, datetime.date.today(), prove)
    except (PipelineError, OSError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 2
    for path in built:
        print(f"built: {path.relative_to(root)}")
    print(f"next: git commit -am 'Release {version}' && git tag v{version}, then upload dist/ to the package index")
    return 0


if __name__ == "__main__":
    sys.exit(main())
