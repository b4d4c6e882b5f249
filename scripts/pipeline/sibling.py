"""Generate a client for any other document of the vendor, with general repairs only: no overlay and no waivers."""

from __future__ import annotations

import contextlib
import keyword
import re
import sys
import tempfile
from pathlib import Path

from pipeline import generate
from pipeline.bounds import lift_deadline
from pipeline.compose import compose, operations
from pipeline.documents import parse
from pipeline.errors import PipelineError
from pipeline.fetch import Source
from pipeline.install import swap
from pipeline.normalize import Normalized, normalize
from pipeline.tree import ROOT

_IMPORTED = frozenset({"attr", "attrs", "dateutil", "httpx"})
_WAIVER = "the document states no threshold"


def make(source: Source, package: str, into: str) -> int:
    """Write the package `package` into the folder `into`, replacing an older one of that name, and print every repair.

    Raise PipelineError, and leave an older package as it was, if no sound client can be generated.
    """
    folder = check_target(package, Path(into).absolute())
    normalized = import_sibling(source)
    composed = compose(normalized.document, None)
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{package}-", dir=folder) as name:
            fresh = Path(name) / package
            generate.generate(composed, package, fresh)
            generate.type_check(fresh, ROOT / "build" / "mypy")
            lift_deadline()
            swap(fresh, folder / package, Path(name) / "old")
    except BaseException:
        with contextlib.suppress(OSError):
            for path in missing:
                path.rmdir()
        raise
    for repair in normalized.repairs:
        print(f"repaired: {repair}")
    count = sum(1 for _ in operations(composed))
    print(f"written: {folder / package} ({count} operations)")
    return 0


def import_sibling(source: Source) -> Normalized:
    """Return a sibling document in normal form. Operations without a threshold are accepted and reported."""
    document, repairs = normalize(parse(source.content, source.name), source.name, lenient=True)
    for path, method, operation in operations(document):
        if "x-threshold" not in operation:
            operation["x-waiver"] = _WAIVER
            repairs = (*repairs, f"{method.upper()} {path}: {_WAIVER}; contract.py has None")
    return Normalized(document, repairs)


def check_target(package: str, folder: Path) -> Path:
    """Return the folder for the package. Raise PipelineError if the package may not be written there."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", package) or keyword.iskeyword(package):
        raise PipelineError(f"--package {package!r}: a package's name is lower-case letters, digits and underscores")
    if package in sys.stdlib_module_names:
        raise PipelineError(f"--package {package!r}: Python has a module of that name")
    if package in _IMPORTED:
        raise PipelineError(f"--package {package!r}: the client itself imports a module of that name")
    target = folder / package
    if target.is_symlink() or (target.exists() and not _generated(target)):
        raise PipelineError(f"{target}: exists and is not a generated client; choose another folder or name")
    for path in (folder, *folder.parents):
        if (path.exists() or path.is_symlink()) and not path.is_dir():
            raise PipelineError(f"{path}: is not a folder; choose another one with --into")
    return folder


def _generated(folder: Path) -> bool:
    """Return whether a folder is a package that this module generated before."""
    try:
        return (folder / "openapi.json").is_file() and "Generated; do not edit." in (folder / "contract.py").read_text(
            "utf-8"
        )
    except (OSError, UnicodeDecodeError):
        return False
