"""Putting several files and folders in place together: all of them, or none.

Before anything moves, a journal in `build/` says what is to move; whoever comes next after a crash (even a `kill -9`)
finds it and puts the old state back. Writing beside and renaming alone would not do: a run changes files in several
folders, no single rename puts them all in place, and between two renames a kill would leave half of each. A lock keeps
two runs from meeting. Relies on renames within one file system.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

_JOURNAL = "installing.json"


def scratch(root: Path) -> tempfile.TemporaryDirectory[str]:
    """Return a scratch folder in the tree's `build/`, so that installing out of it is a rename."""
    (root / "build").mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="regenerate-", dir=root / "build")


def recover(root: Path) -> bool:
    """Undo an installation that was cut short; return whether there was one."""
    if not (root / "build" / _JOURNAL).exists():
        return False
    with _locked(root):
        return _undo(root)


def install(root: Path, moves: Mapping[Path, Path]) -> None:
    """Move every fresh file or folder to its target, {target: fresh}; on any failure all targets are as before."""
    (root / "build").mkdir(exist_ok=True)
    journal = root / "build" / _JOURNAL
    with _locked(root), scratch(root) as name:
        _undo(root)
        backups = Path(name)
        entries = [
            {"target": str(target), "backup": str(backups / str(number)) if target.exists() else None}
            for number, target in enumerate(moves)
        ]
        _write(journal, json.dumps(entries))
        try:
            for (target, fresh), entry in zip(moves.items(), entries, strict=True):
                if entry["backup"]:
                    target.rename(entry["backup"])
                target.parent.mkdir(parents=True, exist_ok=True)
                fresh.rename(target)
        except BaseException:
            _undo(root)
            raise
        journal.unlink()


def swap(fresh: Path, target: Path, old: Path) -> None:
    """Put one fresh folder in the place of another, which goes to `old`; on failure the target is as before."""
    had = target.exists()
    if had:
        target.rename(old)
    try:
        fresh.rename(target)
    except BaseException:
        if had:
            old.rename(target)
        raise


def _undo(root: Path) -> bool:
    journal = root / "build" / _JOURNAL
    if not journal.exists():
        return False
    for entry in reversed(json.loads(journal.read_text("utf-8"))):
        target, backup = Path(entry["target"]), entry["backup"] and Path(entry["backup"])
        if backup is None or backup.exists():
            _remove(target)
        if backup is not None and backup.exists():
            backup.rename(target)
    journal.unlink()
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)  # a journal is there whole or not at all


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    with (root / "build" / "installing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
