"""Verify that every supported Python generates the same bytes: run `--check` once with each."""

from __future__ import annotations

import os
import subprocess
import tomllib
from pathlib import Path

from pipeline.tree import Tree


def supported(pyproject: Path) -> list[str]:
    """Return the Python versions that the classifiers of a pyproject.toml name, the oldest first."""
    classifiers = tomllib.loads(pyproject.read_text("utf-8"))["project"]["classifiers"]
    versions = [text.rpartition(" ")[2] for text in classifiers if text.startswith("Programming Language :: Python ::")]
    return sorted(versions, key=lambda version: int(version.partition(".")[2]))


def every_python(tree: Tree) -> int:
    """Run --check with each Python in an environment of its own, and print which. Return 0 if all pass, else 1."""
    failed = 0
    for version in supported(tree.root / "pyproject.toml"):
        code = subprocess.run([str(tree.root / "scripts" / "bootstrap"), version], check=False).returncode
        if code == 0:
            python = tree.root / "build" / "pythons" / version / "bin" / "python"
            variables = {**os.environ, "PYTHONPATH": str(tree.root / "scripts")}
            command = [str(python), "-m", "pipeline.regenerate", "--check"]
            code = subprocess.run(command, env=variables, check=False).returncode
            print(f"Python {version}: {'byte-identical' if code == 0 else 'DIFFERS'}", flush=True)
        failed |= code
    return 1 if failed else 0
