"""Write requirements.lock with uv, and check without a network that it matches pyproject.toml.

The lock pins versions and hashes, and names no package index and no host.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipeline.errors import PipelineError

ROOT = Path(__file__).resolve().parents[2]
_HEADER = (
    "# Pins for every extra and the dev group, with hashes. Written by scripts/lock.\n# pyproject.toml: {digest}\n"
)


def requirements(pyproject: dict[str, object]) -> list[str]:
    """Return every requirement that pyproject.toml states, sorted."""
    project = pyproject["project"]
    assert isinstance(project, dict)
    found = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        found += extra
    groups = pyproject["dependency-groups"]
    assert isinstance(groups, dict)
    for group in groups.values():
        found += [entry for entry in group if isinstance(entry, str)]
    return sorted(entry for entry in found if Requirement(entry).name != project["name"])  # an extra may name others


def digest(pyproject: dict[str, object]) -> str:
    """Return the digest that the lock stores to show which requirements it was made for."""
    project = pyproject["project"]
    assert isinstance(project, dict)
    stated = [project["requires-python"], *requirements(pyproject)]
    return "sha256:" + hashlib.sha256(json.dumps(stated).encode()).hexdigest()


def check(pyproject: dict[str, object], lock: str) -> None:
    """Raise PipelineError if the lock was made for other requirements, lacks one of them, or names a host."""
    if _HEADER.format(digest=digest(pyproject)) not in lock:
        raise PipelineError("requirements.lock does not match pyproject.toml; run scripts/lock")
    if re.search(r"(?i)https?://|--(extra-)?index-url|--find-links", lock):
        raise PipelineError("requirements.lock names an index or a host; run scripts/lock")
    pins = {
        canonicalize_name(name): version for name, version in re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;]+)", lock)
    }
    for text in requirements(pyproject):
        requirement = Requirement(text)
        pinned = pins.get(canonicalize_name(requirement.name))
        if pinned is None:
            raise PipelineError(f"requirements.lock does not pin {requirement.name}; run scripts/lock")
        if not requirement.specifier.contains(pinned, prereleases=True):
            raise PipelineError(
                f"requirements.lock pins {requirement.name} {pinned}, which {text} does not allow; run scripts/lock"
            )


def write(pyproject: dict[str, object], path: Path, upgrade: bool) -> None:
    """Resolve the requirements and write the lock.

    Args:
        pyproject: the contents of pyproject.toml.
        path: the lock.
        upgrade: whether to ignore the pins of the existing lock. Otherwise those that still fit are kept.
    """
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "requirements.lock"
        if path.exists() and not upgrade:
            fresh.write_text(path.read_text("utf-8"), "utf-8")
        environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
        done = subprocess.run(
            [
                *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--all-extras", "--group", "dev"),
                *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-header"),
                *("--no-annotate", "--quiet", "--output-file", str(fresh), *(["--upgrade"] if upgrade else [])),
            ],
            cwd=path.parent,
            env=environment,
            check=False,
        )
        if done.returncode != 0:
            raise PipelineError("uv could not resolve the requirements (see above)")
        pins = re.sub(r"(?m)^(#|--).*\n", "", fresh.read_text("utf-8"))
        path.write_text(_HEADER.format(digest=digest(pyproject)) + pins, "utf-8")


def main(arguments: list[str]) -> int:
    """Run `lock [--check | --upgrade]` and return the exit code."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    path = ROOT / "requirements.lock"
    try:
        if "--check" not in arguments:
            write(pyproject, path, "--upgrade" in arguments)
        check(pyproject, path.read_text("utf-8"))
    except (PipelineError, OSError) as error:
        print(f"lock: {error}", file=sys.stderr)
        return 1
    print("lock: requirements.lock matches pyproject.toml")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
