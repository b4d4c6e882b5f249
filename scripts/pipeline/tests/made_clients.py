"""Generate and type-check each client once for several tests."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from pathlib import Path

import pytest
from pipeline import generate
from pipeline.documents import Json, dump_json
from pipeline.tree import ROOT, files


def cache_clients(made: Path, patch: pytest.MonkeyPatch) -> None:
    """Keep generated and type-checked clients in the folder `made`, because each takes seconds.

    If two workers generate the same client at once, the first result is kept.
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

    patch.setattr(generate, "generate", generated)
    patch.setattr(generate, "type_check", checked)
