"""Set up what benchmarks compare with: pinned packages, and clients that are generated at run time.

Everything is stored under build/benchmarks, and made again when its inputs change. The packages are those of
requirements.lock in this folder; the project's own environment already has the project's dependencies.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BUILD = ROOT / "build" / "benchmarks"
LOCK = HERE / "requirements.lock"
_UPSTREAM = ROOT / "openapi" / "upstream.yaml"
_LOCK_HEADER = "# What the benchmarks need beyond the project's own lock. Written by `scripts/bench lock`.\n"


class SetupError(Exception):
    """A benchmark lacks something; the message says what, and how to get it."""


def made(name: str, parts: Sequence[str], make: Callable[[Path], None]) -> Path:
    """Return the folder `name` under build/benchmarks; call `make` unless it was already made from the same `parts`."""
    folder = BUILD / name
    stamp = folder / ".made-from"
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    if stamp.exists() and stamp.read_text("utf-8") == digest:
        return folder
    BUILD.mkdir(parents=True, exist_ok=True)
    print(f"bench: setting up {name} (once)", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=BUILD) as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        make(fresh)
        (fresh / stamp.name).write_text(digest, "utf-8")
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        fresh.rename(folder)
    return folder


def run(command: Sequence[str | Path], cwd: Path | None = None, environment: dict[str, str] | None = None) -> str:
    """Run a command and return its output. Raise SetupError with the last lines of the output if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(f"{Path(command[0]).name} failed: " + " | ".join(done.stdout.strip().splitlines()[-6:]))
    return done.stdout


def packages() -> Path:
    """Return the folder with the packages of the lock, after adding it to the end of this process's path."""

    def install(folder: Path) -> None:
        options = ("--quiet", "--no-deps", "--require-hashes", "--target", folder)
        run([sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *options, "-r", LOCK])

    folder = made("packages", [LOCK.read_text("utf-8"), sys.version], install)
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return folder


def clients() -> Path:
    """Return the folder with the generated clients, after adding it to this process's path.

    They are `stock_cliq` and, with Java, `generator_cliq`. Both are generated from the vendor's document as the
    pipeline repairs it (openapi/upstream.yaml), without the overlay, changed templates or changed defaults.
    """
    site = packages()
    java = shutil.which("java")
    version = importlib.metadata.version("openapi-python-client")
    parts = [_UPSTREAM.read_text("utf-8"), version, LOCK.read_text("utf-8"), str(bool(java))]
    folder = made("clients", parts, lambda into: _generate(into, site, java))
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return folder


def _generate(into: Path, site: Path, java: str | None) -> None:
    with tempfile.TemporaryDirectory(prefix="generate-") as name:
        scratch = Path(name)
        (scratch / "config.yaml").write_text("package_name_override: stock_cliq\n", "utf-8")
        run(
            [
                *(sys.executable, "-m", "openapi_python_client", "generate", "--path", _UPSTREAM),
                *("--config", scratch / "config.yaml", "--meta", "none", "--output-path", into / "stock_cliq"),
            ],
            cwd=scratch,
            environment={"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        )
        if java is None:
            print("bench: no Java, so openapi-generator's client is left out", file=sys.stderr)
            return
        jar = site / "openapi_generator_cli" / "openapi-generator.jar"
        run(
            [
                *(java, "-jar", jar, "generate", "-g", "python", "-i", _UPSTREAM, "-o", scratch / "out"),
                *("--additional-properties", "packageName=generator_cliq", "--skip-validate-spec"),
            ]
        )
        shutil.copytree(scratch / "out" / "generator_cliq", into / "generator_cliq")


def node() -> Path:
    """Return the folder of the commands that npm installs from package-lock.json. Raise SetupError without Node.js."""
    npm = shutil.which("npm")
    if npm is None:
        raise SetupError("Node.js with npm is needed for this comparison; install it (20 or later)")
    source = HERE / "node"

    def install(folder: Path) -> None:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, folder / name)
        run([npm, "ci", "--prefix", folder, "--no-fund", "--no-audit", "--loglevel=error"])

    lock = (source / "package-lock.json").read_text("utf-8")
    return made("node", [lock, (source / "package.json").read_text("utf-8")], install) / "node_modules" / ".bin"


def write_lock() -> None:
    """Resolve requirements.in within the project's pins, and write the packages that those do not include already."""
    project = ROOT / "requirements.lock"
    with tempfile.TemporaryDirectory(prefix="lock-") as name:
        fresh = Path(name) / "requirements.lock"
        run(
            [
                *(sys.executable, "-m", "uv", "pip", "compile", HERE / "requirements.in", "--constraint", project),
                *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"),
                *("--no-header", "--no-annotate", "--quiet", "--output-file", fresh),
            ]
        )
        LOCK.write_text(_LOCK_HEADER + beyond(fresh.read_text("utf-8"), project.read_text("utf-8")), "utf-8")


def beyond(lock: str, project: str) -> str:
    """Return the entries of `lock` for packages that `project` does not pin, without comments and options."""
    pinned = set(re.findall(r"(?m)^([A-Za-z0-9._-]+)==", project))
    entries = re.findall(r"(?m)^([A-Za-z0-9._-]+)(==.*(?:\n    --hash=.*)*)", lock)
    return "".join(f"{name}{rest}\n" for name, rest in entries if name not in pinned)
