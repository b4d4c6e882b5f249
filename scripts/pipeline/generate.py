"""Generate an importable, typed package from a composed document.

The generator and the formatter run as pinned modules of this Python, isolated from the host: neither its configuration
files nor its PATH nor other versions of ruff can change the output.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from pipeline import contract, params, shapes, templates
from pipeline.bounds import remaining
from pipeline.client_view import client_view, content_types
from pipeline.documents import Json, dump_json, dump_yaml
from pipeline.errors import PipelineError

PINS = {"openapi-python-client": "0.29.1", "ruff": "0.17.6"}
"""What decides the bytes of the generated package; the lock holds the same versions."""

_RUFF = ("--isolated", "--no-cache", "--quiet")


def generate(document: Json, package: str, into: Path) -> None:
    """Write the package for a composed document as the folder `into`, which must not exist yet.

    Raise PipelineError if the generator warns, fails, or is not the pinned version.
    """
    for name, pinned in PINS.items():
        if version(name) != pinned:
            raise PipelineError(f"{name} {version(name)} is installed; {pinned} is pinned (run scripts/bootstrap)")
    with tempfile.TemporaryDirectory(prefix="generate-") as scratch_name:
        scratch = Path(scratch_name)
        custom = scratch / "templates"
        custom.mkdir()
        templates.write(custom)
        view = client_view(document)
        config = {
            "package_name_override": package,
            "project_name_override": package,
            "post_hooks": [],
            "content_type_overrides": content_types(view),
        }
        (scratch / "document.yaml").write_text(dump_yaml(view), "utf-8")
        (scratch / "config.yaml").write_text(dump_yaml(config), "utf-8")
        _generator(scratch, custom, into)
        (into / "contract.py").write_text(contract.emit(document), "utf-8")
        classes = shapes.models(into / "models")
        (into / "shapes.py").write_text(shapes.emit(document, classes), "utf-8")
        (into / "params.py").write_text(params.emit(document, classes), "utf-8")
        (into / "openapi.json").write_text(dump_json(document), "utf-8")
        (into / "py.typed").write_text("", "utf-8")
        _run(scratch, "ruff", "check", *_RUFF, "--fix-only", "--select", "I,F401,F811", str(into))
        _run(scratch, "ruff", "format", *_RUFF, "--line-length", "100", str(into))


def _generator(scratch: Path, custom: Path, into: Path) -> None:
    _run(
        scratch,
        str(Path(__file__).with_name("run_generator.py")),
        *("generate", "--path", str(scratch / "document.yaml"), "--config", str(scratch / "config.yaml")),
        *("--meta", "none", "--output-path", str(into), "--custom-template-path", str(custom), "--fail-on-warning"),
    )


def _run(scratch: Path, program: str, *arguments: str) -> None:
    """Run a module or file with this Python, without the host's configuration. Print nothing unless it fails."""
    start = [program] if program.endswith(".py") else ["-m", program]
    done = _process([*start, *arguments], scratch, scratch)
    if done.returncode != 0:
        raise PipelineError(f"{Path(program).stem} failed: {_reason(done)}")


def _process(arguments: list[str], folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run this Python in `folder`, without importing from it, until the deadline at most."""
    try:
        return subprocess.run(
            [sys.executable, "-P", *arguments],
            cwd=folder,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=remaining(),
        )
    except subprocess.TimeoutExpired as error:
        raise PipelineError("the document is too large or too intricate to be generated in time") from error


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """Return why a process failed, in one line: the end of a traceback, else the start of what it printed."""
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    if done.returncode < 0:
        return f"ended by signal {-done.returncode}" + (f": {lines[-1][:300]}" if lines else "")
    if any(line.startswith("Traceback") for line in lines):
        return "out of memory; make the document smaller" if lines[-1].startswith("MemoryError") else lines[-1][:500]
    return " | ".join(lines[:12])[:1500]


def _environment(home: Path) -> dict[str, str]:
    """Return the environment of a subprocess, without host variables that could change its output."""
    keep = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")
    environment = {key: os.environ[key] for key in keep if key in os.environ}
    return environment | {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "NO_COLOR": "1", "PYTHONHASHSEED": "0"}


def type_check(package: Path, cache: Path) -> None:
    """Run mypy --strict on a generated package. Raise PipelineError with the first findings.

    `cache` is a folder whose loss does no harm. Each run works on a copy, so that concurrent runs do not interfere.
    """
    with tempfile.TemporaryDirectory(prefix="type-check-") as name:
        own = Path(name) / "cache"
        with contextlib.suppress(OSError, shutil.Error):
            shutil.copytree(cache, own)
        options = ("--strict", "--no-error-summary", "--config-file=", "--no-color-output", "--cache-dir", str(own))
        done = _process(["-m", "mypy", *options, str(package)], package.parent, Path(name))
        if done.returncode != 0:
            raise PipelineError(f"the generated package does not type-check: {_reason(done)}")
        _keep(own, cache)


def _keep(own: Path, cache: Path) -> None:
    """Replace the shared cache by this run's copy. If that fails, the next run is only slower."""
    with contextlib.suppress(OSError, shutil.Error):
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="mypy-", dir=cache.parent) as name:
            shutil.copytree(own, Path(name) / "new")
            if cache.exists():
                cache.rename(Path(name) / "old")
            (Path(name) / "new").rename(cache)
