"""Proof that every Python generates the same bytes: `--check` once with each that this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.tree import Tree


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
    """Runs --check with each Python, in an environment of its own made from the lock; prints which; 0 or 1."""
    failed = 0
    for version, path in pythons().items():
        python = _environment(tree, version, path)
        variables = {**os.environ, "PYTHONPATH": str(tree.root / "scripts")}
        command = [str(python), "-m", "pipeline.regenerate", "--check"]
        code = subprocess.run(command, env=variables, check=False).returncode
        print(f"Python {version}: {'byte-identical' if code == 0 else 'DIFFERS'}", flush=True)
        failed |= code
    return 1 if failed else 0


def _environment(tree: Tree, version: str, path: str) -> Path:
    """The Python of an environment with what the lock pins, made once per lock."""
    venv = tree.root / "build" / "pythons" / version
    python = venv / "bin" / "python"
    lock = (tree.root / "requirements.lock").read_text("utf-8")
    ready = venv / "requirements.lock"
    if ready.exists() and ready.read_text("utf-8") == lock:
        return python
    shutil.rmtree(venv, ignore_errors=True)
    install = ["--quiet", "install", "--no-deps", "--require-hashes", "-r", str(tree.root / "requirements.lock")]
    for command in ([path, "-m", "venv", str(venv)], [str(python), "-m", "pip", *install]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
            raise PipelineError(f"Python {version}: its environment cannot be made from the lock: {last}")
    ready.write_text(lock, "utf-8")
    return python
